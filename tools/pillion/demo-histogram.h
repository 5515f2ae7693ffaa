/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "frame-stats.h"

G_BEGIN_DECLS

typedef struct
{
  const char *name;
  const FrameStats *stats;
} DemoColumn;

char *demo_histogram_draw (const DemoColumn *columns,
                           guint             n_columns,
                           guint             width,
                           gboolean          colours);

G_END_DECLS
