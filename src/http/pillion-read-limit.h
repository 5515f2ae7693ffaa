/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>

/* GnuTLS and libsoup's HTTP/2 read from a socket until it has nothing more, and return only if they find something for the layer above.
 * A server that sends TLS records or frames without content, faster than they can be read, would keep the I/O thread in there forever. From here on,
 * the connection has nothing more to read, for the rest of the iteration, after a number of reads that no useful traffic reaches. Handshakes are
 * made on another thread, and are not limited. */
void pillion_read_limit_apply (GSocketConnection *connection);
