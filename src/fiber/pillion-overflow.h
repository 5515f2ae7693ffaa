/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

/* The fiber whose stack was too small */
typedef struct
{
  const char *name;
  const char *site; /* may be NULL */
  gsize size;       /* of its stack, in bytes */
} PillionOverflow;

/* Whether @address is in the guard of the stack that the calling thread is on; called in a signal handler */
typedef gboolean (*PillionOverflowFunc) (gconstpointer    address,
                                         PillionOverflow *overflow);

/* Says which fiber's stack was too small when it hits its guard, if the environment has PILLION_FIBER_GUARD=1: called on each thread
 * before a fiber runs there, with the same function each time. The process then gets a handler of SIGSEGV, and the thread a stack for
 * handlers unless it has one. Faults that are not about our guards go to the handler that was there before. */
void pillion_overflow_watch_thread (PillionOverflowFunc find);
