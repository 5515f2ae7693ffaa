/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <libsoup/soup.h>

G_BEGIN_DECLS

void server_stream_delay     (SoupServerMessage *message,
                              guint              msec);
void server_stream_big_file  (SoupServerMessage *message,
                              GHashTable        *query);
void server_stream_stalled   (SoupServerMessage *message);
void server_stream_truncated (SoupServerMessage *message);

G_END_DECLS
