/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-read-limit.h"

#include <string.h>

#include "core/pillion-private.h"

/* How many reads of a connection follow each other in one iteration. GnuTLS reads twice for each record, of up to 16 KiB. A body is read
 * in turns of 1 MiB. */
#define MAX_READS 1024

/* The connection of this thread that was read from last, in this iteration */
static __thread struct
{
  GPollableInputStream *stream; /* only compared */
  guint n_reads;
  gboolean ends; /* it is forgotten at the end of the iteration */
} last;

static GPollableInputStreamInterface *parent_iface;

static void
forget (gpointer data)
{
  last.stream = NULL;
  last.ends = FALSE;
}

static gssize
read_nonblocking (GPollableInputStream *stream,
                  void *buffer,
                  gsize size,
                  GError **error)
{
  if (last.stream != stream)
    {
      /* Only the I/O thread has iterations */
      if (!last.ends && !pillion_private_io_thread_defer (forget, NULL))
        return parent_iface->read_nonblocking (stream, buffer, size, error);
      last.stream = stream;
      last.n_reads = 0;
      last.ends = TRUE;
    }

  if (last.n_reads < MAX_READS)
    {
      last.n_reads++;
      return parent_iface->read_nonblocking (stream, buffer, size, error);
    }

  /* The socket stays readable, so that its sources are ready in the next iteration */
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK, "enough was read in this iteration");
  return -1;
}

static void
pollable_init (gpointer iface,
               gpointer data)
{
  parent_iface = g_type_interface_peek_parent (iface);
  ((GPollableInputStreamInterface *) iface)->read_nonblocking = read_nonblocking;
}

/* NULL if GIO's class isn't what it used to be */
static gpointer
make_class (GType parent)
{
  const GInterfaceInfo pollable = { pollable_init, NULL, NULL };
  GTypeQuery query;
  GType type;

  if (g_type_test_flags (parent, G_TYPE_FLAG_FINAL) || !g_type_is_a (parent, G_TYPE_POLLABLE_INPUT_STREAM))
    return NULL;

  g_type_query (parent, &query);
  type = g_type_register_static_simple (parent, "PillionLimitedInputStream", query.class_size, NULL, query.instance_size, NULL, 0);
  g_type_add_interface_static (type, G_TYPE_POLLABLE_INPUT_STREAM, &pollable);

  return g_type_class_ref (type);
}

void
pillion_read_limit_apply (GSocketConnection *connection)
{
  static gsize once;
  static gpointer limited;
  GInputStream *stream = g_io_stream_get_input_stream (G_IO_STREAM (connection));
  gpointer old = G_OBJECT_GET_CLASS (stream);

  if (strcmp (G_OBJECT_TYPE_NAME (stream), "GSocketInputStream") != 0)
    return;

  if (g_once_init_enter (&once))
    {
      limited = make_class (G_OBJECT_TYPE (stream));
      g_once_init_leave (&once, 1);
    }

  if (limited == NULL)
    return;

  /* Neither GIO nor libsoup lets anybody else make this stream, or put another one between it and TLS. The class adds nothing to an instance, so
   * that this one can change its class as it does while it is made. */
  ((GTypeInstance *) stream)->g_class = g_type_class_ref (G_TYPE_FROM_CLASS (limited));
  g_type_class_unref (old);
}
