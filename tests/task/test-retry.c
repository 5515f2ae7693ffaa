/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "combinator-support.h"

#define MAX_ATTEMPTS 16

/* Makes attempts that fail, each with its own error, at the moment when they start, except the last one */
typedef struct
{
  Fixture base;
  PillionRetry *retry;
  guint n_attempts;
  gint64 times[MAX_ATTEMPTS]; /* when each was started, counted from the first */
  gint64 start;
  guint well_at;     /* the attempt that succeeds, or 0 */
  guint pending_at;  /* the attempt that stays pending, or 0 */
  guint nothing_at;  /* the attempt for which there is no task, or 0 */
  PillionTask *pending;
  PillionTask *instead;
  void (*extra) (gpointer data);
  gpointer data;
  int n_freed;
} Retry;

static void
retry_set_up (Retry *self,
              gconstpointer data)
{
  set_up (&self->base, NULL);
  self->retry = pillion_retry_new ();
  pillion_retry_set_jitter (self->retry, 0.0);
  self->start = pillion_loop_get_now (self->base.loop);
}

static void
retry_tear_down (Retry *self,
                 gconstpointer data)
{
  if (self->pending != NULL)
    {
      if (!pillion_task_is_done (self->pending))
        succeed (self->pending);
      if (!pillion_loop_is_closed (self->base.loop))
        settle (&self->base);
      end_object (self->pending);
    }
  end_object (self->retry);
  tear_down (&self->base, NULL);
}

static PillionTask *
attempt (guint number,
         gpointer user_data)
{
  Retry *self = user_data;
  PillionTask *task;

  g_assert_cmpuint (number, ==, self->n_attempts + 1);
  g_assert_cmpuint (number, <=, MAX_ATTEMPTS);
  g_assert_cmpint (self->n_freed, ==, 0);
  self->times[self->n_attempts++] = pillion_loop_get_now (self->base.loop) - self->start;
  if (self->extra != NULL)
    self->extra (self->data);
  if (number == self->nothing_at)
    return g_steal_pointer (&self->instead);

  task = obedient (&self->base);
  if (number == self->pending_at)
    self->pending = g_object_ref (task);
  else if (pillion_task_is_done (task))
    ; /* the loop was closed */
  else if (number == self->well_at)
    pillion_task_return_int (task, number);
  else
    pillion_task_return_new_error (task, PILLION_ERROR, PILLION_ERROR_FAILED, "attempt %u", number);
  return task;
}

static void
freed (gpointer user_data)
{
  ((Retry *) user_data)->n_freed++;
}

static PillionTask *
run (Retry *self)
{
  self->n_attempts = 0;
  self->n_freed = 0;
  self->start = pillion_loop_get_now (self->base.loop);
  return pillion_retry_run (self->retry, self->base.loop, "fetch", NULL, attempt, self, freed);
}

static void
run_until_idle (Retry *self)
{
  pillion_test_host_run_until_idle (PILLION_TEST_HOST (self->base.host));
}

static void
assert_message (PillionTask *task,
                const char *message)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (pillion_task_check (task, &error));
  g_assert_error (error, PILLION_ERROR, PILLION_ERROR_FAILED);
  g_assert_cmpstr (error->message, ==, message);
}

static void
test_exact_delays (Retry *self,
                   gconstpointer data)
{
  const gint64 times[] = { 0, 100, 400, 1300, 2300, 3300 };
  PillionTask *task;

  pillion_retry_set_attempts (self->retry, G_N_ELEMENTS (times));
  pillion_retry_set_initial_delay_usec (self->retry, 100);
  pillion_retry_set_multiplier (self->retry, 3.0);
  pillion_retry_set_max_delay_usec (self->retry, 1000);
  task = run (self);
  g_assert_cmpstr (pillion_task_get_name (task), ==, "fetch");
  g_assert_nonnull (strstr (pillion_task_get_site (task), "test-retry.c"));
  g_assert_cmpuint (self->n_attempts, ==, 0);
  run_until_idle (self);
  g_assert_cmpuint (self->n_attempts, ==, G_N_ELEMENTS (times));
  for (guint i = 0; i < G_N_ELEMENTS (times); i++)
    g_assert_cmpint (self->times[i], ==, times[i]);
  assert_message (task, "attempt 6");
  g_assert_cmpint (self->n_freed, ==, 1);
  end_object (task);
}

