/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "stage.h"

G_BEGIN_DECLS

char *summary_describe_frames (const FrameStats  *stats);
char *summary_describe_kicks  (const StageKicks  *kicks,
                               gint64             budget);

G_END_DECLS
