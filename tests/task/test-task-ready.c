/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "../test-support.h"

#include "core/pillion-binding.h"

#include <glib/gstdio.h>
#include <unistd.h>

/* Tasks for GIO-style calls */

typedef struct
{
  PillionLoop *loop;
  char *path;
  GFile *file;
  GFile *missing;
} Fixture;

static void
set_up (Fixture *fixture,
        gconstpointer data)
{
  int fd = g_file_open_tmp ("pillion-XXXXXX", &fixture->path, NULL);
  g_autofree char *missing = g_strconcat (fixture->path, "-missing", NULL);

  g_assert_cmpint (write (fd, "settings", 8), ==, 8);
  close (fd);
  fixture->file = g_file_new_for_path (fixture->path);
  fixture->missing = g_file_new_for_path (missing);
  fixture->loop = pillion_loop_new (NULL, PILLION_LOOP_PRIVATE_CONTEXT);
}

static void
tear_down (Fixture *fixture,
           gconstpointer data)
{
  loop_end (fixture->loop);
  g_unlink (fixture->path);
  g_free (fixture->path);
  g_object_unref (fixture->file);
  g_object_unref (fixture->missing);
}

static PillionTask *
load (Fixture *fixture,
      GFile *file)
{
  PillionTask *task = pillion_task_new (fixture->loop, "load", NULL);

  g_file_load_contents_async (file, pillion_task_get_cancellable (task), pillion_task_ready, task);
  return task;
}

static void
on_loaded (PillionTask *task,
           gpointer data)
{
  GAsyncResult *result = pillion_task_get_async_result (task);
  g_autoptr (GFile) file = G_FILE (g_async_result_get_source_object (result));
  char **contents = data;
  g_autoptr (GError) error = NULL;

  if (!g_file_load_contents_finish (file, result, contents, NULL, NULL, &error))
    *contents = g_strdup_printf ("%s:%d", g_quark_to_string (error->domain), error->code);
}

static void
test_ok (Fixture *fixture,
         gconstpointer data)
{
  g_autofree char *contents = NULL;
  PillionTask *task = load (fixture, fixture->file);
  g_autoptr (GError) error = NULL;

  g_assert_null (pillion_task_get_async_result (task));
  pillion_task_add_done_callback (task, on_loaded, &contents, NULL);
  g_assert_true (pillion_loop_run_until_complete (fixture->loop, task, &error));
  g_assert_no_error (error);
  g_assert_cmpstr (contents, ==, "settings");
  g_assert_cmpint (pillion_task_get_state (task), ==, PILLION_TASK_SUCCEEDED);
  g_assert_true (pillion_task_check (task, NULL));
  g_object_unref (task);
}

/* By kicks, with only the loop holding the task */
static void
test_let_go (Fixture *fixture,
             gconstpointer data)
{
  char *contents = NULL;
  PillionTask *task = load (fixture, fixture->file);

  pillion_task_add_done_callback (task, on_loaded, &contents, NULL);
  g_object_unref (task);
  kick_until (fixture->loop, contents != NULL);
  g_assert_cmpstr (contents, ==, "settings");
  g_free (contents);
}

static void
test_failed_finish_reads (Fixture *fixture,
                          gconstpointer data)
{
  char *contents = NULL;
  PillionTask *task = load (fixture, fixture->missing);
  g_autofree char *expected = g_strdup_printf ("%s:%d", g_quark_to_string (G_IO_ERROR), G_IO_ERROR_NOT_FOUND);

  pillion_task_add_done_callback (task, on_loaded, &contents, NULL);
  kick_until (fixture->loop, contents != NULL);
  g_assert_cmpstr (contents, ==, expected);
  g_assert_cmpint (pillion_task_get_state (task), ==, PILLION_TASK_FAILED);
  g_free (contents);
  g_object_unref (task);
}

static void
test_failed_check_reads (Fixture *fixture,
                             gconstpointer data)
{
  PillionTask *task = load (fixture, fixture->missing);

  kick_until (fixture->loop, pillion_task_is_done (task));
  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_false (pillion_task_check (task, &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
    }
  kick_until_quiet (fixture->loop);
  end_object (task);
}

/* The finish function in the done callback has taken the error, and something else asks for it, too */
static void
test_failed_both_read (Fixture *fixture,
                       gconstpointer data)
{
  g_autofree char *contents = NULL;
  PillionTask *task = load (fixture, fixture->missing);

  pillion_task_add_done_callback (task, on_loaded, &contents, NULL);
  g_assert_false (pillion_loop_run_until_complete (fixture->loop, task, NULL));
  g_assert_nonnull (contents);
  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_false (pillion_task_check (task, &error));
      g_assert_nonnull (error);
      g_assert_cmpstr (error->message, !=, "");
    }
  end_object (task);
}

#define N_ROUNDS 200

typedef struct
{
  PillionTask *task;
  int *n_ready; /* atomic */
  guint n_found;
} Asker;

static gpointer
ask (gpointer data)
{
  Asker *self = data;

  g_atomic_int_inc (self->n_ready);
  while (g_atomic_int_get (self->n_ready) < 2)
    g_thread_yield ();
  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (GError) error = NULL;

      pillion_task_check (self->task, &error);
      self->n_found += g_error_matches (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
    }
  return NULL;
}

