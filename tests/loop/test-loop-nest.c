/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "../test-support.h"
#include "stopped-clock.h"

/* A callback opens a main loop, and that kicks */

typedef enum
{
  CALL,
  TIMER,
  DONE_CALLBACK,
  FIBER,
  SOURCE,
} Kind;

typedef struct _Fixture Fixture;
typedef void (*OpenFunc) (Fixture *fixture);

struct _Fixture
{
  PillionLoop *loop;
  GString *log;
  Kind kind;
  OpenFunc open;
  gboolean is_open;
  PillionKick kick; /* the report of a kick inside */
  guint n;
  PillionTask *task;
  GMainLoop *inner;
  GMainLoop *outer;
};

static void
set_up (Fixture *fixture,
        gconstpointer data)
{
  fixture->loop = loop_new_with_budget ();
  fixture->log = g_string_new (NULL);
  fixture->kind = GPOINTER_TO_INT (data);
}

static void
tear_down (Fixture *fixture,
           gconstpointer data)
{
  g_clear_object (&fixture->task);
  loop_end (fixture->loop);
  g_string_free (fixture->log, TRUE);
}

static void
assert_log (Fixture *fixture,
            const char *expected)
{
  g_assert_cmpstr (fixture->log->str, ==, expected);
  g_string_truncate (fixture->log, 0);
}

/* Where the tests of each kind open a loop */

static void
open_loop (Fixture *fixture)
{
  /* Nothing is entered twice */
  g_assert_false (fixture->is_open);
  fixture->is_open = TRUE;
  g_string_append (fixture->log, "open ");
  fixture->open (fixture);
  g_string_append (fixture->log, "close ");
  fixture->is_open = FALSE;
}

static void
open_from_call (gpointer data)
{
  open_loop (data);
}

static void
open_from_done_callback (PillionTask *task,
                         gpointer data)
{
  open_loop (data);
}

static void
open_from_fiber (PillionTask *task,
                 gpointer data)
{
  open_loop (data);
}

static gboolean
open_from_source (gpointer data)
{
  open_loop (data);
  return G_SOURCE_REMOVE;
}

/* Has @open called in the next kick, by a callback of the fixture's kind */
static void
begin (Fixture *fixture,
       OpenFunc open)
{
  PillionTask *task;
  GSource *source;

  fixture->open = open;
  switch (fixture->kind)
    {
    case CALL:
      pillion_loop_call_soon (fixture->loop, open_from_call, fixture, NULL);
      break;
    case TIMER:
      pillion_loop_call_later (fixture->loop, 0, open_from_call, fixture, NULL);
      break;
    case DONE_CALLBACK:
      task = pillion_task_new (fixture->loop, "opener", NULL);
      pillion_task_add_done_callback (task, open_from_done_callback, fixture, NULL);
      pillion_task_return_boolean (task, TRUE);
      g_object_unref (task);
      break;
    case FIBER:
      g_object_unref (pillion_loop_spawn (fixture->loop, "opener", open_from_fiber, fixture, NULL));
      break;
    case SOURCE:
      source = g_idle_source_new ();
      g_source_set_priority (source, G_PRIORITY_HIGH);
      g_source_set_callback (source, open_from_source, fixture, NULL);
      g_source_attach (source, pillion_loop_get_context (fixture->loop));
      g_source_unref (source);
      break;
    }
}

static void
kick (Fixture *fixture)
{
  PillionKick report;

  /* Not directly into the fixture, because kicks inside it write there, too */
  pillion_loop_kick_until (fixture->loop, g_get_monotonic_time () + G_USEC_PER_SEC, &report);
  fixture->kick = report;
}

/* What continues meanwhile */

static void
log_a (gpointer data)
{
  Fixture *fixture = data;

  g_string_append (fixture->log, fixture->is_open ? "a-inside " : "a ");
}

static void
log_b (gpointer data)
{
  Fixture *fixture = data;

  g_string_append (fixture->log, fixture->is_open ? "b-inside " : "b ");
}

static void
log_c (gpointer data)
{
  Fixture *fixture = data;

  g_string_append (fixture->log, fixture->is_open ? "c-inside " : "c ");
}

