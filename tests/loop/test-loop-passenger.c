/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "../test-support.h"
#include "../host/fake-host.h"

/* Something else runs the context */

typedef struct
{
  GMainContext *context;
  GMainLoop *main_loop;
  PillionLoop *loop;
  int n;
  GThread *thread;
} Fixture;

static void
set_up (Fixture *fixture,
        gconstpointer data)
{
  fixture->context = g_main_context_new ();
  fixture->main_loop = g_main_loop_new (fixture->context, FALSE);
  fixture->loop = pillion_loop_new (fixture->context, PILLION_LOOP_DEFAULT);
}

static void
tear_down (Fixture *fixture,
           gconstpointer data)
{
  loop_end (fixture->loop);
  /* Nothing of it is left in the context */
  while (g_main_context_iteration (fixture->context, FALSE))
    ;
  g_main_loop_unref (fixture->main_loop);
  g_main_context_unref (fixture->context);
}

static void
ride (Fixture *fixture)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (pillion_loop_ensure (fixture->loop, NULL, &error));
  g_assert_no_error (error);
  g_assert_true (pillion_loop_is_passenger (fixture->loop));
  g_assert_true (pillion_loop_is_riding (fixture->loop));
  g_assert_null (pillion_loop_get_host (fixture->loop));
}

static void
on_live_tasks (Fixture *fixture)
{
  fixture->n++;
}

/* Nothing is ready, but a task has begun: that notifies, once, and then nothing spins */
static void
test_live_tasks_notify (Fixture *fixture,
                        gconstpointer data)
{
  PillionTask *task;

  ride (fixture);
  g_signal_connect_swapped (fixture->loop, "notify::live-tasks", G_CALLBACK (on_live_tasks), fixture);
  task = pillion_task_new (fixture->loop, "task", NULL);
  while (g_main_context_iteration (fixture->context, FALSE))
    ;
  g_assert_cmpint (fixture->n, ==, 1);
  pillion_task_return_boolean (task, TRUE);
  while (g_main_context_iteration (fixture->context, FALSE))
    ;
  g_assert_cmpint (fixture->n, ==, 2);
  end_object (task);
}

static void
open_main_loop (PillionTask *task,
                gpointer data)
{
  Fixture *fixture = data;
  PillionTask *begun = pillion_task_new (fixture->loop, "begun", NULL);

  for (int i = 0; i < 100; i++)
    g_main_context_iteration (fixture->context, FALSE);
  g_assert_cmpint (fixture->n, ==, 1);
  pillion_task_return_boolean (begun, TRUE);
  g_object_unref (begun);
}

/* The same in a main loop that a callback runs */
static void
test_live_tasks_notify_inside (Fixture *fixture,
                               gconstpointer data)
{
  PillionTask *task;

  ride (fixture);
  task = pillion_task_new (fixture->loop, "task", NULL);
  pillion_task_add_done_callback (task, open_main_loop, fixture, NULL);
  g_signal_connect_swapped (fixture->loop, "notify::live-tasks", G_CALLBACK (on_live_tasks), fixture);
  pillion_task_return_boolean (task, TRUE);
  g_object_unref (task);
  while (g_main_context_iteration (fixture->context, FALSE))
    ;
}

static void
count (gpointer data)
{
  Fixture *fixture = data;

  fixture->n++;
  fixture->thread = g_thread_self ();
}

static void
count_and_quit (gpointer data)
{
  Fixture *fixture = data;

  count (data);
  g_main_loop_quit (fixture->main_loop);
}

static void
run_main_loop (Fixture *fixture)
{
  g_main_loop_run (fixture->main_loop);
}

static void
test_ready_queue (Fixture *fixture,
                  gconstpointer data)
{
  ride (fixture);
  for (guint i = 0; i < 100; i++)
    pillion_loop_call_soon (fixture->loop, count, fixture, NULL);
  pillion_loop_call_soon (fixture->loop, count_and_quit, fixture, NULL);
  run_main_loop (fixture);
  g_assert_cmpint (fixture->n, ==, 101);
}

static void
test_timers (Fixture *fixture,
             gconstpointer data)
{
  gint64 start = g_get_monotonic_time ();

  ride (fixture);
  pillion_loop_call_later (fixture->loop, 10000, count, fixture, NULL);
  pillion_loop_call_later (fixture->loop, 30000, count_and_quit, fixture, NULL);
  run_main_loop (fixture);
  g_assert_cmpint (fixture->n, ==, 2);
  g_assert_cmpint (g_get_monotonic_time () - start, >=, 30000);
}