/* Threads that ask at the same time, one of them through a task that ended like this one */
static void
test_failed_threads (Fixture *fixture,
                     gconstpointer data)
{
  for (guint round = 0; round < N_ROUNDS; round++)
    {
      PillionTask *task = pillion_task_new (fixture->loop, "job", NULL);
      PillionTask *shield = pillion_task_shield (task);
      g_autoptr (GTask) result = g_task_new (NULL, NULL, NULL, NULL);
      int n_ready = 0;
      Asker askers[] = { { task, &n_ready, 0 }, { shield, &n_ready, 0 } };
      GThread *threads[2];

      g_task_return_new_error (result, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "gone");
      pillion_task_ready (NULL, G_ASYNC_RESULT (result), task);
      kick_until (fixture->loop, pillion_task_is_done (shield));
      for (guint i = 0; i < 2; i++)
        threads[i] = g_thread_new ("asker", ask, &askers[i]);
      for (guint i = 0; i < 2; i++)
        g_thread_join (threads[i]);
      g_assert_cmpuint (askers[0].n_found, ==, 2);
      g_assert_cmpuint (askers[1].n_found, ==, 2);
      kick_until_quiet (fixture->loop);
      end_object (shield);
      end_object (task);
    }
}

static void
test_cancelled (Fixture *fixture,
                gconstpointer data)
{
  PillionTask *task = load (fixture, fixture->file);
  g_autoptr (GError) error = NULL;

  pillion_task_cancel (task);
  g_assert_false (pillion_loop_run_until_complete (fixture->loop, task, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_cmpint (pillion_task_get_state (task), ==, PILLION_TASK_CANCELLED);
  g_object_unref (task);
}

static guint n_unhandled;

static void
on_unhandled (PillionLoop *loop,
              PillionTask *task,
              GError *error,
              gpointer data)
{
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  n_unhandled++;
}

static void
test_unhandled (Fixture *fixture,
                gconstpointer data)
{
  n_unhandled = 0;
  g_signal_connect (fixture->loop, "unhandled-error", G_CALLBACK (on_unhandled), NULL);
  g_object_unref (load (fixture, fixture->missing));
  kick_until (fixture->loop, n_unhandled > 0);
  kick_until_quiet (fixture->loop);
  g_assert_cmpuint (n_unhandled, ==, 1);
}

/* Not a GTask: as far as can be known, it has succeeded */
static void
test_no_gtask (Fixture *fixture,
               gconstpointer data)
{
  PillionTask *task = pillion_task_new (fixture->loop, "simple", NULL);
  GObject *result = g_object_new (g_type_from_name ("GSimpleAsyncResult"), NULL);

  pillion_task_ready (NULL, G_ASYNC_RESULT (result), task);
  g_assert_cmpint (pillion_task_get_state (task), ==, PILLION_TASK_SUCCEEDED);
  g_assert_true (G_OBJECT (pillion_task_get_async_result (task)) == result);
  kick_until_quiet (fixture->loop);
  end_object (task);
  end_object (result);
}

static void
test_wrong_type (Fixture *fixture,
                 gconstpointer data)
{
  PillionTask *task = load (fixture, fixture->file);
  PillionTask *other = pillion_task_new (fixture->loop, "other", NULL);
  g_autoptr (GError) error = NULL;
  g_auto (GValue) value = G_VALUE_INIT;

  g_assert_true (pillion_loop_run_until_complete (fixture->loop, task, NULL));
  g_assert_null (pillion_task_get_string (task, &error));
  g_assert_error (error, PILLION_ERROR, PILLION_ERROR_WRONG_TYPE);
  g_assert_true (pillion_task_get_value (task, &value, NULL));
  g_assert_true (g_value_get_object (&value) == (gpointer) pillion_task_get_async_result (task));
  g_assert_true (pillion_task_get_result_type (task) == G_TYPE_TASK);

  pillion_task_return_int (other, 1);
  g_assert_null (pillion_task_get_async_result (other));
  g_object_unref (task);
  g_object_unref (other);
}

static void
test_twice (Fixture *fixture,
            gconstpointer data)
{
  PillionTask *task = pillion_task_new (fixture->loop, "job", NULL);
  g_autoptr (GTask) result = g_task_new (NULL, NULL, NULL, NULL);

  g_task_return_boolean (result, TRUE);
  pillion_task_return_int (task, 1);
  logs_catch ();
  pillion_task_ready (NULL, G_ASYNC_RESULT (result), task);
  assert_logged ("critical: Task 'job' was finished a second time");
  g_assert_cmpint (pillion_task_get_int (task, NULL), ==, 1);
  g_object_unref (task);
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  /* Deprecated, but still in use */
  G_GNUC_BEGIN_IGNORE_DEPRECATIONS
  g_type_ensure (G_TYPE_SIMPLE_ASYNC_RESULT);
  G_GNUC_END_IGNORE_DEPRECATIONS

#define ADD(name, function) g_test_add ("/task/ready/" name, Fixture, NULL, set_up, function, tear_down)
  ADD ("finish-function-reads-the-result", test_ok);
  ADD ("nobody-needs-to-hold-the-task", test_let_go);
  ADD ("failed/finish-function-reads-the-error", test_failed_finish_reads);
  ADD ("failed/check-reads-the-error", test_failed_check_reads);
  ADD ("failed/both-read-the-error", test_failed_both_read);
  ADD ("failed/threads-read-the-error-at-the-same-time", test_failed_threads);
  ADD ("cancelled-is-cancelled", test_cancelled);
  ADD ("failed-and-unhandled-is-reported", test_unhandled);
  ADD ("result-that-is-no-gtask-succeeds", test_no_gtask);
  ADD ("result-is-no-other-type", test_wrong_type);
  ADD ("twice-is-critical", test_twice);

  return g_test_run ();
}
