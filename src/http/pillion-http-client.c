/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include <string.h>

#include <glib/gi18n-lib.h>
#include <pillion-http/pillion-http.h>

#include "core/pillion-private.h"
#include "http/pillion-call.h"
#include "http/pillion-credentials-stage.h"
#include "http/pillion-file-sink.h"
#include "http/pillion-http-engine.h"
#include "http/pillion-memory-sink.h"
#include "http/pillion-redirect-stage.h"

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
 * Every call returns a task at once, and any problem arrives as the task's error. The network is read, and
 * files are written, on a thread of Pillion's own. A transfer needs no kicks to proceed; a kick only sees its
 * progress and its end.
 *
 * ## The queue
 *
 * Calls wait in the client's queue for one of [property@PillionHttp.Client:max-connections] connections, of
 * which at most [property@PillionHttp.Client:max-connections-per-host] go to one server (scheme, host and
 * port). For each server they run in the order in which they were made, and servers take turns. Connections are
 * kept and reused.
 *
 * Redirects are followed, 20 at most. Certificates are always verified: against the system's authorities, or against
 * [property@PillionHttp.Client:tls-database]. A user and password in a URL are sent to that server only, and appear
 * in no name, message, file or result ([func@PillionHttp.redact_url]).
 *
 * ## Downloads
 *
 * A download goes into a part file in the folder of its target. When all of it has come, its length and SHA-256 are right (if the
 * server announced the one and you gave the other), and the disk has it, it takes the target's place in one step. Until then, and
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
 * When a download fails or is cancelled, the part file stays if it can be continued: if the server gave a strong validator (an
 * entity tag, or a date that is old enough) and the error does not mean that what has come is wrong. The next download of the same
 * URL to the same target, even after a restart of the program, requests only the rest. If the server has another version by then, or
 * does not send exactly that rest, it starts over: two versions are never mixed. After an error of the disk only what is known to be
 * on it is kept.
 *
 * Two downloads to one target at the same time would write into the same part file: the second one fails with `G_IO_ERROR_EXISTS`,
 * also if the first one runs in another process. If the first one has been cancelled or has failed, the second one waits until it
 * has let go of the part file, and continues from there.
 *
 * ## Errors
 *
 * All of them name the URL.
 *
 * | what | error |
 * | --- | --- |
 * | an invalid URL, an unsupported scheme | [error@PillionHttp.Error.INVALID_URL], [error@PillionHttp.Error.UNSUPPORTED_SCHEME] |
 * | name, connection, TLS | what GIO says: `G_RESOLVER_ERROR`, `G_IO_ERROR_CONNECTION_REFUSED`, `G_TLS_ERROR`… |
 * | no data for [property@PillionHttp.Client:idle-timeout] | `G_IO_ERROR_TIMED_OUT` |
 * | a response that ends early | [error@PillionHttp.Error.TRUNCATED] |
 * | a response that does not have the announced length | [error@PillionHttp.Error.LENGTH_MISMATCH] |
 * | a response that is not valid HTTP, too many redirects | [error@PillionHttp.Error.PROTOCOL] |
 * | any status that is not a success | [error@PillionHttp.StatusError], with the status as its code, and a [class@PillionHttp.Response] behind it |
 * | a body that is not valid JSON | [error@PillionHttp.Error.INVALID_JSON] |
 * | a different SHA-256 digest | [error@PillionHttp.Error.DIGEST_MISMATCH] |
 * | an unsafe file name | [error@PillionHttp.Error.UNSAFE_NAME] |
 * | a target that is not a regular file | `G_IO_ERROR_NOT_REGULAR_FILE`, `G_IO_ERROR_IS_DIRECTORY` |
 * | a target that another download writes to, or whose name is taken | `G_IO_ERROR_EXISTS` |
 * | the disk | `G_IO_ERROR_NO_SPACE`, `G_IO_ERROR_PERMISSION_DENIED`, `G_IO_ERROR_IS_DIRECTORY`, `G_IO_ERROR_NOT_FOUND`… |
 * | libsoup 3 is missing, or something else in the process has loaded libsoup 2 | [error@PillionHttp.Error.UNAVAILABLE] |
 * | the task or the given cancellable was cancelled | `G_IO_ERROR_CANCELLED` |
 *
 * ## Threads and life
 *
 * A client belongs to its loop's thread. Transfers that run when it is finalized continue; closing the loop cancels them.
 *
 * Since: 1.0
 */

