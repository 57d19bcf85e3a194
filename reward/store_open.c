/* store_open.c: opens stores: to write into, or for reading alone. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "reward/store_sql.h"

static const char opening[] = "opening the store";

/* ---- a handle ------------------------------------------------------------------------------- */

static heed_status create_handle(const char *path, uint32_t busy_ms, heed_store **out,
                                 heed_error *err) {
  *out = NULL;
  if (path[0] == '\0') {
    return heed_fail(err, HEED_ERR_ARG, "the store's path is empty");
  }
  heed_store *store = calloc(1, sizeof *store);
  char *copy = strdup(path);
  if (store == NULL || copy == NULL) {
    free(store);
    free(copy);
    return heed_fail(err, HEED_ERR_NOMEM, "'%s': no memory", path);
  }
  store->path = copy;
  store->busy_ms = busy_ms;
  *out = store;
  return HEED_OK;
}

/* Opens the database `name`; whatever was open before is closed. */
static heed_status connect(heed_store *store, const char *name, int flags, heed_error *err) {
  (void)sqlite3_close_v2(store->db);
  store->db = NULL;
  if (sqlite3_open_v2(name, &store->db, flags, NULL) != SQLITE_OK) {
    return store->db != NULL ? heed__sql_fail(store, opening, err)
                             : heed_fail(err, HEED_ERR_NOMEM, "'%s': no memory", store->path);
  }
  (void)sqlite3_extended_result_codes(store->db, 1);
  (void)sqlite3_busy_timeout(store->db, store->busy_ms < INT_MAX ? (int)store->busy_ms : INT_MAX);
  return HEED_OK;
}

void heed_store_close(heed_store *store) {
  if (store == NULL) {
    return;
  }
  (void)sqlite3_close_v2(store->db);
  heed_space_deinit(&store->obs_space);
  heed_space_deinit(&store->action_space);
  free(store->path);
  free(store);
}

uint32_t heed_store_version(const heed_store *store) {
  return (uint32_t)store->version;
}

/* ---- to write into -------------------------------------------------------------------------- */

static heed_status open_file(heed_store *store, heed_error *err) {
  heed_status status = connect(store, store->path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, err);
  /* A file that may not be written is opened all the same, and would fail at the first answer. */
  if (status == HEED_OK && sqlite3_db_readonly(store->db, "main") == 1) {
    return heed_fail(err, HEED_ERR_IO, "'%s': %s: the file is read-only", store->path, opening);
  }
  return status;
}

heed_status heed_store_open(const char *path, const heed_space *obs_space,
                            const heed_space *action_space, uint32_t busy_ms, heed_store **out,
                            heed_error *err) {
  *out = NULL;
  heed_store *store = NULL;
  heed_status status = heed_space_check_pair(obs_space, action_space, err);
  if (status == HEED_OK) {
    status = create_handle(path, busy_ms, &store, err);
  }
  if (status != HEED_OK || store == NULL) {
    return status;
  }
  status = heed_space_copy(&store->obs_space, obs_space, err);
  if (status == HEED_OK) {
    status = heed_space_copy(&store->action_space, action_space, err);
  }
  if (status == HEED_OK) {
    status = open_file(store, err);
  }
  if (status == HEED_OK) {
    status = heed__store_prepare(store, err);
  }
  if (status != HEED_OK) {
    heed_store_close(store);
    return status;
  }
  *out = store;
  return HEED_OK;
}

/* ---- for reading alone ---------------------------------------------------------------------- */

/* "file:PATH?immutable=1", which takes a database for what its file says, without looking for a log or
 * locks beside it; the caller's, NULL without memory. */
static char *immutable_name(const char *path) {
  static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/";
  size_t room = 3 * strlen(path) + sizeof "file:?immutable=1";
  char *name = malloc(room);
  if (name == NULL) {
    return NULL;
  }
  char *end = name + snprintf(name, room, "file:");
  for (const char *c = path; *c != '\0'; c++) {
    bool is_plain = strchr(plain, *c) != NULL;
    end +=
        snprintf(end, room - (size_t)(end - name), is_plain ? "%c" : "%%%02X", (unsigned char)*c);
  }
  (void)snprintf(end, room - (size_t)(end - name), "?immutable=1");
  return name;
}

