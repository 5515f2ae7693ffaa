/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <pillion-http/pillion-http.h>

#include "http/pillion-web-socket-link.h"

/* The server's end of a WebSocket of a test. References may be taken and dropped on any thread. */
typedef struct _PillionTestUpgrade PillionTestUpgrade;

/* On the loop's thread. Over a network, it works on the I/O thread and in real time, otherwise in the loop and with its clock. If @closing
 * is cancelled, the connection is closed. */
PillionTestUpgrade   *pillion_test_upgrade_new      (PillionLoop         *loop,
                                                     gboolean             over_network,
                                                     const char          *url,
                                                     GCancellable        *closing,
                                                     GError             **error);
PillionTestUpgrade   *pillion_test_upgrade_ref      (PillionTestUpgrade  *self);
void                  pillion_test_upgrade_unref    (PillionTestUpgrade  *self);

PillionWebSocketLink *pillion_test_upgrade_get_link (PillionTestUpgrade  *self);

/* On any thread. The first is called once: the handshake is over. It takes the stream, which is NULL if the client has
 * left. The second closes the connection without a close frame, and what was not sent yet is not sent. */
void                  pillion_test_upgrade_begin    (PillionTestUpgrade  *self,
                                                     GIOStream           *stream);
void                  pillion_test_upgrade_cut      (PillionTestUpgrade  *self,
                                                     gboolean             reset);

/* Makes the client get a reset when the stream is closed, which comes from libsoup */
void                  pillion_test_stream_set_reset (GIOStream           *stream);
