/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "../test-support.h"

/* Waiting for the host's next frame */

#define FRAME_USEC 16667
#define MIN_FRAME_USEC 4000

/* Under valgrind the first kick takes longer than the budget */
static gboolean
kick (PillionLoop *loop)
{
  return pillion_loop_kick_until (loop, g_get_monotonic_time () + G_USEC_PER_SEC, NULL);
}

/* Work that waits for a frame in each round */
typedef struct
{
  PillionLoop *loop;
  GMainLoop *main_loop;
  guint n_rounds;
  guint n_left; /* how many more rounds it makes */
  gint64 spin_usec;
} Mover;

static void next_round (Mover *mover);

/* Whose kicks end when nothing is ready any more, however slow the machine is */
static PillionLoop *
patient_loop_new (void)
{
  PillionLoop *loop = loop_new ();

  pillion_loop_set_budget_usec (loop, G_USEC_PER_SEC);
  return loop;
}

static void
on_frame (PillionTask *task,
          gpointer data)
{
  Mover *mover = data;
  g_autoptr (GError) error = NULL;

  g_assert_true (pillion_task_get_boolean (task, &error));
  g_assert_no_error (error);
  mover->n_rounds++;
  if (mover->spin_usec > 0)
    spin_for (mover->spin_usec);
  next_round (mover);
}

static void
next_round (Mover *mover)
{
  g_autoptr (PillionTask) frame = NULL;

  if (mover->n_left == 0)
    {
      if (mover->main_loop != NULL)
        g_main_loop_quit (mover->main_loop);
      return;
    }
  mover->n_left--;
  frame = pillion_loop_next_frame (mover->loop);
  g_assert_cmpstr (pillion_task_get_name (frame), ==, "frame");
  g_assert_false (pillion_task_is_done (frame));
  pillion_task_add_done_callback (frame, on_frame, mover, NULL);
}

/* Work that is always there */
typedef struct
{
  Mover *mover;
  guint n_calls;
} Busy;

static void
keep_busy (gpointer data)
{
  Busy *busy = data;

  busy->n_calls++;
  if (busy->mover->n_left > 0)
    pillion_loop_call_soon (busy->mover->loop, keep_busy, busy, NULL);
}

static void
test_one_round_a_kick (void)
{
  Mover mover = { patient_loop_new (), .n_left = 20 };

  next_round (&mover);
  for (guint i = 1; i <= 20; i++)
    {
      kick (mover.loop);
      g_assert_cmpuint (mover.n_rounds, ==, i);
    }
  kick (mover.loop);
  g_assert_cmpuint (mover.n_rounds, ==, 20);
  g_assert_false (kick (mover.loop));
  loop_end (mover.loop);
}

/* Nor while other work is always ready, nor if a kick is longer than a frame */
static void
test_not_twice_in_a_kick (void)
{
  Mover mover = { patient_loop_new (), .n_left = 6, .spin_usec = FRAME_USEC + 2000 };
  Busy busy = { &mover };

  next_round (&mover);
  keep_busy (&busy);
  for (guint n_rounds = 0; n_rounds < 6; n_rounds = mover.n_rounds)
    {
      /* On a slow machine the time may be over before the round */
      pillion_loop_kick_until (mover.loop, g_get_monotonic_time () + 2 * FRAME_USEC, NULL);
      g_assert_cmpuint (mover.n_rounds, <=, n_rounds + 1);
    }
  g_assert_cmpuint (busy.n_calls, >, 6);
  loop_end (mover.loop);
}

static void
append_index (PillionTask *task,
              gpointer data)
{
  g_array_append_val ((GArray *) data, *(guint *) g_object_get_data (G_OBJECT (task), "index"));
}

