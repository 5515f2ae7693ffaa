/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

GOptionContext *cache_new_context (void);
int             cache_main        (int    argc,
                                   char **argv);

G_END_DECLS
