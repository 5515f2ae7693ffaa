/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <pillion/pillion.h>

/* Functions that call a closure, which is their data. Bindings pass closures, because a C function made for a
 * callback costs them a piece of machine code, which some of them never free. */

/* Takes a reference for one of the functions below, and sinks a floating one. NULL stays NULL. */
GClosure    *pillion_closure_take      (GClosure     *closure);

/* The matching destroy function; works on any thread */
void         pillion_closure_let_go    (gpointer      closure);

/* Each has the type of the function that it stands in for. Those that return a task return NULL if the
 * closure does not return one, for example because it raised an exception. */
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
