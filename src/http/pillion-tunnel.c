/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-tunnel.h"

#include <string.h>

#include <glib/gi18n-lib.h>
#include <pillion-http/pillion-http.h>

#include "http/pillion-connection-options.h"

/* The longest head of a response */
#define MAX_HEAD (64 * 1024)
#define STEP 4096

/* How much of the first line is shown, in bytes */
#define MAX_SHOWN 80

/* A proxy wants credentials. This error is never seen outside the transport. */
typedef struct
{
  char *challenges;
} PillionTunnelErrorPrivate;

static void
pillion_tunnel_error_private_init (PillionTunnelErrorPrivate *self)
{
}

static void
pillion_tunnel_error_private_copy (const PillionTunnelErrorPrivate *source,
                                   PillionTunnelErrorPrivate *copy)
{
  copy->challenges = g_strdup (source->challenges);
}

static void
pillion_tunnel_error_private_clear (PillionTunnelErrorPrivate *self)
{
  g_free (self->challenges);
}

GQuark pillion_tunnel_error_quark (void);

G_DEFINE_EXTENDED_ERROR (PillionTunnelError, pillion_tunnel_error)

const char *
pillion_tunnel_get_challenges (const GError *error)
{
  if (error == NULL || error->domain != pillion_tunnel_error_quark ())
    return NULL;

  return pillion_tunnel_error_get_private (error)->challenges;
}

char *
pillion_tunnel_make_target (const char *host,
                            guint port)
{
  return g_strdup_printf (strchr (host, ':') != NULL ? "[%s]:%u" : "%s:%u", host, port);
}

#define DATABASE "pillion-tls-database"

void
pillion_tunnel_set_database (GIOStream *stream,
                             GTlsDatabase *database)
{
  g_object_set_data_full (G_OBJECT (stream), DATABASE, g_object_ref (database), g_object_unref);
}

/* One that is being made */
typedef struct
{
  GIOStream *stream;
  char *target;
  GString *request;
  GByteArray *answer;
} Tunnel;

static void
tunnel_free (gpointer data)
{
  Tunnel *self = data;

  g_object_unref (self->stream);
  g_free (self->target);
  g_string_free (self->request, TRUE);
  g_byte_array_unref (self->answer);
  g_free (self);
}

/* The values of the field in the lines of a head, joined by commas. Never NULL. */
static char *
get_challenges (char **lines)
{
  static const char name[] = "Proxy-Authenticate:";
  GString *challenges = g_string_new (NULL);

  for (char **line = lines; *line != NULL; line++)
    if (g_ascii_strncasecmp (*line, name, strlen (name)) == 0)
      g_string_append_printf (challenges, "%s%s", challenges->len > 0 ? ", " : "", *line + strlen (name));

  return g_string_free (challenges, FALSE);
}

static GError *
make_error_of_protocol (void)
{
  return g_error_new_literal (PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_PROXY, _("what the proxy answered is not HTTP/1"));
}

/* The error of a proxy's response, whose head has this length; NULL if there is a tunnel now */
static GError *
check_answer (Tunnel *self,
              gsize length)
{
  g_autofree char *head = g_strndup ((const char *) self->answer->data, length);
  g_auto (GStrv) lines = NULL;
  g_autofree char *shown = NULL;
  GError *error;
  guint status;

  g_strdelimit (head, "\r", '\n');
  lines = g_strsplit (head, "\n", -1);
  if (!g_str_has_prefix (head, "HTTP/1.") || strlen (lines[0]) < strlen ("HTTP/1.1 200") || head[8] != ' ')
    return make_error_of_protocol ();

  shown = g_utf8_make_valid (lines[0], (gssize) MIN (strlen (lines[0]), MAX_SHOWN));

  status = (guint) g_ascii_strtoull (head + strlen ("HTTP/1.1 "), NULL, 10);
  if (status == 407)
    {
      error = g_error_new_literal (pillion_tunnel_error_quark (), 0, _("the proxy wants credentials"));
      pillion_tunnel_error_get_private (error)->challenges = get_challenges (lines);
      return error;
    }
  if (status < 200 || status > 299)
    return g_error_new (PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_PROXY, _("the proxy refused to connect to %s: '%s'"), self->target, shown);

  /* The server doesn't send first */
  if (self->answer->len > length)
    return g_error_new (PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_PROXY, _("the proxy sent more than its answer to the request to connect to %s"),
                        self->target);

  return NULL;
}

