/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-http-client-private.h"

#include "http/pillion-http-cookie-jar-private.h"

/* The settings of a client: the accessors of its properties, and its header fields */

void
pillion_http_client_configure (PillionHttpClient *self,
                               const char *property)
{
  if (self->engine != NULL)
    pillion_http_engine_configure (self->engine, &self->config);
  if (property != NULL)
    g_object_notify (G_OBJECT (self), property);
}

/**
 * pillion_http_client_get_max_connections: (get-property max-connections)
 * @self: a client
 *
 * Gets the maximum number of open connections.
 *
 * Returns: that many
 *
 * Since: 1.0
 */
guint
pillion_http_client_get_max_connections (PillionHttpClient *self)
{
  g_return_val_if_fail (PILLION_HTTP_IS_CLIENT (self), 0);

  return self->config.max_connections;
}

/**
 * pillion_http_client_set_max_connections: (set-property max-connections)
 * @self: a client
 * @max: how many, at least 1
 *
 * Sets the maximum number of open connections, including idle ones. Running transfers are not affected.
 *
 * Since: 1.0
 */
void
pillion_http_client_set_max_connections (PillionHttpClient *self,
                                         guint max)
{
  g_return_if_fail (PILLION_HTTP_IS_CLIENT (self));
  g_return_if_fail (pillion_http_client_on_thread (self));
  g_return_if_fail (max >= 1 && max <= G_MAXINT);

  if (self->config.max_connections == max)
    return;

  self->config.max_connections = max;
  pillion_http_client_configure (self, "max-connections");
}

/**
 * pillion_http_client_get_max_connections_per_host: (get-property max-connections-per-host)
 * @self: a client
 *
 * Gets the maximum number of requests at one server at the same time.
 *
 * Returns: that many
 *
 * Since: 1.0
 */
guint
pillion_http_client_get_max_connections_per_host (PillionHttpClient *self)
{
  g_return_val_if_fail (PILLION_HTTP_IS_CLIENT (self), 0);

  return self->config.max_connections_per_host;
}

/**
 * pillion_http_client_set_max_connections_per_host: (set-property max-connections-per-host)
 * @self: a client
 * @max: how many, at least 1
 *
 * Sets the maximum number of requests at one server at the same time. Running transfers are not affected.
 *
 * Since: 1.0
 */
void
pillion_http_client_set_max_connections_per_host (PillionHttpClient *self,
                                                  guint max)
{
  g_return_if_fail (PILLION_HTTP_IS_CLIENT (self));
  g_return_if_fail (pillion_http_client_on_thread (self));
  g_return_if_fail (max >= 1 && max <= G_MAXINT);

  if (self->config.max_connections_per_host == max)
    return;

  self->config.max_connections_per_host = max;
  pillion_http_client_configure (self, "max-connections-per-host");
}

/**
 * pillion_http_client_get_max_connections_per_download: (get-property max-connections-per-download)
 * @self: a client
 *
 * Gets the maximum number of connections for one download.
 *
 * Returns: that many
 *
 * Since: 1.0
 */
guint
pillion_http_client_get_max_connections_per_download (PillionHttpClient *self)
{
  g_return_val_if_fail (PILLION_HTTP_IS_CLIENT (self), 0);

  return self->config.max_connections_per_download;
}

/**
 * pillion_http_client_set_max_connections_per_download: (set-property max-connections-per-download)
 * @self: a client
 * @max: how many, at least 1; 1 never splits a download
 *
 * Sets the maximum number of connections for one download. Running downloads are not affected.
 *
 * Since: 1.0
 */
void
pillion_http_client_set_max_connections_per_download (PillionHttpClient *self,
                                                  guint max)
{
  g_return_if_fail (PILLION_HTTP_IS_CLIENT (self));
  g_return_if_fail (pillion_http_client_on_thread (self));
  g_return_if_fail (max >= 1 && max <= G_MAXINT);

  if (self->config.max_connections_per_download == max)
    return;

  self->config.max_connections_per_download = max;
  pillion_http_client_configure (self, "max-connections-per-download");
}

/**
 * pillion_http_client_get_max_lasting_connections: (get-property max-lasting-connections)
 * @self: a client
 *
 * Gets the maximum number of connections that last.
 *
 * Returns: that many
 *
 * Since: 1.0
 */
