/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "loop/pillion-loop-private.h"
#include "core/pillion-closure.h"
#include "core/pillion-loop-handle.h"
#include "core/pillion-private.h"


/* Functions that the loop calls soon or later. */

typedef struct
{
  PillionTimer timer; /* its item is what gets queued */
  PillionLoop *loop;
  guint id;           /* 0 if the call can't be cancelled */
  gboolean safe_point; /* whether it waits for one */
  PillionCallFunc func; /* NULL once it was cancelled */
  gpointer data;
  GDestroyNotify destroy;
} Call;

static void
call_free (Call *self)
{
  if (self->destroy != NULL)
    self->destroy (self->data);
  g_free (self);
}

static void
forget_call (Call *self)
{
  if (self->id != 0)
    {
      g_hash_table_remove (self->loop->calls, GUINT_TO_POINTER (self->id));
      self->loop->core.n_calls--;
      self->id = 0;
    }
}

static gboolean
call_run (PillionItem *item,
          PillionCore *core)
{
  Call *self = (Call *) item;

  forget_call (self);
  if (self->func != NULL)
    self->func (self->data);
  call_free (self);

  return FALSE;
}

static const char *
call_get_name (PillionItem *item)
{
  return "call";
}

static void
call_drop (PillionItem *item)
{
  Call *self = (Call *) item;

  if (self->id != 0)
    forget_call (self);
  call_free (self);
}

static gboolean
call_needs_safe_point (PillionItem *item)
{
  return ((Call *) item)->safe_point;
}

static const PillionItemClass call_class = {
  .run = call_run,
  .get_name = call_get_name,
  .drop = call_drop,
  .needs_safe_point = call_needs_safe_point,
};

static Call *
call_new (PillionLoop *loop,
          PillionCallFunc func,
          gpointer data,
          GDestroyNotify destroy)
{
  Call *self = g_new0 (Call, 1);

  self->timer.item.klass = &call_class;
  self->loop = loop;
  self->func = func;
  self->data = data;
  self->destroy = destroy;

  return self;
}

static guint
add_call (PillionLoop *self,
          Call *call)
{
  do
    call->id = self->next_call++;
  while (call->id == 0 || g_hash_table_contains (self->calls, GUINT_TO_POINTER (call->id)));

  g_hash_table_insert (self->calls, GUINT_TO_POINTER (call->id), call);
  self->core.n_calls++;

  return call->id;
}

static guint
call_soon (PillionLoop *self,
           PillionCallFunc func,
           gpointer user_data,
           GDestroyNotify destroy,
           gboolean safe_point)
{
  Call *call = call_new (self, func, user_data, destroy);
  guint id;

  if (self->core.closing || self->core.closed)
    {
      call_free (call);
      return 0;
    }

  call->safe_point = safe_point;
  id = add_call (self, call);
  pillion_core_push (&self->core, &call->timer.item);

  return id;
}

void
pillion_loop_calls_init (PillionLoop *self)
{
  self->calls = g_hash_table_new (NULL, NULL);
  self->next_call = 1;
}

void
pillion_loop_calls_clear (PillionLoop *self)
{
  g_clear_pointer (&self->calls, g_hash_table_unref);
}

/**
 * pillion_loop_call_soon:
 * @self: a loop
 * @func: (scope notified) (closure user_data) (destroy destroy): what to call
 * @user_data: data for @func
 * @destroy: frees @user_data after the call, or when the call is cancelled
 *
 * Calls a function in the next kick, or later in the current one, after everything that is ready already. Until
 * then the loop does not stop. On the loop's thread only; other threads use
 * [method@Pillion.Loop.call_soon_threadsafe].
 *
 * If the loop was closed, nothing is called.
 *
 * Returns: a number for [method@Pillion.Loop.cancel_call]; 0 if the loop was closed
 *
 * Since: 1.0
 */
guint
pillion_loop_call_soon (PillionLoop *self,
                        PillionCallFunc func,
                        gpointer user_data,
                        GDestroyNotify destroy)
{
  g_return_val_if_fail (PILLION_IS_LOOP (self), 0);
  g_return_val_if_fail (pillion_core_on_thread (&self->core), 0);
  g_return_val_if_fail (func != NULL, 0);

  return call_soon (self, func, user_data, destroy, FALSE);
}

