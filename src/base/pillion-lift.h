/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

/* Makes a GMainContext dispatch sources even if others of a higher priority are always ready.
 *
 * GLib looks at sources in the order of their priorities, and stops at the first one that comes after a ready
 * one. A lift is placed behind the last source of a priority. When it is looked at, it says that it is ready
 * and steps down to the lowest priority of all. That is then the priority of what GLib last found ready, so
 * it also looks at the sources below. This only takes calls of g_source_set_priority () in a source's own
 * prepare () and check (), during which the context is not locked. If they had no effect in some version of
 * GLib, it would just follow the priorities strictly. */
typedef struct _PillionLift PillionLift;

/* All functions belong to the thread that owns the context */
PillionLift *pillion_lift_new         (GMainContext *context);
void         pillion_lift_free        (PillionLift  *self);

/* Lifts the next g_main_context_prepare () over @priority */
void         pillion_lift_arm_prepare (PillionLift  *self,
                                       int           priority);

/* Lifts the g_main_context_check () that follows it */
void         pillion_lift_arm_check   (PillionLift  *self);

/* Disarms it, whether it was looked at or not */
void         pillion_lift_disarm      (PillionLift  *self);
