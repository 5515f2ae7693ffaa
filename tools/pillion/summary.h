/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "stage.h"

G_BEGIN_DECLS

void summary_print_frames (const FrameStats *stats);
void summary_print_kicks  (const StageKicks *kicks,
                           gint64            budget);

G_END_DECLS
