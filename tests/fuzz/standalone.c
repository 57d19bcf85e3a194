/* standalone.c: runs a fuzz target without libFuzzer: the empty input, then every file of the folders
 * named on the command line, once each, in the order of their names.
 *
 * Each input is copied to a block of exactly its size, so that AddressSanitizer sees the first byte
 * that is read too many. */
#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void die(const char *path) {
  (void)fprintf(stderr, "%s: %s\n", path, strerror(errno));
  exit(EXIT_FAILURE);
}

/* Feeds one file; the target aborts when it finds a bug. */
static void feed_file(const char *path) {
  FILE *file = fopen(path, "rb");
  if (file == NULL || fseek(file, 0, SEEK_END) != 0) {
    die(path);
  }
  long size = ftell(file);
  if (size < 0 || fseek(file, 0, SEEK_SET) != 0) {
    die(path);
  }
  uint8_t *data = malloc((size_t)size);
  if (size > 0 && (data == NULL || fread(data, 1, (size_t)size, file) != (size_t)size)) {
    die(path);
  }
  (void)fclose(file);

  /* Printed first, so that a crash names its file. */
  printf("%s: %ld bytes\n", path, size);
  (void)fflush(stdout);
  (void)LLVMFuzzerTestOneInput(data, (size_t)size);
  free(data);
}

static int is_visible(const struct dirent *entry) {
  return entry->d_name[0] != '.';
}

/* Feeds every file of a folder and returns how many there were. */
static int feed_folder(const char *folder) {
  struct dirent **entries = NULL;
  int count = scandir(folder, &entries, is_visible, alphasort);
  if (count < 0) {
    die(folder);
  }
  for (int i = 0; i < count; i++) {
    char path[4096];
    (void)snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
    feed_file(path);
    free(entries[i]);
  }
  free(entries);
  return count;
}

int main(int argc, char **argv) {
  int count = 0;
  (void)LLVMFuzzerTestOneInput((const uint8_t *)"", 0);
  for (int i = 1; i < argc; i++) {
    count += feed_folder(argv[i]);
  }
  if (count == 0) {
    (void)fprintf(stderr, "no seeds: put at least one valid file into tests/data/fuzz/\n");
    return EXIT_FAILURE;
  }
  return EXIT_SUCCESS;
}
