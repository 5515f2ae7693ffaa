/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* The embedded server: thumbnails, a big file, a catalogue of them, and addresses that misbehave */
typedef struct _Server Server;

#define SERVER_THUMBNAILS 200

Server     *server_start   (guint     port,
                            GError  **error);
const char *server_get_url (Server   *self);
void        server_stop    (Server   *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Server, server_stop)

G_END_DECLS
