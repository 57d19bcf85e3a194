/* fuzz_feedback.c: answers as JSON Lines. What can be read can be written, and read back the same. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/feedback_json.h"

/* What a file holds. */
typedef struct content {
  heed_store_records records;
  heed_space obs_space, action_space;
} content;

static void check(bool is_true) {
  if (!is_true) {
    abort();
  }
}

static void release(content *c) {
  heed_store_records_deinit(&c->records);
  heed_space_deinit(&c->obs_space);
  heed_space_deinit(&c->action_space);
}

static heed_status read_bytes(const void *bytes, size_t size, content *c, heed_error *err) {
  *c = (content){0};
  void *copy = malloc(size);
  check(copy != NULL);
  memcpy(copy, bytes, size);
  FILE *file = fmemopen(copy, size, "r");
  check(file != NULL);
  heed_status status =
      heed__records_parse(file, "input", &c->records, &c->obs_space, &c->action_space, err);
  (void)fclose(file);
  free(copy);
  return status;
}

static char *write_text(const content *c, size_t *size) {
  char *text = NULL;
  FILE *file = open_memstream(&text, size);
  check(file != NULL);
  check(heed__records_write(&c->records, &c->obs_space, &c->action_space, file, NULL) == HEED_OK);
  check(fclose(file) == 0);
  return text;
}

/* Would a store take all of them? What it refuses need not be written well. */
static bool is_valid(const content *c) {
  for (size_t i = 0; i < c->records.count; i++) {
    if (heed_choice_check(&c->records.items[i].choice, &c->obs_space, &c->action_space, NULL) !=
        HEED_OK) {
      return false;
    }
  }
  return true;
}

static void assert_comes_back(const content *c) {
  size_t size = 0;
  size_t size_again = 0;
  char *text = write_text(c, &size);
  content again;
  heed_error err = {0};
  check(read_bytes(text, size, &again, &err) == HEED_OK);
  char *text_again = write_text(&again, &size_again);
  check(size == size_again && memcmp(text, text_again, size) == 0);
  release(&again);
  free(text);
  free(text_again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  content c;
  heed_error err = {0};
  if (size == 0) { /* fmemopen knows no empty file */
    return 0;
  }
  heed_status status = read_bytes(data, size, &c, &err);
  if (status != HEED_OK) {
    check(err.status == status && err.message[0] != '\0');
  } else if (is_valid(&c)) {
    assert_comes_back(&c);
  }
  release(&c);
  return 0;
}