/* With no budget a kick ends one wait. The others are not lost, keep their order, and those that begin meanwhile come after them. */
static void
test_budget_holds (void)
{
  PillionLoop *loop = patient_loop_new ();
  g_autoptr (GArray) order = g_array_new (FALSE, FALSE, sizeof (guint));
  guint indices[40];
  guint n_kicks = 0;

  for (guint i = 0; i < 40; i++)
    {
      g_autoptr (PillionTask) frame = pillion_loop_next_frame (loop);

      indices[i] = i;
      g_object_set_data (G_OBJECT (frame), "index", &indices[i]);
      pillion_task_add_done_callback (frame, append_index, order, NULL);
      if (i == 19)
        pillion_loop_kick_until (loop, 0, NULL);
    }
  while (order->len < 40)
    {
      pillion_loop_kick_until (loop, 0, NULL);
      n_kicks++;
      g_assert_cmpuint (n_kicks, <, 1000);
    }
  g_assert_cmpuint (n_kicks, >, 20);
  for (guint i = 0; i < 40; i++)
    g_assert_cmpuint (g_array_index (order, guint, i), ==, i);
  loop_end (loop);
}

static void
test_cancelled (void)
{
  PillionLoop *loop = patient_loop_new ();
  g_autoptr (PillionTask) first = pillion_loop_next_frame (loop);
  g_autoptr (PillionTask) second = pillion_loop_next_frame (loop);

  pillion_task_cancel (first);
  kick (loop);
  g_assert_cmpint (pillion_task_get_state (first), ==, PILLION_TASK_CANCELLED);
  g_assert_cmpint (pillion_task_get_state (second), ==, PILLION_TASK_SUCCEEDED);

  g_clear_object (&first);
  first = pillion_loop_next_frame (loop);
  pillion_task_cancel (first);
  while (kick (loop))
    ;
  g_assert_cmpint (pillion_task_get_state (first), ==, PILLION_TASK_CANCELLED);
  g_clear_object (&first);
  g_clear_object (&second);
  loop_end (loop);
}

static void
test_closed (gconstpointer at_once)
{
  PillionLoop *loop = patient_loop_new ();
  g_autoptr (PillionTask) frame = pillion_loop_next_frame (loop);
  g_autoptr (PillionTask) late = NULL;
  g_autoptr (GError) error = NULL;

  if (at_once)
    {
      g_assert_false (pillion_loop_close (loop, 0, &error));
      g_assert_error (error, PILLION_ERROR, PILLION_ERROR_LEFT_BEHIND);
      g_clear_error (&error);
    }
  else
    {
      g_assert_true (pillion_loop_close (loop, -1, &error));
      g_assert_no_error (error);
    }
  g_assert_cmpint (pillion_task_get_state (frame), ==, PILLION_TASK_CANCELLED);

  late = pillion_loop_next_frame (loop);
  g_assert_false (pillion_task_check (late, &error));
  g_assert_error (error, PILLION_ERROR, PILLION_ERROR_CLOSED);
  g_clear_object (&frame);
  g_clear_object (&late);
  loop_end (loop);
}

static void
test_not_in_a_region (void)
{
  PillionLoop *loop = patient_loop_new ();
  g_autoptr (PillionTask) frame = pillion_loop_next_frame (loop);

  pillion_loop_begin_region (loop, "render", PILLION_REGION_NO_CALLBACKS);
  kick (loop);
  g_assert_false (pillion_task_is_done (frame));
  g_assert_true (pillion_loop_end_region (loop, "render", NULL));
  kick (loop);
  g_assert_true (pillion_task_is_done (frame));
  g_clear_object (&frame);
  loop_end (loop);
}

/* A host that asks how long it may sleep is sent to sleep between frames, even if it kicks now and then for something else */
static void
test_host_that_sleeps (void)
{
  Mover mover = { patient_loop_new (), .n_left = 8 };
  GPollFD ear = { .fd = pillion_loop_get_fd (mover.loop), .events = G_IO_IN };
  gint64 start, slept = 0;
  guint n_kicks = 0;

  if (ear.fd < 0)
    {
      g_test_skip ("there is no descriptor on this platform");
      loop_end (mover.loop);
      return;
    }
  next_round (&mover);
  kick (mover.loop);
  start = g_get_monotonic_time ();
  while (mover.n_rounds < 8)
    {
      gint64 timeout_usec;

      if (pillion_loop_prepare_sleep (mover.loop, &ear.fd, &timeout_usec) == PILLION_SLEEP_WAIT)
        {
          g_assert_cmpint (timeout_usec, >=, 0);
          g_assert_cmpint (timeout_usec, <=, FRAME_USEC);
          slept += timeout_usec;
          g_poll (&ear, 1, (timeout_usec + 999) / 1000);
        }
      kick (mover.loop);
      n_kicks++;
    }
  g_assert_cmpint (g_get_monotonic_time () - start, >=, 6 * MIN_FRAME_USEC);
  g_assert_cmpint (slept, >, 0);
  g_assert_cmpuint (n_kicks, <, 100);
  loop_end (mover.loop);
}

