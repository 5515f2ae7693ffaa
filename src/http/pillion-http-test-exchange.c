/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-http-test-exchange-private.h"

#include <string.h>

#include "core/pillion-private.h"
#include "http/pillion-http-fields.h"

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
 * response is then 500, and its body and the log say so.
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

struct _PillionHttpTestExchange
{
  GObject parent_instance;

  PillionTestDeliverFunc deliver;
  gpointer data;
  PillionTestAnswer *answer; /* NULL once it is sent, and if the exchange was made without a server */

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

static void
replace (char **text,
         const char *by)
{
  g_free (*text);
  *text = g_strdup (by);
}

static void
send_answer (PillionHttpTestExchange *self)
{
  PillionTestAnswer *answer = g_steal_pointer (&self->answer);

  /* A client that only looks at the status would hide why */
  if (!answer->is_set)
    g_message ("%s %s: the handler set no response", self->method, self->path);

  pillion_test_answer_complete (answer);
  self->deliver (answer, self->data);
}

static void
pillion_http_test_exchange_finalize (GObject *object)
{
  PillionHttpTestExchange *self = PILLION_HTTP_TEST_EXCHANGE (object);

  pillion_sync_acquire (self);

  /* The loop was closed before the handler's turn came */
  if (self->answer != NULL)
    {
      pillion_test_answer_fail (self->answer, "The loop of the test server was closed.");
      send_answer (self);
    }
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
  /* For exchanges that were made without a server */
  self->method = g_strdup ("GET");
  self->path = g_strdup ("/");
  self->body = g_bytes_new (NULL, 0);
}

PillionHttpTestExchange *
pillion_http_test_exchange_new (const char *method,
                                const char *path,
                                const char *query,
                                GBytes *body,
                                PillionTestDeliverFunc deliver,
                                gpointer data)
{
  PillionHttpTestExchange *self = g_object_new (PILLION_HTTP_TYPE_TEST_EXCHANGE, NULL);

  self->deliver = deliver;
  self->data = data;
  self->answer = pillion_test_answer_new ();
  replace (&self->method, method);
  replace (&self->path, path);
  self->query = g_strdup (query);
  self->headers = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  g_bytes_unref (self->body);
  self->body = g_bytes_ref (body);

  return self;
}

void
pillion_http_test_exchange_add_field (PillionHttpTestExchange *self,
                                      const char *name,
                                      const char *value)
{
  g_autofree char *key = g_ascii_strdown (name, -1);
  const char *known = g_hash_table_lookup (self->headers, key);
  char *joined = known != NULL ? g_strconcat (known, ", ", value, NULL) : g_strdup (value);

  g_hash_table_replace (self->headers, g_steal_pointer (&key), joined);
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
  pillion_test_answer_fail (self->answer, message);
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
  g_return_if_fail (PILLION_HTTP_IS_TEST_EXCHANGE (self));
  g_return_if_fail (self->answer != NULL);
  g_return_if_fail (name != NULL && pillion_http_is_token (name));
  g_return_if_fail (value != NULL && strpbrk (value, "\r\n") == NULL);

  pillion_field_list_append (&self->answer->fields, name, value);
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

  pillion_test_answer_set_body (self->answer, body, content_type);
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
           PillionTestFault fault,
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

  set_fault (self, PILLION_TEST_FAULT_CUT, n_bytes);
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

  set_fault (self, PILLION_TEST_FAULT_RESET, n_bytes);
}
