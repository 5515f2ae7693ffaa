/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-socks4.h"

#include <string.h>

#include <glib/gi18n-lib.h>
#include <pillion-http/pillion-http.h>

#define VERSION 4
#define CONNECT 1
#define REPLY_LENGTH 8
#define GRANTED 90

/* One that is being connected */
typedef struct
{
  GIOStream *stream;
  GByteArray *request;
  guint8 reply[REPLY_LENGTH];
} Connection;

static void
connection_free (gpointer data)
{
  Connection *self = data;

  g_object_unref (self->stream);
  g_byte_array_unref (self->request);
  g_free (self);
}

static void
append_text (GByteArray *request,
             const char *text)
{
  g_byte_array_append (request, (const guint8 *) text, (guint) strlen (text) + 1);
}

/* Returns NULL and the error if the proxy can't be told of this destination */
static GByteArray *
make_request (GProxyAddress *proxy,
              gboolean by_name,
              GError **error)
{
  /* 4a: an address that can't be one says that a name follows */
  static const guint8 named[] = { 0, 0, 0, 1 };
  const char *host = g_proxy_address_get_destination_hostname (proxy);
  const char *user = g_proxy_address_get_username (proxy);
  guint16 port = g_proxy_address_get_destination_port (proxy);
  g_autoptr (GInetAddress) address = g_inet_address_new_from_string (host);
  gboolean is_ipv4 = address != NULL && g_inet_address_get_family (address) == G_SOCKET_FAMILY_IPV4;
  GByteArray *request;

  if (!is_ipv4 && (address != NULL || !by_name))
    {
      g_set_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_PROXY, _("SOCKS 4 can't connect to the address %s, which is not IPv4"), host);
      return NULL;
    }

  request = g_byte_array_new ();
  g_byte_array_append (request, (const guint8[]) { VERSION, CONNECT, (guint8) (port >> 8), (guint8) port }, 4);
  g_byte_array_append (request, is_ipv4 ? g_inet_address_to_bytes (address) : named, 4);
  append_text (request, user != NULL ? user : "");
  if (!is_ipv4)
    append_text (request, host);

  return request;
}

static void
on_read (GObject *stream,
         GAsyncResult *result,
         gpointer data)
{
  g_autoptr (GTask) task = data;
  Connection *self = g_task_get_task_data (task);
  GError *error = NULL;
  gsize n;

  if (!g_input_stream_read_all_finish (G_INPUT_STREAM (stream), result, &n, &error))
    g_task_return_error (task, error);
  else if (n < REPLY_LENGTH)
    g_task_return_new_error (task, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_PROXY, "%s", _("the proxy closed the connection before its SOCKS 4 reply was complete"));
  else if (self->reply[0] != 0)
    g_task_return_new_error (task, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_PROXY, "%s", _("what the proxy answered is not SOCKS 4"));
  else if (self->reply[1] != GRANTED)
    g_task_return_new_error (task, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_PROXY, _("the proxy refused the connection with the SOCKS 4 code %u"),
                             self->reply[1]);
  else
    g_task_return_pointer (task, g_object_ref (self->stream), g_object_unref);
}

static void
on_written (GObject *stream,
            GAsyncResult *result,
            gpointer data)
{
  g_autoptr (GTask) task = data;
  Connection *self = g_task_get_task_data (task);
  GError *error = NULL;

  if (!g_output_stream_write_all_finish (G_OUTPUT_STREAM (stream), result, NULL, &error))
    {
      g_task_return_error (task, error);
      return;
    }

  g_input_stream_read_all_async (g_io_stream_get_input_stream (self->stream), self->reply, REPLY_LENGTH, g_task_get_priority (task),
                                 g_task_get_cancellable (task), on_read, g_object_ref (task));
}

static void
socks4_connect_async (GProxy *proxy,
                      GIOStream *stream,
                      GProxyAddress *address,
                      GCancellable *cancellable,
                      GAsyncReadyCallback callback,
                      gpointer data)
{
  g_autoptr (GTask) task = g_task_new (proxy, cancellable, callback, data);
  GError *error = NULL;
  GByteArray *request = make_request (address, g_proxy_supports_hostname (proxy), &error);
  Connection *self;

  if (request == NULL)
    {
      g_task_return_error (task, error);
      return;
    }

  self = g_new0 (Connection, 1);
  self->stream = g_object_ref (stream);
  self->request = request;
  g_task_set_task_data (task, self, connection_free);
  g_output_stream_write_all_async (g_io_stream_get_output_stream (stream), request->data, request->len, g_task_get_priority (task), cancellable,
                                   on_written, g_object_ref (task));
}

static GIOStream *
socks4_connect_finish (GProxy *proxy,
                       GAsyncResult *result,
                       GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

/* The transport never blocks */
static GIOStream *
socks4_connect (GProxy *proxy,
                GIOStream *stream,
                GProxyAddress *address,
                GCancellable *cancellable,
                GError **error)
{
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED, "SOCKS connections are made asynchronously");
  return NULL;
}

static gboolean
supports_no_hostname (GProxy *proxy)
{
  return FALSE;
}

static gboolean
supports_hostname (GProxy *proxy)
{
  return TRUE;
}

typedef struct
{
  GObject parent_instance;
} PillionSocks4;

typedef struct
{
  GObjectClass parent_class;
} PillionSocks4Class;

/* GIO knows a type only by one name */
typedef PillionSocks4 PillionSocks4a;
typedef PillionSocks4Class PillionSocks4aClass;

static void
socks4_iface_init (GProxyInterface *iface)
{
  iface->connect = socks4_connect;
  iface->connect_async = socks4_connect_async;
  iface->connect_finish = socks4_connect_finish;
  iface->supports_hostname = supports_no_hostname;
}

static void
socks4a_iface_init (GProxyInterface *iface)
{
  socks4_iface_init (iface);
  iface->supports_hostname = supports_hostname;
}

static GType pillion_socks4_get_type (void);

G_DEFINE_TYPE_WITH_CODE (PillionSocks4, pillion_socks4, G_TYPE_OBJECT, G_IMPLEMENT_INTERFACE (G_TYPE_PROXY, socks4_iface_init))

static void
pillion_socks4_class_init (PillionSocks4Class *klass)
{
}

static void
pillion_socks4_init (PillionSocks4 *self)
{
}

static GType pillion_socks4a_get_type (void);

G_DEFINE_TYPE_WITH_CODE (PillionSocks4a, pillion_socks4a, G_TYPE_OBJECT, G_IMPLEMENT_INTERFACE (G_TYPE_PROXY, socks4a_iface_init))

static void
pillion_socks4a_class_init (PillionSocks4aClass *klass)
{
}

static void
pillion_socks4a_init (PillionSocks4a *self)
{
}

void
pillion_socks4_register (void)
{
  static gsize registered;
  g_autoptr (GProxy) other = NULL;

  if (!g_once_init_enter (&registered))
    return;

  /* The extension point exists once it has been looked up */
  other = g_proxy_get_default_for_protocol ("socks4");
  g_io_extension_point_implement (G_PROXY_EXTENSION_POINT_NAME, pillion_socks4_get_type (), PILLION_SOCKS4_PROTOCOL, 0);
  g_io_extension_point_implement (G_PROXY_EXTENSION_POINT_NAME, pillion_socks4a_get_type (), PILLION_SOCKS4A_PROTOCOL, 0);
  g_once_init_leave (&registered, 1);
}
