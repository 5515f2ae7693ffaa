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
  char *space;   /* where what it asks for is kept */
  PillionHttpCredentials *credentials; /* of its URL, or NULL */
  gint64 unreachable_until; /* when it may be preferred to others again, in µs of the monotonic clock; 0 if nothing is known against it */
} PillionProxy;

/* Takes the URL of a proxy apart, which is HTTP if it names no scheme. The error is PILLION_HTTP_ERROR_PROXY. */
PillionProxy *pillion_proxy_new           (const char   *url,
                                           GError      **error);
PillionProxy *pillion_proxy_ref           (PillionProxy *self);
void          pillion_proxy_unref         (PillionProxy *self);

/* Whether a URL says that there is no proxy */
gboolean      pillion_proxy_is_direct     (const char   *url);

/* Whether it speaks HTTP, so that it may want credentials of HTTP */
gboolean      pillion_proxy_is_http       (PillionProxy *self);

/* Whether a request goes through a tunnel, and not to the proxy itself. @web_socket: whether it opens a WebSocket */
gboolean      pillion_proxy_tunnels       (PillionProxy *self,
                                           GUri         *uri,
                                           gboolean      web_socket);

/* What a request is to be named in an answer to a challenge of the proxy's */
char         *pillion_proxy_make_target   (PillionProxy *self,
                                           GUri         *uri,
                                           gboolean      web_socket);

/* The proxy as GIO is told of it, for requests of @uri. @authorization goes to the proxy when a tunnel is made; it may be NULL. */
char         *pillion_proxy_make_gio_uri  (PillionProxy *self,
                                           GUri         *uri,
                                           gboolean      web_socket,
                                           const char   *authorization);
