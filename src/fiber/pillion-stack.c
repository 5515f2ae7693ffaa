/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "fiber/pillion-stack.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/pillion-sync.h"
#include "fiber/pillion-sanitizer.h"
#include "fiber/pillion-switch.h"

#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102
#endif

#define MIN_ORDER 14 /* 16 KiB */
#define MAX_ORDER 36 /* 64 GiB: more must be a mistake */
#define SLAB_SIZE (4 * 1024 * 1024)

/* If all stacks began at the same offset in a page, they would compete for the same few sets of the processor's caches. So each begins at
 * another line, but not so far down that a small fiber reaches into the next page. */
#define LINE_SIZE 64
#define N_COLOURS 40

#define RED_ZONE_SIZE 256

typedef struct
{
  PillionSlab *open; /* that have a free stack */
  PillionSlab *full;
} Class;

struct _PillionStackPool
{
  PillionStackPool *next; /* of all threads' */
  Class classes[MAX_ORDER - MIN_ORDER + 1];
  gsize total;
  gsize idle;
  guint colour;
  gboolean orphaned; /* whether its thread has ended: stacks in use are given back later */
};

PillionGuardKind pillion_stack_best_guard = PILLION_GUARD_ADVICE;

static __thread PillionStackPool *thread_pool __attribute__ ((tls_model ("initial-exec")));

/* All pools, for debuggers */
static GMutex pools_lock;
static PillionStackPool *pillion_stack_pools;

/* Guards of all threads that are mappings */
static int n_guards;

static void
slab_unlink (PillionSlab *self,
             PillionSlab **list)
{
  if (self->previous != NULL)
    self->previous->next = self->next;
  else
    *list = self->next;
  if (self->next != NULL)
    self->next->previous = self->previous;
}

static void
slab_link (PillionSlab *self,
           PillionSlab **list)
{
  self->previous = NULL;
  self->next = *list;
  if (*list != NULL)
    (*list)->previous = self;
  *list = self;
}

static Class *
slab_get_class (PillionSlab *self)
{
  return &self->pool->classes[self->order - MIN_ORDER];
}

static gboolean
slab_has_free (PillionSlab *self)
{
  return self->free != NULL || self->n_ready < self->n_stacks;
}

static void
slab_free (PillionSlab *self)
{
  gsize size = (gsize) 1 << self->order;

  for (guint i = 0; i < self->n_ready; i++)
    VALGRIND_STACK_DEREGISTER (self->stacks[i].valgrind_id);
  self->pool->total -= self->n_stacks * size;
  self->pool->idle -= (self->n_ready - self->n_used) * size;
  __atomic_sub_fetch (&n_guards, self->n_guards, __ATOMIC_RELAXED);
  munmap (self->memory, self->length);
  g_free (self);
}

static void
pool_free (PillionStackPool *self)
{
  pillion_mutex_lock (&pools_lock);
  for (PillionStackPool **link = &pillion_stack_pools; *link != NULL; link = &(*link)->next)
    {
      if (*link == self)
        {
          *link = self->next;
          break;
        }
    }
  pillion_mutex_unlock (&pools_lock);
  g_free (self);
}

/* The thread ends */
static void
pool_end (gpointer data)
{
  PillionStackPool *self = data;

  thread_pool = NULL;
  self->orphaned = TRUE;

  for (guint i = 0; i < G_N_ELEMENTS (self->classes); i++)
    {
      PillionSlab *next;

      for (PillionSlab *slab = self->classes[i].open; slab != NULL; slab = next)
        {
          next = slab->next;
          if (slab->n_used == 0)
            {
              slab_unlink (slab, &self->classes[i].open);
              slab_free (slab);
            }
        }
    }

  /* Stacks in use belong to loops that aren't closed yet: another of the thread's destructors may still close them */
  if (self->total == 0)
    pool_free (self);
}

static GPrivate pool_of_thread = G_PRIVATE_INIT (pool_end);

static PillionStackPool *
get_pool (void)
{
  if (G_UNLIKELY (thread_pool == NULL))
    {
      PillionStackPool *self = g_new0 (PillionStackPool, 1);

      thread_pool = self;
      g_private_set (&pool_of_thread, self);
      pillion_switch_init ();

      pillion_mutex_lock (&pools_lock);
      self->next = pillion_stack_pools;
      pillion_stack_pools = self;
      pillion_mutex_unlock (&pools_lock);
    }

  return thread_pool;
}

/* How many guards may split mappings, so that most of the allowed mappings are left for the program */
static int
get_max_guards (void)
{
  static int max_guards;

  if (__atomic_load_n (&max_guards, __ATOMIC_RELAXED) == 0)
    {
      g_autofree char *text = NULL;
      gint64 max = 65530;

      if (g_file_get_contents ("/proc/sys/vm/max_map_count", &text, NULL, NULL))
        max = g_ascii_strtoll (text, NULL, 10);
      __atomic_store_n (&max_guards, (int) CLAMP (max / 4, 1, G_MAXINT), __ATOMIC_RELAXED);
    }

  return __atomic_load_n (&max_guards, __ATOMIC_RELAXED);
}

