/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <pillion/pillion.h>

/* Functions that call a closure, which is their data. A binding's closure costs the binding one reference, where a function of its own
 * costs it a piece of machine code that some never free. */

/* Takes a reference, sinking it if it floats, for one of the functions below */
GClosure    *pillion_closure_take      (GClosure     *closure);

/* The destroy function that goes with it; any thread */
void         pillion_closure_let_go    (gpointer      closure);

/* Each has the type of the function that it stands for. Where a closure is to give a task and gives nothing, as one does that has thrown an
 * exception, that is NULL. */
void         pillion_closure_call      (gpointer      closure);
void         pillion_closure_call_done (PillionTask  *task,
                                        gpointer      closure);
void         pillion_closure_work      (PillionTask  *task,
                                        GCancellable *cancellable,
                                        gpointer      closure);
void         pillion_closure_hook      (PillionLoop  *loop,
                                        gpointer      closure);
gint64       pillion_closure_poll      (PillionPollSource *source,
                                        gint64             deadline_usec,
                                        gpointer           closure);
PillionTask *pillion_closure_start     (gpointer      closure);
PillionTask *pillion_closure_number    (guint         number,
                                        gpointer      closure);
PillionTask *pillion_closure_then      (PillionTask  *task,
                                        gpointer      closure);
gboolean     pillion_closure_decide    (const GError *error,
                                        guint         attempt,
                                        gpointer      closure);
