/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#if !defined (PILLION_INSIDE) && !defined (PILLION_COMPILATION)
#error "Only <pillion/pillion.h> can be included directly."
#endif

#include <pillion/pillion-host.h>

G_BEGIN_DECLS

#define PILLION_TYPE_TEST_HOST (pillion_test_host_get_type ())
PILLION_AVAILABLE_IN_1_0
G_DECLARE_FINAL_TYPE (PillionTestHost, pillion_test_host, PILLION, TEST_HOST, GObject)

PILLION_AVAILABLE_IN_1_0
PillionTestHost *pillion_test_host_new            (void);
PILLION_AVAILABLE_IN_1_0
guint            pillion_test_host_advance        (PillionTestHost *self,
                                                   GTimeSpan        delta);
PILLION_AVAILABLE_IN_1_0
guint            pillion_test_host_run_until_idle (PillionTestHost *self);

G_END_DECLS