static gboolean
make_guard (PillionSlab *slab,
            char *memory)
{
  if (pillion_stack_best_guard <= PILLION_GUARD_ADVICE &&
      madvise (memory, PILLION_STACK_GUARD_SIZE, MADV_GUARD_INSTALL) == 0)
    return TRUE;

  if (pillion_stack_best_guard <= PILLION_GUARD_MAPPING &&
      __atomic_add_fetch (&n_guards, 1, __ATOMIC_RELAXED) <= get_max_guards () &&
      mprotect (memory, PILLION_STACK_GUARD_SIZE, PROT_NONE) == 0)
    {
      slab->n_guards++;
      return TRUE;
    }

  if (pillion_stack_best_guard <= PILLION_GUARD_MAPPING)
    __atomic_sub_fetch (&n_guards, 1, __ATOMIC_RELAXED);
  return FALSE;
}

static PillionSlab *
slab_new (PillionStackPool *pool,
          guint order)
{
  gsize slot = ((gsize) 1 << order) + PILLION_STACK_GUARD_SIZE;
  guint n_stacks = MAX (1, SLAB_SIZE / slot);
  PillionSlab *self;
  char *memory;

  memory = mmap (NULL, n_stacks * slot, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
  if (memory == MAP_FAILED)
    return NULL;
#ifdef MADV_NOHUGEPAGE
  /* With huge pages, touching one stack would give memory to many */
  madvise (memory, n_stacks * slot, MADV_NOHUGEPAGE);
#endif

  self = g_malloc0 (sizeof *self + n_stacks * sizeof self->stacks[0]);
  self->pool = pool;
  self->memory = memory;
  self->length = n_stacks * slot;
  self->order = order;
  self->n_stacks = n_stacks;
  pool->total += (gsize) n_stacks << order;
  slab_link (self, &slab_get_class (self)->open);

  return self;
}

static PillionStack *
slab_set_up_stack (PillionSlab *self)
{
  PillionStack *stack = &self->stacks[self->n_ready];
  gsize size = (gsize) 1 << self->order;
  char *memory = self->memory + self->n_ready * (size + PILLION_STACK_GUARD_SIZE);

  self->n_ready++;
  stack->slab = self;
  stack->guarded = make_guard (self, memory);
  /* Without a guard, the next stack begins right below, with what would be the guard in between */
  stack->limit = memory + PILLION_STACK_GUARD_SIZE;
  stack->top = stack->limit + size - self->pool->colour++ % N_COLOURS * LINE_SIZE;
  stack->valgrind_id = VALGRIND_STACK_REGISTER (stack->limit, stack->limit + size);

  return stack;
}

PillionStack *
pillion_stack_take (gsize size,
                    gpointer owner)
{
  PillionStackPool *pool = get_pool ();
  guint order = MIN_ORDER;
  PillionSlab *slab;
  PillionStack *self;

  if (size == 0)
    size = PILLION_STACK_DEFAULT_SIZE;
  while (order <= MAX_ORDER && (gsize) 1 << order < size)
    order++;
  if (order > MAX_ORDER)
    {
      errno = ENOMEM;
      return NULL;
    }

  slab = pool->classes[order - MIN_ORDER].open;
  if (slab == NULL)
    slab = slab_new (pool, order);
  if (slab == NULL)
    return NULL;

  if (slab->free != NULL)
    {
      self = slab->free;
      slab->free = self->next_free;
      pool->idle -= (gsize) 1 << order;
    }
  else
    {
      self = slab_set_up_stack (slab);
    }

  self->owner = owner;
  slab->n_used++;
  if (!slab_has_free (slab))
    {
      slab_unlink (slab, &slab_get_class (slab)->open);
      slab_link (slab, &slab_get_class (slab)->full);
    }

  return self;
}

void
pillion_stack_give (PillionStack *self)
{
  PillionSlab *slab = self->slab;
  PillionStackPool *pool = slab->pool;
  Class *class = slab_get_class (slab);

  if (!slab_has_free (slab))
    {
      slab_unlink (slab, &class->full);
      slab_link (slab, &class->open);
    }

  self->owner = NULL;
  self->next_free = slab->free;
  slab->free = self;
  slab->n_used--;
  pool->idle += (gsize) 1 << slab->order;

  if (slab->n_used == 0 && (pool->idle > PILLION_STACK_KEPT || pool->orphaned))
    {
      slab_unlink (slab, &class->open);
      slab_free (slab);
    }
  if (G_UNLIKELY (pool->orphaned) && pool->total == 0)
    pool_free (pool);
}

gboolean
pillion_stack_is_whole (PillionStack *self)
{
  const gsize *words = (const gsize *) (self->limit - RED_ZONE_SIZE);

  if (self->guarded)
    return TRUE;

  for (gsize i = 0; i < RED_ZONE_SIZE / sizeof *words; i++)
    {
      if (words[i] != 0)
        return FALSE;
    }

  return TRUE;
}

gsize
pillion_stack_get_total (void)
{
  return get_pool ()->total;
}

gsize
pillion_stack_get_idle (void)
{
  return get_pool ()->idle;
}
