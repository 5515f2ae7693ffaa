/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "../test-support.h"
#include "../host/fake-host.h"

typedef struct
{
  PillionLoop *loop;
  GString *log;
  int n;
} Fixture;

static void
set_up (Fixture *fixture,
        gconstpointer data)
{
  fixture->loop = loop_new ();
  fixture->log = g_string_new (NULL);
}

static void
tear_down (Fixture *fixture,
           gconstpointer data)
{
  if (fixture->loop != NULL)
    loop_end (fixture->loop);
  g_string_free (fixture->log, TRUE);
}

static void
close_well (Fixture *fixture)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (pillion_loop_close (fixture->loop, 60 * G_TIME_SPAN_SECOND, &error));
  g_assert_no_error (error);
  g_assert_true (pillion_loop_is_closed (fixture->loop));
}

static void
on_done (PillionTask *task,
         gpointer data)
{
  Fixture *fixture = data;

  g_string_append_printf (fixture->log, "%s:%d ", pillion_task_get_name (task), pillion_task_get_state (task));
}

static void
obey (GCancellable *cancellable,
      gpointer task)
{
  pillion_task_return_if_cancelled (task);
}

/* A task whose work ends when it is asked to */
static PillionTask *
obedient (Fixture *fixture,
          const char *name)
{
  PillionTask *task = pillion_task_new_at (fixture->loop, name, NULL, "here.c:9");

  pillion_task_add_done_callback (task, on_done, fixture, NULL);
  g_signal_connect (pillion_task_get_cancellable (task), "cancelled", G_CALLBACK (obey), task);
  return task;
}

static void
test_nothing (Fixture *fixture,
              gconstpointer data)
{
  g_assert_false (pillion_loop_is_closed (fixture->loop));
  close_well (fixture);
  /* Closing again does nothing */
  close_well (fixture);
  g_assert_true (pillion_loop_close (fixture->loop, 0, NULL));
}

static void
test_no_time_needed (Fixture *fixture,
                     gconstpointer data)
{
  g_assert_true (pillion_loop_close (fixture->loop, 0, NULL));
}

static void
test_without_limit (Fixture *fixture,
                    gconstpointer data)
{
  PillionTask *task = obedient (fixture, "a");

  g_assert_true (pillion_loop_close (fixture->loop, G_MININT64, NULL));
  end_object (task);
}

static void
test_far_limit (Fixture *fixture,
                gconstpointer data)
{
  PillionTask *task = obedient (fixture, "a");

  g_assert_true (pillion_loop_close (fixture->loop, G_MAXINT64, NULL));
  end_object (task);
}

static void
call (gpointer data)
{
  ((Fixture *) data)->n++;
}

static void
count_freed (gpointer data)
{
  ((Fixture *) data)->n += 100;
}

static void
on_cancelled (GCancellable *cancellable,
              gpointer gate)
{
  gate_open (gate);
}

static void
until_cancelled (PillionTask *task,
                 GCancellable *cancellable,
                 gpointer data)
{
  Gate cancelled = GATE_INIT;
  gulong id;

  id = g_cancellable_connect (cancellable, G_CALLBACK (on_cancelled), &cancelled, NULL);
  gate_wait (&cancelled);
  g_cancellable_disconnect (cancellable, id);
  pillion_task_return_if_cancelled (task);
}

