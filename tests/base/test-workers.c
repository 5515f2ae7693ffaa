/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "base/pillion-workers.h"
#include "../test-support.h"

typedef struct
{
  Gate begun;
  Gate go;
  Gate ended;
  int n_running;
  int most_running;
  int n_done;
} Work;

#define WORK_INIT { GATE_INIT, GATE_INIT, GATE_INIT, 0, 0, 0 }

static void
note_running (Work *self)
{
  int running = __atomic_add_fetch (&self->n_running, 1, __ATOMIC_SEQ_CST);
  int most = get_atomic (&self->most_running);

  while (running > most && !__atomic_compare_exchange_n (&self->most_running, &most, running, FALSE, __ATOMIC_SEQ_CST,
                                                         __ATOMIC_SEQ_CST))
    ;
}

static void
quick (gpointer data)
{
  Work *self = data;

  note_running (self);
  add_atomic (&self->n_running, -1);
  add_atomic (&self->n_done, 1);
  gate_open (&self->ended);
}

static void
blocking (gpointer data)
{
  Work *self = data;

  note_running (self);
  gate_open (&self->begun);
  gate_wait (&self->go);
  add_atomic (&self->n_running, -1);
  add_atomic (&self->n_done, 1);
  gate_open (&self->ended);
}

static void
test_does_all (void)
{
  PillionWorkers *workers = pillion_workers_new (3);
  Work work = WORK_INIT;

  for (guint i = 0; i < 1000; i++)
    g_assert_true (pillion_workers_push (workers, quick, &work, NULL));
  gate_wait_for (&work.ended, 1000);
  g_assert_cmpuint (pillion_workers_close (workers, G_MAXINT64, G_MAXINT64), ==, 0);
  g_assert_cmpint (work.n_done, ==, 1000);
  g_assert_cmpint (work.most_running, <=, 3);
}

static void
test_unused (void)
{
  PillionWorkers *workers = pillion_workers_new (3);

  g_assert_cmpuint (pillion_workers_close (workers, 0, 0), ==, 0);
}

static void
test_size (void)
{
  PillionWorkers *workers = pillion_workers_new (2);
  Work work = WORK_INIT;

  for (guint i = 0; i < 5; i++)
    g_assert_true (pillion_workers_push (workers, blocking, &work, NULL));
  gate_wait_for (&work.begun, 2);
  gate_open (&work.go);
  gate_wait_for (&work.ended, 5);
  g_assert_cmpint (get_atomic (&work.most_running), ==, 2);
  g_assert_cmpuint (pillion_workers_close (workers, G_MAXINT64, G_MAXINT64), ==, 0);
}

static void
test_more (void)
{
  PillionWorkers *workers = pillion_workers_new (1);
  Work work = WORK_INIT;

  for (guint i = 0; i < 4; i++)
    g_assert_true (pillion_workers_push (workers, blocking, &work, NULL));
  gate_wait_for (&work.begun, 1);
  pillion_workers_set_max (workers, 4);
  /* Waiting work starts at once */
  gate_wait_for (&work.begun, 4);
  gate_open (&work.go);
  g_assert_cmpuint (pillion_workers_close (workers, G_MAXINT64, G_MAXINT64), ==, 0);
  g_assert_cmpint (work.n_done, ==, 4);
}

static void
test_fewer (void)
{
  PillionWorkers *workers = pillion_workers_new (4);
  Work first = WORK_INIT, rest = WORK_INIT;

  for (guint i = 0; i < 4; i++)
    g_assert_true (pillion_workers_push (workers, blocking, &first, NULL));
  gate_wait_for (&first.begun, 4);
  for (guint i = 0; i < 4; i++)
    g_assert_true (pillion_workers_push (workers, blocking, &rest, NULL));
  pillion_workers_set_max (workers, 1);
  gate_open (&first.go);
  gate_wait_for (&first.ended, 4);
  gate_open (&rest.go);
  gate_wait_for (&rest.ended, 4);
  g_assert_cmpint (get_atomic (&rest.most_running), ==, 1);
  g_assert_cmpuint (pillion_workers_close (workers, G_MAXINT64, G_MAXINT64), ==, 0);
}

