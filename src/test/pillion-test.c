/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "test/pillion-test-private.h"

#include <pillion/pillion.h>

#include "base/pillion-sync.h"
#include "task/pillion-task-private.h"

/* Tests whose bodies are fibers. */

/* Enough for a test's occasional large buffer */
#define STACK_SIZE (1024 * 1024)

/* How long leaked tasks get to end, in µs */
#define CLOSE_USEC 100000

guint pillion_test_patience_msec = 60000;

typedef struct _Test Test;

struct _Test
{
  Test *next;
  char *path;
  PillionTestFunc func;
  gpointer data;

  /* While it runs */
  PillionLoop *loop;
  GString *complaints;
  GMutex lock;       /* for the table: the last reference to a task may be dropped on another thread, even late */
  GHashTable *tasks; /* tasks that were created and are not finalized; NULL while no test runs */
};

/* Kept to the end, because GLib only frees the data of the tests that it runs */
static Test *tests;

static void
append_task (GString *text,
             PillionTask *task)
{
  g_string_append_printf (text, "'%s'", task->name);
  if (task->site != NULL)
    g_string_append_printf (text, " (%s)", task->site);
}

static void
complain (Test *self,
          PillionTask *task,
          const char *what)
{
  if (self->complaints->len > 0)
    g_string_append (self->complaints, "; ");
  if (task != NULL)
    append_task (self->complaints, task);
  g_string_append (self->complaints, what);
}

static void
on_unhandled (PillionLoop *loop,
              PillionTask *task,
              const GError *error,
              gpointer data)
{
  g_autofree char *what = g_strdup_printf (" failed, and nothing handled its error: %s", error->message);

  complain (data, task, what);
}

/* On any thread */
static void
on_task_finalized (gpointer data,
                   GObject *task)
{
  Test *self = data;

  pillion_mutex_lock (&self->lock);
  if (self->tasks != NULL)
    g_hash_table_remove (self->tasks, task);
  pillion_mutex_unlock (&self->lock);
}

static void
on_task_added (PillionLoop *loop,
               PillionTask *task,
               gpointer data)
{
  Test *self = data;

  pillion_mutex_lock (&self->lock);
  g_hash_table_add (self->tasks, task);
  pillion_mutex_unlock (&self->lock);
  g_object_weak_ref (G_OBJECT (task), on_task_finalized, self);
}

static void
run_body (PillionTask *task,
          gpointer data)
{
  Test *self = data;

  self->func (self->loop, self->data);
  if (!pillion_task_return_if_cancelled (task))
    pillion_task_return_boolean (task, TRUE);
}

/* A test that waits for something that never comes would hang */
static gboolean
on_patience_over (gpointer data)
{
  Test *self = data;
  g_autoptr (GString) left = g_string_new (NULL);

  for (PillionLive *link = pillion_core (self->loop)->live.head; link != NULL; link = link->next)
    {
      PillionTask *task = pillion_task_from_link (link);
      PillionTask *child = task->body != NULL && task->body->klass->get_child != NULL ? task->body->klass->get_child (task->body, 0) : NULL;

      g_string_append (left, left->len > 0 ? ", " : "");
      append_task (left, task);
      if (child != NULL)
        {
          g_string_append (left, " waiting for ");
          append_task (left, child);
        }
    }
  g_error ("%s has not ended after %u s: %s", self->path, pillion_test_patience_msec / 1000, left->str);

  return G_SOURCE_REMOVE;
}

/* Whether a thread has finished a task, and is about to hand it over */
static gboolean
is_one_on_its_way (Test *self)
{
  for (PillionLive *link = pillion_core (self->loop)->live.head; link != NULL; link = link->next)
    if (pillion_task_is_done (pillion_task_from_link (link)))
      return TRUE;

  return FALSE;
}

/* What was still pending after the body had returned and everything ready was done */
static void
check_live (Test *self)
{
  gint64 end_time = g_get_monotonic_time () + pillion_test_patience_msec * G_TIME_SPAN_MILLISECOND;
  PillionKick kick = { 0 };

  /* Something may be ready forever */
  do
    pillion_loop_kick_until (self->loop, MIN (end_time, g_get_monotonic_time () + G_USEC_PER_SEC), &kick);
  while ((kick.more_ready || is_one_on_its_way (self)) && g_get_monotonic_time () < end_time);

  for (PillionLive *link = pillion_core (self->loop)->live.head; link != NULL; link = link->next)
    {
      PillionTask *task = pillion_task_from_link (link);

      complain (self, task, " has not ended");
      pillion_mutex_lock (&self->lock);
      g_hash_table_remove (self->tasks, task);
      pillion_mutex_unlock (&self->lock);
    }
}

/* What the body did to the loop and did not undo */
static void
check_loop (Test *self)
{
  PillionCore *core = pillion_core (self->loop);

  if (core->n_holds > 0)
    complain (self, NULL, "the loop is still held");
  if (core->n_unsafe > 0)
    complain (self, NULL, "a region has not ended");
}

