#include "cli/output.h"

#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

heed_status heed__check_output(const char *path, const char *const *inputs, size_t count,
                               heed_error *err) {
  struct stat info;
  struct stat other;
  if (path[0] == '\0') {
    return heed_fail(err, HEED_ERR_IO, "the output path is empty; name a file with -o FILE");
  }
  if (stat(path, &info) == 0 && !S_ISREG(info.st_mode)) {
    return heed_fail(err, HEED_ERR_IO, "'%s' is no regular file; name another file", path);
  }
  for (size_t i = 0; i < count && stat(path, &info) == 0; i++) {
    if (inputs[i] != NULL && stat(inputs[i], &other) == 0 && info.st_dev == other.st_dev &&
        info.st_ino == other.st_ino) {
      return heed_fail(err, HEED_ERR_IO, "'%s' is read too; name another file", path);
    }
  }
  char copy[PATH_MAX];
  if (strlen(path) >= sizeof copy) {
    return heed_fail(err, HEED_ERR_IO, "the output path has %zu characters, at most %zu expected",
                     strlen(path), sizeof copy - 1);
  }
  (void)snprintf(copy, sizeof copy, "%s", path);
  const char *folder = dirname(copy);
  if (access(folder, W_OK | X_OK) != 0) {
    return heed_fail(err, HEED_ERR_IO, "'%s' cannot be written: folder '%s': %s", path, folder,
                     strerror(errno));
  }
  return HEED_OK;
}
