/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-http-web-socket-private.h"

#include <string.h>

#include <glib/gi18n-lib.h>

#include "core/pillion-private.h"
#include "http/pillion-call.h"

#define DEFAULT_MAX_MESSAGE_SIZE (16 * 1024 * 1024)
#define DEFAULT_PING_INTERVAL (20 * G_TIME_SPAN_SECOND)

/**
 * PillionHttpWebSocket:
 *
 * A [WebSocket](https://www.rfc-editor.org/rfc/rfc6455): messages to and from a server, over one connection. It is what
 * [method@PillionHttp.Client.open_web_socket] results in.
 *
 * ```c
 * static void
 * on_message (PillionTask *task,
 *             gpointer data)
 * {
 *   g_autoptr (GError) error = NULL;
 *   g_autoptr (PillionHttpWebSocketMessage) message =
 *     pillion_task_get_boxed (task, PILLION_HTTP_TYPE_WEB_SOCKET_MESSAGE, &error);
 *   g_autoptr (PillionTask) next = NULL;
 *
 *   if (error != NULL)
 *     g_printerr ("%s\n", error->message);
 *   if (message == NULL)
 *     return;
 *
 *   if (message->text != NULL)
 *     g_print ("%s\n", message->text);
 *   next = pillion_http_web_socket_receive (data, NULL);
 *   pillion_task_add_done_callback (next, on_message, data, NULL);
 * }
 * ```
 *
 * ## Back-pressure
 *
 * Messages are received on Pillion's own thread, at most 1 MiB of them ahead of the program (or one message, if that is larger). If the
 * program receives slowly, or not at all, the server has to wait. The task of a message that is sent is done when the socket has taken it, so a
 * program that waits for each before it sends the next is as fast as the server reads. At most 16 MiB of messages can wait to be sent.
 *
 * ## The end
 *
 * [method@PillionHttp.WebSocket.close] closes it. If the server does, the task of the next [method@PillionHttp.WebSocket.receive] results in %NULL;
 * it fails with [error@PillionHttp.Error.WEB_SOCKET_CLOSED] if the server's close code tells of a failure (anything but 1000, 1001, or none).
 * If the connection breaks without a closing handshake, it fails with [error@PillionHttp.Error.TRUNCATED] or an error of the network, and the close
 * code is 1006. A WebSocket to which nothing refers any more is closed with the code 1001.
 *
 * If the server has been silent for [property@PillionHttp.WebSocket:ping-interval-usec], it is sent a ping.
 * If nothing arrives for as long again, the connection is considered dead. The server's pings are answered,
 * unless the program lets the server wait.
 *
 * ## What the server may not do
 *
 * A message of more than [property@PillionHttp.WebSocket:max-message-size] bytes closes the WebSocket with the code 1009, a text that is not UTF-8
 * with 1007, and a frame that breaks the rules with 1002. The task of the receiver then fails with [error@PillionHttp.Error.TOO_LARGE] or
 * [error@PillionHttp.Error.PROTOCOL].
 *
 * ## Compression
 *
 * Messages are compressed if the server agrees (permessage-deflate, RFC 7692). The limit for their size holds after decompressing.
 *
 * ## Threads
 *
 * A WebSocket belongs to its loop's thread. The last reference may be dropped on any thread.
 *
 * Since: 1.0
 */

struct _PillionHttpWebSocket
{
  GObject parent_instance;

  PillionLoop *loop;
  PillionWebSocketLink *link;
  PillionHttpResponse *response;
  GWeakRef last_receive; /* the task of the last receive that had to wait */
  gint64 max_message_size;
  GTimeSpan ping_interval;
};