/* Lower the maximum while all are idle, then add work: something has to take it */
static void
test_fewer_idle (void)
{
  for (guint round = 0; round < 50; round++)
    {
      PillionWorkers *workers = pillion_workers_new (4);
      Work first = WORK_INIT, rest = WORK_INIT;

      for (guint i = 0; i < 4; i++)
        g_assert_true (pillion_workers_push (workers, blocking, &first, NULL));
      gate_wait_for (&first.begun, 4);
      gate_open (&first.go);
      gate_wait_for (&first.ended, 4);
      pillion_workers_set_max (workers, 1);
      for (guint i = 0; i < 3; i++)
        g_assert_true (pillion_workers_push (workers, quick, &rest, NULL));
      gate_wait_for (&rest.ended, 3);
      g_assert_cmpuint (pillion_workers_close (workers, G_MAXINT64, G_MAXINT64), ==, 0);
    }
}

static void
test_close_does_what_is_queued (void)
{
  PillionWorkers *workers = pillion_workers_new (1);
  Work work = WORK_INIT;

  g_assert_true (pillion_workers_push (workers, blocking, &work, NULL));
  for (guint i = 0; i < 10; i++)
    g_assert_true (pillion_workers_push (workers, quick, &work, NULL));
  gate_open (&work.go);
  g_assert_cmpuint (pillion_workers_close (workers, G_MAXINT64, G_MAXINT64), ==, 0);
  g_assert_cmpint (work.n_done, ==, 11);
}

static void
test_close_deadline (void)
{
  PillionWorkers *workers = pillion_workers_new (2);
  Work work = WORK_INIT;
  gint64 start = g_get_monotonic_time ();

  g_assert_true (pillion_workers_push (workers, blocking, &work, NULL));
  g_assert_true (pillion_workers_push (workers, blocking, &work, NULL));
  gate_wait_for (&work.begun, 2);
  /* Nothing has to be waited for longer than those at work */
  g_assert_cmpuint (pillion_workers_close (workers, start + 20000, G_MAXINT64), ==, 2);
  g_assert_cmpint (g_get_monotonic_time () - start, >=, 20000);
  /* They return to a pool that nothing waits for, and free it */
  gate_open (&work.go);
  gate_wait_for (&work.ended, 2);
}

/* However long it takes until they run */
static void
test_close_waits_for_idle (void)
{
  guint n_waited = 0;

  for (guint round = 0; round < 20; round++)
    {
      PillionWorkers *workers = pillion_workers_new (3);
      Work work = WORK_INIT;

      for (guint i = 0; i < 2; i++)
        g_assert_true (pillion_workers_push (workers, quick, &work, NULL));
      gate_wait_for (&work.ended, 2);
      g_assert_true (pillion_workers_push (workers, blocking, &work, NULL));
      gate_wait_for (&work.begun, 1);
      /* Those that were quick may still be on their way back to the pool */
      g_usleep (1000);
      n_waited += pillion_workers_close (workers, 0, G_MAXINT64) == 1;
      gate_open (&work.go);
      gate_wait_for (&work.ended, 3);
    }
  g_assert_cmpuint (n_waited, >, 0);
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/core/workers/do-all-that-is-pushed", test_does_all);
  g_test_add_func ("/core/workers/close-without-any-work", test_unused);
  g_test_add_func ("/core/workers/are-as-many-as-was-said", test_size);
  g_test_add_func ("/core/workers/more-begin-what-waits", test_more);
  g_test_add_func ("/core/workers/fewer-also-where-work-waits", test_fewer);
  g_test_add_func ("/core/workers/fewer-lose-no-work", test_fewer_idle);
  g_test_add_func ("/core/workers/close-does-what-is-queued", test_close_does_what_is_queued);
  g_test_add_func ("/core/workers/close-has-a-deadline", test_close_deadline);
  g_test_add_func ("/core/workers/close-waits-for-idle-ones", test_close_waits_for_idle);

  return g_test_run ();
}