guint
pillion_http_client_get_max_lasting_connections (PillionHttpClient *self)
{
  g_return_val_if_fail (PILLION_HTTP_IS_CLIENT (self), 0);

  return self->config.max_lasting_connections;
}

/**
 * pillion_http_client_set_max_lasting_connections: (set-property max-lasting-connections)
 * @self: a client
 * @max: that many, from 1 to 2147483647
 *
 * Sets the maximum number of connections that last. On the loop's thread only.
 *
 * Since: 1.0
 */
void
pillion_http_client_set_max_lasting_connections (PillionHttpClient *self,
                                                 guint max)
{
  g_return_if_fail (PILLION_HTTP_IS_CLIENT (self));
  g_return_if_fail (pillion_http_client_on_thread (self));
  g_return_if_fail (max >= 1 && max <= G_MAXINT);

  if (self->config.max_lasting_connections == max)
    return;

  self->config.max_lasting_connections = max;
  pillion_http_client_configure (self, "max-lasting-connections");
}

/**
 * pillion_http_client_get_max_lasting_connections_per_host: (get-property max-lasting-connections-per-host)
 * @self: a client
 *
 * Gets the maximum number of connections to one server that last.
 *
 * Returns: that many
 *
 * Since: 1.0
 */
guint
pillion_http_client_get_max_lasting_connections_per_host (PillionHttpClient *self)
{
  g_return_val_if_fail (PILLION_HTTP_IS_CLIENT (self), 0);

  return self->config.max_lasting_connections_per_host;
}

/**
 * pillion_http_client_set_max_lasting_connections_per_host: (set-property max-lasting-connections-per-host)
 * @self: a client
 * @max: that many, from 1 to 2147483647
 *
 * Sets the maximum number of connections to one server that last. On the loop's thread only.
 *
 * Since: 1.0
 */
void
pillion_http_client_set_max_lasting_connections_per_host (PillionHttpClient *self,
                                                          guint max)
{
  g_return_if_fail (PILLION_HTTP_IS_CLIENT (self));
  g_return_if_fail (pillion_http_client_on_thread (self));
  g_return_if_fail (max >= 1 && max <= G_MAXINT);

  if (self->config.max_lasting_connections_per_host == max)
    return;

  self->config.max_lasting_connections_per_host = max;
  pillion_http_client_configure (self, "max-lasting-connections-per-host");
}

/**
 * pillion_http_client_get_idle_timeout_usec: (get-property idle-timeout-usec)
 * @self: a client
 *
 * Gets how long a transfer may go without a byte from the server, or to it.
 *
 * Returns: µs, or 0 for no limit
 *
 * Since: 1.0
 */
GTimeSpan
pillion_http_client_get_idle_timeout_usec (PillionHttpClient *self)
{
  g_return_val_if_fail (PILLION_HTTP_IS_CLIENT (self), 0);

  return self->config.idle_timeout;
}

/**
 * pillion_http_client_set_idle_timeout_usec: (set-property idle-timeout-usec)
 * @self: a client
 * @timeout: µs, or 0 for no limit
 *
 * Sets how long a transfer may go without a byte from the server, or to it, for running transfers too.
 *
 * Since: 1.0
 */
void
pillion_http_client_set_idle_timeout_usec (PillionHttpClient *self,
                                           GTimeSpan timeout)
{
  g_return_if_fail (PILLION_HTTP_IS_CLIENT (self));
  g_return_if_fail (pillion_http_client_on_thread (self));
  g_return_if_fail (timeout >= 0);

  if (self->config.idle_timeout == timeout)
    return;

  self->config.idle_timeout = timeout;
  pillion_http_client_configure (self, "idle-timeout-usec");
}

/**
 * pillion_http_client_get_user_agent: (get-property user-agent)
 * @self: a client
 *
 * Gets the value of the User-Agent field.
 *
 * Returns: (nullable): the text, or %NULL if it says nothing
 *
 * Since: 1.0
 */
const char *
pillion_http_client_get_user_agent (PillionHttpClient *self)
{
  g_return_val_if_fail (PILLION_HTTP_IS_CLIENT (self), NULL);

  return self->config.user_agent;
}