static void
add_timer (gpointer data)
{
  Fixture *fixture = data;

  pillion_loop_call_later (fixture->loop, 5000, count_and_quit, fixture, NULL);
}

/* A timer that is added while the main loop runs is seen by it */
static void
test_timer_added_inside (Fixture *fixture,
                         gconstpointer data)
{
  ride (fixture);
  pillion_loop_call_soon (fixture->loop, add_timer, fixture, NULL);
  run_main_loop (fixture);
  g_assert_cmpint (fixture->n, ==, 1);
}

static gboolean
add_timer_in_source (gpointer data)
{
  add_timer (data);
  return G_SOURCE_REMOVE;
}

static void
test_timer_added_by_a_source (Fixture *fixture,
                              gconstpointer data)
{
  g_autoptr (GSource) source = g_idle_source_new ();

  ride (fixture);
  g_source_set_callback (source, add_timer_in_source, fixture, NULL);
  g_source_attach (source, fixture->context);
  run_main_loop (fixture);
  g_assert_cmpint (fixture->n, ==, 1);
}

static gpointer
call_from_thread (gpointer data)
{
  Fixture *fixture = data;

  pillion_loop_call_soon_threadsafe (fixture->loop, count_and_quit, fixture, NULL);
  return NULL;
}

static void
test_thread (Fixture *fixture,
             gconstpointer data)
{
  ride (fixture);
  pillion_loop_hold (fixture->loop);
  for (int i = 1; i <= 20; i++)
    {
      GThread *thread = g_thread_new ("caller", call_from_thread, fixture);

      run_main_loop (fixture);
      g_assert_cmpint (fixture->n, ==, i);
      g_assert_true (fixture->thread == g_thread_self ());
      g_thread_join (thread);
    }
  pillion_loop_release (fixture->loop);
}

/* Without work its source is removed; what a thread brings makes it come back */
static void
test_thread_after_auto_stop (Fixture *fixture,
                             gconstpointer data)
{
  ride (fixture);
  for (int i = 1; i <= 5; i++)
    {
      GThread *thread;

      while (g_main_context_iteration (fixture->context, FALSE))
        ;
      g_assert_false (pillion_loop_is_riding (fixture->loop));
      thread = g_thread_new ("caller", call_from_thread, fixture);
      run_main_loop (fixture);
      g_assert_cmpint (fixture->n, ==, i);
      g_thread_join (thread);
    }
}

static void
test_auto_stop (Fixture *fixture,
                gconstpointer data)
{
  PillionTask *task;

  ride (fixture);
  while (g_main_context_iteration (fixture->context, FALSE))
    ;
  g_assert_false (pillion_loop_is_riding (fixture->loop));

  task = pillion_task_new (fixture->loop, "job", NULL);
  g_assert_true (pillion_loop_is_passenger (fixture->loop));
  while (g_main_context_iteration (fixture->context, FALSE))
    ;
  g_assert_true (pillion_loop_is_riding (fixture->loop));
  pillion_task_return_boolean (task, TRUE);
  while (g_main_context_iteration (fixture->context, FALSE))
    ;
  g_assert_false (pillion_loop_is_riding (fixture->loop));
  g_object_unref (task);
}

static void
test_stop (Fixture *fixture,
           gconstpointer data)
{
  ride (fixture);
  pillion_loop_call_soon (fixture->loop, count, fixture, NULL);
  pillion_loop_stop (fixture->loop);
  g_assert_false (pillion_loop_is_riding (fixture->loop));
  g_assert_false (g_main_context_iteration (fixture->context, FALSE));
  g_assert_cmpint (fixture->n, ==, 0);
  ride (fixture);
  while (g_main_context_iteration (fixture->context, FALSE))
    ;
  g_assert_cmpint (fixture->n, ==, 1);
}

static void
stop_inside (gpointer data)
{
  Fixture *fixture = data;

  pillion_loop_stop (fixture->loop);
}

static void
test_stop_inside (Fixture *fixture,
                  gconstpointer data)
{
  ride (fixture);
  pillion_loop_call_soon (fixture->loop, stop_inside, fixture, NULL);
  while (g_main_context_iteration (fixture->context, FALSE))
    ;
  g_assert_false (pillion_loop_is_riding (fixture->loop));
}

