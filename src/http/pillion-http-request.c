/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-http-request-private.h"

#include <string.h>

#include <glib/gi18n-lib.h>

#include "core/pillion-private.h"
#include "http/pillion-bytes-source.h"
#include "http/pillion-http-form-private.h"
#include "http/pillion-http-fields.h"
#include "http/pillion-pieces-source.h"

/**
 * PillionHttpRequest:
 *
 * A request to an HTTP server, to be sent with [method@PillionHttp.Client.send].
 *
 * ```c
 * g_autoptr (PillionHttpRequest) request = pillion_http_request_new ("PUT", "https://example.org/notes/7");
 * g_autoptr (GBytes) body = g_bytes_new_static ("hello", 5);
 *
 * pillion_http_request_add_parameter (request, "version", "3");
 * pillion_http_request_set_header (request, "If-Match", "\"abc\"");
 * pillion_http_request_set_body (request, body, "text/plain");
 * ```
 *
 * What can't be sent is reported by the task of the call, with [error@PillionHttp.Error.INVALID_REQUEST]: a method or the name of a
 * header field that is not a token (RFC 9110, section 5.6.2), a value with a line end or another control character, a header field that
 * the library sets itself (Content-Length, Transfer-Encoding and those of the connection).
 *
 * ## Redirects
 *
 * By default up to 20 redirects are followed ([property@PillionHttp.Request:max-redirects]), but not from https to http
 * ([property@PillionHttp.Request:allow-downgrade]). After a 303, and after a 301 or 302 to a POST, the next request is a GET without a body, as
 * browsers do it. If it goes to another server (scheme, host or port), the fields Authorization, Cookie, Host and Proxy-Authorization are left out.
 *
 * ## Bodies
 *
 * A body is bytes ([method@PillionHttp.Request.set_body]), a file ([method@PillionHttp.Request.set_body_from_file]), a stream
 * ([method@PillionHttp.Request.set_body_from_stream]) or a form ([method@PillionHttp.Request.set_form]). A redirect with the status 307 or 308, and a
 * retry, send it again from its beginning. If it is a stream that can't seek, a redirect fails with [error@PillionHttp.Error.NOT_REWINDABLE]
 * instead, and nothing is retried once the body has been read.
 *
 * A server may respond before all of the body was sent, and close the connection: the task ends with that response. Only if the length of the
 * body is not known, or over HTTP/2, it may be lost, and the task fail with [error@PillionHttp.Error.TRUNCATED] or an error of GIO instead.
 *
 * The progress of the task counts the bytes of the body that the network has taken if that is a file, a form with files, a stream without a
 * length, or at least 32 KiB long. Such a body is sent over HTTP/1.1. If the response is saved to a file
 * ([method@PillionHttp.Client.send_to_file]), the progress begins anew with it. With any other body it counts the bytes of the response alone.
 *
 * ## Time limits and sizes
 *
 * A value of 0 means that the client's property of that name counts, and less than 0 means no limit.
 *
 * ## Threads
 *
 * A request belongs to no loop. It can be made and set up on any thread, but only one thread at a time may use it.
 * [method@PillionHttp.Client.send] takes a copy, so that it can be changed and sent again.
 *
 * Since: 1.0
 */

/* As browsers and curl have about */
#define DEFAULT_MAX_REDIRECTS 20