/**
 * pillion_http_client_set_user_agent: (set-property user-agent)
 * @self: a client
 * @user_agent: (nullable): a value as in RFC 9110, section 10.1.5, or %NULL to say nothing
 *
 * Sets the value of the User-Agent field, for requests that leave the queue from now on. As with other fields, what can't be sent is an error of every
 * call: see [class@PillionHttp.Request]. Not every server takes anything else than ASCII.
 *
 * Since: 1.0
 */
void
pillion_http_client_set_user_agent (PillionHttpClient *self,
                                    const char *user_agent)
{
  g_return_if_fail (PILLION_HTTP_IS_CLIENT (self));
  g_return_if_fail (pillion_http_client_on_thread (self));

  if (g_strcmp0 (self->config.user_agent, user_agent) == 0)
    return;

  g_free (self->config.user_agent);
  self->config.user_agent = g_strdup (user_agent);
  pillion_http_client_configure (self, "user-agent");
}

/**
 * pillion_http_client_get_use_netrc: (get-property use-netrc)
 * @self: a client
 *
 * Tells whether credentials are taken from a netrc file.
 *
 * Returns: %TRUE if they are
 *
 * Since: 1.0
 */
gboolean
pillion_http_client_get_use_netrc (PillionHttpClient *self)
{
  g_return_val_if_fail (PILLION_HTTP_IS_CLIENT (self), FALSE);

  return self->config.netrc != NULL;
}

/**
 * pillion_http_client_set_use_netrc: (set-property use-netrc)
 * @self: a client
 * @use: %TRUE to read the file and use it
 *
 * Sets whether credentials are taken from a netrc file, which is read now. A file that can't be read has none.
 *
 * Since: 1.0
 */
void
pillion_http_client_set_use_netrc (PillionHttpClient *self,
                                   gboolean use)
{
  g_return_if_fail (PILLION_HTTP_IS_CLIENT (self));
  g_return_if_fail (pillion_http_client_on_thread (self));

  if ((self->config.netrc != NULL) == !!use)
    return;

  if (use)
    self->config.netrc = pillion_netrc_new ();
  else
    g_clear_pointer (&self->config.netrc, pillion_netrc_unref);
  pillion_http_client_configure (self, "use-netrc");
}

/**
 * pillion_http_client_get_proxy: (get-property proxy)
 * @self: a client
 *
 * Gets the proxy for all requests.
 *
 * Returns: (nullable): its URL, or %NULL if it is found for each server
 *
 * Since: 1.0
 */
const char *
pillion_http_client_get_proxy (PillionHttpClient *self)
{
  g_return_val_if_fail (PILLION_HTTP_IS_CLIENT (self), NULL);

  return self->config.proxy;
}

/**
 * pillion_http_client_set_proxy: (set-property proxy)
 * @self: a client
 * @url: (nullable): the URL of a proxy, `direct://` for none, or %NULL to find one for each server
 *
 * Sets the proxy for all requests, from now on.
 *
 * A URL that is not one of a proxy is reported by the tasks of the calls, with [error@PillionHttp.Error.PROXY].
 *
 * Since: 1.0
 */
void
pillion_http_client_set_proxy (PillionHttpClient *self,
                               const char *url)
{
  g_return_if_fail (PILLION_HTTP_IS_CLIENT (self));
  g_return_if_fail (pillion_http_client_on_thread (self));

  if (g_strcmp0 (self->config.proxy, url) == 0)
    return;

  g_free (self->config.proxy);
  self->config.proxy = g_strdup (url);
  pillion_http_client_configure (self, "proxy");
}

/**
 * pillion_http_client_get_proxy_resolver: (get-property proxy-resolver)
 * @self: a client
 *
 * Gets what finds the proxy for a server.
 *
 * Returns: (transfer none) (nullable): the resolver, or %NULL for the environment and GIO
 *
 * Since: 1.0
 */
GProxyResolver *
pillion_http_client_get_proxy_resolver (PillionHttpClient *self)
{
  g_return_val_if_fail (PILLION_HTTP_IS_CLIENT (self), NULL);

  return self->config.proxy_resolver;
}

/**
 * pillion_http_client_set_proxy_resolver: (set-property proxy-resolver)
 * @self: a client
 * @resolver: (nullable): a resolver, which is asked on another thread, or %NULL for the environment and GIO
 *
 * Sets what finds the proxy for a server, from now on.
 *
 * Since: 1.0
 */