static void read_on (GTask *task);

static void
on_read (GObject *stream,
         GAsyncResult *result,
         gpointer data)
{
  g_autoptr (GTask) task = data;
  Tunnel *self = g_task_get_task_data (task);
  GError *error = NULL;
  g_autoptr (GBytes) bytes = g_input_stream_read_bytes_finish (G_INPUT_STREAM (stream), result, &error);
  const char *end;

  if (bytes != NULL && g_bytes_get_size (bytes) == 0)
    error = g_error_new (PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_PROXY, _("the proxy closed the connection before it had connected to %s"),
                         self->target);
  if (error != NULL)
    {
      g_task_return_error (task, error);
      return;
    }

  g_byte_array_append (self->answer, g_bytes_get_data (bytes, NULL), (guint) g_bytes_get_size (bytes));
  /* Another program may never send an empty line */
  if (self->answer->len >= 5 && memcmp (self->answer->data, "HTTP/", 5) != 0)
    {
      g_task_return_error (task, make_error_of_protocol ());
      return;
    }

  end = g_strstr_len ((const char *) self->answer->data, self->answer->len, "\r\n\r\n");
  if (end != NULL)
    {
      error = check_answer (self, (gsize) (end + 4 - (const char *) self->answer->data));
      if (error != NULL)
        g_task_return_error (task, error);
      else
        g_task_return_pointer (task, g_object_ref (self->stream), g_object_unref);
    }
  else if (self->answer->len > MAX_HEAD)
    g_task_return_error (task, make_error_of_protocol ());
  else
    read_on (g_steal_pointer (&task));
}

/* Takes the task */
static void
read_on (GTask *task)
{
  Tunnel *self = g_task_get_task_data (task);

  g_input_stream_read_bytes_async (g_io_stream_get_input_stream (self->stream), STEP, g_task_get_priority (task), g_task_get_cancellable (task),
                                   on_read, task);
}

static void
on_written (GObject *stream,
            GAsyncResult *result,
            gpointer data)
{
  g_autoptr (GTask) task = data;
  GError *error = NULL;

  if (g_output_stream_write_all_finish (G_OUTPUT_STREAM (stream), result, NULL, &error))
    read_on (g_steal_pointer (&task));
  else
    g_task_return_error (task, error);
}

/* Takes the task */
static void
send_request (GTask *task)
{
  Tunnel *self = g_task_get_task_data (task);

  g_output_stream_write_all_async (g_io_stream_get_output_stream (self->stream), self->request->str, self->request->len,
                                   g_task_get_priority (task), g_task_get_cancellable (task), on_written, task);
}

static void
on_secured (GObject *stream,
            GAsyncResult *result,
            gpointer data)
{
  g_autoptr (GTask) task = data;
  GError *error = NULL;
  gboolean done = g_tls_connection_handshake_finish (G_TLS_CONNECTION (stream), result, &error);
  GTlsCertificateFlags flaws = g_tls_connection_get_peer_certificate_errors (G_TLS_CONNECTION (stream));

  /* If an earlier TLS session is resumed, GIO does not refuse a certificate that another client's authorities have signed */
  if (flaws != 0 && (done || g_error_matches (error, G_TLS_ERROR, G_TLS_ERROR_BAD_CERTIFICATE)))
    {
      g_clear_error (&error);
      error = pillion_certificate_error_new (flaws);
    }
  if (error == NULL)
    send_request (g_steal_pointer (&task));
  else
    g_task_return_error (task, error);
}

static GString *
make_request (GProxyAddress *address,
              const char *target)
{
  const char *authorization = g_proxy_address_get_username (address);
  GString *request = g_string_new (NULL);

  g_string_append_printf (request, "CONNECT %s HTTP/1.1\r\nHost: %s\r\n", target, target);
  if (authorization != NULL)
    g_string_append_printf (request, "Proxy-Authorization: %s\r\n", authorization);
  g_string_append (request, "\r\n");

  return request;
}

