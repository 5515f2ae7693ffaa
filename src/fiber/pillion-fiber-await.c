/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "fiber/pillion-fiber-private.h"

#include <glib/gi18n-lib.h>

#include "task/pillion-task-dependencies.h"

/* Waiting in a fiber. */

/* The calling fiber, if it may wait here; if not, NULL, and @error is set. @core is the loop to wait in, or NULL for the fiber's own. */
static inline PillionFiber *
get_caller (PillionCore *core,
            GError **error)
{
  PillionFiber *self = pillion_fiber_current;

  if (G_UNLIKELY (self == NULL))
    {
      if (core == NULL || pillion_core_check_thread (core, error))
        g_set_error (error, PILLION_ERROR, PILLION_ERROR_NOT_IN_FIBER, _("Only a fiber can wait here"));
      return NULL;
    }

  /* This is a callback, called by a run-until of the fiber or by GLib, which would be stopped as well */
  if (G_UNLIKELY (!pillion_fiber_is_innermost (self)))
    {
      g_set_error (error, PILLION_ERROR, PILLION_ERROR_NOT_IN_FIBER,
                   _("A callback can't wait for the fiber '%s', which is running the loop that called it"), self->body.task->name);
      return NULL;
    }

  return self;
}

static G_GNUC_NO_INLINE gboolean
fail_cancelled (PillionFiber *self,
                GError **error)
{
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED, _("Task '%s' was cancelled"), self->body.task->name);
  return FALSE;
}

/* Whether the fiber may wait, or continue after a wait */
static inline gboolean
check (PillionFiber *self,
       GError **error)
{
  if (G_UNLIKELY (pillion_fiber_is_cancelled (self)))
    return fail_cancelled (self, error);

  if (G_UNLIKELY (self->core->closed))
    {
      g_set_error_literal (error, PILLION_ERROR, PILLION_ERROR_CLOSED,
                           pillion_core_describe_closed (self->core));
      return FALSE;
    }

  return TRUE;
}

static void
on_awaited (PillionTask *task,
            gpointer data)
{
  ((PillionFiber *) data)->delivered = TRUE;
}

/* Called after on_awaited (), or instead of it if the callback is removed. The fiber continues here, because this is the last thing that the
 * task does with it: it may be gone when it comes back. */
static void
on_awaited_over (gpointer data)
{
  PillionFiber *self = data;

  if (self->delivered)
    {
      pillion_fiber_resume (self);
    }
  else if (self->unhooked)
    {
      return;
    }
  else if (self->core->closed)
    {
      pillion_fiber_abandon (self);
    }
  else
    {
      /* The task was taken over; or its loop is about to be closed, and then this turn never comes */
      self->awaited = NULL;
      self->state = PILLION_FIBER_YIELDING;
      pillion_core_push_local (self->core, &self->timer.item);
    }
}

static inline void
hook (PillionFiber *self,
      PillionTask *task)
{
  self->await_id = pillion_task_add_callback (task, PILLION_CALLBACK_WAITS, on_awaited, self, on_awaited_over);
}

void
pillion_fiber_give_up (PillionFiber *self)
{
  PillionTask *awaited = self->awaited;

  if (self->giving_up)
    return;

  self->unhooked = TRUE;
  pillion_task_remove_done_callback (awaited, self->await_id);
  self->unhooked = FALSE;

  /* A task that is done doesn't write any more, and if it waits for a safe point, its callbacks may be called much later */
  if (pillion_task_is_done (awaited) || pillion_task_is_awaited (awaited))
    {
      pillion_fiber_resume (self);
    }
  else
    {
      /* The wait goes on until the task has ended: until then it may write to the fiber's stack */
      self->giving_up = TRUE;
      hook (self, awaited);
      pillion_task_cancel (awaited);
    }
}

static inline gboolean
is_deadlock (PillionTask *self,
             PillionTask *task)
{
  if (task == self)
    return TRUE;

  /* In a circle, every task has a callback */
  return task->body != NULL && (self->first.func != NULL || (self->others != NULL && self->others->length > 0)) &&
         pillion_task_waits_for (task, self);
}

/* Waits until @task is done. Returns whether the fiber may look at its outcome. */
static inline gboolean
await_done (PillionFiber *self,
            PillionTask *task,
            GError **error)
{
  PillionTask *own = self->body.task;
  gboolean taken_over;

  if (is_deadlock (own, task))
    {
      g_set_error (error, PILLION_ERROR, PILLION_ERROR_DEADLOCK, _("'%s' would wait for itself if it waited for '%s'"), own->name, task->name);
      return FALSE;
    }

  if (G_UNLIKELY (!check (self, error)))
    {
      if (self->core->closed || pillion_task_is_awaited (task))
        return FALSE;

      /* As if the fiber had been cancelled a moment later */
      pillion_task_cancel (task);
      /* A handler may have closed the loop, and then nothing is delivered any more */
      if (self->core->closed)
        return FALSE;
      self->giving_up = TRUE;
      g_clear_error (error);
    }

  self->awaited = task;
  hook (self, task);
  pillion_fiber_park (self, PILLION_FIBER_AWAITING);
  taken_over = self->awaited == NULL;
  self->awaited = NULL;
  self->delivered = FALSE;
  self->giving_up = FALSE;

  if (!check (self, error))
    return FALSE;
  if (G_UNLIKELY (taken_over))
    {
      g_set_error (error, PILLION_ERROR, PILLION_ERROR_CLOSED, _("Something else took charge of '%s' while it was being awaited"), task->name);
      return FALSE;
    }

  return TRUE;
}

