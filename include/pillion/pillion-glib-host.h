/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#if !defined (PILLION_INSIDE) && !defined (PILLION_COMPILATION)
#error "Only <pillion/pillion.h> can be included directly."
#endif

#include <pillion/pillion-host.h>

G_BEGIN_DECLS

#define PILLION_TYPE_GLIB_HOST (pillion_glib_host_get_type ())
PILLION_AVAILABLE_IN_1_0
G_DECLARE_FINAL_TYPE (PillionGlibHost, pillion_glib_host, PILLION, GLIB_HOST, GObject)

PILLION_AVAILABLE_IN_1_0
PillionGlibHost *pillion_glib_host_new         (const char      *name,
                                                GMainContext    *context);
PILLION_AVAILABLE_IN_1_0
GMainContext    *pillion_glib_host_get_context (PillionGlibHost *self);

G_END_DECLS