struct _PillionHttpClient
{
  GObject parent_instance;

  PillionLoop *loop;
  PillionHttpEngine *engine; /* NULL before the first call */
  PillionHttpConfig config;
  PillionHttpNameConflict name_conflict;
};

enum
{
  PROP_LOOP = 1,
  PROP_MAX_CONNECTIONS,
  PROP_MAX_CONNECTIONS_PER_HOST,
  PROP_IDLE_TIMEOUT,
  PROP_USER_AGENT,
  PROP_TLS_DATABASE,
  PROP_NAME_CONFLICT,
  N_PROPS
};

#define DEFAULT_MAX_CONNECTIONS 32
#define DEFAULT_MAX_CONNECTIONS_PER_HOST 6
#define DEFAULT_IDLE_TIMEOUT 60
#define DEFAULT_USER_AGENT "Pillion/" PILLION_VERSION

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (PillionHttpClient, pillion_http_client, G_TYPE_OBJECT)

static gboolean
on_thread (PillionHttpClient *self)
{
  return pillion_private_loop_on_thread (self->loop);
}

/* Tells the engine what has changed */
static void
configure (PillionHttpClient *self,
           int property)
{
  if (self->engine != NULL)
    pillion_http_engine_configure (self->engine, &self->config);
  g_object_notify_by_pspec (G_OBJECT (self), properties[property]);
}

static void
pillion_http_client_finalize (GObject *object)
{
  PillionHttpClient *self = PILLION_HTTP_CLIENT (object);

  g_clear_pointer (&self->engine, pillion_http_engine_unref);
  g_free (self->config.user_agent);
  g_clear_object (&self->config.tls_database);
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
    case PROP_IDLE_TIMEOUT:
      g_value_set_uint (value, self->config.idle_timeout);
      break;
    case PROP_USER_AGENT:
      g_value_set_string (value, self->config.user_agent);
      break;
    case PROP_TLS_DATABASE:
      g_value_set_object (value, self->config.tls_database);
      break;
    case PROP_NAME_CONFLICT:
      g_value_set_enum (value, self->name_conflict);
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
    case PROP_IDLE_TIMEOUT:
      pillion_http_client_set_idle_timeout (self, g_value_get_uint (value));
      break;
    case PROP_USER_AGENT:
      pillion_http_client_set_user_agent (self, g_value_get_string (value));
      break;
    case PROP_TLS_DATABASE:
      pillion_http_client_set_tls_database (self, g_value_get_object (value));
      break;
    case PROP_NAME_CONFLICT:
      pillion_http_client_set_name_conflict (self, g_value_get_enum (value));
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

      /* There may be none, which is the caller's error and was reported. Everything else relies on having one. */
      self->loop = loop != NULL ? g_object_ref (loop) : pillion_loop_new (NULL, PILLION_LOOP_PRIVATE_CONTEXT);
    }
}

