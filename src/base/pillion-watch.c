/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "base/pillion-watch.h"

#include <glib-unix.h>

#include "base/pillion-epoll-set.h"
#include "base/pillion-io-thread.h"
#include "base/pillion-sync.h"

struct _PillionWatch
{
  PillionEpollSet set;
  PillionIoThread *io;
  GSource *source; /* belongs to the I/O thread */
  gboolean flag;   /* atomic */
  GMutex set_lock; /* keeps the set from being rebuilt while the I/O thread drains it */

  GMutex lock;
  PillionWatchFunc func; /* under the lock; NULL once freed */
  PillionWatchFunc hold;
  gpointer data;
};

/* The set is edge-triggered, so readiness that the owner has not consumed yet is reported once, instead of
 * spinning */
static gboolean
on_readable (int fd,
             GIOCondition condition,
             gpointer data)
{
  PillionWatch *self = data;
  gboolean any;

  pillion_mutex_lock (&self->set_lock);
  any = pillion_epoll_set_drain (&self->set);
  pillion_mutex_unlock (&self->set_lock);
  if (any)
    {
      PillionWatchFunc func;
      gpointer owner;

      __atomic_store_n (&self->flag, TRUE, __ATOMIC_SEQ_CST);

      pillion_mutex_lock (&self->lock);
      func = self->func;
      owner = self->data;
      if (func != NULL && self->hold != NULL)
        self->hold (owner);
      pillion_mutex_unlock (&self->lock);
      if (func != NULL)
        func (owner);
    }

  return G_SOURCE_CONTINUE;
}

static void
start (gpointer data)
{
  PillionWatch *self = data;

  self->source = g_unix_fd_source_new (self->set.fd, G_IO_IN);
  g_source_set_callback (self->source, G_SOURCE_FUNC (on_readable), self, NULL);
  g_source_set_static_name (self->source, "pillion watch");
  g_source_attach (self->source, pillion_io_thread_get_context (self->io));
}

static void
end (gpointer data)
{
  PillionWatch *self = data;

  g_source_destroy (self->source);
  g_source_unref (self->source);
  pillion_epoll_set_clear (&self->set);
  g_mutex_clear (&self->set_lock);
  g_mutex_clear (&self->lock);
  g_free (self);
}

PillionWatch *
pillion_watch_new (PillionWatchFunc func,
                   PillionWatchFunc hold,
                   gpointer data)
{
  PillionIoThread *io = pillion_io_thread_ref (NULL);
  PillionWatch *self;

  if (io == NULL)
    return NULL;

  self = g_new0 (PillionWatch, 1);
  pillion_epoll_set_init (&self->set, TRUE);
  if (self->set.fd < 0)
    {
      pillion_io_thread_unref (io);
      g_free (self);
      return NULL;
    }

  g_mutex_init (&self->lock);
  g_mutex_init (&self->set_lock);
  self->func = func;
  self->hold = hold;
  self->data = data;
  self->io = io;
  pillion_io_thread_post (self->io, start, self);

  return self;
}

void
pillion_watch_free (PillionWatch *self)
{
  PillionIoThread *io = self->io;

  pillion_mutex_lock (&self->lock);
  self->func = NULL;
  pillion_mutex_unlock (&self->lock);

  pillion_io_thread_post (io, end, self);
  /* Done here, not on the I/O thread, so that a join of that thread after this finds it ending */
  pillion_io_thread_unref (io);
}

gboolean
pillion_watch_set (PillionWatch *self,
                   const GPollFD *fds,
                   guint n_fds,
                   gboolean fresh)
{
  return pillion_epoll_set_update (&self->set, fds, n_fds, fresh);
}

void
pillion_watch_doubt (PillionWatch *self)
{
  if (!self->set.suspect)
    return;

  pillion_mutex_lock (&self->set_lock);
  pillion_epoll_set_renew (&self->set);
  pillion_mutex_unlock (&self->set_lock);
}

gboolean
pillion_watch_is (PillionWatch *self,
                  const GPollFD *fds,
                  guint n_fds)
{
  return pillion_epoll_set_is (&self->set, fds, n_fds);
}

gboolean
pillion_watch_peek_flag (PillionWatch *self)
{
  return __atomic_load_n (&self->flag, __ATOMIC_SEQ_CST);
}

gboolean
pillion_watch_take_flag (PillionWatch *self)
{
  return pillion_watch_peek_flag (self) && __atomic_exchange_n (&self->flag, FALSE, __ATOMIC_SEQ_CST);
}
