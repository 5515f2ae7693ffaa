/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#if !defined (PILLION_INSIDE) && !defined (PILLION_COMPILATION)
#error "Only <pillion/pillion.h> can be included directly."
#endif

#include <pillion/pillion-types.h>

G_BEGIN_DECLS

#define PILLION_TYPE_COMPLETIONS (pillion_completions_get_type ())
PILLION_AVAILABLE_IN_1_0
G_DECLARE_FINAL_TYPE (PillionCompletions, pillion_completions, PILLION, COMPLETIONS, GObject)

PILLION_AVAILABLE_IN_1_0
PillionCompletions *pillion_completions_new        (PillionLoop         *loop,
                                                    PillionTask        **tasks,
                                                    gsize                n_tasks,
                                                    GError             **error);
PILLION_AVAILABLE_IN_1_0
PillionLoop        *pillion_completions_get_loop   (PillionCompletions  *self);
PILLION_AVAILABLE_IN_1_0
gboolean            pillion_completions_add        (PillionCompletions  *self,
                                                    PillionTask         *task,
                                                    GError             **error);
PILLION_AVAILABLE_IN_1_0
PillionTask        *pillion_completions_next       (PillionCompletions  *self);
PILLION_AVAILABLE_IN_1_0
PillionTask        *pillion_completions_try_next   (PillionCompletions  *self);
PILLION_AVAILABLE_IN_1_0
guint               pillion_completions_get_n_left (PillionCompletions  *self);

G_END_DECLS
