/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <pillion-http/pillion-http.h>

/* A proxy. It belongs to the I/O thread. */
typedef struct
{
  guint n_references;
  char *scheme; /* "http", "https", "socks5"… */
  char *origin; /* scheme, host and port: its name in messages, and among connections */
  char *address; /* host and port, as in a URL */
  char *space;   /* for the credentials that it wants */
  PillionHttpCredentials *credentials; /* of its URL, or NULL */
  gint64 unreachable_until; /* when it may be preferred again, in µs of the monotonic clock; 0 if nothing is
                             * wrong with it */
} PillionProxy;

/* Parses the URL of a proxy. Without a scheme, it is HTTP. The error is PILLION_HTTP_ERROR_PROXY. */
PillionProxy *pillion_proxy_new           (const char   *url,
                                           GError      **error);
PillionProxy *pillion_proxy_ref           (PillionProxy *self);
void          pillion_proxy_unref         (PillionProxy *self);

/* Whether a URL stands for no proxy */
gboolean      pillion_proxy_is_direct     (const char   *url);

/* Whether it speaks HTTP, and so may want HTTP credentials */
gboolean      pillion_proxy_is_http       (PillionProxy *self);

/* Whether a request goes through a tunnel rather than to the proxy itself. @web_socket: whether it opens a
 * WebSocket. */
gboolean      pillion_proxy_tunnels       (PillionProxy *self,
                                           GUri         *uri,
                                           gboolean      web_socket);

/* Whether the proxy itself gets a request, and passes it on: then there is no other connection than the one to the proxy */
gboolean      pillion_proxy_passes_on     (PillionProxy *self,
                                           GUri         *uri,
                                           gboolean      web_socket);

/* The target that an answer to the proxy's challenge has to name */
char         *pillion_proxy_make_target   (PillionProxy *self,
                                           GUri         *uri,
                                           gboolean      web_socket);

/* Makes the proxy's URI for GIO, for requests of @uri. @authorization, which may be NULL, is sent to the
 * proxy when a tunnel is made. */
char         *pillion_proxy_make_gio_uri  (PillionProxy *self,
                                           GUri         *uri,
                                           gboolean      web_socket,
                                           const char   *authorization);