void
pillion_http_client_set_proxy_resolver (PillionHttpClient *self,
                                        GProxyResolver *resolver)
{
  g_return_if_fail (PILLION_HTTP_IS_CLIENT (self));
  g_return_if_fail (pillion_http_client_on_thread (self));
  g_return_if_fail (resolver == NULL || G_IS_PROXY_RESOLVER (resolver));

  if (g_set_object (&self->config.proxy_resolver, resolver))
    pillion_http_client_configure (self, "proxy-resolver");
}

/**
 * pillion_http_client_get_name_conflict: (get-property name-conflict)
 * @self: a client
 *
 * Gets what [method@PillionHttp.Client.download_into] does if a file already has the name that the server chose.
 *
 * Returns: what it does
 *
 * Since: 1.0
 */
PillionHttpNameConflict
pillion_http_client_get_name_conflict (PillionHttpClient *self)
{
  g_return_val_if_fail (PILLION_HTTP_IS_CLIENT (self), PILLION_HTTP_NAME_CONFLICT_UNIQUIFY);

  return self->name_conflict;
}

/**
 * pillion_http_client_set_name_conflict: (set-property name-conflict)
 * @self: a client
 * @conflict: what to do
 *
 * Sets what [method@PillionHttp.Client.download_into] does if a file already has the name that the server chose. Downloads that
 * were started earlier are not affected.
 *
 * Since: 1.0
 */
void
pillion_http_client_set_name_conflict (PillionHttpClient *self,
                                       PillionHttpNameConflict conflict)
{
  g_return_if_fail (PILLION_HTTP_IS_CLIENT (self));
  g_return_if_fail (pillion_http_client_on_thread (self));
  g_return_if_fail (conflict >= PILLION_HTTP_NAME_CONFLICT_UNIQUIFY && conflict <= PILLION_HTTP_NAME_CONFLICT_KEEP);

  if (self->name_conflict == conflict)
    return;

  self->name_conflict = conflict;
  g_object_notify (G_OBJECT (self), "name-conflict");
}

/**
 * pillion_http_client_get_base_url: (get-property base-url)
 * @self: a client
 *
 * Gets the URL that relative URLs of calls are resolved against.
 *
 * Returns: (nullable): the URL, or %NULL
 *
 * Since: 1.0
 */
const char *
pillion_http_client_get_base_url (PillionHttpClient *self)
{
  g_return_val_if_fail (PILLION_HTTP_IS_CLIENT (self), NULL);

  return self->base_url;
}

/**
 * pillion_http_client_set_base_url: (set-property base-url)
 * @self: a client
 * @url: (nullable): an absolute URL, or %NULL
 *
 * Sets the URL that relative URLs of calls are resolved against, as a browser resolves links ([RFC
 * 3986](https://www.rfc-editor.org/rfc/rfc3986#section-5), section 5): with `https://example.org/api/` `items` becomes
 * `https://example.org/api/items`, and `/items` becomes `https://example.org/items`.
 *
 * Since: 1.0
 */
void
pillion_http_client_set_base_url (PillionHttpClient *self,
                                  const char *url)
{
  g_return_if_fail (PILLION_HTTP_IS_CLIENT (self));
  g_return_if_fail (pillion_http_client_on_thread (self));

  if (g_strcmp0 (self->base_url, url) == 0)
    return;

  g_free (self->base_url);
  self->base_url = g_strdup (url);
  g_object_notify (G_OBJECT (self), "base-url");
}

/**
 * pillion_http_client_get_max_body_size: (get-property max-body-size)
 * @self: a client
 *
 * Gets the largest body that is taken into memory.
 *
 * Returns: bytes, or 0 for no limit of the client's
 *
 * Since: 1.0
 */
gint64
pillion_http_client_get_max_body_size (PillionHttpClient *self)
{
  g_return_val_if_fail (PILLION_HTTP_IS_CLIENT (self), 0);

  return self->config.max_body_size;
}

/**
 * pillion_http_client_set_max_body_size: (set-property max-body-size)
 * @self: a client
 * @max: bytes, or 0 for no limit of the client's
 *
 * Sets the largest body that is taken into memory, for responses that begin from now on.
 *
 * Since: 1.0
 */
void
pillion_http_client_set_max_body_size (PillionHttpClient *self,
                                       gint64 max)
{
  g_return_if_fail (PILLION_HTTP_IS_CLIENT (self));
  g_return_if_fail (pillion_http_client_on_thread (self));
  g_return_if_fail (max >= 0);

  if (self->config.max_body_size == max)
    return;

  self->config.max_body_size = max;
  pillion_http_client_configure (self, "max-body-size");
}