static void
test_everything (Fixture *fixture,
                 gconstpointer data)
{
  FakeHost *host = fake_host_new ("busy host");
  PillionTask *tasks[4];

  g_assert_true (pillion_loop_ensure (fixture->loop, PILLION_HOST (host), NULL));
  tasks[0] = obedient (fixture, "a");
  tasks[1] = pillion_loop_sleep (fixture->loop, G_TIME_SPAN_HOUR, NULL);
  tasks[2] = pillion_loop_run_in_thread (fixture->loop, "work", NULL, until_cancelled, NULL, NULL);
  tasks[3] = pillion_task_new (fixture->loop, "done", NULL);
  for (guint i = 1; i < 4; i++)
    pillion_task_add_done_callback (tasks[i], on_done, fixture, NULL);
  pillion_task_return_int (tasks[3], 1);
  pillion_loop_call_soon (fixture->loop, call, fixture, count_freed);
  pillion_loop_call_later (fixture->loop, G_TIME_SPAN_HOUR, call, fixture, count_freed);
  pillion_loop_hold (fixture->loop);
  pillion_loop_get_fd (fixture->loop);

  close_well (fixture);
  g_assert_nonnull (strstr (fixture->log->str, "a:3"));
  g_assert_nonnull (strstr (fixture->log->str, "sleep:3"));
  g_assert_nonnull (strstr (fixture->log->str, "work:3"));
  g_assert_nonnull (strstr (fixture->log->str, "done:1"));
  g_assert_cmpint (fixture->n, ==, 201);
  g_assert_cmpint (host->n_removes, ==, 1);
  g_assert_cmpuint (pillion_loop_get_live_tasks (fixture->loop), ==, 0);
  for (guint i = 0; i < 4; i++)
    {
      /* The worker may hold a reference for a moment longer */
      while (__atomic_load_n (&G_OBJECT (tasks[i])->ref_count, __ATOMIC_SEQ_CST) > 1)
        g_thread_yield ();
      end_object (tasks[i]);
    }
  end_object (host);
}

static void
test_stubborn (Fixture *fixture,
               gconstpointer data)
{
  PillionTask *stubborn = pillion_task_new_at (fixture->loop, "stubborn", NULL, "there.c:7");
  PillionTask *good = obedient (fixture, "good");
  gint64 start = g_get_monotonic_time ();
  g_autoptr (GError) error = NULL;

  pillion_task_add_done_callback (stubborn, on_done, fixture, NULL);
  g_assert_false (pillion_loop_close (fixture->loop, 30000, &error));
  g_assert_cmpint (g_get_monotonic_time () - start, >=, 30000);
  g_assert_error (error, PILLION_ERROR, PILLION_ERROR_LEFT_BEHIND);
  g_assert_nonnull (strstr (error->message, "stubborn"));
  g_assert_nonnull (strstr (error->message, "there.c:7"));
  g_assert_null (strstr (error->message, "good"));
  g_assert_true (pillion_loop_is_closed (fixture->loop));
  g_assert_true (pillion_task_is_cancelled (stubborn));
  g_assert_false (pillion_task_is_done (stubborn));
  g_assert_cmpstr (fixture->log->str, ==, "good:3 ");

  /* Its work ends later, and nothing is called */
  pillion_task_return_int (stubborn, 1);
  g_assert_cmpint (pillion_task_get_int (stubborn, NULL), ==, 1);
  g_assert_cmpstr (fixture->log->str, ==, "good:3 ");
  end_object (stubborn);
  end_object (good);
}

static void
test_many_stubborn (Fixture *fixture,
                    gconstpointer data)
{
  PillionTask *tasks[25];
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (tasks); i++)
    {
      g_autofree char *name = g_strdup_printf ("number %u.", i);

      tasks[i] = pillion_task_new (fixture->loop, name, NULL);
    }
  g_assert_false (pillion_loop_close (fixture->loop, 0, &error));
  g_assert_nonnull (strstr (error->message, "number 0."));
  g_assert_nonnull (strstr (error->message, "number 9."));
  g_assert_null (strstr (error->message, "number 10."));
  g_assert_nonnull (strstr (error->message, "15 more"));
  for (guint i = 0; i < G_N_ELEMENTS (tasks); i++)
    {
      pillion_task_return_int (tasks[i], 1);
      end_object (tasks[i]);
    }
}

typedef struct
{
  Gate begun;
  Gate go;
  int n_freed; /* atomic */
} Stubborn;

static void
ignore_cancellation (PillionTask *task,
                     GCancellable *cancellable,
                     gpointer data)
{
  Stubborn *self = data;

  gate_open (&self->begun);
  gate_wait (&self->go);
  g_assert_true (g_cancellable_is_cancelled (cancellable));
  pillion_task_set_progress (task, 1, 1);
  pillion_task_return_string (task, "too late");
}

