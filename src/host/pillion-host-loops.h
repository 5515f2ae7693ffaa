/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <pillion/pillion.h>

/* The loops of a host that kicks them itself. Embedded. It belongs to the host's thread, but keeps no loop alive: one may end at any time, on any
 * thread. */
typedef struct
{
  GPtrArray *riding; /* of GWeakRef */
  GPtrArray *away;   /* likewise: those out of work */
} PillionHostLoops;

void       pillion_host_loops_init   (PillionHostLoops *self);
void       pillion_host_loops_clear  (PillionHostLoops *self);

/* For the host's functions of the same names */
void       pillion_host_loops_add    (PillionHostLoops *self,
                                      PillionLoop      *loop);
void       pillion_host_loops_remove (PillionHostLoops *self,
                                      PillionLoop      *loop);

/* Those that ride, with references */
GPtrArray *pillion_host_loops_list   (PillionHostLoops *self);

/* Kicks all loops that ride, and those that were out of work until another thread brought some. Returns how many. */
guint      pillion_host_loops_kick   (PillionHostLoops *self);