/* Is there a log beside the file? Whoever has a store open to write has one; *is_empty: nothing in it. */
static bool has_log(const heed_store *store, bool *is_empty) {
  struct stat info;
  char log[4096];
  int size = snprintf(log, sizeof log, "%s-wal", store->path);
  bool exists = size < (int)sizeof log && stat(log, &info) == 0;
  *is_empty = !exists || info.st_size == 0;
  return exists;
}

static heed_status take_file_alone(heed_store *store, bool checks_pages, heed_error *err) {
  char *name = immutable_name(store->path);
  if (name == NULL) {
    return heed_fail(err, HEED_ERR_NOMEM, "'%s': no memory", store->path);
  }
  heed_status status = connect(store, name, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, err);
  free(name);
  return status == HEED_OK ? heed__store_prepare_readonly(store, checks_pages, err) : status;
}

/* Sharing a log with writers takes files beside the store, which a reader who may not write the store
 * could not make, or would leave behind as its own, in the way of those who may. So such a reader takes
 * the file alone if nobody has it open. */
static heed_status open_readonly(heed_store *store, bool checks_pages, heed_error *err) {
  bool is_empty;
  heed_status status = connect(store, store->path, SQLITE_OPEN_READWRITE, err);
  if (status != HEED_OK) {
    return status;
  }
  if (sqlite3_db_readonly(store->db, "main") == 1 && !has_log(store, &is_empty)) {
    return take_file_alone(store, checks_pages, err);
  }
  status = heed__store_prepare_readonly(store, checks_pages, err);
  if (status != HEED_ERR_IO) {
    return status;
  }
  (void)has_log(store, &is_empty);
  if (is_empty) { /* the directory is read-only */
    return take_file_alone(store, checks_pages, err);
  }
  return heed_fail_context(err, status,
                           "the latest answers are in a log ('%s-wal') that cannot be read where "
                           "nothing may be written; copy both files into a directory of your own",
                           store->path);
}

static heed_status create_readonly(const char *path, uint32_t busy_ms, bool checks_pages,
                                   heed_store **out, heed_error *err) {
  heed_store *store = NULL;
  heed_status status = create_handle(path, busy_ms, &store, err);
  *out = NULL;
  if (status != HEED_OK || store == NULL) {
    return status;
  }
  status = open_readonly(store, checks_pages, err);
  if (status != HEED_OK) {
    heed_store_close(store);
    return status;
  }
  *out = store;
  return HEED_OK;
}

static void lend_spaces(const heed_store *store, const heed_space **obs_space,
                        const heed_space **action_space) {
  if (obs_space != NULL) {
    *obs_space = &store->obs_space;
  }
  if (action_space != NULL) {
    *action_space = &store->action_space;
  }
}

heed_status heed_store_open_readonly(const char *path, uint32_t busy_ms, heed_store **out,
                                     const heed_space **obs_space, const heed_space **action_space,
                                     heed_error *err) {
  heed_status status = create_readonly(path, busy_ms, true, out, err);
  if (status == HEED_OK) {
    lend_spaces(*out, obs_space, action_space);
  }
  return status;
}

/* ---- to write into what is there ------------------------------------------------------------ */

heed_status heed_store_open_existing(const char *path, uint32_t busy_ms, heed_store **out,
                                     const heed_space **obs_space, const heed_space **action_space,
                                     heed_error *err) {
  heed_store *peek = NULL; /* nothing is made or changed before it is known what this is */
  *out = NULL;
  heed_status status = create_readonly(path, busy_ms, false, &peek, err);
  if (status == HEED_OK) {
    status = heed_store_open(path, &peek->obs_space, &peek->action_space, busy_ms, out, err);
  }
  heed_store_close(peek);
  if (status == HEED_OK) {
    lend_spaces(*out, obs_space, action_space);
  }
  return status;
}
