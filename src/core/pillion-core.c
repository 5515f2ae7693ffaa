/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "core/pillion-core.h"

#include <glib/gi18n-lib.h>

__thread char pillion_core_thread_mark __attribute__ ((tls_model ("initial-exec")));
__thread guint pillion_core_thread_depth __attribute__ ((tls_model ("initial-exec")));
__thread int pillion_core_thread_main_depth __attribute__ ((tls_model ("initial-exec"))) = -1;

void
pillion_core_init (PillionCore *self)
{
  pillion_timer_heap_init (&self->timers);
  pillion_pump_init (&self->pump, self->context);
}

void
pillion_core_wait_until_left (PillionCore *self)
{
  /* On the I/O thread, what has entered may be its own wake-up, which it has put off */
  pillion_io_thread_run_deferred ();
  while (__atomic_load_n (&self->n_entered, __ATOMIC_SEQ_CST) > 0)
    g_thread_yield ();
}

const char *
pillion_core_describe_closed (PillionCore *self)
{
  return self->forked ? _("The loop belongs to the parent of this process: make a new one after the fork") : _("The loop was closed");
}

gboolean
pillion_core_check_thread (PillionCore *self,
                           GError **error)
{
  if (pillion_core_on_thread (self))
    return TRUE;

  g_set_error_literal (error, PILLION_ERROR, PILLION_ERROR_WRONG_THREAD, _("A loop can only be used on the thread that created it"));
  return FALSE;
}

void
pillion_core_clear (PillionCore *self)
{
  pillion_core_drop_all (self);
  pillion_timer_heap_clear (&self->timers);
  pillion_pump_clear (&self->pump);
  g_clear_pointer (&self->scope_names, g_hash_table_unref);
  g_clear_pointer (&self->context, g_main_context_unref);
}

static void
take_inbox (PillionCore *self)
{
  PillionItem *item = pillion_inbox_take (&self->inbox);

  while (item != NULL)
    {
      PillionItem *next = item->next;

      pillion_ready_queue_push (&self->ready, item);
      item = next;
    }
}

static void
drop_list (PillionItem *item)
{
  while (item != NULL)
    {
      PillionItem *next = item->next;

      item->klass->drop (item);
      item = next;
    }
}

void
pillion_core_drop_all (PillionCore *self)
{
  PillionTimer *timer;
  PillionItem *item;

  /* Dropping an item may push others */
  do
    {
      while ((timer = pillion_timer_heap_peek (&self->timers)) != NULL)
        {
          pillion_timer_heap_remove (&self->timers, timer);
          timer->item.klass->drop (&timer->item);
        }

      take_inbox (self);
      while ((item = pillion_ready_queue_pop (&self->held)) != NULL)
        {
          self->n_calls--;
          item->klass->drop (item);
        }
      while ((item = pillion_ready_queue_pop (&self->ready)) != NULL ||
             (item = pillion_ready_queue_pop (&self->later)) != NULL || (item = pillion_ready_queue_pop (&self->spare)) != NULL)
        item->klass->drop (item);
    }
  while (!pillion_inbox_is_empty (&self->inbox) || pillion_timer_heap_peek (&self->timers) != NULL);
}

/* Work came on the loop's own thread. A kick sees it by itself, unless a callback inside the kick has opened
 * an inner loop of the host's that sleeps: then wake that. */
static inline void
announce (PillionCore *self)
{
  if (self->depth == 0)
    pillion_core_busy (self);
  else if (G_UNLIKELY (!__atomic_load_n (&self->rung, __ATOMIC_RELAXED)))
    pillion_core_ring (self);
}

void
pillion_core_push_local (PillionCore *self,
                         PillionItem *item)
{
  pillion_ready_queue_push (&self->ready, item);
  announce (self);
}

/* Whether this caller has to wake the host: once between two kicks */
static inline gboolean
take_bell (PillionCore *self)
{
  return !__atomic_load_n (&self->rung, __ATOMIC_SEQ_CST) && !__atomic_exchange_n (&self->rung, TRUE, __ATOMIC_SEQ_CST);
}

static void
wake (gpointer self)
{
  pillion_loop_wake (self);
}