/**
 * pillion_http_client_get_cookie_jar: (get-property cookie-jar)
 * @self: a client
 *
 * Gets the jar with the client's cookies.
 *
 * Returns: (transfer none) (nullable): the jar, or %NULL if each call has one of its own
 *
 * Since: 1.0
 */
PillionHttpCookieJar *
pillion_http_client_get_cookie_jar (PillionHttpClient *self)
{
  g_return_val_if_fail (PILLION_HTTP_IS_CLIENT (self), NULL);

  return self->cookie_jar;
}

/**
 * pillion_http_client_set_cookie_jar: (set-property cookie-jar)
 * @self: a client
 * @jar: (nullable): a jar, or %NULL for one of its own for each call
 *
 * Sets the jar with the client's cookies, for calls that are made from now on.
 *
 * Since: 1.0
 */
void
pillion_http_client_set_cookie_jar (PillionHttpClient *self,
                                    PillionHttpCookieJar *jar)
{
  g_return_if_fail (PILLION_HTTP_IS_CLIENT (self));
  g_return_if_fail (pillion_http_client_on_thread (self));
  g_return_if_fail (jar == NULL || PILLION_HTTP_IS_COOKIE_JAR (jar));

  if (!g_set_object (&self->cookie_jar, jar))
    return;

  g_clear_pointer (&self->config.jar, pillion_jar_unref);
  if (jar != NULL)
    self->config.jar = pillion_jar_ref (pillion_http_cookie_jar_get_jar (jar));
  pillion_http_client_configure (self, "cookie-jar");
}

/**
 * pillion_http_client_set_header:
 * @self: a client
 * @name: the name of a header field; case does not matter
 * @value: (nullable): a value, or %NULL to remove the field
 *
 * Sets a header field that is sent with every request which does not set it itself. It replaces a field of that name that was set here
 * before.
 *
 * The fields Authorization, Cookie, Host and Proxy-Authorization are not sent to another server that a redirect leads to.
 *
 * What can't be sent is an error of every call: see [class@PillionHttp.Request].
 *
 * Since: 1.0
 */
void
pillion_http_client_set_header (PillionHttpClient *self,
                                const char *name,
                                const char *value)
{
  g_return_if_fail (PILLION_HTTP_IS_CLIENT (self));
  g_return_if_fail (pillion_http_client_on_thread (self));
  g_return_if_fail (name != NULL);

  if (value != NULL)
    pillion_field_list_set (&self->config.fields, name, value);
  else
    pillion_field_list_remove (&self->config.fields, name);
  pillion_http_client_configure (self, NULL);
}

/**
 * pillion_http_client_get_connect_timeout_usec: (get-property connect-timeout-usec)
 * @self: a client
 *
 * Gets how long it may take to connect.
 *
 * Returns: µs, or 0 for no limit
 *
 * Since: 1.0
 */
GTimeSpan
pillion_http_client_get_connect_timeout_usec (PillionHttpClient *self)
{
  g_return_val_if_fail (PILLION_HTTP_IS_CLIENT (self), 0);

  return self->config.connect_timeout;
}

/**
 * pillion_http_client_set_connect_timeout_usec: (set-property connect-timeout-usec)
 * @self: a client
 * @timeout: µs, or 0 for no limit
 *
 * Sets how long it may take to connect, for running calls too.
 *
 * Since: 1.0
 */
void
pillion_http_client_set_connect_timeout_usec (PillionHttpClient *self,
                                              GTimeSpan timeout)
{
  g_return_if_fail (PILLION_HTTP_IS_CLIENT (self));
  g_return_if_fail (pillion_http_client_on_thread (self));
  g_return_if_fail (timeout >= 0);

  if (self->config.connect_timeout == timeout)
    return;

  self->config.connect_timeout = timeout;
  pillion_http_client_configure (self, "connect-timeout-usec");
}

/**
 * pillion_http_client_get_first_byte_timeout_usec: (get-property first-byte-timeout-usec)
 * @self: a client
 *
 * Gets how long the server may take to begin its response.
 *
 * Returns: µs, or 0 for no limit
 *
 * Since: 1.0
 */
