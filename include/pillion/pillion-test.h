/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#if !defined (PILLION_INSIDE) && !defined (PILLION_COMPILATION)
#error "Only <pillion/pillion.h> can be included directly."
#endif

#include <pillion/pillion-loop.h>

G_BEGIN_DECLS

/**
 * PillionTestFunc: (skip)
 * @loop: the test's own loop
 * @user_data: the data that was passed with the function
 *
 * The body of a test. It runs in a fiber of @loop, which rides on a [class@Pillion.TestHost]: it may wait, and time passes at once.
 *
 * Since: 1.0
 */
typedef void (*PillionTestFunc) (PillionLoop *loop,
                                 gpointer     user_data);

PILLION_AVAILABLE_IN_1_0
void pillion_test_add_func      (const char       *path,
                                 PillionTestFunc   func);
PILLION_AVAILABLE_IN_1_0
void pillion_test_add_data_func (const char       *path,
                                 gpointer          user_data,
                                 PillionTestFunc   func);

G_END_DECLS
