/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <pillion/pillion.h>

#include "base/pillion-io-thread.h"
#include "base/pillion-item.h"
#include "base/pillion-quark.h"
#include "base/pillion-sync.h"
#include "base/pillion-timer-heap.h"
#include "base/pillion-workers.h"

/* What libpillion-http-1 needs of libpillion-1 beyond its public interface. A process has one I/O thread,
 * which belongs to the core. This header is not installed. Both libraries come from one build, and the
 * symbols carry the whole version (src/pillion.map.in), so the dynamic linker refuses to load different
 * versions together. */

#ifndef PILLION_PRIVATE
#define PILLION_PRIVATE _PILLION_EXTERN
#endif

/* The I/O thread: base/pillion-io-thread.h */
PILLION_PRIVATE
PillionIoThread *pillion_private_io_thread_ref         (GError         **error);
PILLION_PRIVATE
void             pillion_private_io_thread_unref       (PillionIoThread *io);
PILLION_PRIVATE
GMainContext    *pillion_private_io_thread_get_context (PillionIoThread *io);
PILLION_PRIVATE
void             pillion_private_io_thread_post        (PillionIoThread *io,
                                                        PillionIoFunc    func,
                                                        gpointer         data);
PILLION_PRIVATE
void             pillion_private_io_thread_post_end    (PillionIoThread *io,
                                                        PillionIoFunc    func,
                                                        gpointer         data);
PILLION_PRIVATE
gboolean         pillion_private_io_thread_defer       (PillionIoFunc    func,
                                                        gpointer         data);

/* Worker pools: base/pillion-workers.h */
PILLION_PRIVATE
PillionWorkers  *pillion_private_workers_new           (guint            max_threads);
PILLION_PRIVATE
gboolean         pillion_private_workers_push          (PillionWorkers  *workers,
                                                        PillionWorkFunc  func,
                                                        gpointer         data,
                                                        GError         **error);
PILLION_PRIVATE
guint            pillion_private_workers_close         (PillionWorkers  *workers,
                                                        gint64           end_time);

/* Timers: base/pillion-timer-heap.h */
PILLION_PRIVATE
void             pillion_private_timer_heap_init       (PillionTimerHeap *heap);
PILLION_PRIVATE
void             pillion_private_timer_heap_clear      (PillionTimerHeap *heap);
PILLION_PRIVATE
void             pillion_private_timer_heap_add        (PillionTimerHeap *heap,
                                                        PillionTimer    *timer,
                                                        gint64           due);
PILLION_PRIVATE
void             pillion_private_timer_heap_remove     (PillionTimerHeap *heap,
                                                        PillionTimer    *timer);
PILLION_PRIVATE
PillionTimer    *pillion_private_timer_heap_pop        (PillionTimerHeap *heap,
                                                        gint64           now);

/* Whether the calling thread is the loop's; the second sets an error if not */
PILLION_PRIVATE
gboolean         pillion_private_loop_on_thread        (PillionLoop     *loop);
PILLION_PRIVATE
gboolean         pillion_private_loop_check_thread     (PillionLoop     *loop,
                                                        GError         **error);

/* How many kicks, of any loop, are on the stack of the calling thread */
PILLION_PRIVATE
guint            pillion_private_get_depth             (void);

/* Whether @self waits for @other, directly or through others, as far as that is known: of fibers and combinators. On the loop's thread. */
PILLION_PRIVATE
gboolean         pillion_private_task_waits_for        (PillionTask     *self,
                                                        PillionTask     *other);

/* What other threads reach a loop by, without a reference to it: core/pillion-loop-handle.h. A call that comes too late
 * is freed at once, with its destroy function. */
typedef struct _PillionLoopHandle PillionLoopHandle;

PILLION_PRIVATE
PillionLoopHandle *pillion_private_loop_get_handle       (PillionLoop       *loop);
PILLION_PRIVATE
PillionLoopHandle *pillion_private_loop_handle_ref       (PillionLoopHandle *handle);
PILLION_PRIVATE
void               pillion_private_loop_handle_unref     (PillionLoopHandle *handle);
PILLION_PRIVATE
gboolean           pillion_private_loop_handle_on_thread (PillionLoopHandle *handle);
PILLION_PRIVATE
void               pillion_private_loop_handle_call      (PillionLoopHandle *handle,
                                                          PillionCallFunc    func,
                                                          gpointer           data,
                                                          GDestroyNotify     destroy);

/* Tells a virtual clock how many more, or fewer, things another thread is at that it waits for. On any thread, but fewer only on the loop's,
 * which may sleep and would not notice. */
PILLION_PRIVATE
void             pillion_private_loop_add_external     (PillionLoop     *loop,
                                                        int              change);

/* Whether another thread will finish the task: if so, a virtual clock waits until it is delivered. Does nothing once that has happened.
 * Returns whether anything changed. On the loop's thread. */
PILLION_PRIVATE
gboolean         pillion_private_task_set_external     (PillionTask     *task,
                                                        gboolean         external);

/* Finishes a task with an object, and takes the reference: the loop's thread may drop its own at once, and then the
 * object, and what that refers to, must not end on this thread */
PILLION_PRIVATE
void             pillion_private_task_take_object      (PillionTask     *task,
                                                        gpointer         object);

/* Calls @func, on the loop's thread, if @task has succeeded but is cancelled before anybody got its result, which can then be given to somebody
 * else. Nothing is called once @owner, a GObject, is gone. On the loop's thread, for a task that has nothing else of this kind. */
typedef void (*PillionUnwantedFunc) (gpointer     owner,
                                     PillionTask *task);
PILLION_PRIVATE
void             pillion_private_task_set_unwanted     (PillionTask         *task,
                                                        gpointer             owner,
                                                        PillionUnwantedFunc  func);

/* Calls @func, with a reference to @data that it takes, if @task is cancelled while it is pending: at once and on whatever thread that is, or here
 * if it was cancelled already. Once the second function has been called, @data may go: no more references are taken. The first one on the loop's thread,
 * for a task that has nothing else of this kind; the second one on any thread, before the task has its outcome. */
typedef gpointer (*PillionCancelRef)  (gpointer data);
typedef void     (*PillionCancelFunc) (gpointer data);
PILLION_PRIVATE
void             pillion_private_task_set_cancel_func  (PillionTask         *task,
                                                        PillionCancelFunc    func,
                                                        PillionCancelRef     ref,
                                                        gpointer             data);
PILLION_PRIVATE
void             pillion_private_task_unset_cancel_func (PillionTask        *task);