static void
pillion_http_client_class_init (PillionHttpClientClass *klass)
{
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY;
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

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
    g_param_spec_uint ("max-connections", NULL, NULL, 1, G_MAXINT, DEFAULT_MAX_CONNECTIONS, flags);

  /**
   * PillionHttpClient:max-connections-per-host: (getter get_max_connections_per_host) (setter set_max_connections_per_host)
   *
   * The maximum number of requests that run at one server (scheme, host and port) at the same time.
   *
   * Since: 1.0
   */
  properties[PROP_MAX_CONNECTIONS_PER_HOST] =
    g_param_spec_uint ("max-connections-per-host", NULL, NULL, 1, G_MAXINT, DEFAULT_MAX_CONNECTIONS_PER_HOST, flags);

  /**
   * PillionHttpClient:idle-timeout: (getter get_idle_timeout) (setter set_idle_timeout)
   *
   * The number of seconds without a byte from the server after which a transfer fails with
   * `G_IO_ERROR_TIMED_OUT`; 0 for never.
   *
   * The time starts when the request leaves the queue, so it includes connecting. It runs on the transfer's own
   * clock: a host that stalls does not cause timeouts.
   *
   * Since: 1.0
   */
  properties[PROP_IDLE_TIMEOUT] =
    g_param_spec_uint ("idle-timeout", NULL, NULL, 0, G_MAXINT, DEFAULT_IDLE_TIMEOUT, flags);

  /**
   * PillionHttpClient:user-agent: (getter get_user_agent) (setter set_user_agent)
   *
   * The value of the User-Agent field; %NULL to send none.
   *
   * Since: 1.0
   */
  properties[PROP_USER_AGENT] = g_param_spec_string ("user-agent", NULL, NULL, DEFAULT_USER_AGENT, flags);

  /**
   * PillionHttpClient:tls-database: (getter get_tls_database) (setter set_tls_database)
   *
   * The authorities that certificates are verified against; %NULL for the system's.
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

  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
pillion_http_client_init (PillionHttpClient *self)
{
  self->config.max_connections = DEFAULT_MAX_CONNECTIONS;
  self->config.max_connections_per_host = DEFAULT_MAX_CONNECTIONS_PER_HOST;
  self->config.idle_timeout = DEFAULT_IDLE_TIMEOUT;
  self->config.user_agent = g_strdup (DEFAULT_USER_AGENT);
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

/* Returns NULL if there can be none: then the task has failed */
static PillionHttpEngine *
get_engine (PillionHttpClient *self,
            PillionTask *task)
{
  g_autoptr (GError) error = NULL;

  if (self->engine == NULL)
    {
      self->engine = pillion_http_engine_new (&error);
      if (self->engine != NULL)
        pillion_http_engine_configure (self->engine, &self->config);
      else
        pillion_task_return_new_error (task, PILLION_ERROR, PILLION_ERROR_NO_RESOURCES,
                                       _("The thread for the network could not be started: %s"), error->message);
    }

  return self->engine;
}

/* The stages of every call, the outermost first. What a request is given for the place that it goes to belongs inside of what changes that
 * place. */
static void
submit (PillionHttpEngine *engine,
        PillionTask *task,
        const char *url,
        PillionSink *sink)
{
  PillionCall *call = pillion_call_new (engine, task, url);

  pillion_call_add_stage (call, pillion_redirect_stage_new ());
  pillion_call_add_stage (call, pillion_credentials_stage_new ());
  pillion_call_set_sink (call, sink);
  pillion_call_submit (call);
}

static PillionTask *
get (PillionHttpClient *self,
     const char *url,
     gboolean json,
     GCancellable *cancellable)
{
  g_autofree char *shown = pillion_http_redact_url (url);
  g_autofree char *name = g_strconcat ("GET ", shown, NULL);
  /* Not from here, but from where the caller stands, which is not known */
  PillionTask *task = pillion_task_new_at (self->loop, name, cancellable, NULL);
  PillionHttpEngine *engine;

  /* On a closed loop it has failed already */
  if (!pillion_task_is_done (task) && (engine = get_engine (self, task)) != NULL)
    submit (engine, task, url, pillion_memory_sink_new (json));

  return task;
}

/**
 * pillion_http_client_get_bytes:
 * @self: a client
 * @url: an absolute `http` or `https` URL
 * @cancellable: (nullable): cancels the task when it is cancelled
 *
 * Gets the body at @url into memory.
 *
 * The task's result is a [struct@GLib.Bytes] with the body: [method@Pillion.Task.get_bytes]. A body that the server compressed
 * for the way (gzip, deflate) is decompressed. More than 1 GiB is an error. The progress of a large
 * body counts the bytes that came over the network.
 *
 * The task fails as the [table of the class](class.Client.html#errors) says. On the loop's thread only.
 *
 * Returns: (transfer full): a task
 *
 * Since: 1.0
 */
PillionTask *
pillion_http_client_get_bytes (PillionHttpClient *self,
                               const char *url,
                               GCancellable *cancellable)
{
  g_return_val_if_fail (PILLION_HTTP_IS_CLIENT (self), NULL);
  g_return_val_if_fail (url != NULL, NULL);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), NULL);
  g_return_val_if_fail (on_thread (self), NULL);

  return get (self, url, FALSE, cancellable);
}

/**
 * pillion_http_client_get_json:
 * @self: a client
 * @url: an absolute `http` or `https` URL
 * @cancellable: (nullable): cancels the task when it is cancelled
 *
 * Gets JSON from @url.
 *
 * The task's result is a `JsonParser` of JSON-GLib, from [method@Pillion.Task.get_object], whose root
 * (`json_parser_get_root ()`) is what was read, and is immutable. It is parsed away from the host's thread. A text that is not valid JSON (RFC 8259), is not encoded in
 * UTF-8, or is nested more than 500 deep, fails with [error@PillionHttp.Error.INVALID_JSON].
 *
 * The task fails as the [table of the class](class.Client.html#errors) says. On the loop's thread only.
 *
 * Returns: (transfer full): a task
 *
 * Since: 1.0
 */