/* On another thread, which has entered the core */
static void
push_to_inbox (PillionCore *self,
               PillionItem *item)
{
  gboolean is_first = pillion_inbox_push (&self->inbox, item);
  PillionItem *refused = NULL;

  if (G_UNLIKELY (__atomic_load_n (&self->closed, __ATOMIC_SEQ_CST)))
    {
      /* Nothing else takes it any more */
      refused = pillion_inbox_take (&self->inbox);
      is_first = FALSE;
    }
  if (is_first && take_bell (self))
    {
      /* The I/O thread wakes the host once for everything that ended together */
      if (!pillion_io_thread_defer (wake, self))
        wake (self);
    }
  else
    pillion_core_leave (self);
  drop_list (refused);
}

void
pillion_core_push (PillionCore *self,
                   PillionItem *item)
{
  if (G_UNLIKELY (__atomic_load_n (&self->closed, __ATOMIC_SEQ_CST)))
    {
      item->klass->drop (item);
    }
  else if (pillion_core_on_thread (self))
    {
      /* What other threads pushed comes before this */
      if (!pillion_inbox_is_empty (&self->inbox))
        take_inbox (self);
      pillion_core_push_local (self, item);
    }
  else
    {
      pillion_core_enter (self);
      push_to_inbox (self, item);
    }
}

void
pillion_core_push_entered (PillionCore *self,
                           PillionItem *item)
{
  if (!pillion_core_on_thread (self))
    {
      push_to_inbox (self, item);
      return;
    }

  /* The host's functions may be called from here on */
  pillion_core_leave (self);
  pillion_core_push (self, item);
}

void
pillion_core_hold (PillionCore *self,
                   PillionItem *item)
{
  pillion_ready_queue_push (&self->held, item);
  self->n_calls++;
}

void
pillion_core_let_held_go (PillionCore *self)
{
  PillionReadyQueue ready = self->ready;
  PillionItem *item;

  if (G_LIKELY (pillion_ready_queue_is_empty (&self->held)) || self->n_unsafe > 0)
    return;

  self->n_calls -= self->held.length;
  self->ready = self->held;
  self->held = (PillionReadyQueue) { NULL };
  while ((item = pillion_ready_queue_pop (&ready)) != NULL)
    pillion_ready_queue_push (&self->ready, item);
}

void
pillion_core_add_timer (PillionCore *self,
                        PillionTimer *timer,
                        gint64 due)
{
  pillion_timer_heap_add (&self->timers, timer, due);
  if (pillion_timer_heap_peek (&self->timers) == timer)
    announce (self);
}

void
pillion_core_ring (PillionCore *self)
{
  if (take_bell (self))
    {
      pillion_core_enter (self);
      pillion_loop_wake (pillion_core_loop (self));
    }
}

void
pillion_core_ring_entered (PillionCore *self)
{
  if (take_bell (self))
    pillion_loop_wake (pillion_core_loop (self));
  else
    pillion_core_leave (self);
}

void
pillion_core_busy (PillionCore *self)
{
  pillion_loop_busy (pillion_core_loop (self));
  pillion_core_ring (self);
}

gint64
pillion_core_now (PillionCore *self)
{
  return self->own_clock ? pillion_loop_get_now (pillion_core_loop (self)) : g_get_monotonic_time ();
}

static gboolean
is_due (PillionCore *self,
        PillionTimer *timer)
{
  if (!self->own_clock && timer->due - pillion_coarse_time () > PILLION_COARSE_USEC)
    return FALSE;

  return timer->due <= pillion_core_now (self);
}

gboolean
pillion_core_gather (PillionCore *self)
{
  PillionTimer *timer = pillion_timer_heap_peek (&self->timers);

  if (!pillion_inbox_is_empty (&self->inbox))
    take_inbox (self);

  if (timer != NULL && is_due (self, timer))
    {
      gint64 now = pillion_core_now (self);

      while ((timer = pillion_timer_heap_pop (&self->timers, now)) != NULL)
        pillion_ready_queue_push (&self->ready, &timer->item);
    }

  return !pillion_ready_queue_is_empty (&self->ready);
}

gboolean
pillion_core_has_ready (PillionCore *self)
{
  PillionTimer *timer;

  if (!pillion_ready_queue_is_empty (&self->ready) || !pillion_inbox_is_empty (&self->inbox))
    return TRUE;

  timer = pillion_timer_heap_peek (&self->timers);
  return timer != NULL && is_due (self, timer);
}

PillionWorkers *
pillion_core_get_workers (PillionCore *self)
{
  if (self->workers == NULL && !self->closed)
    self->workers = pillion_workers_new (self->max_workers);

  return self->workers;
}
