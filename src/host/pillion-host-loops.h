/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <pillion/pillion.h>

/* The loops of a host that kicks them itself. Embedded. The references are weak: a loop leaves when it is finalized. */
typedef struct
{
  GPtrArray *riding;
  GPtrArray *away; /* out of work */
} PillionHostLoops;

void  pillion_host_loops_init   (PillionHostLoops *self);
void  pillion_host_loops_clear  (PillionHostLoops *self);

/* For the host's functions of the same names */
void  pillion_host_loops_add    (PillionHostLoops *self,
                                 PillionLoop      *loop);
void  pillion_host_loops_remove (PillionHostLoops *self,
                                 PillionLoop      *loop);

/* Kicks all loops that ride, and those that were out of work until another thread brought some. Returns how many. */
guint pillion_host_loops_kick   (PillionHostLoops *self);
