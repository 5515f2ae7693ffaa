/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>

#include <pillion/pillion.h>

/* What the bindings need beside the public interface. It is in the GIR, because they find it there, and in no installed header. */

G_BEGIN_DECLS

/**
 * PillionWaitFunc:
 * @user_data: data for the function
 *
 * Checks whether the innermost wait on this thread is to end.
 *
 * Returns: whether it is
 *
 * Since: 1.0
 */
typedef gboolean (*PillionWaitFunc) (gpointer user_data);

PILLION_AVAILABLE_IN_1_0
void     pillion_set_wait_func     (PillionWaitFunc func,
                                    gpointer        user_data,
                                    GDestroyNotify  destroy);

PILLION_AVAILABLE_IN_1_0
guint64  pillion_bytes_get_address (GBytes         *bytes);

PILLION_AVAILABLE_IN_1_0
guint64 *pillion_outline_json      (GBytes         *text,
                                    gsize           max_part,
                                    gsize          *n_numbers);

G_END_DECLS
