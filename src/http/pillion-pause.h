/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <pillion/pillion.h>

#include "http/pillion-http-engine.h"

typedef struct _PillionCall PillionCall;

/* Lets the loop's thread pause a call that its task stands for. It outlives the call, and is a small thing that the task can keep. */
typedef struct
{
  int n_references;  /* atomic */
  PillionCall *call; /* NULL once the call has ended; for the I/O thread */
  const PillionHttpEngine *engine; /* only to be compared: it may be gone once the call has ended */
  gboolean paused;   /* whether it is to be; for the loop's thread */
} PillionPause;

/* Returns a new one, with a reference that is the call's; the task gets another one */
PillionPause *pillion_pause_new     (PillionTask       *task,
                                     PillionCall       *call,
                                     PillionHttpEngine *engine);
PillionPause *pillion_pause_ref     (PillionPause      *self);
void          pillion_pause_unref   (PillionPause      *self);

/* That of a task, or NULL if it can't be paused. No reference is given. */
PillionPause *pillion_pause_of_task (PillionTask       *task);
