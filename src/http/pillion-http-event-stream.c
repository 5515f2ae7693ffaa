/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include <inttypes.h>
#include <string.h>

#include <glib/gi18n-lib.h>
#include <pillion-http/pillion-http.h>

#include "core/pillion-private.h"
#include "http/pillion-event-parser.h"
#include "http/pillion-http-client-private.h"
#include "http/pillion-http-request-private.h"
#include "http/pillion-reconnect.h"

#define DEFAULT_MAX_EVENT_SIZE (1024 * 1024)

/* How many bytes are parsed at a time, so that a kick keeps to its budget */
#define SLICE 16384

/**
 * PillionHttpEventStream:
 *
 * Receives [server-sent events](https://html.spec.whatwg.org/multipage/server-sent-events.html), as `EventSource` does in browsers.
 *
 * ```c
 * static void
 * on_event (PillionTask *task,
 *           gpointer data)
 * {
 *   g_autoptr (GError) error = NULL;
 *   g_autoptr (PillionHttpEvent) event = pillion_task_get_boxed (task, PILLION_HTTP_TYPE_EVENT, &error);
 *   g_autoptr (PillionTask) next = NULL;
 *
 *   if (error != NULL)
 *     g_printerr ("%s\n", error->message);
 *   if (event == NULL)
 *     return;
 *
 *   g_print ("%s: %s\n", event->type, event->data);
 *   next = pillion_http_event_stream_next (data, NULL);
 *   pillion_task_add_done_callback (next, on_event, data, NULL);
 * }
 * ```
 *
 * The stream connects when [method@PillionHttp.EventStream.next] is called first, and works only while such a task waits: if the program is
 * slow, the server has to wait.
 *
 * ## Reconnecting
 *
 * If the connection ends or the network fails, the stream connects again after [property@PillionHttp.EventStream:retry-interval-usec], which the
 * server can change, and sends the ID of the last event in the field `Last-Event-ID`. If connecting fails, each pause is twice as long as
 * the one before, up to a minute, and after [property@PillionHttp.EventStream:max-reconnects] such failures in a row the stream fails. The pauses pass on the
 * loop's clock. Without a pause, the stream still connects at most ten times per second.
 *
 * The stream ends if the server answers with the status 204. It fails at once if the server answers with another status than 200, or with something
 * that is no event stream, or if the error has nothing to do with the network.
 *
 * A request with another method than GET, such as a POST to an API that streams its answer, is sent only once: the stream ends when the
 * response does.
 *
 * ## Requests
 *
 * The fields Accept and Cache-Control are set unless the request or the client has them. To continue where an
 * earlier program stopped, set `Last-Event-ID`. The idle, total and lowest-rate limits of the client don't
 * apply, because an event may come at any time; set them for the request if the server promises something. If
 * one is exceeded, the stream reconnects.
 *
 * ## Threads
 *
 * An event stream belongs to its loop's thread. It is closed by [method@PillionHttp.EventStream.close], or when nothing refers to it any more.
 *
 * Since: 1.0
 */

/* A task that next () waits for, and what to do when it is done */
typedef struct
{
  PillionHttpEventStream *stream;
  PillionTask *task;
  void (*func) (PillionHttpEventStream *stream,
                PillionTask *task);
  gboolean abandoned; /* it was cancelled with the task that started it, and another task waits now */
} Step;

struct _PillionHttpEventStream
{
  GObject parent_instance;

  PillionHttpClient *client;
  PillionHttpRequest *request;
  char *name; /* of the tasks */
  char *shown; /* the URL for messages */
  PillionEventParser parser;
  GQueue events;              /* parsed, and not taken yet */
  PillionHttpStream *stream;  /* NULL while there is no connection */
  PillionTask *next;          /* the pending task that next () returned */
  Step *step;                 /* what that waits for */
  GError *failure;            /* why there are no more events */
  PillionReconnect reconnect;
  gint64 retry_msec;          /* what the server said last */
  gint64 max_event_size;
  gboolean ended;             /* for good */
  gboolean closed;
};

