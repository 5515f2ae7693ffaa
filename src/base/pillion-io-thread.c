/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "base/pillion-io-thread.h"

#include <pthread.h>

#include "base/pillion-inbox.h"
#include "base/pillion-sync.h"

/* How many threads GTask starts at once; after that it adds more only slowly */
#define MAX_GTASK_THREADS 10

/* How many jobs run before everything else on the thread, such as sockets, gets its turn; and how many of those that end something,
 * because somebody may wait for all of them */
#define MAX_JOBS 64
#define MAX_ENDS 512

typedef struct
{
  PillionIoFunc func;
  gpointer data;
} Deferred;

typedef struct
{
  PillionItem item;
  PillionIoFunc func;
  gpointer data;
  gboolean is_end;
} Job;

struct _PillionIoThread
{
  int n_users; /* atomic: the thread itself, and those that are posting, which may still do so when it has ended */
  GMainContext *context;
  PillionInbox inbox;
  PillionItem *jobs; /* taken from the inbox, oldest first; used only by the thread itself */
  GThread *thread;
  guint n_references; /* under the lock */
  gboolean quit;      /* used only by the thread itself */
};

/* Jobs for the end of the iteration; NULL on every other thread */
static __thread GArray *deferred;
static __thread guint next_deferred; /* the index of the one that comes next */

/* The one that runs a job on this thread, or NULL: before it sleeps, it sees what the job has posted to it */
static __thread PillionIoThread *at_job;

/* Whether this is a forked child that has not started its own thread yet */
static gboolean forked;

static GMutex lock;
static GCond ended_cond;
static PillionIoThread *running; /* under the lock: the thread that has references */
static guint n_ending;           /* under the lock: how many threads without references have not ended yet */

typedef struct
{
  GSource source;
  PillionIoThread *thread;
  gboolean waiting; /* until the other sources have had their turn */
} InboxSource;

static gboolean
has_jobs (PillionIoThread *self)
{
  return self->jobs != NULL || !pillion_inbox_is_empty (&self->inbox);
}

static gboolean
inbox_source_prepare (GSource *source,
                      int *timeout)
{
  InboxSource *self = (InboxSource *) source;

  *timeout = self->waiting ? 0 : -1;
  return !self->waiting && has_jobs (self->thread);
}

static gboolean
inbox_source_check (GSource *source)
{
  InboxSource *self = (InboxSource *) source;

  if (!self->waiting)
    return has_jobs (self->thread);

  /* Sources of lower priority are dispatched only if this one is not ready */
  self->waiting = FALSE;
  return FALSE;
}

static gboolean
inbox_source_dispatch (GSource *source,
                       GSourceFunc callback,
                       gpointer user_data)
{
  InboxSource *self = (InboxSource *) source;
  PillionIoThread *thread = self->thread;

  if (thread->jobs == NULL)
    thread->jobs = pillion_inbox_take (&thread->inbox);
  for (guint n = 0; n < MAX_ENDS && thread->jobs != NULL;)
    {
      Job *job = (Job *) thread->jobs;

      thread->jobs = job->item.next;
      n += job->is_end ? 1 : MAX_ENDS / MAX_JOBS;
      at_job = thread;
      job->func (job->data);
      at_job = NULL;
      g_free (job);
    }
  self->waiting = thread->jobs != NULL;

  return G_SOURCE_CONTINUE;
}

static GSourceFuncs inbox_source_funcs = {
  .prepare = inbox_source_prepare,
  .check = inbox_source_check,
  .dispatch = inbox_source_dispatch,
};

static void
do_nothing (GTask *task,
            gpointer source_object,
            gpointer task_data,
            GCancellable *cancellable)
{
  g_task_return_boolean (task, TRUE);
}

/* GLib believes that its idle threads, which GTask uses, exist in the child too, and gives them work, so
 * lookups of names and proxies would never end. Giving it as many jobs as it can have idle threads makes it
 * start new ones. Seen in GLib 2.74. */
static void
replace_threads_of_parent (void)
{
  g_thread_pool_stop_unused_threads ();
  for (guint i = 0; i < MAX_GTASK_THREADS; i++)
    {
      GTask *task = g_task_new (NULL, NULL, NULL, NULL);

      g_task_run_in_thread (task, do_nothing);
      g_object_unref (task);
    }
}

static void
leave (PillionIoThread *self)
{
  if (__atomic_sub_fetch (&self->n_users, 1, __ATOMIC_ACQ_REL) > 0)
    return;

  g_main_context_unref (self->context);
  g_free (self);
}

