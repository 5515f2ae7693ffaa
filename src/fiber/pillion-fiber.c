/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "fiber/pillion-fiber-private.h"

#include <errno.h>

#include <glib/gi18n-lib.h>

#include "fiber/pillion-overflow.h"

/* Fibers: starting, running and ending them. */

/* What a resumed fiber touches first: the frames of its await */
#define N_HOT_LINES 6
#define LINE_SIZE 64

__thread PillionFiber *pillion_fiber_current __attribute__ ((tls_model ("initial-exec")));

static inline PillionFiber *
fiber_from_item (PillionItem *item)
{
  return (PillionFiber *) ((char *) item - G_STRUCT_OFFSET (PillionFiber, timer.item));
}

/* The bottom of every fiber's stack */
static void
run (gpointer data)
{
  PillionFiber *self = data;
  PillionTask *task = self->body.task;

  pillion_sanitizer_enter (&self->back_side, &self->side);

  self->func (task, self->data);
  if (!pillion_task_is_returned (task) && !pillion_task_return_if_cancelled (task))
    pillion_task_return_boolean (task, TRUE);

  self->state = PILLION_FIBER_ENDED;
  pillion_sanitizer_leave (&self->side, &self->back_side, TRUE);
  pillion_switch_to (&self->here, &self->back);
  g_assert_not_reached ();
}

/* Releases what the function needed */
static void
let_go (PillionFiber *self)
{
  PillionTask *task = self->body.task;

  if (self->stack != NULL)
    {
      pillion_sanitizer_end (&self->side);
      pillion_stack_give (g_steal_pointer (&self->stack));
    }
  if (self->destroy != NULL)
    self->destroy (self->data);
  pillion_sync_unref (task);
}

static gboolean
find_overflow (gconstpointer address,
               PillionOverflow *overflow)
{
  PillionFiber *self = pillion_fiber_current;
  const char *limit;

  if (self == NULL || self->stack == NULL)
    return FALSE;

  limit = self->stack->limit;
  if ((const char *) address >= limit || (const char *) address < limit - PILLION_STACK_GUARD_SIZE)
    return FALSE;

  overflow->name = self->body.task->name;
  overflow->site = self->body.task->site;
  overflow->size = pillion_stack_get_size (self->stack);
  return TRUE;
}

static void
stop_overflowed (PillionFiber *self)
{
  /* There is no way to tell what was overwritten */
  g_error ("The stack of fiber '%s', spawned at %s, has overflowed: it has %" G_GSIZE_FORMAT
           " KiB, and pillion_loop_spawn_full () gives more",
           self->body.task->name, self->body.task->site, pillion_stack_get_size (self->stack) / 1024);
}

void
pillion_fiber_resume (PillionFiber *self)
{
  /* With many fibers the stack is cold: it is fetched while the rest is done */
  for (guint i = 0; i < N_HOT_LINES; i++)
    __builtin_prefetch ((char *) self->here.sp + i * LINE_SIZE, 1);

  self->resumer = pillion_fiber_current;
  self->depth = pillion_core_thread_depth;
  if (pillion_core_thread_main_depth < 0)
    pillion_core_thread_main_depth = g_main_depth ();
  self->main_depth = pillion_core_thread_main_depth;
  self->state = PILLION_FIBER_RUNNING;
  pillion_fiber_current = self;

  pillion_sanitizer_here (&self->back_side);
  pillion_sanitizer_leave (&self->back_side, &self->side, FALSE);
  pillion_switch_to (&self->back, &self->here);
  pillion_sanitizer_enter (&self->side, &self->back_side);

  pillion_fiber_current = self->resumer;

  if (G_UNLIKELY (!self->guarded && !pillion_stack_is_whole (self->stack)))
    stop_overflowed (self);
  if (self->state == PILLION_FIBER_ENDED)
    let_go (self);
}

void
pillion_fiber_abandon (PillionFiber *self)
{
  PillionTask *task = self->body.task;

  self->state = PILLION_FIBER_ENDED;
  self->awaited = NULL;
  if (!pillion_task_is_returned (task))
    pillion_task_return_new_error (task, G_IO_ERROR, G_IO_ERROR_CANCELLED, _("Task '%s' was cancelled"), task->name);
  let_go (self);
}

