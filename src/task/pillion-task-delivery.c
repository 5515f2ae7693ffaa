/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "task/pillion-task-private.h"

#include "base/pillion-sync.h"
#include "core/pillion-private.h"

/* The end of a task on the loop's thread: it stops being live, its callbacks are called, and a failure that nobody looked at is reported. */

static inline PillionTask *
task_from_item (PillionItem *item)
{
  return (PillionTask *) ((char *) item - G_STRUCT_OFFSET (PillionTask, item));
}

/* Not g_cancellable_disconnect (), which would wait for the handler that this may be called from */
static void
disconnect (GCancellable *cancellable,
            gulong *handler)
{
  if (*handler != 0)
    g_signal_handler_disconnect (cancellable, *handler);
  *handler = 0;
}

/* The work is over: the task no longer counts as live */
static void
leave (PillionTask *self,
       PillionCore *core)
{
  pillion_live_list_remove (&core->live, &self->link);
  pillion_loop_list_task (self->loop, self, FALSE);
  self->live = FALSE;
  if (self->external)
    pillion_core_external (core, -1);
  self->external = FALSE;
  if (self->extra != NULL)
    {
      disconnect (self->extra->parent, &self->extra->parent_handler);
      disconnect (self->cancellable, &self->extra->own_handler);
    }
}

gboolean
pillion_private_task_set_external (PillionTask *self,
                                   gboolean external)
{
  if (!self->live || self->external == external)
    return FALSE;

  self->external = external;
  pillion_core_external (pillion_core (self->loop), external ? 1 : -1);
  return TRUE;
}

void
pillion_task_abandon (PillionTask *self)
{
  g_object_ref (self);
  leave (self, pillion_core (self->loop));
  pillion_task_free_callbacks (self);
  if (pillion_task_load_state (self) == PILLION_TASK_PENDING && self->body != NULL && self->body->klass->abandoned != NULL)
    self->body->klass->abandoned (self->body);
  g_object_unref (self);
}

gboolean
pillion_task_take_unhandled (PillionTask *self)
{
  return pillion_task_load_state (self) == PILLION_TASK_FAILED &&
         !__atomic_exchange_n (&self->looked, TRUE, __ATOMIC_RELAXED);
}

void
pillion_task_report (PillionTask *self)
{
  g_autoptr (GError) error = NULL;

  if (!pillion_task_peek_error (self, &error))
    pillion_loop_emit_unhandled_error (self->loop, self, error);
}

/* Delivers one callback. A reference came with the item. */
static gboolean
task_item_run (PillionItem *item,
               PillionCore *core)
{
  PillionTask *self = task_from_item (item);
  PillionTaskDone done;

  pillion_task_take_loop (self);
  if (self->live)
    {
      /* Its signals' handlers are callbacks of the task, too: a wait for it inside one must not wait for the others */
      self->running = TRUE;
      if (__atomic_load_n (&self->extra, __ATOMIC_ACQUIRE) != NULL)
        pillion_task_flush_progress (self);
      if (G_LIKELY (self->live))
        {
          leave (self, core);
          pillion_task_notify_state (self);
          pillion_loop_emit_task_done (self->loop, self);
        }
      self->running = FALSE;
      /* A handler may have closed the loop: then the item is dropped */
      if (G_UNLIKELY (core->closed))
        return TRUE;
    }

  if (pillion_task_take_callback (self, &done))
    {
      if (done.kind == PILLION_CALLBACK_WAITS)
        pillion_task_take_outcome (self);
      self->running = TRUE;
      done.func (self, done.data);
      pillion_task_done_clear (&done);
      self->running = FALSE;
      if (pillion_task_has_callback (self))
        return TRUE;
    }

  self->queued = FALSE;
  /* If this is the last reference, nobody can look any more. If not, this is checked again when the last one is dropped. */
  if (self->to_report || (g_atomic_int_get (&self->parent_instance.ref_count) == 1 && pillion_task_take_unhandled (self)))
    pillion_task_report (self);
  self->to_report = FALSE;
  if (!pillion_task_keep (self, core))
    pillion_sync_unref (self);

  return FALSE;
}

static const char *
task_item_get_name (PillionItem *item)
{
  return task_from_item (item)->name;
}

static void
task_item_warm (PillionItem *item)
{
  gconstpointer data = task_from_item (item)->first.data;

  __builtin_prefetch (data);
  __builtin_prefetch ((const char *) data + 64);
}

/* The loop is gone */
static void
task_item_drop (PillionItem *item)
{
  PillionTask *self = task_from_item (item);

  if (self->live)
    leave (self, pillion_core (self->loop));
  self->queued = FALSE;
  pillion_task_free_callbacks (self);
  pillion_task_forget_loop (self);
  pillion_sync_unref (self);
}

static gboolean
task_item_needs_safe_point (PillionItem *item)
{
  return task_from_item (item)->safe_point;
}

const PillionItemClass pillion_task_item_class = {
  .run = task_item_run,
  .get_name = task_item_get_name,
  .warm = task_item_warm,
  .drop = task_item_drop,
  .needs_safe_point = task_item_needs_safe_point,
};
