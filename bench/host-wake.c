/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* How long it takes from a thread to a function on the thread of a real host that is asleep.
 *
 *   bench-host-wake-NAME ours      the thread finishes a task, and a done callback runs
 *   bench-host-wake-NAME theirs    the thread wakes the host as its manual says
 */

#include "host-wake.h"

#include <stdint.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "util.h"

#define N_ROUNDS 1000
#define N_WARM 50

static const HostWake *host;
static PillionLoop *loop; /* NULL on their side */
static PillionTask *task;
static int go;            /* eventfd: starts the thread's next round */
static gint64 start;
static gint64 end;

static gpointer
ringer (gpointer data)
{
  for (int i = 0; i < N_WARM + N_ROUNDS; i++)
    {
      uint64_t count;

      if (read (go, &count, sizeof count) != sizeof count)
        g_error ("eventfd");
      /* Long enough for the host to be asleep for certain, and not always equally long */
      g_usleep (500 + i * 37 % 100);
      if (loop != NULL)
        {
          /* The host may be done with the task before the call returns */
          g_autoptr (PillionTask) own = g_object_ref (task);

          start = bench_now ();
          pillion_task_return_boolean (own, TRUE);
        }
      else
        {
          start = bench_now ();
          host->post ();
        }
    }

  return NULL;
}

void
host_wake_arrived (void)
{
  end = bench_now ();
}

static void
task_done (PillionTask *done,
           gpointer user_data)
{
  if (!pillion_task_get_boolean (done, NULL))
    g_error ("the task failed");
  host_wake_arrived ();
}

int
host_wake_main (int argc,
                char **argv,
                const HostWake *own_host)
{
  const uint64_t one = 1;
  double values[N_ROUNDS];
  GThread *thread;

  if (argc != 2)
    return 2;

  host = own_host;
  go = eventfd (0, EFD_CLOEXEC);
  if (g_str_equal (argv[1], "ours"))
    {
      loop = pillion_loop_new (NULL, PILLION_LOOP_DEFAULT);
      pillion_loop_set_auto_stop (loop, FALSE);
    }
  host->start (loop);

  thread = g_thread_new ("ringer", ringer, NULL);
  for (int i = -N_WARM; i < N_ROUNDS; i++)
    {
      end = 0;
      if (loop != NULL)
        {
          task = pillion_task_new (loop, "wake", NULL);
          pillion_task_add_done_callback (task, task_done, NULL, NULL);
        }
      if (write (go, &one, sizeof one) != sizeof one)
        g_error ("eventfd");
      while (end == 0)
        host->turn ();
      g_clear_object (&task);
      if (i >= 0)
        values[i] = (double) (end - start) / 1e3;
    }

  g_thread_join (thread);
  printf ("{\"value\": %.3f, \"p99\": %.3f}\n", bench_median (values, N_ROUNDS), bench_percentile (values, N_ROUNDS, 0.99));
  return 0;
}