enum
{
  PROP_RESPONSE = 1,
  PROP_PROTOCOL,
  PROP_MAX_MESSAGE_SIZE,
  PROP_PING_INTERVAL_USEC,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (PillionHttpWebSocket, pillion_http_web_socket, G_TYPE_OBJECT)

static void
pillion_http_web_socket_finalize (GObject *object)
{
  PillionHttpWebSocket *self = PILLION_HTTP_WEB_SOCKET (object);

  pillion_sync_acquire (self);

  if (self->link != NULL)
    {
      pillion_web_socket_link_leave (self->link);
      pillion_web_socket_link_unref (self->link);
    }
  if (self->response != NULL)
    pillion_sync_unref (self->response);
  g_weak_ref_clear (&self->last_receive);
  if (self->loop != NULL)
    pillion_sync_unref (self->loop);

  G_OBJECT_CLASS (pillion_http_web_socket_parent_class)->finalize (object);
}

static void
pillion_http_web_socket_get_property (GObject *object,
                                      guint prop_id,
                                      GValue *value,
                                      GParamSpec *pspec)
{
  PillionHttpWebSocket *self = PILLION_HTTP_WEB_SOCKET (object);

  switch (prop_id)
    {
    case PROP_RESPONSE:
      g_value_set_object (value, self->response);
      break;
    case PROP_PROTOCOL:
      g_value_set_string (value, self->response != NULL ? pillion_http_web_socket_get_protocol (self) : NULL);
      break;
    case PROP_MAX_MESSAGE_SIZE:
      g_value_set_int64 (value, self->max_message_size);
      break;
    case PROP_PING_INTERVAL_USEC:
      g_value_set_int64 (value, self->ping_interval);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
pillion_http_web_socket_set_property (GObject *object,
                                      guint prop_id,
                                      const GValue *value,
                                      GParamSpec *pspec)
{
  PillionHttpWebSocket *self = PILLION_HTTP_WEB_SOCKET (object);

  switch (prop_id)
    {
    case PROP_MAX_MESSAGE_SIZE:
      pillion_http_web_socket_set_max_message_size (self, g_value_get_int64 (value));
      break;
    case PROP_PING_INTERVAL_USEC:
      pillion_http_web_socket_set_ping_interval_usec (self, g_value_get_int64 (value));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
pillion_http_web_socket_class_init (PillionHttpWebSocketClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS;

  object_class->finalize = pillion_http_web_socket_finalize;
  object_class->get_property = pillion_http_web_socket_get_property;
  object_class->set_property = pillion_http_web_socket_set_property;

  /**
   * PillionHttpWebSocket:response: (getter get_response)
   *
   * The response to the handshake: its status is 101.
   *
   * Since: 1.0
   */
  properties[PROP_RESPONSE] = g_param_spec_object ("response", NULL, NULL, PILLION_HTTP_TYPE_RESPONSE,
                                                   G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * PillionHttpWebSocket:protocol: (getter get_protocol)
   *
   * The protocol that the server chose of those that were offered.
   *
   * Since: 1.0
   */
  properties[PROP_PROTOCOL] = g_param_spec_string ("protocol", NULL, NULL, NULL, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * PillionHttpWebSocket:max-message-size: (getter get_max_message_size) (setter set_max_message_size)
   *
   * The largest message that is accepted, in bytes.
   *
   * Since: 1.0
   */
  properties[PROP_MAX_MESSAGE_SIZE] =
    g_param_spec_int64 ("max-message-size", NULL, NULL, 1, PILLION_CALL_MAX_IN_MEMORY, DEFAULT_MAX_MESSAGE_SIZE, flags);

  /**
   * PillionHttpWebSocket:ping-interval-usec: (getter get_ping_interval_usec) (setter set_ping_interval_usec)
   *
   * How long the server may be silent before it is sent a ping, and how long it then has to answer, in µs. 0
   * for no pings.
   *
   * Since: 1.0
   */
  properties[PROP_PING_INTERVAL_USEC] =
    g_param_spec_int64 ("ping-interval-usec", NULL, NULL, 0, G_MAXINT64, DEFAULT_PING_INTERVAL, flags);

  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
pillion_http_web_socket_init (PillionHttpWebSocket *self)
{
  g_weak_ref_init (&self->last_receive, NULL);
  self->max_message_size = DEFAULT_MAX_MESSAGE_SIZE;
  self->ping_interval = DEFAULT_PING_INTERVAL;
}

PillionHttpWebSocket *
pillion_http_web_socket_new (PillionLoop *loop,
                             PillionWebSocketLink *link,
                             PillionHttpResponse *response)
{
  PillionHttpWebSocket *self = g_object_new (PILLION_HTTP_TYPE_WEB_SOCKET, NULL);

  self->loop = g_object_ref (loop);
  self->link = pillion_web_socket_link_ref (link);
  self->response = response;
  pillion_web_socket_link_set_max_size (link, self->max_message_size);
  pillion_web_socket_link_set_ping_interval (link, self->ping_interval);

  return self;
}

/**
 * pillion_http_web_socket_get_response: (get-property response)
 * @self: a WebSocket
 *
 * Gets the response to the handshake.
 *
 * Returns: (transfer none): the response
 *
 * Since: 1.0
 */
PillionHttpResponse *
pillion_http_web_socket_get_response (PillionHttpWebSocket *self)
{
  g_return_val_if_fail (PILLION_HTTP_IS_WEB_SOCKET (self), NULL);

  return self->response;
}

/**
 * pillion_http_web_socket_get_protocol: (get-property protocol)
 * @self: a WebSocket
 *
 * Gets the protocol that the server chose of those that were offered.
 *
 * Returns: (nullable): its name, or %NULL if it chose none
 *
 * Since: 1.0
 */
const char *
pillion_http_web_socket_get_protocol (PillionHttpWebSocket *self)
{
  g_return_val_if_fail (PILLION_HTTP_IS_WEB_SOCKET (self), NULL);
  g_return_val_if_fail (self->response != NULL, NULL);

  return pillion_http_response_get_header (self->response, "Sec-WebSocket-Protocol");
}

/* A task that waits for the I/O thread */
typedef struct
{
  PillionWebSocketLink *link;
  GWeakRef task; /* somebody may keep its cancellable for longer, and another task may get its address */
  gboolean (*forget) (PillionWebSocketLink *link,
                      PillionTask *task);
} Wait;

static void
wait_free (gpointer data,
           GClosure *closure)
{
  Wait *wait = data;

  pillion_sync_acquire (wait);
  pillion_web_socket_link_unref (wait->link);
  g_weak_ref_clear (&wait->task);
  g_free (wait);
}

static void
return_cancelled (PillionTask *task)
{
  pillion_task_return_new_error (task, G_IO_ERROR, G_IO_ERROR_CANCELLED, _("waiting for the WebSocket was cancelled"));
}

/* On any thread */
static void
wait_cancelled (GCancellable *cancellable,
                gpointer data)
{
  Wait *wait = data;
  PillionTask *task;

  pillion_sync_acquire (wait);
  task = g_weak_ref_get (&wait->task);
  if (task != NULL && wait->forget (wait->link, task))
    return_cancelled (task);
  pillion_sync_release (wait);
  if (task != NULL)
    pillion_sync_unref (task);
}

/* Makes a task that the I/O thread is to finish, or that is done already: cancelled before, or because the
 * loop is closed */
static PillionTask *
begin (PillionHttpWebSocket *self,
       const char *verb,
       GCancellable *cancellable)
{
  g_autofree char *name = g_strconcat (verb, " ", pillion_http_response_get_url (self->response), NULL);
  /* The error would name this line rather than the caller's, which is unknown */
  PillionTask *task = pillion_task_new_at (self->loop, name, cancellable, NULL);

  if (!pillion_task_is_done (task) && g_cancellable_is_cancelled (pillion_task_get_cancellable (task)))
    return_cancelled (task);

  return task;
}

static void
watch (PillionHttpWebSocket *self,
       PillionTask *task,
       gboolean (*forget) (PillionWebSocketLink *link, PillionTask *task))
{
  Wait *wait = g_new0 (Wait, 1);

  wait->link = pillion_web_socket_link_ref (self->link);
  g_weak_ref_init (&wait->task, task);
  wait->forget = forget;
  pillion_sync_release (wait);
  g_signal_connect_data (pillion_task_get_cancellable (task), "cancelled", G_CALLBACK (wait_cancelled), wait, wait_free, 0);
  if (pillion_web_socket_link_is_external (self->link))
    pillion_private_task_set_external (task, TRUE);
}

/* Another thread may have cancelled it before it could be found, or before the handler was connected */
static void
look_again (PillionHttpWebSocket *self,
            PillionTask *task,
            gboolean (*forget) (PillionWebSocketLink *link, PillionTask *task))
{
  if (g_cancellable_is_cancelled (pillion_task_get_cancellable (task)) && forget (self->link, task))
    return_cancelled (task);
}

static PillionTask *
send (PillionHttpWebSocket *self,
      PillionWebSocketOpcode opcode,
      GBytes *bytes,
      GCancellable *cancellable)
{
  PillionTask *task = begin (self, "send to", cancellable);

  if (pillion_task_is_done (task))
    return task;

  watch (self, task, pillion_web_socket_link_forget);
  pillion_web_socket_link_send (self->link, opcode, bytes, task);
  look_again (self, task, pillion_web_socket_link_forget);

  return task;
}

/**
 * pillion_http_web_socket_send_text:
 * @self: a WebSocket
 * @text: UTF-8 text
 * @cancellable: (nullable): cancels the task when it is cancelled
 *
 * Sends a text.
 *
 * The task is done when the socket has taken it, with %TRUE. Messages are sent in the order of the calls. One that is cancelled before anything of
 * it was sent is not sent; otherwise it is sent all the same.
 *
 * The task fails with `G_IO_ERROR_CLOSED` if the WebSocket is or gets closed, and with `G_IO_ERROR_WOULD_BLOCK` if more than 16 MiB wait to be
 * sent. On the loop's thread only.
 *
 * Returns: (transfer full): a task
 *
 * Since: 1.0
 */
PillionTask *
pillion_http_web_socket_send_text (PillionHttpWebSocket *self,
                                   const char *text,
                                   GCancellable *cancellable)
{
  g_autoptr (GBytes) bytes = NULL;

  g_return_val_if_fail (PILLION_HTTP_IS_WEB_SOCKET (self), NULL);
  g_return_val_if_fail (text != NULL && g_utf8_validate (text, -1, NULL), NULL);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), NULL);
  g_return_val_if_fail (self->loop != NULL && pillion_private_loop_on_thread (self->loop), NULL);

  bytes = g_bytes_new (text, strlen (text));
  return send (self, PILLION_WEB_SOCKET_TEXT, bytes, cancellable);
}

/**
 * pillion_http_web_socket_send_bytes:
 * @self: a WebSocket
 * @bytes: the bytes
 * @cancellable: (nullable): cancels the task when it is cancelled
 *
 * Sends a binary message. The rest is as for [method@PillionHttp.WebSocket.send_text].
 *
 * Returns: (transfer full): a task
 *
 * Since: 1.0
 */
PillionTask *
pillion_http_web_socket_send_bytes (PillionHttpWebSocket *self,
                                    GBytes *bytes,
                                    GCancellable *cancellable)
{
  g_return_val_if_fail (PILLION_HTTP_IS_WEB_SOCKET (self), NULL);
  g_return_val_if_fail (bytes != NULL, NULL);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), NULL);
  g_return_val_if_fail (self->loop != NULL && pillion_private_loop_on_thread (self->loop), NULL);

  return send (self, PILLION_WEB_SOCKET_BINARY, bytes, cancellable);
}

static gboolean
forget_receive (PillionWebSocketLink *link,
                PillionTask *task)
{
  return pillion_web_socket_inbox_forget (pillion_web_socket_link_get_inbox (link), task);
}

/* A message that nobody received goes to the next receiver */
static void
put_back (gpointer web_socket,
          PillionTask *task)
{
  PillionHttpWebSocket *self = web_socket;
  PillionHttpWebSocketMessage *message = pillion_task_get_boxed (task, PILLION_HTTP_TYPE_WEB_SOCKET_MESSAGE, NULL);

  if (message != NULL)
    pillion_web_socket_inbox_put_back (pillion_web_socket_link_get_inbox (self->link), message);
}

/* The I/O thread may be about to give a message to a cancelled receiver: that message comes before the next
 * one */
static void
settle_cancelled_receive (PillionHttpWebSocket *self)
{
  g_autoptr (PillionTask) task = g_weak_ref_get (&self->last_receive);

  if (task == NULL || !g_cancellable_is_cancelled (pillion_task_get_cancellable (task)))
    return;

  while (!pillion_task_is_done (task))
    g_thread_yield ();
  /* Puts the message back, unless somebody has received it */
  pillion_task_cancel (task);
  g_weak_ref_set (&self->last_receive, NULL);
}

static gboolean
take (PillionHttpWebSocket *self,
      PillionTask *task)
{
  gboolean wants_more;
  gboolean taken = pillion_web_socket_inbox_take (pillion_web_socket_link_get_inbox (self->link), task, &wants_more);

  if (wants_more)
    pillion_web_socket_link_resume (self->link);
  return taken;
}

/**
 * pillion_http_web_socket_receive:
 * @self: a WebSocket
 * @cancellable: (nullable): cancels the task when it is cancelled
 *
 * Receives the next message.
 *
 * The task's result is a [struct@PillionHttp.WebSocketMessage]: [method@Pillion.Task.get_boxed]. It is %NULL if the WebSocket was closed. If a
 * message has arrived already, the task is done at once. What arrived before the end is received first.
 *
 * The task fails as the class says (*The end*, *What the server may not do*), and with `G_IO_ERROR_PENDING` if another one waits for a message. A
 * task that is cancelled takes no message away. On the loop's thread only.
 *
 * Returns: (transfer full): a task
 *
 * Since: 1.0
 */
PillionTask *
pillion_http_web_socket_receive (PillionHttpWebSocket *self,
                                 GCancellable *cancellable)
{
  PillionWebSocketInbox *inbox;
  PillionTask *task;

  g_return_val_if_fail (PILLION_HTTP_IS_WEB_SOCKET (self), NULL);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), NULL);
  g_return_val_if_fail (self->loop != NULL && pillion_private_loop_on_thread (self->loop), NULL);

  inbox = pillion_web_socket_link_get_inbox (self->link);
  task = begin (self, "receive from", cancellable);
  settle_cancelled_receive (self);
  if (pillion_task_is_done (task))
    return task;

  if (pillion_web_socket_inbox_is_waiting (inbox))
    {
      pillion_task_return_new_error (task, G_IO_ERROR, G_IO_ERROR_PENDING, _("another task waits for a message"));
      return task;
    }

  if (take (self, task))
    {
      pillion_private_task_set_unwanted (task, self, put_back);
      return task;
    }

  pillion_private_task_set_unwanted (task, self, put_back);
  g_weak_ref_set (&self->last_receive, task);
  watch (self, task, forget_receive);
  /* Something may arrive between the check and the wait */
  while (!pillion_web_socket_inbox_wait (inbox, task))
    if (take (self, task))
      return task;
  look_again (self, task, forget_receive);

  return task;
}

/**
 * pillion_http_web_socket_close:
 * @self: a WebSocket
 * @code: a close code: 1000 for a normal end, 1001 to 1003, 1007 to 1014, or one of your own from 3000 to 4999
 * @reason: (nullable): why, in at most 123 bytes of UTF-8
 * @cancellable: (nullable): cancels the task when it is cancelled, and not the closing
 *
 * Closes the WebSocket, after the messages whose sending has been asked for. Messages that were not received yet are dropped.
 *
 * The task is done, with %TRUE, when the server has closed as well, or the connection is gone, or the server has had 5 seconds for it. Waiting
 * for it is not necessary. Nothing is sent if the WebSocket is closed.
 *
 * The task fails with `G_IO_ERROR_INVALID_ARGUMENT` if the code or the reason can't be sent. On the loop's thread only.
 *
 * Returns: (transfer full): a task
 *
 * Since: 1.0
 */
PillionTask *
pillion_http_web_socket_close (PillionHttpWebSocket *self,
                               guint code,
                               const char *reason,
                               GCancellable *cancellable)
{
  PillionTask *task;

  g_return_val_if_fail (PILLION_HTTP_IS_WEB_SOCKET (self), NULL);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), NULL);
  g_return_val_if_fail (self->loop != NULL && pillion_private_loop_on_thread (self->loop), NULL);

