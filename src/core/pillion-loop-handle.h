/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "core/pillion-core.h"

/* Lets other threads reach a loop without ever holding a reference to it. With a GWeakRef, such a thread would hold
 * one for a moment, which may turn out to be the last: the loop would end on that thread, with all that it has. Can be
 * used on any thread. */

/* A loop's handle. It belongs to the loop: take a reference to keep it for longer. */
PillionLoopHandle *pillion_loop_handle_get       (PillionLoop       *loop);
PillionLoopHandle *pillion_loop_handle_ref       (PillionLoopHandle *self);
void               pillion_loop_handle_unref     (PillionLoopHandle *self);

/* Whether the calling thread is the loop's */
gboolean           pillion_loop_handle_on_thread (PillionLoopHandle *self);

/* Puts an item at the end of the loop's ready queue. If the loop is gone or closed, the item is dropped at once. */
void               pillion_loop_handle_push      (PillionLoopHandle *self,
                                                  PillionItem       *item);

/* For the loop: nobody reaches it by a handle from now on */
void               pillion_loop_handle_detach    (PillionLoop       *loop);

/* The same in the child of a fork (), where other threads may have been in the middle of something */
void               pillion_loop_handle_forked    (PillionLoopHandle *self);
