/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-http-client-private.h"

#include <string.h>

#include <glib/gi18n-lib.h>

#include "http/pillion-file-state.h"

/* How a client makes connections */

/* An invalid setting is an error of every call */
static void
configure (PillionHttpClient *self,
           const char *property)
{
  g_clear_error (&self->invalid);
  pillion_connection_options_check (&self->config.connection, &self->invalid);
  pillion_http_client_configure (self, property);
}

/**
 * pillion_http_client_get_tls_database: (get-property tls-database)
 * @self: a client
 *
 * Gets the authorities that certificates are verified against.
 *
 * Returns: (transfer none) (nullable): the authorities, or %NULL for the system's
 *
 * Since: 1.0
 */
GTlsDatabase *
pillion_http_client_get_tls_database (PillionHttpClient *self)
{
  g_return_val_if_fail (PILLION_HTTP_IS_CLIENT (self), NULL);

  return self->config.connection.tls_database;
}

/**
 * pillion_http_client_set_tls_database: (set-property tls-database)
 * @self: a client
 * @database: (nullable): the authorities, or %NULL for the system's
 *
 * Sets the authorities that certificates are verified against, for connections that are made from now on. Idle
 * connections are closed.
 *
 * Since: 1.0
 */
void
pillion_http_client_set_tls_database (PillionHttpClient *self,
                                      GTlsDatabase *database)
{
  g_return_if_fail (PILLION_HTTP_IS_CLIENT (self));
  g_return_if_fail (pillion_http_client_on_thread (self));
  g_return_if_fail (database == NULL || G_IS_TLS_DATABASE (database));

  if (g_set_object (&self->config.connection.tls_database, database))
    configure (self, "tls-database");
}

/* Reads a PEM file */
static char *
read_pem (GFile *file,
          GError **error)
{
  g_autofree char *contents = NULL;
  g_autofree char *name = NULL;
  gsize length;

  if (!g_file_load_contents (file, NULL, &contents, &length, NULL, error))
    {
      pillion_file_state_prefix (error, file);
      return NULL;
    }
  if (strstr (contents, "-----BEGIN ") != NULL && strlen (contents) == length)
    return g_steal_pointer (&contents);

  name = g_file_get_parse_name (file);
  g_set_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_INVALID_SETTING, _("%s: there is no PEM in the file"), name);
  return NULL;
}

/* Names the file that GIO's error is about */
static void
set_invalid (GError **error,
             GFile *file,
             const char *reason)
{
  g_autofree char *name = g_file_get_parse_name (file);

  g_set_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_INVALID_SETTING, "%s: %s", name, reason);
}

/**
 * pillion_http_client_load_authorities:
 * @self: a client
 * @file: a local file with certificates in PEM
 * @error: return location for an error
 *
 * Sets the authorities that certificates are verified against to those in a file: see
 * [method@PillionHttp.Client.set_tls_database]. This waits for the disk.
 *
 * It fails with an error of `G_IO_ERROR` if the file can't be read or has no path, and with [error@PillionHttp.Error.INVALID_SETTING] if there is
 * no certificate in it, or a broken one. The client stays as it was then.
 *
 * On another thread than the loop's it fails with [error@Pillion.Error.WRONG_THREAD].
 *
 * Returns: %TRUE, or %FALSE with an error
 *
 * Since: 1.0
 */
