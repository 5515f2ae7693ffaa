/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-bytes-source.h"

typedef struct
{
  PillionSource parent;
  GBytes *bytes;
} PillionBytesSource;

static GInputStream *
bytes_open (PillionSource *source,
            GError **error)
{
  PillionBytesSource *self = (PillionBytesSource *) source;

  return g_memory_input_stream_new_from_bytes (self->bytes);
}

static void
bytes_free (PillionSource *source)
{
  PillionBytesSource *self = (PillionBytesSource *) source;

  g_bytes_unref (self->bytes);
  g_free (self);
}

PillionSource *
pillion_bytes_source_new (GBytes *bytes,
                          const char *content_type)
{
  static const PillionSourceClass klass = {
    .rewindable = TRUE,
    .open = bytes_open,
    .free = bytes_free,
  };
  PillionBytesSource *self = g_new0 (PillionBytesSource, 1);

  pillion_source_init (&self->parent, &klass, (gint64) g_bytes_get_size (bytes), content_type);
  self->bytes = g_bytes_ref (bytes);

  return &self->parent;
}
