/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <pillion-http/pillion-http.h>

/* Takes the content of @bytes, which is UTF-8 if @is_text */
PillionHttpWebSocketMessage *pillion_http_web_socket_message_new (gboolean    is_text,
                                                                  GByteArray *bytes);
