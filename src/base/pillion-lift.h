/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

/* Gets sources of a GMainContext dispatched although others of a higher priority are ready all the time.
 *
 * GLib looks at the sources in the order of their priorities, and stops at the first one that comes after one that is ready. A lift is
 * placed behind the last source of a priority. When it is looked at it says that it is ready, and steps down to the lowest priority of all:
 * what GLib has found ready last is of that priority then, and so it looks at the sources below as well. This uses nothing but
 * g_source_set_priority () from a source's own prepare () and check (), in which the context is not locked. A GLib to which that made no
 * difference would go by the priorities strictly. */
typedef struct _PillionLift PillionLift;

/* All functions belong to the thread that owns the context */
PillionLift *pillion_lift_new         (GMainContext *context);
void         pillion_lift_free        (PillionLift  *self);

/* Lifts the next g_main_context_prepare () over @priority */
void         pillion_lift_arm_prepare (PillionLift  *self,
                                       int           priority);

/* Lifts the g_main_context_check () that follows it */
void         pillion_lift_arm_check   (PillionLift  *self);

/* Ends that, whether it was looked at or not */
void         pillion_lift_disarm      (PillionLift  *self);