gboolean
pillion_http_client_load_authorities (PillionHttpClient *self,
                                      GFile *file,
                                      GError **error)
{
  g_autofree char *pem = NULL;
  g_autofree char *path = NULL;
  g_autoptr (GTlsDatabase) database = NULL;
  g_autoptr (GError) reason = NULL;

  g_return_val_if_fail (PILLION_HTTP_IS_CLIENT (self), FALSE);
  g_return_val_if_fail (G_IS_FILE (file), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (!pillion_private_loop_check_thread (self->loop, error))
    return FALSE;

  pem = read_pem (file, error);
  if (pem == NULL)
    return FALSE;

  path = g_file_get_path (file);
  if (path == NULL)
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED, _("authorities can be read only from a file that has a path"));
      return FALSE;
    }

  /* GIO accepts a file without any */
  if (strstr (pem, "-----BEGIN CERTIFICATE-----") == NULL && strstr (pem, "-----BEGIN TRUSTED CERTIFICATE-----") == NULL)
    {
      set_invalid (error, file, _("there is no certificate in the file"));
      return FALSE;
    }

  database = g_tls_file_database_new (path, &reason);
  if (database == NULL)
    {
      set_invalid (error, file, reason->message);
      return FALSE;
    }

  pillion_http_client_set_tls_database (self, database);
  return TRUE;
}

/**
 * pillion_http_client_get_certificate: (get-property certificate)
 * @self: a client
 *
 * Gets the certificate that the client shows to servers that ask for one.
 *
 * Returns: (transfer none) (nullable): the certificate, or %NULL
 *
 * Since: 1.0
 */
GTlsCertificate *
pillion_http_client_get_certificate (PillionHttpClient *self)
{
  g_return_val_if_fail (PILLION_HTTP_IS_CLIENT (self), NULL);

  return self->config.connection.certificate;
}

/**
 * pillion_http_client_set_certificate: (set-property certificate)
 * @self: a client
 * @certificate: (nullable): a certificate with its private key, or %NULL
 *
 * Sets the certificate that the client shows to servers that ask for one, for connections that are made from now on. Idle connections are
 * closed. Without its private key, every call fails with [error@PillionHttp.Error.INVALID_SETTING].
 *
 * Since: 1.0
 */
void
pillion_http_client_set_certificate (PillionHttpClient *self,
                                     GTlsCertificate *certificate)
{
  g_return_if_fail (PILLION_HTTP_IS_CLIENT (self));
  g_return_if_fail (pillion_http_client_on_thread (self));
  g_return_if_fail (certificate == NULL || G_IS_TLS_CERTIFICATE (certificate));

  if (g_set_object (&self->config.connection.certificate, certificate))
    configure (self, "certificate");
}

/**
 * pillion_http_client_load_certificate:
 * @self: a client
 * @certificate: a file with a certificate in PEM, followed by those of its authorities, if the server needs them
 * @key: (nullable): a file with the private key in PEM, or %NULL if that is in the same file
 * @error: return location for an error
 *
 * Sets the certificate that the client shows to servers that ask for one to what is in files: see
 * [method@PillionHttp.Client.set_certificate]. This waits for the disk.
 *
 * It fails with an error of `G_IO_ERROR` if a file can't be read, and with [error@PillionHttp.Error.INVALID_SETTING] if what is in it is broken
 * or encrypted, if there is no private key, or if that belongs to another certificate. The client stays as it was then.
 *
 * On another thread than the loop's it fails with [error@Pillion.Error.WRONG_THREAD].
 *
 * Returns: %TRUE, or %FALSE with an error
 *
 * Since: 1.0
 */
