/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <string.h>

#include <glib.h>

/* Bytes that threads share. Unlike those of a GBytes, ThreadSanitizer sees what its references order. */
typedef struct
{
  int n_references; /* atomic */
  guint32 length;   /* so that this and 1 KB still count as little for malloc () */
  guint8 data[];
} PillionCacheBytes;

static inline PillionCacheBytes *
pillion_cache_bytes_new (gsize length)
{
  PillionCacheBytes *self = g_malloc (sizeof *self + length);

  self->n_references = 1;
  self->length = (guint32) length;
  return self;
}

static inline PillionCacheBytes *
pillion_cache_bytes_new_copy (const void *data,
                              gsize length)
{
  PillionCacheBytes *self = pillion_cache_bytes_new (length);

  if (length > 0)
    memcpy (self->data, data, length);
  return self;
}

static inline PillionCacheBytes *
pillion_cache_bytes_ref (PillionCacheBytes *self)
{
  __atomic_add_fetch (&self->n_references, 1, __ATOMIC_RELAXED);
  return self;
}

static inline void
pillion_cache_bytes_unref (PillionCacheBytes *self)
{
  if (__atomic_sub_fetch (&self->n_references, 1, __ATOMIC_ACQ_REL) == 0)
    g_free (self);
}

/* Some of them, for somebody who wants a GBytes */
static inline GBytes *
pillion_cache_bytes_get_slice (PillionCacheBytes *self,
                               gsize offset,
                               gsize length)
{
  return g_bytes_new_with_free_func (self->data + offset, length, (GDestroyNotify) pillion_cache_bytes_unref,
                                     pillion_cache_bytes_ref (self));
}
