/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <pillion-http/pillion-http.h>

#include "http/pillion-web-socket-link.h"

/* On the I/O thread. Takes the response, and references to the rest. */
PillionHttpWebSocket *pillion_http_web_socket_new (PillionLoop          *loop,
                                                   PillionWebSocketLink *link,
                                                   PillionHttpResponse  *response);
