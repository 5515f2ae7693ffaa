/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "frame-stats.h"

#include <pillion/pillion.h>

G_BEGIN_DECLS

/* What the kicks of one run did, according to their reports */
typedef struct
{
  guint n;
  guint64 items;
  gint64 longest;
  gint64 overshoot_max;
  guint overshot;
} StageKicks;

typedef void (*StageFrameFunc) (guint    frame,
                                gpointer user_data);

/* A simulated host that animates, and kicks a guest loop once per frame, after drawing the picture */
typedef struct
{
  PillionTickHost *host;
  PillionHost *seat;
  PillionLoop *loop;
  gboolean riding;
  double rate;
  gint64 budget;
  StageKicks kicks;
  gint64 frame_started;
  GArray *recent;
  StageFrameFunc func;
  gpointer user_data;
} Stage;

#define STAGE_BUDGET_AUTO -1
#define STAGE_RECENT 240

Stage        *stage_new             (const char      *name,
                                     double           rate,
                                     gint64           budget_usec,
                                     gint64           work_usec,
                                     GError         **error);
void          stage_free            (Stage           *self);
void          stage_run             (Stage           *self,
                                     StageFrameFunc   func,
                                     gpointer         user_data);
void          stage_quit            (Stage           *self);
const gint64 *stage_get_recent      (Stage           *self,
                                     guint            max,
                                     guint           *n);
FrameStats   *stage_get_stats       (Stage           *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Stage, stage_free)

G_END_DECLS
