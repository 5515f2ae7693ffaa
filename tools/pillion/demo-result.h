/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "frame-stats.h"

#include <gio/gio.h>

G_BEGIN_DECLS

/* The addresses that have to fail */
typedef enum
{
  DEMO_SLOW,
  DEMO_FAILING,
  DEMO_TRUNCATED,
  DEMO_N_BAD,
} DemoBad;

/* The result of the job, done in one way or the other */
typedef struct
{
  gboolean catalogue;
  guint n_thumbnails;
  guint thumbnails;
  gint64 big_size;
  gint64 big_completed;
  gboolean big;
  GError *bad[DEMO_N_BAD];
  gboolean bad_as_promised[DEMO_N_BAD];
  GError *trouble;
  gint64 started;
  gint64 ended;
  FrameStats *stats;
} DemoResult;

const char *demo_bad_get_path     (DemoBad           bad);

DemoResult *demo_result_new       (void);
void        demo_result_free      (DemoResult       *self);
void        demo_result_trouble   (DemoResult       *self,
                                   GError           *error);
void        demo_result_end       (DemoResult       *self);
gboolean    demo_result_is_well   (const DemoResult *self);
void        demo_result_print     (const DemoResult *self,
                                   const char       *title,
                                   const char       *base_url);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (DemoResult, demo_result_free)

G_END_DECLS