static gpointer
run (gpointer data)
{
  PillionIoThread *self = data;
  GSource *source;

  deferred = g_array_new (FALSE, FALSE, sizeof (Deferred));
  g_main_context_push_thread_default (self->context);
  if (__atomic_exchange_n (&forked, FALSE, __ATOMIC_SEQ_CST))
    replace_threads_of_parent ();

  /* The only one of this priority, so that an iteration takes what was posted before it does anything else: pillion-cache-store-log.c builds on
   * that */
  source = g_source_new (&inbox_source_funcs, sizeof (InboxSource));
  ((InboxSource *) source)->thread = self;
  g_source_set_priority (source, G_PRIORITY_HIGH);
  g_source_set_static_name (source, "pillion inbox");
  g_source_attach (source, self->context);

  while (!self->quit || has_jobs (self))
    {
      g_main_context_iteration (self->context, TRUE);
      pillion_io_thread_run_deferred ();
    }

  g_source_destroy (source);
  g_source_unref (source);

  /* What the jobs left for later, such as connections that close themselves. Bounded, in case that never
   * ends. */
  for (guint i = 0; i < 1000 && g_main_context_iteration (self->context, FALSE); i++)
    ;
  pillion_io_thread_run_deferred ();
  g_clear_pointer (&deferred, g_array_unref);
  g_main_context_pop_thread_default (self->context);

  /* All loops may have been closed already, so nobody joins the thread itself */
  g_thread_unref (self->thread);
  leave (self);

  pillion_mutex_lock (&lock);
  n_ending--;
  g_cond_broadcast (&ended_cond);
  pillion_mutex_unlock (&lock);

  return NULL;
}

static void
quit (gpointer data)
{
  ((PillionIoThread *) data)->quit = TRUE;
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

/* The thread exists only in the parent. What refers to it is useless in the child, but a new loop gets a new
 * thread. */
static void
after_fork_in_child (void)
{
  running = NULL;
  n_ending = 0;
  forked = TRUE;
  pillion_mutex_unlock (&lock);
}

/* Under the lock */
static PillionIoThread *
start (GError **error)
{
  PillionIoThread *self = g_new0 (PillionIoThread, 1);

  self->n_users = 1;
  self->context = g_main_context_new ();
  self->thread = g_thread_try_new ("pillion-io", run, self, error);
  if (self->thread == NULL)
    {
      g_main_context_unref (self->context);
      g_clear_pointer (&self, g_free);
    }

  return self;
}

PillionIoThread *
pillion_io_thread_ref (GError **error)
{
  static gsize once;
  PillionIoThread *self;

  if (g_once_init_enter (&once))
    {
      pthread_atfork (before_fork, after_fork, after_fork_in_child);
      g_once_init_leave (&once, 1);
    }

  pillion_mutex_lock (&lock);
  if (running == NULL)
    running = start (error);
  self = running;
  if (self != NULL)
    self->n_references++;
  pillion_mutex_unlock (&lock);

  return self;
}

void
pillion_io_thread_unref (PillionIoThread *self)
{
  pillion_mutex_lock (&lock);
  /* In a forked child, this may be the parent's thread, which will never end here */
  if (self == running && --self->n_references == 0)
    {
      running = NULL;
      n_ending++;
      pillion_io_thread_post (self, quit, self);
    }
  pillion_mutex_unlock (&lock);
}

GMainContext *
pillion_io_thread_get_context (PillionIoThread *self)
{
  return self->context;
}

static void
post (PillionIoThread *self,
      PillionIoFunc func,
      gpointer data,
      gboolean is_end)
{
  Job *job = g_new0 (Job, 1);

  job->func = func;
  job->data = data;
  job->is_end = is_end;
  if (at_job == self)
    {
      pillion_inbox_push (&self->inbox, &job->item);
      return;
    }

  /* The job may drop the last reference to the thread, which may end before this wakes it */
  __atomic_add_fetch (&self->n_users, 1, __ATOMIC_RELAXED);
  if (pillion_inbox_push (&self->inbox, &job->item))
    g_main_context_wakeup (self->context);
  leave (self);
}

void
pillion_io_thread_post (PillionIoThread *self,
                        PillionIoFunc func,
                        gpointer data)
{
  post (self, func, data, FALSE);
}

void
pillion_io_thread_post_end (PillionIoThread *self,
                            PillionIoFunc func,
                            gpointer data)
{
  post (self, func, data, TRUE);
}

gboolean
pillion_io_thread_defer (PillionIoFunc func,
                         gpointer data)
{
  Deferred job = { func, data };

  if (deferred == NULL)
    return FALSE;

  g_array_append_val (deferred, job);
  return TRUE;
}

void
pillion_io_thread_run_deferred (void)
{
  if (deferred == NULL)
    return;

  /* A job may defer another, or call this */
  while (next_deferred < deferred->len)
    {
      Deferred job = g_array_index (deferred, Deferred, next_deferred++);

      job.func (job.data);
    }
  g_array_set_size (deferred, 0);
  next_deferred = 0;
}

gboolean
pillion_io_thread_join (gint64 end_time)
{
  gboolean in_time = TRUE;

  pillion_mutex_lock (&lock);
  /* Not on such a thread, which would wait for itself */
  while (n_ending > 0 && in_time && deferred == NULL)
    in_time = pillion_cond_wait_until (&ended_cond, &lock, end_time);
  in_time = n_ending == 0;
  pillion_mutex_unlock (&lock);

  return in_time;
}