/* It kicks for each of the calls that come, and these kicks are no frames */
static void
test_busy_host_that_sleeps (void)
{
  Mover mover = { patient_loop_new (), .n_left = 5 };
  Busy busy = { &mover };
  gint64 start;

  if (pillion_loop_get_fd (mover.loop) < 0)
    {
      g_test_skip ("there is no descriptor on this platform");
      loop_end (mover.loop);
      return;
    }
  next_round (&mover);
  kick (mover.loop);
  keep_busy (&busy);
  start = g_get_monotonic_time ();
  while (mover.n_rounds < 5)
    pillion_loop_kick_until (mover.loop, 0, NULL);
  g_assert_cmpint (g_get_monotonic_time () - start, >=, 3 * MIN_FRAME_USEC);
  g_assert_cmpuint (busy.n_calls, >, 5);
  loop_end (mover.loop);
}

static void
test_passenger (gconstpointer is_busy)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (GMainLoop) main_loop = g_main_loop_new (context, FALSE);
  Mover mover = { pillion_loop_new (context, PILLION_LOOP_DEFAULT), main_loop, .n_left = 5 };
  Busy busy = { &mover };
  gint64 start = g_get_monotonic_time ();

  g_assert_true (pillion_loop_ensure (mover.loop, NULL, NULL));
  next_round (&mover);
  if (is_busy)
    keep_busy (&busy);
  g_main_loop_run (main_loop);
  g_assert_cmpuint (mover.n_rounds, ==, 5);
  g_assert_cmpint (g_get_monotonic_time () - start, >=, 4 * FRAME_USEC);
  loop_end (mover.loop);
}

/* A wait has no host that ticks */
static void
test_run_until_complete (void)
{
  Mover mover = { patient_loop_new (), .n_left = 3 };
  gint64 start = g_get_monotonic_time ();
  g_autoptr (PillionTask) last = NULL;

  next_round (&mover);
  while (mover.n_rounds < 2)
    {
      g_autoptr (PillionTask) frame = pillion_loop_next_frame (mover.loop);

      g_assert_true (pillion_loop_run_until_complete (mover.loop, frame, NULL));
    }
  g_assert_cmpint (g_get_monotonic_time () - start, >=, FRAME_USEC);
  last = pillion_loop_next_frame (mover.loop);
  g_assert_true (pillion_loop_run_until_complete (mover.loop, last, NULL));
  g_assert_cmpuint (mover.n_rounds, ==, 3);
  g_clear_object (&last);
  loop_end (mover.loop);
}

static void
test_virtual_clock (void)
{
  g_autoptr (PillionTestHost) host = pillion_test_host_new ();
  Mover mover = { patient_loop_new (), .n_left = 3600 };
  gint64 start;

  g_assert_true (pillion_loop_ensure (mover.loop, PILLION_HOST (host), NULL));
  /* There was none before this one */
  next_round (&mover);
  pillion_test_host_advance (host, 0);
  g_assert_cmpuint (mover.n_rounds, ==, 1);
  start = pillion_loop_get_now (mover.loop);
  pillion_test_host_advance (host, FRAME_USEC - 1);
  g_assert_cmpuint (mover.n_rounds, ==, 1);
  pillion_test_host_advance (host, 1);
  g_assert_cmpuint (mover.n_rounds, ==, 2);
  pillion_test_host_run_until_idle (host);
  g_assert_cmpuint (mover.n_rounds, ==, 3600);
  g_assert_cmpint (pillion_loop_get_now (mover.loop) - start, ==, 3599 * FRAME_USEC);
  loop_end (mover.loop);
}

