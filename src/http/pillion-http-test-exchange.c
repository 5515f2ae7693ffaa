/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-http-test-exchange-private.h"

#include <string.h>
#include <sys/socket.h>

#include "core/pillion-private.h"
#include "http/pillion-http-fields.h"
#include "http/pillion-soup-library.h"

/**
 * PillionHttpTestExchange:
 *
 * A request that a [class@PillionHttp.TestServer] got, and the response that it will send.
 *
 * ```c
 * static PillionTask *
 * on_item (PillionHttpTestExchange *exchange, gpointer user_data)
 * {
 *   if (g_str_equal (pillion_http_test_exchange_get_method (exchange), "DELETE"))
 *     pillion_http_test_exchange_set_status (exchange, 204);
 *   else
 *     pillion_http_test_exchange_set_text (exchange, "{\"id\": 1}", "application/json");
 *
 *   return NULL;
 * }
 * ```
 *
 * The status is 200 unless a handler sets another one. A handler that sets nothing at all is a mistake in the test: the
 * response is then 500, and its body says so.
 *
 * ## Faults
 *
 * [method@PillionHttp.TestExchange.set_delay] makes the server slow, [method@PillionHttp.TestExchange.cut] closes the connection
 * in the middle of the body, and [method@PillionHttp.TestExchange.reset] breaks it there.
 *
 * ## Threads
 *
 * An exchange is used on the thread of the server's loop. Once the response was sent it can only be read.
 *
 * Since: 1.0
 */

typedef enum
{
  FAULT_NONE,
  FAULT_CUT,
  FAULT_RESET
} Fault;

typedef struct
{
  char *name;
  char *value;
} Header;

/* The response, which goes to the server's thread on its own */
typedef struct
{
  SoupServerMessage *message;
  guint status; /* 0 until one is set */
  GArray *headers;
  GBytes *body; /* NULL if there is none */
  char *content_type;
  GTimeSpan delay;
  Fault fault;
  gsize n_bytes; /* what is sent of the body before the fault */
  gboolean is_set;
} Answer;

struct _PillionHttpTestExchange
{
  GObject parent_instance;

  PillionHttpTestThread *thread;
  Answer *answer; /* NULL once it was sent */

  char *method;
  char *path;
  char *query; /* NULL if there is none */
  GHashTable *headers; /* lower-case name → value */
  GBytes *body;
};

