/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

/* Connections through SOCKS 4 and 4a proxies, as kinds of GProxy. A proxy that closes the connection before its reply is complete makes
 * GIO's own read in a busy loop, until the time limit for connecting is over. (Seen with GLib 2.74.) */
#define PILLION_SOCKS4_PROTOCOL "pillion-socks4"
#define PILLION_SOCKS4A_PROTOCOL "pillion-socks4a"

/* Makes them known to GIO, before the first one is used */
void pillion_socks4_register (void);