static void
test_ticking_host (void)
{
  g_autoptr (PillionTickHost) host = pillion_tick_host_new ("frames", 500);
  Mover mover = { patient_loop_new (), .n_left = 20 };
  gint64 start = g_get_monotonic_time ();

  g_assert_true (pillion_loop_ensure (mover.loop, PILLION_HOST (host), NULL));
  next_round (&mover);
  pillion_tick_host_run (host, 40);
  g_assert_cmpuint (mover.n_rounds, ==, 20);
  g_assert_cmpint (g_get_monotonic_time () - start, >=, 40000);
  loop_end (mover.loop);
}

/* A host that goes by another clock than the last one did */
static void
test_other_clock (void)
{
  g_autoptr (PillionTestHost) host = pillion_test_host_new ();
  Mover mover = { patient_loop_new (), .n_left = 3 };

  next_round (&mover);
  kick (mover.loop);
  g_assert_true (pillion_loop_ensure (mover.loop, PILLION_HOST (host), NULL));
  pillion_test_host_advance (host, FRAME_USEC);
  g_assert_cmpuint (mover.n_rounds, ==, 2);
  pillion_test_host_advance (host, FRAME_USEC);
  g_assert_cmpuint (mover.n_rounds, ==, 3);
  loop_end (mover.loop);
}

typedef struct
{
  Mover mover;
  guint n_before;
  gint64 start;
  gint64 end;
} Dialog;

/* The host's loop in a dialog, which kicks without a pause */
static void
open_dialog (gpointer data)
{
  Dialog *dialog = data;

  dialog->n_before = dialog->mover.n_rounds;
  dialog->start = g_get_monotonic_time ();
  kick_until (dialog->mover.loop, dialog->mover.n_rounds == dialog->n_before + 5);
  dialog->end = g_get_monotonic_time ();
}

static void
test_goes_on_in_a_dialog (void)
{
  Dialog dialog = { .mover = { patient_loop_new (), .n_left = 10 } };

  next_round (&dialog.mover);
  kick (dialog.mover.loop);
  g_assert_cmpuint (dialog.mover.n_rounds, ==, 1);
  pillion_loop_call_soon (dialog.mover.loop, open_dialog, &dialog, NULL);
  kick (dialog.mover.loop);
  /* The first of them may be the outer kick's */
  g_assert_cmpint (dialog.end - dialog.start, >=, 4 * MIN_FRAME_USEC);
  while (dialog.mover.n_rounds < 10)
    kick (dialog.mover.loop);
  loop_end (dialog.mover.loop);
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/loop/frame/one-round-a-kick", test_one_round_a_kick);
  g_test_add_func ("/loop/frame/not-twice-in-a-kick", test_not_twice_in_a_kick);
  g_test_add_func ("/loop/frame/budget-holds", test_budget_holds);
  g_test_add_func ("/loop/frame/cancelled", test_cancelled);
  g_test_add_data_func ("/loop/frame/closed", GINT_TO_POINTER (FALSE), test_closed);
  g_test_add_data_func ("/loop/frame/closed-at-once", GINT_TO_POINTER (TRUE), test_closed);
  g_test_add_func ("/loop/frame/not-in-a-region", test_not_in_a_region);
  g_test_add_func ("/loop/frame/host-that-sleeps", test_host_that_sleeps);
  g_test_add_func ("/loop/frame/busy-host-that-sleeps", test_busy_host_that_sleeps);
  g_test_add_data_func ("/loop/frame/passenger", GINT_TO_POINTER (FALSE), test_passenger);
  g_test_add_data_func ("/loop/frame/busy-passenger", GINT_TO_POINTER (TRUE), test_passenger);
  g_test_add_func ("/loop/frame/run-until-complete", test_run_until_complete);
  g_test_add_func ("/loop/frame/virtual-clock", test_virtual_clock);
  g_test_add_func ("/loop/frame/ticking-host", test_ticking_host);
  g_test_add_func ("/loop/frame/other-clock", test_other_clock);
  g_test_add_func ("/loop/frame/goes-on-in-a-dialog", test_goes_on_in_a_dialog);

  return g_test_run ();
}
