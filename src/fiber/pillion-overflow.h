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

/* If PILLION_FIBER_GUARD=1 is in the environment, reports the fiber whose stack was too small when it hits the guard. Called on each thread
 * before a fiber runs there, always with the same function. It installs a handler of SIGSEGV for the process, and a stack for handlers
 * unless the thread has one. Other faults go to the previous handler. */
void pillion_overflow_watch_thread (PillionOverflowFunc find);
