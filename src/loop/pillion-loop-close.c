/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "loop/pillion-loop-private.h"

#include <glib/gi18n-lib.h>

#include "task/pillion-scope-private.h"
#include "task/pillion-task-dependencies.h"
#include "task/pillion-task-private.h"

/* Closing a loop. */

/* The least time that close () gives threads that may be about to end, and those that certainly are, in µs. On a busy machine, it takes long until
 * a thread runs at all. */
#define BUSY_USEC 50000
#define IDLE_USEC G_USEC_PER_SEC

/* How many tasks an error names before it only counts the others */
#define MAX_NAMED 10

/* Nothing is alive, except what can't end or be delivered before this returns */
static gboolean
is_quiet (PillionLoop *self,
          gpointer data)
{
  PillionCore *core = &self->core;

  if (pillion_core_has_ready (core))
    return FALSE;
  if (core->live.length == 0)
    return TRUE;
  if (core->n_unsafe == 0)
    return FALSE;

  for (PillionLive *link = core->live.head; link != NULL; link = link->next)
    {
      if (!pillion_task_is_held_back (pillion_task_from_link (link)))
        return FALSE;
    }
  return TRUE;
}

static void
cancel_all (PillionLoop *self)
{
  g_autoptr (GPtrArray) tasks = g_ptr_array_new_with_free_func (g_object_unref);

  /* A cancelled task may end at once, and take others with it */
  for (PillionLive *link = self->core.live.head; link != NULL; link = link->next)
    g_ptr_array_add (tasks, g_object_ref (pillion_task_from_link (link)));
  for (guint i = 0; i < tasks->len; i++)
    pillion_task_cancel (tasks->pdata[i]);
}

/* Takes what is still alive off the list. Each task keeps its reference until whatever works on it drops it. */
static void
name_left (PillionLoop *self,
           guint n_threads,
           GString *left)
{
  guint n_tasks = self->core.live.length;
  PillionLive *link;
  guint n = 0;

  for (; (link = self->core.live.head) != NULL; n++)
    {
      PillionTask *task = pillion_task_from_link (link);

      if (n < MAX_NAMED)
        {
          if (left->len > 0)
            g_string_append (left, ", ");
          pillion_scope_describe_task (task, left);
        }
      pillion_task_abandon (task);
    }

  if (n_tasks > MAX_NAMED)
    g_string_append_printf (left, g_dngettext (GETTEXT_PACKAGE, ", and %u more task", ", and %u more tasks", n_tasks - MAX_NAMED),
                            n_tasks - MAX_NAMED);
  if (n_threads > 0)
    g_string_append_printf (left, g_dngettext (GETTEXT_PACKAGE, "%s%u worker thread", "%s%u worker threads", n_threads),
                            left->len > 0 ? ", " : "", n_threads);
  pillion_loop_name_regions (self, left);
}

/**
 * pillion_loop_close:
 * @self: a loop
 * @timeout: how long it may take, in µs; negative for as long as it takes
 * @error: return location for an error
 *
 * Ends everything. It cancels all tasks, including those in scopes, closes the scopes, works until every
 * callback was delivered or the time is up, joins the threads, removes the hook and releases the context. Calls
 * that are not due are dropped. It never takes longer than @timeout, except for a callback that blocks, and a
 * moment, at most a second, for threads that are about to end. Called inside a callback, it does not wait for
 * what waits for that callback.
 *
 * In a region that allows no callbacks, none are called, and the error names the region. Work that is marked
 * for a safe point runs if this is one.
 *
 * From the moment it begins, starting anything fails with [error@Pillion.Error.CLOSED], and nothing is called
 * after it returns. Closing twice has no effect. Call it on the loop's thread, inside a callback if you like. A
 * fiber of the loop can close it too, and is then among what is left.
 *
 * Returns: whether everything had ended; if not, the loop is closed all the same, and @error is
 *   [error@Pillion.Error.LEFT_BEHIND] and names what was left. It may also be [error@Pillion.Error.WRONG_THREAD], or
 *   [error@Pillion.Error.NESTED] if the loop is being closed further up; then this call did nothing
 *
 * Since: 1.0
 */
gboolean
pillion_loop_close (PillionLoop *self,
                    GTimeSpan timeout,
                    GError **error)
{
  PillionCore *core = &self->core;
  g_autoptr (GString) left = NULL;
  gint64 now = g_get_monotonic_time ();
  gint64 busy_time;
  gint64 idle_time;
  guint n_threads = 0;

  g_return_val_if_fail (PILLION_IS_LOOP (self), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (!pillion_core_check_thread (core, error))
    return FALSE;
  if (core->closed)
    return TRUE;
  if (core->closing)
    {
      g_set_error (error, PILLION_ERROR, PILLION_ERROR_NESTED, _("The loop is already being closed"));
      return FALSE;
    }

  g_object_ref (self);
  pillion_scope_begin_closing_all (core);
  /* Threads that have nothing left to do need a moment to end, which even a close without a timeout grants
   * them */
  busy_time = timeout < 0 ? G_MAXINT64 : pillion_add_time (now, MAX (timeout, BUSY_USEC));
  idle_time = timeout < 0 ? G_MAXINT64 : pillion_add_time (now, MAX (timeout, IDLE_USEC));
  left = g_string_new (NULL);

  cancel_all (self);
  pillion_loop_run_until (self, is_quiet, NULL, timeout, NULL);

  if (core->workers != NULL)
    n_threads = pillion_workers_close (g_steal_pointer (&core->workers), busy_time, idle_time);
  name_left (self, n_threads, left);

  pillion_loop_shut (self);
  if (!pillion_io_thread_join (idle_time))
    g_string_append (left, left->len > 0 ? ", pillion-io" : "pillion-io");

  if (left->len > 0)
    g_set_error (error, PILLION_ERROR, PILLION_ERROR_LEFT_BEHIND, _("Still running when the loop was closed: %s"), left->str);
  g_object_unref (self);

  return left->len == 0;
}

/**
 * pillion_loop_is_closed:
 * @self: a loop
 *
 * Checks whether the loop was closed, from any thread.
 *
 * Returns: whether it was
 *
 * Since: 1.0
 */
gboolean
pillion_loop_is_closed (PillionLoop *self)
{
  g_return_val_if_fail (PILLION_IS_LOOP (self), FALSE);

  return __atomic_load_n (&self->core.closed, __ATOMIC_SEQ_CST);
}