GTimeSpan
pillion_http_client_get_first_byte_timeout_usec (PillionHttpClient *self)
{
  g_return_val_if_fail (PILLION_HTTP_IS_CLIENT (self), 0);

  return self->config.first_byte_timeout;
}

/**
 * pillion_http_client_set_first_byte_timeout_usec: (set-property first-byte-timeout-usec)
 * @self: a client
 * @timeout: µs, or 0 for no limit
 *
 * Sets how long the server may take to begin its response, for running calls too.
 *
 * Since: 1.0
 */
void
pillion_http_client_set_first_byte_timeout_usec (PillionHttpClient *self,
                                                 GTimeSpan timeout)
{
  g_return_if_fail (PILLION_HTTP_IS_CLIENT (self));
  g_return_if_fail (pillion_http_client_on_thread (self));
  g_return_if_fail (timeout >= 0);

  if (self->config.first_byte_timeout == timeout)
    return;

  self->config.first_byte_timeout = timeout;
  pillion_http_client_configure (self, "first-byte-timeout-usec");
}

/**
 * pillion_http_client_get_total_timeout_usec: (get-property total-timeout-usec)
 * @self: a client
 *
 * Gets how long a whole call may take.
 *
 * Returns: µs, or 0 for no limit
 *
 * Since: 1.0
 */
GTimeSpan
pillion_http_client_get_total_timeout_usec (PillionHttpClient *self)
{
  g_return_val_if_fail (PILLION_HTTP_IS_CLIENT (self), 0);

  return self->config.total_timeout;
}

/**
 * pillion_http_client_set_total_timeout_usec: (set-property total-timeout-usec)
 * @self: a client
 * @timeout: µs, or 0 for no limit
 *
 * Sets how long a whole call may take, for running calls too.
 *
 * Since: 1.0
 */
void
pillion_http_client_set_total_timeout_usec (PillionHttpClient *self,
                                            GTimeSpan timeout)
{
  g_return_if_fail (PILLION_HTTP_IS_CLIENT (self));
  g_return_if_fail (pillion_http_client_on_thread (self));
  g_return_if_fail (timeout >= 0);

  if (self->config.total_timeout == timeout)
    return;

  self->config.total_timeout = timeout;
  pillion_http_client_configure (self, "total-timeout-usec");
}

/**
 * pillion_http_client_get_lowest_rate: (get-property lowest-rate)
 * @self: a client
 *
 * Gets the rate below which a response is too slow.
 *
 * Returns: bytes per second, or 0 for no limit
 *
 * Since: 1.0
 */
gint64
pillion_http_client_get_lowest_rate (PillionHttpClient *self)
{
  g_return_val_if_fail (PILLION_HTTP_IS_CLIENT (self), 0);

  return self->config.lowest_rate;
}

/**
 * pillion_http_client_set_lowest_rate: (set-property lowest-rate)
 * @self: a client
 * @rate: bytes per second, or 0 for no limit
 *
 * Sets the rate below which a response is too slow, for running calls too.
 *
 * Since: 1.0
 */
void
pillion_http_client_set_lowest_rate (PillionHttpClient *self,
                                     gint64 rate)
{
  g_return_if_fail (PILLION_HTTP_IS_CLIENT (self));
  g_return_if_fail (pillion_http_client_on_thread (self));
  g_return_if_fail (rate >= 0);

  if (self->config.lowest_rate == rate)
    return;

  self->config.lowest_rate = rate;
  pillion_http_client_configure (self, "lowest-rate");
}

/**
 * pillion_http_client_get_rate_limit: (get-property rate-limit)
 * @self: a client
 *
 * Gets how much of bodies all calls together send, and how much they receive.
 *
 * Returns: bytes per second, or 0 for no limit
 *
 * Since: 1.0
 */
gint64
pillion_http_client_get_rate_limit (PillionHttpClient *self)
{
  g_return_val_if_fail (PILLION_HTTP_IS_CLIENT (self), 0);

  return self->config.rate_limit;
}

/**
 * pillion_http_client_set_rate_limit: (set-property rate-limit)
 * @self: a client
 * @rate: bytes per second, or 0 for no limit
 *
 * Sets how much of bodies all calls together send, and how much they receive, for running calls too. A request body that is already being sent
 * without a limit is not slowed down.
 *
 * Since: 1.0
 */
