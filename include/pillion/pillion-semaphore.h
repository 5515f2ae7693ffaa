/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#if !defined (PILLION_INSIDE) && !defined (PILLION_COMPILATION)
#error "Only <pillion/pillion.h> can be included directly."
#endif

#include <pillion/pillion-task.h>

G_BEGIN_DECLS

#define PILLION_TYPE_SEMAPHORE (pillion_semaphore_get_type ())
PILLION_AVAILABLE_IN_1_0
G_DECLARE_FINAL_TYPE (PillionSemaphore, pillion_semaphore, PILLION, SEMAPHORE, GObject)

PILLION_AVAILABLE_IN_1_0
PillionSemaphore *pillion_semaphore_new           (PillionLoop       *loop,
                                                   guint              permits);
PILLION_AVAILABLE_IN_1_0
PillionLoop      *pillion_semaphore_get_loop      (PillionSemaphore  *self);
PILLION_AVAILABLE_IN_1_0
guint             pillion_semaphore_get_permits   (PillionSemaphore  *self);
PILLION_AVAILABLE_IN_1_0
guint             pillion_semaphore_get_available (PillionSemaphore  *self);
PILLION_AVAILABLE_IN_1_0
PillionTask      *pillion_semaphore_acquire       (PillionSemaphore  *self);
PILLION_AVAILABLE_IN_1_0
gboolean          pillion_semaphore_try_acquire   (PillionSemaphore  *self);
PILLION_AVAILABLE_IN_1_0
gboolean          pillion_semaphore_release       (PillionSemaphore  *self,
                                                   GError           **error);

G_END_DECLS