/* The first turn. Only now is a stack needed, so that many short fibers share one. */
static void
start (PillionFiber *self)
{
  PillionTask *task = self->body.task;

  if (pillion_fiber_is_cancelled (self))
    {
      pillion_task_return_if_cancelled (task);
      self->state = PILLION_FIBER_ENDED;
      let_go (self);
      return;
    }

  pillion_overflow_watch_thread (find_overflow);
  self->stack = pillion_stack_take (self->stack_size, self);
  if (self->stack == NULL)
    {
      pillion_task_return_new_error (task, PILLION_ERROR, PILLION_ERROR_NO_RESOURCES, _("Can't allocate a stack for the fiber '%s': %s"),
                                     task->name, g_strerror (errno));
      self->state = PILLION_FIBER_ENDED;
      let_go (self);
      return;
    }

  self->guarded = self->stack->guarded;
  pillion_switch_prepare (&self->here, self->stack->limit, self->stack->top, run, self);
  pillion_sanitizer_begin (&self->side, self->stack->limit, pillion_stack_get_size (self->stack));
  pillion_fiber_resume (self);
}

static gboolean
fiber_item_run (PillionItem *item,
                PillionCore *core)
{
  PillionFiber *self = fiber_from_item (item);

  if (self->state == PILLION_FIBER_NEW)
    start (self);
  else
    pillion_fiber_resume (self);

  return FALSE;
}

static const char *
fiber_item_get_name (PillionItem *item)
{
  return fiber_from_item (item)->body.task->name;
}

static void
fiber_item_drop (PillionItem *item)
{
  pillion_fiber_abandon (fiber_from_item (item));
}

static void
fiber_item_warm (PillionItem *item)
{
  __builtin_prefetch (fiber_from_item (item)->here.sp);
}

static const PillionItemClass fiber_item_class = {
  .run = fiber_item_run,
  .get_name = fiber_item_get_name,
  .warm = fiber_item_warm,
  .drop = fiber_item_drop,
};

/* The task was cancelled. A fiber that is ready or running finds that out by itself. */
static void
fiber_cancelled (PillionTaskBody *body)
{
  PillionFiber *self = (PillionFiber *) body;

  if (self->state == PILLION_FIBER_AWAITING)
    {
      pillion_fiber_give_up (self);
    }
  else if (self->state == PILLION_FIBER_SLEEPING && self->timer.index != 0)
    {
      pillion_timer_heap_remove (&self->core->timers, &self->timer);
      pillion_fiber_resume (self);
    }
}

static PillionTask *
fiber_get_child (PillionTaskBody *body,
                 guint index)
{
  return index == 0 ? ((PillionFiber *) body)->awaited : NULL;
}

static gboolean
fiber_is_running (PillionTaskBody *body)
{
  return ((PillionFiber *) body)->state == PILLION_FIBER_RUNNING;
}

static void
fiber_free (PillionTaskBody *body)
{
  g_free (body);
}

static const PillionTaskBodyClass fiber_class = {
  .cancelled = fiber_cancelled,
  .get_child = fiber_get_child,
  .is_running = fiber_is_running,
  .free = fiber_free,
};

/**
 * pillion_loop_spawn_static: (skip)
 * @self: a loop
 * @name: what the fiber is called in reports; not copied, so it has to last
 * @stack_size: how many bytes of stack @func needs; 0 for the default
 * @site: (nullable): where the fiber is spawned; not copied, so it has to last
 * @func: its function
 * @user_data: data for @func
 * @destroy: (nullable): frees @user_data on the loop's thread when @func has returned
 *
 * Spawns a fiber without copying its name. [method@Pillion.Loop.spawn] is a macro that calls this if the name is a literal.
 *
 * Returns: (transfer full): the fiber's task
 *
 * Since: 1.0
 */
PillionTask *
pillion_loop_spawn_static (PillionLoop *self,
                           const char *name,
                           gsize stack_size,
                           const char *site,
                           PillionFiberFunc func,
                           gpointer user_data,
                           GDestroyNotify destroy)
{
  PillionTask *task;
  PillionFiber *fiber;

  g_return_val_if_fail (func != NULL, NULL);

  task = pillion_task_new_static (self, name, NULL, site);
  if (G_UNLIKELY (task == NULL))
    return NULL;

  if (G_UNLIKELY (pillion_task_is_done (task)))
    {
      if (destroy != NULL)
        destroy (user_data);
      return task;
    }

  fiber = g_new0 (PillionFiber, 1);
  fiber->core = pillion_core (self);
  fiber->func = func;
  fiber->data = user_data;
  fiber->destroy = destroy;
  fiber->stack_size = stack_size;
  fiber->timer.item.klass = &fiber_item_class;
  pillion_task_set_body (g_object_ref (task), &fiber->body, &fiber_class);
  pillion_core_push_local (pillion_core (self), &fiber->timer.item);

  return task;
}

