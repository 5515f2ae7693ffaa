/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-soup-closing.h"

/* How often a closing session is checked, in ms, and after how many times its connection is cut, and the session leaked */
#define INTERVAL 5
#define CUT_TRIES 200
#define MAX_TRIES 400

typedef struct
{
  SoupSession *hold;   /* until the connection is closed: libsoup 3.2 logs a warning if the session goes first; then NULL */
  gpointer session;    /* weak; messages in its queue may keep it longer */
  GWeakRef stream;     /* one of GIO's threads may drop the last reference to it */
  PillionIoThread *io; /* which the session keeps */
  guint n_tries;
} Closing;

/* So that leak checkers know that these are leaked on purpose */
static GMutex lock;
static GPtrArray *leaked; /* under the lock */

static void
session_gone (gpointer io,
              GObject *session)
{
  pillion_private_io_thread_unref (io);
}

static void
closing_free (Closing *self)
{
  g_weak_ref_clear (&self->stream);
  g_clear_weak_pointer (&self->session);
  g_clear_object (&self->hold);
  g_free (self);
}

/* Which the stream keeps */
static GSocket *
get_socket (GIOStream *stream)
{
  g_autoptr (GIOStream) base = NULL;

  if (stream == NULL)
    return NULL;

  g_object_get (stream, "base-io-stream", &base, NULL);
  return G_IS_SOCKET_CONNECTION (base) ? g_socket_connection_get_socket (G_SOCKET_CONNECTION (base)) : NULL;
}

/* After some errors of HTTP/2, libsoup 3.2 reads no more from the connection, and never ends the messages on it */
static void
leak (Closing *self,
      GIOStream *stream)
{
  GSocket *socket = get_socket (stream);

  if (socket != NULL)
    g_socket_close (socket, NULL);

  pillion_mutex_lock (&lock);
  if (leaked == NULL)
    leaked = g_ptr_array_new ();
  g_ptr_array_add (leaked, g_object_ref (self->session));
  pillion_mutex_unlock (&lock);

  g_object_weak_unref (self->session, session_gone, self->io);
  pillion_private_io_thread_unref (self->io);
}

static gboolean
look_whether_closed (gpointer data)
{
  Closing *self = data;
  g_autoptr (GIOStream) stream = g_weak_ref_get (&self->stream);
  GSocket *socket;

  if (stream == NULL)
    g_clear_object (&self->hold);
  /* It may be idle by now: only then it can be closed */
  else
    pillion_soup.session_abort (self->hold);

  self->n_tries++;
  if (self->session != NULL && self->n_tries == CUT_TRIES && (socket = get_socket (stream)) != NULL)
    g_socket_shutdown (socket, TRUE, TRUE, NULL);
  if (self->session != NULL && self->n_tries < MAX_TRIES)
    return G_SOURCE_CONTINUE;

  if (self->session != NULL)
    leak (self, stream);
  closing_free (self);

  return G_SOURCE_REMOVE;
}

PillionIoThread *
pillion_soup_closing_hold_thread (SoupSession *session)
{
  PillionIoThread *io = pillion_private_io_thread_ref (NULL);

  g_object_weak_ref (G_OBJECT (session), session_gone, io);

  return io;
}

/* An HTTP/2 connection sends a GOAWAY, and is not idle while a stream is being reset. libsoup 3.2 doesn't tell when the connection is gone. */
void
pillion_soup_closing_begin (SoupSession *session,
                            GWeakRef *stream,
                            PillionIoThread *io)
{
  g_autoptr (GIOStream) there = g_weak_ref_get (stream);
  Closing *self = g_new0 (Closing, 1);
  GSource *source = g_timeout_source_new (INTERVAL);

  self->hold = g_object_ref (session);
  g_set_weak_pointer (&self->session, session);
  g_weak_ref_init (&self->stream, there);
  self->io = io;
  g_source_set_static_name (source, "pillion closing");
  g_source_set_callback (source, look_whether_closed, self, NULL);
  g_source_attach (source, g_main_context_get_thread_default ());
  g_source_unref (source);
}
