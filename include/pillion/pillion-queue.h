/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#if !defined (PILLION_INSIDE) && !defined (PILLION_COMPILATION)
#error "Only <pillion/pillion.h> can be included directly."
#endif

#include <pillion/pillion-task.h>

G_BEGIN_DECLS

#define PILLION_TYPE_QUEUE (pillion_queue_get_type ())
PILLION_AVAILABLE_IN_1_0
G_DECLARE_FINAL_TYPE (PillionQueue, pillion_queue, PILLION, QUEUE, GObject)

PILLION_AVAILABLE_IN_1_0
PillionQueue *pillion_queue_new          (PillionLoop    *loop,
                                          guint           capacity);
PILLION_AVAILABLE_IN_1_0
PillionLoop  *pillion_queue_get_loop     (PillionQueue   *self);
PILLION_AVAILABLE_IN_1_0
guint         pillion_queue_get_capacity (PillionQueue   *self);
PILLION_AVAILABLE_IN_1_0
guint         pillion_queue_get_length   (PillionQueue   *self);
PILLION_AVAILABLE_IN_1_0
PillionTask  *pillion_queue_put          (PillionQueue   *self,
                                          const GValue   *item);
PILLION_AVAILABLE_IN_1_0
PillionTask  *pillion_queue_put_object   (PillionQueue   *self,
                                          gpointer        item);
PILLION_AVAILABLE_IN_1_0
PillionTask  *pillion_queue_put_pointer  (PillionQueue   *self,
                                          gpointer        item,
                                          GDestroyNotify  destroy);
PILLION_AVAILABLE_IN_1_0
gboolean      pillion_queue_try_put      (PillionQueue   *self,
                                          const GValue   *item);
PILLION_AVAILABLE_IN_1_0
PillionTask  *pillion_queue_get          (PillionQueue   *self);
PILLION_AVAILABLE_IN_1_0
PillionTask  *pillion_queue_try_get      (PillionQueue   *self);
PILLION_AVAILABLE_IN_1_0
void          pillion_queue_close        (PillionQueue   *self);
PILLION_AVAILABLE_IN_1_0
gboolean      pillion_queue_is_closed    (PillionQueue   *self);

G_END_DECLS
