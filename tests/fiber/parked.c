/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Parks a few fibers and calls stop_here (), for test-gdb.py */

#include "fiber-support.h"

#include "fiber/pillion-stack.h"

static PillionTask *job;

void stop_here (void);

void __attribute__ ((noinline))
stop_here (void)
{
  __asm__ volatile ("" ::: "memory");
}

static void __attribute__ ((noinline))
wait_deep_down (guint depth)
{
  volatile guint here = depth;

  if (depth > 0)
    wait_deep_down (depth - 1);
  else
    pillion_await (job, NULL);
  here++;
}

static void
await_job (PillionTask *task,
           gpointer data)
{
  wait_deep_down (3);
  pillion_task_return_boolean (task, TRUE);
}

static void
sleep_a_day (PillionTask *task,
             gpointer data)
{
  g_assert_false (pillion_sleep (G_TIME_SPAN_DAY, NULL));
}

static void
stop (PillionTask *task,
      gpointer data)
{
  stop_here ();
  pillion_task_return_boolean (task, TRUE);
}

int
main (void)
{
  PillionLoop *loop = loop_new ();

#ifdef TEST_MAPPED_GUARDS
  pillion_stack_best_guard = PILLION_GUARD_MAPPING;
#endif

  job = pillion_task_new (loop, "the job", NULL);
  g_object_unref (pillion_loop_spawn (loop, "patient", await_job, NULL, NULL));
  g_object_unref (pillion_loop_spawn (loop, "sleepy", sleep_a_day, NULL, NULL));
  kick_until_quiet (loop);
  g_object_unref (pillion_loop_spawn (loop, "stops", stop, NULL, NULL));
  kick_until_quiet (loop);
  pillion_task_return_boolean (job, TRUE);
  g_object_unref (job);
  loop_end (loop);

  return 0;
}
