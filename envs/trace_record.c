/* trace_record.c: gathers records in memory, one line each, and writes them all at the end. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/pack.h"
#include "envs/trace.h"
#include "envs/trace_log.h"

struct heed_recorder {
  heed__trace_log log;
  FILE *lines;      /* owned: a stream into `text` */
  char *text;       /* owned: [size], up to date once the stream is flushed */
  size_t size;      /* bytes */
  char *path;       /* owned */
  heed_error error; /* first failure; sticky */
};

heed_status heed_recorder_create(const char *path, heed_recorder **out, heed_error *err) {
  *out = NULL;
  heed_recorder *recorder = calloc(1, sizeof *recorder);
  if (recorder == NULL) {
    return heed_fail(err, HEED_ERR_NOMEM, "recorder: no memory");
  }
  heed__trace_log_init(&recorder->log, HEED_TAPE_RECORD);
  recorder->path = strdup(path);
  recorder->lines = open_memstream(&recorder->text, &recorder->size);
  if (recorder->path == NULL || recorder->lines == NULL) {
    heed_recorder_destroy(recorder);
    return heed_fail(err, HEED_ERR_NOMEM, "recorder: no memory");
  }
  *out = recorder;
  return HEED_OK;
}

void heed_recorder_destroy(heed_recorder *recorder) {
  if (recorder == NULL) {
    return;
  }
  if (recorder->lines != NULL) {
    (void)fclose(recorder->lines);
  }
  heed__trace_log_deinit(&recorder->log);
  free(recorder->text);
  free(recorder->path);
  free(recorder);
}

/* Puts the log's failure into words, once. */
static void note_failure(heed_recorder *recorder) {
  heed_status status = recorder->log.status;
  if (status != HEED_OK && recorder->error.status == HEED_OK) {
    (void)heed_fail(&recorder->error, status, "environment '%s': %s",
                    heed_env_ops_of(recorder->log.env)->name, heed_status_text(status));
  }
}

heed_tape *heed_recorder_tape(heed_recorder *recorder) {
  return &recorder->log.tape;
}

void heed_recorder_session(heed_recorder *recorder, const heed_env *env) {
  heed__trace_log_session(&recorder->log, env);
  note_failure(recorder);
}

void heed_recorder_begin(heed_recorder *recorder, const void *state) {
  heed__trace_log_begin(&recorder->log, state);
}

void heed_recorder_step(heed_recorder *recorder, heed_action action, heed_outcome outcome,
                        const void *state) {
  heed__trace_log_step(&recorder->log, action, outcome, state);
}

void heed_recorder_end(heed_recorder *recorder, const void *state) {
  heed__trace_log_end(&recorder->log, state);
  note_failure(recorder);
  if (recorder->error.status != HEED_OK) {
    return;
  }
  /* Jansson writes reals with 17 digits, which read back as the same double. */
  if (json_dumpf(recorder->log.record, recorder->lines, JSON_COMPACT) != 0 ||
      fputc('\n', recorder->lines) == EOF) {
    (void)heed_fail(&recorder->error, HEED_ERR_NOMEM, "no memory for one more episode");
  }
}

heed_status heed_recorder_close(heed_recorder *recorder, heed_error *err) {
  heed_status status = recorder->error.status;
  if (status != HEED_OK) {
    status = heed_fail(err, status, "recording '%s': %s", recorder->path, recorder->error.message);
  } else if (fflush(recorder->lines) != 0) {
    status = heed_fail(err, HEED_ERR_NOMEM, "recording '%s': no memory", recorder->path);
  } else {
    status = heed_file_write(recorder->path, recorder->text, recorder->size, err);
  }
  heed_recorder_destroy(recorder);
  return status;
}
