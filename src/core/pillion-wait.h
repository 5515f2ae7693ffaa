/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib-object.h>

#include "base/pillion-callback.h"

/* How the waits of a thread (run-until, close, the hosts of tests) are interrupted. A signal ends the sleep of the thread that it is
 * delivered to, but between the last look and the sleep it would be missed: hence the limit. */

/* How long a wait sleeps at most while it has to poll, in µs */
#define PILLION_WAIT_SLICE_USEC 20000

/* The function to ask on this thread, or NULL */
extern __thread PillionCallback *pillion_wait_callback __attribute__ ((tls_model ("initial-exec")));

/* Asks whether the innermost wait of this thread is to end */
gboolean pillion_wait_ask (void);

static inline gboolean
pillion_wait_is_interrupted (void)
{
  return G_UNLIKELY (pillion_wait_callback != NULL) && pillion_wait_ask ();
}

/* A timeout in µs, less than 0 for none, as long as a wait may sleep at a stretch */
static inline gint64
pillion_wait_limit (gint64 timeout)
{
  if (G_LIKELY (pillion_wait_callback == NULL))
    return timeout;
  return timeout < 0 ? PILLION_WAIT_SLICE_USEC : MIN (timeout, PILLION_WAIT_SLICE_USEC);
}