/**
 * pillion_await: (skip)
 * @task: a task
 * @error: return location for an error
 *
 * Waits, in a fiber, until a task is done. Meanwhile the loop carries on. If the task is already done, this
 * returns its outcome at once, unless the task is marked for a safe point
 * ([method@Pillion.Task.set_safe_point]) and there is none: then it returns at the next one.
 *
 * If the fiber's own task is cancelled during the wait, the fiber gives up on @task. If something else waits
 * for @task too, it is left alone and the wait ends at once. Otherwise @task is cancelled, and the wait ends
 * only after it has ended, because its work may use memory on the fiber's stack. A fiber that is already
 * cancelled gives up right away.
 *
 * Returns: whether the task succeeded; if not, @error is set: to the task's own error, or to
 *
 *   - `G_IO_ERROR_CANCELLED` if the fiber's task was cancelled, whatever became of @task
 *   - [error@Pillion.Error.NOT_IN_FIBER] outside of a fiber, and in a callback that is called while a fiber runs a loop or a context from inside
 *   - [error@Pillion.Error.WRONG_THREAD] on another thread than the loop's
 *   - [error@Pillion.Error.DEADLOCK] if @task is the fiber's own, or waits for it, directly or through others
 *   - `G_IO_ERROR_INVALID_ARGUMENT` if @task belongs to another loop than the fiber
 *   - [error@Pillion.Error.CLOSED] if the loop was closed, or somebody took @task over ([method@Pillion.Scope.adopt])
 *
 * Since: 1.0
 */
gboolean
pillion_await (PillionTask *task,
               GError **error)
{
  PillionFiber *self;

  g_return_val_if_fail (PILLION_IS_TASK (task), FALSE);
  g_return_val_if_fail (task->loop != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  self = get_caller (pillion_core (task->loop), error);
  if (G_UNLIKELY (self == NULL))
    return FALSE;
  if (G_UNLIKELY (pillion_core (task->loop) != self->core))
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, _("'%s' belongs to another loop"), task->name);
      return FALSE;
    }

  pillion_task_look (task);
  if (pillion_task_load_state (task) == PILLION_TASK_PENDING)
    {
      if (!await_done (self, task, error))
        return FALSE;
    }
  else if (pillion_fiber_is_cancelled (self))
    {
      return fail_cancelled (self, error);
    }
  /* Whatever follows the task has to wait for a safe point, and so does the fiber */
  else if (G_UNLIKELY (task->safe_point && self->core->n_unsafe > 0) && !await_done (self, task, error))
    {
      return FALSE;
    }

  return pillion_task_peek_error (task, error);
}

/**
 * pillion_await_boolean: (skip)
 * @task: a task
 * @error: return location for an error
 *
 * Waits for a task like [func@Pillion.await], and returns its result, which is a boolean.
 *
 * Returns: the result; %FALSE also if @error is set: to what [func@Pillion.await] gives, or to [error@Pillion.Error.WRONG_TYPE]
 *
 * Since: 1.0
 */
gboolean
pillion_await_boolean (PillionTask *task,
                       GError **error)
{
  return pillion_await (task, error) ? pillion_task_get_boolean (task, error) : FALSE;
}

/**
 * pillion_await_int: (skip)
 * @task: a task
 * @error: return location for an error
 *
 * Waits for a task like [func@Pillion.await], and returns its result, which is an integer.
 *
 * Returns: the result; 0 also if @error is set: to what [func@Pillion.await] gives, or to [error@Pillion.Error.WRONG_TYPE]
 *
 * Since: 1.0
 */
gint64
pillion_await_int (PillionTask *task,
                   GError **error)
{
  return pillion_await (task, error) ? pillion_task_get_int (task, error) : 0;
}

/**
 * pillion_await_double: (skip)
 * @task: a task
 * @error: return location for an error
 *
 * Waits for a task like [func@Pillion.await], and returns its result, which is a floating-point number.
 *
 * Returns: the result; 0 also if @error is set: to what [func@Pillion.await] gives, or to [error@Pillion.Error.WRONG_TYPE]
 *
 * Since: 1.0
 */
double
pillion_await_double (PillionTask *task,
                      GError **error)
{
  return pillion_await (task, error) ? pillion_task_get_double (task, error) : 0.0;
}

/**
 * pillion_await_string: (skip)
 * @task: a task
 * @error: return location for an error
 *
 * Waits for a task like [func@Pillion.await], and returns its result, which is a string.
 *
 * Returns: (transfer full) (nullable): a copy of the result; %NULL also if @error is set: to what [func@Pillion.await] gives, or to [error@Pillion.Error.WRONG_TYPE]
 *
 * Since: 1.0
 */
