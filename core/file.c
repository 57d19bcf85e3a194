/* A file is replaced in four steps, each of which may fail: write a temporary file beside it, sync
 * that, rename it, sync the folder. Up to the rename the old file is untouched, and the temporary one is
 * removed. */
#include "core/file.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/pack.h"

/* Temporary names to try before giving up: others are in use by threads, or left by a crash. */
#define TEMPORARY_NAMES 100

typedef struct replacement {
  char *target;    /* owned; the path with links resolved */
  char *folder;    /* owned */
  char *temporary; /* owned; in the same folder, so that rename is atomic */
  size_t room;     /* bytes of `temporary` */
  int fd;          /* open for writing; -1: closed */
  bool is_created; /* the temporary file exists */
} replacement;

/* Fails with `path`, what was being done, and the reason in errno. */
static heed_status fail_errno(const char *path, const char *verb, heed_error *err) {
  int cause = errno;
  heed_status status = cause == ENOMEM ? HEED_ERR_NOMEM : HEED_ERR_IO;
  char text[128];
  return heed_fail(err, status, "%s '%s': %s", verb, path, strerror_r(cause, text, sizeof text));
}

/* Resolves links and finds the folder. */
static heed_status find_target(replacement *file, const char *path, heed_error *err) {
  file->target = realpath(path, NULL);
  if (file->target == NULL) {
    if (errno != ENOENT) {
      return fail_errno(path, "writing", err);
    }
    file->target = strdup(path);
  }
  const char *slash = file->target != NULL ? strrchr(file->target, '/') : NULL;
  if (slash == NULL) {
    file->folder = strdup(".");
  } else {
    file->folder = strndup(file->target, slash > file->target ? (size_t)(slash - file->target) : 1);
  }
  file->room = (file->folder != NULL ? strlen(file->folder) : 0) + 64;
  file->temporary = malloc(file->room);
  if (file->target == NULL || file->folder == NULL || file->temporary == NULL) {
    errno = ENOMEM;
    return fail_errno(path, "writing", err);
  }
  return HEED_OK;
}

/* Creates the temporary file, with the permissions of the file that it is to replace. */
static heed_status create_temporary(replacement *file, const char *path, heed_error *err) {
  struct stat old;
  bool is_there = stat(file->target, &old) == 0;
  if (is_there && !S_ISREG(old.st_mode)) {
    return heed_fail(err, HEED_ERR_IO, "writing '%s': not a regular file", path);
  }
  for (int i = 0; i < TEMPORARY_NAMES; i++) {
    (void)snprintf(file->temporary, file->room, "%s/.heed-%ld-%d.tmp", file->folder, (long)getpid(),
                   i);
    file->fd = open(file->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (file->fd >= 0) {
      file->is_created = true;
      if (is_there) {
        (void)fchmod(file->fd, old.st_mode & 07777); /* a comfort; the file may be someone else's */
      }
      return HEED_OK;
    }
    if (errno != EEXIST) {
      break;
    }
  }
  return fail_errno(path, "writing", err);
}

static bool write_all(int fd, const unsigned char *bytes, size_t size) {
  while (size > 0) {
    ssize_t n = write(fd, bytes, size);
    if (n < 0 && errno != EINTR) {
      return false;
    }
    if (n > 0) {
      bytes += n;
      size -= (size_t)n;
    }
  }
  return true;
}

static bool sync_folder(const char *folder) {
  int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) {
    return errno == EACCES; /* a folder may be writable and not readable: nothing can be done */
  }
  /* Some file systems cannot sync folders and say EINVAL. */
  bool is_synced = fsync(fd) == 0 || errno == EINVAL;
  int cause = errno;
  (void)close(fd);
  errno = cause;
  return is_synced;
}

/* Writes, syncs and closes the temporary file, and puts it in place. */
static bool put_in_place(replacement *file, const heed__part *parts, size_t count) {
  for (size_t i = 0; i < count; i++) {
    if (!write_all(file->fd, parts[i].bytes, parts[i].size)) {
      return false;
    }
  }
  if (fsync(file->fd) != 0) {
    return false;
  }
  int fd = file->fd;
  file->fd = -1;
  if (close(fd) != 0 || rename(file->temporary, file->target) != 0) {
    return false;
  }
  file->is_created = false;
  return sync_folder(file->folder);
}

heed_status heed__file_write_parts(const char *path, const heed__part *parts, size_t count,
                                   heed_error *err) {
  replacement file = {.fd = -1};
  heed_status status = find_target(&file, path, err);
  if (status != HEED_OK) {
    goto cleanup;
  }
  status = create_temporary(&file, path, err);
  if (status != HEED_OK) {
    goto cleanup;
  }
  if (!put_in_place(&file, parts, count)) {
    status = fail_errno(path, "writing", err);
  }

cleanup:
  if (file.fd >= 0) {
    (void)close(file.fd);
  }
  if (file.is_created) {
    (void)unlink(file.temporary);
  }
  free(file.temporary);
  free(file.folder);
  free(file.target);
  return status;
}

heed_status heed_file_write(const char *path, const void *bytes, size_t size, heed_error *err) {
  heed__part part = {bytes, size};
  return heed__file_write_parts(path, &part, 1, err);
}

heed_status heed__file_open(const char *path, int *fd, uint64_t *size, heed_error *err) {
  /* Without O_NONBLOCK the open of a pipe would wait for a writer. */
  *fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (*fd < 0) {
    return fail_errno(path, "reading", err);
  }
  struct stat info;
  heed_status status = HEED_OK;
  if (fstat(*fd, &info) != 0) {
    status = fail_errno(path, "reading", err);
  } else if (!S_ISREG(info.st_mode)) {
    status = heed_fail(err, HEED_ERR_IO, "reading '%s': not a regular file", path);
  } else {
    *size = (uint64_t)info.st_size;
  }
  if (status != HEED_OK) {
    (void)close(*fd);
    *fd = -1;
  }
  return status;
}

heed_status heed__file_read(int fd, const char *path, void *bytes, size_t size, heed_error *err) {
  unsigned char *next = bytes;
  while (size > 0) {
    ssize_t n = read(fd, next, size);
    if (n == 0) {
      return heed_fail(err, HEED_ERR_IO, "reading '%s': %zu bytes missing at the end", path, size);
    }
    if (n < 0 && errno != EINTR) {
      return fail_errno(path, "reading", err);
    }
    if (n > 0) {
      next += n;
      size -= (size_t)n;
    }
  }
  return HEED_OK;
}
