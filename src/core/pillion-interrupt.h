/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib-object.h>

#include "base/pillion-callback.h"

/* Interrupts calls that block a thread (run-until, close, the hosts for tests), as Ctrl-C does in Python. A
 * signal ends the sleep of the thread that it is delivered to, unless it comes between the last check and the
 * sleep. That is why sleeps have a limit. */

/* The longest sleep of a thread that has a function to ask, in µs */
#define PILLION_INTERRUPT_SLICE_USEC 20000

/* The function to ask on this thread, or NULL */
extern __thread PillionCallback *pillion_interrupt_callback __attribute__ ((tls_model ("initial-exec")));

/* Asks the function whether the blocking call has to return */
gboolean pillion_interrupt_ask (void);

static inline gboolean
pillion_interrupt_is_due (void)
{
  return G_UNLIKELY (pillion_interrupt_callback != NULL) && pillion_interrupt_ask ();
}

/* Shortens a timeout in µs (negative: none) to how long the thread may sleep at a time */
static inline gint64
pillion_interrupt_limit (gint64 timeout)
{
  if (G_LIKELY (pillion_interrupt_callback == NULL))
    return timeout;
  return timeout < 0 ? PILLION_INTERRUPT_SLICE_USEC : MIN (timeout, PILLION_INTERRUPT_SLICE_USEC);
}
