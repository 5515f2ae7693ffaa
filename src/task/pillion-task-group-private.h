/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "base/pillion-callback.h"
#include "task/pillion-combinator.h"

/* The body of a task that is made of a set of tasks. A map also starts them. */

typedef enum
{
  PILLION_GROUP_ALL,
  PILLION_GROUP_SETTLE,
  PILLION_GROUP_ANY,
  PILLION_GROUP_RACE,
  PILLION_GROUP_MAP,
} PillionGroupKind;

typedef struct
{
  PillionTask *task;
  guint id; /* of the callback; 0 if the child isn't waited for */
} PillionGroupChild;

typedef struct _PillionGroup PillionGroup;

/* What only map has */
typedef struct
{
  PillionGroup *group;
  PillionItem item;          /* calls the function; has a reference to the task while it is queued */
  gboolean queued;           /* or running */
  PillionCallback *callback; /* NULL once it won't be called any more */
  guint n_inputs;
  guint limit;
} PillionGroupStarter;

struct _PillionGroup
{
  PillionCombinator parent;
  PillionGroupKind kind;
  GArray *children;    /* of PillionGroupChild */
  guint n_waiting;     /* how many children are waited for */
  gboolean stopped;    /* whether the rest was cancelled, and nothing more starts */
  gboolean cancelled;  /* whether that was because the task was cancelled */
  PillionTask *winner; /* of any and race; no reference */
  GError *error;       /* of map's function */
  PillionGroupStarter *starter;
};

/* Makes the task. Its body is NULL if the loop is closed. */
PillionTask *pillion_group_new               (PillionLoop      *loop,
                                              PillionGroupKind  kind,
                                              gsize             n_children,
                                              GCancellable     *cancellable);

/* Waits for a child, whose reference it takes */
void         pillion_group_add_child         (PillionGroup     *self,
                                              PillionTask      *task);

/* Cancels the children that are pending, except those that something else waits for */
void         pillion_group_stop              (PillionGroup     *self);

/* Whether the map has inputs left, and hasn't been stopped */
gboolean     pillion_group_has_more_to_start (PillionGroup     *self);

/* Starts the next child of a map if there is room, or ends the task if there is nothing left to wait for */
void         pillion_group_go_on             (PillionGroup     *self);
