/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <pillion/pillion.h>

#include "http/pillion-http-engine.h"

typedef struct _PillionCall PillionCall;

/* Lets the loop's thread pause the call of a task. It is small and outlives the call, so that the task can
 * keep it. */
typedef struct
{
  int n_references;  /* atomic */
  PillionCall *call; /* NULL once the call has ended; for the I/O thread */
  const PillionHttpEngine *engine; /* only to be compared: it may be gone once the call has ended */
  gboolean paused;   /* whether it should be; for the loop's thread */
} PillionPause;

/* Makes one, and returns a reference for the call; the task gets another one */
PillionPause *pillion_pause_new     (PillionTask       *task,
                                     PillionCall       *call,
                                     PillionHttpEngine *engine);
PillionPause *pillion_pause_ref     (PillionPause      *self);
void          pillion_pause_unref   (PillionPause      *self);

/* Gets that of a task (transfer none), or NULL if the task can't be paused */
PillionPause *pillion_pause_of_task (PillionTask       *task);
