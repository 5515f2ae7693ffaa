/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "http/pillion-soup-pool.h"

#include "../test-support.h"

static Gate going = GATE_INIT;
static Gate go_on = GATE_INIT;

/* A stream that takes its time to go */
typedef GIOStream SlowStream;
typedef GIOStreamClass SlowStreamClass;

static GType slow_stream_get_type (void);

G_DEFINE_TYPE (SlowStream, slow_stream, G_TYPE_IO_STREAM)

static gboolean
slow_stream_close (GIOStream *stream,
                   GCancellable *cancellable,
                   GError **error)
{
  return TRUE;
}

static void
slow_stream_dispose (GObject *object)
{
  gate_open (&going);
  gate_wait (&go_on);

  G_OBJECT_CLASS (slow_stream_parent_class)->dispose (object);
}

static void
slow_stream_class_init (SlowStreamClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = slow_stream_dispose;
  klass->close_fn = slow_stream_close;
}

static void
slow_stream_init (SlowStream *self)
{
}

static gpointer
drop (gpointer stream)
{
  g_object_unref (stream);
  return NULL;
}

/* TLS makes handshakes, and closes, on GIO's threads, one of which may drop the last reference to the stream. From then on nobody gets it. */
static void
test_stream_goes_elsewhere (void)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (GError) error = NULL;
  PillionSoupPool *pool;
  PillionSoupConnection *connection;
  GIOStream *stream;
  GThread *thread;

  pillion_soup_library_load (&error);
  g_assert_no_error (error);
  pool = pillion_soup_pool_new (context);
  connection = pillion_soup_pool_take (pool, "https://example.org");
  g_assert_false (pillion_soup_connection_has_stream (connection));

  stream = g_object_new (slow_stream_get_type (), NULL);
  pillion_soup_connection_set_stream (connection, stream, 7);
  g_assert_true (pillion_soup_connection_has_stream (connection));
  g_assert_true (pillion_soup_connection_ref_stream (connection, 7) == stream);
  g_object_unref (stream);
  g_assert_null (pillion_soup_connection_ref_stream (connection, 8));

  thread = g_thread_new ("dropper", drop, stream);
  gate_wait (&going);
  g_assert_false (pillion_soup_connection_has_stream (connection));
  g_assert_null (pillion_soup_connection_ref_stream (connection, 7));
  pillion_soup_pool_give_back (pool, connection);
  pillion_soup_pool_free (pool);
  gate_open (&go_on);
  g_thread_join (thread);
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/http/soup-pool/stream-goes-elsewhere", test_stream_goes_elsewhere);

  return g_test_run ();
}
