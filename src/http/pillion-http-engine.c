/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-http-engine.h"

#include "http/pillion-http-post.h"
#include "http/pillion-soup-library.h"

/* Threads that compute: they parse and decompress */
#define MAX_CPU_WORKERS 4

/* Threads that wait for the disk: apart from the others, so that a small response never waits for a file to
 * be flushed */
#define MAX_DISK_WORKERS 4

typedef struct
{
  PillionHttpEngine *engine;
  PillionHttpConfig config;
} Configuration;

PillionHttpEngine *
pillion_http_engine_new (GError **error)
{
  PillionIoThread *io = pillion_private_io_thread_ref (error);
  PillionHttpEngine *self;

  if (io == NULL)
    return NULL;

  self = g_new0 (PillionHttpEngine, 1);
  self->n_references = 1;
  self->io = io;
  g_weak_ref_init (&self->loop, NULL);
  g_weak_ref_init (&self->client, NULL);

  return self;
}

PillionHttpEngine *
pillion_http_engine_new_in_loop (PillionLoop *loop,
                                 PillionTransport *transport)
{
  PillionHttpEngine *self = g_new0 (PillionHttpEngine, 1);

  self->n_references = 1;
  g_weak_ref_init (&self->loop, loop);
  g_weak_ref_init (&self->client, NULL);
  self->transport = transport;
  self->deadlines = pillion_deadlines_new_in_loop (loop);
  self->real_offset = g_get_real_time () - pillion_loop_get_now (loop);

  return self;
}

static void
post_to_loop (PillionHttpEngine *self,
              PillionIoFunc func,
              gpointer data)
{
  g_autoptr (PillionLoop) loop = g_weak_ref_get (&self->loop);

  pillion_http_post (loop, func, data);
}

void
pillion_http_engine_post (PillionHttpEngine *self,
                          PillionIoFunc func,
                          gpointer data)
{
  if (self->io != NULL)
    pillion_private_io_thread_post (self->io, func, data);
  else
    post_to_loop (self, func, data);
}

void
pillion_http_engine_post_end (PillionHttpEngine *self,
                              PillionIoFunc func,
                              gpointer data)
{
  if (self->io != NULL)
    pillion_private_io_thread_post_end (self->io, func, data);
  else
    post_to_loop (self, func, data);
}

typedef struct
{
  PillionIoFunc func;
  gpointer data;
} Yield;

static gboolean
yield_over (gpointer data)
{
  Yield *self = data;

  self->func (self->data);
  return G_SOURCE_REMOVE;
}

void
pillion_http_engine_yield (PillionHttpEngine *self,
                           PillionIoFunc func,
                           gpointer data)
{
  GSource *source;
  Yield *yield;

  if (self->io == NULL)
    {
      pillion_http_engine_post (self, func, data);
      return;
    }

  yield = g_new (Yield, 1);
  *yield = (Yield) { func, data };
  source = g_idle_source_new ();
  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_static_name (source, "pillion yield");
  g_source_set_callback (source, yield_over, yield, g_free);
  pillion_http_engine_attach (self, source);
  g_source_unref (source);
}

gint64
pillion_http_engine_get_now (PillionHttpEngine *self)
{
  g_autoptr (PillionLoop) loop = NULL;

  if (self->io != NULL)
    return g_get_monotonic_time ();

  loop = g_weak_ref_get (&self->loop);
  return loop != NULL ? pillion_loop_get_now (loop) : 0;
}

static gint64 real_shift; /* atomic; in µs */

gint64
pillion_http_engine_get_real_now (PillionHttpEngine *self)
{
  gint64 now = self->io != NULL ? g_get_real_time () : self->real_offset + pillion_http_engine_get_now (self);

  return now + __atomic_load_n (&real_shift, __ATOMIC_RELAXED);
}

void
pillion_http_engine_shift_real_time (GTimeSpan shift)
{
  __atomic_add_fetch (&real_shift, shift, __ATOMIC_RELAXED);
}

gboolean
pillion_http_engine_is_closed (PillionHttpEngine *self)
{
  g_autoptr (PillionLoop) loop = NULL;

  if (self->io != NULL)
    return FALSE;

  loop = g_weak_ref_get (&self->loop);
  return loop == NULL || pillion_loop_is_closed (loop);
}

PillionHttpEngine *
pillion_http_engine_ref (PillionHttpEngine *self)
{
  __atomic_add_fetch (&self->n_references, 1, __ATOMIC_RELAXED);
  return self;
}

static void
free_on_thread (gpointer data)
{
  PillionHttpEngine *self = data;
  PillionIoThread *io = self->io;

  g_clear_pointer (&self->flights, g_hash_table_unref);
  g_clear_pointer (&self->queue, pillion_http_queue_free);
  g_clear_pointer (&self->lasting_queue, pillion_http_queue_free);
  g_clear_pointer (&self->caching, pillion_transport_free);
  g_clear_pointer (&self->transport, pillion_transport_free);
  /* Nothing of ours is left to do, but a worker may still be posting its result, which needs the I/O thread */
  if (self->cpu_workers != NULL)
    pillion_private_workers_close (self->cpu_workers, g_get_monotonic_time () + G_USEC_PER_SEC);
  if (self->disk_workers != NULL)
    pillion_private_workers_close (self->disk_workers, g_get_monotonic_time () + G_USEC_PER_SEC);
  g_clear_pointer (&self->deadlines, pillion_deadlines_free);
  pillion_http_config_clear (&self->config);
  g_free (self->identity);
  g_clear_error (&self->unavailable);
  if (self->auth_spaces != NULL)
    self->free_auth_spaces (self->auth_spaces);
  if (self->proxies != NULL)
    self->free_proxies (self->proxies);
  g_weak_ref_clear (&self->loop);
  g_weak_ref_clear (&self->client);
  g_free (self);

  g_clear_pointer (&io, pillion_private_io_thread_unref);
}