gboolean
pillion_http_client_load_certificate (PillionHttpClient *self,
                                      GFile *certificate,
                                      GFile *key,
                                      GError **error)
{
  PillionConnectionOptions options = { NULL };
  g_autofree char *pem = NULL;
  g_autofree char *key_pem = NULL;
  g_autofree char *both = NULL;
  g_autoptr (GTlsCertificate) loaded = NULL;
  g_autoptr (GError) reason = NULL;

  g_return_val_if_fail (PILLION_HTTP_IS_CLIENT (self), FALSE);
  g_return_val_if_fail (G_IS_FILE (certificate), FALSE);
  g_return_val_if_fail (key == NULL || G_IS_FILE (key), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (!pillion_private_loop_check_thread (self->loop, error))
    return FALSE;

  pem = read_pem (certificate, error);
  if (pem == NULL || (key != NULL && (key_pem = read_pem (key, error)) == NULL))
    return FALSE;

  both = g_strconcat (pem, "\n", key_pem, NULL);
  loaded = g_tls_certificate_new_from_pem (both, -1, &reason);
  options.certificate = loaded;
  if (loaded == NULL || !pillion_connection_options_check (&options, &reason))
    {
      set_invalid (error, key != NULL && loaded == NULL ? key : certificate, reason->message);
      return FALSE;
    }

  pillion_http_client_set_certificate (self, loaded);
  return TRUE;
}

/**
 * pillion_http_client_get_pinned_keys: (get-property pinned-keys)
 * @self: a client
 *
 * Gets the pins: the server must have one of these public keys.
 *
 * Returns: (transfer none) (nullable) (array zero-terminated=1): their pins, or %NULL if any key will do
 *
 * Since: 1.0
 */
const char *const *
pillion_http_client_get_pinned_keys (PillionHttpClient *self)
{
  g_return_val_if_fail (PILLION_HTTP_IS_CLIENT (self), NULL);

  return (const char *const *) self->config.connection.pinned_keys;
}

/**
 * pillion_http_client_set_pinned_keys: (set-property pinned-keys)
 * @self: a client
 * @pins: (nullable) (array zero-terminated=1): their pins, or %NULL if any key will do
 *
 * Pins public keys: the server must have one of them. This applies to connections that are made from now on;
 * idle connections are closed. A pin is `sha256//` and the SHA-256 of the key's SubjectPublicKeyInfo in
 * Base64, as for `curl --pinnedpubkey`. An invalid pin makes every call fail with
 * [error@PillionHttp.Error.INVALID_SETTING].
 *
 * Since: 1.0
 */
void
pillion_http_client_set_pinned_keys (PillionHttpClient *self,
                                     const char *const *pins)
{
  char **copy;

  g_return_if_fail (PILLION_HTTP_IS_CLIENT (self));
  g_return_if_fail (pillion_http_client_on_thread (self));

  copy = pins != NULL && *pins != NULL ? g_strdupv ((char **) pins) : NULL;
  if (copy == self->config.connection.pinned_keys ||
      (copy != NULL && self->config.connection.pinned_keys != NULL &&
       g_strv_equal ((const char *const *) copy, (const char *const *) self->config.connection.pinned_keys)))
    {
      g_strfreev (copy);
      return;
    }

  g_strfreev (self->config.connection.pinned_keys);
  self->config.connection.pinned_keys = copy;
  configure (self, "pinned-keys");
}

/**
 * pillion_http_client_get_insecure: (get-property insecure)
 * @self: a client
 *
 * Gets whether any certificate of a server is accepted.
 *
 * Returns: whether it is
 *
 * Since: 1.0
 */
gboolean
pillion_http_client_get_insecure (PillionHttpClient *self)
{
  g_return_val_if_fail (PILLION_HTTP_IS_CLIENT (self), FALSE);

  return self->config.connection.insecure;
}

/**
 * pillion_http_client_set_insecure: (set-property insecure)
 * @self: a client
 * @insecure: whether to accept any certificate
 *
 * Sets whether any certificate of a server is accepted, for connections that are made from now on. Idle connections are closed.
 *
 * Since: 1.0
 */
void
pillion_http_client_set_insecure (PillionHttpClient *self,
                                  gboolean insecure)
{
  g_return_if_fail (PILLION_HTTP_IS_CLIENT (self));
  g_return_if_fail (pillion_http_client_on_thread (self));

  insecure = insecure != FALSE;
  if (self->config.connection.insecure == insecure)
    return;

  self->config.connection.insecure = insecure;
  configure (self, "insecure");
}

/**
 * pillion_http_client_get_http2: (get-property http2)
 * @self: a client
 *
 * Gets whether HTTP/2 may be used.
 *
 * Returns: whether it may
 *
 * Since: 1.0
 */
gboolean
pillion_http_client_get_http2 (PillionHttpClient *self)
{
  g_return_val_if_fail (PILLION_HTTP_IS_CLIENT (self), FALSE);

  return self->config.http2;
}

/**
 * pillion_http_client_set_http2: (set-property http2)
 * @self: a client
 * @http2: whether HTTP/2 may be used
 *
 * Sets whether HTTP/2 may be used, for requests that leave the queue from now on.
 *
 * Since: 1.0
 */
void
pillion_http_client_set_http2 (PillionHttpClient *self,
                               gboolean http2)
{
  g_return_if_fail (PILLION_HTTP_IS_CLIENT (self));
  g_return_if_fail (pillion_http_client_on_thread (self));

  http2 = http2 != FALSE;
  if (self->config.http2 == http2)
    return;

  self->config.http2 = http2;
  configure (self, "http2");
}

/**
 * pillion_http_client_get_unix_socket_path: (get-property unix-socket-path)
 * @self: a client
 *
 * Gets the Unix socket that connections are made to.
 *
 * Returns: (type filename) (nullable): its path, or %NULL to connect to the hosts of URLs
 *
 * Since: 1.0
 */
const char *
pillion_http_client_get_unix_socket_path (PillionHttpClient *self)
{
  g_return_val_if_fail (PILLION_HTTP_IS_CLIENT (self), NULL);

  return self->config.connection.unix_socket_path;
}

/**
 * pillion_http_client_set_unix_socket_path: (set-property unix-socket-path)
 * @self: a client
 * @path: (type filename) (nullable): its path, or %NULL to connect to the hosts of URLs
 *
 * Sets the Unix socket that connections are made to from now on, whatever the URL: its host is only sent in the request. There is no proxy then.
 * Idle connections are closed. A path that is too long for a socket makes every call fail with
 * [error@PillionHttp.Error.INVALID_SETTING].
 *
 * Since: 1.0
 */
void
pillion_http_client_set_unix_socket_path (PillionHttpClient *self,
                                          const char *path)
{
  g_return_if_fail (PILLION_HTTP_IS_CLIENT (self));
  g_return_if_fail (pillion_http_client_on_thread (self));

  if (g_strcmp0 (self->config.connection.unix_socket_path, path) == 0)
    return;

  g_free (self->config.connection.unix_socket_path);
  self->config.connection.unix_socket_path = g_strdup (path);
  configure (self, "unix-socket-path");
}

/**
 * pillion_http_client_get_local_address: (get-property local-address)
 * @self: a client
 *
 * Gets the address of this machine that connections are made from.
 *
 * Returns: (transfer none) (nullable): the address, or %NULL if the system chooses it
 *
 * Since: 1.0
 */
GInetSocketAddress *
pillion_http_client_get_local_address (PillionHttpClient *self)
{
  g_return_val_if_fail (PILLION_HTTP_IS_CLIENT (self), NULL);

  return (GInetSocketAddress *) self->config.connection.local_address;
}

/**
 * pillion_http_client_set_local_address: (set-property local-address)
 * @self: a client
 * @address: (nullable): an address of this machine, whose port is 0 for any, or %NULL if the system is to choose it
 *
 * Sets the address of this machine that connections are made from, from now on. Idle connections are closed.
 *
 * Since: 1.0
 */
void
pillion_http_client_set_local_address (PillionHttpClient *self,
                                       GInetSocketAddress *address)
{
  g_return_if_fail (PILLION_HTTP_IS_CLIENT (self));
  g_return_if_fail (pillion_http_client_on_thread (self));
  g_return_if_fail (address == NULL || G_IS_INET_SOCKET_ADDRESS (address));

  if (g_set_object (&self->config.connection.local_address, G_SOCKET_ADDRESS (address)))
    configure (self, "local-address");
}
