/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-content.h"

#include <sys/mman.h>
#include <unistd.h>

/* How much memory an announced length alone can make us allocate. With plenty of address space this is all
 * that fits into a GByteArray: what doesn't arrive costs only addresses. */
#define MAX_TRUSTED (GLIB_SIZEOF_VOID_P >= 8 ? 1 << 30 : 1024 * 1024)

/* From this size on, the kernel is asked for large pages */
#define LARGE_PAGES_FROM (4 * 1024 * 1024)

struct _PillionContent
{
  guint n_references;
  GByteArray *array; /* NULL once the bytes were handed out */
  GBytes *bytes;     /* from then on */
  gsize reserved;    /* the capacity before the array has to grow */
};

/* With fewer and larger pages the kernel has less to do when they are first written to */
static void
use_large_pages (guint8 *memory,
                 gsize size)
{
#ifdef MADV_HUGEPAGE
  const gsize page = (gsize) sysconf (_SC_PAGESIZE);
  const gsize skip = (page - (gsize) (guintptr) memory % page) % page;

  if (size >= LARGE_PAGES_FROM)
    madvise (memory + skip, (size - skip) / page * page, MADV_HUGEPAGE);
#endif
}

PillionContent *
pillion_content_new (gint64 announced)
{
  PillionContent *self = g_new0 (PillionContent, 1);
  guint8 *memory = NULL;

  self->n_references = 1;

  /* An announced length must not end the program: without memory for all of it, the array grows as the body
   * arrives */
  if (announced > 0 && announced <= MAX_TRUSTED)
    memory = g_try_malloc ((gsize) announced);
  if (memory == NULL)
    {
      self->array = g_byte_array_new ();
      return self;
    }

  self->reserved = (gsize) announced;
  use_large_pages (memory, self->reserved);
  self->array = g_byte_array_new_take (memory, self->reserved);
  g_byte_array_set_size (self->array, 0);

  return self;
}

PillionContent *
pillion_content_ref (PillionContent *self)
{
  self->n_references++;
  return self;
}

void
pillion_content_unref (PillionContent *self)
{
  if (--self->n_references > 0)
    return;

  g_clear_pointer (&self->array, g_byte_array_unref);
  g_clear_pointer (&self->bytes, g_bytes_unref);
  g_free (self);
}

guint8 *
pillion_content_get_room (PillionContent *self,
                          gsize offset,
                          gsize *size)
{
  if (self->array == NULL || offset != self->array->len || offset >= self->reserved)
    return NULL;

  *size = self->reserved - offset;
  return self->array->data + offset;
}

void
pillion_content_add (PillionContent *self,
                     gsize offset,
                     const guint8 *bytes,
                     gsize length)
{
  gsize known;

  /* All of it is here */
  if (self->array == NULL)
    return;

  g_assert (offset <= self->array->len);

  if (bytes == self->array->data + self->array->len)
    {
      g_byte_array_set_size (self->array, self->array->len + (guint) length);
      return;
    }

  known = self->array->len - offset;
  if (length > known)
    g_byte_array_append (self->array, bytes + known, (guint) (length - known));
}

GBytes *
pillion_content_get_bytes (PillionContent *self)
{
  if (self->bytes == NULL)
    self->bytes = g_byte_array_free_to_bytes (g_steal_pointer (&self->array));

  return g_bytes_ref (self->bytes);
}