/* All attempts are kept, and can be read one by one */
static void
test_errors (Retry *self,
             gconstpointer data)
{
  PillionTask *task = run (self);
  g_autoptr (GPtrArray) children = NULL;

  run_until_idle (self);
  children = pillion_task_get_children (task);
  g_assert_cmpuint (children->len, ==, 3);
  for (guint i = 0; i < 3; i++)
    {
      g_autofree char *message = g_strdup_printf ("attempt %u", i + 1);

      assert_message (children->pdata[i], message);
    }
  assert_message (task, "attempt 3");
  g_clear_pointer (&children, g_ptr_array_unref);
  end_object (task);
}

static void
test_success (Retry *self,
              gconstpointer data)
{
  for (self->well_at = 1; self->well_at <= 3; self->well_at++)
    {
      PillionTask *task = run (self);

      run_until_idle (self);
      g_assert_cmpuint (self->n_attempts, ==, self->well_at);
      g_assert_cmpint (pillion_task_get_int (task, NULL), ==, self->well_at);
      g_assert_cmpint (self->n_freed, ==, 1);
      end_object (task);
    }
}

static void
test_single (Retry *self,
             gconstpointer data)
{
  PillionTask *task;

  pillion_retry_set_attempts (self->retry, 1);
  task = run (self);
  settle (&self->base);
  assert_message (task, "attempt 1");
  end_object (task);
}

static void
test_jitter (Retry *self,
             gconstpointer data)
{
  gint64 times[4][MAX_ATTEMPTS];

  pillion_retry_set_attempts (self->retry, MAX_ATTEMPTS);
  pillion_retry_set_initial_delay_usec (self->retry, 1000000);
  pillion_retry_set_multiplier (self->retry, 1.0);
  pillion_retry_set_jitter (self->retry, 0.25);
  for (guint round = 0; round < 4; round++)
    {
      PillionTask *task;

      pillion_retry_set_seed (self->retry, round < 2 ? 7 : round == 2 ? 8 : 0);
      task = run (self);
      run_until_idle (self);
      assert_message (task, "attempt 16");
      for (guint i = 1; i < MAX_ATTEMPTS; i++)
        {
          gint64 delay = self->times[i] - self->times[i - 1];

          g_assert_cmpint (delay, <=, 1000000);
          g_assert_cmpint (delay, >=, 750000);
        }
      memcpy (times[round], self->times, sizeof self->times);
      end_object (task);
    }
  /* The same seed gives the same delays, another seed others */
  g_assert_cmpmem (times[0], sizeof times[0], times[1], sizeof times[1]);
  g_assert_cmpint (memcmp (times[0], times[2], sizeof times[0]), !=, 0);
  g_assert_cmpint (memcmp (times[0], times[3], sizeof times[0]), !=, 0);
}

/* No overflow, however long */
static void
test_long_delays (Retry *self,
                  gconstpointer data)
{
  PillionTask *task;

  pillion_retry_set_attempts (self->retry, 4);
  pillion_retry_set_initial_delay_usec (self->retry, G_MAXINT64);
  pillion_retry_set_max_delay_usec (self->retry, G_MAXINT64);
  pillion_retry_set_multiplier (self->retry, 1000.0);
  task = run (self);
  advance (&self->base, G_TIME_SPAN_DAY);
  g_assert_cmpuint (self->n_attempts, ==, 1);
  pillion_task_cancel (task);
  settle (&self->base);
  assert_cancelled (task);
  end_object (task);
}

typedef struct
{
  Retry *retry;
  guint n_asked;
  guint stop_at;
  int code;
  int n_freed;
} Judge;

static gboolean
judge (const GError *error,
       guint number,
       gpointer user_data)
{
  Judge *self = user_data;

  self->n_asked++;
  self->code = error->code;
  g_assert_cmpuint (number, ==, self->n_asked);
  return number != self->stop_at;
}

static void
judge_freed (gpointer user_data)
{
  ((Judge *) user_data)->n_freed++;
}

