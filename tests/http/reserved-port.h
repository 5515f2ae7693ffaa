/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>

/* A socket whose port nobody else gets, and that doesn't listen yet */
static inline GSocket *
reserved_port_new (void)
{
  GSocket *socket = g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, NULL);
  g_autoptr (GSocketAddress) address = g_inet_socket_address_new_from_string ("127.0.0.1", 0);

  g_assert_true (g_socket_bind (socket, address, FALSE, NULL));
  return socket;
}

static inline char *
reserved_port_get_url (GSocket *self,
                       const char *scheme)
{
  g_autoptr (GSocketAddress) address = g_socket_get_local_address (self, NULL);

  return g_strdup_printf ("%s://127.0.0.1:%u", scheme, g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (address)));
}
