/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "loop/pillion-loop-private.h"

#include <pthread.h>
#include <unistd.h>

#ifdef __linux__
#include <sys/syscall.h>
#endif

#include "base/pillion-sync.h"
#include "core/pillion-loop-handle.h"

/* What the process knows of its loops: which is the default one of a context, all of them for a fork, and
 * what a loop has left on its own thread if its last reference was dropped on another. */

/* Only the thread itself can pop a context off its stack of defaults, and release one that it acquired */
typedef struct
{
  gconstpointer thread;
  GMainContext *context;
  gboolean pushed;
  gboolean acquired;
} Leftover;

/* All of it is under the lock, which a fork takes as well */
static GMutex lock;
static GHashTable *defaults; /* context → loop; the loop keeps the context */
static PillionLiveList loops;
static GSList *leftovers;

/* Not under the lock: this may be the end of the context, and so of its sources, whose destroy functions may do anything */
static void
leftover_free (gpointer data)
{
  Leftover *self = data;

  g_main_context_unref (self->context);
  g_free (self);
}

/* Under the lock, on the thread itself */
static void
release (GMainContext *context,
         gboolean *acquired)
{
  if (*acquired)
    g_main_context_release (context);
  *acquired = FALSE;
}

/* A thread ends, and so does its stack of contexts. Its loops may last, with those that other threads have left to it. */
static void
end_thread (gpointer thread)
{
  GSList *dropped = NULL, *next;

  pillion_mutex_lock (&lock);
  for (PillionLive *link = loops.head; link != NULL; link = link->next)
    {
      PillionLoop *loop = pillion_loop_from_link (link);

      if (loop->core.thread == thread)
        {
          release (loop->core.context, &loop->owns_context);
          loop->thread_ended = TRUE;
        }
    }
  for (GSList *l = leftovers; l != NULL; l = next)
    {
      Leftover *leftover = l->data;

      next = l->next;
      if (leftover->thread == thread)
        {
          release (leftover->context, &leftover->acquired);
          leftovers = g_slist_remove_link (leftovers, l);
          dropped = g_slist_concat (l, dropped);
        }
    }
  pillion_mutex_unlock (&lock);
  g_slist_free_full (dropped, leftover_free);
}

/* Set on threads that have created a loop */
static GPrivate thread_key = G_PRIVATE_INIT (end_thread);

/* Under the lock. Returns whether the calling thread is finished with it. */
static gboolean
tidy (Leftover *self)
{
  release (self->context, &self->acquired);

  /* Whatever is on top of it has to be popped first */
  if (self->pushed && g_main_context_get_thread_default () != self->context)
    return FALSE;
  if (self->pushed)
    g_main_context_pop_thread_default (self->context);
  return TRUE;
}

/* Under the lock. Returns what the caller frees after releasing it. */
static GSList *
tidy_thread (void)
{
  gboolean again = leftovers != NULL;
  GSList *done = NULL;

  while (again)
    {
      again = FALSE;
      for (GSList *l = leftovers; l != NULL; l = l->next)
        {
          if (((Leftover *) l->data)->thread == pillion_core_this_thread () && tidy (l->data))
            {
              leftovers = g_slist_remove_link (leftovers, l);
              done = g_slist_concat (l, done);
              again = TRUE;
              break;
            }
        }
    }

  return done;
}

void
pillion_loop_tidy_thread (void)
{
  GSList *done;

  pillion_mutex_lock (&lock);
  done = tidy_thread ();
  pillion_mutex_unlock (&lock);
  g_slist_free_full (done, leftover_free);
}

static void
before_fork (void)
{
  pillion_mutex_lock (&lock);
}

static void
after_fork (void)
{
  pillion_mutex_unlock (&lock);
}

/* The loops belong to the parent: the threads that work for them exist only there, and their descriptors are
 * shared. In the child they are closed, so using them is an error. What only those threads could free is
 * leaked. */
static void
after_fork_in_child (void)
{
  for (PillionLive *link = loops.head; link != NULL; link = link->next)
    {
      PillionLoop *loop = pillion_loop_from_link (link);
      PillionCore *core = &loop->core;

      core->forked = TRUE;
      core->closing = TRUE;
      core->closed = TRUE;
      core->n_entered = 0;
      if (core->handle != NULL)
        pillion_loop_handle_forked (core->handle);
      core->workers = NULL;
      core->pump.watch = NULL;
    }
  if (defaults != NULL)
    g_hash_table_steal_all (defaults);
  pillion_mutex_unlock (&lock);
}