static void
test_predicate (Retry *self,
                gconstpointer data)
{
  Judge first = { self, .stop_at = 2 }, second = { self };
  PillionTask *task;

  pillion_retry_set_attempts (self->retry, 4);
  pillion_retry_set_predicate (self->retry, judge, &first, judge_freed);
  task = run (self);
  run_until_idle (self);
  assert_message (task, "attempt 2");
  g_assert_cmpuint (first.n_asked, ==, 2);
  g_assert_cmpint (first.code, ==, PILLION_ERROR_FAILED);
  end_object (task);

  /* A run keeps the predicate that it started with, which is not asked about the last attempt */
  first = (Judge) { self };
  task = run (self);
  pillion_retry_set_predicate (self->retry, judge, &second, judge_freed);
  g_assert_cmpint (first.n_freed, ==, 0);
  run_until_idle (self);
  assert_message (task, "attempt 4");
  g_assert_cmpuint (first.n_asked, ==, 3);
  g_assert_cmpuint (second.n_asked, ==, 0);
  g_assert_cmpint (first.n_freed, ==, 1);
  end_object (task);

  pillion_retry_set_predicate (self->retry, NULL, &first, judge_freed);
  g_assert_cmpint (second.n_freed, ==, 1);
  g_assert_cmpint (first.n_freed, ==, 2);
}

static void
test_cancelled_attempt (Retry *self,
                        gconstpointer data)
{
  for (guint with_judge = 0; with_judge < 2; with_judge++)
    {
      Judge decider = { self };
      PillionTask *task;

      if (with_judge)
        pillion_retry_set_predicate (self->retry, judge, &decider, judge_freed);
      self->pending_at = 1;
      task = run (self);
      settle (&self->base);
      pillion_task_cancel (self->pending);
      run_until_idle (self);
      assert_cancelled (self->pending);
      if (with_judge)
        {
          g_assert_cmpuint (self->n_attempts, ==, 3);
          assert_message (task, "attempt 3");
        }
      else
        {
          g_assert_cmpuint (self->n_attempts, ==, 1);
          assert_cancelled (task);
        }
      end_object (task);
      end_object (g_steal_pointer (&self->pending));
      pillion_retry_set_predicate (self->retry, NULL, NULL, NULL);
      g_assert_cmpint (decider.n_freed, ==, (int) with_judge);
    }
}

static void
test_cancel_before (Retry *self,
                    gconstpointer data)
{
  PillionTask *task = run (self);

  pillion_task_cancel (task);
  assert_state (task, PENDING);
  settle (&self->base);
  assert_cancelled (task);
  g_assert_cmpuint (self->n_attempts, ==, 0);
  g_assert_cmpint (self->n_freed, ==, 1);
  end_object (task);
}

static void
test_cancellable (Retry *self,
                  gconstpointer data)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  PillionTask *task;

  g_cancellable_cancel (cancellable);
  task = pillion_retry_run (self->retry, self->base.loop, "fetch", cancellable, attempt, self, freed);
  settle (&self->base);
  assert_cancelled (task);
  g_assert_cmpuint (self->n_attempts, ==, 0);
  end_object (task);
}

static void
test_cancel_attempt (Retry *self,
                     gconstpointer data)
{
  for (guint shared = 0; shared < 2; shared++)
    {
      PillionTask *task;
      int n_calls = 0;

      self->pending_at = 2;
      task = run (self);
      settle (&self->base);
      advance (&self->base, G_TIME_SPAN_SECOND);
      g_assert_nonnull (self->pending);
      if (shared)
        pillion_task_add_done_callback (self->pending, count, &n_calls, NULL);
      pillion_task_cancel (task);
      settle (&self->base);
      assert_cancelled (task);
      g_assert_cmpint (pillion_task_is_cancelled (self->pending), ==, !shared);
      g_assert_cmpuint (self->n_attempts, ==, 2);
      g_assert_cmpint (self->n_freed, ==, 1);
      end_object (task);
      if (shared)
        succeed (self->pending);
      settle (&self->base);
      g_assert_cmpint (n_calls, ==, shared);
      end_object (g_steal_pointer (&self->pending));
    }
}

static void
test_cancel_backoff (Retry *self,
                     gconstpointer data)
{
  PillionTask *task = run (self);

  settle (&self->base);
  advance (&self->base, G_TIME_SPAN_SECOND / 2);
  g_assert_cmpuint (self->n_attempts, ==, 1);
  pillion_task_cancel (task);
  settle (&self->base);
  assert_cancelled (task);
  advance (&self->base, G_TIME_SPAN_DAY);
  g_assert_cmpuint (self->n_attempts, ==, 1);
  end_object (task);
}

