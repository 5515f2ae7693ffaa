/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-http-response-private.h"

#include <string.h>

#include <glib/gi18n-lib.h>

#include "core/pillion-private.h"
#include "http/pillion-cache-choice.h"
#include "http/pillion-digest-auth.h"
#include "http/pillion-http-fields.h"
#include "http/pillion-http-link.h"
#include "http/pillion-http-url.h"
#include "http/pillion-received-fields.h"

/**
 * PillionHttpResponse:
 *
 * The response of an HTTP server: what [method@PillionHttp.Client.send] results in.
 *
 * It has the status, the header fields, the body, and how the call went: its final URL, the redirects before it, and its times.
 *
 * ## Refusals
 *
 * A status that the request does not accept is an error, [error@PillionHttp.StatusError], with the response behind it:
 *
 * ```c
 * if (!pillion_task_check (task, &error))
 *   {
 *     PillionHttpResponse *response = pillion_http_response_from_error (error);
 *
 *     if (response != NULL)
 *       g_print ("%s: %u\n", pillion_http_response_get_url (response), pillion_http_response_get_status (response));
 *   }
 * ```
 *
 * Every error that a call of [class@PillionHttp.Client] fails with because of the status has a response, and so
 * has each copy of that error, wherever it goes: tasks made from the call's, a retry, a `GTask`. If a language
 * turns the error into an exception, as PyGObject does, and loses the response, the task still has it:
 * [func@PillionHttp.Response.from_task].
 *
 * ## The body of a refusal
 *
 * The body of a refusal is kept to explain it, within limits. At most 64 KiB are kept. A compressed body (gzip,
 * deflate) is decompressed; one that is coded differently, or not as its fields say, stays as it was sent. It
 * is read for at most three seconds after the header, and as long as no more than one second passes without a
 * byte. After that, or if the connection is closed early, the response has what arrived, and
 * [method@PillionHttp.Response.is_body_truncated] says so. The error is the same in any case.
 *
 * A response with status 421 has no body; one with 401 or 407 has its complete body or none.
 *
 * ## Threads
 *
 * A response never changes, and may be used from any thread.
 *
 * Since: 1.0
 */

struct _PillionHttpResponse
{
  GObject parent_instance;

  guint status;
  char *reason; /* NULL if there is none */
  GUri *uri;
  char *url; /* atomic: NULL until somebody asks */
  PillionReceivedFields fields;
  GBytes *body; /* NULL for none */
  gboolean truncated;
  gboolean from_cache;
  GError *network_error; /* why the cache made it, or NULL */
  PillionCacheStore *store; /* of the cache, or NULL if it took no part */
  GPtrArray *history; /* NULL for none */
  const char *version; /* static */
  GSocketAddress *peer;
  gint64 begun; /* in µs of the monotonic clock, like the times of the phases, which are 0 if a phase didn't
                 * happen */
  gint64 phases[PILLION_HTTP_PHASE_BODY + 1];
};