  task = begin (self, "close", cancellable);
  if (pillion_task_is_done (task))
    return task;

  if (!pillion_web_socket_is_valid_code (code))
    {
      pillion_task_return_new_error (task, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, _("%u is not a close code that can be sent"), code);
      return task;
    }
  if (reason != NULL && (strlen (reason) > PILLION_WEB_SOCKET_MAX_CONTROL - 2 || !g_utf8_validate (reason, -1, NULL)))
    {
      pillion_task_return_new_error (task, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                                     _("the reason for closing is longer than %d bytes, or not UTF-8"), PILLION_WEB_SOCKET_MAX_CONTROL - 2);
      return task;
    }

  watch (self, task, pillion_web_socket_link_forget);
  pillion_web_socket_link_close (self->link, code, reason, task);
  look_again (self, task, pillion_web_socket_link_forget);

  return task;
}

/**
 * pillion_http_web_socket_get_close_code:
 * @self: a WebSocket
 *
 * Gets the code that the WebSocket was closed with: that of the server, or the one that Pillion closed it with because of what the server sent. 1005
 * stands for a server that gave none, and 1006 for a connection that ended without a closing handshake.
 *
 * Returns: a close code, or 0 while the WebSocket is open
 *
 * Since: 1.0
 */
guint
pillion_http_web_socket_get_close_code (PillionHttpWebSocket *self)
{
  g_return_val_if_fail (PILLION_HTTP_IS_WEB_SOCKET (self), 0);
  g_return_val_if_fail (self->link != NULL, 0);

  return pillion_web_socket_link_get_close_code (self->link);
}