static void
count_stubborn (gpointer data)
{
  add_atomic (&((Stubborn *) data)->n_freed, 1);
}

static void
test_stubborn_worker (Fixture *fixture,
                      gconstpointer data)
{
  Stubborn stubborn = { GATE_INIT, GATE_INIT, 0 };
  PillionTask *task = pillion_loop_run_in_thread (fixture->loop, "blocked", NULL, ignore_cancellation, &stubborn,
                                                  count_stubborn);
  gpointer weak = fixture->loop;
  g_autoptr (GError) error = NULL;

  gate_wait (&stubborn.begun);
  g_assert_false (pillion_loop_close (fixture->loop, 1000, &error));
  g_assert_error (error, PILLION_ERROR, PILLION_ERROR_LEFT_BEHIND);
  g_assert_nonnull (strstr (error->message, "blocked"));
  g_assert_nonnull (strstr (error->message, "1 worker thread"));

  gate_open (&stubborn.go);
  while (__atomic_load_n (&G_OBJECT (task)->ref_count, __ATOMIC_SEQ_CST) > 1 || get_atomic (&stubborn.n_freed) == 0)
    g_thread_yield ();
  end_object (task);
  while (__atomic_load_n (&G_OBJECT (fixture->loop)->ref_count, __ATOMIC_SEQ_CST) > 1)
    g_thread_yield ();
  g_object_add_weak_pointer (G_OBJECT (fixture->loop), &weak);
  g_object_unref (g_steal_pointer (&fixture->loop));
  g_assert_null (weak);
}

/* Inside a callback */

static void
close_inside (gpointer data)
{
  Fixture *fixture = data;

  g_string_append (fixture->log, "closing ");
  close_well (fixture);
  g_string_append (fixture->log, "closed ");
}

static gboolean
close_inside_source (gpointer data)
{
  close_inside (data);
  return G_SOURCE_CONTINUE;
}

static void
test_inside_call (Fixture *fixture,
                  gconstpointer data)
{
  PillionTask *task = obedient (fixture, "a");
  PillionKick kick;

  pillion_loop_call_soon (fixture->loop, close_inside, fixture, NULL);
  pillion_loop_call_soon (fixture->loop, call, fixture, NULL);
  g_assert_false (pillion_loop_kick_until (fixture->loop, G_MAXINT64, &kick));
  g_assert_false (kick.more_ready);
  g_assert_cmpstr (fixture->log->str, ==, "closing a:3 closed ");
  g_assert_cmpint (fixture->n, ==, 1);
  end_object (task);
}

static gpointer
try_acquire (gpointer context)
{
  if (!g_main_context_acquire (context))
    return NULL;
  g_main_context_release (context);
  return context;
}

/* Inside a source of the context, which is in use until the kick ends, and free afterwards */
static void
test_inside_source (Fixture *fixture,
                    gconstpointer data)
{
  PillionTask *task = obedient (fixture, "a");
  g_autoptr (GSource) source = g_idle_source_new ();
  g_autoptr (GMainContext) context = g_main_context_ref (pillion_loop_get_context (fixture->loop));

  g_source_set_callback (source, close_inside_source, fixture, NULL);
  g_source_attach (source, context);
  g_assert_false (pillion_loop_kick (fixture->loop));
  g_assert_cmpstr (fixture->log->str, ==, "closing a:3 closed ");
  g_assert_false (pillion_loop_kick (fixture->loop));
  g_assert_cmpstr (fixture->log->str, ==, "closing a:3 closed ");
  g_assert_nonnull (g_thread_join (g_thread_new ("other", try_acquire, context)));
  end_object (task);
}

