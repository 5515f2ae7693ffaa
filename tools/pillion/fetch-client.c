/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "fetch-client.h"
#include "fetch-request.h"
#include "fetch-resolver.h"

#include <string.h>

static void
set_limits (PillionHttpClient  *client,
            const FetchOptions *options)
{
  guint at_once = (guint) MAX (options->jobs, options->split);

  pillion_http_client_set_max_connections (client, MAX (pillion_http_client_get_max_connections (client), at_once));
  pillion_http_client_set_max_connections_per_host (client,
                                                    MAX (pillion_http_client_get_max_connections_per_host (client), at_once));
  if (options->split > 0)
    pillion_http_client_set_max_connections_per_download (client, (guint) options->split);
  pillion_http_client_set_max_retries (client, (guint) options->retries);
  if (options->connect_timeout_usec > 0)
    pillion_http_client_set_connect_timeout_usec (client, options->connect_timeout_usec);
  if (options->max_time_usec > 0)
    pillion_http_client_set_total_timeout_usec (client, options->max_time_usec);
  if (options->lowest_rate > 0)
    pillion_http_client_set_lowest_rate (client, options->lowest_rate);
  if (options->rate_limit > 0)
    pillion_http_client_set_rate_limit (client, options->rate_limit);
}

static ExitCode
complain (const char *option,
          GError     *error,
          ExitCode    status)
{
  g_printerr ("pillion: %s: %s\n", option, error->message);
  g_error_free (error);
  return status;
}

static GFile *
find_file (const char *path)
{
  return path != NULL ? g_file_new_for_path (path) : NULL;
}

/* Whom the client trusts, and as whom it comes */
static ExitCode
set_tls (PillionHttpClient  *client,
         const FetchOptions *options)
{
  g_autoptr (GFile) authorities = find_file (options->ca_file);
  g_autoptr (GFile) certificate = find_file (options->certificate);
  g_autoptr (GFile) key = find_file (options->key);
  GError *error = NULL;

  pillion_http_client_set_insecure (client, options->insecure);
  if (options->pins != NULL)
    {
      g_auto (GStrv) pins = g_strsplit (options->pins, ";", -1);

      pillion_http_client_set_pinned_keys (client, (const char *const *) pins);
    }
  if (authorities != NULL && !pillion_http_client_load_authorities (client, authorities, &error))
    return complain ("--cacert", error, EXIT_CA_FILE);
  if (certificate != NULL && !pillion_http_client_load_certificate (client, certificate, key, &error))
    return complain ("--cert", error, EXIT_OWN_CERTIFICATE);
  return EXIT_ALL_WELL;
}

/* The cookies of --cookie that are in files, which are only read */
static ExitCode
add_cookies (PillionHttpCookieJar *jar,
             const char           *path)
{
  g_autoptr (GFile) file = g_file_new_for_path (path);
  g_autoptr (PillionHttpCookieJar) source = pillion_http_cookie_jar_new_for_file (file);
  g_autoptr (GPtrArray) cookies = NULL;
  GError *error = NULL;

  cookies = pillion_http_cookie_jar_list (source, NULL, &error);
  if (cookies == NULL)
    return complain ("--cookie", error, EXIT_READ);
  for (guint i = 0; i < cookies->len; i++)
    if (!pillion_http_cookie_jar_add (jar, cookies->pdata[i], &error))
      return complain ("--cookie", error, EXIT_READ);
  return EXIT_ALL_WELL;
}

static ExitCode
set_cookies (PillionHttpClient  *client,
             const FetchOptions *options)
{
  g_autoptr (GFile) file = find_file (options->cookie_jar);
  g_autoptr (PillionHttpCookieJar) jar = file != NULL ? pillion_http_cookie_jar_new_for_file (file) : NULL;
  ExitCode status = EXIT_ALL_WELL;

  for (guint i = 0; options->cookies != NULL && options->cookies[i] != NULL && status == EXIT_ALL_WELL; i++)
    if (strchr (options->cookies[i], '=') == NULL)
      {
        if (jar == NULL)
          jar = pillion_http_cookie_jar_new ();
        status = add_cookies (jar, options->cookies[i]);
      }
  if (jar == NULL)
    return status;
  /* Somebody who logs in with one call wants to be logged in for the next */
  pillion_http_cookie_jar_set_save_session_cookies (jar, TRUE);
  pillion_http_client_set_cookie_jar (client, jar);
  return status;
}

/* A socket that is bound to an address of one kind connects to no other */
static void
set_family (PillionHttpClient  *client,
            const FetchOptions *options)
{
  g_autoptr (GInetAddress) any = g_inet_address_new_any (options->ipv6 ? G_SOCKET_FAMILY_IPV6 : G_SOCKET_FAMILY_IPV4);
  g_autoptr (GSocketAddress) address = g_inet_socket_address_new (any, 0);

  if (options->ipv4 || options->ipv6)
    pillion_http_client_set_local_address (client, G_INET_SOCKET_ADDRESS (address));
}

/* For the whole program: the library asks the default resolver */
static void
set_resolver (const FetchOptions *options)
{
  g_autoptr (FetchResolver) resolver = NULL;

  if (options->resolve == NULL)
    return;
  resolver = fetch_resolver_new ();
  for (guint i = 0; options->resolve[i] != NULL; i++)
    fetch_resolver_add (resolver, options->resolve[i]);
  g_resolver_set_default (G_RESOLVER (resolver));
}

/* If it fails, the user was told. */
ExitCode
fetch_client_new (const FetchOptions *options,
                  PillionLoop        *loop,
                  PillionHttpClient **client)
{
  ExitCode status;

  *client = pillion_http_client_new (loop);
  set_limits (*client, options);
  pillion_http_client_set_use_netrc (*client, options->netrc);
  if (options->user_agent != NULL)
    pillion_http_client_set_user_agent (*client, options->user_agent);
  if (options->unix_socket != NULL)
    pillion_http_client_set_unix_socket_path (*client, options->unix_socket);
  if (options->proxy != NULL)
    {
      g_autofree char *proxy = *options->proxy == '\0' ? g_strdup ("direct://") : fetch_request_complete_url (options->proxy);

      pillion_http_client_set_proxy (*client, proxy);
    }
  pillion_http_client_set_http2 (*client, !options->http1);
  set_family (*client, options);
  set_resolver (options);
  status = set_cookies (*client, options);
  return status == EXIT_ALL_WELL ? set_tls (*client, options) : status;
}

/* Writes what is not on the disk yet. If it fails, the user was told. */
gboolean
fetch_client_finish (PillionHttpClient *client)
{
  PillionHttpCookieJar *jar = pillion_http_client_get_cookie_jar (client);
  g_autoptr (PillionTask) saving = NULL;
  g_autoptr (GError) error = NULL;

  if (jar == NULL || pillion_http_cookie_jar_get_file (jar) == NULL)
    return TRUE;
  saving = pillion_http_cookie_jar_save (jar, pillion_http_client_get_loop (client), NULL);
  if (pillion_loop_run_until_complete (pillion_http_client_get_loop (client), saving, &error))
    return TRUE;
  g_printerr ("pillion: --cookie-jar: %s\n", error->message);
  return FALSE;
}
