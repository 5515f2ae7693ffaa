/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

GOptionContext *serve_new_context (void);
int             serve_main        (int    argc,
                                   char **argv);

G_END_DECLS
