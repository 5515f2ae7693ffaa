/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "http/pillion-http-queue.h"

/* Downloads that wait for the disk and for nothing else. Each has its files open but no place in the client's queue, so if the disk is
 * slower than the network they become more and more, until the process may open no more files. That is why only so many may be here at a
 * time: while it is full, no download begins. Embedded, and all zero at first. It belongs to the I/O thread. */
typedef struct
{
  guint n_inside;
  GQueue waiting[PILLION_HTTP_QUEUE_N_PRIORITIES]; /* of PillionBacklogEntry */
} PillionBacklog;

/* A download, embedded in it. All zero at first. */
typedef struct
{
  gboolean inside;
  GQueue *queue; /* in which it waits, or NULL */
  GList link;
  void (*resume) (gpointer owner);
  gpointer owner;
} PillionBacklogEntry;

gboolean pillion_backlog_is_full (PillionBacklog      *self);

/* Calls @resume once when there is room again, which it may have lost by then. Those with a better priority come first, and then those that have
 * waited longest. */
void     pillion_backlog_wait    (PillionBacklog      *self,
                                  PillionBacklogEntry *entry,
                                  guint                priority,
                                  void               (*resume) (gpointer owner),
                                  gpointer             owner);

/* Goes in, full or not */
void     pillion_backlog_enter   (PillionBacklog      *self,
                                  PillionBacklogEntry *entry);

/* Goes out, or waits no longer; does nothing if it is not in. Others may be resumed. */
void     pillion_backlog_leave   (PillionBacklog      *self,
                                  PillionBacklogEntry *entry);