static void
tunnel_connect_async (GProxy *proxy,
                      GIOStream *stream,
                      GProxyAddress *address,
                      GCancellable *cancellable,
                      GAsyncReadyCallback callback,
                      gpointer data)
{
  GTask *task = g_task_new (proxy, cancellable, callback, data);
  Tunnel *self = g_new0 (Tunnel, 1);
  GError *error = NULL;

  self->target = pillion_tunnel_make_target (g_proxy_address_get_destination_hostname (address),
                                             g_proxy_address_get_destination_port (address));
  self->request = make_request (address, self->target);
  self->answer = g_byte_array_new ();
  self->stream = g_object_ref (stream);
  g_task_set_task_data (task, self, tunnel_free);

  if (strcmp (g_proxy_address_get_protocol (address), PILLION_TUNNEL_TLS_PROTOCOL) == 0)
    {
      GIOStream *secured = g_tls_client_connection_new (stream, G_SOCKET_CONNECTABLE (address), &error);

      if (secured == NULL)
        {
          g_task_return_error (task, error);
          g_object_unref (task);
          return;
        }
      /* Otherwise it is the system's */
      if (g_object_get_data (G_OBJECT (stream), DATABASE) != NULL)
        g_tls_connection_set_database (G_TLS_CONNECTION (secured), g_object_get_data (G_OBJECT (stream), DATABASE));
      g_object_unref (self->stream);
      self->stream = secured;
      g_tls_connection_handshake_async (G_TLS_CONNECTION (secured), G_PRIORITY_DEFAULT, cancellable, on_secured, task);
    }
  else
    send_request (task);
}

static GIOStream *
tunnel_connect_finish (GProxy *proxy,
                       GAsyncResult *result,
                       GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

/* The transport never blocks */
static GIOStream *
tunnel_connect (GProxy *proxy,
                GIOStream *stream,
                GProxyAddress *address,
                GCancellable *cancellable,
                GError **error)
{
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED, "tunnels are made asynchronously");
  return NULL;
}

static gboolean
tunnel_supports_hostname (GProxy *proxy)
{
  return TRUE;
}

typedef struct
{
  GObject parent_instance;
} PillionTunnel;

typedef struct
{
  GObjectClass parent_class;
} PillionTunnelClass;

/* GIO knows a type only by one name */
typedef PillionTunnel PillionTunnelTls;
typedef PillionTunnelClass PillionTunnelTlsClass;

static void
tunnel_iface_init (GProxyInterface *iface)
{
  iface->connect = tunnel_connect;
  iface->connect_async = tunnel_connect_async;
  iface->connect_finish = tunnel_connect_finish;
  iface->supports_hostname = tunnel_supports_hostname;
}

static GType pillion_tunnel_get_type (void);

G_DEFINE_TYPE_WITH_CODE (PillionTunnel, pillion_tunnel, G_TYPE_OBJECT, G_IMPLEMENT_INTERFACE (G_TYPE_PROXY, tunnel_iface_init))

static void
pillion_tunnel_class_init (PillionTunnelClass *klass)
{
}

static void
pillion_tunnel_init (PillionTunnel *self)
{
}

static GType pillion_tunnel_tls_get_type (void);

G_DEFINE_TYPE (PillionTunnelTls, pillion_tunnel_tls, pillion_tunnel_get_type ())

static void
pillion_tunnel_tls_class_init (PillionTunnelTlsClass *klass)
{
}

static void
pillion_tunnel_tls_init (PillionTunnelTls *self)
{
}

void
pillion_tunnel_register (void)
{
  static gsize registered;
  g_autoptr (GProxy) other = NULL;

  if (!g_once_init_enter (&registered))
    return;

  /* The extension point exists once it has been looked up */
  other = g_proxy_get_default_for_protocol ("http");
  g_io_extension_point_implement (G_PROXY_EXTENSION_POINT_NAME, pillion_tunnel_get_type (), PILLION_TUNNEL_PROTOCOL, 0);
  g_io_extension_point_implement (G_PROXY_EXTENSION_POINT_NAME, pillion_tunnel_tls_get_type (), PILLION_TUNNEL_TLS_PROTOCOL, 0);
  g_once_init_leave (&registered, 1);
}