PillionTask *
pillion_http_client_get_json (PillionHttpClient *self,
                              const char *url,
                              GCancellable *cancellable)
{
  g_return_val_if_fail (PILLION_HTTP_IS_CLIENT (self), NULL);
  g_return_val_if_fail (url != NULL, NULL);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), NULL);
  g_return_val_if_fail (on_thread (self), NULL);

  return get (self, url, TRUE, cancellable);
}

/* 64 hexadecimal digits in lower case, or NULL */
static char *
normalize_sha256 (const char *text)
{
  gsize length = strspn (text, "0123456789abcdefABCDEF");

  return length == 64 && text[length] == '\0' ? g_ascii_strdown (text, -1) : NULL;
}

static PillionTask *
download (PillionHttpClient *self,
          const char *url,
          GFile *file,
          gboolean into,
          const char *sha256,
          GCancellable *cancellable)
{
  g_autofree char *shown = pillion_http_redact_url (url);
  g_autofree char *name = g_strconcat ("download ", shown, NULL);
  g_autofree char *digest = NULL;
  /* Not from here, but from where the caller stands, which is not known */
  PillionTask *task = pillion_task_new_at (self->loop, name, cancellable, NULL);
  PillionHttpEngine *engine;

  if (pillion_task_is_done (task))
    return task;

  if (sha256 != NULL && (digest = normalize_sha256 (sha256)) == NULL)
    {
      pillion_task_return_new_error (task, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                                     _("'%s' is not a valid SHA-256 digest: expected 64 hexadecimal digits"), sha256);
    }
  else if (g_file_peek_path (file) == NULL)
    {
      g_autofree char *uri = g_file_get_uri (file);

      pillion_task_return_new_error (task, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
                                     _("'%s' is not a local file"), uri);
    }
  else if ((engine = get_engine (self, task)) != NULL)
    {
      pillion_task_set_unit (task, "bytes");
      submit (engine, task, url, pillion_file_sink_new (file, into, self->name_conflict, digest));
    }

  return task;
}

/**
 * pillion_http_client_download:
 * @self: a client
 * @url: an absolute `http` or `https` URL
 * @target: the file that it will be; it needs a local path
 * @sha256: (nullable): the SHA-256 that it has to have, as 64 hexadecimal digits, or %NULL
 * @cancellable: (nullable): cancels the task when it is cancelled
 *
 * Downloads @url to a file, completely or not at all.
 *
 * The task's result is a [class@PillionHttp.Download]: [method@Pillion.Task.get_object]. Its progress counts the bytes that
 * the file has, those of an earlier attempt with them, and the total is -1 if the server does not say.
 * The file has the bytes that the server sends, even if it says that they are compressed.
 *
 * The task fails as the [table of the class](class.Client.html#errors) says, and with `G_IO_ERROR_NOT_SUPPORTED` if
 * @target is not local, `G_IO_ERROR_INVALID_ARGUMENT` if @sha256 is not a valid digest, and `G_IO_ERROR_EXISTS` if another download
 * writes to the same target. On the loop's thread only.
 *
 * Returns: (transfer full): a task
 *
 * Since: 1.0
 */
PillionTask *
pillion_http_client_download (PillionHttpClient *self,
                              const char *url,
                              GFile *target,
                              const char *sha256,
                              GCancellable *cancellable)
{
  g_return_val_if_fail (PILLION_HTTP_IS_CLIENT (self), NULL);
  g_return_val_if_fail (url != NULL, NULL);
  g_return_val_if_fail (G_IS_FILE (target), NULL);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), NULL);
  g_return_val_if_fail (on_thread (self), NULL);

  return download (self, url, target, FALSE, sha256, cancellable);
}