/* What has ended and is still referenced, perhaps by another thread that is about to drop it */
static void
check_held (Test *self)
{
  GHashTableIter iter;
  gpointer task;

  pillion_mutex_lock (&self->lock);
  g_hash_table_iter_init (&iter, self->tasks);
  while (g_hash_table_iter_next (&iter, &task, NULL))
    complain (self, task, " is still referenced");
  g_clear_pointer (&self->tasks, g_hash_table_unref);
  pillion_mutex_unlock (&self->lock);
}

static void
run_test (gconstpointer data)
{
  Test *self = (Test *) data;
  g_autoptr (PillionHost) host = PILLION_HOST (pillion_test_host_new ());
  g_autoptr (GSource) patience = g_timeout_source_new (pillion_test_patience_msec);
  g_autoptr (GError) error = NULL;
  g_autoptr (PillionLoop) left = NULL;
  PillionTask *task;
  GWeakRef weak;
  gulong handlers[2];

  self->loop = pillion_loop_new (NULL, PILLION_LOOP_PRIVATE_CONTEXT);
  self->complaints = g_string_new (NULL);
  self->tasks = g_hash_table_new (NULL, NULL);
  /* Another thread may drop the last reference */
  g_weak_ref_init (&weak, self->loop);

  if (!pillion_loop_ensure (self->loop, host, &error))
    g_error ("%s: %s", self->path, error->message);
  g_source_set_callback (patience, on_patience_over, self, NULL);
  g_source_attach (patience, pillion_loop_get_context (self->loop));

  task = pillion_loop_spawn_full (self->loop, self->path, STACK_SIZE, run_body, self, NULL);
  handlers[0] = g_signal_connect (self->loop, "task-added", G_CALLBACK (on_task_added), self);
  handlers[1] = g_signal_connect (self->loop, "unhandled-error", G_CALLBACK (on_unhandled), self);

  /* If the body has closed the loop, the close has reported what was left */
  if (!pillion_loop_run_until_complete (self->loop, task, &error) && !pillion_loop_is_closed (self->loop))
    complain (self, NULL, error->message);
  g_object_unref (task);
  g_source_destroy (patience);

  check_live (self);
  check_loop (self);
  pillion_loop_close (self->loop, self->complaints->len > 0 ? CLOSE_USEC : -1, NULL);
  g_signal_handler_disconnect (self->loop, handlers[0]);
  g_signal_handler_disconnect (self->loop, handlers[1]);
  check_held (self);
  g_object_unref (self->loop);
  left = g_weak_ref_get (&weak);
  g_weak_ref_clear (&weak);
  if (left != NULL && self->complaints->len == 0)
    complain (self, NULL, "the loop is still referenced");

  if (self->complaints->len > 0)
    {
      g_message ("%s: %s", self->path, self->complaints->str);
      g_test_fail_printf ("%s", self->complaints->str);
    }
  g_string_free (self->complaints, TRUE);
}

/**
 * pillion_test_add_func: (skip)
 * @path: the path of the test, as for `g_test_add_func ()`
 * @func: its body
 *
 * Adds a test whose body runs in a fiber, with a loop of its own and a virtual clock.
 *
 * ```c
 * #include <pillion/pillion.h>
 *
 * static void
 * test_nap (PillionLoop *loop,
 *           gpointer user_data)
 * {
 *   g_autoptr (PillionTask) nap = pillion_loop_sleep (loop, G_TIME_SPAN_DAY, NULL);
 *   g_autoptr (GError) error = NULL;
 *
 *   g_assert_true (pillion_await (nap, &error));
 *   g_assert_no_error (error);
 * }
 *
 * int
 * main (int argc,
 *       char **argv)
 * {
 *   g_test_init (&argc, &argv, NULL);
 *   pillion_test_add_func ("/nap/takes-a-day", test_nap);
 *
 *   return g_test_run ();
 * }
 * ```
 *
 * The day passes at once. After the body has returned and everything ready is done, the test fails if a task
 * has not ended or is still referenced, if a task failed and nothing looked at its error, if a region is still
 * open, or if the loop is still held or referenced. Each is named, with the place where it was made. A test
 * that takes more than a minute of real time is stopped, with the names of what it waits for.
 *
 * The loop has a context of its own, which is the thread's default while the test runs, so that GIO calls work
 * in it. It is closed after the body.
 *
 * Since: 1.0
 */
void
pillion_test_add_func (const char *path,
                       PillionTestFunc func)
{
  pillion_test_add_data_func (path, NULL, func);
}

/**
 * pillion_test_add_data_func: (skip)
 * @path: the path of the test, as for `g_test_add_data_func ()`
 * @user_data: data for @func
 * @func: its body
 *
 * Adds a test like [func@Pillion.test_add_func], whose body gets data.
 *
 * Since: 1.0
 */
void
pillion_test_add_data_func (const char *path,
                            gpointer user_data,
                            PillionTestFunc func)
{
  Test *self;

  g_return_if_fail (path != NULL);
  g_return_if_fail (func != NULL);

  self = g_new0 (Test, 1);
  self->path = g_strdup (path);
  self->func = func;
  self->data = user_data;
  g_mutex_init (&self->lock);
  self->next = tests;
  tests = self;
  g_test_add_data_func (path, self, run_test);
}
