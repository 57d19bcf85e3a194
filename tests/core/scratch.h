/* scratch.h: a folder of its own for a test that writes files, as cmocka setup and teardown; the test's
 * state is its path. */
#ifndef HEED_TESTS_CORE_SCRATCH_H
#define HEED_TESTS_CORE_SCRATCH_H

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct scratch {
  char folder[64];
  char path[128]; /* what scratch_path wrote last */
} scratch;

static inline int scratch_setup(void **state) {
  scratch *s = calloc(1, sizeof *s);
  if (s == NULL) {
    return -1;
  }
  (void)strcpy(s->folder, "/tmp/heed-test-XXXXXX");
  *state = s;
  return mkdtemp(s->folder) != NULL ? 0 : -1;
}

/* The path of a file in the folder; valid until the next call. */
static inline const char *scratch_path(scratch *s, const char *name) {
  (void)snprintf(s->path, sizeof s->path, "%s/%.40s", s->folder, name);
  return s->path;
}

/* How many files are in the folder. */
static inline int scratch_count(const scratch *s) {
  DIR *folder = opendir(s->folder);
  int count = 0;
  for (struct dirent *entry; folder != NULL && (entry = readdir(folder)) != NULL;) {
    count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
  }
  if (folder != NULL) {
    (void)closedir(folder);
  }
  return count;
}

static inline int scratch_teardown(void **state) {
  scratch *s = *state;
  (void)chmod(s->folder, 0700);
  DIR *folder = opendir(s->folder);
  for (struct dirent *entry; folder != NULL && (entry = readdir(folder)) != NULL;) {
    char path[512];
    (void)snprintf(path, sizeof path, "%s/%s", s->folder, entry->d_name);
    (void)unlink(path);
  }
  if (folder != NULL) {
    (void)closedir(folder);
  }
  int result = rmdir(s->folder);
  free(s);
  return result;
}

#endif
