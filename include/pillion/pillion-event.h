/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#if !defined (PILLION_INSIDE) && !defined (PILLION_COMPILATION)
#error "Only <pillion/pillion.h> can be included directly."
#endif

#include <pillion/pillion-task.h>

G_BEGIN_DECLS

#define PILLION_TYPE_EVENT (pillion_event_get_type ())
PILLION_AVAILABLE_IN_1_0
G_DECLARE_FINAL_TYPE (PillionEvent, pillion_event, PILLION, EVENT, GObject)

PILLION_AVAILABLE_IN_1_0
PillionEvent *pillion_event_new      (PillionLoop  *loop);
PILLION_AVAILABLE_IN_1_0
PillionLoop  *pillion_event_get_loop (PillionEvent *self);
PILLION_AVAILABLE_IN_1_0
gboolean      pillion_event_is_set   (PillionEvent *self);
PILLION_AVAILABLE_IN_1_0
void          pillion_event_set      (PillionEvent *self);
PILLION_AVAILABLE_IN_1_0
void          pillion_event_clear    (PillionEvent *self);
PILLION_AVAILABLE_IN_1_0
PillionTask  *pillion_event_wait     (PillionEvent *self);

G_END_DECLS
