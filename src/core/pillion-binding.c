/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "core/pillion-binding.h"

#include "base/pillion-json-outline.h"
#include "core/pillion-interrupt.h"

__thread PillionCallback *pillion_interrupt_callback __attribute__ ((tls_model ("initial-exec")));

gboolean
pillion_interrupt_ask (void)
{
  PillionCallback *callback = pillion_callback_ref (pillion_interrupt_callback);
  PillionWaitFunc func = (PillionWaitFunc) callback->func;
  /* An interpreter runs signal handlers on its way into the function, which sees what they did when it is
   * called again */
  gboolean is_over = func (callback->data) || func (callback->data);

  pillion_callback_unref (callback);
  return is_over;
}

/**
 * pillion_set_wait_func:
 * @func: (nullable) (scope notified) (closure user_data) (destroy destroy): returns whether to end a wait;
 *   %NULL to unset it
 * @user_data: data for @func
 * @destroy: frees @user_data when it is no longer needed
 *
 * For language bindings: sets a function that is asked on this thread whether to continue while it waits in
 * [method@Pillion.Loop.run_until_complete], [method@Pillion.Loop.close], [method@Pillion.Scope.close],
 * [method@Pillion.TestHost.run_until_idle] or [method@Pillion.TickHost.run]. It is asked when a signal was
 * delivered to the thread, and every 20 ms. An interpreter runs its signal handlers in it, so that Ctrl-C
 * ends the wait.
 *
 * A wait that ends early returns as if its time were up, or fails with `G_IO_ERROR_CANCELLED`. Unset the
 * function before the thread ends.
 *
 * Since: 1.0
 */
void
pillion_set_wait_func (PillionWaitFunc func,
                       gpointer user_data,
                       GDestroyNotify destroy)
{
  PillionCallback *old = pillion_interrupt_callback;

  pillion_interrupt_callback = pillion_callback_new (G_CALLBACK (func), user_data, destroy);
  pillion_callback_unref (old);
}

/**
 * pillion_bytes_get_address:
 * @bytes: (nullable): bytes
 *
 * For language bindings that can read memory without copying it: gets the address of the data, which is valid
 * as long as @bytes is referenced. From any thread.
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

/**
 * pillion_bytes_peek:
 * @bytes: bytes
 * @max: how many bytes to get at most
 * @size: (out): how many bytes there are
 *
 * For language bindings: gets the data of @bytes if they are few. A binding that copies small data at once, and large data in another way,
 * finds out which by one call. From any thread.
 *
 * Returns: (transfer none) (array length=size) (nullable): the data; %NULL if there are none, or more than @max
 *
 * Since: 1.0
 */
const guint8 *
pillion_bytes_peek (GBytes *bytes,
                    gsize max,
                    gsize *size)
{
  const guint8 *data;

  g_return_val_if_fail (bytes != NULL, NULL);
  g_return_val_if_fail (size != NULL, NULL);

  data = g_bytes_get_data (bytes, size);
  if (*size <= max)
    return data;

  *size = 0;
  return NULL;
}

/**
 * pillion_outline_json:
 * @text: a JSON text, in UTF-8
 * @max_part: how large a part may be, in bytes
 * @n_numbers: (out): how many numbers there are
 *
 * For language bindings that parse JSON in slices: divides a text into parts of about @max_part bytes that
 * can be parsed one by one. Each step of the outline has three numbers: what it is, where its part of the
 * text begins, and where it ends.
 *
 * - 0: a value; there is nothing else in the text
 * - 1, 2: an array or an object begins, and ends with step 7
 * - 3: whole elements or members of it, with commas between them
 * - 4: the key of the value that comes next
 * - 5: a string begins, and ends with step 7
 * - 6: a part of the inside of the string
 * - 8: the text is not valid here; nothing follows
 *
 * It only looks at the structure. Other errors are found when the parts are parsed. From any thread.
 *
 * Returns: (transfer full) (array length=n_numbers): the steps
 *
 * Since: 1.0
 */
guint64 *
pillion_outline_json (GBytes *text,
                      gsize max_part,
                      gsize *n_numbers)
{
  g_autoptr (GArray) steps = NULL;
  gsize length;
  const char *data;

  g_return_val_if_fail (text != NULL, NULL);
  g_return_val_if_fail (max_part > 0, NULL);
  g_return_val_if_fail (n_numbers != NULL, NULL);

  data = g_bytes_get_data (text, &length);
  if (data == NULL)
    data = "";
  steps = pillion_json_outline (data, length, max_part);
  return g_array_steal (steps, n_numbers);
}