void
pillion_http_client_set_rate_limit (PillionHttpClient *self,
                                    gint64 rate)
{
  g_return_if_fail (PILLION_HTTP_IS_CLIENT (self));
  g_return_if_fail (pillion_http_client_on_thread (self));
  g_return_if_fail (rate >= 0);

  if (self->config.rate_limit == rate)
    return;

  self->config.rate_limit = rate;
  pillion_http_client_configure (self, "rate-limit");
}

/**
 * pillion_http_client_get_max_retries: (get-property max-retries)
 * @self: a client
 *
 * Gets how many times a request is sent again after a transient failure.
 *
 * Returns: how many times
 *
 * Since: 1.0
 */
guint
pillion_http_client_get_max_retries (PillionHttpClient *self)
{
  g_return_val_if_fail (PILLION_HTTP_IS_CLIENT (self), 0);

  return self->config.max_retries;
}

/**
 * pillion_http_client_set_max_retries: (set-property max-retries)
 * @self: a client
 * @max: how many times; 0 for never, which is the default
 *
 * Sets how many times a request is sent again after a transient failure, for running calls too.
 *
 * Since: 1.0
 */
void
pillion_http_client_set_max_retries (PillionHttpClient *self,
                                     guint max)
{
  g_return_if_fail (PILLION_HTTP_IS_CLIENT (self));
  g_return_if_fail (pillion_http_client_on_thread (self));
  g_return_if_fail (max <= G_MAXINT);

  if (self->config.max_retries == max)
    return;

  self->config.max_retries = max;
  pillion_http_client_configure (self, "max-retries");
}

/**
 * pillion_http_client_get_transport: (get-property transport)
 * @self: a client
 *
 * Gets what answers instead of the network.
 *
 * Returns: (transfer none) (nullable): the transport, or `NULL` for the network
 *
 * Since: 1.0
 */
PillionHttpTestTransport *
pillion_http_client_get_transport (PillionHttpClient *self)
{
  g_return_val_if_fail (PILLION_HTTP_IS_CLIENT (self), NULL);

  return self->transport;
}

/**
 * pillion_http_client_set_transport: (set-property transport)
 * @self: a client, on its loop's thread
 * @transport: (nullable): a transport of the same loop, or `NULL` for the network
 *
 * Sets what answers instead of the network, for tests. Calls that run are not affected.
 *
 * Since: 1.0
 */
void
pillion_http_client_set_transport (PillionHttpClient *self,
                                   PillionHttpTestTransport *transport)
{
  g_return_if_fail (PILLION_HTTP_IS_CLIENT (self));
  g_return_if_fail (transport == NULL || PILLION_HTTP_IS_TEST_TRANSPORT (transport));
  g_return_if_fail (transport == NULL || pillion_http_test_transport_get_loop (transport) == self->loop);
  g_return_if_fail (pillion_http_client_on_thread (self));

  if (!g_set_object (&self->transport, transport))
    return;

  /* The next call makes a new engine */
  g_clear_pointer (&self->engine, pillion_http_engine_unref);
  g_object_notify (G_OBJECT (self), "transport");
}

/**
 * pillion_http_client_get_credentials: (get-property credentials)
 * @self: a client
 *
 * Gets the credentials that requests are sent with.
 *
 * Returns: (transfer none) (nullable): credentials, or %NULL if there are none
 *
 * Since: 1.0
 */
PillionHttpCredentials *
pillion_http_client_get_credentials (PillionHttpClient *self)
{
  g_return_val_if_fail (PILLION_HTTP_IS_CLIENT (self), NULL);

  return self->config.credentials;
}

/**
 * pillion_http_client_set_credentials: (set-property credentials)
 * @self: a client
 * @credentials: (nullable): credentials, or %NULL for none
 *
 * Sets the credentials that requests are sent with, from now on: each to the server that it goes to first. A redirect to another server does
 * not take them along.
 *
 * Since: 1.0
 */
void
pillion_http_client_set_credentials (PillionHttpClient *self,
                                     PillionHttpCredentials *credentials)
{
  g_return_if_fail (PILLION_HTTP_IS_CLIENT (self));
  g_return_if_fail (pillion_http_client_on_thread (self));
  g_return_if_fail (credentials == NULL || PILLION_HTTP_IS_CREDENTIALS (credentials));

  if (g_set_object (&self->config.credentials, credentials))
    pillion_http_client_configure (self, "credentials");
}
