/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-web-socket-outbox.h"

#include <string.h>

#include <glib/gi18n-lib.h>

#include "core/pillion-private.h"

/* How many bytes of messages may wait to be sent */
#define MAX_BYTES ((gsize) 16 * 1024 * 1024)

static void
outgoing_free (PillionWebSocketOutgoing *self)
{
  g_bytes_unref (self->bytes);
  g_free (self);
}

/* @problem: why it had to be closed, or NULL */
static void
return_closed (PillionTask *task,
               const char *problem)
{
  pillion_task_return_new_error (task, G_IO_ERROR, G_IO_ERROR_CLOSED, "%s", problem != NULL ? problem : _("the WebSocket is closed"));
}

/* With the lock held; returns whether the I/O thread has to be told */
static gboolean
push (PillionWebSocketOutbox *self,
      PillionWebSocketOpcode opcode,
      GBytes *bytes,
      PillionTask *task)
{
  PillionWebSocketOutgoing *item = g_new0 (PillionWebSocketOutgoing, 1);
  gboolean posts = !self->posted;

  item->opcode = opcode;
  item->bytes = g_bytes_ref (bytes);
  item->task = task;
  g_queue_push_tail (&self->messages, item);
  self->n_bytes += g_bytes_get_size (bytes);
  self->posted = TRUE;

  return posts;
}

void
pillion_web_socket_outbox_init (PillionWebSocketOutbox *self)
{
  g_mutex_init (&self->lock);
}

void
pillion_web_socket_outbox_clear (PillionWebSocketOutbox *self)
{
  g_free (self->close_reason);
  g_free (self->problem);
  g_mutex_clear (&self->lock);
}

gboolean
pillion_web_socket_outbox_add (PillionWebSocketOutbox *self,
                               PillionWebSocketOpcode opcode,
                               GBytes *bytes,
                               PillionTask *task)
{
  g_autofree char *problem = NULL;
  gboolean posts = FALSE;
  gboolean ended;
  gboolean full;

  pillion_mutex_lock (&self->lock);
  ended = self->ended || self->closing;
  problem = ended ? g_strdup (self->problem) : NULL;
  full = self->n_bytes > 0 && self->n_bytes + g_bytes_get_size (bytes) > MAX_BYTES;
  if (!ended && !full)
    posts = push (self, opcode, bytes, task);
  pillion_mutex_unlock (&self->lock);

  if (ended)
    return_closed (task, problem);
  else if (full)
    pillion_task_return_new_error (task, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK,
                                   _("too much is waiting to be sent: wait for the tasks of earlier messages"));

  return posts;
}

gboolean
pillion_web_socket_outbox_close (PillionWebSocketOutbox *self,
                                 guint code,
                                 const char *reason,
                                 PillionTask *task)
{
  gsize length = reason != NULL ? strlen (reason) : 0;
  g_autofree guint8 *payload = g_malloc (length + 2);
  g_autoptr (GBytes) bytes = NULL;
  gboolean ended;

  payload[0] = (guint8) (code >> 8);
  payload[1] = (guint8) code;
  if (length > 0)
    memcpy (payload + 2, reason, length);
  bytes = g_bytes_new (payload, length + 2);

  pillion_mutex_lock (&self->lock);
  ended = self->ended;
  if (!ended)
    {
      if (task != NULL)
        g_queue_push_tail (&self->closers, task);
      if (!self->closing)
        push (self, PILLION_WEB_SOCKET_CLOSE, bytes, NULL);
      self->closing = TRUE;
    }
  pillion_mutex_unlock (&self->lock);

  if (ended && task != NULL)
    pillion_task_return_boolean (task, TRUE);

  return !ended;
}

gboolean
pillion_web_socket_outbox_is_closing (PillionWebSocketOutbox *self)
{
  gboolean closing;

  pillion_mutex_lock (&self->lock);
  closing = self->closing;
  pillion_mutex_unlock (&self->lock);

  return closing;
}

