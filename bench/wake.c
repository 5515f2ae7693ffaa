/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* How long it takes from a thread to a function on the host's thread, which sleeps in poll ().
 *
 *   bench-wake ours same|apart     the thread finishes a task, the host waits as an external loop does, a callback runs
 *   bench-wake theirs same|apart   the thread writes to an eventfd, the host polls it, reads it and calls a function
 *
 * The two threads share a processor, or have one each.
 */

#define _GNU_SOURCE /* for sched_setaffinity () */

#include <pillion/pillion.h>

#include <poll.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "host.h"
#include "util.h"

#define N_ROUNDS 2000
#define N_WARM 50

typedef struct
{
  int go;               /* eventfd: starts the thread's next round */
  int bell;             /* eventfd: wakes the peer's host */
  gboolean ours;
  gboolean apart;
  PillionTask *task;
  gint64 start;
  gint64 end;
} Round;

static void
take (int fd)
{
  uint64_t count;

  if (read (fd, &count, sizeof count) != sizeof count)
    g_error ("eventfd");
}

static void
give (int fd)
{
  uint64_t one = 1;

  if (write (fd, &one, sizeof one) != sizeof one)
    g_error ("eventfd");
}

/* Pins the calling thread to the first or the last processor that it may use. Left alone, the kernel puts the
 * two threads together in one run and apart in the next, and waking another processor takes many times as
 * long. */
static void
pin (gboolean last)
{
  cpu_set_t allowed, one;
  int chosen = -1;

  if (sched_getaffinity (0, sizeof allowed, &allowed) < 0)
    g_error ("sched_getaffinity");
  for (int i = 0; i < CPU_SETSIZE && (last || chosen < 0); i++)
    if (CPU_ISSET (i, &allowed))
      chosen = i;

  CPU_ZERO (&one);
  CPU_SET (chosen, &one);
  if (sched_setaffinity (0, sizeof one, &one) < 0)
    g_error ("sched_setaffinity");
}

static gpointer
ringer (gpointer data)
{
  Round *round = data;

  pin (round->apart);

  for (int i = 0; i < N_WARM + N_ROUNDS; i++)
    {
      take (round->go);

      /* Long enough for the host to be asleep for certain, and not always equally long */
      g_usleep (150 + i * 37 % 100);

      if (round->ours)
        {
          /* The finishing thread needs a reference: the host may be done with the task before the call
           * returns. */
          g_autoptr (PillionTask) task = g_object_ref (round->task);

          round->start = bench_now ();
          pillion_task_return_boolean (task, TRUE);
        }
      else
        {
          round->start = bench_now ();
          give (round->bell);
        }
    }

  return NULL;
}

static void
arrived (Round *round)
{
  round->end = bench_now ();
}

static void
task_done (PillionTask *task,
           gpointer user_data)
{
  if (!pillion_task_get_boolean (task, NULL))
    g_error ("the task failed");
  arrived (user_data);
}

static void
round_ours (PillionLoop *loop,
            Round *round)
{
  round->end = 0;
  round->task = pillion_task_new (loop, "wake", NULL);
  pillion_task_add_done_callback (round->task, task_done, round, NULL);
  pillion_loop_kick (loop);
  give (round->go);

  while (round->end == 0)
    {
      struct pollfd fd = { pillion_loop_get_fd (loop), pillion_loop_get_events (loop), 0 };
      gint64 deadline = pillion_loop_get_deadline (loop);
      int timeout = -1;

      if (deadline == 0)
        timeout = 0;
      else if (deadline > 0)
        timeout = CLAMP ((deadline - pillion_loop_get_now (loop) + 999) / 1000, 0, 10000);

      poll (&fd, 1, timeout);
      pillion_loop_kick (loop);
    }

  g_clear_object (&round->task);
}

/* Through a volatile pointer, because a host does not know at compile time what it calls */
static void (*volatile function) (Round *round) = arrived;

static void
round_theirs (Round *round)
{
  struct pollfd fd = { round->bell, POLLIN, 0 };

  round->end = 0;
  give (round->go);
  poll (&fd, 1, -1);
  take (round->bell);
  function (round);
}

int
main (int argc,
      char **argv)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (PillionLoop) loop = NULL;
  g_autoptr (PillionHost) host = PILLION_HOST (pillion_callback_host_new ("bench"));
  Round round = { eventfd (0, EFD_CLOEXEC), eventfd (0, EFD_CLOEXEC) };
  double values[N_ROUNDS];
  GThread *thread;

  if (argc != 3)
    return 2;

  round.ours = g_str_equal (argv[1], "ours");
  round.apart = g_str_equal (argv[2], "apart");
  if (round.ours)
    {
      loop = pillion_loop_new (context, PILLION_LOOP_DEFAULT);
      bench_ensure (loop, host);
    }

  /* After the thread was created, which would be pinned as well otherwise */
  thread = g_thread_new ("ringer", ringer, &round);
  pin (FALSE);
  for (int i = -N_WARM; i < N_ROUNDS; i++)
    {
      if (round.ours)
        round_ours (loop, &round);
      else
        round_theirs (&round);
      if (i >= 0)
        values[i] = (round.end - round.start) / 1e3;
    }

  g_thread_join (thread);
  printf ("{\"value\": %.3f}\n", bench_median (values, N_ROUNDS));
  return 0;
}
