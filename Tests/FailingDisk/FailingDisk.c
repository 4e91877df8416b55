// A disk that fails on demand: preloaded (LD_PRELOAD, Linux only), this library stands between a program and the calls by
// which it changes the disk. It counts them, in all threads together, and does to one of them what the environment says:
//
//   FAILING_DISK_LOG     a file that gets a line for each call: its number, from 1, its name and its path
//   FAILING_DISK_CALL    the number of the call that something happens to
//   FAILING_DISK_ACTION  an error number, with which the call fails and does nothing; `short`, a write takes half of the
//                        bytes; `kill`, SIGKILL in place of the call; `half`, SIGKILL after half of a write
//
// Calls on devices and on standard input, output and error do not count.
#ifdef __linux__
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { ALLOWED = 0, SHORT = -1, HALF = -2 };

static atomic_int calls;
static int chosen;
static const char *action = "";
static int logging = -1;

__attribute__((constructor)) static void prepare(void) {
  const char *number = getenv("FAILING_DISK_CALL"), *what = getenv("FAILING_DISK_ACTION");
  const char *path = getenv("FAILING_DISK_LOG");
  if (number) chosen = atoi(number);
  if (what) action = what;
  if (path) logging = (int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
}

// Counts a call; ALLOWED, SHORT, HALF or the error number with which it fails.
static int judge(const char *name, const char *path) {
  int number = atomic_fetch_add(&calls, 1) + 1;
  if (logging >= 0) {
    char line[4096];
    int length = snprintf(line, sizeof line, "%d %s %s\n", number, name, path);
    if (length >= (int)sizeof line) length = sizeof line - 1;
    syscall(SYS_write, logging, line, length);
  }
  if (number != chosen) return ALLOWED;
  if (strcmp(action, "kill") == 0) kill(getpid(), SIGKILL);
  if (strcmp(action, "short") == 0) return SHORT;
  if (strcmp(action, "half") == 0) return HALF;
  return atoi(action);
}

static int isCounted(const char *path) {
  return strncmp(path, "/dev/shm/", 9) == 0 || (strncmp(path, "/dev/", 5) != 0 && strncmp(path, "/proc/", 6) != 0);
}

// The same for a call on an open file; files that are only read count if `reading`.
static int judgeOpen(const char *name, int file, int reading) {
  struct stat status;
  char link[64], path[2048];
  if (file <= STDERR_FILENO || file == logging || fstat(file, &status) != 0) return ALLOWED;
  if (!S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode)) return ALLOWED;
  if (!reading && (fcntl(file, F_GETFL) & O_ACCMODE) == O_RDONLY) return ALLOWED;
  snprintf(link, sizeof link, "/proc/self/fd/%d", file);
  ssize_t length = readlink(link, path, sizeof path - 1);
  path[length > 0 ? length : 0] = 0;
  return isCounted(path) ? judge(name, path) : ALLOWED;
}

static int failing(int code) {
  errno = code;
  return -1;
}

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

#define OPENS(name, ...)                                                                   \
  int code = (flags & (O_CREAT | O_TRUNC)) || (flags & O_ACCMODE) != O_RDONLY              \
                 ? (isCounted(path) ? judge("open", path) : ALLOWED) : ALLOWED;            \
  mode_t mode = 0;                                                                         \
  if (flags & (O_CREAT | __O_TMPFILE)) {                                                   \
    va_list list;                                                                          \
    va_start(list, flags);                                                                 \
    mode = va_arg(list, mode_t);                                                           \
    va_end(list);                                                                          \
  }                                                                                        \
  return code > 0 ? failing(code) : NEXT(name)(__VA_ARGS__, flags, mode)

int open(const char *path, int flags, ...) { OPENS(open, path); }
int open64(const char *path, int flags, ...) { OPENS(open64, path); }
int openat(int folder, const char *path, int flags, ...) { OPENS(openat, folder, path); }
int openat64(int folder, const char *path, int flags, ...) { OPENS(openat64, folder, path); }

ssize_t write(int file, const void *bytes, size_t count) {
  int code = judgeOpen("write", file, 0);
  if (code > 0) return failing(code);
  ssize_t written = NEXT(write)(file, bytes, code == ALLOWED || count < 2 ? count : count / 2);
  if (code == HALF) kill(getpid(), SIGKILL);
  return written;
}

// Linux closes the file whatever it then answers.
int close(int file) {
  int code = judgeOpen("close", file, 0);
  int result = NEXT(close)(file);
  return code > 0 ? failing(code) : result;
}

#define CALL(name, judged, parameters, ...)             \
  int name parameters {                                 \
    int code = judged;                                  \
    return code > 0 ? failing(code) : NEXT(name)(__VA_ARGS__); \
  }

CALL(fsync, judgeOpen("fsync", file, 1), (int file), file)
CALL(ftruncate, judgeOpen("ftruncate", file, 0), (int file, off_t length), file, length)
CALL(fchmod, judgeOpen("fchmod", file, 1), (int file, mode_t mode), file, mode)
CALL(flock, judgeOpen("flock", file, 1), (int file, int operation), file, operation)
CALL(rename, judge("rename", to), (const char *from, const char *to), from, to)
CALL(link, judge("link", to), (const char *from, const char *to), from, to)
CALL(mkdir, judge("mkdir", path), (const char *path, mode_t mode), path, mode)
CALL(unlink, judge("unlink", path), (const char *path), path)
CALL(rmdir, judge("rmdir", path), (const char *path), path)
CALL(renameat, judge("rename", to), (int a, const char *from, int b, const char *to), a, from, b, to)
CALL(linkat, judge("link", to), (int a, const char *from, int b, const char *to, int flags), a, from, b, to, flags)
CALL(mkdirat, judge("mkdir", path), (int folder, const char *path, mode_t mode), folder, path, mode)
CALL(unlinkat, judge("unlink", path), (int folder, const char *path, int flags), folder, path, flags)
#endif
