/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-http-client-private.h"

#include "core/pillion-private.h"

/**
 * PillionHttpClient:
 *
 * Makes HTTP requests without holding up the host.
 *
 * ```c
 * g_autoptr (PillionHttpClient) client = pillion_http_client_new (loop);
 * g_autoptr (PillionTask) task = pillion_http_client_get_json (client, "https://example.org/catalogue.json", NULL);
 *
 * pillion_task_add_done_callback (task, on_done, NULL, NULL);
 * ```
 *
 * Every call returns a task at once, and any problem arrives as the task's error. The network is read and written on a
 * thread of Pillion's own, and so are files. A transfer needs no kicks to proceed; a kick only sees its
 * progress and its end.
 *
 * | what you want | how |
 * | --- | --- |
 * | a body in memory | [method@PillionHttp.Client.get_bytes], [method@PillionHttp.Client.get_json] |
 * | any request, with its response | [method@PillionHttp.Client.send] with a [class@PillionHttp.Request]; [method@PillionHttp.Client.head], [method@PillionHttp.Client.post_json] |
 * | a body as it arrives | [method@PillionHttp.Client.open] |
 * | a file from the server | [method@PillionHttp.Client.download], [method@PillionHttp.Client.download_into], and with a request of your own [method@PillionHttp.Client.send_to_file], [method@PillionHttp.Client.send_into] |
 * | a file to the server | [method@PillionHttp.Client.upload], [class@PillionHttp.Form] |
 * | server-sent events | [class@PillionHttp.EventStream] |
 *
 * Header fields for all requests, such as a token, are set with [method@PillionHttp.Client.set_header]. With
 * [property@PillionHttp.Client:base-url], URLs may be relative.
 *
 * ## The queue
 *
 * Calls wait in the client's queue for one of [property@PillionHttp.Client:max-connections] connections, of
 * which at most [property@PillionHttp.Client:max-connections-per-host] go to one server (scheme, host and
 * port). For each server they run in the order in which they were made, and servers take turns. Connections are
 * kept and reused.
 *
 * Redirects are followed, 20 by default. Cookies that a server sets on the way are sent back to it within the same call, and in later calls if
 * there is a [property@PillionHttp.Client:cookie-jar].
 * Certificates are verified against the system's authorities, or against [property@PillionHttp.Client:tls-database], unless the client is
 * [property@PillionHttp.Client:insecure].
 *
 * ## Credentials
 *
 * A server that wants credentials gets the first of these that there is:
 *
 * 1. an Authorization field of the request;
 * 2. a user and a password in the URL, with Basic at once. They appear in no name, message, file or result ([func@PillionHttp.redact_url]);
 * 3. [property@PillionHttp.Request:credentials], or else [property@PillionHttp.Client:credentials];
 * 4. what a handler of [signal@PillionHttp.Client::authenticate] gave for the same realm of the server.
 *
 * If the server answers with 401 and a challenge that the credentials can answer, the request is sent again
 * with the scheme that it wants. If they are wrong, or there are none, a handler is asked. A request whose
 * body can be read only once can't be sent again: the call fails with
 * [error@PillionHttp.Error.NOT_REWINDABLE]. Send such a body with credentials that don't wait for the server,
 * such as [ctor@PillionHttp.Credentials.new_basic].
 *
 * Credentials are never sent to a server other than the one that they are for, whatever redirects say.
 *
 * ## Proxies
 *
 * Requests go through the proxy that [property@PillionHttp.Client:proxy],
 * [property@PillionHttp.Client:proxy-resolver], the environment or the desktop names, in this order. Requests
 * to `https` and WebSockets go through a tunnel: the proxy is only told the server's name and port. A proxy
 * that wants credentials gets those in its URL, with Basic or Digest; if it has none, or wrong ones, a
 * handler of [signal@PillionHttp.Client::authenticate] is asked. Getting to the proxy, and through it to the
 * server, counts as connecting.
 *
 * ## Downloads
 *
 * A download goes into a part file in the folder of its target. When all of it has arrived, its length and SHA-256 are right (if the
 * server announced the one and you gave the other), and it is on the disk, it takes the target's place in one step. Until then, and
 * whatever goes wrong, the target stays as it was.
 *
 * If the target exists, it has to be a regular file: folders, devices, pipes and sockets are refused. Symbolic links are followed.
 * The new file gets the mode, the access control list and, if the system allows that, the owner of the old one, but no set-user-ID
 * or set-group-ID bit.
 *
 * The part file is hidden: for `file.zip` it is `.file.zip.pillion-part`, with a record in `.file.zip.pillion-part.info` of what it is
 * a part of. A file with one of these names that no such record vouches for, or that belongs to another user, is left alone, and
 * another name is used.
 *
 * When a download fails or is cancelled, the part file stays if it can be continued: if the server gave a
 * strong validator (an entity tag, or a date that is old enough) and the error does not mean that what has
 * arrived is wrong. The next download of the same URL to the same target, even after a restart of the
 * program, requests only the rest. If the server has another version by then, or does not send exactly that
 * rest, it starts over: two versions are never mixed. After a disk error, only what is known to be on the
 * disk is kept.
 *
 * Two downloads to one target at the same time would write into the same part file: the second one fails with
 * `G_IO_ERROR_EXISTS`, even if the first one runs in another process. If the first one was cancelled or has
 * failed, the second one waits until the part file is released, and continues from there.
 *
 * ## Several connections for one download
 *
 * Some servers limit the rate of each connection. A large file from such a server is received over several
 * connections at once, each of which requests ranges of it, up to
 * [property@PillionHttp.Client:max-connections-per-download]. A download begins with one connection, and adds
 * more only while that makes it faster: if a server does not limit connections, only one is used. For this,
 * the server has to serve ranges, and to give a strong validator and the length. The file has to be at least
 * 16 MiB larger than what is already there.
 *
 * The further connections come last in the queue, and are given up when another request needs their place.
 * Connections that the server refuses are not tried again; the others fetch what they would have fetched. If
 * the server has another version by then, or ignores the ranges, the download continues over one connection.
 *
 * ## Retries
 *
 * With [property@PillionHttp.Client:max-retries], or [property@PillionHttp.Request:max-retries], a request is sent again after a
 * transient failure, within the same call and its time limit:
 *
 * - the server could not be reached, or its name could not be looked up for the moment;
 * - the connection was lost, or a time limit for a part of the call was exceeded, if the method is idempotent (`GET`, `HEAD`, `OPTIONS`, `TRACE`,
 *   `PUT`, `DELETE`) or the request has an `Idempotency-Key` field;
 * - the status is 408, 425, 429 or 500 and above, but not 501 or 505, with the same methods. It doesn't matter whether the request accepts it.
 *
 * The first retry comes after half a second at most, each further one after up to twice the time, and never
 * after more than 30 seconds. The delays are random within half of that, so that many clients don't come back
 * at once. A `Retry-After` field decides instead; if that asks for more than two minutes, there is no retry.
 * A call that waits for a retry holds no place in the queue. A download continues where it stopped, or starts
 * over if the server's response has no validator.
 *
 * A request whose body can be read only once is not sent again once some of that may have been sent, nor is one whose response is already
 * being read as a [class@PillionHttp.Stream].
 *
 * ## Errors
 *
 * All of them name the URL.
 *
 * | what | error |
 * | --- | --- |
 * | an invalid URL, an unsupported scheme | [error@PillionHttp.Error.INVALID_URL], [error@PillionHttp.Error.UNSUPPORTED_SCHEME] |
 * | name, connection, TLS | what GIO says: `G_RESOLVER_ERROR`, `G_IO_ERROR_CONNECTION_REFUSED`, `G_TLS_ERROR`… |
 * | a time limit: [property@PillionHttp.Client:connect-timeout-usec], [property@PillionHttp.Client:first-byte-timeout-usec], [property@PillionHttp.Client:idle-timeout-usec], [property@PillionHttp.Client:total-timeout-usec], [property@PillionHttp.Client:lowest-rate] | `G_IO_ERROR_TIMED_OUT` |
 * | a response that ends early | [error@PillionHttp.Error.TRUNCATED] |
 * | a response that does not have the announced length | [error@PillionHttp.Error.LENGTH_MISMATCH] |
 * | a response that is not valid HTTP | [error@PillionHttp.Error.PROTOCOL] |
 * | a status that the request does not accept, by default every one that is not a success | [error@PillionHttp.StatusError], with the status as its code, and a [class@PillionHttp.Response] behind it |
 * | a request that cannot be sent | [error@PillionHttp.Error.INVALID_REQUEST] |
 * | a redirect that the request does not allow, too many redirects | [error@PillionHttp.Error.REDIRECT] |
 * | a redirect of a request whose body can be read only once, or a server that wants credentials for it | [error@PillionHttp.Error.NOT_REWINDABLE] |
 * | a body that is too large for memory, or a line or an event that is larger than its limit | [error@PillionHttp.Error.TOO_LARGE] |
 * | a body that is not valid JSON | [error@PillionHttp.Error.INVALID_JSON] |
 * | a server that opens no WebSocket | [error@PillionHttp.Error.NOT_WEB_SOCKET] |
 * | a WebSocket that the server closes with the code of a failure | [error@PillionHttp.Error.WEB_SOCKET_CLOSED] |
 * | a different SHA-256 digest | [error@PillionHttp.Error.DIGEST_MISMATCH] |
 * | a setting of the client that is not valid | [error@PillionHttp.Error.INVALID_SETTING] |
 * | a server whose public key is not one of [property@PillionHttp.Client:pinned-keys] | [error@PillionHttp.Error.PIN_MISMATCH] |
 * | a cookie that cannot be kept | [error@PillionHttp.Error.INVALID_COOKIE] |
 * | a target that is not a regular file | `G_IO_ERROR_NOT_REGULAR_FILE`, `G_IO_ERROR_IS_DIRECTORY` |
 * | a target that another download writes to, or whose name is taken | `G_IO_ERROR_EXISTS` |
 * | the disk | `G_IO_ERROR_NO_SPACE`, `G_IO_ERROR_PERMISSION_DENIED`, `G_IO_ERROR_IS_DIRECTORY`, `G_IO_ERROR_NOT_FOUND`… |
 * | libsoup 3 is missing, or something else in the process has loaded libsoup 2 | [error@PillionHttp.Error.UNAVAILABLE] |
 * | nothing but the cache may be used, and it has no response ([property@PillionHttp.Client:offline], [property@PillionHttp.Request:cache-mode]) | [error@PillionHttp.Error.NOT_CACHED] |
 * | a folder that is not a cache | `G_IO_ERROR_NOT_EMPTY`, `G_IO_ERROR_NOT_DIRECTORY` |
 * | the proxy refuses, wants other credentials, or does not speak its protocol | [error@PillionHttp.Error.PROXY] |
 * | the task or the given cancellable was cancelled | `G_IO_ERROR_CANCELLED` |
 *
 * ## Threads and life
 *
 * A client belongs to its loop's thread. On another one, what sets something of it, or makes a call, logs a critical warning and does nothing, and
 * what can fail, fails with [error@Pillion.Error.WRONG_THREAD]. Transfers that run when it is finalized continue; closing the loop cancels them.
 *
 * Since: 1.0
 */