void
pillion_loop_register (PillionLoop *self)
{
  static gsize once;

  if (g_once_init_enter (&once))
    {
      pthread_atfork (before_fork, after_fork, after_fork_in_child);
      g_once_init_leave (&once, 1);
    }

  if (g_private_get (&thread_key) == NULL)
    g_private_set (&thread_key, (gpointer) pillion_core_this_thread ());

  pillion_mutex_lock (&lock);
  pillion_live_list_add (&loops, &self->registry_link);
  pillion_mutex_unlock (&lock);
}

void
pillion_loop_unregister (PillionLoop *self)
{
  pillion_mutex_lock (&lock);
  pillion_live_list_remove (&loops, &self->registry_link);
  pillion_mutex_unlock (&lock);
}

/* Under the lock */
static void
make_default (PillionLoop *self)
{
  if (defaults == NULL)
    defaults = g_hash_table_new (NULL, NULL);
  g_hash_table_insert (defaults, self->core.context, self);
}

void
pillion_loop_make_default (PillionLoop *self)
{
  pillion_mutex_lock (&lock);
  make_default (self);
  pillion_mutex_unlock (&lock);
}

void
pillion_loop_forget_default (PillionLoop *self)
{
  gboolean was_default = FALSE;

  pillion_mutex_lock (&lock);
  if (defaults != NULL && g_hash_table_lookup (defaults, self->core.context) == self)
    was_default = g_hash_table_steal (defaults, self->core.context);
  pillion_mutex_unlock (&lock);

  if (was_default && self->lasts)
    g_object_unref (self);
}

void
pillion_loop_leave_thread (PillionLoop *self)
{
  pillion_loop_forget_default (self);

  pillion_mutex_lock (&lock);
  if ((self->pushed || self->owns_context) && !self->thread_ended)
    {
      Leftover *leftover = g_new0 (Leftover, 1);

      leftover->thread = self->core.thread;
      leftover->context = g_main_context_ref (self->core.context);
      leftover->pushed = self->pushed;
      leftover->acquired = self->owns_context;
      leftovers = g_slist_prepend (leftovers, leftover);
    }
  self->pushed = self->owns_context = FALSE;
  pillion_mutex_unlock (&lock);
}

/* The default loop of a context. That of a thread that has ended is none any more. */
static PillionLoop *
find_default (GMainContext *context)
{
  g_autoptr (PillionLoop) ended = NULL;
  PillionLoop *loop;

  pillion_mutex_lock (&lock);
  loop = defaults != NULL ? g_hash_table_lookup (defaults, context) : NULL;
  if (loop != NULL && loop->thread_ended)
    {
      g_hash_table_steal (defaults, context);
      ended = loop->lasts ? loop : NULL;
      loop = NULL;
    }
  pillion_mutex_unlock (&lock);

  return loop;
}

/* Whether the program started on the calling thread. Only Linux knows that; elsewhere it is the first thread
 * that asks. */
static gboolean
is_main_thread (void)
{
#ifdef __linux__
  return syscall (SYS_gettid) == getpid ();
#else
  static gconstpointer first;
  gconstpointer none = NULL;

  __atomic_compare_exchange_n (&first, &none, pillion_core_this_thread (), FALSE, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
  return first == pillion_core_this_thread ();
#endif
}

/**
 * pillion_loop_get_default:
 *
 * Gets the loop for the thread-default context of the calling thread: the same one each time, until it is
 * closed or its thread ends. A loop that created its context itself
 * ([flags@Pillion.LoopFlags.PRIVATE_CONTEXT]) is the default loop of that context, as long as something else
 * keeps it. For any other context, the first call creates the loop, which is kept, so that reloaded code
 * finds it again.
 *
 * The process's default context belongs to the main thread, and so does its loop. A thread without a context
 * of its own gets no loop: create one with a private context there.
 *
 * Returns: (transfer none) (nullable): the loop, or %NULL, with a critical message, on a thread that is not
 *   the main one and has no context of its own
 *
 * Since: 1.0
 */
PillionLoop *
pillion_loop_get_default (void)
{
  g_autoptr (GMainContext) context = NULL;
  PillionLoop *loop;

  pillion_loop_tidy_thread ();
  context = g_main_context_ref_thread_default ();
  loop = find_default (context);

  if (context == g_main_context_default () && !is_main_thread ())
    {
      g_critical ("This thread has no default loop, because it is not the main thread and has no context of its own: create a loop with "
                  "PILLION_LOOP_PRIVATE_CONTEXT");
      return NULL;
    }
  if (loop == NULL)
    {
      loop = pillion_loop_new (context, PILLION_LOOP_DEFAULT);
      loop->lasts = TRUE;
      pillion_loop_make_default (loop);
    }

  return loop;
}
