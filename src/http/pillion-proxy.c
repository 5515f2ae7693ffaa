/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-proxy.h"

#include <string.h>

#include <glib/gi18n-lib.h>

#include "core/pillion-private.h"
#include "http/pillion-http-credentials-private.h"
#include "http/pillion-socks4.h"
#include "http/pillion-tunnel.h"

/* The ports that curl takes */
#define PORT 1080
#define HTTPS_PORT 443

/* With SOCKS 5, the proxy always resolves names: GIO can't do it otherwise */
static const struct
{
  const char *name;
  const char *gio;
} schemes[] = {
  { "http", "http" },      { "https", "https" },   { "socks", "socks4" },   { "socks4", "socks4" },
  { "socks4a", "socks4a" }, { "socks5", "socks5" }, { "socks5h", "socks5" },
};

/* What GIO knows a proxy by that does not speak HTTP, or speaks it without a tunnel */
static const char *
get_protocol (PillionProxy *self)
{
  gboolean by_name = strcmp (self->scheme, "socks4a") == 0;

  if (!by_name && strcmp (self->scheme, "socks4") != 0)
    return self->scheme;

  pillion_socks4_register ();
  return by_name ? PILLION_SOCKS4A_PROTOCOL : PILLION_SOCKS4_PROTOCOL;
}

static const char *
find_scheme (const char *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (schemes); i++)
    if (g_ascii_strcasecmp (schemes[i].name, name) == 0)
      return schemes[i].gio;

  return NULL;
}

gboolean
pillion_proxy_is_direct (const char *url)
{
  return g_ascii_strncasecmp (url, "direct:", strlen ("direct:")) == 0;
}

/* Percent-decoding can leave anything in a host. None of these can be part of one, and in a URL they would end it. */
static gboolean
is_host (const char *host)
{
  for (const char *p = host; *p != '\0'; p++)
    if ((guchar) *p <= ' ' || strchr ("/?#@\\<>\"[]\x7f", *p) != NULL)
      return FALSE;

  return host[0] != '\0';
}

PillionProxy *
pillion_proxy_new (const char *url,
                   GError **error)
{
  g_autofree char *whole = strstr (url, "://") != NULL ? g_strdup (url) : g_strconcat ("http://", url, NULL);
  g_autofree char *shown = pillion_http_redact_url (whole);
  g_autoptr (GUri) uri = g_uri_parse (whole, G_URI_FLAGS_HAS_PASSWORD, NULL);
  const char *scheme = uri != NULL ? find_scheme (g_uri_get_scheme (uri)) : NULL;
  const char *host = uri != NULL ? g_uri_get_host (uri) : NULL;
  PillionProxy *self;
  int port;

  if (host == NULL || !is_host (host))
    {
      g_set_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_PROXY, _("'%s' is not the URL of a proxy"), shown);
      return NULL;
    }
  if (scheme == NULL)
    {
      g_set_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_PROXY, _("the proxy '%s' is of an unknown kind: expected http, https, socks4, socks4a or socks5"),
                   shown);
      return NULL;
    }

  port = g_uri_get_port (uri);
  if (port < 0)
    port = strcmp (scheme, "https") == 0 ? HTTPS_PORT : PORT;

  self = g_new0 (PillionProxy, 1);
  self->n_references = 1;
  self->scheme = g_strdup (scheme);
  self->address = g_strdup_printf (strchr (host, ':') != NULL ? "[%s]:%d" : "%s:%d", host, port);
  self->origin = g_strconcat (scheme, "://", self->address, NULL);
  /* A server may have the same origin */
  self->space = g_strconcat ("proxy ", self->origin, NULL);
  if (g_uri_get_user (uri) != NULL)
    self->credentials = pillion_http_credentials_new_basic (g_uri_get_user (uri), g_uri_get_password (uri) != NULL ? g_uri_get_password (uri) : "");

  return self;
}

PillionProxy *
pillion_proxy_ref (PillionProxy *self)
{
  self->n_references++;
  return self;
}

void
pillion_proxy_unref (PillionProxy *self)
{
  if (--self->n_references > 0)
    return;

  g_free (self->scheme);
  g_free (self->origin);
  g_free (self->address);
  g_free (self->space);
  g_clear_object (&self->credentials);
  g_free (self);
}

gboolean
pillion_proxy_is_http (PillionProxy *self)
{
  return strncmp (self->scheme, "http", strlen ("http")) == 0;
}

gboolean
pillion_proxy_tunnels (PillionProxy *self,
                       GUri *uri,
                       gboolean web_socket)
{
  /* libsoup can't speak TLS to a proxy, and most proxies don't pass on an upgrade to WebSocket */
  return pillion_proxy_is_http (self) &&
         (web_socket || strcmp (self->scheme, "https") == 0 || strcmp (g_uri_get_scheme (uri), "https") == 0);
}

gboolean
pillion_proxy_passes_on (PillionProxy *self,
                         GUri *uri,
                         gboolean web_socket)
{
  return pillion_proxy_is_http (self) && !pillion_proxy_tunnels (self, uri, web_socket);
}

char *
pillion_proxy_make_target (PillionProxy *self,
                           GUri *uri,
                           gboolean web_socket)
{
  const char *host = g_uri_get_host (uri);
  int port = g_uri_get_port (uri);

  if (!pillion_proxy_tunnels (self, uri, web_socket))
    return g_uri_to_string_partial (uri, G_URI_HIDE_USERINFO | G_URI_HIDE_FRAGMENT);

  if (port < 0)
    port = strcmp (g_uri_get_scheme (uri), "https") == 0 ? 443 : 80;
  return pillion_tunnel_make_target (host, (guint) port);
}

char *
pillion_proxy_make_gio_uri (PillionProxy *self,
                            GUri *uri,
                            gboolean web_socket,
                            const char *authorization)
{
  g_autofree char *user = NULL;
  g_autofree char *password = NULL;

  if (pillion_proxy_tunnels (self, uri, web_socket))
    {
      const char *protocol = strcmp (self->scheme, "https") == 0 ? PILLION_TUNNEL_TLS_PROTOCOL : PILLION_TUNNEL_PROTOCOL;

      pillion_tunnel_register ();
      if (authorization == NULL)
        return g_strconcat (protocol, "://", self->address, NULL);
      user = g_uri_escape_string (authorization, NULL, FALSE);
      return g_strconcat (protocol, "://", user, "@", self->address, NULL);
    }

  if (self->credentials == NULL || pillion_proxy_is_http (self))
    return g_strconcat (get_protocol (self), "://", self->address, NULL);

  user = g_uri_escape_string (self->credentials->user, NULL, FALSE);
  password = g_uri_escape_string (self->credentials->password, NULL, FALSE);
  return g_strconcat (get_protocol (self), "://", user, ":", password, "@", self->address, NULL);
}
