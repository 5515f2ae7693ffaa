/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-source.h"

/* Smaller bodies are sent at once, even over HTTP/2: a server's first window is 65535 bytes (RFC 9113,
 * section 6.9.2) */
#define LARGE (32 * 1024)

void
pillion_source_init (PillionSource *self,
                     const PillionSourceClass *klass,
                     gint64 length,
                     const char *content_type)
{
  self->klass = klass;
  self->n_references = 1;
  self->length = length;
  self->content_type = g_strdup (content_type);
}

gboolean
pillion_source_can_open (PillionSource *self)
{
  return self->klass->rewindable || self->klass->is_spent == NULL || !self->klass->is_spent (self);
}

gboolean
pillion_source_is_large (PillionSource *self)
{
  return self->length < 0 || self->length >= LARGE;
}

PillionSource *
pillion_source_ref (PillionSource *self)
{
  __atomic_add_fetch (&self->n_references, 1, __ATOMIC_RELAXED);
  return self;
}

void
pillion_source_unref (PillionSource *self)
{
  if (__atomic_sub_fetch (&self->n_references, 1, __ATOMIC_ACQ_REL) > 0)
    return;

  g_free (self->content_type);
  g_clear_error (&self->invalid);
  self->klass->free (self);
}