static void
yield_twice (PillionTask *task,
             gpointer data)
{
  Fixture *fixture = data;

  for (guint i = 1; i <= 3; i++)
    {
      g_string_append_printf (fixture->log, "%s%u%s ", pillion_task_get_name (task), i, fixture->is_open ? "-inside" : "");
      g_assert_true (pillion_fiber_get_current_task () == task);
      g_assert_true (pillion_yield (NULL));
    }
}

static void
kick_once (Fixture *fixture)
{
  kick (fixture);
  g_assert_cmpuint (fixture->kick.depth, ==, 1);
  g_assert_false (fixture->kick.refused);
  g_assert_false (fixture->kick.held);
  g_assert_false (fixture->kick.more_ready);
  g_assert_cmpint (fixture->kick.next_deadline_usec, ==, -1);
}

static void
test_order (Fixture *fixture,
            gconstpointer data)
{
  begin (fixture, kick_once);
  pillion_loop_call_soon (fixture->loop, log_a, fixture, NULL);
  pillion_loop_call_soon (fixture->loop, log_b, fixture, NULL);
  kick (fixture);
  g_assert_cmpuint (fixture->kick.depth, ==, 0);
  /* Of what is ready when a kick starts, one item comes before the context */
  if (fixture->kind == SOURCE)
    assert_log (fixture, "a open b-inside close ");
  else if (fixture->kind == TIMER)
    assert_log (fixture, "a b open close ");
  else
    assert_log (fixture, "open a-inside b-inside close ");
}

static void
kick_to_the_end (Fixture *fixture)
{
  while (pillion_loop_get_deadline (fixture->loop) == 0)
    kick (fixture);
}

static void
test_fibers_go_on (Fixture *fixture,
                   gconstpointer data)
{
  begin (fixture, kick_to_the_end);
  g_object_unref (pillion_loop_spawn (fixture->loop, "x", yield_twice, fixture, NULL));
  g_object_unref (pillion_loop_spawn (fixture->loop, "y", yield_twice, fixture, NULL));
  kick_until_quiet (fixture->loop);
  if (fixture->kind == SOURCE)
    assert_log (fixture, "x1 open y1-inside x2-inside y2-inside x3-inside y3-inside close ");
  else if (fixture->kind == TIMER)
    assert_log (fixture, "x1 y1 open x2-inside y2-inside x3-inside y3-inside close ");
  else
    assert_log (fixture, "open x1-inside y1-inside x2-inside y2-inside x3-inside y3-inside close ");
}

/* A fiber inside opens one as well, so that the two lie on each other's stacks */
static void
open_another (PillionTask *task,
              gpointer data)
{
  Fixture *fixture = data;

  g_string_append (fixture->log, "second ");
  kick (fixture);
  g_assert_cmpuint (fixture->kick.depth, ==, 2);
  g_assert_true (pillion_fiber_get_current_task () == task);
  g_assert_true (pillion_yield (NULL));
  g_string_append (fixture->log, "third ");
}

static void
test_two_open (Fixture *fixture,
               gconstpointer data)
{
  begin (fixture, kick_to_the_end);
  g_object_unref (pillion_loop_spawn (fixture->loop, "second", open_another, fixture, NULL));
  g_object_unref (pillion_loop_spawn (fixture->loop, "x", yield_twice, fixture, NULL));
  kick_until_quiet (fixture->loop);
  assert_log (fixture, "open second x1-inside x2-inside x3-inside third close ");
}

/* What belongs to the frame on the stack waits for that frame */

static void
log_second (PillionTask *task,
            gpointer data)
{
  g_string_append (((Fixture *) data)->log, "second ");
}

static void
test_callbacks_of_the_same_task (Fixture *fixture,
                                 gconstpointer data)
{
  fixture->open = kick_to_the_end;
  fixture->task = pillion_task_new (fixture->loop, "opener", NULL);
  pillion_task_add_done_callback (fixture->task, open_from_done_callback, fixture, NULL);
  pillion_task_add_done_callback (fixture->task, log_second, fixture, NULL);
  pillion_task_return_boolean (fixture->task, TRUE);
  pillion_loop_call_soon (fixture->loop, log_a, fixture, NULL);
  kick_until_quiet (fixture->loop);
  assert_log (fixture, "open a-inside close second ");
}

