/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "core/pillion-private.h"

#include "core/pillion-core.h"
#include "core/pillion-loop-handle.h"

PillionIoThread *
pillion_private_io_thread_ref (GError **error)
{
  return pillion_io_thread_ref (error);
}

void
pillion_private_io_thread_unref (PillionIoThread *io)
{
  pillion_io_thread_unref (io);
}

GMainContext *
pillion_private_io_thread_get_context (PillionIoThread *io)
{
  return pillion_io_thread_get_context (io);
}

void
pillion_private_io_thread_post (PillionIoThread *io,
                                PillionIoFunc func,
                                gpointer data)
{
  pillion_io_thread_post (io, func, data);
}

void
pillion_private_io_thread_post_end (PillionIoThread *io,
                                    PillionIoFunc func,
                                    gpointer data)
{
  pillion_io_thread_post_end (io, func, data);
}

gboolean
pillion_private_io_thread_defer (PillionIoFunc func,
                                 gpointer data)
{
  return pillion_io_thread_defer (func, data);
}

PillionWorkers *
pillion_private_workers_new (guint max_threads)
{
  return pillion_workers_new (max_threads);
}

gboolean
pillion_private_workers_push (PillionWorkers *workers,
                              PillionWorkFunc func,
                              gpointer data,
                              GError **error)
{
  return pillion_workers_push (workers, func, data, error);
}

guint
pillion_private_workers_close (PillionWorkers *workers,
                               gint64 end_time)
{
  return pillion_workers_close (workers, end_time, end_time);
}

void
pillion_private_timer_heap_init (PillionTimerHeap *heap)
{
  pillion_timer_heap_init (heap);
}

void
pillion_private_timer_heap_clear (PillionTimerHeap *heap)
{
  pillion_timer_heap_clear (heap);
}

void
pillion_private_timer_heap_add (PillionTimerHeap *heap,
                                PillionTimer *timer,
                                gint64 due)
{
  pillion_timer_heap_add (heap, timer, due);
}

void
pillion_private_timer_heap_remove (PillionTimerHeap *heap,
                                   PillionTimer *timer)
{
  pillion_timer_heap_remove (heap, timer);
}

PillionTimer *
pillion_private_timer_heap_pop (PillionTimerHeap *heap,
                                gint64 now)
{
  return pillion_timer_heap_pop (heap, now);
}

gboolean
pillion_private_loop_on_thread (PillionLoop *loop)
{
  return pillion_core_on_thread (pillion_core (loop));
}

guint
pillion_private_get_depth (void)
{
  return pillion_core_thread_depth;
}

void
pillion_private_loop_add_external (PillionLoop *loop,
                                   int change)
{
  pillion_core_external (pillion_core (loop), change);
}

gboolean
pillion_private_loop_check_thread (PillionLoop *loop,
                                   GError **error)
{
  return pillion_core_check_thread (pillion_core (loop), error);
}

PillionLoopHandle *
pillion_private_loop_get_handle (PillionLoop *loop)
{
  return pillion_loop_handle_get (loop);
}

PillionLoopHandle *
pillion_private_loop_handle_ref (PillionLoopHandle *handle)
{
  return pillion_loop_handle_ref (handle);
}

void
pillion_private_loop_handle_unref (PillionLoopHandle *handle)
{
  pillion_loop_handle_unref (handle);
}

gboolean
pillion_private_loop_handle_on_thread (PillionLoopHandle *handle)
{
  return pillion_loop_handle_on_thread (handle);
}
