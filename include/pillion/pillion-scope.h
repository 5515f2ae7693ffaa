/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#if !defined (PILLION_INSIDE) && !defined (PILLION_COMPILATION)
#error "Only <pillion/pillion.h> can be included directly."
#endif

#include <pillion/pillion-task.h>

G_BEGIN_DECLS

#define PILLION_TYPE_SCOPE (pillion_scope_get_type ())
PILLION_AVAILABLE_IN_1_0
G_DECLARE_FINAL_TYPE (PillionScope, pillion_scope, PILLION, SCOPE, GObject)

/**
 * PillionStartFunc:
 * @user_data: (closure): the data that was passed with the function
 *
 * A function that starts work when there is room for it. It is called once, in a kick, on the loop's thread.
 *
 * Returns: (transfer full) (nullable): the task of the work that was started, or %NULL if that failed
 *
 * Since: 1.0
 */
typedef PillionTask *(*PillionStartFunc) (gpointer user_data);

PILLION_AVAILABLE_IN_1_0
PillionScope *pillion_scope_new                 (PillionLoop       *loop,
                                                 const char        *name,
                                                 GError           **error);
PILLION_AVAILABLE_IN_1_0
PillionScope *pillion_scope_new_child           (PillionScope      *parent,
                                                 const char        *name,
                                                 GError           **error);
PILLION_AVAILABLE_IN_1_0
PillionScope *pillion_scope_find                (PillionLoop       *loop,
                                                 const char        *name);

PILLION_AVAILABLE_IN_1_0
PillionLoop  *pillion_scope_get_loop            (PillionScope      *self);
PILLION_AVAILABLE_IN_1_0
const char   *pillion_scope_get_name            (PillionScope      *self);
PILLION_AVAILABLE_IN_1_0
PillionScope *pillion_scope_get_parent          (PillionScope      *self);
PILLION_AVAILABLE_IN_1_0
GPtrArray    *pillion_scope_get_children        (PillionScope      *self);
PILLION_AVAILABLE_IN_1_0
guint         pillion_scope_get_limit           (PillionScope      *self);
PILLION_AVAILABLE_IN_1_0
void          pillion_scope_set_limit           (PillionScope      *self,
                                                 guint              limit);
PILLION_AVAILABLE_IN_1_0
gboolean      pillion_scope_get_cancel_on_error (PillionScope      *self);
PILLION_AVAILABLE_IN_1_0
void          pillion_scope_set_cancel_on_error (PillionScope      *self,
                                                 gboolean           cancel_on_error);
PILLION_AVAILABLE_IN_1_0
guint         pillion_scope_get_live_tasks      (PillionScope      *self);
PILLION_AVAILABLE_IN_1_0
GListModel   *pillion_scope_observe_tasks       (PillionScope      *self);
PILLION_AVAILABLE_IN_1_0
gboolean      pillion_scope_is_closed           (PillionScope      *self);

PILLION_AVAILABLE_IN_1_0
gboolean      pillion_scope_add                 (PillionScope      *self,
                                                 PillionTask       *task,
                                                 GError           **error);
PILLION_AVAILABLE_IN_1_0
gboolean      pillion_scope_add_with_key        (PillionScope      *self,
                                                 const char        *key,
                                                 PillionTask       *task,
                                                 GError           **error);
PILLION_AVAILABLE_IN_1_0
PillionTask  *pillion_scope_find_task           (PillionScope      *self,
                                                 const char        *key);
PILLION_AVAILABLE_IN_1_0
PillionTask  *pillion_scope_adopt               (PillionScope      *self,
                                                 const char        *key);
PILLION_AVAILABLE_IN_1_0
PillionTask  *pillion_scope_start               (PillionScope      *self,
                                                 const char        *name,
                                                 PillionStartFunc   func,
                                                 gpointer           user_data,
                                                 GDestroyNotify     destroy);
PILLION_AVAILABLE_IN_1_0
PillionTask  *pillion_scope_start_closure       (PillionScope      *self,
                                                 const char        *name,
                                                 GClosure          *closure);

PILLION_AVAILABLE_IN_1_0
guint         pillion_scope_get_n_failed        (PillionScope      *self);
PILLION_AVAILABLE_IN_1_0
GPtrArray    *pillion_scope_take_failed         (PillionScope      *self);
PILLION_AVAILABLE_IN_1_0
PillionTask  *pillion_scope_join                (PillionScope      *self);
PILLION_AVAILABLE_IN_1_0
void          pillion_scope_cancel              (PillionScope      *self);
PILLION_AVAILABLE_IN_1_0
gboolean      pillion_scope_close               (PillionScope      *self,
                                                 GTimeSpan          timeout,
                                                 GError           **error);

G_END_DECLS