char *
pillion_await_string (PillionTask *task,
                      GError **error)
{
  return pillion_await (task, error) ? pillion_task_get_string (task, error) : NULL;
}

/**
 * pillion_await_bytes: (skip)
 * @task: a task
 * @error: return location for an error
 *
 * Waits for a task like [func@Pillion.await], and returns its result, which is bytes.
 *
 * Returns: (transfer full) (nullable): the result; %NULL also if @error is set: to what [func@Pillion.await] gives, or to [error@Pillion.Error.WRONG_TYPE]
 *
 * Since: 1.0
 */
GBytes *
pillion_await_bytes (PillionTask *task,
                     GError **error)
{
  return pillion_await (task, error) ? pillion_task_get_bytes (task, error) : NULL;
}

/**
 * pillion_await_variant: (skip)
 * @task: a task
 * @error: return location for an error
 *
 * Waits for a task like [func@Pillion.await], and returns its result, which is a variant.
 *
 * Returns: (transfer full) (nullable): the result; %NULL also if @error is set: to what [func@Pillion.await] gives, or to [error@Pillion.Error.WRONG_TYPE]
 *
 * Since: 1.0
 */
GVariant *
pillion_await_variant (PillionTask *task,
                       GError **error)
{
  return pillion_await (task, error) ? pillion_task_get_variant (task, error) : NULL;
}

/**
 * pillion_await_object: (skip)
 * @task: a task
 * @error: return location for an error
 *
 * Waits for a task like [func@Pillion.await], and returns its result, which is an object.
 *
 * Returns: (transfer full) (nullable) (type GObject.Object): a reference to the result; %NULL also if @error is set: to what [func@Pillion.await] gives, or to [error@Pillion.Error.WRONG_TYPE]
 *
 * Since: 1.0
 */
gpointer
pillion_await_object (PillionTask *task,
                      GError **error)
{
  return pillion_await (task, error) ? pillion_task_get_object (task, error) : NULL;
}

/**
 * pillion_await_boxed: (skip)
 * @task: a task
 * @type: the boxed type that is wanted
 * @error: return location for an error
 *
 * Waits for a task like [func@Pillion.await], and returns its result, which is a boxed value.
 *
 * Returns: (transfer full) (nullable): a copy of the result; %NULL also if @error is set: to what [func@Pillion.await] gives, or to [error@Pillion.Error.WRONG_TYPE]
 *
 * Since: 1.0
 */
gpointer
pillion_await_boxed (PillionTask *task,
                     GType type,
                     GError **error)
{
  return pillion_await (task, error) ? pillion_task_get_boxed (task, type, error) : NULL;
}

/**
 * pillion_await_pointer: (skip)
 * @task: a task
 * @error: return location for an error
 *
 * Waits for a task like [func@Pillion.await], and returns its result, which is a pointer.
 *
 * Returns: (transfer none) (nullable): the result, which belongs to the task; %NULL also if @error is set: to what [func@Pillion.await] gives, or to [error@Pillion.Error.WRONG_TYPE]
 *
 * Since: 1.0
 */
gpointer
pillion_await_pointer (PillionTask *task,
                       GError **error)
{
  return pillion_await (task, error) ? pillion_task_get_pointer (task, error) : NULL;
}

/**
 * pillion_yield: (skip)
 * @error: return location for an error
 *
 * Lets everything else that is ready have its turn first. For use in a fiber.
 *
 * Returns: whether the fiber may continue; if not, @error is set: to `G_IO_ERROR_CANCELLED` if its task was cancelled, to
 *   [error@Pillion.Error.NOT_IN_FIBER], or to [error@Pillion.Error.CLOSED] if the loop was closed
 *
 * Since: 1.0
 */
gboolean
pillion_yield (GError **error)
{
  PillionFiber *self;

  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  self = get_caller (NULL, error);
  if (self == NULL || !check (self, error))
    return FALSE;

  pillion_core_push_local (self->core, &self->timer.item);
  pillion_fiber_park (self, PILLION_FIBER_YIELDING);

  return check (self, error);
}

/**
 * pillion_sleep: (skip)
 * @delay: how long, in µs; 0 or less means until timers are next looked at
 * @error: return location for an error
 *
 * Waits, in a fiber, until some time has passed on the host's clock, without creating a task. Cancelling the
 * fiber's task ends the sleep at once.
 *
 * Returns: whether the fiber may continue; if not, @error is set: to `G_IO_ERROR_CANCELLED` if its task was cancelled, to
 *   [error@Pillion.Error.NOT_IN_FIBER], or to [error@Pillion.Error.CLOSED] if the loop was closed
 *
 * Since: 1.0
 */
gboolean
pillion_sleep (GTimeSpan delay,
               GError **error)
{
  PillionFiber *self;
  PillionCore *core;

  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  self = get_caller (NULL, error);
  if (self == NULL || !check (self, error))
    return FALSE;

  core = self->core;
  pillion_core_add_timer (core, &self->timer, pillion_add_time (pillion_core_now (core), MAX (delay, 0)));
  pillion_fiber_park (self, PILLION_FIBER_SLEEPING);

  return check (self, error);
}
