/* The wall clock of a process, ahead by as many microseconds as the first eight bytes of CLOCK_AHEAD_FILE say, as a number that may change at any time: loaded by LD_PRELOAD.
   The kernel is asked directly: looking up the C library's own function asks for memory, and an allocator may ask for the time. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static const long long none = 0;
static volatile const long long *ahead = NULL;

static long long ahead_us(void) {
  if (ahead == NULL) {
    const char *path = getenv("CLOCK_AHEAD_FILE");
    int file = path == NULL ? -1 : open(path, O_RDONLY | O_CLOEXEC);
    void *page = file < 0 ? MAP_FAILED : mmap(NULL, sizeof none, PROT_READ, MAP_SHARED, file, 0);
    if (file >= 0) close(file);
    ahead = page == MAP_FAILED ? &none : page;
  }
  return *ahead;
}

int clock_gettime(clockid_t id, struct timespec *at) {
  long answer = syscall(SYS_clock_gettime, id, at);
  if (answer == 0 && (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE)) {
    long long us = at->tv_sec * 1000000LL + at->tv_nsec / 1000 + ahead_us();
    at->tv_nsec = us % 1000000 * 1000 + at->tv_nsec % 1000;
    at->tv_sec = us / 1000000;
  }
  return (int)answer;
}

int gettimeofday(struct timeval *restrict at, void *restrict zone) {
  struct timespec now;
  (void)zone;
  int answer = clock_gettime(CLOCK_REALTIME, &now);
  if (answer == 0 && at != NULL) {
    at->tv_sec = now.tv_sec;
    at->tv_usec = now.tv_nsec / 1000;
  }
  return answer;
}

time_t time(time_t *at) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (at != NULL) *at = now.tv_sec;
  return now.tv_sec;
}