guint
pillion_web_socket_outbox_get_close_code (PillionWebSocketOutbox *self)
{
  guint code;

  pillion_mutex_lock (&self->lock);
  code = self->close_code;
  pillion_mutex_unlock (&self->lock);

  return code;
}

char *
pillion_web_socket_outbox_dup_close_reason (PillionWebSocketOutbox *self)
{
  char *reason;

  pillion_mutex_lock (&self->lock);
  reason = g_strdup (self->close_reason);
  pillion_mutex_unlock (&self->lock);

  return reason;
}

gboolean
pillion_web_socket_outbox_look (PillionWebSocketOutbox *self)
{
  gboolean closing;

  pillion_mutex_lock (&self->lock);
  self->posted = FALSE;
  closing = self->closing;
  pillion_mutex_unlock (&self->lock);

  return closing;
}

gboolean
pillion_web_socket_outbox_next (PillionWebSocketOutbox *self)
{
  if (self->current != NULL)
    return TRUE;

  pillion_mutex_lock (&self->lock);
  self->current = g_queue_pop_head (&self->messages);
  pillion_mutex_unlock (&self->lock);

  return self->current != NULL;
}

void
pillion_web_socket_outbox_sent (PillionWebSocketOutbox *self)
{
  PillionWebSocketOutgoing *item;

  pillion_mutex_lock (&self->lock);
  item = g_steal_pointer (&self->current);
  self->n_bytes -= g_bytes_get_size (item->bytes);
  pillion_mutex_unlock (&self->lock);

  if (item->task != NULL)
    pillion_task_return_boolean (item->task, TRUE);
  outgoing_free (item);
}

gboolean
pillion_web_socket_outbox_end (PillionWebSocketOutbox *self,
                               guint code,
                               const char *reason,
                               const char *problem)
{
  GQueue messages;
  GQueue closers;
  PillionWebSocketOutgoing *item;
  PillionTask *closer;

  pillion_mutex_lock (&self->lock);
  if (self->ended)
    {
      pillion_mutex_unlock (&self->lock);
      return FALSE;
    }
  self->ended = TRUE;
  self->close_code = code;
  self->close_reason = g_strdup (reason);
  self->problem = g_strdup (problem);
  messages = self->messages;
  g_queue_init (&self->messages);
  self->n_bytes = 0;
  if (self->current != NULL)
    g_queue_push_head (&messages, g_steal_pointer (&self->current));
  closers = self->closers;
  g_queue_init (&self->closers);
  pillion_mutex_unlock (&self->lock);

  while ((item = g_queue_pop_head (&messages)) != NULL)
    {
      if (item->task != NULL)
        return_closed (item->task, problem);
      outgoing_free (item);
    }
  while ((closer = g_queue_pop_head (&closers)) != NULL)
    pillion_task_return_boolean (closer, TRUE);

  return TRUE;
}

gboolean
pillion_web_socket_outbox_forget (PillionWebSocketOutbox *self,
                                  PillionTask *task)
{
  PillionWebSocketOutgoing *removed = NULL;
  gboolean found = FALSE;

  pillion_mutex_lock (&self->lock);
  /* The rest of it is sent, but nobody waits for that */
  if (self->current != NULL && self->current->task == task)
    {
      self->current->task = NULL;
      found = TRUE;
    }
  for (GList *l = self->messages.head; l != NULL && !found; l = l->next)
    if (((PillionWebSocketOutgoing *) l->data)->task == task)
      {
        removed = l->data;
        self->n_bytes -= g_bytes_get_size (removed->bytes);
        g_queue_delete_link (&self->messages, l);
        found = TRUE;
      }
  /* A request to close is not withdrawn, but need not be waited for */
  if (!found)
    found = g_queue_remove (&self->closers, task);
  pillion_mutex_unlock (&self->lock);
  /* Not under the lock: the bytes are the program's, and what frees them may use the WebSocket */
  g_clear_pointer (&removed, outgoing_free);

  return found;
}
