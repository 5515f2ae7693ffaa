/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#if !defined (PILLION_INSIDE) && !defined (PILLION_COMPILATION)
#error "Only <pillion/pillion.h> can be included directly."
#endif

#include <pillion/pillion-host.h>

G_BEGIN_DECLS

#define PILLION_TYPE_TICK_HOST (pillion_tick_host_get_type ())
PILLION_AVAILABLE_IN_1_0
G_DECLARE_FINAL_TYPE (PillionTickHost, pillion_tick_host, PILLION, TICK_HOST, GObject)

PILLION_AVAILABLE_IN_1_0
PillionTickHost *pillion_tick_host_new             (const char      *name,
                                                    double           rate);
PILLION_AVAILABLE_IN_1_0
double           pillion_tick_host_get_rate        (PillionTickHost *self);
PILLION_AVAILABLE_IN_1_0
gint64           pillion_tick_host_get_work_usec   (PillionTickHost *self);
PILLION_AVAILABLE_IN_1_0
void             pillion_tick_host_set_work_usec   (PillionTickHost *self,
                                                    gint64           work_usec);
PILLION_AVAILABLE_IN_1_0
void             pillion_tick_host_add_stall       (PillionTickHost *self,
                                                    guint            frame,
                                                    GTimeSpan        duration);
PILLION_AVAILABLE_IN_1_0
guint            pillion_tick_host_run             (PillionTickHost *self,
                                                    guint            max_frames);
PILLION_AVAILABLE_IN_1_0
void             pillion_tick_host_quit            (PillionTickHost *self);
PILLION_AVAILABLE_IN_1_0
guint            pillion_tick_host_get_frames      (PillionTickHost *self);
PILLION_AVAILABLE_IN_1_0
guint            pillion_tick_host_get_late_frames (PillionTickHost *self);
PILLION_AVAILABLE_IN_1_0
gint64          *pillion_tick_host_get_frame_times (PillionTickHost *self,
                                                    gsize           *n_times);
PILLION_AVAILABLE_IN_1_0
gint64          *pillion_tick_host_get_kick_times  (PillionTickHost *self,
                                                    gsize           *n_times);

G_END_DECLS
