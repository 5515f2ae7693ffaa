/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <pillion/pillion.h>

/* The part of a body that has arrived but was not read yet, between the I/O thread, which adds to it, and the
 * loop's thread, which takes from it. It holds 1 MiB, so a host that stops reading stops the server. For a
 * host that lets a full ring wait but empties it then, such as one that reads once a frame, the ring grows to
 * about twice what comes in a frame, within a limit that all streams of the process share. References may be taken and dropped on any thread. */
typedef struct _PillionRing PillionRing;

/* @get_now tells the time in µs, on any thread */
PillionRing *pillion_ring_new           (gint64       (*get_now) (void));
PillionRing *pillion_ring_ref           (PillionRing   *self);
void         pillion_ring_unref         (PillionRing   *self);

/* On the I/O thread */

/* How many bytes may be added, and where they can be read to, so that they need not be copied, or NULL. 0:
 * pillion_ring_take () will ask for more. */
guint8      *pillion_ring_get_room      (PillionRing   *self,
                                         gsize         *size);
void         pillion_ring_add           (PillionRing   *self,
                                         const guint8  *bytes,
                                         gsize          length);

/* The body is complete, or @error, which is taken, tells why it is not */
void         pillion_ring_end           (PillionRing   *self,
                                         GError        *error);

/* On the loop's thread */

typedef enum
{
  PILLION_RING_EMPTY,
  PILLION_RING_BYTES,
  PILLION_RING_END,
  PILLION_RING_ERROR,
} PillionRingState;

/* Takes at most @max bytes (0: without limit) from the oldest block; none at the end. Sets @wants_more if the
 * I/O thread has stopped adding, and has to be told that there is credit again. */
PillionRingState pillion_ring_take      (PillionRing   *self,
                                         gsize          max,
                                         GBytes       **bytes,
                                         gboolean      *wants_more,
                                         GError       **error);

/* Puts back what was taken last. A waiting task gets it. */
void         pillion_ring_put_back      (PillionRing   *self,
                                         GBytes        *bytes);

/* Has @task return what would be taken, as soon as there is something. Returns FALSE if there is something
 * already. Only one task can wait. */
gboolean     pillion_ring_wait          (PillionRing   *self,
                                         gsize          max,
                                         PillionTask   *task);

/* On any thread: @task is no longer wanted. Returns FALSE if it is not waiting: then it has an outcome, or is
 * about to get one. */
gboolean     pillion_ring_forget        (PillionRing   *self,
                                         PillionTask   *task);
gboolean     pillion_ring_is_waiting    (PillionRing   *self);
