/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

/* What the scenarios talk to. It is in another process than they are, because nothing may fail here. */
typedef struct _ScenarioServer ScenarioServer;

/* @content: SCENARIO_LARGE_SIZE bytes, which have to last as long as the server */
ScenarioServer *scenario_server_new         (const guint8         *content,
                                             gboolean              over_tls);
void            scenario_server_free        (ScenarioServer       *self);

/* Without a path. The second one is "-" if there is no TLS. */
const char     *scenario_server_get_url     (const ScenarioServer *self);
const char     *scenario_server_get_tls_url (const ScenarioServer *self);