void
pillion_http_engine_unref (PillionHttpEngine *self)
{
  if (__atomic_sub_fetch (&self->n_references, 1, __ATOMIC_ACQ_REL) > 0)
    return;

  /* The engine keeps the loop alive, which may never be kicked again */
  if (self->io == NULL)
    g_clear_pointer (&self->transport, pillion_transport_free);

  /* Posted even from the I/O thread itself, because the last reference may be dropped deep inside a callback
   * of the transport */
  pillion_http_engine_post (self, free_on_thread, self);
}

void
pillion_http_engine_ensure_deadlines (PillionHttpEngine *self)
{
  if (self->deadlines == NULL)
    self->deadlines = pillion_deadlines_new (pillion_private_io_thread_get_context (self->io));
}

void
pillion_http_engine_attach (PillionHttpEngine *self,
                            GSource *source)
{
  g_autoptr (PillionLoop) loop = NULL;

  if (self->io != NULL)
    {
      g_source_attach (source, pillion_private_io_thread_get_context (self->io));
      return;
    }

  loop = g_weak_ref_get (&self->loop);
  if (loop != NULL)
    g_source_attach (source, pillion_loop_get_context (loop));
}

/* Makes the parts that have to be made on the thread itself */
static void
ensure_started (PillionHttpEngine *self)
{
  if (self->queue != NULL)
    return;

  self->flights = g_hash_table_new (g_str_hash, g_str_equal);
  self->queue = pillion_http_queue_new (self->config.max_connections, self->config.max_connections_per_host);
  self->lasting_queue =
    pillion_http_queue_new (self->config.max_lasting_connections, self->config.max_lasting_connections_per_host);
  pillion_soup_library_load (&self->unavailable);
  if (self->io == NULL)
    return;

  if (self->unavailable == NULL)
    self->transport = pillion_soup_transport_new (pillion_private_io_thread_get_context (self->io));
  pillion_http_engine_ensure_deadlines (self);
}

/* If it changes, what is under way must not answer calls that come later */
static void
take_identity (PillionHttpEngine *self)
{
  g_autofree char *before = self->identity;

  self->identity = pillion_connection_options_get_identity (&self->config.connection);
  if (g_strcmp0 (self->identity, before) != 0)
    self->n_changes++;
}

static void
configure_on_thread (gpointer data)
{
  Configuration *configuration = data;
  PillionHttpEngine *self = configuration->engine;

  pillion_http_config_clear (&self->config);
  self->config = configuration->config;
  take_identity (self);
  g_free (configuration);

  ensure_started (self);
  pillion_http_queue_set_limits (self->queue, self->config.max_connections, self->config.max_connections_per_host);
  pillion_http_queue_set_limits (self->lasting_queue, self->config.max_lasting_connections,
                                 self->config.max_lasting_connections_per_host);
  if (self->transport != NULL)
    {
      pillion_transport_set_max_connections (self->transport, self->config.max_connections);
      pillion_transport_set_options (self->transport, &self->config.connection);
    }
  pillion_deadlines_look_again (self->deadlines);
  pillion_http_queue_run (self->queue);
  pillion_http_queue_run (self->lasting_queue);

  pillion_http_engine_unref (self);
}

void
pillion_http_engine_configure (PillionHttpEngine *self,
                               const PillionHttpConfig *config)
{
  Configuration *configuration = g_new0 (Configuration, 1);

  configuration->engine = pillion_http_engine_ref (self);
  pillion_http_config_copy (&configuration->config, config);

  pillion_http_engine_post (self, configure_on_thread, configuration);
}

/* If the system has no thread left, the I/O thread does the work while the network waits. An engine in a loop
 * uses no other thread, because a virtual clock would not wait for it. */
static void
push (PillionHttpEngine *self,
      PillionWorkers **workers,
      guint max_workers,
      PillionWorkFunc func,
      gpointer data)
{
  if (self->io == NULL)
    {
      func (data);
      return;
    }

  if (*workers == NULL)
    *workers = pillion_private_workers_new (max_workers);
  if (!pillion_private_workers_push (*workers, func, data, NULL))
    func (data);
}

static void
do_nothing (GTask *task,
            gpointer source_object,
            gpointer task_data,
            GCancellable *cancellable)
{
  g_task_return_boolean (task, TRUE);
}

void
pillion_http_engine_nudge_tasks (PillionHttpEngine *self,
                                 gint64 now)
{
  GTask *task;

  if (now < self->next_nudge)
    return;

  self->next_nudge = now + G_USEC_PER_SEC / 2;
  task = g_task_new (NULL, NULL, NULL, NULL);
  g_task_run_in_thread (task, do_nothing);
  g_object_unref (task);
}

void
pillion_http_engine_compute (PillionHttpEngine *self,
                             PillionWorkFunc func,
                             gpointer data)
{
  push (self, &self->cpu_workers, MAX_CPU_WORKERS, func, data);
}

void
pillion_http_engine_use_disk (PillionHttpEngine *self,
                              PillionWorkFunc func,
                              gpointer data)
{
  push (self, &self->disk_workers, MAX_DISK_WORKERS, func, data);
}
