/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "heap.h"

#include <errno.h>
#include <malloc.h>
#include <stdlib.h>

#include "../test-support.h"

static gint64 used;  /* atomic */
static gint64 base;  /* atomic: what was used at the beginning */
static gint64 peak;  /* atomic: the most that was used since then */
static int counting; /* atomic */

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || !defined(__GLIBC__)

gboolean
chaos_heap_is_counted (void)
{
  return FALSE;
}

#else

gboolean
chaos_heap_is_counted (void)
{
  return !is_under_valgrind ();
}

extern void *__libc_malloc (size_t size);
extern void *__libc_calloc (size_t n, size_t size);
extern void *__libc_realloc (void *block, size_t size);
extern void *__libc_memalign (size_t alignment, size_t size);
extern void __libc_free (void *block);

static void
count (gint64 change)
{
  gint64 now = __atomic_add_fetch (&used, change, __ATOMIC_RELAXED);
  gint64 known = __atomic_load_n (&peak, __ATOMIC_RELAXED);

  if (change <= 0 || !__atomic_load_n (&counting, __ATOMIC_RELAXED))
    return;
  while (now > known && !__atomic_compare_exchange_n (&peak, &known, now, TRUE, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
    ;
}

static void *
counted (void *block)
{
  if (block != NULL)
    count ((gint64) malloc_usable_size (block));
  return block;
}

void *
malloc (size_t size)
{
  return counted (__libc_malloc (size));
}

void *
calloc (size_t n,
        size_t size)
{
  return counted (__libc_calloc (n, size));
}

void *
realloc (void *block,
         size_t size)
{
  gint64 before = block != NULL ? (gint64) malloc_usable_size (block) : 0;
  void *moved = __libc_realloc (block, size);

  if (moved != NULL)
    count ((gint64) malloc_usable_size (moved) - before);
  else if (size == 0)
    count (-before);
  return moved;
}

void *
memalign (size_t alignment,
          size_t size)
{
  return counted (__libc_memalign (alignment, size));
}

void *
aligned_alloc (size_t alignment,
               size_t size)
{
  return counted (__libc_memalign (alignment, size));
}

int
posix_memalign (void **block,
                size_t alignment,
                size_t size)
{
  *block = counted (__libc_memalign (alignment, size));
  return *block != NULL ? 0 : ENOMEM;
}

void
free (void *block)
{
  if (block != NULL)
    count (-(gint64) malloc_usable_size (block));
  __libc_free (block);
}

#endif

void
chaos_heap_begin (void)
{
  gint64 now = __atomic_load_n (&used, __ATOMIC_RELAXED);

  __atomic_store_n (&base, now, __ATOMIC_RELAXED);
  __atomic_store_n (&peak, now, __ATOMIC_RELAXED);
  __atomic_store_n (&counting, TRUE, __ATOMIC_RELAXED);
}

void
chaos_heap_end (void)
{
  __atomic_store_n (&counting, FALSE, __ATOMIC_RELAXED);
}

gsize
chaos_heap_get_peak (void)
{
  return (gsize) (__atomic_load_n (&peak, __ATOMIC_RELAXED) - __atomic_load_n (&base, __ATOMIC_RELAXED));
}
