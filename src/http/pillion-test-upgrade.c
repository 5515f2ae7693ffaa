/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-test-upgrade.h"

#include <sys/socket.h>

#include <glib/gi18n-lib.h>

#include "core/pillion-private.h"
#include "http/pillion-http-engine.h"

struct _PillionTestUpgrade
{
  int n_references; /* atomic */
  PillionHttpEngine *engine;
  PillionWebSocketLink *link;
  char *url;
  GCancellable *closing;
  gulong closing_id;

  /* The engine's thread's */
  GIOStream *stream; /* NULL before the handshake, and after the end */
  gboolean cut;      /* nothing is sent or received any more */
  gboolean reset;
};

PillionTestUpgrade *
pillion_test_upgrade_ref (PillionTestUpgrade *self)
{
  __atomic_add_fetch (&self->n_references, 1, __ATOMIC_RELAXED);
  return self;
}

void
pillion_test_upgrade_unref (PillionTestUpgrade *self)
{
  if (__atomic_sub_fetch (&self->n_references, 1, __ATOMIC_ACQ_REL) > 0)
    return;

  pillion_web_socket_link_unref (self->link);
  pillion_http_engine_unref (self->engine);
  g_object_unref (self->closing);
  g_free (self->url);
  g_free (self);
}

static void
on_closing (GCancellable *closing,
            gpointer data)
{
  pillion_test_upgrade_cut (data, FALSE);
}

static void
unref_upgrade (gpointer data,
               GClosure *closure)
{
  pillion_test_upgrade_unref (data);
}

PillionTestUpgrade *
pillion_test_upgrade_new (PillionLoop *loop,
                          gboolean over_network,
                          const char *url,
                          GCancellable *closing,
                          GError **error)
{
  PillionHttpEngine *engine = over_network ? pillion_http_engine_new (error) : pillion_http_engine_new_in_loop (loop, NULL);
  PillionTestUpgrade *self;

  if (engine == NULL)
    return NULL;

  self = g_new0 (PillionTestUpgrade, 1);
  self->n_references = 1;
  self->engine = engine;
  self->link = pillion_web_socket_link_new (engine, TRUE);
  self->url = g_strdup (url);
  self->closing = g_object_ref (closing);
  self->closing_id = g_signal_connect_data (closing, "cancelled", G_CALLBACK (on_closing), pillion_test_upgrade_ref (self),
                                            unref_upgrade, 0);
  if (g_cancellable_is_cancelled (closing))
    pillion_test_upgrade_cut (self, FALSE);

  return self;
}

PillionWebSocketLink *
pillion_test_upgrade_get_link (PillionTestUpgrade *self)
{
  return self->link;
}

void
pillion_test_stream_set_reset (GIOStream *stream)
{
  struct linger linger = { .l_onoff = 1, .l_linger = 0 };
  g_autoptr (GSocketConnection) connection = NULL;

  /* libsoup wraps the connection that it was given */
  g_object_get (stream, "base-iostream", &connection, NULL);
  setsockopt (g_socket_get_fd (g_socket_connection_get_socket (connection)), SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
}

/* The handler may be running */
static void
stop_listening (PillionTestUpgrade *self)
{
  if (self->closing_id != 0)
    g_signal_handler_disconnect (self->closing, self->closing_id);
  self->closing_id = 0;
}

/* The end of the link, which has a reference */
static void
close_stream (gpointer data)
{
  PillionTestUpgrade *self = data;

  if (self->reset)
    pillion_test_stream_set_reset (self->stream);
  g_io_stream_close (self->stream, NULL, NULL);
  g_clear_object (&self->stream);
  stop_listening (self);
  pillion_test_upgrade_unref (self);
}

typedef struct
{
  PillionTestUpgrade *upgrade;
  GIOStream *stream;
} Begin;

static GError *
make_error (void)
{
  return g_error_new_literal (PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_TRUNCATED,
                              _("the connection of the WebSocket was closed without a close frame"));
}

static void
begin_on_thread (gpointer data)
{
  Begin *begin = data;
  PillionTestUpgrade *self = begin->upgrade;

  if (begin->stream == NULL || self->cut)
    {
      pillion_web_socket_link_fail (self->link, make_error ());
      if (begin->stream != NULL && self->reset)
        pillion_test_stream_set_reset (begin->stream);
      if (begin->stream != NULL)
        g_io_stream_close (begin->stream, NULL, NULL);
      g_clear_object (&begin->stream);
      stop_listening (self);
    }
  else
    {
      if (pillion_http_engine_is_outside (self->engine))
        pillion_http_engine_ensure_deadlines (self->engine);
      self->stream = begin->stream;
      pillion_web_socket_link_begin (self->link, self->stream, self->url, NULL, close_stream, pillion_test_upgrade_ref (self));
      pillion_web_socket_link_resume (self->link);
    }

  pillion_test_upgrade_unref (self);
  g_free (begin);
}

void
pillion_test_upgrade_begin (PillionTestUpgrade *self,
                            GIOStream *stream)
{
  Begin *begin = g_new (Begin, 1);

  begin->upgrade = pillion_test_upgrade_ref (self);
  begin->stream = stream;
  pillion_sync_release (begin);
  pillion_http_engine_post (self->engine, begin_on_thread, begin);
}

static void
cut_on_thread (gpointer data)
{
  PillionTestUpgrade *self = data;

  self->cut = TRUE;
  pillion_web_socket_link_fail (self->link, make_error ());
  pillion_test_upgrade_unref (self);
}

static void
reset_on_thread (gpointer data)
{
  PillionTestUpgrade *self = data;

  /* A connection in memory knows no reset */
  self->reset = pillion_http_engine_is_outside (self->engine);
  cut_on_thread (self);
}

void
pillion_test_upgrade_cut (PillionTestUpgrade *self,
                          gboolean reset)
{
  pillion_http_engine_post (self->engine, reset ? reset_on_thread : cut_on_thread, pillion_test_upgrade_ref (self));
}