/* Other sources of the context are not held up by endless items */
/* A host whose tick comes out of this very context */
typedef struct
{
  Fixture *fixture;
  PillionLoop *hooked;
  GSource *tick;
  int n_ticks;
  int n_installs;
  int n_removes;
} Ticking;

static gboolean
tick (gpointer data)
{
  Ticking *ticking = data;

  ticking->n_ticks++;
  if (ticking->hooked != NULL)
    pillion_loop_kick (ticking->hooked);
  return G_SOURCE_CONTINUE;
}

static void
install (PillionLoop *loop,
         gpointer data)
{
  Ticking *ticking = data;

  ticking->hooked = loop;
  ticking->n_installs++;
}

static void
uninstall (PillionLoop *loop,
           gpointer data)
{
  Ticking *ticking = data;

  ticking->hooked = NULL;
  ticking->n_removes++;
}

static PillionHost *
ticking_host (Ticking *ticking)
{
  PillionHost *host = PILLION_HOST (pillion_callback_host_new ("ticking"));

  pillion_callback_host_set_install (PILLION_CALLBACK_HOST (host), install, ticking, NULL);
  pillion_callback_host_set_remove (PILLION_CALLBACK_HOST (host), uninstall, ticking, NULL);
  ticking->tick = g_timeout_source_new (1);
  g_source_set_callback (ticking->tick, tick, ticking, NULL);
  g_source_attach (ticking->tick, ticking->fixture->context);
  return host;
}

static void
ticking_end (Ticking *ticking)
{
  g_source_destroy (ticking->tick);
  g_source_unref (ticking->tick);
}

static gboolean
count_source (gpointer data)
{
  count (data);
  return G_SOURCE_REMOVE;
}

static void
test_detected_at_the_first_kick (Fixture *fixture,
                                 gconstpointer data)
{
  Ticking ticking = { fixture };
  PillionHost *host = ticking_host (&ticking);
  g_autoptr (GSource) source = g_idle_source_new ();

  /* Before the main loop runs, this can't be known */
  g_assert_true (pillion_loop_ensure (fixture->loop, host, NULL));
  g_assert_false (pillion_loop_is_passenger (fixture->loop));
  g_assert_cmpint (ticking.n_installs, ==, 1);

  for (guint i = 0; i < 10; i++)
    pillion_loop_call_soon (fixture->loop, count, fixture, NULL);
  g_source_set_callback (source, count_source, fixture, NULL);
  /* On a slow machine the ticks leave an idle source no time */
  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_attach (source, fixture->context);
  pillion_loop_call_later (fixture->loop, 20000, count_and_quit, fixture, NULL);
  run_main_loop (fixture);

  g_assert_true (pillion_loop_is_passenger (fixture->loop));
  g_assert_cmpint (ticking.n_removes, ==, 1);
  g_assert_null (ticking.hooked);
  /* Each of them once */
  g_assert_cmpint (fixture->n, ==, 12);
  g_assert_true (pillion_loop_get_host (fixture->loop) == host);

  ticking_end (&ticking);
  loop_end (fixture->loop);
  fixture->loop = pillion_loop_new (fixture->context, PILLION_LOOP_DEFAULT);
  end_object (host);
}

typedef struct
{
  Fixture *fixture;
  PillionHost *host;
} EnsureInside;

static gboolean
ensure_inside (gpointer data)
{
  EnsureInside *inside = data;

  g_assert_true (pillion_loop_ensure (inside->fixture->loop, inside->host, NULL));
  g_assert_true (pillion_loop_is_passenger (inside->fixture->loop));
  pillion_loop_call_soon (inside->fixture->loop, count_and_quit, inside->fixture, NULL);
  return G_SOURCE_REMOVE;
}

static void
test_detected_at_ensure (Fixture *fixture,
                         gconstpointer data)
{
  FakeHost *host = fake_host_new ("unneeded");
  EnsureInside inside = { fixture, PILLION_HOST (host) };
  g_autoptr (GSource) source = g_idle_source_new ();

  g_source_set_callback (source, ensure_inside, &inside, NULL);
  g_source_attach (source, fixture->context);
  run_main_loop (fixture);
  g_assert_cmpint (fixture->n, ==, 1);
  g_assert_cmpint (host->n_installs, ==, 0);
  loop_end (fixture->loop);
  fixture->loop = pillion_loop_new (fixture->context, PILLION_LOOP_DEFAULT);
  end_object (host);
}

