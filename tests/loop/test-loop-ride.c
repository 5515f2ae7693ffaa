/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "../test-support.h"
#include "../host/fake-host.h"

/* Getting onto a host and off again */

typedef struct
{
  PillionLoop *loop;
  FakeHost *host;
  int n;
} Fixture;

static void
set_up (Fixture *fixture,
        gconstpointer data)
{
  fixture->loop = loop_new ();
  fixture->host = fake_host_new ("first");
}

static void
tear_down (Fixture *fixture,
           gconstpointer data)
{
  loop_end (fixture->loop);
  end_object (fixture->host);
}

static void
ensure (Fixture *fixture)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (pillion_loop_ensure (fixture->loop, PILLION_HOST (fixture->host), &error));
  g_assert_no_error (error);
}

static void
count (gpointer data)
{
  (*(int *) data)++;
}

static void
test_once (Fixture *fixture,
           gconstpointer data)
{
  g_autoptr (PillionLoop) found = NULL;

  g_assert_null (pillion_loop_find_by_name ("first"));
  ensure (fixture);
  ensure (fixture);
  ensure (fixture);
  g_assert_cmpint (fixture->host->n_installs, ==, 1);
  g_assert_true (pillion_loop_is_riding (fixture->loop));
  g_assert_false (pillion_loop_is_passenger (fixture->loop));
  g_assert_true (pillion_loop_get_host (fixture->loop) == PILLION_HOST (fixture->host));
  found = pillion_loop_find_by_name ("first");
  g_assert_true (found == fixture->loop);
}

static void
test_moves (Fixture *fixture,
            gconstpointer data)
{
  FakeHost *other = fake_host_new ("second");

  ensure (fixture);
  g_assert_true (pillion_loop_ensure (fixture->loop, PILLION_HOST (other), NULL));
  g_assert_cmpint (fixture->host->n_removes, ==, 1);
  g_assert_cmpint (other->n_installs, ==, 1);
  g_assert_null (pillion_loop_find_by_name ("first"));
  g_object_unref (pillion_loop_find_by_name ("second"));
  end_object (g_steal_pointer (&fixture->host));
  loop_end (g_steal_pointer (&fixture->loop));
  fixture->host = other;
  fixture->loop = loop_new ();
}

static void
test_name_taken (Fixture *fixture,
                 gconstpointer data)
{
  PillionLoop *other = loop_new ();
  FakeHost *same_name = fake_host_new ("first");
  g_autoptr (GError) error = NULL;

  ensure (fixture);
  g_assert_false (pillion_loop_ensure (other, PILLION_HOST (same_name), &error));
  g_assert_error (error, PILLION_ERROR, PILLION_ERROR_NAME_TAKEN);
  g_assert_nonnull (strstr (error->message, "first"));
  g_assert_false (pillion_loop_is_riding (other));
  g_clear_error (&error);
  g_assert_false (pillion_loop_ensure (other, PILLION_HOST (fixture->host), &error));
  g_assert_error (error, PILLION_ERROR, PILLION_ERROR_NAME_TAKEN);

  /* Free again once stopped */
  pillion_loop_stop (fixture->loop);
  g_assert_true (pillion_loop_ensure (other, PILLION_HOST (same_name), NULL));
  loop_end (other);
  end_object (same_name);
  ensure (fixture);
}

/* A loop that is gone does not keep its name */
static void
test_name_of_a_gone_loop (Fixture *fixture,
                          gconstpointer data)
{
  PillionLoop *other = loop_new ();
  FakeHost *same_name = fake_host_new ("first");

  g_assert_true (pillion_loop_ensure (other, PILLION_HOST (same_name), NULL));
  end_object (other);
  g_assert_cmpint (same_name->n_removes, ==, 1);
  end_object (same_name);
  g_assert_null (pillion_loop_find_by_name ("first"));
  ensure (fixture);
}