enum
{
  PROP_METHOD = 1,
  PROP_PATH,
  PROP_QUERY,
  PROP_BODY,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (PillionHttpTestExchange, pillion_http_test_exchange, G_TYPE_OBJECT)

PillionHttpTestThread *
pillion_http_test_thread_new (void)
{
  PillionHttpTestThread *self = g_atomic_rc_box_new0 (PillionHttpTestThread);

  self->context = g_main_context_new ();
  g_mutex_init (&self->lock);

  return self;
}

PillionHttpTestThread *
pillion_http_test_thread_ref (PillionHttpTestThread *self)
{
  return g_atomic_rc_box_acquire (self);
}

static void
thread_clear (gpointer data)
{
  PillionHttpTestThread *self = data;

  pillion_sync_acquire (self);
  g_main_context_unref (self->context);
  g_mutex_clear (&self->lock);
}

void
pillion_http_test_thread_unref (PillionHttpTestThread *self)
{
  pillion_sync_release (self);
  g_atomic_rc_box_release_full (self, thread_clear);
}

void
pillion_http_test_thread_post (PillionHttpTestThread *self,
                               GTimeSpan delay,
                               GSourceFunc func,
                               gpointer data,
                               GDestroyNotify destroy)
{
  g_autoptr (GSource) source = NULL;
  gboolean closed;

  if (delay > 0)
    source = g_timeout_source_new (MIN (delay / 1000 + (delay % 1000 > 0), G_MAXINT));
  else
    source = g_idle_source_new ();
  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_callback (source, func, data, destroy);

  pillion_mutex_lock (&self->lock);
  closed = self->closed;
  if (!closed)
    g_source_attach (source, self->context);
  pillion_mutex_unlock (&self->lock);

  if (closed)
    g_source_destroy (source);
}

static void
replace (char **text,
         const char *by)
{
  g_free (*text);
  *text = g_strdup (by);
}

static void
header_clear (gpointer data)
{
  Header *header = data;

  g_free (header->name);
  g_free (header->value);
}

static void
answer_free (gpointer data)
{
  Answer *self = data;

  g_array_unref (self->headers);
  g_clear_pointer (&self->body, g_bytes_unref);
  g_free (self->content_type);
  g_clear_object (&self->message);
  g_free (self);
}

static Answer *
answer_new (SoupServerMessage *message)
{
  Answer *self = g_new0 (Answer, 1);

  self->message = g_object_ref (message);
  self->headers = g_array_new (FALSE, FALSE, sizeof (Header));
  g_array_set_clear_func (self->headers, header_clear);

  return self;
}

/* A body of text, and a status of 500 */
static void
answer_fail (Answer *self,
             const char *message)
{
  g_array_set_size (self->headers, 0);
  g_clear_pointer (&self->body, g_bytes_unref);

  self->status = 500;
  self->body = g_bytes_new (message, strlen (message));
  replace (&self->content_type, "text/plain; charset=utf-8");
  self->fault = FAULT_NONE;
  self->is_set = TRUE;
}

void
pillion_http_test_set_body (SoupServerMessage *message,
                            GBytes *body,
                            const char *content_type)
{
  if (content_type != NULL)
    pillion_soup.message_headers_append (pillion_soup.server_message_get_response_headers (message), "Content-Type", content_type);
  if (g_bytes_get_size (body) > 0)
    pillion_soup.message_body_append_bytes (pillion_soup.server_message_get_response_body (message), body);
}

static void
on_closed (GObject *source,
           GAsyncResult *result,
           gpointer data)
{
  g_io_stream_close_finish (G_IO_STREAM (source), result, NULL);
}

/* What is to be written before a fault, and the connection with it */
typedef struct
{
  GIOStream *stream;
  GString *bytes;
  gboolean reset;
} Cut;

static void
cut_free (Cut *self)
{
  g_object_unref (self->stream);
  g_string_free (self->bytes, TRUE);
  g_free (self);
}

/* So that the other side gets a reset. libsoup wraps the connection that it was given, and gives the wrapper back. */
static void
set_reset (GIOStream *stream)
{
  struct linger linger = { .l_onoff = 1, .l_linger = 0 };
  g_autoptr (GSocketConnection) connection = NULL;

  g_object_get (stream, "base-iostream", &connection, NULL);
  setsockopt (g_socket_get_fd (g_socket_connection_get_socket (connection)), SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
}

static void
on_cut_written (GObject *source,
                GAsyncResult *result,
                gpointer data)
{
  Cut *self = data;

  g_output_stream_write_all_finish (G_OUTPUT_STREAM (source), result, NULL, NULL);
  if (self->reset)
    set_reset (self->stream);
  g_io_stream_close_async (self->stream, G_PRIORITY_DEFAULT, NULL, on_closed, NULL);
  cut_free (self);
}

static void
answer_cut (Answer *self)
{
  gsize size = self->body != NULL ? g_bytes_get_size (self->body) : 0;
  GIOStream *stream = pillion_soup.server_message_steal_connection (self->message);
  Cut *cut;

  /* The client may have left */
  if (stream == NULL)
    return;

  cut = g_new0 (Cut, 1);
  cut->stream = stream;
  cut->reset = self->fault == FAULT_RESET;
  cut->bytes = g_string_new (NULL);
  g_string_append_printf (cut->bytes, "HTTP/1.1 %u %s\r\n", self->status, pillion_soup.status_get_phrase (self->status));
  for (guint i = 0; i < self->headers->len; i++)
    {
      Header *header = &g_array_index (self->headers, Header, i);

      g_string_append_printf (cut->bytes, "%s: %s\r\n", header->name, header->value);
    }
  if (self->content_type != NULL)
    g_string_append_printf (cut->bytes, "Content-Type: %s\r\n", self->content_type);
  g_string_append_printf (cut->bytes, "Content-Length: %" G_GSIZE_FORMAT "\r\n\r\n", size);
  if (size > 0)
    g_string_append_len (cut->bytes, g_bytes_get_data (self->body, NULL), MIN (self->n_bytes, size));

  g_output_stream_write_all_async (g_io_stream_get_output_stream (cut->stream), cut->bytes->str, cut->bytes->len, G_PRIORITY_DEFAULT,
                                   NULL, on_cut_written, cut);
}

/* On the server's thread */
static gboolean
answer_send (gpointer data)
{
  Answer *self = data;
  SoupMessageHeaders *headers = pillion_soup.server_message_get_response_headers (self->message);

  if (self->fault != FAULT_NONE)
    {
      answer_cut (self);
      return G_SOURCE_REMOVE;
    }

  pillion_soup.server_message_set_status (self->message, self->status, NULL);
  if (self->body != NULL)
    pillion_http_test_set_body (self->message, self->body, self->content_type);
  for (guint i = 0; i < self->headers->len; i++)
    {
      Header *header = &g_array_index (self->headers, Header, i);

      pillion_soup.message_headers_append (headers, header->name, header->value);
    }
  pillion_soup.server_message_unpause (self->message);

  return G_SOURCE_REMOVE;
}

static void
send_answer (PillionHttpTestExchange *self)
{
  Answer *answer = g_steal_pointer (&self->answer);

  if (!answer->is_set)
    answer_fail (answer, "The handler set no response.");
  if (answer->status == 0)
    answer->status = 200;
  pillion_http_test_thread_post (self->thread, answer->delay, answer_send, answer, answer_free);
}

static void
pillion_http_test_exchange_finalize (GObject *object)
{
  PillionHttpTestExchange *self = PILLION_HTTP_TEST_EXCHANGE (object);

  pillion_sync_acquire (self);

  /* The loop was closed before the handler's turn came */
  if (self->answer != NULL)
    {
      answer_fail (self->answer, "The loop of the test server was closed.");
      send_answer (self);
    }
  g_clear_pointer (&self->thread, pillion_http_test_thread_unref);
  g_free (self->method);
  g_free (self->path);
  g_free (self->query);
  g_clear_pointer (&self->headers, g_hash_table_unref);
  g_clear_pointer (&self->body, g_bytes_unref);

  G_OBJECT_CLASS (pillion_http_test_exchange_parent_class)->finalize (object);
}

static void
pillion_http_test_exchange_get_property (GObject *object,
                                         guint prop_id,
                                         GValue *value,
                                         GParamSpec *pspec)
{
  PillionHttpTestExchange *self = PILLION_HTTP_TEST_EXCHANGE (object);

  switch (prop_id)
    {
    case PROP_METHOD:
      g_value_set_string (value, self->method);
      break;
    case PROP_PATH:
      g_value_set_string (value, self->path);
      break;
    case PROP_QUERY:
      g_value_set_string (value, self->query);
      break;
    case PROP_BODY:
      g_value_set_boxed (value, self->body);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
pillion_http_test_exchange_class_init (PillionHttpTestExchangeClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->finalize = pillion_http_test_exchange_finalize;
  object_class->get_property = pillion_http_test_exchange_get_property;

  /**
   * PillionHttpTestExchange:method: (getter get_method)
   *
   * The method, such as `GET`.
   *
   * Since: 1.0
   */
  properties[PROP_METHOD] =
      g_param_spec_string ("method", NULL, NULL, "GET", G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * PillionHttpTestExchange:path: (getter get_path)
   *
   * The path, percent-encoded as it came.
   *
   * Since: 1.0
   */
  properties[PROP_PATH] =
      g_param_spec_string ("path", NULL, NULL, "/", G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * PillionHttpTestExchange:query: (getter get_query)
   *
   * What follows the question mark, percent-encoded as it came.
   *
   * Since: 1.0
   */
  properties[PROP_QUERY] =
      g_param_spec_string ("query", NULL, NULL, NULL, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * PillionHttpTestExchange:body: (getter get_body)
   *
   * The body of the request.
   *
   * Since: 1.0
   */
  properties[PROP_BODY] =
      g_param_spec_boxed ("body", NULL, NULL, G_TYPE_BYTES, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
pillion_http_test_exchange_init (PillionHttpTestExchange *self)
{
  /* As one that was made without a server has it */
  self->method = g_strdup ("GET");
  self->path = g_strdup ("/");
  self->body = g_bytes_new (NULL, 0);
}

static void
take_header (const char *name,
             const char *value,
             gpointer data)
{
  GHashTable *headers = data;
  g_autofree char *key = g_ascii_strdown (name, -1);
  const char *known = g_hash_table_lookup (headers, key);
  char *joined = known != NULL ? g_strconcat (known, ", ", value, NULL) : g_strdup (value);

  g_hash_table_replace (headers, g_steal_pointer (&key), joined);
}

PillionHttpTestExchange *
pillion_http_test_exchange_new (PillionHttpTestThread *thread,
                                SoupServerMessage *message)
{
  PillionHttpTestExchange *self = g_object_new (PILLION_HTTP_TYPE_TEST_EXCHANGE, NULL);
  GUri *uri = pillion_soup.server_message_get_uri (message);

  pillion_soup.server_message_pause (message);
  self->thread = pillion_http_test_thread_ref (thread);
  self->answer = answer_new (message);
  replace (&self->method, pillion_soup.server_message_get_method (message));
  replace (&self->path, g_uri_get_path (uri));
  self->query = g_strdup (g_uri_get_query (uri));
  self->headers = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  pillion_soup.message_headers_foreach (pillion_soup.server_message_get_request_headers (message), take_header, self->headers);
  g_bytes_unref (self->body);
  self->body = pillion_soup.message_body_flatten (pillion_soup.server_message_get_request_body (message));
  pillion_sync_release (self);

  return self;
}

void
pillion_http_test_exchange_send (PillionHttpTestExchange *self)
{
  send_answer (self);
}

void
pillion_http_test_exchange_fail (PillionHttpTestExchange *self,
                                 const char *message)
{
  answer_fail (self->answer, message);
}

/**
 * pillion_http_test_exchange_get_method: (get-property method)
 * @self: an exchange
 *
 * Gets the method of the request, such as `GET`.
 *
 * Returns: the method
 *
 * Since: 1.0
 */
const char *
pillion_http_test_exchange_get_method (PillionHttpTestExchange *self)
{
  g_return_val_if_fail (PILLION_HTTP_IS_TEST_EXCHANGE (self), NULL);

  return self->method;
}

/**
 * pillion_http_test_exchange_get_path: (get-property path)
 * @self: an exchange
 *
 * Gets the path of the request, percent-encoded as it came.
 *
 * Returns: the path
 *
 * Since: 1.0
 */
const char *
pillion_http_test_exchange_get_path (PillionHttpTestExchange *self)
{
  g_return_val_if_fail (PILLION_HTTP_IS_TEST_EXCHANGE (self), NULL);

  return self->path;
}

/**
 * pillion_http_test_exchange_get_query: (get-property query)
 * @self: an exchange
 *
 * Gets the query of the request, percent-encoded as it came, without its question mark.
 *
 * Returns: (nullable): the query, or `NULL` if there is none
 *
 * Since: 1.0
 */
const char *
pillion_http_test_exchange_get_query (PillionHttpTestExchange *self)
{
  g_return_val_if_fail (PILLION_HTTP_IS_TEST_EXCHANGE (self), NULL);

  return self->query;
}

/**
 * pillion_http_test_exchange_get_header:
 * @self: an exchange
 * @name: the name of a header, in any case
 *
 * Gets a header of the request. Several with the same name are joined with commas.
 *
 * Returns: (nullable): the value, or `NULL` if the request has no such header
 *
 * Since: 1.0
 */
const char *
pillion_http_test_exchange_get_header (PillionHttpTestExchange *self,
                                       const char *name)
{
  g_autofree char *key = NULL;

  g_return_val_if_fail (PILLION_HTTP_IS_TEST_EXCHANGE (self), NULL);
  g_return_val_if_fail (name != NULL, NULL);

  if (self->headers == NULL)
    return NULL;

  key = g_ascii_strdown (name, -1);
  return g_hash_table_lookup (self->headers, key);
}

/**
 * pillion_http_test_exchange_get_body: (get-property body)
 * @self: an exchange
 *
 * Gets the body of the request.
 *
 * Returns: (transfer none): the body; empty if there is none
 *
 * Since: 1.0
 */
GBytes *
pillion_http_test_exchange_get_body (PillionHttpTestExchange *self)
{
  g_return_val_if_fail (PILLION_HTTP_IS_TEST_EXCHANGE (self), NULL);

  return self->body;
}

/**
 * pillion_http_test_exchange_set_status:
 * @self: an exchange
 * @status: a status, 200 to 599
 *
 * Sets the status of the response.
 *
 * Since: 1.0
 */
void
pillion_http_test_exchange_set_status (PillionHttpTestExchange *self,
                                       guint status)
{
  g_return_if_fail (PILLION_HTTP_IS_TEST_EXCHANGE (self));
  g_return_if_fail (self->answer != NULL);
  g_return_if_fail (status >= 200 && status <= 599);

  self->answer->status = status;
  self->answer->is_set = TRUE;
}

/**
 * pillion_http_test_exchange_add_header:
 * @self: an exchange
 * @name: a name
 * @value: a value, without line breaks
 *
 * Adds a header to the response. The length is added by the server.
 *
 * Since: 1.0
 */
void
pillion_http_test_exchange_add_header (PillionHttpTestExchange *self,
                                       const char *name,
                                       const char *value)
{
  Header header;

  g_return_if_fail (PILLION_HTTP_IS_TEST_EXCHANGE (self));
  g_return_if_fail (self->answer != NULL);
  g_return_if_fail (name != NULL && pillion_http_is_token (name));
  g_return_if_fail (value != NULL && strpbrk (value, "\r\n") == NULL);

  header.name = g_strdup (name);
  header.value = g_strdup (value);
  g_array_append_val (self->answer->headers, header);
  self->answer->is_set = TRUE;
}

/**
 * pillion_http_test_exchange_set_body:
 * @self: an exchange
 * @body: the body
 * @content_type: (nullable): its type, such as `application/json`
 *
 * Sets the body of the response.
 *
 * Since: 1.0
 */
void
pillion_http_test_exchange_set_body (PillionHttpTestExchange *self,
                                     GBytes *body,
                                     const char *content_type)
{
  g_return_if_fail (PILLION_HTTP_IS_TEST_EXCHANGE (self));
  g_return_if_fail (self->answer != NULL);
  g_return_if_fail (body != NULL);
  g_return_if_fail (content_type == NULL || (strchr (content_type, '/') != NULL && strpbrk (content_type, "\r\n") == NULL));

  g_bytes_ref (body);
  g_clear_pointer (&self->answer->body, g_bytes_unref);
  self->answer->body = body;
  replace (&self->answer->content_type, content_type);
  self->answer->is_set = TRUE;
}

/**
 * pillion_http_test_exchange_set_text:
 * @self: an exchange
 * @text: the body
 * @content_type: (nullable): its type; `NULL` means `text/plain; charset=utf-8`
 *
 * Sets the body of the response to a text.
 *
 * Since: 1.0
 */
void
pillion_http_test_exchange_set_text (PillionHttpTestExchange *self,
                                     const char *text,
                                     const char *content_type)
{
  g_autoptr (GBytes) body = NULL;

  g_return_if_fail (PILLION_HTTP_IS_TEST_EXCHANGE (self));
  g_return_if_fail (text != NULL);

  body = g_bytes_new (text, strlen (text));
  pillion_http_test_exchange_set_body (self, body, content_type != NULL ? content_type : "text/plain; charset=utf-8");
}

/**
 * pillion_http_test_exchange_set_delay:
 * @self: an exchange
 * @delay: how long to wait before the first byte of the response, in µs
 *
 * Makes the server slow. The delay begins when the handler has answered, and takes real time: a virtual clock waits for it
 * while a task waits for the response.
 *
 * Since: 1.0
 */
void
pillion_http_test_exchange_set_delay (PillionHttpTestExchange *self,
                                      GTimeSpan delay)
{
  g_return_if_fail (PILLION_HTTP_IS_TEST_EXCHANGE (self));
  g_return_if_fail (self->answer != NULL);
  g_return_if_fail (delay >= 0);

  self->answer->delay = delay;
}

static void
set_fault (PillionHttpTestExchange *self,
           Fault fault,
           gsize n_bytes)
{
  self->answer->fault = fault;
  self->answer->n_bytes = n_bytes;
  self->answer->is_set = TRUE;
}

/**
 * pillion_http_test_exchange_cut:
 * @self: an exchange
 * @n_bytes: how many bytes of the body to send
 *
 * Closes the connection after @n_bytes of the body. The header announces all of it.
 *
 * Since: 1.0
 */
void
pillion_http_test_exchange_cut (PillionHttpTestExchange *self,
                                gsize n_bytes)
{
  g_return_if_fail (PILLION_HTTP_IS_TEST_EXCHANGE (self));
  g_return_if_fail (self->answer != NULL);

  set_fault (self, FAULT_CUT, n_bytes);
}

/**
 * pillion_http_test_exchange_reset:
 * @self: an exchange
 * @n_bytes: how many bytes of the body to send
 *
 * Resets the connection after @n_bytes of the body: the client gets `ECONNRESET`, and may lose bytes that it has not read yet.
 * The header announces all of the body.
 *
 * Since: 1.0
 */
void
pillion_http_test_exchange_reset (PillionHttpTestExchange *self,
                                  gsize n_bytes)
{
  g_return_if_fail (PILLION_HTTP_IS_TEST_EXCHANGE (self));
  g_return_if_fail (self->answer != NULL);

  set_fault (self, FAULT_RESET, n_bytes);
}
