/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-web-socket-inbox.h"

#include "core/pillion-private.h"

/* How many bytes of messages may wait for the program before the server has to wait */
#define MAX_BYTES ((gsize) 1024 * 1024)

/* What a message takes besides its bytes: there may be many empty ones */
#define OVERHEAD ((gsize) 128)

struct _PillionWebSocketInbox
{
  int n_references; /* atomic */
  GMutex lock;      /* for the rest */
  GQueue messages;
  gsize n_bytes;
  gboolean starved; /* there was no room the last time */
  gboolean closed;
  gboolean ended;
  GError *error;
  PillionTask *receiver; /* no reference: the loop keeps the task until it has an outcome */
};

PillionWebSocketInbox *
pillion_web_socket_inbox_new (void)
{
  PillionWebSocketInbox *self = g_new0 (PillionWebSocketInbox, 1);

  self->n_references = 1;
  g_mutex_init (&self->lock);

  return self;
}

PillionWebSocketInbox *
pillion_web_socket_inbox_ref (PillionWebSocketInbox *self)
{
  __atomic_add_fetch (&self->n_references, 1, __ATOMIC_RELAXED);
  return self;
}

void
pillion_web_socket_inbox_unref (PillionWebSocketInbox *self)
{
  if (__atomic_sub_fetch (&self->n_references, 1, __ATOMIC_ACQ_REL) > 0)
    return;

  g_queue_clear_full (&self->messages, (GDestroyNotify) pillion_http_web_socket_message_free);
  g_clear_error (&self->error);
  g_mutex_clear (&self->lock);
  g_free (self);
}

static inline gsize
get_size (PillionHttpWebSocketMessage *message)
{
  return g_bytes_get_size (message->data) + OVERHEAD;
}

/* What a task gets */
typedef struct
{
  PillionTask *task; /* NULL if there is none, or nothing for it */
  PillionHttpWebSocketMessage *message;
  GError *error;
} Delivery;

/* With the lock held */
static Delivery
prepare (PillionWebSocketInbox *self,
         PillionTask *task)
{
  Delivery delivery = { NULL };

  if (task == NULL || (self->messages.length == 0 && !self->ended))
    return delivery;

  delivery.task = task;
  delivery.message = g_queue_pop_head (&self->messages);
  if (delivery.message != NULL)
    self->n_bytes -= get_size (delivery.message);
  else if (self->error != NULL)
    delivery.error = g_error_copy (self->error);

  return delivery;
}

/* With the lock held */
static Delivery
prepare_for_receiver (PillionWebSocketInbox *self)
{
  Delivery delivery = prepare (self, self->receiver);

  if (delivery.task != NULL)
    self->receiver = NULL;
  return delivery;
}

/* With the lock released: the task and its loop may be gone once it has its outcome */
static void
deliver (Delivery delivery)
{
  if (delivery.task == NULL)
    return;

  if (delivery.error != NULL)
    pillion_task_return_error (delivery.task, delivery.error);
  else
    pillion_task_return_boxed (delivery.task, PILLION_HTTP_TYPE_WEB_SOCKET_MESSAGE, delivery.message);
}

gboolean
pillion_web_socket_inbox_has_room (PillionWebSocketInbox *self)
{
  gboolean has_room;

  pillion_mutex_lock (&self->lock);
  has_room = self->closed || self->n_bytes < MAX_BYTES;
  self->starved = !has_room;
  pillion_mutex_unlock (&self->lock);

  return has_room;
}

void
pillion_web_socket_inbox_add (PillionWebSocketInbox *self,
                              PillionHttpWebSocketMessage *message)
{
  Delivery delivery;

  pillion_mutex_lock (&self->lock);
  if (!self->closed)
    {
      self->n_bytes += get_size (message);
      g_queue_push_tail (&self->messages, g_steal_pointer (&message));
    }
  delivery = prepare_for_receiver (self);
  pillion_mutex_unlock (&self->lock);

  g_clear_pointer (&message, pillion_http_web_socket_message_free);
  deliver (delivery);
}

void
pillion_web_socket_inbox_end (PillionWebSocketInbox *self,
                              GError *error)
{
  Delivery delivery;

  pillion_mutex_lock (&self->lock);
  self->ended = TRUE;
  self->error = error;
  delivery = prepare_for_receiver (self);
  pillion_mutex_unlock (&self->lock);

  deliver (delivery);
}

gboolean
pillion_web_socket_inbox_take (PillionWebSocketInbox *self,
                               PillionTask *task,
                               gboolean *wants_more)
{
  Delivery delivery;

  pillion_mutex_lock (&self->lock);
  delivery = prepare (self, task);
  *wants_more = self->starved && self->n_bytes <= MAX_BYTES / 2;
  if (*wants_more)
    self->starved = FALSE;
  pillion_mutex_unlock (&self->lock);

  deliver (delivery);
  return delivery.task != NULL;
}

gboolean
pillion_web_socket_inbox_wait (PillionWebSocketInbox *self,
                               PillionTask *task)
{
  gboolean waits;

  pillion_mutex_lock (&self->lock);
  g_assert (self->receiver == NULL);
  waits = self->messages.length == 0 && !self->ended;
  if (waits)
    self->receiver = task;
  pillion_mutex_unlock (&self->lock);

  return waits;
}

gboolean
pillion_web_socket_inbox_is_waiting (PillionWebSocketInbox *self)
{
  gboolean waiting;

  pillion_mutex_lock (&self->lock);
  waiting = self->receiver != NULL;
  pillion_mutex_unlock (&self->lock);

  return waiting;
}

void
pillion_web_socket_inbox_put_back (PillionWebSocketInbox *self,
                                   PillionHttpWebSocketMessage *message)
{
  Delivery delivery;

  pillion_mutex_lock (&self->lock);
  if (!self->closed)
    {
      self->n_bytes += get_size (message);
      g_queue_push_head (&self->messages, g_steal_pointer (&message));
    }
  delivery = prepare_for_receiver (self);
  pillion_mutex_unlock (&self->lock);

  g_clear_pointer (&message, pillion_http_web_socket_message_free);
  deliver (delivery);
}

void
pillion_web_socket_inbox_close (PillionWebSocketInbox *self)
{
  GQueue messages;

  pillion_mutex_lock (&self->lock);
  messages = self->messages;
  g_queue_init (&self->messages);
  self->n_bytes = 0;
  self->closed = TRUE;
  pillion_mutex_unlock (&self->lock);

  g_queue_clear_full (&messages, (GDestroyNotify) pillion_http_web_socket_message_free);
}

gboolean
pillion_web_socket_inbox_forget (PillionWebSocketInbox *self,
                                 PillionTask *task)
{
  gboolean waited;

  pillion_mutex_lock (&self->lock);
  waited = self->receiver == task;
  if (waited)
    self->receiver = NULL;
  pillion_mutex_unlock (&self->lock);

  return waited;
}
