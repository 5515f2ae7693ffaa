/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "core/pillion-binding.h"

#include "core/pillion-wait.h"

__thread PillionCallback *pillion_wait_callback __attribute__ ((tls_model ("initial-exec")));

gboolean
pillion_wait_ask (void)
{
  PillionCallback *callback = pillion_callback_ref (pillion_wait_callback);
  PillionWaitFunc func = (PillionWaitFunc) callback->func;
  /* An interpreter runs signal handlers on its way into the function, which sees what they did when it is called again */
  gboolean is_over = func (callback->data) || func (callback->data);

  pillion_callback_unref (callback);
  return is_over;
}

/**
 * pillion_set_wait_func:
 * @func: (nullable) (scope notified) (closure user_data) (destroy destroy): tells whether to end a wait; %NULL for none
 * @user_data: data for @func
 * @destroy: frees @user_data when it is no longer needed
 *
 * For language bindings: sets the function that is asked on this thread, while it waits in [method@Pillion.Loop.run_until_complete],
 * [method@Pillion.Loop.close], [method@Pillion.Scope.close], [method@Pillion.TestHost.run_until_idle] or [method@Pillion.TickHost.run],
 * whether to continue. It is asked when a signal was delivered to the thread, and every 20 ms. An interpreter runs its signal
 * handlers in it, so that Ctrl-C ends the wait.
 *
 * A wait that ends early returns what it would for a time that is over, or fails with `G_IO_ERROR_CANCELLED`. Unset the function before the
 * thread ends.
 *
 * Since: 1.0
 */
void
pillion_set_wait_func (PillionWaitFunc func,
                       gpointer user_data,
                       GDestroyNotify destroy)
{
  PillionCallback *old = pillion_wait_callback;

  pillion_wait_callback = func != NULL ? pillion_callback_new (G_CALLBACK (func), user_data, destroy) : NULL;
  pillion_callback_unref (old);
}

/**
 * pillion_bytes_get_address:
 * @bytes: (nullable): bytes
 *
 * For language bindings that can read memory without copying it: gives the address of the data, which is valid as long as @bytes is
 * referenced. From any thread.
 *
 * Returns: the address; 0 if there are no bytes
 *
 * Since: 1.0
 */
guint64
pillion_bytes_get_address (GBytes *bytes)
{
  return bytes != NULL ? (guintptr) g_bytes_get_data (bytes, NULL) : 0;
}
