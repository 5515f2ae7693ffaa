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
} SvgRun;

char    *svg_report_draw  (const char    *title,
                           const SvgRun  *runs,
                           guint          n_runs);
gboolean svg_report_write (const char    *path,
                           const char    *title,
                           const SvgRun  *runs,
                           guint          n_runs,
                           GError       **error);

G_END_DECLS
