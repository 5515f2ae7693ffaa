/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

void     interrupt_init           (void);
int      interrupt_get_signal     (void);
int      interrupt_get_fd         (void);
void     interrupt_set_terminal   (int         fd,
                                   const char *leave,
                                   const char *enter);

G_END_DECLS