/**
 * pillion_http_client_download_into:
 * @self: a client
 * @url: an absolute `http` or `https` URL
 * @folder: the folder that it will be in; it needs a local path, and to be there
 * @sha256: (nullable): the SHA-256 that it has to have, as 64 hexadecimal digits, or %NULL
 * @cancellable: (nullable): cancels the task when it is cancelled
 *
 * Downloads what is at @url into a folder, under the name that the server proposes (`Content-Disposition`, RFC 6266), or else
 * under the last part of the URL's path, which for a folder is `index.html`.
 *
 * If a file has the name already, [property@PillionHttp.Client:name-conflict] says what happens: by default the new file gets a
 * number, as in `name (1).ext`, and both are kept. [method@PillionHttp.Download.get_file] tells the name.
 *
 * A name that is empty, begins with a dot, contains `..`, `/`, `\` or a control character, is longer than 255 bytes, or is not valid
 * UTF-8 fails with [error@PillionHttp.Error.UNSAFE_NAME]. A symbolic link in the folder is never followed. In everything else this is
 * the same as [method@PillionHttp.Client.download]. The part file is named after the URL.
 *
 * Returns: (transfer full): a task
 *
 * Since: 1.0
 */
PillionTask *
pillion_http_client_download_into (PillionHttpClient *self,
                                   const char *url,
                                   GFile *folder,
                                   const char *sha256,
                                   GCancellable *cancellable)
{
  g_return_val_if_fail (PILLION_HTTP_IS_CLIENT (self), NULL);
  g_return_val_if_fail (url != NULL, NULL);
  g_return_val_if_fail (G_IS_FILE (folder), NULL);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), NULL);
  g_return_val_if_fail (on_thread (self), NULL);

  return download (self, url, folder, TRUE, sha256, cancellable);
}

/**
 * pillion_http_client_get_max_connections: (get-property max-connections)
 * @self: a client
 *
 * Gets the maximum number of open connections.
 *
 * Returns: that many
 *
 * Since: 1.0
 */
guint
pillion_http_client_get_max_connections (PillionHttpClient *self)
{
  g_return_val_if_fail (PILLION_HTTP_IS_CLIENT (self), 0);

  return self->config.max_connections;
}

/**
 * pillion_http_client_set_max_connections: (set-property max-connections)
 * @self: a client
 * @max: how many, at least 1
 *
 * Sets the maximum number of open connections, including idle ones. Running transfers are not affected.
 *
 * Since: 1.0
 */
void
pillion_http_client_set_max_connections (PillionHttpClient *self,
                                         guint max)
{
  g_return_if_fail (PILLION_HTTP_IS_CLIENT (self));
  g_return_if_fail (max >= 1 && max <= G_MAXINT);

  if (self->config.max_connections == max)
    return;

  self->config.max_connections = max;
  configure (self, PROP_MAX_CONNECTIONS);
}

/**
 * pillion_http_client_get_max_connections_per_host: (get-property max-connections-per-host)
 * @self: a client
 *
 * Gets the maximum number of requests at one server at the same time.
 *
 * Returns: that many
 *
 * Since: 1.0
 */
guint
pillion_http_client_get_max_connections_per_host (PillionHttpClient *self)
{
  g_return_val_if_fail (PILLION_HTTP_IS_CLIENT (self), 0);

  return self->config.max_connections_per_host;
}

/**
 * pillion_http_client_set_max_connections_per_host: (set-property max-connections-per-host)
 * @self: a client
 * @max: how many, at least 1
 *
 * Sets the maximum number of requests at one server at the same time. Running transfers are not affected.
 *
 * Since: 1.0
 */
void
pillion_http_client_set_max_connections_per_host (PillionHttpClient *self,
                                                  guint max)
{
  g_return_if_fail (PILLION_HTTP_IS_CLIENT (self));
  g_return_if_fail (max >= 1 && max <= G_MAXINT);

  if (self->config.max_connections_per_host == max)
    return;

  self->config.max_connections_per_host = max;
  configure (self, PROP_MAX_CONNECTIONS_PER_HOST);
}

/**
 * pillion_http_client_get_idle_timeout: (get-property idle-timeout)
 * @self: a client
 *
 * Gets the number of seconds without a byte from the server after which a transfer fails.
 *
 * Returns: seconds, or 0 for never
 *
 * Since: 1.0
 */
guint
pillion_http_client_get_idle_timeout (PillionHttpClient *self)
{
  g_return_val_if_fail (PILLION_HTTP_IS_CLIENT (self), 0);

  return self->config.idle_timeout;
}

/**
 * pillion_http_client_set_idle_timeout: (set-property idle-timeout)
 * @self: a client
 * @seconds: seconds, or 0 for never
 *
 * Sets the number of seconds without a byte from the server after which a transfer fails, for running transfers
 * too.
 *
 * Since: 1.0
 */