/* Code that has acquired the context on this thread is about to run it; code that made it the thread's
 * default may not be */
static void
test_acquired_or_pushed (Fixture *fixture,
                         gconstpointer data)
{
  FakeHost *host = fake_host_new ("pushed");

  g_main_context_push_thread_default (fixture->context);
  g_assert_true (pillion_loop_ensure (fixture->loop, PILLION_HOST (host), NULL));
  g_assert_false (pillion_loop_is_passenger (fixture->loop));
  pillion_loop_stop (fixture->loop);
  g_main_context_pop_thread_default (fixture->context);

  g_assert_true (g_main_context_acquire (fixture->context));
  g_assert_true (pillion_loop_ensure (fixture->loop, PILLION_HOST (host), NULL));
  g_assert_true (pillion_loop_is_passenger (fixture->loop));
  g_main_context_release (fixture->context);
  loop_end (fixture->loop);
  fixture->loop = pillion_loop_new (fixture->context, PILLION_LOOP_DEFAULT);
  end_object (host);
}

/* A plain kick from a source, without any hook */
static gboolean
kick_and_quit (gpointer data)
{
  Fixture *fixture = data;

  pillion_loop_kick (fixture->loop);
  g_main_loop_quit (fixture->main_loop);
  return G_SOURCE_REMOVE;
}

static void
test_kick_from_the_context (Fixture *fixture,
                            gconstpointer data)
{
  g_autoptr (GSource) source = g_idle_source_new ();

  pillion_loop_call_soon (fixture->loop, count, fixture, NULL);
  g_source_set_callback (source, kick_and_quit, fixture, NULL);
  g_source_attach (source, fixture->context);
  run_main_loop (fixture);
  g_assert_cmpint (fixture->n, ==, 1);
}

static void
nested_run (gpointer data)
{
  Fixture *fixture = data;
  g_autoptr (PillionTask) sleep = pillion_loop_sleep (fixture->loop, 5000, NULL);

  g_assert_true (pillion_loop_run_until_complete (fixture->loop, sleep, NULL));
  count_and_quit (data);
}

static void
test_run_until_inside (Fixture *fixture,
                       gconstpointer data)
{
  ride (fixture);
  pillion_loop_call_soon (fixture->loop, nested_run, fixture, NULL);
  run_main_loop (fixture);
  g_assert_cmpint (fixture->n, ==, 1);
}

static void
close_and_quit (gpointer data)
{
  Fixture *fixture = data;

  fixture->n++;
  g_assert_true (pillion_loop_close (fixture->loop, -1, NULL));
  g_main_loop_quit (fixture->main_loop);
}

static void
test_close_inside (Fixture *fixture,
                   gconstpointer data)
{
  ride (fixture);
  pillion_loop_call_soon (fixture->loop, close_and_quit, fixture, NULL);
  run_main_loop (fixture);
  g_assert_cmpint (fixture->n, ==, 1);
  g_assert_true (pillion_loop_is_closed (fixture->loop));
}

static void
test_moves_to_a_host (Fixture *fixture,
                      gconstpointer data)
{
  FakeHost *host = fake_host_new ("moved");

  ride (fixture);
  g_assert_true (pillion_loop_ensure (fixture->loop, PILLION_HOST (host), NULL));
  g_assert_false (pillion_loop_is_passenger (fixture->loop));
  g_assert_cmpint (host->n_installs, ==, 1);
  pillion_loop_call_soon (fixture->loop, count, fixture, NULL);
  fake_host_tick (host);
  g_assert_cmpint (fixture->n, ==, 1);
  ride (fixture);
  g_assert_cmpint (host->n_removes, ==, 1);
  end_object (host);
}

/* A host whose clock advances by the same amount each time it is read */

#define STEP_USEC 1000

#define HASTY_TYPE_HOST (hasty_host_get_type ())
G_DECLARE_FINAL_TYPE (HastyHost, hasty_host, HASTY, HOST, GObject)

struct _HastyHost
{
  GObject parent_instance;

  gint64 now;
};