static void
test_refused (Fixture *fixture,
              gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  fixture->host->refuses = TRUE;
  g_assert_false (pillion_loop_ensure (fixture->loop, PILLION_HOST (fixture->host), &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED);
  g_assert_false (pillion_loop_is_riding (fixture->loop));
  g_assert_null (pillion_loop_find_by_name ("first"));
  g_assert_false (pillion_loop_ensure (fixture->loop, PILLION_HOST (fixture->host), NULL));
  g_clear_error (&error);

  fixture->host->refuses = FALSE;
  fixture->host->refuses_silently = TRUE;
  g_assert_false (pillion_loop_ensure (fixture->loop, PILLION_HOST (fixture->host), &error));
  g_assert_error (error, PILLION_ERROR, PILLION_ERROR_HOST);
  g_assert_nonnull (strstr (error->message, "first"));

  fixture->host->refuses_silently = FALSE;
  ensure (fixture);
}

/* If moving to another host fails, nothing kicks the loop, and work does not try again each time */
static void
test_refused_move (Fixture *fixture,
                   gconstpointer data)
{
  FakeHost *other = fake_host_new ("second");

  ensure (fixture);
  other->refuses = TRUE;
  g_assert_false (pillion_loop_ensure (fixture->loop, PILLION_HOST (other), NULL));
  g_assert_false (pillion_loop_is_riding (fixture->loop));
  g_assert_cmpint (fixture->host->n_removes, ==, 1);
  pillion_loop_call_soon (fixture->loop, count, &fixture->n, NULL);
  pillion_loop_kick (fixture->loop);
  g_assert_cmpint (fixture->n, ==, 1);
  ensure (fixture);
  end_object (other);
}

static void
test_kicks_at_install (Fixture *fixture,
                       gconstpointer data)
{
  pillion_loop_call_soon (fixture->loop, count, &fixture->n, NULL);
  fixture->host->kicks_at_install = TRUE;
  ensure (fixture);
  g_assert_cmpint (fixture->n, ==, 1);
}

static gpointer
ensure_there (gpointer data)
{
  Fixture *fixture = data;
  g_autoptr (GError) error = NULL;

  g_assert_false (pillion_loop_ensure (fixture->loop, PILLION_HOST (fixture->host), &error));
  g_assert_error (error, PILLION_ERROR, PILLION_ERROR_WRONG_THREAD);
  return NULL;
}

static void
test_wrong_thread (Fixture *fixture,
                   gconstpointer data)
{
  g_thread_join (g_thread_new ("other", ensure_there, fixture));
  g_assert_cmpint (fixture->host->n_installs, ==, 0);
}

static void
test_closed (Fixture *fixture,
             gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  ensure (fixture);
  g_assert_true (pillion_loop_close (fixture->loop, -1, NULL));
  g_assert_cmpint (fixture->host->n_removes, ==, 1);
  g_assert_null (pillion_loop_get_host (fixture->loop));
  g_assert_false (pillion_loop_ensure (fixture->loop, PILLION_HOST (fixture->host), &error));
  g_assert_error (error, PILLION_ERROR, PILLION_ERROR_CLOSED);
}

static void
test_busy (Fixture *fixture,
           gconstpointer data)
{
  Owner owner;
  g_autoptr (GError) error = NULL;
  PillionKick kick;

  owner_begin (&owner, pillion_loop_get_context (fixture->loop));
  g_assert_false (pillion_loop_ensure (fixture->loop, PILLION_HOST (fixture->host), &error));
  g_assert_error (error, PILLION_ERROR, PILLION_ERROR_BUSY);
  g_assert_false (pillion_loop_is_riding (fixture->loop));
  g_assert_cmpint (fixture->host->n_installs, ==, 0);

  /* A kick still does the loop's own work */
  pillion_loop_call_soon (fixture->loop, count, &fixture->n, NULL);
  pillion_loop_kick_until (fixture->loop, 0, &kick);
  g_assert_cmpint (fixture->n, ==, 1);

  owner_end (&owner);
  ensure (fixture);
}

/* Stopping */

static void
test_stop (Fixture *fixture,
           gconstpointer data)
{
  pillion_loop_stop (fixture->loop);
  ensure (fixture);
  pillion_loop_stop (fixture->loop);
  g_assert_false (pillion_loop_is_riding (fixture->loop));
  g_assert_cmpint (fixture->host->n_removes, ==, 1);
  pillion_loop_stop (fixture->loop);
  g_assert_cmpint (fixture->host->n_removes, ==, 1);
  g_assert_null (pillion_loop_find_by_name ("first"));

  /* Work does not bring the hook back */
  pillion_loop_call_soon (fixture->loop, count, &fixture->n, NULL);
  g_assert_cmpint (fixture->host->n_installs, ==, 1);
  ensure (fixture);
  g_assert_cmpint (fixture->host->n_installs, ==, 2);
  fake_host_tick (fixture->host);
  g_assert_cmpint (fixture->n, ==, 1);
}

static void
stop (gpointer data)
{
  Fixture *fixture = data;

  fixture->n++;
  pillion_loop_stop (fixture->loop);
  g_assert_false (pillion_loop_is_riding (fixture->loop));
}

static void
test_stop_inside (Fixture *fixture,
                  gconstpointer data)
{
  ensure (fixture);
  pillion_loop_call_soon (fixture->loop, stop, fixture, NULL);
  g_assert_true (fake_host_tick (fixture->host));
  g_assert_cmpint (fixture->n, ==, 1);
  g_assert_false (fake_host_tick (fixture->host));
  g_assert_cmpint (fixture->host->n_removes, ==, 1);
  ensure (fixture);
  g_assert_cmpint (fixture->host->n_installs, ==, 2);
}

static void
stop_and_ensure (gpointer data)
{
  Fixture *fixture = data;

  pillion_loop_stop (fixture->loop);
  ensure (fixture);
}

static void
test_stop_and_ensure_inside (Fixture *fixture,
                             gconstpointer data)
{
  ensure (fixture);
  pillion_loop_hold (fixture->loop);
  pillion_loop_call_soon (fixture->loop, stop_and_ensure, fixture, NULL);
  fake_host_tick (fixture->host);
  g_assert_true (pillion_loop_is_riding (fixture->loop));
  pillion_loop_call_soon (fixture->loop, count, &fixture->n, NULL);
  fake_host_tick (fixture->host);
  g_assert_cmpint (fixture->n, ==, 1);
  pillion_loop_release (fixture->loop);
}

static gpointer
try_acquire (gpointer context)
{
  if (!g_main_context_acquire (context))
    return NULL;
  g_main_context_release (context);
  return context;
}

static gboolean
is_free (PillionLoop *loop)
{
  return g_thread_join (g_thread_new ("other", try_acquire, pillion_loop_get_context (loop))) != NULL;
}

/* The context is kept between kicks, and released when the hook is removed */
static void
test_ownership (Fixture *fixture,
                gconstpointer data)
{
  PillionKick kick;

  g_assert_true (is_free (fixture->loop));
  ensure (fixture);
  g_assert_false (is_free (fixture->loop));
  fake_host_tick (fixture->host);
  g_assert_false (is_free (fixture->loop));
  pillion_loop_stop (fixture->loop);
  g_assert_true (is_free (fixture->loop));

  /* Even if it is stopped inside a kick */
  ensure (fixture);
  pillion_loop_call_soon (fixture->loop, stop, fixture, NULL);
  fake_host_tick (fixture->host);
  g_assert_true (is_free (fixture->loop));

  /* And when nothing is left to do; a report does not acquire it again */
  ensure (fixture);
  while (pillion_loop_kick_until (fixture->loop, G_MAXINT64, &kick))
    ;
  g_assert_false (pillion_loop_is_riding (fixture->loop));
  g_assert_true (is_free (fixture->loop));

  ensure (fixture);
  g_assert_true (pillion_loop_close (fixture->loop, -1, NULL));
  g_assert_true (is_free (fixture->loop));
}

static void
test_stop_by_name (Fixture *fixture,
                   gconstpointer data)
{
  g_assert_false (pillion_loop_stop_by_name ("first"));
  ensure (fixture);
  g_assert_false (pillion_loop_stop_by_name ("second"));
  g_assert_true (pillion_loop_stop_by_name ("first"));
  g_assert_false (pillion_loop_is_riding (fixture->loop));
  g_assert_cmpint (fixture->host->n_removes, ==, 1);
  g_assert_false (pillion_loop_stop_by_name ("first"));
}

/* The code that installed the hook was reloaded: it has neither its loop nor its host any more */
static void
test_reload (Fixture *fixture,
             gconstpointer data)
{
  PillionLoop *found;
  FakeHost *new_self = fake_host_new ("addon");

  {
    FakeHost *old_self = fake_host_new ("addon");
    PillionLoop *loop = pillion_loop_get_default ();

    g_assert_true (pillion_loop_ensure (loop, PILLION_HOST (old_self), NULL));
    pillion_loop_hold (loop);
    g_object_unref (old_self);
  }

  found = pillion_loop_find_by_name ("addon");
  g_assert_true (found == pillion_loop_get_default ());
  g_object_unref (found);
  g_assert_true (pillion_loop_stop_by_name ("addon"));
  g_assert_true (pillion_loop_ensure (pillion_loop_get_default (), PILLION_HOST (new_self), NULL));
  g_assert_cmpint (new_self->n_installs, ==, 1);
  pillion_loop_release (pillion_loop_get_default ());
  g_assert_true (pillion_loop_close (pillion_loop_get_default (), -1, NULL));
  end_object (new_self);
}

/* An auto-stopped loop is still found by its name, and stopped */
static void
test_name_while_out_of_work (Fixture *fixture,
                             gconstpointer data)
{
  g_autoptr (PillionLoop) found = NULL;

  ensure (fixture);
  while (fake_host_tick (fixture->host))
    ;
  g_assert_false (pillion_loop_is_riding (fixture->loop));
  found = pillion_loop_find_by_name ("first");
  g_assert_true (found == fixture->loop);
  g_assert_true (pillion_loop_stop_by_name ("first"));
  pillion_loop_call_soon (fixture->loop, count, &fixture->n, NULL);
  g_assert_cmpint (fixture->host->n_installs, ==, 1);
}

static gpointer
find_there (gpointer data)
{
  return pillion_loop_find_by_name ("first");
}

static void
test_find_in_thread (Fixture *fixture,
                     gconstpointer data)
{
  PillionLoop *found;

  ensure (fixture);
  found = g_thread_join (g_thread_new ("finder", find_there, NULL));
  g_assert_true (found == fixture->loop);
  g_object_unref (found);
}

/* Stopping when out of work */

static void
test_auto_stop (Fixture *fixture,
                gconstpointer data)
{
  PillionTask *task;

  ensure (fixture);
  task = pillion_task_new (fixture->loop, "job", NULL);
  for (guint i = 0; i < 5; i++)
    g_assert_true (fake_host_tick (fixture->host));
  g_assert_true (pillion_loop_is_riding (fixture->loop));
  pillion_task_return_boolean (task, TRUE);
  g_assert_true (fake_host_tick (fixture->host)); /* delivers */
  g_assert_true (pillion_loop_is_riding (fixture->loop));
  g_assert_true (fake_host_tick (fixture->host)); /* the last one */
  g_assert_false (pillion_loop_is_riding (fixture->loop));
  g_assert_false (fake_host_tick (fixture->host));
  g_object_unref (task);

  /* The next task brings the hook back */
  for (int round = 2; round <= 4; round++)
    {
      task = pillion_task_new (fixture->loop, "job", NULL);
      g_assert_cmpint (fixture->host->n_installs, ==, round);
      pillion_task_return_boolean (task, TRUE);
      while (fake_host_tick (fixture->host))
        ;
      g_assert_cmpint (fixture->host->n_removes, ==, round);
      g_assert_cmpuint (G_OBJECT (task)->ref_count, ==, 1);
      g_object_unref (task);
    }
}

static gboolean
make_task_late (gpointer data)
{
  Fixture *fixture = data;
  g_autoptr (PillionTask) task = pillion_task_new (fixture->loop, "late", NULL);

  fixture->n++;
  pillion_task_return_boolean (task, TRUE);
  return G_SOURCE_REMOVE;
}

/* The one kick after the last task is for late callbacks, such as this source of the context */
static void
test_late_kick (Fixture *fixture,
                gconstpointer data)
{
  g_autoptr (GSource) source = g_idle_source_new ();
  PillionTask *task;

  ensure (fixture);
  task = pillion_task_new (fixture->loop, "job", NULL);
  pillion_task_return_boolean (task, TRUE);
  g_object_unref (task);
  fake_host_tick (fixture->host);

  g_source_set_callback (source, make_task_late, fixture, NULL);
  g_source_attach (source, pillion_loop_get_context (fixture->loop));
  g_assert_true (fake_host_tick (fixture->host));
  g_assert_cmpint (fixture->n, ==, 1);
  g_assert_cmpuint (pillion_loop_get_live_tasks (fixture->loop), ==, 0);
  while (fake_host_tick (fixture->host))
    ;
  g_assert_cmpint (fixture->host->n_removes, ==, fixture->host->n_installs);
}

static void
test_comes_back (Fixture *fixture,
                 gconstpointer data)
{
  ensure (fixture);
  while (fake_host_tick (fixture->host))
    ;

  pillion_loop_call_soon (fixture->loop, count, &fixture->n, NULL);
  g_assert_true (pillion_loop_is_riding (fixture->loop));
  while (fake_host_tick (fixture->host))
    ;
  g_assert_cmpint (fixture->n, ==, 1);

  pillion_loop_call_later (fixture->loop, 1000, count, &fixture->n, NULL);
  g_assert_true (pillion_loop_is_riding (fixture->loop));
  while (fake_host_tick (fixture->host))
    ;
  g_assert_cmpint (fixture->n, ==, 2);

  pillion_loop_hold (fixture->loop);
  g_assert_true (pillion_loop_is_riding (fixture->loop));
  pillion_loop_release (fixture->loop);
  while (fake_host_tick (fixture->host))
    ;
  g_assert_cmpint (fixture->host->n_installs, ==, 4);
  g_assert_cmpint (fixture->host->n_removes, ==, 4);
}

/* A distant timer does not hold up a nearer one, whichever brought the hook */
static void
test_hook_lost_with_work (Fixture *fixture,
                          gconstpointer data)
{
  guint far;

  ensure (fixture);
  far = pillion_loop_call_later (fixture->loop, G_TIME_SPAN_HOUR, count, &fixture->n, NULL);
  for (guint i = 0; i < 5; i++)
    g_assert_true (fake_host_tick (fixture->host));
  g_assert_true (pillion_loop_cancel_call (fixture->loop, far));
  while (fake_host_tick (fixture->host))
    ;
  g_assert_false (pillion_loop_is_riding (fixture->loop));
  g_assert_cmpint (fixture->n, ==, 0);
}

static void
test_no_auto_stop (Fixture *fixture,
                   gconstpointer data)
{
  pillion_loop_set_auto_stop (fixture->loop, FALSE);
  ensure (fixture);
  for (guint i = 0; i < 20; i++)
    g_assert_true (fake_host_tick (fixture->host));
  g_assert_true (pillion_loop_kick (fixture->loop));
  pillion_loop_set_auto_stop (fixture->loop, TRUE);
  for (guint i = 0; i < 2; i++)
    fake_host_tick (fixture->host);
  g_assert_false (pillion_loop_is_riding (fixture->loop));
}

static void
test_hold (Fixture *fixture,
           gconstpointer data)
{
  ensure (fixture);
  pillion_loop_hold (fixture->loop);
  pillion_loop_hold (fixture->loop);
  for (guint i = 0; i < 10; i++)
    g_assert_true (fake_host_tick (fixture->host));
  pillion_loop_release (fixture->loop);
  for (guint i = 0; i < 10; i++)
    g_assert_true (fake_host_tick (fixture->host));
  pillion_loop_release (fixture->loop);
  g_assert_true (fake_host_tick (fixture->host));
  g_assert_true (fake_host_tick (fixture->host));
  g_assert_false (fake_host_tick (fixture->host));
}

static gboolean
release (gpointer data)
{
  Fixture *fixture = data;

  fixture->n++;
  pillion_loop_release (fixture->loop);
  return G_SOURCE_REMOVE;
}

/* A script that uses GIO itself, with a hold around it */
static void
test_raw_work (Fixture *fixture,
               gconstpointer data)
{
  g_autoptr (GSource) source = g_timeout_source_new (20);

  ensure (fixture);
  pillion_loop_hold (fixture->loop);
  g_source_set_callback (source, release, fixture, NULL);
  g_source_attach (source, pillion_loop_get_context (fixture->loop));
  while (fake_host_tick (fixture->host))
    ;
  g_assert_cmpint (fixture->n, ==, 1);
  g_assert_cmpint (fixture->host->n_removes, ==, 1);
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(name, function) g_test_add ("/loop/" name, Fixture, NULL, set_up, function, tear_down)
  ADD ("ensure/installs-once", test_once);
  ADD ("ensure/moves-to-another-host", test_moves);
  ADD ("ensure/name-taken", test_name_taken);
  ADD ("ensure/name-of-a-loop-that-is-gone", test_name_of_a_gone_loop);
  ADD ("ensure/host-refuses", test_refused);
  ADD ("ensure/next-host-refuses", test_refused_move);
  ADD ("ensure/host-kicks-at-once", test_kicks_at_install);
  ADD ("ensure/on-another-thread", test_wrong_thread);
  ADD ("ensure/closed", test_closed);
  ADD ("ensure/context-run-by-another-thread", test_busy);
  ADD ("ensure/keeps-the-context-until-the-hook-goes", test_ownership);
  ADD ("stop/twice-and-before", test_stop);
  ADD ("stop/inside-a-callback", test_stop_inside);
  ADD ("stop/and-ensure-inside-a-callback", test_stop_and_ensure_inside);
  ADD ("stop/by-name", test_stop_by_name);
  ADD ("stop/by-name-after-a-reload", test_reload);
  ADD ("stop/by-name-while-out-of-work", test_name_while_out_of_work);
  ADD ("find-by-name/from-another-thread", test_find_in_thread);
  ADD ("auto-stop/one-kick-after-the-last-task", test_auto_stop);
  ADD ("auto-stop/late-callbacks-are-served", test_late_kick);
  ADD ("auto-stop/hook-comes-back-with-work", test_comes_back);
  ADD ("auto-stop/not-before-a-call-that-is-due-later", test_hook_lost_with_work);
  ADD ("auto-stop/off-keeps-the-hook", test_no_auto_stop);
  ADD ("hold/keeps-the-hook-until-released-as-often", test_hold);
  ADD ("hold/carries-raw-work", test_raw_work);

  return g_test_run ();
}