/**
 * pillion_loop_spawn_at: (skip)
 * @self: a loop
 * @name: what the fiber is called in reports
 * @stack_size: how many bytes of stack @func needs; 0 for the default
 * @site: (nullable): where the fiber is spawned; not copied, so it has to last
 * @func: its function
 * @user_data: data for @func
 * @destroy: (nullable): frees @user_data on the loop's thread when @func has returned
 *
 * Spawns a fiber. [method@Pillion.Loop.spawn] is a macro that calls this if the name is not a literal.
 *
 * Returns: (transfer full): the fiber's task
 *
 * Since: 1.0
 */
PillionTask *
pillion_loop_spawn_at (PillionLoop *self,
                       const char *name,
                       gsize stack_size,
                       const char *site,
                       PillionFiberFunc func,
                       gpointer user_data,
                       GDestroyNotify destroy)
{
  PillionTask *task = pillion_loop_spawn_static (self, name, stack_size, site, func, user_data, destroy);

  if (task != NULL)
    pillion_task_set_name (task, name);

  return task;
}

/**
 * pillion_loop_spawn_full: (skip)
 * @self: a loop
 * @name: what the fiber is called in reports
 * @stack_size: how many bytes of stack @func needs; rounded up; 0 for the default, which is 128 KiB
 * @func: its function
 * @user_data: data for @func
 * @destroy: (nullable): frees @user_data on the loop's thread when @func has returned
 *
 * Spawns a fiber with a stack of a given size. Only the part of it that is written to uses memory. If the size
 * is not available, the task fails with [error@Pillion.Error.NO_RESOURCES] when the fiber would first run. See
 * [method@Pillion.Loop.spawn].
 *
 * Returns: (transfer full): the fiber's task
 *
 * Since: 1.0
 */
PillionTask *(pillion_loop_spawn_full) (PillionLoop *self,
                                        const char *name,
                                        gsize stack_size,
                                        PillionFiberFunc func,
                                        gpointer user_data,
                                        GDestroyNotify destroy)
{
  return pillion_loop_spawn_at (self, name, stack_size, NULL, func, user_data, destroy);
}

/**
 * pillion_loop_spawn: (skip)
 * @self: a loop
 * @name: what the fiber is called in reports
 * @func: its function
 * @user_data: data for @func
 * @destroy: (nullable): frees @user_data on the loop's thread when @func has returned
 *
 * Spawns a fiber: a task whose work is a function with its own stack, in which it can wait as if it blocked.
 * Meanwhile the loop carries on.
 *
 * ```c
 * static void
 * save (PillionTask *task, gpointer user_data)
 * {
 *   g_autoptr (PillionTask) load = pillion_http_client_get_bytes (user_data, "https://example.org/", NULL);
 *   g_autoptr (GError) error = NULL;
 *   g_autoptr (GBytes) bytes = pillion_await_bytes (load, &error);
 *
 *   if (bytes == NULL)
 *     pillion_task_return_error (task, g_steal_pointer (&error));
 *   else
 *     pillion_task_return_int (task, g_bytes_get_size (bytes));
 * }
 *
 * task = pillion_loop_spawn (loop, "save", save, client, NULL);
 * ```
 *
 * The function first runs in a kick, never inside this call. As the last thing it does, it finishes its task
 * with one of the `return` functions. If it returns without, the task ends with %TRUE, or as cancelled if it
 * was asked to stop. A task that is cancelled before its function has run never runs it.
 *
 * Cancelling the task makes every [func@Pillion.await], [func@Pillion.yield] and [func@Pillion.sleep] of the function
 * fail with `G_IO_ERROR_CANCELLED` until it returns; the function cleans up and returns as after any other error.
 *
 * The task fails with [error@Pillion.Error.NO_RESOURCES] if no stack is available, and with
 * [error@Pillion.Error.CLOSED] if @self was closed. On the loop's thread only. In C, this is a macro that
 * records the place where it is called. See [Fibers](fibers.html) for details.
 *
 * Returns: (transfer full): the fiber's task, which ends as @func ends it
 *
 * Since: 1.0
 */
PillionTask *(pillion_loop_spawn) (PillionLoop *self,
                                   const char *name,
                                   PillionFiberFunc func,
                                   gpointer user_data,
                                   GDestroyNotify destroy)
{
  return pillion_loop_spawn_at (self, name, 0, NULL, func, user_data, destroy);
}

/**
 * pillion_fiber_get_current_task: (skip)
 *
 * Gets the task of the calling fiber. Can be called from any thread.
 *
 * Returns: (transfer none) (nullable): the task, or %NULL outside of a fiber
 *
 * Since: 1.0
 */
PillionTask *
pillion_fiber_get_current_task (void)
{
  PillionFiber *self = pillion_fiber_current;

  /* A callback that the fiber's own run-until called doesn't run in the fiber */
  return self != NULL && pillion_fiber_is_innermost (self) ? self->body.task : NULL;
}