enum
{
  PROP_LAST_EVENT_ID = 1,
  PROP_RETRY_INTERVAL_USEC,
  PROP_MAX_RECONNECTS,
  PROP_MAX_EVENT_SIZE,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (PillionHttpEventStream, pillion_http_event_stream, G_TYPE_OBJECT)

static void
pillion_http_event_stream_finalize (GObject *object)
{
  PillionHttpEventStream *self = PILLION_HTTP_EVENT_STREAM (object);

  g_clear_object (&self->stream);
  g_clear_object (&self->request);
  g_clear_object (&self->client);
  g_clear_error (&self->failure);
  g_queue_clear_full (&self->events, (GDestroyNotify) pillion_http_event_free);
  pillion_event_parser_clear (&self->parser);
  g_free (self->name);
  g_free (self->shown);

  G_OBJECT_CLASS (pillion_http_event_stream_parent_class)->finalize (object);
}

static void
pillion_http_event_stream_get_property (GObject *object,
                                        guint prop_id,
                                        GValue *value,
                                        GParamSpec *pspec)
{
  PillionHttpEventStream *self = PILLION_HTTP_EVENT_STREAM (object);

  switch (prop_id)
    {
    case PROP_LAST_EVENT_ID:
      g_value_set_string (value, self->parser.id->str);
      break;
    case PROP_RETRY_INTERVAL_USEC:
      g_value_set_int64 (value, self->reconnect.interval);
      break;
    case PROP_MAX_RECONNECTS:
      g_value_set_int (value, self->reconnect.max);
      break;
    case PROP_MAX_EVENT_SIZE:
      g_value_set_int64 (value, self->max_event_size);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
pillion_http_event_stream_set_property (GObject *object,
                                        guint prop_id,
                                        const GValue *value,
                                        GParamSpec *pspec)
{
  PillionHttpEventStream *self = PILLION_HTTP_EVENT_STREAM (object);

  switch (prop_id)
    {
    case PROP_RETRY_INTERVAL_USEC:
      pillion_http_event_stream_set_retry_interval_usec (self, g_value_get_int64 (value));
      break;
    case PROP_MAX_RECONNECTS:
      pillion_http_event_stream_set_max_reconnects (self, g_value_get_int (value));
      break;
    case PROP_MAX_EVENT_SIZE:
      pillion_http_event_stream_set_max_event_size (self, g_value_get_int64 (value));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
pillion_http_event_stream_class_init (PillionHttpEventStreamClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS;

  object_class->finalize = pillion_http_event_stream_finalize;
  object_class->get_property = pillion_http_event_stream_get_property;
  object_class->set_property = pillion_http_event_stream_set_property;

  /**
   * PillionHttpEventStream:last-event-id: (getter get_last_event_id)
   *
   * The ID that the next connection sends, or "" if there is none: that of the last event that was received. An ID of more than 4096 bytes
   * is ignored.
   *
   * Since: 1.0
   */
  properties[PROP_LAST_EVENT_ID] = g_param_spec_string ("last-event-id", NULL, NULL, "", G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * PillionHttpEventStream:retry-interval-usec: (getter get_retry_interval_usec) (setter set_retry_interval_usec)
   *
   * The pause before the stream connects again, in µs. The server can change it.
   *
   * Since: 1.0
   */
  properties[PROP_RETRY_INTERVAL_USEC] =
    g_param_spec_int64 ("retry-interval-usec", NULL, NULL, 0, G_MAXINT64, PILLION_RECONNECT_DEFAULT_INTERVAL, flags);

  /**
   * PillionHttpEventStream:max-reconnects: (getter get_max_reconnects) (setter set_max_reconnects)
   *
   * How many times in a row reconnecting may fail before the stream does. -1 means without a limit. With 0 the stream never connects again, and
   * ends when the response does.
   *
   * Since: 1.0
   */
  properties[PROP_MAX_RECONNECTS] = g_param_spec_int ("max-reconnects", NULL, NULL, -1, G_MAXINT, PILLION_RECONNECT_DEFAULT_MAX, flags);

  /**
   * PillionHttpEventStream:max-event-size: (getter get_max_event_size) (setter set_max_event_size)
   *
   * The largest event that is accepted, in bytes.
   *
   * Since: 1.0
   */
  properties[PROP_MAX_EVENT_SIZE] =
    g_param_spec_int64 ("max-event-size", NULL, NULL, 1, G_MAXINT, DEFAULT_MAX_EVENT_SIZE, flags);

  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
pillion_http_event_stream_init (PillionHttpEventStream *self)
{
  pillion_event_parser_init (&self->parser);
  g_queue_init (&self->events);
  pillion_reconnect_init (&self->reconnect);
  self->retry_msec = -1;
  self->max_event_size = DEFAULT_MAX_EVENT_SIZE;
}

static inline PillionLoop *
get_loop (PillionHttpEventStream *self)
{
  return self->client->loop;
}

static inline gint64
get_now (PillionHttpEventStream *self)
{
  return pillion_loop_get_now (get_loop (self));
}

static void
set_default_header (PillionHttpRequest *request,
                    const char *name,
                    const char *value)
{
  if (pillion_http_request_get_header (request, name) == NULL)
    pillion_http_request_set_header (request, name, value);
}

/**
 * pillion_http_event_stream_new:
 * @client: a client
 * @request: a request, which is copied
 *
 * Creates an event stream. It connects when [method@PillionHttp.EventStream.next] is called first.
 *
 * Returns: (transfer full): an event stream
 *
 * Since: 1.0
 */
PillionHttpEventStream *
pillion_http_event_stream_new (PillionHttpClient *client,
                               PillionHttpRequest *request)
{
  PillionHttpEventStream *self;
  const char *id;

  g_return_val_if_fail (PILLION_HTTP_IS_CLIENT (client), NULL);
  g_return_val_if_fail (PILLION_HTTP_IS_REQUEST (request), NULL);

  self = g_object_new (PILLION_HTTP_TYPE_EVENT_STREAM, NULL);
  self->client = g_object_ref (client);
  self->request = request = pillion_http_request_copy (request);
  self->shown = pillion_http_redact_url (request->url);
  self->name = g_strconcat ("next event of ", self->shown, NULL);

  /* A status other than success fails when the stream is opened, and 204 means the end */
  g_clear_pointer (&request->accepted, g_array_unref);
  set_default_header (request, "Accept", "text/event-stream");
  set_default_header (request, "Cache-Control", "no-store");
  id = pillion_http_request_get_header (request, "Last-Event-ID");
  if (id != NULL)
    {
      g_string_assign (self->parser.id, id);
      g_string_assign (self->parser.next_id, id);
    }
  request->lasting = TRUE;
  if (request->idle_timeout == 0)
    request->idle_timeout = -1;
  if (request->total_timeout == 0)
    request->total_timeout = -1;
  if (request->lowest_rate == 0)
    request->lowest_rate = -1;

  return self;
}

static inline gboolean
reconnects (PillionHttpEventStream *self)
{
  return self->reconnect.max != 0 && strcmp (self->request->method, "GET") == 0;
}

/* The ID comes from the server, which must not be able to cause requests that can't be sent */
static gboolean
can_send_id (const char *id)
{
  for (const char *p = id; *p != '\0'; p++)
    if (((guchar) *p < ' ' && *p != '\t') || *p == 0x7f)
      return FALSE;

  return *id != '\0';
}

static void
drop_connection (PillionHttpEventStream *self)
{
  if (self->stream != NULL)
    pillion_http_stream_close (self->stream);
  g_clear_object (&self->stream);
  pillion_event_parser_reset (&self->parser);
}

static void
fail (PillionHttpEventStream *self,
      GError *error)
{
  drop_connection (self);
  g_clear_error (&self->failure);
  self->failure = error;
}

/* Connecting failed */
static void
connecting_failed (PillionHttpEventStream *self,
                   GError *error)
{
  if (reconnects (self) && pillion_reconnect_may_help (error) && pillion_reconnect_failed (&self->reconnect, get_now (self)))
    g_error_free (error);
  else
    fail (self, error);
}

/* The connection ended, with or without an error */
static void
connection_ended (PillionHttpEventStream *self,
                  GError *error)
{
  if (error != NULL && (!reconnects (self) || !pillion_reconnect_may_help (error)))
    {
      fail (self, error);
      return;
    }

  drop_connection (self);
  if (reconnects (self))
    pillion_reconnect_again (&self->reconnect, get_now (self));
  else
    self->ended = TRUE;
  g_clear_error (&error);
}

static void
add_event (const char *type,
           const char *data,
           const char *id,
           gpointer user_data)
{
  PillionHttpEvent event = { (char *) type, (char *) data, (char *) id };

  g_queue_push_tail (user_data, pillion_http_event_copy (&event));
}

static void
parse (PillionHttpEventStream *self,
       GBytes *piece)
{
  gsize length;
  const char *bytes = g_bytes_get_data (piece, &length);
  g_autofree char *id = g_strdup (self->parser.id->str);

  if (!pillion_event_parser_feed (&self->parser, bytes, length, (gsize) self->max_event_size, add_event, &self->events))
    fail (self, g_error_new (PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_TOO_LARGE,
                             _("%s: an event is larger than the limit (%" PRId64 " bytes)"), self->shown, self->max_event_size));

  if (strcmp (id, self->parser.id->str) != 0)
    g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_LAST_EVENT_ID]);
  if (self->parser.retry_msec != self->retry_msec)
    {
      self->retry_msec = self->parser.retry_msec;
      pillion_http_event_stream_set_retry_interval_usec (self, self->retry_msec * G_TIME_SPAN_MILLISECOND);
    }
}

static gboolean
is_event_stream (PillionHttpResponse *response)
{
  const char *type = pillion_http_response_get_header (response, "Content-Type");
  gsize length = strlen ("text/event-stream");

  if (type == NULL || g_ascii_strncasecmp (type, "text/event-stream", length) != 0)
    return FALSE;

  type += length;
  type += strspn (type, " \t");
  return *type == '\0' || *type == ';';
}

static void
opened (PillionHttpEventStream *self,
        PillionHttpStream *stream)
{
  PillionHttpResponse *response = pillion_http_stream_get_response (stream);
  guint status = pillion_http_response_get_status (response);

  pillion_reconnect_connected (&self->reconnect);
  self->stream = g_object_ref (stream);
  if (status == 204)
    {
      drop_connection (self);
      self->ended = TRUE;
    }
  else if (status != 200)
    {
      fail (self, g_error_new (PILLION_HTTP_STATUS_ERROR, (int) status, _("%s: the server answered %u instead of 200"),
                               self->shown, status));
    }
  else if (!is_event_stream (response))
    {
      const char *type = pillion_http_response_get_header (response, "Content-Type");

      fail (self, g_error_new (PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_PROTOCOL,
                               _("%s: the response is not an event stream, but has the type '%s'"), self->shown, type != NULL ? type : ""));
    }
}

/* Gives @task the next event or the end. Returns FALSE if it has to wait. */
static gboolean
take (PillionHttpEventStream *self,
      PillionTask *task)
{
  PillionHttpEvent *event = g_queue_pop_head (&self->events);

  if (event == NULL && self->failure != NULL)
    {
      pillion_task_return_error (task, g_error_copy (self->failure));
      return TRUE;
    }
  if (event == NULL && !self->ended)
    return FALSE;

  pillion_task_return_boxed (task, PILLION_HTTP_TYPE_EVENT, event);
  return TRUE;
}

static void
finish_next (PillionHttpEventStream *self,
             GIOErrorEnum code,
             const char *message)
{
  g_autoptr (PillionTask) next = g_steal_pointer (&self->next);

  pillion_task_return_new_error (next, G_IO_ERROR, code, "%s", message);
}

static void
finish_next_cancelled (PillionHttpEventStream *self)
{
  finish_next (self, G_IO_ERROR_CANCELLED, _("waiting for an event was cancelled"));
}

static void
step_free (gpointer data)
{
  Step *self = data;

  /* The loop was closed, and makes no more callbacks */
  if (self->stream->step == self)
    {
      self->stream->step = NULL;
      if (self->stream->next != NULL)
        finish_next_cancelled (self->stream);
    }
  g_object_unref (self->task);
  g_object_unref (self->stream);
  g_free (self);
}

static void
opening_done (PillionHttpEventStream *self,
              PillionTask *task)
{
  GError *error = NULL;
  g_autoptr (PillionHttpStream) stream = pillion_task_get_object (task, &error);

  if (error == NULL)
    opened (self, stream);
  else
    connecting_failed (self, error);
}

static void
read_done (PillionHttpEventStream *self,
           PillionTask *task)
{
  GError *error = NULL;
  g_autoptr (GBytes) piece = pillion_task_get_bytes (task, &error);

  if (error != NULL || g_bytes_get_size (piece) == 0)
    connection_ended (self, error);
  else
    parse (self, piece);
}

static void
pause_done (PillionHttpEventStream *self,
            PillionTask *task)
{
  pillion_reconnect_end_pause (&self->reconnect);
}

static void
step_done (PillionTask *task,
           gpointer data);

/* Each step is cancelled with the task that waits for it, and can then be repeated */
static void
begin_step (PillionHttpEventStream *self)
{
  GCancellable *cancellable = pillion_task_get_cancellable (self->next);
  gint64 now = get_now (self);
  GTimeSpan pause = pillion_reconnect_get_pause (&self->reconnect, now);
  Step *step = g_new0 (Step, 1);

  if (self->stream != NULL)
    {
      step->task = pillion_http_stream_read (self->stream, SLICE, cancellable);
      step->func = read_done;
    }
  else if (pause > 0)
    {
      step->task = pillion_loop_sleep (get_loop (self), pause, cancellable);
      step->func = pause_done;
    }
  else
    {
      const char *id = self->parser.id->str;

      pillion_reconnect_begin (&self->reconnect, now);
      pillion_http_request_set_header (self->request, "Last-Event-ID", can_send_id (id) ? id : NULL);
      step->task = pillion_http_client_open (self->client, self->request, cancellable);
      step->func = opening_done;
    }

  step->stream = g_object_ref (self);
  self->step = step;
  pillion_task_add_done_callback (step->task, step_done, step, step_free);
}

/* Gives the pending task its outcome, or continues to wait */
static void
go_on (PillionHttpEventStream *self)
{
  /* Events are not for tasks that nobody wants any more */
  if (g_cancellable_is_cancelled (pillion_task_get_cancellable (self->next)))
    finish_next_cancelled (self);
  else if (take (self, self->next))
    g_clear_object (&self->next);
  else
    begin_step (self);
}

static void
step_done (PillionTask *task,
           gpointer data)
{
  Step *self = data;
  PillionHttpEventStream *stream = self->stream;

  stream->step = NULL;
  if (stream->closed)
    return;

  if (pillion_task_get_state (task) != PILLION_TASK_CANCELLED)
    self->func (stream, task);
  else if (!self->abandoned)
    {
      if (stream->next != NULL)
        finish_next_cancelled (stream);
      return;
    }

  if (stream->next != NULL)
    go_on (stream);
}

/* An event that nobody received goes to the next task */
static void
put_back (gpointer stream,
          PillionTask *task)
{
  PillionHttpEventStream *self = stream;
  PillionHttpEvent *event = pillion_task_get_boxed (task, PILLION_HTTP_TYPE_EVENT, NULL);

  if (event == NULL)
    return;
  if (self->closed)
    {
      pillion_http_event_free (event);
      return;
    }

  g_queue_push_head (&self->events, event);
  if (self->next != NULL && !g_cancellable_is_cancelled (pillion_task_get_cancellable (self->next)))
    {
      take (self, self->next);
      g_clear_object (&self->next);
      /* Otherwise that step could not be cancelled with the next task */
      if (self->step != NULL)
        pillion_task_cancel (self->step->task);
    }
}

static void
wait_for_event (PillionHttpEventStream *self,
                PillionTask *task)
{
  /* The caller has cancelled that task, and need not let the loop run before calling again */
  if (self->next != NULL)
    finish_next_cancelled (self);

  self->next = g_object_ref (task);
  /* A step that is being cancelled may still have a result, which must not be lost */
  if (self->step != NULL)
    self->step->abandoned = TRUE;
  else
    go_on (self);
}

/**
 * pillion_http_event_stream_next:
 * @self: an event stream
 * @cancellable: (nullable): cancels the task when it is cancelled
 *
 * Waits for the next event.
 *
 * The task's result is a [struct@PillionHttp.Event]: [method@Pillion.Task.get_boxed]. It is %NULL if there will be no more events. If an event has arrived
 * already, the task is done at once.
 *
 * The task fails as the [table of the class](class.Client.html#errors) says, with [error@PillionHttp.Error.PROTOCOL] if the response is no event
 * stream, with [error@PillionHttp.Error.TOO_LARGE] if an event is larger than [property@PillionHttp.EventStream:max-event-size], with
 * `G_IO_ERROR_PENDING` if another such task waits, and with `G_IO_ERROR_CLOSED` if the stream is closed. Except for the last two, and for
 * `G_IO_ERROR_CANCELLED`, an error is final. A task that is cancelled takes no event away, even if it came at that moment and nobody got it. On
 * the loop's thread only.
 *
 * Returns: (transfer full): a task
 *
 * Since: 1.0
 */
PillionTask *
pillion_http_event_stream_next (PillionHttpEventStream *self,
                                GCancellable *cancellable)
{
  PillionTask *task;

  g_return_val_if_fail (PILLION_HTTP_IS_EVENT_STREAM (self), NULL);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), NULL);
  g_return_val_if_fail (self->client != NULL && pillion_http_client_on_thread (self->client), NULL);

  /* The error would name this line rather than the caller's, which is unknown */
  task = pillion_task_new_at (get_loop (self), self->name, cancellable, NULL);
  if (pillion_task_is_done (task))
    {
      /* The loop is closed, and so the task has failed */
    }
  else if (self->closed)
    pillion_task_return_new_error (task, G_IO_ERROR, G_IO_ERROR_CLOSED, _("the event stream was closed"));
  else if (self->next != NULL && !g_cancellable_is_cancelled (pillion_task_get_cancellable (self->next)))
    pillion_task_return_new_error (task, G_IO_ERROR, G_IO_ERROR_PENDING, _("another task waits for the next event"));
  else
    {
      wait_for_event (self, task);
      pillion_private_task_set_unwanted (task, self, put_back);
    }

  return task;
}

/**
 * pillion_http_event_stream_close:
 * @self: an event stream
 *
 * Closes the stream and its connection. A task that waits fails with `G_IO_ERROR_CLOSED`, and so do all that follow. Nothing happens if the
 * stream is closed. On the loop's thread only.
 *
 * Since: 1.0
 */
void
pillion_http_event_stream_close (PillionHttpEventStream *self)
{
  g_return_if_fail (PILLION_HTTP_IS_EVENT_STREAM (self));
  g_return_if_fail (self->client != NULL && pillion_http_client_on_thread (self->client));

  if (self->closed)
    return;

  self->closed = TRUE;
  if (self->step != NULL)
    pillion_task_cancel (self->step->task);
  drop_connection (self);
  g_queue_clear_full (&self->events, (GDestroyNotify) pillion_http_event_free);
  if (self->next != NULL)
    finish_next (self, G_IO_ERROR_CLOSED, _("the event stream was closed"));
}

/**
 * pillion_http_event_stream_get_last_event_id: (get-property last-event-id)
 * @self: an event stream
 *
 * Gets the ID that the next connection sends.
 *
 * Returns: an ID, or ""
 *
 * Since: 1.0
 */
const char *
pillion_http_event_stream_get_last_event_id (PillionHttpEventStream *self)
{
  g_return_val_if_fail (PILLION_HTTP_IS_EVENT_STREAM (self), NULL);

  return self->parser.id->str;
}

/**
 * pillion_http_event_stream_get_retry_interval_usec: (get-property retry-interval-usec)
 * @self: an event stream
 *
 * Gets the pause before the stream connects again.
 *
 * Returns: a time in µs
 *
 * Since: 1.0
 */
GTimeSpan
pillion_http_event_stream_get_retry_interval_usec (PillionHttpEventStream *self)
{
  g_return_val_if_fail (PILLION_HTTP_IS_EVENT_STREAM (self), 0);

  return self->reconnect.interval;
}

/**
 * pillion_http_event_stream_set_retry_interval_usec: (set-property retry-interval-usec)
 * @self: an event stream
 * @interval: a time in µs, at least 0
 *
 * Sets the pause before the stream connects again, until the server changes it.
 *
 * Since: 1.0
 */
void
pillion_http_event_stream_set_retry_interval_usec (PillionHttpEventStream *self,
                                                   GTimeSpan interval)
{
  g_return_if_fail (PILLION_HTTP_IS_EVENT_STREAM (self));
  g_return_if_fail (self->client == NULL || pillion_http_client_on_thread (self->client));
  g_return_if_fail (interval >= 0);

  if (self->reconnect.interval == interval)
    return;

  self->reconnect.interval = interval;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_RETRY_INTERVAL_USEC]);
}

/**
 * pillion_http_event_stream_get_max_reconnects: (get-property max-reconnects)
 * @self: an event stream
 *
 * Gets how many times in a row reconnecting may fail.
 *
 * Returns: a number, or -1 for no limit
 *
 * Since: 1.0
 */
int
pillion_http_event_stream_get_max_reconnects (PillionHttpEventStream *self)
{
  g_return_val_if_fail (PILLION_HTTP_IS_EVENT_STREAM (self), 0);

  return self->reconnect.max;
}

/**
 * pillion_http_event_stream_set_max_reconnects: (set-property max-reconnects)
 * @self: an event stream
 * @max: a number, -1 for no limit, or 0 to never connect again
 *
 * Sets how many times in a row reconnecting may fail.
 *
 * Since: 1.0
 */
void
pillion_http_event_stream_set_max_reconnects (PillionHttpEventStream *self,
                                              int max)
{
  g_return_if_fail (PILLION_HTTP_IS_EVENT_STREAM (self));
  g_return_if_fail (self->client == NULL || pillion_http_client_on_thread (self->client));
  g_return_if_fail (max >= -1);

  if (self->reconnect.max == max)
    return;

  self->reconnect.max = max;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_MAX_RECONNECTS]);
}

/**
 * pillion_http_event_stream_get_max_event_size: (get-property max-event-size)
 * @self: an event stream
 *
 * Gets the largest event that is accepted.
 *
 * Returns: a number of bytes
 *
 * Since: 1.0
 */
gint64
pillion_http_event_stream_get_max_event_size (PillionHttpEventStream *self)
{
  g_return_val_if_fail (PILLION_HTTP_IS_EVENT_STREAM (self), 0);

  return self->max_event_size;
}

/**
 * pillion_http_event_stream_set_max_event_size: (set-property max-event-size)
 * @self: an event stream
 * @max: a number of bytes, from 1 to 2147483647
 *
 * Sets the largest event that is accepted.
 *
 * Since: 1.0
 */
void
pillion_http_event_stream_set_max_event_size (PillionHttpEventStream *self,
                                              gint64 max)
{
  g_return_if_fail (PILLION_HTTP_IS_EVENT_STREAM (self));
  g_return_if_fail (self->client == NULL || pillion_http_client_on_thread (self->client));
  g_return_if_fail (max >= 1 && max <= G_MAXINT);

  if (self->max_event_size == max)
    return;

  self->max_event_size = max;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_MAX_EVENT_SIZE]);
}
