/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "core/pillion-private.h"

static inline void
test_io_thread_came (gpointer has_come)
{
  g_atomic_int_set ((int *) has_come, TRUE);
}

/* Waits until the I/O thread has started, and has taken all that it was given so far, such as calls, which are in the queue then, or share a
 * request */
static inline void
test_wait_io_thread (void)
{
  PillionIoThread *io = pillion_private_io_thread_ref (NULL);
  int has_come = FALSE;

  pillion_private_io_thread_post (io, test_io_thread_came, &has_come);
  while (!g_atomic_int_get (&has_come))
    g_thread_yield ();
  pillion_private_io_thread_unref (io);
}
