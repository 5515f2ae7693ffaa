/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#if !defined (PILLION_INSIDE) && !defined (PILLION_COMPILATION)
#error "Only <pillion/pillion.h> can be included directly."
#endif

#include <pillion/pillion-types.h>

G_BEGIN_DECLS

#define PILLION_TYPE_HOST (pillion_host_get_type ())
PILLION_AVAILABLE_IN_1_0
G_DECLARE_INTERFACE (PillionHost, pillion_host, PILLION, HOST, GObject)

/**
 * PillionWakeFunc:
 * @user_data: (closure): the data that was passed with the function
 *
 * Ends the sleep of a host. It is called from any thread and must only ring: post an event, write to
 * a pipe, set a flag.
 *
 * Since: 1.0
 */
typedef void (*PillionWakeFunc) (gpointer user_data);

/**
 * PillionHostInterface:
 * @parent_iface: the parent interface
 * @get_name: returns the name under which the hook is known
 * @install: makes the host kick @loop from now on
 * @remove: makes the host stop kicking @loop
 * @wake: ends the host's sleep; called from any thread; optional
 * @get_now: returns the time in µs; optional, the monotonic clock if it is missing
 * @skip_to: moves a virtual clock to a time instead of sleeping until then and returns %TRUE;
 *   optional, missing if time passes by itself
 * @runs_context: tells whether the host's main loop runs a context by itself; optional
 * @keeps_hook: tells whether the hook stays while the loop is out of work; optional
 *
 * What a host does for the loops that ride on it.
 *
 * Since: 1.0
 */
struct _PillionHostInterface
{
  GTypeInterface parent_iface;

  const char *(*get_name) (PillionHost  *host);
  gboolean    (*install)  (PillionHost  *host,
                           PillionLoop  *loop,
                           GError      **error);
  void        (*remove)   (PillionHost  *host,
                           PillionLoop  *loop);
  void        (*wake)     (PillionHost  *host);
  gint64      (*get_now)  (PillionHost  *host);
  gboolean    (*skip_to)  (PillionHost  *host,
                           gint64        time_usec);
  gboolean    (*runs_context) (PillionHost  *host,
                               GMainContext *context);
  gboolean    (*keeps_hook)   (PillionHost  *host);

  /*< private >*/
  gpointer padding[6];
};

PILLION_AVAILABLE_IN_1_0
const char *pillion_host_get_name      (PillionHost  *host);
PILLION_AVAILABLE_IN_1_0
gboolean    pillion_host_install       (PillionHost  *host,
                                        PillionLoop  *loop,
                                        GError      **error);
PILLION_AVAILABLE_IN_1_0
void        pillion_host_remove        (PillionHost  *host,
                                        PillionLoop  *loop);
PILLION_AVAILABLE_IN_1_0
void        pillion_host_wake          (PillionHost  *host);
PILLION_AVAILABLE_IN_1_0
gint64      pillion_host_get_now       (PillionHost  *host);
PILLION_AVAILABLE_IN_1_0
gboolean    pillion_host_has_own_clock (PillionHost  *host);
PILLION_AVAILABLE_IN_1_0
gboolean    pillion_host_has_virtual_clock (PillionHost  *host);
PILLION_AVAILABLE_IN_1_0
gboolean    pillion_host_runs_context  (PillionHost  *host,
                                        GMainContext *context);
PILLION_AVAILABLE_IN_1_0
gboolean    pillion_host_keeps_hook    (PillionHost  *host);
PILLION_AVAILABLE_IN_1_0
gboolean    pillion_host_skip_to       (PillionHost  *host,
                                        gint64        time_usec);

G_END_DECLS
