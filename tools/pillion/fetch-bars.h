/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "stage.h"
#include "term.h"

G_BEGIN_DECLS

void fetch_bars_draw       (Term       *term,
                            GPtrArray  *files,
                            GPtrArray  *rows,
                            Stage      *stage,
                            double      rate,
                            guint       step);
void fetch_bars_draw_stage (Term       *term,
                            Stage      *stage,
                            guint       label_cells);

G_END_DECLS
