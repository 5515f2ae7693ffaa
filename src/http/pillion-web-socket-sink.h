/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "http/pillion-sink.h"
#include "http/pillion-web-socket-link.h"

/* Makes a PillionHttpWebSocket from a handshake. @protocols: the value of the field Sec-WebSocket-Protocol,
 * or NULL. */
PillionSink *pillion_web_socket_sink_new (const char *protocols);