static void hasty_host_iface_init (PillionHostInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (HastyHost, hasty_host, G_TYPE_OBJECT, G_IMPLEMENT_INTERFACE (PILLION_TYPE_HOST, hasty_host_iface_init))

static const char *
hasty_host_get_name (PillionHost *host)
{
  return "hasty";
}

static gboolean
hasty_host_install (PillionHost *host,
                    PillionLoop *loop,
                    GError **error)
{
  return TRUE;
}

static void
hasty_host_remove (PillionHost *host,
                   PillionLoop *loop)
{
}

static void
hasty_host_wake (PillionHost *host)
{
}

static gint64
hasty_host_get_now (PillionHost *host)
{
  return HASTY_HOST (host)->now += STEP_USEC;
}

static void
hasty_host_iface_init (PillionHostInterface *iface)
{
  iface->get_name = hasty_host_get_name;
  iface->install = hasty_host_install;
  iface->remove = hasty_host_remove;
  iface->wake = hasty_host_wake;
  iface->get_now = hasty_host_get_now;
}

static void
hasty_host_class_init (HastyHostClass *klass)
{
}

static void
hasty_host_init (HastyHost *self)
{
  self->now = G_USEC_PER_SEC;
}

static gboolean
kick_inside (gpointer data)
{
  Fixture *fixture = data;

  pillion_loop_kick (fixture->loop);
  g_main_loop_quit (fixture->main_loop);
  return G_SOURCE_REMOVE;
}

/* A timer that becomes due while the context asks how long it may sleep is not a reason to sleep forever */
static void
test_due_meanwhile (Fixture *fixture,
                    gconstpointer data)
{
  HastyHost *host = g_object_new (HASTY_TYPE_HOST, NULL);
  g_autoptr (GSource) source = g_idle_source_new ();
  gint64 due = 10 * G_USEC_PER_SEC;

  g_assert_true (pillion_loop_ensure (fixture->loop, PILLION_HOST (host), NULL));
  pillion_loop_call_later (fixture->loop, due - host->now, count, fixture, NULL);
  due = pillion_loop_get_deadline (fixture->loop);
  g_source_set_callback (source, kick_inside, fixture, NULL);
  g_source_attach (source, fixture->context);
  g_main_loop_run (fixture->main_loop);
  g_assert_true (pillion_loop_is_passenger (fixture->loop));

  g_assert_true (g_main_context_acquire (fixture->context));
  for (int i = 20; i > 1; i--)
    {
      GPollFD fds[8];
      int priority, timeout;

      host->now = due - i * STEP_USEC;
      g_main_context_prepare (fixture->context, &priority);
      g_main_context_query (fixture->context, priority, &timeout, fds, G_N_ELEMENTS (fds));
      g_assert_cmpint (timeout, >=, 0);
    }
  g_main_context_release (fixture->context);

  loop_end (fixture->loop);
  fixture->loop = pillion_loop_new (fixture->context, PILLION_LOOP_DEFAULT);
  end_object (host);
}

static gboolean
set_timer_and_start_thread (gpointer data)
{
  Fixture *fixture = data;

  /* It wakes the host, and nothing kicks before it is due */
  pillion_loop_call_later (fixture->loop, 24 * G_TIME_SPAN_HOUR, count, fixture, NULL);
  g_thread_unref (g_thread_new ("caller", call_from_thread, fixture));
  return G_SOURCE_REMOVE;
}

static void
test_thread_with_timer (Fixture *fixture,
                        gconstpointer data)
{
  ride (fixture);
  for (int i = 1; i <= 20; i++)
    {
      g_autoptr (GSource) source = g_timeout_source_new (1);

      g_source_set_callback (source, set_timer_and_start_thread, fixture, NULL);
      g_source_attach (source, fixture->context);
      run_main_loop (fixture);
      g_assert_cmpint (fixture->n, ==, i);
    }
}

/* Both sides are always busy */
typedef struct
{
  Fixture *fixture;
  int n_calls;
  int n_redraws;
  int n_idles;
  gboolean over;
} Busy;

static gboolean
busy_is_over (Busy *busy)
{
  if (busy->n_calls >= 100 && busy->n_redraws >= 20 && busy->n_idles >= 5)
    {
      busy->over = TRUE;
      g_main_loop_quit (busy->fixture->main_loop);
    }
  return busy->over;
}

static void
call_again (gpointer data)
{
  Busy *busy = data;

  busy->n_calls++;
  if (!busy_is_over (busy))
    pillion_loop_call_soon (busy->fixture->loop, call_again, busy, NULL);
}

static gboolean
redraw (gpointer data)
{
  Busy *busy = data;

  busy->n_redraws++;
  return busy_is_over (busy) ? G_SOURCE_REMOVE : G_SOURCE_CONTINUE;
}

static gboolean
idle (gpointer data)
{
  Busy *busy = data;

  busy->n_idles++;
  return busy_is_over (busy) ? G_SOURCE_REMOVE : G_SOURCE_CONTINUE;
}

static GSource *
add_busy_source (Busy *busy,
                 GSource *source,
                 int priority,
                 GSourceFunc func)
{
  g_source_set_priority (source, priority);
  g_source_set_callback (source, func, busy, NULL);
  g_source_attach (source, busy->fixture->context);
  return source;
}

/* Until both sides have had their turns, and the last call was made */
static void
run_busy (Busy *busy)
{
  pillion_loop_call_soon (busy->fixture->loop, call_again, busy, NULL);
  run_main_loop (busy->fixture);
  g_assert_true (busy->over);
  while (pillion_loop_is_riding (busy->fixture->loop))
    g_main_context_iteration (busy->fixture->context, FALSE);
}

static void
remove_busy_source (GSource *source)
{
  g_source_destroy (source);
  g_source_unref (source);
}

/* Like a toolkit's: redraws come at a fixed rate, and idle work fills the rest */
static void
test_busy_loop (Fixture *fixture,
                gconstpointer data)
{
  Busy busy = { fixture };
  GSource *sources[2];

  ride (fixture);
  sources[0] = add_busy_source (&busy, g_timeout_source_new (5), 120, redraw);
  sources[1] = add_busy_source (&busy, g_idle_source_new (), G_PRIORITY_DEFAULT_IDLE, idle);
  run_busy (&busy);
  remove_busy_source (sources[0]);
  remove_busy_source (sources[1]);
}

static gboolean
always_ready (gpointer data)
{
  Busy *busy = data;

  spin_for (500);
  busy->n_redraws++;
  busy->n_idles++;
  return busy_is_over (busy) ? G_SOURCE_REMOVE : G_SOURCE_CONTINUE;
}

static void
test_busy_context (Fixture *fixture,
                   gconstpointer data)
{
  ride (fixture);
  for (int priority = G_PRIORITY_DEFAULT; priority <= G_PRIORITY_LOW; priority += 100)
    {
      Busy busy = { fixture };
      GSource *source = add_busy_source (&busy, g_idle_source_new (), priority, always_ready);

      run_busy (&busy);
      remove_busy_source (source);
    }
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(name, function) g_test_add ("/loop/passenger/" name, Fixture, NULL, set_up, function, tear_down)
  ADD ("ready-work-is-done", test_ready_queue);
  ADD ("timers-are-kept", test_timers);
  ADD ("live-tasks-notifies", test_live_tasks_notify);
  ADD ("live-tasks-notifies-inside-a-callback", test_live_tasks_notify_inside);
  ADD ("timer-added-inside-a-call", test_timer_added_inside);
  ADD ("timer-added-by-a-source", test_timer_added_by_a_source);
  ADD ("threads-wake-it", test_thread);
  ADD ("threads-bring-it-back", test_thread_after_auto_stop);
  ADD ("threads-wake-it-with-a-timer-set", test_thread_with_timer);
  ADD ("busy-loop-leaves-turns-to-the-context", test_busy_loop);
  ADD ("busy-context-leaves-turns-to-the-loop", test_busy_context);
  ADD ("leaves-when-out-of-work-and-comes-back", test_auto_stop);
  ADD ("stop-leaves-the-context", test_stop);
  ADD ("stop-inside-a-call", test_stop_inside);
  ADD ("is-detected-at-the-first-kick", test_detected_at_the_first_kick);
  ADD ("is-detected-at-ensure", test_detected_at_ensure);
  ADD ("is-detected-by-ownership", test_acquired_or_pushed);
  ADD ("plain-kick-from-the-context", test_kick_from_the_context);
  ADD ("run-until-inside-a-call", test_run_until_inside);
  ADD ("close-inside-a-call", test_close_inside);
  ADD ("timer-due-as-it-is-asked", test_due_meanwhile);
  ADD ("moves-to-a-host-and-back", test_moves_to_a_host);

  return g_test_run ();
}