/**
 * pillion_http_web_socket_dup_close_reason:
 * @self: a WebSocket
 *
 * Gets the reason that came with the close code.
 *
 * Returns: (transfer full) (nullable): a text, which may be empty, or %NULL
 *
 * Since: 1.0
 */
char *
pillion_http_web_socket_dup_close_reason (PillionHttpWebSocket *self)
{
  g_return_val_if_fail (PILLION_HTTP_IS_WEB_SOCKET (self), NULL);
  g_return_val_if_fail (self->link != NULL, NULL);

  return pillion_web_socket_link_dup_close_reason (self->link);
}

/**
 * pillion_http_web_socket_get_max_message_size: (get-property max-message-size)
 * @self: a WebSocket
 *
 * Gets the largest message that is accepted.
 *
 * Returns: a number of bytes
 *
 * Since: 1.0
 */
gint64
pillion_http_web_socket_get_max_message_size (PillionHttpWebSocket *self)
{
  g_return_val_if_fail (PILLION_HTTP_IS_WEB_SOCKET (self), 0);

  return self->max_message_size;
}

/**
 * pillion_http_web_socket_set_max_message_size: (set-property max-message-size)
 * @self: a WebSocket
 * @max: a number of bytes, from 1 to 1073741824
 *
 * Sets the largest message that is accepted.
 *
 * Since: 1.0
 */
