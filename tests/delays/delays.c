/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Preloaded into a test program, it lets a thread sleep before and after some of its calls to others: locks, conditions, reads, writes and
 * polls; and if the program was compiled with -finstrument-functions, around some of all calls. Whatever the program does must not depend on
 * which thread is faster.
 *
 * PILLION_DELAYS=EVERY,MAX,SLOW says that one such moment in EVERY lasts up to MAX µs, and that one thread in SLOW sleeps ten times as often.
 * PILLION_SEED chooses the moments, as far as the system's scheduler lets it. */

#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* for RTLD_NEXT */
#endif

#undef _FORTIFY_SOURCE

#include <dlfcn.h>
#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <glib.h>

/* After so many sleeps, a thread sleeps half as often: programs that compute much have to end, too */
#define MANY 300

/* There are many more calls than those to other threads */
#define CALLS 50

void __cyg_profile_func_enter (void *function, void *caller);
void __cyg_profile_func_exit (void *function, void *caller);

#define EXPORTED __attribute__ ((visibility ("default")))

static struct
{
  unsigned every;
  unsigned max;
  unsigned slow;
} settings = { 400, 8000, 5 };

static uint64_t seed;
static unsigned n_threads; /* atomic */

static __thread struct
{
  uint64_t state; /* of the random numbers; 0: not yet */
  unsigned every;
  unsigned n_sleeps;
  gboolean busy;
} thread;

__attribute__ ((constructor)) static void
begin (void)
{
  const char *text = getenv ("PILLION_DELAYS");

  if (text != NULL && sscanf (text, "%u,%u,%u", &settings.every, &settings.max, &settings.slow) != 3)
    {
      fprintf (stderr, "PILLION_DELAYS is not EVERY,MAX,SLOW: %s\n", text);
      _exit (1);
    }
  text = getenv ("PILLION_SEED");
  seed = text != NULL ? strtoull (text, NULL, 10) : (uint64_t) time (NULL);
}

/* SplitMix64 */
static uint64_t
get_random (void)
{
  uint64_t n = thread.state += 0x9e3779b97f4a7c15;

  n = (n ^ (n >> 30)) * 0xbf58476d1ce4e5b9;
  n = (n ^ (n >> 27)) * 0x94d049bb133111eb;
  return n ^ (n >> 31);
}

static gboolean
is_one_in (unsigned n)
{
  return n > 0 && get_random () % n == 0;
}

/* Sleeps now and then. Keeps errno. */
static void
delay (unsigned rarer)
{
  int errsv = errno;

  /* The functions that this one calls are among those below */
  if (thread.busy)
    return;

  thread.busy = TRUE;
  if (thread.state == 0)
    {
      thread.state = (seed << 32) + __atomic_add_fetch (&n_threads, 1, __ATOMIC_RELAXED);
      thread.every = is_one_in (settings.slow) ? settings.every / 10 + 1 : settings.every;
    }
  if (settings.max > 0 && is_one_in (thread.every * rarer))
    {
      unsigned usec = (unsigned) (get_random () % settings.max) + 1;
      struct timespec time = { usec / 1000000, (long) (usec % 1000000) * 1000 };

      nanosleep (&time, NULL);
      if (++thread.n_sleeps % MANY == 0)
        thread.every *= 2;
    }
  thread.busy = FALSE;
  errno = errsv;
}

static void *
find (void **real,
      const char *name)
{
  void *found = __atomic_load_n (real, __ATOMIC_RELAXED);

  if (found == NULL)
    {
      found = dlsym (RTLD_NEXT, name);
      __atomic_store_n (real, found, __ATOMIC_RELAXED);
    }
  return found;
}

#define REAL(name) \
  static void *real; \
  __typeof__ (&name) call = (__typeof__ (&name)) find (&real, #name)

#define AROUND(type, name, parameters, arguments) \
  EXPORTED type name parameters \
  { \
    REAL (name); \
    type result; \
\
    delay (1); \
    result = call arguments; \
    delay (1); \
    return result; \
  }

#define AROUND_VOID(name, parameters, arguments) \
  EXPORTED void name parameters \
  { \
    REAL (name); \
\
    delay (1); \
    call arguments; \
    delay (1); \
  }

AROUND (ssize_t, read, (int fd, void *bytes, size_t n), (fd, bytes, n))
AROUND (ssize_t, write, (int fd, const void *bytes, size_t n), (fd, bytes, n))
AROUND (ssize_t, recv, (int fd, void *bytes, size_t n, int flags), (fd, bytes, n, flags))
AROUND (ssize_t, send, (int fd, const void *bytes, size_t n, int flags), (fd, bytes, n, flags))
AROUND (ssize_t, recvmsg, (int fd, struct msghdr *message, int flags), (fd, message, flags))
AROUND (ssize_t, sendmsg, (int fd, const struct msghdr *message, int flags), (fd, message, flags))
AROUND (int, poll, (struct pollfd *fds, nfds_t n, int timeout), (fds, n, timeout))
AROUND (int, epoll_wait, (int fd, struct epoll_event *events, int n, int timeout), (fd, events, n, timeout))
AROUND (int, flock, (int fd, int operation), (fd, operation))
AROUND (int, fsync, (int fd), (fd))
AROUND (int, fdatasync, (int fd), (fd))
AROUND_VOID (g_mutex_lock, (GMutex *mutex), (mutex))
AROUND_VOID (g_mutex_unlock, (GMutex *mutex), (mutex))
AROUND_VOID (g_cond_signal, (GCond *cond), (cond))
AROUND_VOID (g_cond_broadcast, (GCond *cond), (cond))
AROUND_VOID (g_cond_wait, (GCond *cond, GMutex *mutex), (cond, mutex))
AROUND (gboolean, g_cond_wait_until, (GCond *cond, GMutex *mutex, gint64 end), (cond, mutex, end))

EXPORTED void
__cyg_profile_func_enter (void *function,
                          void *caller)
{
  delay (CALLS);
}

EXPORTED void
__cyg_profile_func_exit (void *function,
                         void *caller)
{
  delay (CALLS);
}