/**
 * pillion_loop_call_soon_closure: (rename-to pillion_loop_call_soon)
 * @self: a loop
 * @closure: what to call, without arguments
 *
 * Like [method@Pillion.Loop.call_soon], but takes a closure. For language bindings.
 *
 * Returns: a number for [method@Pillion.Loop.cancel_call]; 0 if the loop was closed
 *
 * Since: 1.0
 */
guint
pillion_loop_call_soon_closure (PillionLoop *self,
                                GClosure *closure)
{
  g_return_val_if_fail (PILLION_IS_LOOP (self), 0);
  g_return_val_if_fail (pillion_core_on_thread (&self->core), 0);
  g_return_val_if_fail (closure != NULL, 0);

  return call_soon (self, pillion_closure_call, pillion_closure_take (closure), pillion_closure_let_go, FALSE);
}

/**
 * pillion_loop_call_at_safe_point:
 * @self: a loop
 * @func: (scope notified) (closure user_data) (destroy destroy): what to call
 * @user_data: data for @func
 * @destroy: frees @user_data after the call, or when the call is cancelled
 *
 * Calls a function like [method@Pillion.Loop.call_soon], but only at a safe point: in a kick that is not inside
 * anything else, or in a wait that was not started by a callback, with no region open. Calls that wait for a
 * safe point keep their order, and the loop does not stop before. On the loop's thread only.
 *
 * If the loop is closed, or is closed outside a safe point, nothing is called.
 *
 * Returns: a number for [method@Pillion.Loop.cancel_call]; 0 if the loop was closed
 *
 * Since: 1.0
 */
guint
pillion_loop_call_at_safe_point (PillionLoop *self,
                                 PillionCallFunc func,
                                 gpointer user_data,
                                 GDestroyNotify destroy)
{
  g_return_val_if_fail (PILLION_IS_LOOP (self), 0);
  g_return_val_if_fail (pillion_core_on_thread (&self->core), 0);
  g_return_val_if_fail (func != NULL, 0);

  return call_soon (self, func, user_data, destroy, TRUE);
}

/**
 * pillion_loop_call_at_safe_point_closure: (rename-to pillion_loop_call_at_safe_point)
 * @self: a loop
 * @closure: what to call, without arguments
 *
 * Like [method@Pillion.Loop.call_at_safe_point], but takes a closure. For language bindings.
 *
 * Returns: a number for [method@Pillion.Loop.cancel_call]; 0 if the loop was closed
 *
 * Since: 1.0
 */
guint
pillion_loop_call_at_safe_point_closure (PillionLoop *self,
                                         GClosure *closure)
{
  g_return_val_if_fail (PILLION_IS_LOOP (self), 0);
  g_return_val_if_fail (pillion_core_on_thread (&self->core), 0);
  g_return_val_if_fail (closure != NULL, 0);

  return call_soon (self, pillion_closure_call, pillion_closure_take (closure), pillion_closure_let_go, TRUE);
}

/**
 * pillion_loop_call_soon_threadsafe:
 * @self: a loop
 * @func: (scope notified) (closure user_data) (destroy destroy): what to call, on the loop's thread
 * @user_data: data for @func
 * @destroy: frees @user_data after the call, on the loop's thread
 *
 * Calls a function in the next kick, from any thread, and wakes the host if it sleeps. The call can't be
 * cancelled.
 *
 * If the loop was closed, nothing is called, and @user_data is freed on the calling thread.
 *
 * Since: 1.0
 */
void
pillion_loop_call_soon_threadsafe (PillionLoop *self,
                                   PillionCallFunc func,
                                   gpointer user_data,
                                   GDestroyNotify destroy)
{
  g_return_if_fail (PILLION_IS_LOOP (self));
  g_return_if_fail (func != NULL);

  pillion_core_push (&self->core, &call_new (self, func, user_data, destroy)->timer.item);
}

/**
 * pillion_loop_call_soon_threadsafe_closure: (rename-to pillion_loop_call_soon_threadsafe)
 * @self: a loop
 * @closure: what to call on the loop's thread, without arguments
 *
 * Like [method@Pillion.Loop.call_soon_threadsafe], but takes a closure, from any thread. For language
 * bindings.
 *
 * Since: 1.0
 */