void
pillion_http_client_set_idle_timeout (PillionHttpClient *self,
                                      guint seconds)
{
  g_return_if_fail (PILLION_HTTP_IS_CLIENT (self));
  g_return_if_fail (seconds <= G_MAXINT);

  if (self->config.idle_timeout == seconds)
    return;

  self->config.idle_timeout = seconds;
  configure (self, PROP_IDLE_TIMEOUT);
}

/**
 * pillion_http_client_get_user_agent: (get-property user-agent)
 * @self: a client
 *
 * Gets the value of the User-Agent field.
 *
 * Returns: (nullable): the text, or %NULL if it says nothing
 *
 * Since: 1.0
 */
const char *
pillion_http_client_get_user_agent (PillionHttpClient *self)
{
  g_return_val_if_fail (PILLION_HTTP_IS_CLIENT (self), NULL);

  return self->config.user_agent;
}

/**
 * pillion_http_client_set_user_agent: (set-property user-agent)
 * @self: a client
 * @user_agent: (nullable): printable ASCII as in RFC 9110, section 10.1.5, or %NULL to say nothing
 *
 * Sets the value of the User-Agent field, for requests that leave the queue from now on.
 *
 * Since: 1.0
 */
void
pillion_http_client_set_user_agent (PillionHttpClient *self,
                                    const char *user_agent)
{
  g_return_if_fail (PILLION_HTTP_IS_CLIENT (self));

  /* A line end would begin another field */
  for (const char *p = user_agent; p != NULL && *p != '\0'; p++)
    g_return_if_fail (g_ascii_isprint (*p));

  if (g_strcmp0 (self->config.user_agent, user_agent) == 0)
    return;

  g_free (self->config.user_agent);
  self->config.user_agent = g_strdup (user_agent);
  configure (self, PROP_USER_AGENT);
}

/**
 * pillion_http_client_get_tls_database: (get-property tls-database)
 * @self: a client
 *
 * Gets the authorities that certificates are verified against.
 *
 * Returns: (transfer none) (nullable): the authorities, or %NULL for the system's
 *
 * Since: 1.0
 */
GTlsDatabase *
pillion_http_client_get_tls_database (PillionHttpClient *self)
{
  g_return_val_if_fail (PILLION_HTTP_IS_CLIENT (self), NULL);

  return self->config.tls_database;
}

/**
 * pillion_http_client_set_tls_database: (set-property tls-database)
 * @self: a client
 * @database: (nullable): the authorities, or %NULL for the system's
 *
 * Sets the authorities that certificates are verified against, for connections that are made from now on. Idle
 * connections are closed.
 *
 * Since: 1.0
 */
void
pillion_http_client_set_tls_database (PillionHttpClient *self,
                                      GTlsDatabase *database)
{
  g_return_if_fail (PILLION_HTTP_IS_CLIENT (self));
  g_return_if_fail (database == NULL || G_IS_TLS_DATABASE (database));

  if (g_set_object (&self->config.tls_database, database))
    configure (self, PROP_TLS_DATABASE);
}

/**
 * pillion_http_client_get_name_conflict: (get-property name-conflict)
 * @self: a client
 *
 * Gets what [method@PillionHttp.Client.download_into] does if a file already has the name that the server chose.
 *
 * Returns: what it does
 *
 * Since: 1.0
 */
PillionHttpNameConflict
pillion_http_client_get_name_conflict (PillionHttpClient *self)
{
  g_return_val_if_fail (PILLION_HTTP_IS_CLIENT (self), PILLION_HTTP_NAME_CONFLICT_UNIQUIFY);

  return self->name_conflict;
}

/**
 * pillion_http_client_set_name_conflict: (set-property name-conflict)
 * @self: a client
 * @conflict: what to do
 *
 * Sets what [method@PillionHttp.Client.download_into] does if a file already has the name that the server chose. Downloads that
 * were started earlier are not affected.
 *
 * Since: 1.0
 */
void
pillion_http_client_set_name_conflict (PillionHttpClient *self,
                                       PillionHttpNameConflict conflict)
{
  g_return_if_fail (PILLION_HTTP_IS_CLIENT (self));
  g_return_if_fail (conflict >= PILLION_HTTP_NAME_CONFLICT_UNIQUIFY && conflict <= PILLION_HTTP_NAME_CONFLICT_OVERWRITE);

  if (self->name_conflict == conflict)
    return;

  self->name_conflict = conflict;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_NAME_CONFLICT]);
}
