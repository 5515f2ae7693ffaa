/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

/* Stacks for fibers, which are kept and used again. Each thread has a pool of its own, so there are no locks.
 *
 * Many stacks are cut out of one mapping, a slab. Below each is a guard that a fiber hits when it needs more. Where the kernel has
 * MADV_GUARD_INSTALL (Linux 6.13), that needs no mapping. Elsewhere each guard splits the slab's mapping, and a process may have 65,530 of
 * those. So a quarter of that number get guards, and further stacks have a red zone instead: memory that must not be written to, which is
 * checked whenever the fiber stops. */
typedef struct _PillionStack PillionStack;
typedef struct _PillionSlab PillionSlab;
typedef struct _PillionStackPool PillionStackPool;

/* tools/gdb/pillion-fibers.py reads these */
struct _PillionStack
{
  char *limit;     /* the lowest byte that may be used: below it is the guard, or the red zone */
  char *top;       /* where a fiber begins */
  gpointer owner;  /* the fiber that is on it */
  PillionSlab *slab;
  PillionStack *next_free;
  gboolean guarded;
  guint valgrind_id;
};

struct _PillionSlab
{
  PillionSlab *previous;
  PillionSlab *next;
  PillionStackPool *pool;
  char *memory;
  gsize length;
  guint order;     /* its stacks have 2 to the power of this many bytes */
  guint n_stacks;
  guint n_ready;   /* how many were set up; the rest has never been used */
  guint n_used;
  guint n_guards;  /* how many mappings were split for them */
  PillionStack *free;
  PillionStack stacks[];
};

/* The default size. A stack only takes the memory that was written to: one page for a fiber that does little. Code that was built with
 * AddressSanitizer needs more. */
#ifdef __SANITIZE_ADDRESS__
#define PILLION_STACK_DEFAULT_SIZE (512 * 1024)
#else
#define PILLION_STACK_DEFAULT_SIZE (128 * 1024)
#endif

#define PILLION_STACK_GUARD_SIZE (16 * 1024)

/* How much free memory a pool keeps, by the size of the stacks */
#define PILLION_STACK_KEPT (256 * 1024 * 1024)

typedef enum
{
  PILLION_GUARD_ADVICE,  /* madvise () */
  PILLION_GUARD_MAPPING, /* mprotect () */
  PILLION_GUARD_NONE,    /* the red zone */
} PillionGuardKind;

/* The best kind of guard to try; tests choose a lesser one */
extern PillionGuardKind pillion_stack_best_guard;

/* For a fiber that needs at least @size bytes (0: the default). Returns NULL, with errno set, if there is no room. */
PillionStack *pillion_stack_take  (gsize         size,
                                   gpointer      owner);
void          pillion_stack_give  (PillionStack *self);

/* Whether an unguarded stack has not overflowed */
gboolean      pillion_stack_is_whole (PillionStack *self);

static inline gsize
pillion_stack_get_size (PillionStack *self)
{
  return (gsize) 1 << self->slab->order;
}

/* How many bytes of stacks the thread's pool has: in all, and of those that are free but were used before */
gsize         pillion_stack_get_total (void);
gsize         pillion_stack_get_idle  (void);