enum
{
  PROP_METHOD = 1,
  PROP_URL,
  PROP_REDIRECT_POLICY,
  PROP_ALLOW_DOWNGRADE,
  PROP_COALESCING,
  PROP_CACHE_MODE,
  PROP_PRIORITY,
  PROP_MAX_BODY_SIZE,
  PROP_CONNECT_TIMEOUT_USEC,
  PROP_FIRST_BYTE_TIMEOUT_USEC,
  PROP_IDLE_TIMEOUT_USEC,
  PROP_TOTAL_TIMEOUT_USEC,
  PROP_LOWEST_RATE,
  PROP_RATE_LIMIT,
  PROP_MAX_RETRIES,
  PROP_CREDENTIALS,
  PROP_USE_CREDENTIALS,
  PROP_MAX_REDIRECTS,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (PillionHttpRequest, pillion_http_request, G_TYPE_OBJECT)

static void
pillion_http_request_finalize (GObject *object)
{
  PillionHttpRequest *self = PILLION_HTTP_REQUEST (object);

  pillion_sync_acquire (self);

  g_free (self->method);
  g_free (self->url);
  if (self->parameters != NULL)
    g_string_free (self->parameters, TRUE);
  pillion_field_list_clear (&self->fields);
  g_clear_pointer (&self->body, pillion_source_unref);
  g_clear_pointer (&self->accepted, g_array_unref);
  if (self->credentials != NULL)
    pillion_sync_unref (self->credentials);

  G_OBJECT_CLASS (pillion_http_request_parent_class)->finalize (object);
}

static void
pillion_http_request_get_property (GObject *object,
                                   guint prop_id,
                                   GValue *value,
                                   GParamSpec *pspec)
{
  PillionHttpRequest *self = PILLION_HTTP_REQUEST (object);

  switch (prop_id)
    {
    case PROP_METHOD:
      g_value_set_string (value, self->method);
      break;
    case PROP_URL:
      g_value_set_string (value, self->url);
      break;
    case PROP_REDIRECT_POLICY:
      g_value_set_enum (value, self->redirect_policy);
      break;
    case PROP_COALESCING:
      g_value_set_boolean (value, self->coalescing);
      break;
    case PROP_ALLOW_DOWNGRADE:
      g_value_set_boolean (value, self->allow_downgrade);
      break;
    case PROP_CACHE_MODE:
      g_value_set_enum (value, self->cache_mode);
      break;
    case PROP_PRIORITY:
      g_value_set_enum (value, self->priority);
      break;
    case PROP_MAX_BODY_SIZE:
      g_value_set_int64 (value, self->max_body_size);
      break;
    case PROP_CONNECT_TIMEOUT_USEC:
      g_value_set_int64 (value, self->connect_timeout);
      break;
    case PROP_FIRST_BYTE_TIMEOUT_USEC:
      g_value_set_int64 (value, self->first_byte_timeout);
      break;
    case PROP_IDLE_TIMEOUT_USEC:
      g_value_set_int64 (value, self->idle_timeout);
      break;
    case PROP_TOTAL_TIMEOUT_USEC:
      g_value_set_int64 (value, self->total_timeout);
      break;
    case PROP_LOWEST_RATE:
      g_value_set_int64 (value, self->lowest_rate);
      break;
    case PROP_RATE_LIMIT:
      g_value_set_int64 (value, self->rate_limit);
      break;
    case PROP_MAX_RETRIES:
      g_value_set_int (value, self->max_retries);
      break;
    case PROP_CREDENTIALS:
      g_value_set_object (value, self->credentials);
      break;
    case PROP_USE_CREDENTIALS:
      g_value_set_boolean (value, self->use_credentials);
      break;
    case PROP_MAX_REDIRECTS:
      g_value_set_uint (value, self->max_redirects);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
pillion_http_request_set_property (GObject *object,
                                   guint prop_id,
                                   const GValue *value,
                                   GParamSpec *pspec)
{
  PillionHttpRequest *self = PILLION_HTTP_REQUEST (object);

  switch (prop_id)
    {
    case PROP_METHOD:
      self->method = g_value_dup_string (value);
      break;
    case PROP_URL:
      self->url = g_value_dup_string (value);
      break;
    case PROP_REDIRECT_POLICY:
      pillion_http_request_set_redirect_policy (self, g_value_get_enum (value));
      break;
    case PROP_COALESCING:
      pillion_http_request_set_coalescing (self, g_value_get_boolean (value));
      break;
    case PROP_ALLOW_DOWNGRADE:
      pillion_http_request_set_allow_downgrade (self, g_value_get_boolean (value));
      break;
    case PROP_CACHE_MODE:
      pillion_http_request_set_cache_mode (self, g_value_get_enum (value));
      break;
    case PROP_PRIORITY:
      pillion_http_request_set_priority (self, g_value_get_enum (value));
      break;
    case PROP_MAX_BODY_SIZE:
      pillion_http_request_set_max_body_size (self, g_value_get_int64 (value));
      break;
    case PROP_CONNECT_TIMEOUT_USEC:
      pillion_http_request_set_connect_timeout_usec (self, g_value_get_int64 (value));
      break;
    case PROP_FIRST_BYTE_TIMEOUT_USEC:
      pillion_http_request_set_first_byte_timeout_usec (self, g_value_get_int64 (value));
      break;
    case PROP_IDLE_TIMEOUT_USEC:
      pillion_http_request_set_idle_timeout_usec (self, g_value_get_int64 (value));
      break;
    case PROP_TOTAL_TIMEOUT_USEC:
      pillion_http_request_set_total_timeout_usec (self, g_value_get_int64 (value));
      break;
    case PROP_LOWEST_RATE:
      pillion_http_request_set_lowest_rate (self, g_value_get_int64 (value));
      break;
    case PROP_RATE_LIMIT:
      pillion_http_request_set_rate_limit (self, g_value_get_int64 (value));
      break;
    case PROP_MAX_RETRIES:
      pillion_http_request_set_max_retries (self, g_value_get_int (value));
      break;
    case PROP_CREDENTIALS:
      pillion_http_request_set_credentials (self, g_value_get_object (value));
      break;
    case PROP_USE_CREDENTIALS:
      pillion_http_request_set_use_credentials (self, g_value_get_boolean (value));
      break;
    case PROP_MAX_REDIRECTS:
      pillion_http_request_set_max_redirects (self, g_value_get_uint (value));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
pillion_http_request_constructed (GObject *object)
{
  PillionHttpRequest *self = PILLION_HTTP_REQUEST (object);

  G_OBJECT_CLASS (pillion_http_request_parent_class)->constructed (object);

  /* An object without properties isn't a valid request, but must not crash */
  if (self->method == NULL)
    self->method = g_strdup ("GET");
  if (self->url == NULL)
    self->url = g_strdup ("");
}

static void
pillion_http_request_class_init (PillionHttpRequestClass *klass)
{
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY;
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->constructed = pillion_http_request_constructed;
  object_class->finalize = pillion_http_request_finalize;
  object_class->get_property = pillion_http_request_get_property;
  object_class->set_property = pillion_http_request_set_property;

  /**
   * PillionHttpRequest:method: (getter get_method)
   *
   * The method: `GET`, `POST`…
   *
   * Since: 1.0
   */
  properties[PROP_METHOD] = g_param_spec_string ("method", NULL, NULL, NULL,
                                                 G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS);

  /**
   * PillionHttpRequest:url: (getter get_url)
   *
   * The URL, as it was given.
   *
   * Since: 1.0
   */
  properties[PROP_URL] = g_param_spec_string ("url", NULL, NULL, NULL,
                                              G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS);

  /**
   * PillionHttpRequest:redirect-policy: (getter get_redirect_policy) (setter set_redirect_policy)
   *
   * What happens if the server redirects.
   *
   * Since: 1.0
   */
  properties[PROP_REDIRECT_POLICY] =
    g_param_spec_enum ("redirect-policy", NULL, NULL, PILLION_HTTP_TYPE_REDIRECT_POLICY,
                       PILLION_HTTP_REDIRECT_POLICY_FOLLOW, flags);

  /**
   * PillionHttpRequest:allow-downgrade: (getter get_allow_downgrade) (setter set_allow_downgrade)
   *
   * Whether a redirect may lead from https to http.
   *
   * Since: 1.0
   */
  properties[PROP_ALLOW_DOWNGRADE] =
    g_param_spec_boolean ("allow-downgrade", NULL, NULL, FALSE, flags);

  /**
   * PillionHttpRequest:coalescing: (getter get_coalescing) (setter set_coalescing)
   *
   * Whether the request may share its exchange with the server with equal requests.
   *
   * If the same client sends a GET or HEAD while an equal one is on its way, only one request goes over the network, and its response answers
   * both calls. Equal means: the same method, URL and header fields, including credentials and cookies. Each call keeps its own task, limits,
   * time limits, retries and cancellation. Their bodies share memory. The exchange has the highest priority of its calls, and is aborted when
   * the last of them is cancelled.
   *
   * A call joins an exchange only until the header of its response arrives, and never if the client has begun or finished a request with
   * an unsafe method, such as POST, in between: what you read after a change was made by the server after that change. Bodies that are streamed or
   * downloaded to a file are never shared, nor are responses with `Cache-Control: no-store` or `Vary: *`, nor requests with `Cache-Control: no-cache`
   * or `no-store`.
   *
   * Since: 1.0
   */
  properties[PROP_COALESCING] =
    g_param_spec_boolean ("coalescing", NULL, NULL, TRUE, flags);

  /**
   * PillionHttpRequest:cache-mode: (getter get_cache_mode) (setter set_cache_mode)
   *
   * How the request uses [property@PillionHttp.Client:cache].
   *
   * Since: 1.0
   */
  properties[PROP_CACHE_MODE] =
    g_param_spec_enum ("cache-mode", NULL, NULL, PILLION_HTTP_TYPE_CACHE_MODE, PILLION_HTTP_CACHE_MODE_DEFAULT, flags);

  /**
   * PillionHttpRequest:priority: (getter get_priority) (setter set_priority)
   *
   * How early the request leaves the queue, compared with others.
   *
   * Since: 1.0
   */
  properties[PROP_PRIORITY] =
    g_param_spec_enum ("priority", NULL, NULL, PILLION_HTTP_TYPE_PRIORITY, PILLION_HTTP_PRIORITY_NORMAL, flags);

  /**
   * PillionHttpRequest:max-body-size: (getter get_max_body_size) (setter set_max_body_size)
   *
   * The largest body that a response may have in memory, in bytes, as it is sent and after decoding.
   *
   * Since: 1.0
   */
  properties[PROP_MAX_BODY_SIZE] =
    g_param_spec_int64 ("max-body-size", NULL, NULL, G_MININT64, G_MAXINT64, 0, flags);

  /**
   * PillionHttpRequest:connect-timeout-usec: (getter get_connect_timeout_usec) (setter set_connect_timeout_usec)
   *
   * How long it may take to connect, in µs: to look up the name, to open the connection, and the TLS handshake.
   *
   * Since: 1.0
   */
  properties[PROP_CONNECT_TIMEOUT_USEC] =
    g_param_spec_int64 ("connect-timeout-usec", NULL, NULL, G_MININT64, G_MAXINT64, 0, flags);

  /**
   * PillionHttpRequest:first-byte-timeout-usec: (getter get_first_byte_timeout_usec) (setter set_first_byte_timeout_usec)
   *
   * How long the server may take to begin its response, in µs, from when the request was sent.
   *
   * Since: 1.0
   */
  properties[PROP_FIRST_BYTE_TIMEOUT_USEC] =
    g_param_spec_int64 ("first-byte-timeout-usec", NULL, NULL, G_MININT64, G_MAXINT64, 0, flags);

  /**
   * PillionHttpRequest:idle-timeout-usec: (getter get_idle_timeout_usec) (setter set_idle_timeout_usec)
   *
   * How long nothing may arrive, in µs.
   *
   * Since: 1.0
   */
  properties[PROP_IDLE_TIMEOUT_USEC] =
    g_param_spec_int64 ("idle-timeout-usec", NULL, NULL, G_MININT64, G_MAXINT64, 0, flags);

  /**
   * PillionHttpRequest:total-timeout-usec: (getter get_total_timeout_usec) (setter set_total_timeout_usec)
   *
   * How long the whole call may take, in µs, including its time in the queue, redirects and retries.
   *
   * Since: 1.0
   */
  properties[PROP_TOTAL_TIMEOUT_USEC] =
    g_param_spec_int64 ("total-timeout-usec", NULL, NULL, G_MININT64, G_MAXINT64, 0, flags);

  /**
   * PillionHttpRequest:rate-limit: (getter get_rate_limit) (setter set_rate_limit)
   *
   * How fast the body of the request is sent, and that of the response received, in bytes per second; 0 for no other limit than
   * [property@PillionHttp.Client:rate-limit].
   *
   * Since: 1.0
   */
  properties[PROP_RATE_LIMIT] = g_param_spec_int64 ("rate-limit", NULL, NULL, 0, G_MAXINT64, 0, flags);

  /**
   * PillionHttpRequest:lowest-rate: (getter get_lowest_rate) (setter set_lowest_rate)
   *
   * The rate below which a response is too slow, in bytes per second. It is measured over five seconds.
   *
   * Since: 1.0
   */
  properties[PROP_LOWEST_RATE] =
    g_param_spec_int64 ("lowest-rate", NULL, NULL, G_MININT64, G_MAXINT64, 0, flags);

  /**
   * PillionHttpRequest:max-retries: (getter get_max_retries) (setter set_max_retries)
   *
   * How many times the request is sent again after a transient failure: see [the class](class.Client.html#retries). 0 stands for the
   * client's [property@PillionHttp.Client:max-retries], and less than 0 for never.
   *
   * Since: 1.0
   */
  properties[PROP_MAX_RETRIES] =
    g_param_spec_int ("max-retries", NULL, NULL, G_MININT, G_MAXINT, 0, flags);

  /**
   * PillionHttpRequest:credentials: (getter get_credentials) (setter set_credentials)
   *
   * Credentials for the server that the request goes to first, in place of [property@PillionHttp.Client:credentials]; %NULL for those.
   *
   * A redirect to another server (scheme, host or port) does not take them along. A user in the URL, or an Authorization field of the
   * request, comes first.
   *
   * Since: 1.0
   */
  properties[PROP_CREDENTIALS] = g_param_spec_object ("credentials", NULL, NULL, PILLION_HTTP_TYPE_CREDENTIALS, flags);

  /**
   * PillionHttpRequest:use-credentials: (getter get_use_credentials) (setter set_use_credentials)
   *
   * Whether the request may be sent with credentials. If not, it is sent without those of the request, the client and a netrc file, and no handler of
   * [signal@PillionHttp.Client::authenticate] is asked. A user in the URL, header fields and the credentials of proxies are not affected.
   *
   * Since: 1.0
   */
  properties[PROP_USE_CREDENTIALS] = g_param_spec_boolean ("use-credentials", NULL, NULL, TRUE, flags);

  /**
   * PillionHttpRequest:max-redirects: (getter get_max_redirects) (setter set_max_redirects)
   *
   * How many redirects are followed, if [property@PillionHttp.Request:redirect-policy] lets any be. With one more, the task fails with
   * [error@PillionHttp.Error.REDIRECT].
   *
   * Since: 1.0
   */
  properties[PROP_MAX_REDIRECTS] = g_param_spec_uint ("max-redirects", NULL, NULL, 0, G_MAXUINT, DEFAULT_MAX_REDIRECTS, flags);

  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
pillion_http_request_init (PillionHttpRequest *self)
{
  self->coalescing = TRUE;
  self->use_credentials = TRUE;
  self->max_redirects = DEFAULT_MAX_REDIRECTS;
  self->priority = PILLION_HTTP_PRIORITY_NORMAL;
}

/**
 * pillion_http_request_new:
 * @method: `GET`, `POST`, `PUT`… Methods are case-sensitive.
 * @url: an absolute `http` or `https` URL, or a URL reference if the client has a [property@PillionHttp.Client:base-url]
 *
 * Creates a request.
 *
 * Returns: (transfer full): a request
 *
 * Since: 1.0
 */
PillionHttpRequest *
pillion_http_request_new (const char *method,
                          const char *url)
{
  g_return_val_if_fail (method != NULL, NULL);
  g_return_val_if_fail (url != NULL, NULL);

  return g_object_new (PILLION_HTTP_TYPE_REQUEST, "method", method, "url", url, NULL);
}

PillionHttpRequest *
pillion_http_request_copy (PillionHttpRequest *self)
{
  PillionHttpRequest *copy = pillion_http_request_new (self->method, self->url);

  if (self->parameters != NULL)
    copy->parameters = g_string_new_len (self->parameters->str, (gssize) self->parameters->len);
  for (guint i = 0; i < self->fields.n; i += 2)
    pillion_field_list_append (&copy->fields, self->fields.strv[i], self->fields.strv[i + 1]);
  if (self->body != NULL)
    copy->body = pillion_source_ref (self->body);
  if (self->accepted != NULL)
    copy->accepted = g_array_copy (self->accepted);
  copy->redirect_policy = self->redirect_policy;
  copy->allow_downgrade = self->allow_downgrade;
  copy->coalescing = self->coalescing;
  copy->use_credentials = self->use_credentials;
  copy->max_redirects = self->max_redirects;
  copy->priority = self->priority;
  copy->cache_mode = self->cache_mode;
  copy->lasting = self->lasting;
  copy->max_body_size = self->max_body_size;
  copy->connect_timeout = self->connect_timeout;
  copy->first_byte_timeout = self->first_byte_timeout;
  copy->idle_timeout = self->idle_timeout;
  copy->total_timeout = self->total_timeout;
  copy->lowest_rate = self->lowest_rate;
  copy->rate_limit = self->rate_limit;
  copy->max_retries = self->max_retries;
  if (self->credentials != NULL)
    copy->credentials = g_object_ref (self->credentials);

  return copy;
}

/* Fields about the framing of the message or the connection: the library sets these itself */
static gboolean
is_reserved (const char *name)
{
  static const char *const names[] = {
    "Connection", "Content-Length", "Keep-Alive", "Proxy-Connection", "TE", "Trailer", "Transfer-Encoding", "Upgrade",
  };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    if (g_ascii_strcasecmp (name, names[i]) == 0)
      return TRUE;

  return FALSE;
}

gboolean
pillion_http_check_field (const char *name,
                          const char *value,
                          GError **error)
{
  if (!pillion_http_is_token (name))
    {
      g_autofree char *shown = g_strescape (name, NULL);

      g_set_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_INVALID_REQUEST,
                   _("'%s' is not a valid name for a header field"), shown);
      return FALSE;
    }

  if (is_reserved (name))
    {
      g_set_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_INVALID_REQUEST,
                   _("the header field '%s' is set by the library, and can't be set by the program"), name);
      return FALSE;
    }

  /* The value isn't shown, because it may be a secret */
  for (const char *p = value; *p != '\0'; p++)
    if (((guchar) *p < ' ' && *p != '\t') || *p == 0x7f)
      {
        g_set_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_INVALID_REQUEST,
                     _("the value of the header field '%s' contains a line end or another control character"), name);
        return FALSE;
      }

  return TRUE;
}

gboolean
pillion_http_check_fields (const PillionFieldList *fields,
                           GError **error)
{
  for (guint i = 0; i < fields->n; i += 2)
    if (!pillion_http_check_field (fields->strv[i], fields->strv[i + 1], error))
      return FALSE;

  return TRUE;
}

gboolean
pillion_http_request_check (PillionHttpRequest *self,
                            GError **error)
{
  /* A tunnel is no request */
  if (!pillion_http_is_token (self->method) || strcmp (self->method, "CONNECT") == 0)
    {
      g_autofree char *shown = g_strescape (self->method, NULL);

      g_set_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_INVALID_REQUEST, _("'%s' is not a valid method"), shown);
      return FALSE;
    }

  if (self->body != NULL && self->body->invalid != NULL)
    {
      g_propagate_error (error, g_error_copy (self->body->invalid));
      return FALSE;
    }

  return pillion_http_check_fields (&self->fields, error) &&
         (self->body == NULL || self->body->content_type == NULL ||
          pillion_http_check_field ("Content-Type", self->body->content_type, error));
}

gboolean
pillion_http_request_accepts_status (PillionHttpRequest *self,
                                     guint status)
{
  if (status >= 300 && status <= 399 && self->redirect_policy == PILLION_HTTP_REDIRECT_POLICY_MANUAL)
    return TRUE;
  if (self->accepted == NULL)
    return status >= 200 && status <= 299;

  for (guint i = 0; i < self->accepted->len; i++)
    {
      PillionStatusRange *range = &g_array_index (self->accepted, PillionStatusRange, i);

      if (status >= range->first && status <= range->last)
        return TRUE;
    }

  return FALSE;
}

gboolean
pillion_http_request_accepts_same (const PillionHttpRequest *self,
                                   const PillionHttpRequest *other)
{
  const GArray *mine = self->accepted;
  const GArray *others = other->accepted;

  if (mine == NULL || others == NULL)
    return mine == others;

  return mine->len == others->len && memcmp (mine->data, others->data, mine->len * sizeof (PillionStatusRange)) == 0;
}

char *
pillion_http_request_make_url (PillionHttpRequest *self)
{
  const char *fragment = strchr (self->url, '#');
  gsize length = fragment != NULL ? (gsize) (fragment - self->url) : strlen (self->url);
  const char *query = memchr (self->url, '?', length);
  const char *separator = query == NULL ? "?" : self->url[length - 1] == '?' || self->url[length - 1] == '&' ? "" : "&";

  if (self->parameters == NULL)
    return g_strdup (self->url);

  return g_strdup_printf ("%.*s%s%s%s", (int) length, self->url, separator, self->parameters->str, self->url + length);
}

/**
 * pillion_http_request_get_method: (get-property method)
 * @self: a request
 *
 * Gets the method.
 *
 * Returns: the method
 *
 * Since: 1.0
 */
const char *
pillion_http_request_get_method (PillionHttpRequest *self)
{
  g_return_val_if_fail (PILLION_HTTP_IS_REQUEST (self), NULL);

  return self->method;
}

/**
 * pillion_http_request_get_url: (get-property url)
 * @self: a request
 *
 * Gets the URL as it was given, without the parameters that were added.
 *
 * Returns: the URL
 *
 * Since: 1.0
 */
const char *
pillion_http_request_get_url (PillionHttpRequest *self)
{
  g_return_val_if_fail (PILLION_HTTP_IS_REQUEST (self), NULL);

  return self->url;
}

/**
 * pillion_http_request_add_parameter:
 * @self: a request
 * @name: a name
 * @value: a value
 *
 * Appends `name=value` to the URL's query. Both are percent-encoded, except for letters, digits and `-._~`. A
 * name may be added several times.
 *
 * Since: 1.0
 */
void
pillion_http_request_add_parameter (PillionHttpRequest *self,
                                    const char *name,
                                    const char *value)
{
  g_return_if_fail (PILLION_HTTP_IS_REQUEST (self));
  g_return_if_fail (name != NULL);
  g_return_if_fail (value != NULL);

  if (self->parameters == NULL)
    self->parameters = g_string_new (NULL);
  else
    g_string_append_c (self->parameters, '&');
  g_string_append_uri_escaped (self->parameters, name, NULL, FALSE);
  g_string_append_c (self->parameters, '=');
  g_string_append_uri_escaped (self->parameters, value, NULL, FALSE);
}

/**
 * pillion_http_request_get_header:
 * @self: a request
 * @name: the name of a header field; case does not matter
 *
 * Gets the first value of a header field that was set. The client adds further fields when it sends the request.
 *
 * Returns: (nullable): the value, which stays valid until any field of the request is set or removed; %NULL if there is none
 *
 * Since: 1.0
 */
const char *
pillion_http_request_get_header (PillionHttpRequest *self,
                                 const char *name)
{
  g_return_val_if_fail (PILLION_HTTP_IS_REQUEST (self), NULL);
  g_return_val_if_fail (name != NULL, NULL);

  return pillion_field_list_get (&self->fields, name);
}

/**
 * pillion_http_request_set_header:
 * @self: a request
 * @name: the name of a header field; case does not matter
 * @value: (nullable): a value, or %NULL to remove the field
 *
 * Sets a header field, in place of all fields of that name. It also replaces the client's default for this request.
 *
 * What can't be sent is an error of the call: see [the class](class.Request.html).
 *
 * Since: 1.0
 */
void
pillion_http_request_set_header (PillionHttpRequest *self,
                                 const char *name,
                                 const char *value)
{
  g_return_if_fail (PILLION_HTTP_IS_REQUEST (self));
  g_return_if_fail (name != NULL);

  if (value != NULL)
    pillion_field_list_set (&self->fields, name, value);
  else
    pillion_field_list_remove (&self->fields, name);
}

/**
 * pillion_http_request_append_header:
 * @self: a request
 * @name: the name of a header field; case does not matter
 * @value: a value
 *
 * Adds a header field after those that are there, also if one of them has the same name.
 *
 * What can't be sent is an error of the call: see [the class](class.Request.html).
 *
 * Since: 1.0
 */
void
pillion_http_request_append_header (PillionHttpRequest *self,
                                    const char *name,
                                    const char *value)
{
  g_return_if_fail (PILLION_HTTP_IS_REQUEST (self));
  g_return_if_fail (name != NULL);
  g_return_if_fail (value != NULL);

  pillion_field_list_append (&self->fields, name, value);
}

/**
 * pillion_http_request_set_body:
 * @self: a request
 * @body: (nullable): the body, or %NULL for none
 * @content_type: (nullable): its media type, such as `application/json`, or %NULL to send none
 *
 * Sets the body to bytes in memory. A Content-Type that was set with [method@PillionHttp.Request.set_header] has precedence over @content_type.
 *
 * Since: 1.0
 */
void
pillion_http_request_set_body (PillionHttpRequest *self,
                               GBytes *body,
                               const char *content_type)
{
  g_return_if_fail (PILLION_HTTP_IS_REQUEST (self));

  g_clear_pointer (&self->body, pillion_source_unref);
  if (body != NULL)
    self->body = pillion_bytes_source_new (body, content_type);
}

static void
take_body (PillionHttpRequest *self,
           PillionSource *body)
{
  g_clear_pointer (&self->body, pillion_source_unref);
  self->body = body;
}

/**
 * pillion_http_request_set_body_from_file:
 * @self: a request
 * @file: a regular file
 * @content_type: (nullable): its media type, such as `image/png`, or %NULL to send none
 *
 * Sets the body to the contents of a file. The file is read while it is sent, on other threads, and at most 256 KiB of it are in memory.
 *
 * Nothing is read before the request is sent. If there is no such file, or it can't be read, the task of the call fails with the error of GIO
 * (%G_IO_ERROR_NOT_FOUND, %G_IO_ERROR_IS_DIRECTORY…), and nothing is sent. If the file changes while it is being sent, the task fails with
 * [error@PillionHttp.Error.INVALID_REQUEST], and the server does not get the end of the body.
 *
 * The progress of the task counts the bytes of the body that the network has taken. If the response is saved to a file, it begins anew with
 * that.
 *
 * Since: 1.0
 */
void
pillion_http_request_set_body_from_file (PillionHttpRequest *self,
                                         GFile *file,
                                         const char *content_type)
{
  g_return_if_fail (PILLION_HTTP_IS_REQUEST (self));
  g_return_if_fail (G_IS_FILE (file));

  take_body (self, pillion_piece_source_new (pillion_piece_of_file (file), content_type));
}

/**
 * pillion_http_request_set_body_from_stream:
 * @self: a request
 * @stream: a stream, which is read on another thread
 * @length: how many bytes to read, or -1 to read to the end, and to send the body in chunks
 * @content_type: (nullable): its media type, or %NULL to send none
 *
 * Sets the body to what a stream gives. The stream is read while the body is sent, and is not closed. Don't use it until the call has ended.
 *
 * A stream that is a [iface@Gio.Seekable] is rewound to where it is now if the request has to be sent again, after a redirect with the status
 * 307 or 308 or for a retry. Any other can be sent once: such a redirect fails with
 * [error@PillionHttp.Error.NOT_REWINDABLE], and nothing is retried once it was read. If the stream ends before @length bytes, the task fails with
 * [error@PillionHttp.Error.INVALID_REQUEST]; if it fails, with its error.
 *
 * Since: 1.0
 */
void
pillion_http_request_set_body_from_stream (PillionHttpRequest *self,
                                           GInputStream *stream,
                                           gint64 length,
                                           const char *content_type)
{
  g_return_if_fail (PILLION_HTTP_IS_REQUEST (self));
  g_return_if_fail (G_IS_INPUT_STREAM (stream));
  g_return_if_fail (length >= -1);

  take_body (self, pillion_piece_source_new (pillion_piece_of_stream (stream, length), content_type));
}

/**
 * pillion_http_request_set_form:
 * @self: a request
 * @form: a form, which is copied
 *
 * Sets the body to a form, in the encoding that the [form](class.Form.html) needs.
 *
 * Since: 1.0
 */
void
pillion_http_request_set_form (PillionHttpRequest *self,
                               PillionHttpForm *form)
{
  g_return_if_fail (PILLION_HTTP_IS_REQUEST (self));
  g_return_if_fail (PILLION_HTTP_IS_FORM (form));

  take_body (self, pillion_http_form_make_source (form));
}

/**
 * pillion_http_request_accept_statuses:
 * @self: a request
 * @first: the first status, at least 200
 * @last: the last status, at most 999
 *
 * Accepts a range of statuses. A response with another status is a [error@PillionHttp.StatusError].
 *
 * Without a call of this, 200 to 299 are accepted; with it, only the ranges that it was called with. To get every response as it is,
 * accept 200 to 999.
 *
 * Since: 1.0
 */
void
pillion_http_request_accept_statuses (PillionHttpRequest *self,
                                      guint first,
                                      guint last)
{
  PillionStatusRange range = { first, last };

  g_return_if_fail (PILLION_HTTP_IS_REQUEST (self));
  g_return_if_fail (first >= 200 && first <= last && last <= 999);

  if (self->accepted == NULL)
    self->accepted = g_array_new (FALSE, FALSE, sizeof (PillionStatusRange));
  g_array_append_val (self->accepted, range);
}
