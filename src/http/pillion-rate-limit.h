/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

/* A rate that several transfers may share. They take turns: each reserves the next slice of time, in which it
 * may move some bytes. Starts as all zero. */
typedef struct
{
  gint64 rate; /* bytes per second */
  gint64 next; /* the end of the reserved time */
} PillionRateLimit;

/* How many bytes to reserve at once at a rate, or without a rate if that is 0 */
gsize  pillion_rate_limit_get_slice (gint64            rate);

/* Returns when this many bytes may be moved, on the clock of @now */
gint64 pillion_rate_limit_reserve   (PillionRateLimit *self,
                                     gint64            rate,
                                     gsize             n,
                                     gint64            now);

/* So many of the bytes that were reserved are not moved: others may move as many, after what is reserved already. @rate is the one at which they were
 * reserved. */
void   pillion_rate_limit_give_back (PillionRateLimit *self,
                                     gint64            rate,
                                     gsize             n);