void
pillion_http_web_socket_set_max_message_size (PillionHttpWebSocket *self,
                                              gint64 max)
{
  g_return_if_fail (PILLION_HTTP_IS_WEB_SOCKET (self));
  g_return_if_fail (self->loop == NULL || pillion_private_loop_on_thread (self->loop));
  g_return_if_fail (max >= 1 && max <= PILLION_CALL_MAX_IN_MEMORY);

  if (self->max_message_size == max)
    return;

  self->max_message_size = max;
  if (self->link != NULL)
    pillion_web_socket_link_set_max_size (self->link, max);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_MAX_MESSAGE_SIZE]);
}

/**
 * pillion_http_web_socket_get_ping_interval_usec: (get-property ping-interval-usec)
 * @self: a WebSocket
 *
 * Gets how long the server may be silent before it is sent a ping.
 *
 * Returns: a time in µs, or 0 for no pings
 *
 * Since: 1.0
 */
GTimeSpan
pillion_http_web_socket_get_ping_interval_usec (PillionHttpWebSocket *self)
{
  g_return_val_if_fail (PILLION_HTTP_IS_WEB_SOCKET (self), 0);

  return self->ping_interval;
}

/**
 * pillion_http_web_socket_set_ping_interval_usec: (set-property ping-interval-usec)
 * @self: a WebSocket
 * @interval: a time in µs, or 0 for no pings
 *
 * Sets how long the server may be silent before it is sent a ping.
 *
 * Since: 1.0
 */
void
pillion_http_web_socket_set_ping_interval_usec (PillionHttpWebSocket *self,
                                                GTimeSpan interval)
{
  g_return_if_fail (PILLION_HTTP_IS_WEB_SOCKET (self));
  g_return_if_fail (self->loop == NULL || pillion_private_loop_on_thread (self->loop));
  g_return_if_fail (interval >= 0);

  if (self->ping_interval == interval)
    return;

  self->ping_interval = interval;
  if (self->link != NULL)
    pillion_web_socket_link_set_ping_interval (self->link, interval);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_PING_INTERVAL_USEC]);
}
