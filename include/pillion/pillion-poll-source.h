/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#if !defined (PILLION_INSIDE) && !defined (PILLION_COMPILATION)
#error "Only <pillion/pillion.h> can be included directly."
#endif

#include <pillion/pillion-loop.h>

G_BEGIN_DECLS

#define PILLION_TYPE_POLL_SOURCE (pillion_poll_source_get_type ())
PILLION_AVAILABLE_IN_1_0
G_DECLARE_FINAL_TYPE (PillionPollSource, pillion_poll_source, PILLION, POLL_SOURCE, GObject)

/**
 * PillionPollFunc:
 * @self: the source
 * @deadline_usec: when to stop, in µs of `g_get_monotonic_time ()`
 * @user_data: (closure): the data that was passed with the function
 *
 * Does what is ready in the other loop, without blocking. Between two steps, but not before the first one, it
 * checks whether @deadline_usec has come; if it returns 0, it is called again at once. It is called on the
 * loop's thread, from the context, and again inside itself if it runs a main loop.
 * @deadline_usec has come; it is called again at once if it says so. It is called on the loop's thread, from the context, also inside of itself
 * when it runs a main loop.
 *
 * Returns: the new ready time: in µs of the loop's clock, 0 for now, -1 for never
 *
 * Since: 1.0
 */
typedef gint64 (*PillionPollFunc) (PillionPollSource *self,
                                   gint64             deadline_usec,
                                   gpointer           user_data);

PILLION_AVAILABLE_IN_1_0
PillionPollSource *pillion_poll_source_new                  (PillionLoop       *loop,
                                                             int                fd);
PILLION_AVAILABLE_IN_1_0
PillionLoop       *pillion_poll_source_get_loop             (PillionPollSource *self);
PILLION_AVAILABLE_IN_1_0
int                pillion_poll_source_get_fd               (PillionPollSource *self);

PILLION_AVAILABLE_IN_1_0
void               pillion_poll_source_set_callback         (PillionPollSource *self,
                                                             PillionPollFunc    func,
                                                             gpointer           user_data,
                                                             GDestroyNotify     destroy);
PILLION_AVAILABLE_IN_1_0
void               pillion_poll_source_set_callback_closure (PillionPollSource *self,
                                                             GClosure          *closure);
PILLION_AVAILABLE_IN_1_0
gint64             pillion_poll_source_get_ready_time       (PillionPollSource *self);
PILLION_AVAILABLE_IN_1_0
void               pillion_poll_source_set_ready_time       (PillionPollSource *self,
                                                             gint64             ready_usec);
PILLION_AVAILABLE_IN_1_0
void               pillion_poll_source_ring                 (PillionPollSource *self);
PILLION_AVAILABLE_IN_1_0
gboolean           pillion_poll_source_get_busy             (PillionPollSource *self);
PILLION_AVAILABLE_IN_1_0
void               pillion_poll_source_set_busy             (PillionPollSource *self,
                                                             gboolean           busy);
PILLION_AVAILABLE_IN_1_0
gboolean           pillion_poll_source_get_running          (PillionPollSource *self);
PILLION_AVAILABLE_IN_1_0
void               pillion_poll_source_set_running          (PillionPollSource *self,
                                                             gboolean           running);

PILLION_AVAILABLE_IN_1_0
gboolean           pillion_poll_source_wait                 (PillionPollSource *self,
                                                             GTimeSpan          timeout);
PILLION_AVAILABLE_IN_1_0
gboolean           pillion_poll_source_iterate              (PillionPollSource *self);

PILLION_AVAILABLE_IN_1_0
void               pillion_poll_source_close                (PillionPollSource *self);

G_END_DECLS