void
pillion_loop_call_soon_threadsafe_closure (PillionLoop *self,
                                           GClosure *closure)
{
  g_return_if_fail (PILLION_IS_LOOP (self));
  g_return_if_fail (closure != NULL);

  pillion_loop_call_soon_threadsafe (self, pillion_closure_call, pillion_closure_take (closure), pillion_closure_let_go);
}

void
pillion_private_loop_handle_call (PillionLoopHandle *handle,
                                  PillionCallFunc func,
                                  gpointer data,
                                  GDestroyNotify destroy)
{
  /* A call that can't be cancelled knows no loop */
  pillion_loop_handle_push (handle, &call_new (NULL, func, data, destroy)->timer.item);
}

/**
 * pillion_loop_call_later:
 * @self: a loop
 * @delay: after how long, in µs; 0 or less means as soon as timers are looked at
 * @func: (scope notified) (closure user_data) (destroy destroy): what to call
 * @user_data: data for @func
 * @destroy: frees @user_data after the call, or when the call is cancelled
 *
 * Calls a function once, after some time has passed on the host's clock. Until then the loop does not stop.
 * Calls due at the same time keep their order. On the loop's thread only.
 *
 * If the loop is closed first, nothing is called.
 *
 * Returns: a number for [method@Pillion.Loop.cancel_call]; 0 if the loop was closed
 *
 * Since: 1.0
 */
guint
pillion_loop_call_later (PillionLoop *self,
                         GTimeSpan delay,
                         PillionCallFunc func,
                         gpointer user_data,
                         GDestroyNotify destroy)
{
  gint64 now;
  Call *call;
  guint id;

  g_return_val_if_fail (PILLION_IS_LOOP (self), 0);
  g_return_val_if_fail (pillion_core_on_thread (&self->core), 0);
  g_return_val_if_fail (func != NULL, 0);

  call = call_new (self, func, user_data, destroy);
  if (self->core.closing || self->core.closed)
    {
      call_free (call);
      return 0;
    }

  now = pillion_core_now (&self->core);
  id = add_call (self, call);
  pillion_core_add_timer (&self->core, &call->timer, now + CLAMP (delay, 0, G_MAXINT64 - now));

  return id;
}

/**
 * pillion_loop_call_later_closure: (rename-to pillion_loop_call_later)
 * @self: a loop
 * @delay: after how long, in µs; 0 or less means as soon as timers are looked at
 * @closure: what to call, without arguments
 *
 * Like [method@Pillion.Loop.call_later], but takes a closure. For language bindings.
 *
 * Returns: a number for [method@Pillion.Loop.cancel_call]; 0 if the loop was closed
 *
 * Since: 1.0
 */
guint
pillion_loop_call_later_closure (PillionLoop *self,
                                 GTimeSpan delay,
                                 GClosure *closure)
{
  g_return_val_if_fail (PILLION_IS_LOOP (self), 0);
  g_return_val_if_fail (pillion_core_on_thread (&self->core), 0);
  g_return_val_if_fail (closure != NULL, 0);

  return pillion_loop_call_later (self, delay, pillion_closure_call, pillion_closure_take (closure), pillion_closure_let_go);
}

/**
 * pillion_loop_cancel_call:
 * @self: a loop
 * @id: what [method@Pillion.Loop.call_soon], [method@Pillion.Loop.call_later] or
 *   [method@Pillion.Loop.call_at_safe_point] returned
 *
 * Cancels a call that has not been made yet. On the loop's thread only.
 *
 * Returns: whether there was one
 *
 * Since: 1.0
 */
gboolean
pillion_loop_cancel_call (PillionLoop *self,
                          guint id)
{
  Call *call;

  g_return_val_if_fail (PILLION_IS_LOOP (self), FALSE);
  g_return_val_if_fail (pillion_core_on_thread (&self->core), FALSE);

  call = g_hash_table_lookup (self->calls, GUINT_TO_POINTER (id));
  if (call == NULL)
    return FALSE;

  forget_call (call);
  if (call->timer.index != 0)
    {
      pillion_timer_heap_remove (&self->core.timers, &call->timer);
      call_free (call);
    }
  else
    {
      /* It is in the ready queue, and stays there without a function */
      GDestroyNotify destroy = g_steal_pointer (&call->destroy);

      call->func = NULL;
      if (destroy != NULL)
        destroy (call->data);
    }

  return TRUE;
}