static void
test_no_task (Retry *self,
              gconstpointer data)
{
  PillionLoop *loop = loop_new ();
  PillionTask *stranger = pillion_task_new (loop, "stranger", NULL);

  for (guint how = 0; how < 4; how++)
    {
      PillionTask *task, *shield = NULL;

      self->nothing_at = 2;
      task = run (self);
      if (how == 1)
        self->instead = g_object_ref (stranger);
      else if (how == 2)
        self->instead = g_object_ref (task);
      else if (how == 3)
        self->instead = g_object_ref (shield = pillion_task_shield (task));
      run_until_idle (self);
      g_assert_cmpuint (self->n_attempts, ==, 2);
      if (how == 0)
        assert_message (task, "The function of 'fetch' did not return a task");
      else if (how == 1)
        assert_ended_with (task, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
      else
        assert_ended_with (task, PILLION_ERROR, PILLION_ERROR_DEADLOCK);
      if (shield != NULL)
        {
          assert_same (shield, task);
          end_object (shield);
        }
      g_assert_cmpint (self->n_freed, ==, 1);
      end_object (task);
    }

  g_assert_false (pillion_task_is_cancelled (stranger));
  succeed (stranger);
  kick_until_quiet (loop);
  end_object (stranger);
  loop_end (loop);
}

static void
close_it (gpointer loop)
{
  pillion_loop_close (loop, 0, NULL);
}

static void
test_closed_inside (Retry *self,
                    gconstpointer data)
{
  PillionTask *task;

  self->extra = close_it;
  self->data = self->base.loop;
  task = run (self);
  settle (&self->base);
  assert_closed (task);
  g_assert_cmpint (self->n_freed, ==, 1);
  end_object (task);
}

static gboolean
close_and_go_on (const GError *error,
                 guint number,
                 gpointer user_data)
{
  pillion_loop_close (user_data, 0, NULL);
  return TRUE;
}

static void
test_closed_in_predicate (Retry *self,
                          gconstpointer data)
{
  PillionTask *task;

  pillion_retry_set_predicate (self->retry, close_and_go_on, self->base.loop, NULL);
  task = run (self);
  settle (&self->base);
  assert_closed (task);
  g_assert_cmpint (self->n_freed, ==, 1);
  end_object (task);
}

typedef struct
{
  const char *name;
  guint when; /* before the first attempt, during one, or between two */
  gint64 patience;
} AtClose;

static const AtClose at_close[] = {
  { "/retry/pending-at-close/before-the-first-attempt", 0, -1 },
  { "/retry/pending-at-close/during-an-attempt", 1, -1 },
  { "/retry/pending-at-close/between-two-attempts", 2, -1 },
  { "/retry/left-behind-at-close/before-the-first-attempt", 0, 0 },
  { "/retry/left-behind-at-close/during-an-attempt", 1, 0 },
  { "/retry/left-behind-at-close/between-two-attempts", 2, 0 },
};

static void
test_at_close (Retry *self,
               gconstpointer data)
{
  const AtClose *test = data;
  PillionTask *task;

  self->pending_at = test->when == 1;
  task = run (self);
  if (test->when > 0)
    settle (&self->base);
  g_assert_cmpint (pillion_loop_close (self->base.loop, test->patience, NULL), ==, test->patience != 0);
  if (test->patience != 0)
    assert_cancelled (task);
  g_assert_true (pillion_task_is_done (task));
  g_assert_cmpint (self->n_freed, ==, 1);
  end_object (task);
}

static void
test_closed (Retry *self,
             gconstpointer data)
{
  PillionTask *task;

  g_assert_true (pillion_loop_close (self->base.loop, -1, NULL));
  task = run (self);
  assert_closed (task);
  g_assert_cmpint (self->n_freed, ==, 1);
  end_object (task);
}

static void
on_notify (GObject *object,
           GParamSpec *pspec,
           gpointer n_notifications)
{
  ++*(int *) n_notifications;
}

static void
test_properties (void)
{
  PillionRetry *retry = pillion_retry_new ();
  guint attempts, seed;
  gint64 initial_delay, max_delay;
  double multiplier, jitter;
  int n_notifications = 0;

  g_assert_cmpuint (pillion_retry_get_attempts (retry), ==, 3);
  g_assert_cmpint (pillion_retry_get_initial_delay_usec (retry), ==, G_TIME_SPAN_SECOND);
  g_assert_cmpint (pillion_retry_get_max_delay_usec (retry), ==, G_TIME_SPAN_MINUTE);
  g_assert_cmpfloat (pillion_retry_get_multiplier (retry), ==, 2.0);
  g_assert_cmpfloat (pillion_retry_get_jitter (retry), ==, 0.5);
  g_assert_cmpuint (pillion_retry_get_seed (retry), ==, 0);

  g_signal_connect (retry, "notify", G_CALLBACK (on_notify), &n_notifications);
  for (guint i = 0; i < 2; i++)
    g_object_set (retry, "attempts", 5, "initial-delay-usec", G_GINT64_CONSTANT (10), "max-delay-usec", G_GINT64_CONSTANT (20),
                  "multiplier", 1.5, "jitter", 1.0, "seed", 3, NULL);
  g_assert_cmpint (n_notifications, ==, 6);
  g_object_get (retry, "attempts", &attempts, "initial-delay-usec", &initial_delay, "max-delay-usec", &max_delay, "multiplier",
                &multiplier, "jitter", &jitter, "seed", &seed, NULL);
  g_assert_cmpuint (attempts, ==, 5);
  g_assert_cmpint (initial_delay, ==, 10);
  g_assert_cmpint (max_delay, ==, 20);
  g_assert_cmpfloat (multiplier, ==, 1.5);
  g_assert_cmpfloat (jitter, ==, 1.0);
  g_assert_cmpuint (seed, ==, 3);

  expect_critical ("attempts >= 1");
  pillion_retry_set_attempts (retry, 0);
  expect_critical ("delay_usec >= 0");
  pillion_retry_set_initial_delay_usec (retry, -1);
  expect_critical ("delay_usec >= 0");
  pillion_retry_set_max_delay_usec (retry, -1);
  expect_critical ("multiplier >= 1");
  pillion_retry_set_multiplier (retry, 0.5);
  expect_critical ("jitter <= 1");
  pillion_retry_set_jitter (retry, 1.5);
  g_test_assert_expected_messages ();
  end_object (retry);
}

static gpointer
cancel_there (gpointer task)
{
  pillion_task_cancel (task);
  return NULL;
}

static PillionTask *
sleep_and_fail (guint number,
                gpointer loop)
{
  PillionTask *task = pillion_task_new (loop, "attempt", NULL);

  fail (task);
  return task;
}

static void
test_threads (void)
{
  for (guint round = 0; round < 100; round++)
    {
      PillionLoop *loop = loop_new ();
      PillionRetry *retry = pillion_retry_new ();
      PillionTask *task;
      GThread *thread;

      pillion_retry_set_attempts (retry, G_MAXUINT);
      pillion_retry_set_initial_delay_usec (retry, round);
      pillion_retry_set_multiplier (retry, 1.0);
      task = pillion_retry_run (retry, loop, "fetch", NULL, sleep_and_fail, loop, NULL);
      thread = g_thread_new ("canceller", cancel_there, task);
      pillion_loop_run_until_complete (loop, task, NULL);
      g_thread_join (thread);
      kick_until_quiet (loop);
      end_object (task);
      end_object (retry);
      loop_end (loop);
    }
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(name, function) g_test_add ("/retry/" name, Retry, NULL, retry_set_up, function, retry_tear_down)
  ADD ("waits-as-long-as-it-says", test_exact_delays);
  ADD ("keeps-all-errors", test_errors);
  ADD ("ends-with-the-first-success", test_success);
  ADD ("a-single-attempt", test_single);
  ADD ("jitter-has-bounds-and-a-seed", test_jitter);
  ADD ("endless-delays", test_long_delays);
  ADD ("predicate", test_predicate);
  ADD ("a-cancelled-attempt", test_cancelled_attempt);
  ADD ("cancelled-before-the-first-attempt", test_cancel_before);
  ADD ("cancelled-before-the-run", test_cancellable);
  ADD ("cancelled-during-an-attempt", test_cancel_attempt);
  ADD ("cancelled-between-two-attempts", test_cancel_backoff);
  ADD ("a-task-that-can-not-be-waited-for", test_no_task);
  ADD ("loop-closed-inside-the-function", test_closed_inside);
  ADD ("loop-closed-inside-the-predicate", test_closed_in_predicate);
  ADD ("on-a-closed-loop-has-failed", test_closed);
  for (guint i = 0; i < G_N_ELEMENTS (at_close); i++)
    g_test_add (at_close[i].name, Retry, &at_close[i], retry_set_up, test_at_close, retry_tear_down);
  g_test_add_func ("/retry/properties", test_properties);
  g_test_add_func ("/retry/cancelled-from-another-thread", test_threads);

  return g_test_run ();
}
