/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>

#include <pillion/pillion.h>

/* What the overrides for Python and GJS need beyond the public interface. It is exported and in the GIR,
 * where they find it, but in no installed header, in no vapi, and not in the reference. */

G_BEGIN_DECLS

/**
 * PillionWaitFunc:
 * @user_data: data for the function
 *
 * Checks whether the innermost wait on this thread has to end.
 *
 * Returns: whether it has to end
 *
 * Since: 1.0
 */
typedef gboolean (*PillionWaitFunc) (gpointer user_data);

PILLION_AVAILABLE_IN_1_0
void         pillion_set_wait_func            (PillionWaitFunc    func,
                                               gpointer           user_data,
                                               GDestroyNotify     destroy);

PILLION_AVAILABLE_IN_1_0
guint64      pillion_bytes_get_address        (GBytes            *bytes);

PILLION_AVAILABLE_IN_1_0
const guint8 *pillion_bytes_peek              (GBytes            *bytes,
                                               gsize              max,
                                               gsize             *size);

PILLION_AVAILABLE_IN_1_0
guint64     *pillion_outline_json             (GBytes            *text,
                                               gsize              max_part,
                                               gsize             *n_numbers);

/* The outcome of a task */
PILLION_AVAILABLE_IN_1_0
void         pillion_task_peek_value          (PillionTask       *self,
                                               GValue            *value);
PILLION_AVAILABLE_IN_1_0
GType        pillion_task_get_result_type     (PillionTask       *self);
PILLION_AVAILABLE_IN_1_0
PillionTask *pillion_task_get_source          (PillionTask       *self);

/* What a language's event loop does with its source, tasks and threads */
PILLION_AVAILABLE_IN_1_0
gboolean     pillion_poll_source_reuse        (PillionPollSource *self,
                                               int                fd);
PILLION_AVAILABLE_IN_1_0
gboolean     pillion_poll_source_watch_task   (PillionPollSource *self,
                                               PillionTask       *task);
PILLION_AVAILABLE_IN_1_0
gboolean     pillion_poll_source_give_up_task (PillionPollSource *self,
                                               PillionTask       *task);
PILLION_AVAILABLE_IN_1_0
PillionTask *pillion_poll_source_take_task    (PillionPollSource *self);
PILLION_AVAILABLE_IN_1_0
guint        pillion_poll_source_get_external (PillionPollSource *self);
PILLION_AVAILABLE_IN_1_0
void         pillion_poll_source_set_external (PillionPollSource *self,
                                               guint              n_external);

G_END_DECLS