static void
test_inside_run_until (Fixture *fixture,
                       gconstpointer data)
{
  PillionTask *task = obedient (fixture, "a");
  g_autoptr (GError) error = NULL;

  pillion_loop_call_soon (fixture->loop, close_inside, fixture, NULL);
  g_assert_false (pillion_loop_run_until_complete (fixture->loop, task, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_nonnull (g_thread_join (g_thread_new ("other", try_acquire, pillion_loop_get_context (fixture->loop))));
  end_object (task);
}

static void
close_from_callback (PillionTask *task,
                     gpointer data)
{
  Fixture *fixture = data;
  g_autoptr (GError) error = NULL;

  g_assert_false (pillion_loop_close (fixture->loop, -1, &error));
  g_assert_error (error, PILLION_ERROR, PILLION_ERROR_LEFT_BEHIND);
  fixture->n++;
}

static PillionTask *
close_from_function (guint index,
                     gpointer data)
{
  close_from_callback (NULL, data);
  return NULL;
}

static PillionTask *
close_from_start (gpointer data)
{
  return close_from_function (0, data);
}

/* What waits for the caller, which waits for the close, is not waited for, because that would never end */
static void
test_waits_for_caller (Fixture *fixture,
                       gconstpointer data)
{
  const char *from = data;
  g_autoptr (PillionScope) scope = pillion_scope_new (fixture->loop, "scope", NULL);
  PillionTask *other = obedient (fixture, "a");
  g_autoptr (PillionTask) waiting = NULL;

  logs_catch ();
  if (g_str_equal (from, "callback"))
    {
      g_autoptr (PillionTask) task = pillion_task_new (fixture->loop, "task", NULL);

      pillion_task_add_done_callback (task, close_from_callback, fixture, NULL);
      waiting = pillion_task_all (fixture->loop, &task, 1);
      pillion_task_return_boolean (task, TRUE);
    }
  else if (g_str_equal (from, "map"))
    {
      waiting = pillion_task_map (fixture->loop, 2, 0, NULL, close_from_function, fixture, NULL);
    }
  else
    {
      waiting = pillion_scope_start (scope, "start", close_from_start, fixture, NULL);
    }
  while (fixture->n == 0)
    pillion_loop_kick (fixture->loop);
  g_assert_cmpint (fixture->n, ==, 1);
  g_assert_true (pillion_task_is_done (waiting));
  g_assert_true (pillion_task_is_done (other));
  end_object (g_steal_pointer (&waiting));
  end_object (other);
  /* The caller that closed it was told what was left */
  assert_logged ("");
}

static void
close_again (PillionTask *task,
             gpointer data)
{
  Fixture *fixture = data;
  g_autoptr (GError) error = NULL;

  g_assert_false (pillion_loop_close (fixture->loop, 0, &error));
  g_assert_error (error, PILLION_ERROR, PILLION_ERROR_NESTED);
  g_assert_false (pillion_loop_is_closed (fixture->loop));
  fixture->n++;
}

static void
test_nested (Fixture *fixture,
             gconstpointer data)
{
  PillionTask *task = obedient (fixture, "a");

  pillion_task_add_done_callback (task, close_again, fixture, NULL);
  close_well (fixture);
  g_assert_cmpint (fixture->n, ==, 1);
  end_object (task);
}

/* Starting anything while the loop is being closed fails */
static void
begin_anew (PillionTask *task,
            gpointer data)
{
  Fixture *fixture = data;
  PillionTask *late = pillion_task_new (fixture->loop, "late", NULL);
  PillionTask *sleep = pillion_loop_sleep (fixture->loop, 0, NULL);
  PillionTask *work = pillion_loop_run_in_thread (fixture->loop, "work", NULL, until_cancelled, fixture, count_freed);
  FakeHost *host = fake_host_new ("late host");
  g_autoptr (GError) error = NULL;

  g_assert_false (pillion_task_check (late, &error));
  g_assert_error (error, PILLION_ERROR, PILLION_ERROR_CLOSED);
  g_clear_error (&error);
  g_assert_false (pillion_task_check (sleep, &error));
  g_assert_error (error, PILLION_ERROR, PILLION_ERROR_CLOSED);
  g_clear_error (&error);
  g_assert_false (pillion_task_check (work, &error));
  g_assert_error (error, PILLION_ERROR, PILLION_ERROR_CLOSED);
  g_clear_error (&error);
  g_assert_cmpuint (pillion_loop_call_soon (fixture->loop, call, fixture, count_freed), ==, 0);
  g_assert_cmpuint (pillion_loop_call_later (fixture->loop, 0, call, fixture, count_freed), ==, 0);
  g_assert_false (pillion_loop_ensure (fixture->loop, PILLION_HOST (host), &error));
  g_assert_error (error, PILLION_ERROR, PILLION_ERROR_CLOSED);
  g_assert_cmpint (fixture->n, ==, 300);
  end_object (late);
  end_object (sleep);
  end_object (work);
  end_object (host);
}

static void
test_begun_meanwhile (Fixture *fixture,
                      gconstpointer data)
{
  PillionTask *task = obedient (fixture, "a");

  pillion_task_add_done_callback (task, begin_anew, fixture, NULL);
  close_well (fixture);
  g_assert_cmpint (fixture->n, ==, 300);
  end_object (task);
}

/* A callback that delays the close beyond its limit is not interrupted, and the rest is named */
static void
spin_20_ms (PillionTask *task,
            gpointer data)
{
  spin_for (20000);
}

static void
test_slow_callback (Fixture *fixture,
                    gconstpointer data)
{
  PillionTask *first = pillion_task_new (fixture->loop, "first", NULL);
  PillionTask *second = pillion_task_new (fixture->loop, "second", NULL);
  g_autoptr (GError) error = NULL;

  pillion_task_add_done_callback (first, spin_20_ms, NULL, NULL);
  pillion_task_add_done_callback (second, on_done, fixture, NULL);
  pillion_task_return_int (first, 1);
  g_assert_false (pillion_loop_close (fixture->loop, 5000, &error));
  g_assert_error (error, PILLION_ERROR, PILLION_ERROR_LEFT_BEHIND);
  g_assert_null (strstr (error->message, "first"));
  g_assert_nonnull (strstr (error->message, "second"));
  pillion_task_return_int (second, 1);
  end_object (first);
  end_object (second);
}

/* Callbacks of callbacks are delivered too */
static void
cancel_other (PillionTask *task,
              gpointer other)
{
  pillion_task_return_new_error (other, G_IO_ERROR, G_IO_ERROR_CANCELLED, "with its friend");
}

static void
test_chain (Fixture *fixture,
            gconstpointer data)
{
  PillionTask *first = obedient (fixture, "first");
  PillionTask *second = pillion_task_new (fixture->loop, "second", NULL);

  pillion_task_add_done_callback (first, cancel_other, second, NULL);
  pillion_task_add_done_callback (second, on_done, fixture, NULL);
  close_well (fixture);
  g_assert_cmpstr (fixture->log->str, ==, "first:3 second:3 ");
  end_object (first);
  end_object (second);
}

/* Threads */

typedef struct
{
  PillionLoop *loop;
  int stop;
  int n_called; /* atomic, as below */
  int n_freed;
  int n_pushed;
} Racer;

static void
racer_call (gpointer data)
{
  add_atomic (&((Racer *) data)->n_called, 1);
}

static void
racer_free (gpointer data)
{
  add_atomic (&((Racer *) data)->n_freed, 1);
}

static gpointer
race (gpointer data)
{
  Racer *self = data;

  while (!get_atomic (&self->stop))
    {
      add_atomic (&self->n_pushed, 1);
      pillion_loop_call_soon_threadsafe (self->loop, racer_call, self, racer_free);
      /* There may be more racers than processors */
      g_thread_yield ();
    }
  return NULL;
}

static void
test_race (Fixture *fixture,
           gconstpointer data)
{
  for (guint round = 0; round < 20; round++)
    {
      Racer racer = { fixture->loop, 0, 0, 0, 0 };
      GThread *threads[3];
      int n_called;

      for (guint i = 0; i < 3; i++)
        threads[i] = g_thread_new ("racer", race, &racer);
      while (get_atomic (&racer.n_pushed) < 100)
        pillion_loop_kick (fixture->loop);
      pillion_loop_close (fixture->loop, 1000, NULL);
      n_called = get_atomic (&racer.n_called);
      spin_for (100);
      add_atomic (&racer.stop, 1);
      for (guint i = 0; i < 3; i++)
        g_thread_join (threads[i]);
      /* Nothing is called after it, and all data is freed */
      g_assert_cmpint (racer.n_called, ==, n_called);
      g_assert_cmpint (racer.n_freed, ==, racer.n_pushed);
      loop_end (fixture->loop);
      fixture->loop = loop_new ();
    }
}

static gpointer
return_there (gpointer task)
{
  while (!pillion_task_is_cancelled (task))
    g_thread_yield ();
  pillion_task_return_int (task, 1);
  g_object_unref (task);
  return NULL;
}

static void
test_race_returns (Fixture *fixture,
                   gconstpointer data)
{
  for (guint round = 0; round < 50; round++)
    {
      GThread *threads[3];

      for (guint i = 0; i < 3; i++)
        {
          PillionTask *task = pillion_task_new (fixture->loop, "job", NULL);

          pillion_task_add_done_callback (task, on_done, fixture, NULL);
          threads[i] = g_thread_new ("returner", return_there, task);
        }
      pillion_loop_close (fixture->loop, round * 2, NULL);
      for (guint i = 0; i < 3; i++)
        g_thread_join (threads[i]);
      loop_end (fixture->loop);
      fixture->loop = loop_new ();
    }
}

static gpointer
ask_closed (gpointer loop)
{
  while (!pillion_loop_is_closed (loop))
    g_thread_yield ();
  return NULL;
}

static void
test_asked_from_thread (Fixture *fixture,
                        gconstpointer data)
{
  GThread *thread = g_thread_new ("asker", ask_closed, fixture->loop);

  close_well (fixture);
  g_thread_join (thread);
}

static void
test_after (Fixture *fixture,
            gconstpointer data)
{
  close_well (fixture);
  pillion_loop_stop (fixture->loop);
  pillion_loop_hold (fixture->loop);
  pillion_loop_release (fixture->loop);
  pillion_loop_set_wake_func (fixture->loop, call, fixture, NULL);
  g_assert_false (pillion_loop_kick (fixture->loop));
  g_assert_cmpint (pillion_loop_get_deadline (fixture->loop), ==, -1);
  g_assert_cmpint (pillion_loop_get_events (fixture->loop), ==, G_IO_IN);
  g_assert_null (pillion_loop_get_host (fixture->loop));
  g_assert_cmpint (fixture->n, ==, 0);
}

int
main (int argc,
      char **argv)
{
  static const char *const callers[] = { "callback", "map", "start" };

  g_test_init (&argc, &argv, NULL);

#define ADD(name, function) g_test_add ("/loop/close/" name, Fixture, NULL, set_up, function, tear_down)
  ADD ("with-nothing-pending-and-twice", test_nothing);
  ADD ("with-nothing-pending-needs-no-time", test_no_time_needed);
  ADD ("without-a-limit", test_without_limit);
  ADD ("with-a-far-limit", test_far_limit);
  ADD ("with-everything-pending", test_everything);
  ADD ("names-a-task-that-does-not-obey", test_stubborn);
  ADD ("names-ten-and-counts-the-rest", test_many_stubborn);
  ADD ("names-a-worker-that-does-not-obey", test_stubborn_worker);
  ADD ("inside-a-call", test_inside_call);
  ADD ("inside-a-source", test_inside_source);
  ADD ("inside-a-run-until", test_inside_run_until);
  for (guint i = 0; i < G_N_ELEMENTS (callers); i++)
    {
      g_autofree char *path = g_strconcat ("/loop/close/does-not-wait-for-its-caller/", callers[i], NULL);

      g_test_add (path, Fixture, callers[i], set_up, test_waits_for_caller, tear_down);
    }
  ADD ("inside-a-close-is-nested", test_nested);
  ADD ("what-is-begun-meanwhile-fails", test_begun_meanwhile);
  ADD ("keeps-its-deadline-beside-a-slow-callback", test_slow_callback);
  ADD ("delivers-what-callbacks-end", test_chain);
  ADD ("races-with-calls-from-threads", test_race);
  ADD ("races-with-returns-from-threads", test_race_returns);
  ADD ("is-asked-for-from-a-thread", test_asked_from_thread);
  ADD ("after-it-nothing-happens", test_after);

  return g_test_run ();
}