enum
{
  PROP_STATUS = 1,
  PROP_REASON,
  PROP_URL,
  PROP_HEADER_NAMES,
  PROP_BODY,
  PROP_BODY_TRUNCATED,
  PROP_FROM_CACHE,
  PROP_HTTP_VERSION,
  PROP_PEER,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

/* What responses without them return */
static GBytes *no_body;
static GPtrArray *no_history;

G_DEFINE_FINAL_TYPE (PillionHttpResponse, pillion_http_response, G_TYPE_OBJECT)

/* What an error of the domain carries. GLib puts it right before the error, where G_DEFINE_EXTENDED_ERROR () finds it; that macro would
 * name the domain after the type. */
typedef struct
{
  PillionHttpResponse *response; /* NULL in an error that other code made */
} ErrorPrivate;

G_STATIC_ASSERT (sizeof (ErrorPrivate) <= 2 * sizeof (gsize));

static inline ErrorPrivate *
get_private (const GError *error)
{
  return (ErrorPrivate *) ((guint8 *) error - 2 * sizeof (gsize));
}

static void
private_init (GError *error)
{
  get_private (error)->response = NULL;
}

static void
private_copy (const GError *source,
              GError *copy)
{
  PillionHttpResponse *response = get_private (source)->response;

  if (response != NULL)
    get_private (copy)->response = g_object_ref (response);
}

static void
private_clear (GError *error)
{
  PillionHttpResponse *response = get_private (error)->response;

  if (response != NULL)
    pillion_sync_unref (response);
}

/**
 * pillion_http_status_error_quark:
 *
 * Gets the domain of the errors that HTTP servers answer with. The code of such an error is the status.
 *
 * Returns: the domain [error@PillionHttp.StatusError]
 *
 * Since: 1.0
 */
GQuark
pillion_http_status_error_quark (void)
{
  static gsize quark;

  if (g_once_init_enter (&quark))
    g_once_init_leave (&quark, g_error_domain_register_static ("pillion-http-status-error-quark", sizeof (ErrorPrivate), private_init,
                                                               private_copy, private_clear));

  return (GQuark) quark;
}

/* Runs before anybody can make an error by the domain's name: GLib would allocate such an error without room
 * for the response, and look for one when it is freed after the domain was registered */
__attribute__ ((constructor)) static void
register_domain (void)
{
  pillion_http_status_error_quark ();
}

static void
pillion_http_response_finalize (GObject *object)
{
  PillionHttpResponse *self = PILLION_HTTP_RESPONSE (object);

  pillion_sync_acquire (self);

  g_free (self->reason);
  g_clear_pointer (&self->uri, g_uri_unref);
  g_free (self->url);
  pillion_received_fields_clear (&self->fields);
  g_clear_pointer (&self->body, g_bytes_unref);
  g_clear_pointer (&self->history, g_ptr_array_unref);
  g_clear_object (&self->peer);
  g_clear_pointer (&self->store, pillion_cache_store_unref);
  g_clear_error (&self->network_error);

  G_OBJECT_CLASS (pillion_http_response_parent_class)->finalize (object);
}

/* Few programs ask for it */
static const char *
get_url (PillionHttpResponse *self)
{
  char *url = g_atomic_pointer_get (&self->url);

  if (url == NULL && self->uri != NULL)
    {
      g_autofree char *made = g_uri_to_string_partial (self->uri, G_URI_HIDE_USERINFO);

      url = g_utf8_make_valid (made, -1);
      if (!g_atomic_pointer_compare_and_exchange (&self->url, NULL, url))
        {
          g_free (url); /* another thread was faster */
          url = g_atomic_pointer_get (&self->url);
        }
    }

  return url;
}

static GBytes *
get_body (PillionHttpResponse *self)
{
  return self->body != NULL ? self->body : no_body;
}

static void
pillion_http_response_get_property (GObject *object,
                                    guint prop_id,
                                    GValue *value,
                                    GParamSpec *pspec)
{
  PillionHttpResponse *self = PILLION_HTTP_RESPONSE (object);

  switch (prop_id)
    {
    case PROP_STATUS:
      g_value_set_uint (value, self->status);
      break;
    case PROP_REASON:
      g_value_set_string (value, self->reason);
      break;
    case PROP_URL:
      g_value_set_string (value, get_url (self));
      break;
    case PROP_HEADER_NAMES:
      g_value_set_boxed (value, pillion_received_fields_get_names (&self->fields));
      break;
    case PROP_BODY:
      g_value_set_boxed (value, get_body (self));
      break;
    case PROP_FROM_CACHE:
      g_value_set_boolean (value, self->from_cache);
      break;
    case PROP_BODY_TRUNCATED:
      g_value_set_boolean (value, self->truncated);
      break;
    case PROP_HTTP_VERSION:
      g_value_set_string (value, self->version);
      break;
    case PROP_PEER:
      g_value_set_object (value, self->peer);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
pillion_http_response_class_init (PillionHttpResponseClass *klass)
{
  const GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->finalize = pillion_http_response_finalize;
  object_class->get_property = pillion_http_response_get_property;

  /**
   * PillionHttpResponse:status: (getter get_status)
   *
   * The status: 404, 503…
   *
   * Since: 1.0
   */
  properties[PROP_STATUS] = g_param_spec_uint ("status", NULL, NULL, 0, G_MAXUINT, 0, flags);

  /**
   * PillionHttpResponse:reason: (getter get_reason)
   *
   * What the server calls the status, or %NULL.
   *
   * Since: 1.0
   */
  properties[PROP_REASON] = g_param_spec_string ("reason", NULL, NULL, NULL, flags);

  /**
   * PillionHttpResponse:url: (getter get_url)
   *
   * The URL that the response came from, after all redirects, without user and password.
   *
   * Since: 1.0
   */
  properties[PROP_URL] = g_param_spec_string ("url", NULL, NULL, NULL, flags);

  /**
   * PillionHttpResponse:header-names: (getter get_header_names)
   *
   * The names of the answer's fields.
   *
   * Since: 1.0
   */
  properties[PROP_HEADER_NAMES] = g_param_spec_boxed ("header-names", NULL, NULL, G_TYPE_STRV, flags);

  /**
   * PillionHttpResponse:body: (getter get_body)
   *
   * The body, or what there is of it.
   *
   * Since: 1.0
   */
  properties[PROP_BODY] = g_param_spec_boxed ("body", NULL, NULL, G_TYPE_BYTES, flags);

  /**
   * PillionHttpResponse:body-truncated: (getter is_body_truncated)
   *
   * Whether the server's body has more, or may have.
   *
   * Since: 1.0
   */
  properties[PROP_BODY_TRUNCATED] = g_param_spec_boolean ("body-truncated", NULL, NULL, FALSE, flags);

  /**
   * PillionHttpResponse:from-cache: (getter is_from_cache)
   *
   * Whether the body comes from [property@PillionHttp.Client:cache], perhaps after the server has confirmed that it is still good.
   *
   * How the cache took part in a request is told by the header field `Cache-Status` ([RFC 9211](https://www.rfc-editor.org/rfc/rfc9211)), whose
   * member `Pillion` is the client's cache: `Pillion; hit; ttl=50`, `Pillion; fwd=stale; fwd-status=304`, `Pillion; fwd=uri-miss; stored`.
   *
   * Since: 1.0
   */
  properties[PROP_FROM_CACHE] = g_param_spec_boolean ("from-cache", NULL, NULL, FALSE, flags);

  /**
   * PillionHttpResponse:http-version: (getter get_http_version)
   *
   * The version of HTTP: `1.0`, `1.1` or `2`.
   *
   * Since: 1.0
   */
  properties[PROP_HTTP_VERSION] = g_param_spec_string ("http-version", NULL, NULL, "1.1", flags);

  /**
   * PillionHttpResponse:peer: (getter get_peer)
   *
   * The address that answered, or %NULL if it is not known.
   *
   * Since: 1.0
   */
  properties[PROP_PEER] = g_param_spec_object ("peer", NULL, NULL, G_TYPE_SOCKET_ADDRESS, flags);

  g_object_class_install_properties (object_class, N_PROPS, properties);

  no_body = g_bytes_new_static ("", 0);
  no_history = g_ptr_array_new_with_free_func (g_object_unref);
}

static void
pillion_http_response_init (PillionHttpResponse *self)
{
  self->version = "1.1";
}

PillionHttpResponse *
pillion_http_response_new (guint status,
                           const char *reason,
                           GUri *uri)
{
  PillionHttpResponse *self = g_object_new (PILLION_HTTP_TYPE_RESPONSE, NULL);

  self->status = status;
  /* A server may send any bytes, but our strings are text */
  self->reason = reason != NULL && reason[0] != '\0' ? g_utf8_make_valid (reason, -1) : NULL;
  self->uri = g_uri_ref (uri);

  return self;
}

void
pillion_http_response_add_header (PillionHttpResponse *self,
                                  const char *name,
                                  const char *value)
{
  pillion_received_fields_append (&self->fields, name, value);
}

void
pillion_http_response_set_details (PillionHttpResponse *self,
                                   const PillionHeadDetails *details,
                                   gint64 begun,
                                   gint64 started)
{
  /* A call that joined an exchange late found the connection made, and maybe the request sent */
  const gint64 phases[] = {
    [PILLION_HTTP_PHASE_QUEUE] = started,
    [PILLION_HTTP_PHASE_NAME_LOOKUP] = details->name_found >= started ? details->name_found : 0,
    [PILLION_HTTP_PHASE_CONNECT] = details->connected >= started ? details->connected : 0,
    [PILLION_HTTP_PHASE_TLS_HANDSHAKE] = details->secured >= started ? details->secured : 0,
    [PILLION_HTTP_PHASE_REQUEST] = details->sending > 0 ? MAX (details->sending, started) : 0,
    [PILLION_HTTP_PHASE_FIRST_BYTE] = details->first_byte,
    [PILLION_HTTP_PHASE_BODY] = 0,
  };

  self->version = details->version;
  g_set_object (&self->peer, details->peer);
  self->begun = begun;
  memcpy (self->phases, phases, sizeof phases);
}

void
pillion_http_response_set_history (PillionHttpResponse *self,
                                   GPtrArray *history)
{
  self->history = g_ptr_array_ref (history);
}

void
pillion_http_response_set_store (PillionHttpResponse *self,
                                 PillionCacheStore *store)
{
  self->store = pillion_cache_store_ref (store);
}

void
pillion_http_response_set_network_error (PillionHttpResponse *self,
                                         const GError *error)
{
  self->network_error = g_error_copy (error);
}

void
pillion_http_response_set_from_cache (PillionHttpResponse *self,
                                      gboolean from_cache)
{
  self->from_cache = from_cache;
}

void
pillion_http_response_set_ended (PillionHttpResponse *self,
                                 gint64 now)
{
  self->phases[PILLION_HTTP_PHASE_BODY] = now;
}

void
pillion_http_response_take_body (PillionHttpResponse *self,
                                 GBytes *body,
                                 gboolean truncated)
{
  g_clear_pointer (&self->body, g_bytes_unref);
  self->body = body;
  self->truncated = truncated;
}

/* Why credentials are of no use, or NULL if that is not known. Of several challenges, one that can be answered is enough. */
static char *
explain_refusal (PillionHttpResponse *self)
{
  const char *name = self->status == 401 ? "WWW-Authenticate" : self->status == 407 ? "Proxy-Authenticate" : NULL;
  const char *field = name != NULL ? pillion_http_response_get_header (self, name) : NULL;
  g_autoptr (GPtrArray) challenges = field != NULL ? pillion_auth_challenges_parse (field) : NULL;
  g_autofree char *explanation = NULL;

  for (guint i = 0; challenges != NULL && i < challenges->len; i++)
    {
      const PillionAuthChallenge *challenge = challenges->pdata[i];
      g_autofree char *own = NULL;

      if (challenge->scheme == PILLION_AUTH_SCHEME_OTHER)
        continue;
      if (challenge->scheme == PILLION_AUTH_SCHEME_DIGEST)
        own = pillion_digest_auth_explain (challenge);
      if (own == NULL)
        return NULL;
      if (explanation == NULL)
        explanation = g_steal_pointer (&own);
    }

  return g_steal_pointer (&explanation);
}

GError *
pillion_http_response_to_error (PillionHttpResponse *self)
{
  g_autofree char *explanation = explain_refusal (self);
  GError *error;

  if (self->reason != NULL && explanation != NULL)
    error = g_error_new (PILLION_HTTP_STATUS_ERROR, (int) self->status, _("the server answered %u (%s): %s"), self->status, self->reason,
                         explanation);
  else if (explanation != NULL)
    error = g_error_new (PILLION_HTTP_STATUS_ERROR, (int) self->status, _("the server answered %u: %s"), self->status, explanation);
  else if (self->reason != NULL)
    error = g_error_new (PILLION_HTTP_STATUS_ERROR, (int) self->status, _("the server answered %u (%s)"), self->status, self->reason);
  else
    error = g_error_new (PILLION_HTTP_STATUS_ERROR, (int) self->status, _("the server answered %u"), self->status);
  get_private (error)->response = g_object_ref (self);

  return error;
}

/**
 * pillion_http_response_from_error:
 * @error: (nullable): any error
 *
 * Gets the response behind @error, if it is a server's refusal. From any thread.
 *
 * A Python `GLib.Error` has lost its response: use [func@PillionHttp.Response.from_task] there, as
 * `PillionHttp.StatusError` does.
 *
 * Returns: (transfer none) (nullable): the response, which lives as long as @error at least; %NULL if @error is another one, or an
 *   [error@PillionHttp.StatusError] that no server's answer was behind
 *
 * Since: 1.0
 */
PillionHttpResponse *
pillion_http_response_from_error (const GError *error)
{
  if (error == NULL || error->domain != PILLION_HTTP_STATUS_ERROR)
    return NULL;

  return get_private (error)->response;
}

/**
 * pillion_http_response_from_task:
 * @task: a task
 *
 * Gets the response behind the failure of @task, if it is a server's refusal: a call of
 * [class@PillionHttp.Client], or a task that ended like one. It looks at the error like
 * [method@Pillion.Task.check]. From any thread.
 *
 * Returns: (transfer full) (nullable): the response; %NULL if @task is pending, succeeded, or failed with anything else
 *
 * Since: 1.0
 */
PillionHttpResponse *
pillion_http_response_from_task (PillionTask *task)
{
  g_autoptr (GError) error = NULL;
  PillionHttpResponse *response;

  g_return_val_if_fail (PILLION_IS_TASK (task), NULL);

  if (pillion_task_check (task, &error))
    return NULL;

  response = pillion_http_response_from_error (error);
  return response != NULL ? g_object_ref (response) : NULL;
}

/**
 * pillion_http_response_get_status: (get-property status)
 * @self: a response
 *
 * Gets the status, which is also the code of the error if the response is a refusal.
 *
 * Returns: the status: 404, 503…
 *
 * Since: 1.0
 */
guint
pillion_http_response_get_status (PillionHttpResponse *self)
{
  g_return_val_if_fail (PILLION_HTTP_IS_RESPONSE (self), 0);

  return self->status;
}

/**
 * pillion_http_response_get_reason: (get-property reason)
 * @self: a response
 *
 * Gets the reason phrase, such as "Not Found". It is meant for people, is not reliable, and does not exist in
 * HTTP/2.
 *
 * Returns: (nullable): the reason phrase, or %NULL
 *
 * Since: 1.0
 */
const char *
pillion_http_response_get_reason (PillionHttpResponse *self)
{
  g_return_val_if_fail (PILLION_HTTP_IS_RESPONSE (self), NULL);

  return self->reason;
}

/**
 * pillion_http_response_get_url: (get-property url)
 * @self: a response
 *
 * Gets the URL that the response came from: the last one, if the server redirected. User and password are left out.
 *
 * Returns: the URL
 *
 * Since: 1.0
 */
const char *
pillion_http_response_get_url (PillionHttpResponse *self)
{
  g_return_val_if_fail (PILLION_HTTP_IS_RESPONSE (self), NULL);

  return get_url (self);
}

/**
 * pillion_http_response_get_header:
 * @self: a response
 * @name: a field's name, in capitals or not
 *
 * Gets the value of a header field. If the field came several times, its values are joined in order with a
 * comma and a space ([RFC 9110](https://www.rfc-editor.org/rfc/rfc9110#section-5.3), section 5.3); those of
 * `Set-Cookie`, which contain commas, with a newline.
 *
 * Bytes that are not valid UTF-8 become U+FFFD.
 *
 * Returns: (nullable): the value, or %NULL if the answer has no such field
 *
 * Since: 1.0
 */
const char *
pillion_http_response_get_header (PillionHttpResponse *self,
                                  const char *name)
{
  g_return_val_if_fail (PILLION_HTTP_IS_RESPONSE (self), NULL);
  g_return_val_if_fail (name != NULL, NULL);

  return pillion_received_fields_get (&self->fields, name);
}

/**
 * pillion_http_response_get_header_names: (get-property header-names)
 * @self: a response
 *
 * Gets the names of the header fields, each once, in no particular order. Standard names are spelled as in the
 * standards, others as the server first sent them.
 *
 * Returns: (transfer none) (array zero-terminated=1): the names
 *
 * Since: 1.0
 */
const char *const *
pillion_http_response_get_header_names (PillionHttpResponse *self)
{
  g_return_val_if_fail (PILLION_HTTP_IS_RESPONSE (self), NULL);

  return pillion_received_fields_get_names (&self->fields);
}

/**
 * pillion_http_response_dup_link:
 * @self: a response
 * @relation: what the link is for, such as `next`
 *
 * Finds the URL of a link in the header field `Link` ([RFC 8288](https://www.rfc-editor.org/rfc/rfc8288)). A list that comes in pages usually has
 * one to the `next` page: see [An API client](api-client.html#c).
 *
 * Returns: (transfer full) (nullable): an absolute URL, or %NULL if there is no such link
 *
 * Since: 1.0
 */
char *
pillion_http_response_dup_link (PillionHttpResponse *self,
                                const char *relation)
{
  const char *field;
  g_autofree char *target = NULL;

  g_return_val_if_fail (PILLION_HTTP_IS_RESPONSE (self), NULL);
  g_return_val_if_fail (relation != NULL, NULL);

  field = pillion_http_response_get_header (self, "Link");
  target = field != NULL ? pillion_http_find_link (field, relation) : NULL;

  return target != NULL ? pillion_http_join_url (get_url (self), target) : NULL;
}

/**
 * pillion_http_response_get_body: (get-property body)
 * @self: a response
 *
 * Gets the body, decoded. That of a refusal may be incomplete: see [the class](class.Response.html#the-body-of-a-refusal).
 *
 * Returns: (transfer none): the body; empty if there is none
 *
 * Since: 1.0
 */
GBytes *
pillion_http_response_get_body (PillionHttpResponse *self)
{
  g_return_val_if_fail (PILLION_HTTP_IS_RESPONSE (self), NULL);

  return get_body (self);
}

/**
 * pillion_http_response_peek_body:
 * @self: a response
 * @max: how many bytes to get at most
 * @size: (out): how many bytes there are
 *
 * For language bindings: gets the body if it is small. A binding that copies it needs no [struct@GLib.Bytes] then.
 *
 * Returns: (transfer none) (array length=size) (nullable): the body; %NULL if it is empty, or has more than @max bytes
 *
 * Since: 1.0
 */
const guint8 *
pillion_http_response_peek_body (PillionHttpResponse *self,
                                 gsize max,
                                 gsize *size)
{
  const guint8 *data;

  g_return_val_if_fail (PILLION_HTTP_IS_RESPONSE (self), NULL);
  g_return_val_if_fail (size != NULL, NULL);

  data = g_bytes_get_data (get_body (self), size);
  if (*size <= max)
    return data;

  *size = 0;
  return NULL;
}

/**
 * pillion_http_response_is_body_truncated: (get-property body-truncated)
 * @self: a response
 *
 * Checks whether the server's body has more, or may have.
 *
 * Returns: whether the body may be incomplete
 *
 * Since: 1.0
 */
gboolean
pillion_http_response_is_body_truncated (PillionHttpResponse *self)
{
  g_return_val_if_fail (PILLION_HTTP_IS_RESPONSE (self), FALSE);

  return self->truncated;
}

/**
 * pillion_http_response_is_from_cache: (get-property from-cache)
 * @self: a response
 *
 * Checks whether the body comes from the client's cache.
 *
 * Returns: whether it does
 *
 * Since: 1.0
 */
gboolean
pillion_http_response_is_from_cache (PillionHttpResponse *self)
{
  g_return_val_if_fail (PILLION_HTTP_IS_RESPONSE (self), FALSE);

  return self->from_cache;
}

/**
 * pillion_http_response_get_network_error:
 * @self: a response
 *
 * Gets the error of the network because of which the client's cache made this response.
 *
 * If a server can't be reached, and it said earlier that what is stored must not be used without it (`Cache-Control: must-revalidate` or
 * `no-cache`), a request that accepts the status gets a response with 504, as [RFC 9111](https://www.rfc-editor.org/rfc/rfc9111#section-5.2.2.2)
 * wants it. It comes after all retries, has no body, and its `Cache-Status` is `Pillion; fwd=stale; detail=unreachable`. Other requests fail with
 * this very error.
 *
 * Returns: (transfer none) (nullable): the error, which is one of `G_IO_ERROR`, `G_RESOLVER_ERROR` or `G_TLS_ERROR`, or
 *   [error@PillionHttp.Error.TRUNCATED]; %NULL if a server made the response, or the cache for another reason
 *
 * Since: 1.0
 */
const GError *
pillion_http_response_get_network_error (PillionHttpResponse *self)
{
  g_return_val_if_fail (PILLION_HTTP_IS_RESPONSE (self), NULL);

  return self->network_error;
}

/**
 * pillion_http_response_remove_from_cache:
 * @self: a response
 *
 * Removes what the client's cache has for the URL of this response, so that the next request goes to the server. Call this if the body turns
 * out to be wrong, for example because it can't be parsed: otherwise it would be used again for as long as the server allows.
 *
 * Errors that the library itself finds in a body have the same effect, such as JSON that is not valid or another digest than the expected one.
 * This does nothing if the client has no cache, and never waits for the disk.
 *
 * Since: 1.0
 */
void
pillion_http_response_remove_from_cache (PillionHttpResponse *self)
{
  g_autoptr (GRefString) origin = NULL;
  g_autofree char *key = NULL;

  g_return_if_fail (PILLION_HTTP_IS_RESPONSE (self));

  if (self->store == NULL)
    return;

  origin = pillion_http_uri_get_origin (self->uri);
  key = pillion_cache_make_key (origin, self->uri);
  pillion_cache_store_remove_key_soon (self->store, key);
}

/* The charset of a Content-Type (RFC 9110, section 8.3.2), or NULL */
static char *
get_charset (PillionHttpResponse *self)
{
  const char *type = pillion_http_response_get_header (self, "Content-Type");

  return type != NULL ? pillion_http_get_parameter (type, "charset") : NULL;
}

/**
 * pillion_http_response_dup_text:
 * @self: a response
 * @error: return location for an error
 *
 * Gets the body as text. It is converted from the character set that the Content-Type names. Without one it is taken for UTF-8, or, if it
 * is not valid as that, for ISO-8859-1. Bytes that are not valid in UTF-8 become U+FFFD; in another character set they are an error. NUL
 * becomes U+FFFD too, and a byte order mark at the beginning is left out.
 *
 * The conversion takes time: for large bodies use a worker thread.
 *
 * Returns: (transfer full): the text, or %NULL and a `G_CONVERT_ERROR`
 *
 * Since: 1.0
 */
char *
pillion_http_response_dup_text (PillionHttpResponse *self,
                                GError **error)
{
  g_autofree char *charset = NULL;
  g_autofree char *text = NULL;
  const char *data;
  gsize length;

  g_return_val_if_fail (PILLION_HTTP_IS_RESPONSE (self), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  charset = get_charset (self);
  data = g_bytes_get_data (get_body (self), &length);
  if (length == 0)
    return g_strdup ("");

  if (charset == NULL && !g_utf8_validate_len (data, (gssize) length, NULL))
    charset = g_strdup ("ISO-8859-1");

  if (charset == NULL || g_ascii_strcasecmp (charset, "UTF-8") == 0 || g_ascii_strcasecmp (charset, "UTF8") == 0)
    text = g_utf8_make_valid (data, (gssize) length);
  else
    {
      g_autofree char *converted = g_convert (data, (gssize) length, "UTF-8", charset, NULL, &length, error);

      if (converted == NULL)
        return NULL;
      text = g_utf8_make_valid (converted, (gssize) length);
    }

  return g_strdup (g_str_has_prefix (text, "\xef\xbb\xbf") ? text + 3 : text);
}

/**
 * pillion_http_response_get_history:
 * @self: a response
 *
 * Gets the responses that redirected to this one. They have no bodies.
 *
 * Returns: (transfer none) (element-type PillionHttpResponse): the responses, the first one first; empty if the server did not redirect
 *
 * Since: 1.0
 */
GPtrArray *
pillion_http_response_get_history (PillionHttpResponse *self)
{
  g_return_val_if_fail (PILLION_HTTP_IS_RESPONSE (self), NULL);

  return self->history != NULL ? self->history : no_history;
}

/**
 * pillion_http_response_get_http_version: (get-property http-version)
 * @self: a response
 *
 * Gets the version of HTTP that the server answered with.
 *
 * Returns: `1.0`, `1.1` or `2`
 *
 * Since: 1.0
 */
const char *
pillion_http_response_get_http_version (PillionHttpResponse *self)
{
  g_return_val_if_fail (PILLION_HTTP_IS_RESPONSE (self), NULL);

  return self->version;
}

/**
 * pillion_http_response_get_peer: (get-property peer)
 * @self: a response
 *
 * Gets the address that answered: the server's, or a proxy's.
 *
 * Returns: (transfer none) (nullable): the address, or %NULL if it is not known
 *
 * Since: 1.0
 */
GSocketAddress *
pillion_http_response_get_peer (PillionHttpResponse *self)
{
  g_return_val_if_fail (PILLION_HTTP_IS_RESPONSE (self), NULL);

  return self->peer;
}

/**
 * pillion_http_response_get_elapsed:
 * @self: a response
 * @phase: a phase
 *
 * Gets how long after the start of the call a phase was over. If the server redirected, the phases are those of the last request, and the
 * time counts from the start of the first.
 *
 * Returns: µs, or -1 if there was no such phase: a connection that was open already needs none of the lookup, the connection and the
 *   handshake, and the body of a refusal may not have come to its end
 *
 * Since: 1.0
 */
GTimeSpan
pillion_http_response_get_elapsed (PillionHttpResponse *self,
                                   PillionHttpPhase phase)
{
  g_return_val_if_fail (PILLION_HTTP_IS_RESPONSE (self), -1);
  g_return_val_if_fail (phase >= PILLION_HTTP_PHASE_QUEUE && phase <= PILLION_HTTP_PHASE_BODY, -1);

  return self->phases[phase] > 0 ? self->phases[phase] - self->begun : -1;
}
