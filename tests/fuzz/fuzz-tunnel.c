/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* What a proxy answers when it is asked for a tunnel. However it arrives, it means the same, except that what follows the answer is only seen if
 * it arrives with it. */

#include <string.h>

#include "fuzz.h"
#include "http/pillion-tunnel.h"

#include <pillion-http/pillion-http.h>

/* Bytes that arrive in pieces */
typedef struct
{
  GMemoryInputStream parent_instance;
  gsize step;
} Pieces;

typedef struct
{
  GMemoryInputStreamClass parent_class;
} PiecesClass;

static GType pieces_get_type (void);

G_DEFINE_TYPE (Pieces, pieces, G_TYPE_MEMORY_INPUT_STREAM)

static gssize
pieces_read (GInputStream *stream,
             void *buffer,
             gsize count,
             GCancellable *cancellable,
             GError **error)
{
  return G_INPUT_STREAM_CLASS (pieces_parent_class)->read_fn (stream, buffer, MIN (count, ((Pieces *) stream)->step), cancellable, error);
}

static void
pieces_class_init (PiecesClass *klass)
{
  G_INPUT_STREAM_CLASS (klass)->read_fn = pieces_read;
}

static void
pieces_init (Pieces *self)
{
}

static void
on_connected (GObject *proxy,
              GAsyncResult *result,
              gpointer data)
{
  *(GAsyncResult **) data = g_object_ref (result);
}

/* Returns whether there is a tunnel */
static gboolean
connect_through (const guint8 *data,
                 gsize size,
                 gsize step,
                 GError **error)
{
  g_autoptr (GProxy) proxy = g_proxy_get_default_for_protocol (PILLION_TUNNEL_PROTOCOL);
  g_autoptr (GInputStream) input = g_object_new (pieces_get_type (), NULL);
  g_autoptr (GOutputStream) output = g_memory_output_stream_new_resizable ();
  g_autoptr (GIOStream) stream = g_simple_io_stream_new (input, output);
  g_autoptr (GInetAddress) address = g_inet_address_new_loopback (G_SOCKET_FAMILY_IPV4);
  g_autoptr (GProxyAddress) proxy_address = G_PROXY_ADDRESS (g_proxy_address_new (address, 1, PILLION_TUNNEL_PROTOCOL, "example.org", 443, NULL, NULL));
  g_autoptr (GBytes) bytes = g_bytes_new (data, size);
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GIOStream) tunnel = NULL;

  ((Pieces *) input)->step = step;
  g_memory_input_stream_add_bytes (G_MEMORY_INPUT_STREAM (input), bytes);
  g_proxy_connect_async (proxy, stream, proxy_address, NULL, on_connected, &result);
  while (result == NULL)
    g_main_context_iteration (NULL, TRUE);
  tunnel = g_proxy_connect_finish (proxy, result, error);

  return tunnel != NULL;
}

int
LLVMFuzzerTestOneInput (const guint8 *data,
                        gsize size)
{
  gsize step = fuzz_take_number (&data, &size, 40);
  g_autoptr (GError) whole_error = NULL;
  g_autoptr (GError) error = NULL;
  gboolean whole, divided;

  pillion_tunnel_register ();
  whole = connect_through (data, size, G_MAXSIZE, &whole_error);
  divided = connect_through (data, size, step, &error);

  g_assert_true (whole == (whole_error == NULL));
  g_assert_true (divided == (error == NULL));
  if (pillion_tunnel_get_challenges (whole_error) != NULL)
    {
      g_assert_cmpstr (pillion_tunnel_get_challenges (error), ==, pillion_tunnel_get_challenges (whole_error));
      g_assert_null (strpbrk (pillion_tunnel_get_challenges (error), "\r\n"));
    }
  else if (whole_error != NULL)
    {
      g_assert_error (whole_error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_PROXY);
      g_assert_true (g_utf8_validate (whole_error->message, -1, NULL));
      g_assert_true (divided || error->domain == PILLION_HTTP_ERROR);
    }
  else
    g_assert_true (divided);

  return 0;
}
