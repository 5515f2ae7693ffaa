/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#if !defined (PILLION_INSIDE) && !defined (PILLION_COMPILATION)
#error "Only <pillion/pillion.h> can be included directly."
#endif

#include <pillion/pillion-host.h>

G_BEGIN_DECLS

#define PILLION_TYPE_CALLBACK_HOST (pillion_callback_host_get_type ())
PILLION_AVAILABLE_IN_1_0
G_DECLARE_FINAL_TYPE (PillionCallbackHost, pillion_callback_host, PILLION, CALLBACK_HOST, GObject)

/**
 * PillionHookFunc:
 * @loop: the loop whose hook it is about
 * @user_data: (closure): the data that was passed with the function
 *
 * Installs or removes the hook that kicks @loop.
 *
 * Since: 1.0
 */
typedef void (*PillionHookFunc) (PillionLoop *loop,
                                 gpointer     user_data);

PILLION_AVAILABLE_IN_1_0
PillionCallbackHost *pillion_callback_host_new                 (const char          *name);
PILLION_AVAILABLE_IN_1_0
GMainContext        *pillion_callback_host_get_context         (PillionCallbackHost *self);
PILLION_AVAILABLE_IN_1_0
void                 pillion_callback_host_set_install         (PillionCallbackHost *self,
                                                                PillionHookFunc      func,
                                                                gpointer             user_data,
                                                                GDestroyNotify       destroy);
PILLION_AVAILABLE_IN_1_0
void                 pillion_callback_host_set_install_closure (PillionCallbackHost *self,
                                                                GClosure            *closure);
PILLION_AVAILABLE_IN_1_0
void                 pillion_callback_host_set_remove          (PillionCallbackHost *self,
                                                                PillionHookFunc      func,
                                                                gpointer             user_data,
                                                                GDestroyNotify       destroy);
PILLION_AVAILABLE_IN_1_0
void                 pillion_callback_host_set_remove_closure  (PillionCallbackHost *self,
                                                                GClosure            *closure);
PILLION_AVAILABLE_IN_1_0
void                 pillion_callback_host_set_wake            (PillionCallbackHost *self,
                                                                PillionWakeFunc      func,
                                                                gpointer             user_data,
                                                                GDestroyNotify       destroy);
PILLION_AVAILABLE_IN_1_0
void                 pillion_callback_host_set_wake_closure    (PillionCallbackHost *self,
                                                                GClosure            *closure);
PILLION_AVAILABLE_IN_1_0
void                 pillion_callback_host_refuse_install      (PillionCallbackHost *self,
                                                                const GError        *error);
PILLION_AVAILABLE_IN_1_0
gboolean             pillion_callback_host_get_keeps_hook      (PillionCallbackHost *self);
PILLION_AVAILABLE_IN_1_0
void                 pillion_callback_host_set_keeps_hook      (PillionCallbackHost *self,
                                                                gboolean             keeps_hook);

G_END_DECLS