enum
{
  PROP_LOOP = 1,
  PROP_MAX_CONNECTIONS,
  PROP_MAX_CONNECTIONS_PER_HOST,
  PROP_MAX_CONNECTIONS_PER_DOWNLOAD,
  PROP_MAX_LASTING_CONNECTIONS,
  PROP_MAX_LASTING_CONNECTIONS_PER_HOST,
  PROP_IDLE_TIMEOUT_USEC,
  PROP_USER_AGENT,
  PROP_USE_NETRC,
  PROP_PROXY,
  PROP_PROXY_RESOLVER,
  PROP_TLS_DATABASE,
  PROP_NAME_CONFLICT,
  PROP_BASE_URL,
  PROP_MAX_BODY_SIZE,
  PROP_CONNECT_TIMEOUT_USEC,
  PROP_FIRST_BYTE_TIMEOUT_USEC,
  PROP_TOTAL_TIMEOUT_USEC,
  PROP_LOWEST_RATE,
  PROP_MAX_RETRIES,
  PROP_TRANSPORT,
  PROP_RATE_LIMIT,
  PROP_CACHE,
  PROP_OFFLINE,
  PROP_COOKIE_JAR,
  PROP_CREDENTIALS,
  PROP_CERTIFICATE,
  PROP_PINNED_KEYS,
  PROP_INSECURE,
  PROP_HTTP2,
  PROP_UNIX_SOCKET_PATH,
  PROP_LOCAL_ADDRESS,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

static guint authenticate;

G_DEFINE_FINAL_TYPE (PillionHttpClient, pillion_http_client, G_TYPE_OBJECT)

static void
pillion_http_client_finalize (GObject *object)
{
  PillionHttpClient *self = PILLION_HTTP_CLIENT (object);

  g_clear_pointer (&self->engine, pillion_http_engine_unref);
  pillion_http_config_clear (&self->config);
  g_free (self->base_url);
  g_clear_object (&self->transport);
  g_clear_object (&self->cookie_jar);
  g_clear_object (&self->cache);
  g_clear_error (&self->invalid);
  g_clear_object (&self->loop);

  G_OBJECT_CLASS (pillion_http_client_parent_class)->finalize (object);
}

static void
pillion_http_client_get_property (GObject *object,
                                  guint prop_id,
                                  GValue *value,
                                  GParamSpec *pspec)
{
  PillionHttpClient *self = PILLION_HTTP_CLIENT (object);

  switch (prop_id)
    {
    case PROP_LOOP:
      g_value_set_object (value, self->loop);
      break;
    case PROP_MAX_CONNECTIONS:
      g_value_set_uint (value, self->config.max_connections);
      break;
    case PROP_MAX_CONNECTIONS_PER_HOST:
      g_value_set_uint (value, self->config.max_connections_per_host);
      break;
    case PROP_MAX_CONNECTIONS_PER_DOWNLOAD:
      g_value_set_uint (value, self->config.max_connections_per_download);
      break;
    case PROP_MAX_LASTING_CONNECTIONS:
      g_value_set_uint (value, self->config.max_lasting_connections);
      break;
    case PROP_MAX_LASTING_CONNECTIONS_PER_HOST:
      g_value_set_uint (value, self->config.max_lasting_connections_per_host);
      break;
    case PROP_IDLE_TIMEOUT_USEC:
      g_value_set_int64 (value, self->config.idle_timeout);
      break;
    case PROP_USER_AGENT:
      g_value_set_string (value, self->config.user_agent);
      break;
    case PROP_USE_NETRC:
      g_value_set_boolean (value, self->config.netrc != NULL);
      break;
    case PROP_PROXY:
      g_value_set_string (value, self->config.proxy);
      break;
    case PROP_PROXY_RESOLVER:
      g_value_set_object (value, self->config.proxy_resolver);
      break;
    case PROP_TLS_DATABASE:
      g_value_set_object (value, self->config.connection.tls_database);
      break;
    case PROP_NAME_CONFLICT:
      g_value_set_enum (value, self->name_conflict);
      break;
    case PROP_BASE_URL:
      g_value_set_string (value, self->base_url);
      break;
    case PROP_MAX_BODY_SIZE:
      g_value_set_int64 (value, self->config.max_body_size);
      break;
    case PROP_CONNECT_TIMEOUT_USEC:
      g_value_set_int64 (value, self->config.connect_timeout);
      break;
    case PROP_FIRST_BYTE_TIMEOUT_USEC:
      g_value_set_int64 (value, self->config.first_byte_timeout);
      break;
    case PROP_TOTAL_TIMEOUT_USEC:
      g_value_set_int64 (value, self->config.total_timeout);
      break;
    case PROP_LOWEST_RATE:
      g_value_set_int64 (value, self->config.lowest_rate);
      break;
    case PROP_MAX_RETRIES:
      g_value_set_uint (value, self->config.max_retries);
      break;
    case PROP_TRANSPORT:
      g_value_set_object (value, self->transport);
      break;
    case PROP_RATE_LIMIT:
      g_value_set_int64 (value, self->config.rate_limit);
      break;
    case PROP_CACHE:
      g_value_set_object (value, self->cache);
      break;
    case PROP_OFFLINE:
      g_value_set_boolean (value, self->config.offline);
      break;
    case PROP_COOKIE_JAR:
      g_value_set_object (value, self->cookie_jar);
      break;
    case PROP_CREDENTIALS:
      g_value_set_object (value, self->config.credentials);
      break;
    case PROP_CERTIFICATE:
      g_value_set_object (value, self->config.connection.certificate);
      break;
    case PROP_PINNED_KEYS:
      g_value_set_boxed (value, self->config.connection.pinned_keys);
      break;
    case PROP_INSECURE:
      g_value_set_boolean (value, self->config.connection.insecure);
      break;
    case PROP_HTTP2:
      g_value_set_boolean (value, self->config.http2);
      break;
    case PROP_UNIX_SOCKET_PATH:
      g_value_set_string (value, self->config.connection.unix_socket_path);
      break;
    case PROP_LOCAL_ADDRESS:
      g_value_set_object (value, self->config.connection.local_address);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
pillion_http_client_set_property (GObject *object,
                                  guint prop_id,
                                  const GValue *value,
                                  GParamSpec *pspec)
{
  PillionHttpClient *self = PILLION_HTTP_CLIENT (object);

  switch (prop_id)
    {
    case PROP_LOOP:
      self->loop = g_value_dup_object (value);
      break;
    case PROP_MAX_CONNECTIONS:
      pillion_http_client_set_max_connections (self, g_value_get_uint (value));
      break;
    case PROP_MAX_CONNECTIONS_PER_HOST:
      pillion_http_client_set_max_connections_per_host (self, g_value_get_uint (value));
      break;
    case PROP_MAX_CONNECTIONS_PER_DOWNLOAD:
      pillion_http_client_set_max_connections_per_download (self, g_value_get_uint (value));
      break;
    case PROP_MAX_LASTING_CONNECTIONS:
      pillion_http_client_set_max_lasting_connections (self, g_value_get_uint (value));
      break;
    case PROP_MAX_LASTING_CONNECTIONS_PER_HOST:
      pillion_http_client_set_max_lasting_connections_per_host (self, g_value_get_uint (value));
      break;
    case PROP_IDLE_TIMEOUT_USEC:
      pillion_http_client_set_idle_timeout_usec (self, g_value_get_int64 (value));
      break;
    case PROP_USER_AGENT:
      pillion_http_client_set_user_agent (self, g_value_get_string (value));
      break;
    case PROP_USE_NETRC:
      pillion_http_client_set_use_netrc (self, g_value_get_boolean (value));
      break;
    case PROP_PROXY:
      pillion_http_client_set_proxy (self, g_value_get_string (value));
      break;
    case PROP_PROXY_RESOLVER:
      pillion_http_client_set_proxy_resolver (self, g_value_get_object (value));
      break;
    case PROP_TLS_DATABASE:
      pillion_http_client_set_tls_database (self, g_value_get_object (value));
      break;
    case PROP_NAME_CONFLICT:
      pillion_http_client_set_name_conflict (self, g_value_get_enum (value));
      break;
    case PROP_BASE_URL:
      pillion_http_client_set_base_url (self, g_value_get_string (value));
      break;
    case PROP_MAX_BODY_SIZE:
      pillion_http_client_set_max_body_size (self, g_value_get_int64 (value));
      break;
    case PROP_CONNECT_TIMEOUT_USEC:
      pillion_http_client_set_connect_timeout_usec (self, g_value_get_int64 (value));
      break;
    case PROP_FIRST_BYTE_TIMEOUT_USEC:
      pillion_http_client_set_first_byte_timeout_usec (self, g_value_get_int64 (value));
      break;
    case PROP_TOTAL_TIMEOUT_USEC:
      pillion_http_client_set_total_timeout_usec (self, g_value_get_int64 (value));
      break;
    case PROP_LOWEST_RATE:
      pillion_http_client_set_lowest_rate (self, g_value_get_int64 (value));
      break;
    case PROP_MAX_RETRIES:
      pillion_http_client_set_max_retries (self, g_value_get_uint (value));
      break;
    case PROP_TRANSPORT:
      pillion_http_client_set_transport (self, g_value_get_object (value));
      break;
    case PROP_RATE_LIMIT:
      pillion_http_client_set_rate_limit (self, g_value_get_int64 (value));
      break;
    case PROP_CACHE:
      pillion_http_client_set_cache (self, g_value_get_object (value));
      break;
    case PROP_OFFLINE:
      pillion_http_client_set_offline (self, g_value_get_boolean (value));
      break;
    case PROP_COOKIE_JAR:
      pillion_http_client_set_cookie_jar (self, g_value_get_object (value));
      break;
    case PROP_CREDENTIALS:
      pillion_http_client_set_credentials (self, g_value_get_object (value));
      break;
    case PROP_CERTIFICATE:
      pillion_http_client_set_certificate (self, g_value_get_object (value));
      break;
    case PROP_PINNED_KEYS:
      pillion_http_client_set_pinned_keys (self, g_value_get_boxed (value));
      break;
    case PROP_INSECURE:
      pillion_http_client_set_insecure (self, g_value_get_boolean (value));
      break;
    case PROP_HTTP2:
      pillion_http_client_set_http2 (self, g_value_get_boolean (value));
      break;
    case PROP_UNIX_SOCKET_PATH:
      pillion_http_client_set_unix_socket_path (self, g_value_get_string (value));
      break;
    case PROP_LOCAL_ADDRESS:
      pillion_http_client_set_local_address (self, g_value_get_object (value));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
pillion_http_client_constructed (GObject *object)
{
  PillionHttpClient *self = PILLION_HTTP_CLIENT (object);

  G_OBJECT_CLASS (pillion_http_client_parent_class)->constructed (object);

  if (self->loop == NULL)
    {
      PillionLoop *loop = pillion_loop_get_default ();

      /* The loop may be missing: that is the caller's error, and was reported. Everything else relies on
       * having one. */
      self->loop = loop != NULL ? g_object_ref (loop) : pillion_loop_new (NULL, PILLION_LOOP_PRIVATE_CONTEXT);
    }
}

/* One answer is enough */
static gboolean
take_first_task (GSignalInvocationHint *hint,
                 GValue *result,
                 const GValue *answer,
                 gpointer data)
{
  GObject *task = g_value_get_object (answer);

  g_value_set_object (result, task);
  return task == NULL;
}

gboolean
pillion_http_client_can_ask (PillionHttpClient *self)
{
  return g_signal_has_handler_pending (self, authenticate, 0, TRUE);
}

PillionTask *
pillion_http_client_ask (PillionHttpClient *self,
                         PillionHttpChallenge *challenge)
{
  PillionTask *task = NULL;

  g_signal_emit (self, authenticate, 0, challenge, &task);
  return task;
}

static void
pillion_http_client_class_init (PillionHttpClientClass *klass)
{
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY;
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  PillionHttpConfig defaults;

  pillion_http_config_init (&defaults);
  object_class->constructed = pillion_http_client_constructed;
  object_class->finalize = pillion_http_client_finalize;
  object_class->get_property = pillion_http_client_get_property;
  object_class->set_property = pillion_http_client_set_property;

  /**
   * PillionHttpClient:loop: (getter get_loop)
   *
   * The loop whose tasks the calls return. If none is given it is the calling thread's default loop.
   *
   * Since: 1.0
   */
  properties[PROP_LOOP] = g_param_spec_object ("loop", NULL, NULL, PILLION_TYPE_LOOP,
                                               G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS);

  /**
   * PillionHttpClient:max-connections: (getter get_max_connections) (setter set_max_connections)
   *
   * The maximum number of open connections, including idle ones.
   *
   * Since: 1.0
   */
  properties[PROP_MAX_CONNECTIONS] =
    g_param_spec_uint ("max-connections", NULL, NULL, 1, G_MAXINT, defaults.max_connections, flags);

  /**
   * PillionHttpClient:max-connections-per-host: (getter get_max_connections_per_host) (setter set_max_connections_per_host)
   *
   * The maximum number of requests that run at one server (scheme, host and port) at the same time.
   *
   * Since: 1.0
   */
  properties[PROP_MAX_CONNECTIONS_PER_HOST] =
    g_param_spec_uint ("max-connections-per-host", NULL, NULL, 1, G_MAXINT, defaults.max_connections_per_host, flags);

  /**
   * PillionHttpClient:max-connections-per-download: (getter get_max_connections_per_download) (setter set_max_connections_per_download)
   *
   * The maximum number of connections over which one download receives its file, if the server limits the rate of each connection. By default
   * 4. Neither [property@PillionHttp.Client:max-connections-per-host] nor [property@PillionHttp.Client:max-connections] is exceeded.
   *
   * Since: 1.0
   */
  properties[PROP_MAX_CONNECTIONS_PER_DOWNLOAD] =
    g_param_spec_uint ("max-connections-per-download", NULL, NULL, 1, G_MAXINT, defaults.max_connections_per_download, flags);

  /**
   * PillionHttpClient:max-lasting-connections: (getter get_max_lasting_connections) (setter set_max_lasting_connections)
   *
   * The maximum number of connections that last: event streams and WebSockets. Further ones wait until one of them is closed. They don't
   * count in [property@PillionHttp.Client:max-connections], so they never keep other requests waiting.
   *
   * A [class@PillionHttp.Stream] in which nothing has moved for a second, because the program reads nothing or the server sends nothing, counts
   * here too from then on, but is never made to wait.
   *
   * Since: 1.0
   */
  properties[PROP_MAX_LASTING_CONNECTIONS] =
    g_param_spec_uint ("max-lasting-connections", NULL, NULL, 1, G_MAXINT, defaults.max_lasting_connections, flags);

  /**
   * PillionHttpClient:max-lasting-connections-per-host: (getter get_max_lasting_connections_per_host) (setter set_max_lasting_connections_per_host)
   *
   * The maximum number of [connections that last](property.Client.max-lasting-connections.html) to one server (scheme, host and port).
   *
   * Since: 1.0
   */
  properties[PROP_MAX_LASTING_CONNECTIONS_PER_HOST] =
    g_param_spec_uint ("max-lasting-connections-per-host", NULL, NULL, 1, G_MAXINT, defaults.max_lasting_connections_per_host, flags);

  /**
   * PillionHttpClient:idle-timeout-usec: (getter get_idle_timeout_usec) (setter set_idle_timeout_usec)
   *
   * How long a transfer may go without a byte from the server, or to it, in µs. After that it fails with `G_IO_ERROR_TIMED_OUT`.
   * 0 for no limit.
   *
   * The time starts when the request leaves the queue, so it includes connecting. It runs on the transfer's own
   * clock: a host that stalls does not cause timeouts.
   *
   * Since: 1.0
   */
  properties[PROP_IDLE_TIMEOUT_USEC] =
    g_param_spec_int64 ("idle-timeout-usec", NULL, NULL, 0, G_MAXINT64, defaults.idle_timeout, flags);

  /**
   * PillionHttpClient:user-agent: (getter get_user_agent) (setter set_user_agent)
   *
   * The value of the User-Agent field; %NULL to send none.
   *
   * Since: 1.0
   */
  properties[PROP_USER_AGENT] = g_param_spec_string ("user-agent", NULL, NULL, defaults.user_agent, flags);

  /**
   * PillionHttpClient:use-netrc: (getter get_use_netrc) (setter set_use_netrc)
   *
   * Whether requests without other credentials are sent with those that a netrc file has for the host they go to first.
   *
   * The file is the one that the variable `NETRC` names, or else `~/.netrc`. It is read when this is set, as curl reads it. They are sent at
   * once, with Basic. A redirect to another server does not take them along, and is not looked up.
   *
   * Since: 1.0
   */
  properties[PROP_USE_NETRC] = g_param_spec_boolean ("use-netrc", NULL, NULL, FALSE, flags);

  /**
   * PillionHttpClient:proxy: (getter get_proxy) (setter set_proxy)
   *
   * The URL of the proxy for all requests, such as `http://user:password@proxy.example.org:8080`, or `direct://` for none; %NULL for
   * [property@PillionHttp.Client:proxy-resolver].
   *
   * The scheme is `http`, `https` (TLS to the proxy), `socks4`, `socks4a` or `socks5`. SOCKS 4a and 5 look names up at the proxy. The port is
   * 1080 if there is none, and 443 for `https`, as with curl.
   *
   * Since: 1.0
   */
  properties[PROP_PROXY] = g_param_spec_string ("proxy", NULL, NULL, NULL, flags);

  /**
   * PillionHttpClient:proxy-resolver: (getter get_proxy_resolver) (setter set_proxy_resolver)
   *
   * What finds the proxies for a server, which are tried in order until one can be reached; %NULL for the proxies of the environment, and
   * if it names none, those that GIO knows of.
   *
   * The environment is read with the client's first call, as curl reads it: `http_proxy` (not `HTTP_PROXY`), `https_proxy` or `HTTPS_PROXY`,
   * `all_proxy` or `ALL_PROXY`, and `no_proxy` or `NO_PROXY`. GIO's own resolver ([func@Gio.ProxyResolver.get_default]) knows the settings of
   * the desktop, with automatic configuration (PAC) if the system can run that. As in browsers, it isn't asked about servers on this machine
   * (`localhost`, `127.0.0.1`, `::1`); a resolver that you set is.
   *
   * It is asked on the thread that does the network, once a minute for each server.
   *
   * Since: 1.0
   */
  properties[PROP_PROXY_RESOLVER] = g_param_spec_object ("proxy-resolver", NULL, NULL, G_TYPE_PROXY_RESOLVER, flags);

  /**
   * PillionHttpClient:tls-database: (getter get_tls_database) (setter set_tls_database)
   *
   * The authorities that the certificates of servers and of `https` proxies are verified against; %NULL for the system's.
   *
   * Since: 1.0
   */
  properties[PROP_TLS_DATABASE] = g_param_spec_object ("tls-database", NULL, NULL, G_TYPE_TLS_DATABASE, flags);

  /**
   * PillionHttpClient:name-conflict: (getter get_name_conflict) (setter set_name_conflict)
   *
   * What [method@PillionHttp.Client.download_into] does if a file already has the name that the server chose.
   *
   * Since: 1.0
   */
  properties[PROP_NAME_CONFLICT] =
    g_param_spec_enum ("name-conflict", NULL, NULL, PILLION_HTTP_TYPE_NAME_CONFLICT, PILLION_HTTP_NAME_CONFLICT_UNIQUIFY,
                       flags);

  /**
   * PillionHttpClient:base-url: (getter get_base_url) (setter set_base_url)
   *
   * The URL that relative URLs of calls are resolved against; %NULL to allow absolute URLs only.
   *
   * Since: 1.0
   */
  properties[PROP_BASE_URL] = g_param_spec_string ("base-url", NULL, NULL, NULL, flags);

  /**
   * PillionHttpClient:max-body-size: (getter get_max_body_size) (setter set_max_body_size)
   *
   * The largest body that is taken into memory, in bytes, as it is sent and after decoding. A larger one fails with
   * [error@PillionHttp.Error.TOO_LARGE]. 0 means no limit of the client's: then 1 GiB is the most. Downloads to files have no limit.
   *
   * Since: 1.0
   */
  properties[PROP_MAX_BODY_SIZE] =
    g_param_spec_int64 ("max-body-size", NULL, NULL, 0, G_MAXINT64, defaults.max_body_size, flags);

  /**
   * PillionHttpClient:connect-timeout-usec: (getter get_connect_timeout_usec) (setter set_connect_timeout_usec)
   *
   * How long it may take to connect, in µs: to look up the name, to open the connection, and the TLS handshake. 0 for no limit.
   *
   * Since: 1.0
   */
  properties[PROP_CONNECT_TIMEOUT_USEC] =
    g_param_spec_int64 ("connect-timeout-usec", NULL, NULL, 0, G_MAXINT64, defaults.connect_timeout, flags);

  /**
   * PillionHttpClient:first-byte-timeout-usec: (getter get_first_byte_timeout_usec) (setter set_first_byte_timeout_usec)
   *
   * How long the server may take to begin its response, in µs, from when the request was sent. 0 for no limit.
   * [property@PillionHttp.Client:idle-timeout-usec] applies during this time as well.
   *
   * Since: 1.0
   */
  properties[PROP_FIRST_BYTE_TIMEOUT_USEC] =
    g_param_spec_int64 ("first-byte-timeout-usec", NULL, NULL, 0, G_MAXINT64, defaults.first_byte_timeout, flags);

  /**
   * PillionHttpClient:total-timeout-usec: (getter get_total_timeout_usec) (setter set_total_timeout_usec)
   *
   * How long a whole call may take, in µs, including its time in the queue, redirects and retries. 0 for no limit.
   *
   * Since: 1.0
   */
  properties[PROP_TOTAL_TIMEOUT_USEC] =
    g_param_spec_int64 ("total-timeout-usec", NULL, NULL, 0, G_MAXINT64, defaults.total_timeout, flags);

  /**
   * PillionHttpClient:lowest-rate: (getter get_lowest_rate) (setter set_lowest_rate)
   *
   * The rate below which a response is too slow, in bytes per second, measured over five seconds. 0 for no limit.
   *
   * Since: 1.0
   */
  properties[PROP_LOWEST_RATE] =
    g_param_spec_int64 ("lowest-rate", NULL, NULL, 0, G_MAXINT64, defaults.lowest_rate, flags);

  /**
   * PillionHttpClient:max-retries: (getter get_max_retries) (setter set_max_retries)
   *
   * How many times a request is sent again after a transient failure: see [the class](class.Client.html#retries).
   *
   * Since: 1.0
   */
  properties[PROP_MAX_RETRIES] =
    g_param_spec_uint ("max-retries", NULL, NULL, 0, G_MAXINT, defaults.max_retries, flags);

  /**
   * PillionHttpClient:transport: (getter get_transport) (setter set_transport)
   *
   * What answers instead of the network, for tests; %NULL for the network.
   *
   * Since: 1.0
   */
  properties[PROP_TRANSPORT] = g_param_spec_object ("transport", NULL, NULL, PILLION_HTTP_TYPE_TEST_TRANSPORT, flags);

  /**
   * PillionHttpClient:rate-limit: (getter get_rate_limit) (setter set_rate_limit)
   *
   * How much of bodies all calls together send, and how much they receive, in bytes per second. 0 for no limit. The server notices: what is not
   * read does not arrive. Calls take turns, and what one of them leaves is for the others.
   *
   * Headers, what TLS adds and bodies of refusals are not counted. With a limit, requests use HTTP/1.1.
   *
   * Since: 1.0
   */
  properties[PROP_RATE_LIMIT] =
    g_param_spec_int64 ("rate-limit", NULL, NULL, 0, G_MAXINT64, defaults.rate_limit, flags);

  /**
   * PillionHttpClient:cache: (getter get_cache) (setter set_cache)
   *
   * The cache with responses of earlier requests, which other clients may have too; %NULL for none.
   *
   * Calls, streams and downloads use it. What servers are told to change is removed from it. Connections that last, such as
   * [class@PillionHttp.EventStream] and [class@PillionHttp.WebSocket], have nothing to do with it.
   *
   * Since: 1.0
   */
  properties[PROP_CACHE] = g_param_spec_object ("cache", NULL, NULL, PILLION_HTTP_TYPE_CACHE, flags);

  /**
   * PillionHttpClient:offline: (getter get_offline) (setter set_offline)
   *
   * Whether nothing but the cache is used: what is stored answers requests even if it is stale, unless its server forbids that, and all
   * others fail with [error@PillionHttp.Error.NOT_CACHED].
   *
   * Since: 1.0
   */
  properties[PROP_OFFLINE] = g_param_spec_boolean ("offline", NULL, NULL, FALSE, flags);

  /**
   * PillionHttpClient:cookie-jar: (getter get_cookie_jar) (setter set_cookie_jar)
   *
   * The jar with the client's cookies, which other clients may have too. With %NULL, each call has a jar of its own: cookies that a server
   * sets are sent back to it when the call is redirected, and forgotten at its end.
   *
   * Since: 1.0
   */
  properties[PROP_COOKIE_JAR] = g_param_spec_object ("cookie-jar", NULL, NULL, PILLION_HTTP_TYPE_COOKIE_JAR, flags);

  /**
   * PillionHttpClient:credentials: (getter get_credentials) (setter set_credentials)
   *
   * Credentials for the server that a request goes to first, unless the request has others
   * ([property@PillionHttp.Request:credentials]); %NULL for none.
   *
   * A redirect to another server (scheme, host or port) does not take them along.
   *
   * Since: 1.0
   */
  properties[PROP_CREDENTIALS] = g_param_spec_object ("credentials", NULL, NULL, PILLION_HTTP_TYPE_CREDENTIALS, flags);

  /**
   * PillionHttpClient:certificate: (getter get_certificate) (setter set_certificate)
   *
   * The certificate, with its private key, that the client shows to servers that ask for one; %NULL for none.
   *
   * Since: 1.0
   */
  properties[PROP_CERTIFICATE] = g_param_spec_object ("certificate", NULL, NULL, G_TYPE_TLS_CERTIFICATE, flags);

  /**
   * PillionHttpClient:pinned-keys: (getter get_pinned_keys) (setter set_pinned_keys)
   *
   * The pinned public keys, one of which the server must have, each as `sha256//` and the SHA-256 of its
   * SubjectPublicKeyInfo in Base64; %NULL if any key will do. A server with another one gets no request, and
   * the call fails with [error@PillionHttp.Error.PIN_MISMATCH].
   *
   * The certificate is verified as well, unless the client is [property@PillionHttp.Client:insecure].
   *
   * Since: 1.0
   */
  properties[PROP_PINNED_KEYS] = g_param_spec_boxed ("pinned-keys", NULL, NULL, G_TYPE_STRV, flags);

  /**
   * PillionHttpClient:insecure: (getter get_insecure) (setter set_insecure)
   *
   * Whether any certificate of a server is accepted. Then nobody knows who the server is, unless there are
   * [property@PillionHttp.Client:pinned-keys]. The certificate of an `https` proxy is verified all the same.
   *
   * Since: 1.0
   */
  properties[PROP_INSECURE] = g_param_spec_boolean ("insecure", NULL, NULL, FALSE, flags);

  /**
   * PillionHttpClient:http2: (getter get_http2) (setter set_http2)
   *
   * Whether HTTP/2 may be used. Downloads, streams, files to upload and large bodies of requests use HTTP/1.1 in any case.
   *
   * Since: 1.0
   */
  properties[PROP_HTTP2] = g_param_spec_boolean ("http2", NULL, NULL, defaults.http2, flags);

  /**
   * PillionHttpClient:unix-socket-path: (getter get_unix_socket_path) (setter set_unix_socket_path)
   *
   * The path of the Unix socket that connections are made to; %NULL to connect to the hosts of URLs.
   *
   * Since: 1.0
   */
  properties[PROP_UNIX_SOCKET_PATH] = g_param_spec_string ("unix-socket-path", NULL, NULL, NULL, flags);

  /**
   * PillionHttpClient:local-address: (getter get_local_address) (setter set_local_address)
   *
   * The address of this machine that connections are made from; %NULL if the system chooses it.
   *
   * Since: 1.0
   */
  properties[PROP_LOCAL_ADDRESS] = g_param_spec_object ("local-address", NULL, NULL, G_TYPE_INET_SOCKET_ADDRESS, flags);

  g_object_class_install_properties (object_class, N_PROPS, properties);

  /**
   * PillionHttpClient::authenticate:
   * @self: the client
   * @challenge: what is asked for
   *
   * Emitted in a kick if a server wants credentials and has got none, or wrong ones.
   *
   * ```c
   * static PillionTask *
   * on_authenticate (PillionHttpClient *client, PillionHttpChallenge *challenge, gpointer user_data)
   * {
   *   PillionTask *task = pillion_task_new (pillion_http_client_get_loop (client), "log in", NULL);
   *
   *   pillion_task_return_object (task, G_OBJECT (pillion_http_credentials_new ("me", "secret")));
   *   return task;
   * }
   * ```
   *
   * The answer is a task whose result is a [class@PillionHttp.Credentials] ([method@Pillion.Task.return_object]), or no object if there are
   * none. It may take its time, for instance for a dialog: the calls that need it wait, and hold no place in the queue. All that
   * need the same credentials wait for one answer. If each of these calls is cancelled, so is the task. If the task fails, the calls fail with
   * its error.
   *
   * The credentials are kept for the realm of the server as long as the client lives. If they turn out to be wrong, the signal is emitted again, up
   * to three times for each call. After that, and if there are no credentials, the call gets the server's response, with the status 401 or 407.
   *
   * A call that the handler waits for must not need the same credentials, because it would wait for itself.
   *
   * Only calls that were made while a handler was connected have it asked. In Python and JavaScript a handler may be an async function that returns credentials.
   *
   * Returns: (transfer full) (nullable): a task, or %NULL if there are no credentials
   *
   * Since: 1.0
   */
  authenticate = g_signal_new ("authenticate", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, take_first_task, NULL, NULL,
                               PILLION_TYPE_TASK, 1, PILLION_HTTP_TYPE_CHALLENGE);
  pillion_http_config_clear (&defaults);
}

static void
pillion_http_client_init (PillionHttpClient *self)
{
  pillion_http_config_init (&self->config);
}

/**
 * pillion_http_client_new:
 * @loop: (nullable): the loop whose tasks the calls return, or %NULL for the calling thread's default loop
 *
 * Creates a client.
 *
 * Returns: (transfer full): a new client
 *
 * Since: 1.0
 */
PillionHttpClient *
pillion_http_client_new (PillionLoop *loop)
{
  g_return_val_if_fail (loop == NULL || PILLION_IS_LOOP (loop), NULL);

  return g_object_new (PILLION_HTTP_TYPE_CLIENT, "loop", loop, NULL);
}

/**
 * pillion_http_client_get_loop: (get-property loop)
 * @self: a client
 *
 * Gets the loop whose tasks the calls return.
 *
 * Returns: (transfer none): the loop
 *
 * Since: 1.0
 */
PillionLoop *
pillion_http_client_get_loop (PillionHttpClient *self)
{
  g_return_val_if_fail (PILLION_HTTP_IS_CLIENT (self), NULL);

  return self->loop;
}