static void
cancel_inside (Fixture *fixture)
{
  pillion_task_cancel (fixture->task);
  kick_to_the_end (fixture);
  g_assert_false (pillion_task_is_done (fixture->task));
}

static void
open_and_await (PillionTask *task,
                gpointer data)
{
  Fixture *fixture = data;
  g_autoptr (GError) error = NULL;

  open_loop (fixture);
  g_assert_false (pillion_yield (&error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_string_append (fixture->log, "cancelled ");
}

static void
test_cancelled_fiber (Fixture *fixture,
                      gconstpointer data)
{
  fixture->open = cancel_inside;
  fixture->task = pillion_loop_spawn (fixture->loop, "opener", open_and_await, fixture, NULL);
  kick_until_quiet (fixture->loop);
  assert_log (fixture, "open close cancelled ");
  g_assert_true (pillion_task_is_done (fixture->task));
}

static gboolean
open_from_endless_source (gpointer data)
{
  open_loop (data);
  return G_SOURCE_CONTINUE;
}

static void
kick_three_times (Fixture *fixture)
{
  for (guint i = 0; i < 3; i++)
    pillion_loop_kick (fixture->loop);
}

/* open_loop () makes sure that it is not entered again */
static void
test_endless_source (Fixture *fixture,
                     gconstpointer data)
{
  g_autoptr (GSource) source = g_idle_source_new ();

  fixture->open = kick_three_times;
  g_source_set_callback (source, open_from_endless_source, fixture, NULL);
  g_source_attach (source, pillion_loop_get_context (fixture->loop));
  pillion_loop_kick (fixture->loop);
  g_assert_nonnull (strstr (fixture->log->str, "open close "));
  g_source_destroy (source);
}

/* A wait inside a callback is ended by work that kicks inside it do, and it does not resume its caller */
static void
wait_inside (Fixture *fixture)
{
  g_assert_true (pillion_loop_run_until_complete (fixture->loop, fixture->task, NULL));
  kick_once (fixture);
}

static void
test_wait_inside (Fixture *fixture,
                  gconstpointer data)
{
  begin (fixture, wait_inside);
  fixture->task = pillion_loop_sleep (fixture->loop, 1000, NULL);
  pillion_loop_call_soon (fixture->loop, log_a, fixture, NULL);
  kick_until (fixture->loop, strstr (fixture->log->str, "close") != NULL);
}

/* How much, how deep, and whether at all */

static void
kick_late (Fixture *fixture)
{
  pillion_loop_kick_until (fixture->loop, 0, &fixture->kick);
  g_assert_cmpuint (fixture->kick.items, ==, 1);
  g_assert_true (fixture->kick.more_ready);
  g_assert_cmpint (fixture->kick.next_deadline_usec, ==, 0);
  assert_log (fixture, "open a-inside ");
}

static void
test_budget (Fixture *fixture,
             gconstpointer data)
{
  begin (fixture, kick_late);
  pillion_loop_call_soon (fixture->loop, log_a, fixture, NULL);
  pillion_loop_call_soon (fixture->loop, log_b, fixture, NULL);
  pillion_loop_call_soon (fixture->loop, log_c, fixture, NULL);
  kick_until_quiet (fixture->loop);
  assert_log (fixture, "close b c ");
}

static void
dig (gpointer data)
{
  Fixture *fixture = data;
  guint depth = ++fixture->n;
  PillionKick report;

  /* The refused one */
  if (depth > 64)
    return;

  pillion_loop_call_soon (fixture->loop, dig, fixture, NULL);
  g_assert_true (pillion_loop_kick_until (fixture->loop, 0, &report));
  g_assert_cmpuint (report.depth, ==, depth);
  g_assert_true (report.refused == (depth == 64));
  if (report.refused)
    {
      g_assert_cmpuint (report.items, ==, 0);
      /* Nothing spins */
      g_assert_cmpint (report.next_deadline_usec, ==, -1);
    }
  else
    {
      /* What was refused is wanted one level up */
      g_assert_true (report.more_ready);
      g_assert_cmpint (report.next_deadline_usec, ==, 0);
    }
}

static void
test_depth_limit (Fixture *fixture,
                  gconstpointer data)
{
  PillionKick report;

  pillion_loop_call_soon (fixture->loop, dig, fixture, NULL);
  pillion_loop_kick_until (fixture->loop, 0, &report);
  g_assert_cmpuint (fixture->n, ==, 64);
  g_assert_cmpuint (report.depth, ==, 0);
  g_assert_true (report.more_ready);
}

static void
kick_refused (Fixture *fixture)
{
  g_assert_true (pillion_loop_kick (fixture->loop));
  kick (fixture);
  g_assert_true (fixture->kick.refused);
  g_assert_cmpuint (fixture->kick.depth, ==, 1);
  g_assert_cmpuint (fixture->kick.items, ==, 0);
  g_assert_cmpint (pillion_loop_get_deadline (fixture->loop), ==, -1);
}

static void
test_not_allowed (Fixture *fixture,
                  gconstpointer data)
{
  gboolean allowed;

  g_assert_true (pillion_loop_get_allow_nesting (fixture->loop));
  g_object_set (fixture->loop, "allow-nesting", FALSE, NULL);
  g_object_get (fixture->loop, "allow-nesting", &allowed, NULL);
  g_assert_false (allowed);

  begin (fixture, kick_refused);
  kick_until_quiet (fixture->loop);
  assert_log (fixture, "open close ");
  pillion_loop_call_soon (fixture->loop, log_a, fixture, NULL);
  kick (fixture);
  assert_log (fixture, "a ");
}

static void
kick_in_region (Fixture *fixture)
{
  pillion_loop_begin_region (fixture->loop, "render", PILLION_REGION_NO_CALLBACKS);
  pillion_loop_call_soon (fixture->loop, log_a, fixture, NULL);
  kick (fixture);
  g_assert_true (fixture->kick.held);
  g_assert_cmpuint (fixture->kick.items, ==, 0);
  g_assert_cmpint (fixture->kick.next_deadline_usec, ==, -1);
  g_assert_true (pillion_loop_end_region (fixture->loop, "render", NULL));
  kick (fixture);
  g_assert_false (fixture->kick.held);
}

static void
test_region (Fixture *fixture,
             gconstpointer data)
{
  begin (fixture, kick_in_region);
  kick_until_quiet (fixture->loop);
  assert_log (fixture, "open a-inside close ");
}

/* What it changes outside */

static void
stop_inside (gpointer data)
{
  pillion_loop_stop (((Fixture *) data)->loop);
}

static void
kick_and_be_stopped (Fixture *fixture)
{
  kick (fixture);
  g_assert_false (pillion_loop_kick (fixture->loop));
}

static void
test_stop_inside (Fixture *fixture,
                  gconstpointer data)
{
  g_autoptr (PillionCallbackHost) host = pillion_callback_host_new ("nest");

  g_assert_true (pillion_loop_ensure (fixture->loop, PILLION_HOST (host), NULL));
  begin (fixture, kick_and_be_stopped);
  pillion_loop_call_soon (fixture->loop, stop_inside, fixture, NULL);
  pillion_loop_call_soon (fixture->loop, log_a, fixture, NULL);
  if (fixture->kind != TIMER && fixture->kind != SOURCE)
    {
      g_assert_false (pillion_loop_kick (fixture->loop));
      assert_log (fixture, "open close ");
      g_assert_false (pillion_loop_is_riding (fixture->loop));
    }
  else
    {
      pillion_loop_kick (fixture->loop);
    }
  g_string_truncate (fixture->log, 0);

  g_assert_true (pillion_loop_ensure (fixture->loop, PILLION_HOST (host), NULL));
  fixture->open = kick_to_the_end;
  kick_until_quiet (fixture->loop);
  g_assert_nonnull (strstr (fixture->log->str, "a"));
}

static void
close_inside (gpointer data)
{
  Fixture *fixture = data;
  g_autoptr (GError) error = NULL;

  pillion_loop_close (fixture->loop, 0, &error);
  if (fixture->kind == FIBER)
    g_assert_error (error, PILLION_ERROR, PILLION_ERROR_LEFT_BEHIND);
  else
    g_assert_no_error (error);
}

static void
kick_and_be_closed (Fixture *fixture)
{
  kick (fixture);
  g_assert_true (pillion_loop_is_closed (fixture->loop));
  g_assert_false (pillion_loop_kick (fixture->loop));
  g_assert_cmpint (pillion_loop_get_deadline (fixture->loop), ==, -1);
}

static void
test_close_inside (Fixture *fixture,
                   gconstpointer data)
{
  begin (fixture, kick_and_be_closed);
  if (fixture->kind == SOURCE || fixture->kind == TIMER)
    pillion_loop_call_later (fixture->loop, 0, close_inside, fixture, NULL);
  else
    pillion_loop_call_soon (fixture->loop, close_inside, fixture, NULL);
  while (!pillion_loop_is_closed (fixture->loop))
    pillion_loop_kick (fixture->loop);
  g_assert_false (fixture->is_open);
}

static void
kick_and_stay (Fixture *fixture)
{
  for (guint i = 0; i < 5; i++)
    {
      g_assert_true (pillion_loop_kick (fixture->loop));
      g_assert_true (pillion_loop_is_riding (fixture->loop));
      /* No work except what is on the stack */
      g_assert_cmpint (pillion_loop_get_deadline (fixture->loop), ==, -1);
    }
}

static void
test_hook_stays (Fixture *fixture,
                 gconstpointer data)
{
  g_autoptr (PillionCallbackHost) host = pillion_callback_host_new ("nest");

  g_assert_true (pillion_loop_ensure (fixture->loop, PILLION_HOST (host), NULL));
  begin (fixture, kick_and_stay);
  kick_until (fixture->loop, strstr (fixture->log->str, "close") != NULL);
  kick_until (fixture->loop, !pillion_loop_is_riding (fixture->loop));
}

/* Safe points */

static void
kick_without_safe (Fixture *fixture)
{
  kick (fixture);
  g_assert_cmpint (pillion_loop_get_deadline (fixture->loop), ==, -1);
  kick (fixture);
}

static void
test_safe_point (Fixture *fixture,
                 gconstpointer data)
{
  begin (fixture, kick_without_safe);
  pillion_loop_call_soon (fixture->loop, log_a, fixture, NULL);
  pillion_loop_call_at_safe_point (fixture->loop, log_b, fixture, NULL);
  pillion_loop_call_soon (fixture->loop, log_c, fixture, NULL);
  kick_until_quiet (fixture->loop);
  assert_log (fixture, "open a-inside c-inside close b ");
}

/* Progress is reported once per kick, and a kick inside is one */

static void
log_progress (PillionTask *task,
              gpointer data)
{
  Fixture *fixture = data;

  g_string_append (fixture->log, fixture->is_open ? "progress-inside " : "progress ");
}

static void
report_progress_and_kick (Fixture *fixture)
{
  pillion_task_set_progress (fixture->task, 10, 100);
  kick (fixture);
  pillion_task_set_progress (fixture->task, 20, 100);
  kick (fixture);
}

static void
test_progress (Fixture *fixture,
               gconstpointer data)
{
  fixture->task = pillion_task_new (fixture->loop, "progress", NULL);
  g_signal_connect (fixture->task, "progress", G_CALLBACK (log_progress), fixture);
  begin (fixture, report_progress_and_kick);
  kick_until (fixture->loop, strstr (fixture->log->str, "close") != NULL);
  assert_log (fixture, "open progress-inside progress-inside close ");
  pillion_task_return_boolean (fixture->task, TRUE);
}

/* Blame */

static void
spin_20_ms (PillionTask *task,
            gpointer data)
{
  spin_for (20000);
}

static void
kick_and_spin (Fixture *fixture)
{
  kick (fixture);
  /* The host's own time, or that of the person looking at the dialog */
  spin_for (20000);
  kick (fixture);
}

static void
on_slow (PillionLoop *loop,
         const char *name,
         gint64 duration,
         gpointer data)
{
  g_string_append_printf (((Fixture *) data)->log, "slow-%s ", name);
  g_assert_cmpint (duration, >=, 20000);
}

static void
test_blame (Fixture *fixture,
            gconstpointer data)
{
  PillionTask *slow = pillion_task_new (fixture->loop, "culprit", NULL);

  clock_stop ();
  pillion_loop_set_slow_threshold_usec (fixture->loop, 20000);
  g_signal_connect (fixture->loop, "slow-callback", G_CALLBACK (on_slow), fixture);
  begin (fixture, kick_and_spin);
  pillion_task_add_done_callback (slow, spin_20_ms, NULL, NULL);
  pillion_task_return_boolean (slow, TRUE);
  kick (fixture);
  assert_log (fixture, "open slow-culprit close ");
  g_assert_cmpint (fixture->kick.slowest_usec, <, 20000);
  clock_go_on ();
  g_object_unref (slow);
}

/* A main loop on the context of a passenger */

static gboolean
quit (gpointer data)
{
  g_main_loop_quit (data);
  return G_SOURCE_REMOVE;
}

static gboolean
count_iterations (gpointer data)
{
  (*(guint *) data)++;
  return G_SOURCE_CONTINUE;
}

static gpointer
push_c (gpointer data)
{
  Fixture *fixture = data;

  pillion_loop_call_soon_threadsafe (fixture->loop, log_c, fixture, NULL);
  return NULL;
}

/* However late it is */
static void
log_a_inside (gpointer data)
{
  Fixture *fixture = data;

  if (fixture->is_open)
    log_a (fixture);
  else
    pillion_loop_call_later (fixture->loop, 1000, log_a_inside, fixture, NULL);
}

static void
quit_after_all (gpointer data)
{
  Fixture *fixture = data;
  const char *log = fixture->log->str;

  if (strstr (log, "a-inside") != NULL && strstr (log, "b-inside") != NULL && strstr (log, "c-inside") != NULL)
    g_main_loop_quit (fixture->inner);
  else
    pillion_loop_call_later (fixture->loop, 1000, quit_after_all, fixture, NULL);
}

static void
run_main_loop_inside (Fixture *fixture)
{
  GThread *thread = g_thread_new ("pusher", push_c, fixture);

  fixture->inner = g_main_loop_new (pillion_loop_get_context (fixture->loop), FALSE);
  pillion_loop_call_later (fixture->loop, 2000, log_b, fixture, NULL);
  pillion_loop_call_soon (fixture->loop, quit_after_all, fixture, NULL);
  g_main_loop_run (fixture->inner);
  g_clear_pointer (&fixture->inner, g_main_loop_unref);
  g_thread_join (thread);
}

static void
end_after_inner (gpointer data)
{
  Fixture *fixture = data;

  if (g_str_has_suffix (fixture->log->str, "close "))
    g_main_loop_quit (fixture->outer);
  else
    pillion_loop_call_later (fixture->loop, 1000, end_after_inner, fixture, NULL);
}

static void
test_passenger (Fixture *fixture,
                gconstpointer data)
{
  g_autoptr (GMainLoop) outer = g_main_loop_new (pillion_loop_get_context (fixture->loop), FALSE);

  fixture->outer = outer;
  g_assert_true (pillion_loop_ensure (fixture->loop, NULL, NULL));
  begin (fixture, run_main_loop_inside);
  pillion_loop_call_later (fixture->loop, 1000, log_a_inside, fixture, NULL);
  pillion_loop_call_later (fixture->loop, 1000, end_after_inner, fixture, NULL);
  g_main_loop_run (outer);
  g_assert_true (pillion_loop_is_passenger (fixture->loop));
}

/* A main loop on the loop's own context, inside a callback, does not make a passenger of a loop that a hook
 * kicks, because it will end soon */

static gboolean
kick_from_source (gpointer data)
{
  Fixture *fixture = data;

  kick (fixture);
  g_assert_cmpuint (fixture->kick.depth, ==, 1);
  return G_SOURCE_REMOVE;
}

static void
attach (Fixture *fixture,
        GSourceFunc func,
        gpointer data)
{
  GSource *source = g_idle_source_new ();

  g_source_set_callback (source, func, data, NULL);
  g_source_attach (source, pillion_loop_get_context (fixture->loop));
  g_source_unref (source);
}

static void
run_main_loop_that_kicks (Fixture *fixture)
{
  g_autoptr (GMainLoop) inner = g_main_loop_new (pillion_loop_get_context (fixture->loop), FALSE);

  attach (fixture, kick_from_source, fixture);
  attach (fixture, quit, inner);
  g_main_loop_run (inner);
}

static void
test_main_loop_in_kicked (Fixture *fixture,
                          gconstpointer data)
{
  g_autoptr (PillionCallbackHost) host = pillion_callback_host_new ("nest");

  g_assert_true (pillion_loop_ensure (fixture->loop, PILLION_HOST (host), NULL));
  /* It goes on until the loop is closed */
  attach (fixture, count_iterations, &fixture->n);
  begin (fixture, run_main_loop_that_kicks);
  pillion_loop_call_later (fixture->loop, 1, log_a, fixture, NULL);
  kick_until (fixture->loop, strstr (fixture->log->str, "close") != NULL);
  g_assert_false (pillion_loop_is_passenger (fixture->loop));
  g_assert_true (pillion_loop_is_riding (fixture->loop));
  kick_until (fixture->loop, strstr (fixture->log->str, "a") != NULL);
}

int
main (int argc,
      char **argv)
{
  static const struct
  {
    Kind kind;
    const char *name;
  } kinds[] = {
    { CALL, "call" }, { TIMER, "timer" }, { DONE_CALLBACK, "done-callback" }, { FIBER, "fiber" }, { SOURCE, "source" },
  };

  g_test_init (&argc, &argv, NULL);

#define ADD_AS(name, kind, function) \
  g_test_add ("/loop/nest/" name, Fixture, GINT_TO_POINTER (kind), set_up, function, tear_down)
#define ADD(name, function) ADD_AS (name, CALL, function)
#define ADD_KIND(test_name, function) \
  G_STMT_START \
    { \
      g_autofree char *path = g_strdup_printf ("/loop/nest/%s/%s", kinds[i].name, test_name); \
\
      g_test_add (path, Fixture, GINT_TO_POINTER (kinds[i].kind), set_up, function, tear_down); \
    } \
  G_STMT_END

  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    {
      ADD_KIND ("others-go-on-in-order", test_order);
      ADD_KIND ("fibers-go-on", test_fibers_go_on);
      ADD_KIND ("wait-inside", test_wait_inside);
      ADD_KIND ("region-holds-kicks-inside", test_region);
      ADD_KIND ("refused-if-not-allowed", test_not_allowed);
      ADD_KIND ("stop-inside-runs-nothing-more", test_stop_inside);
      ADD_KIND ("close-inside", test_close_inside);
      ADD_KIND ("hook-stays-until-it-returned", test_hook_stays);
      ADD_KIND ("progress-is-told-inside", test_progress);
      ADD_KIND ("passenger-goes-on-in-a-main-loop", test_passenger);
      ADD_KIND ("main-loop-makes-no-passenger", test_main_loop_in_kicked);
    }
  ADD_AS ("two-open-at-once/call", CALL, test_two_open);
  ADD_AS ("two-open-at-once/done-callback", DONE_CALLBACK, test_two_open);
  ADD_AS ("two-open-at-once/fiber", FIBER, test_two_open);
  ADD ("callbacks-of-the-same-task-wait", test_callbacks_of_the_same_task);
  ADD ("cancelled-fiber-is-not-resumed", test_cancelled_fiber);
  ADD ("endless-source-is-not-entered-again", test_endless_source);
  ADD ("has-a-budget-of-its-own", test_budget);
  ADD ("refused-64-deep", test_depth_limit);
  ADD ("safe-point-comes-when-it-returned", test_safe_point);
  ADD ("is-not-blamed-for-what-goes-on-inside", test_blame);

  return g_test_run ();
}
