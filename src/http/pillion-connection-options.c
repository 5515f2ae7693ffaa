/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-connection-options.h"

#include <string.h>
#include <sys/un.h>

#include <glib/gi18n-lib.h>
#include <pillion-http/pillion-http.h>

#include "http/pillion-public-key.h"

void
pillion_connection_options_copy (PillionConnectionOptions *self,
                                 const PillionConnectionOptions *source)
{
  *self = (PillionConnectionOptions) { .insecure = source->insecure };
  g_set_object (&self->tls_database, source->tls_database);
  g_set_object (&self->certificate, source->certificate);
  g_set_object (&self->local_address, source->local_address);
  self->pinned_keys = g_strdupv (source->pinned_keys);
  self->unix_socket_path = g_strdup (source->unix_socket_path);
}

void
pillion_connection_options_clear (PillionConnectionOptions *self)
{
  g_clear_object (&self->tls_database);
  g_clear_object (&self->certificate);
  g_clear_object (&self->local_address);
  g_clear_pointer (&self->pinned_keys, g_strfreev);
  g_clear_pointer (&self->unix_socket_path, g_free);
}

gboolean
pillion_connection_options_equal (const PillionConnectionOptions *self,
                                  const PillionConnectionOptions *other)
{
  static const char *const none[] = { NULL };

  return self->tls_database == other->tls_database && self->certificate == other->certificate &&
         self->local_address == other->local_address && self->insecure == other->insecure &&
         g_strcmp0 (self->unix_socket_path, other->unix_socket_path) == 0 &&
         g_strv_equal (self->pinned_keys != NULL ? (const char *const *) self->pinned_keys : none,
                       other->pinned_keys != NULL ? (const char *const *) other->pinned_keys : none);
}

static gpointer
copy_string (gpointer string,
             gpointer data)
{
  return g_strdup (string);
}

/* What stands for an object that has nothing to compare */
static char *
get_object_identity (gpointer object)
{
  static const char key[] = "pillion-identity";
  char *identity = g_object_dup_data (object, key, copy_string, NULL);

  /* Another thread may give it one at the same time */
  while (identity == NULL)
    {
      char *made = g_uuid_string_random ();

      if (!g_object_replace_data (object, key, NULL, made, g_free, NULL))
        g_free (made);
      identity = g_object_dup_data (object, key, copy_string, NULL);
    }

  return identity;
}

static char *
get_certificate_identity (GTlsCertificate *certificate)
{
  g_autoptr (GByteArray) bytes = NULL;

  g_object_get (certificate, "certificate", &bytes, NULL);
  return bytes != NULL ? g_compute_checksum_for_data (G_CHECKSUM_SHA256, bytes->data, bytes->len) : get_object_identity (certificate);
}

static char *
get_database_identity (GTlsDatabase *database)
{
  char *anchors = NULL;

  if (G_IS_TLS_FILE_DATABASE (database))
    g_object_get (database, "anchors", &anchors, NULL);

  return anchors != NULL ? anchors : get_object_identity (database);
}

static void
add_to_digest (GChecksum *digest,
               const char *name,
               const char *value)
{
  /* With their terminators, so that no two lists are alike */
  g_checksum_update (digest, (const guchar *) name, (gssize) strlen (name) + 1);
  g_checksum_update (digest, (const guchar *) value, (gssize) strlen (value) + 1);
}

char *
pillion_connection_options_get_identity (const PillionConnectionOptions *self)
{
  const gboolean pinned = self->pinned_keys != NULL && *self->pinned_keys != NULL;
  g_autoptr (GChecksum) digest = NULL;
  g_autofree char *certificate = NULL;
  g_autofree char *database = NULL;

  if (self->unix_socket_path == NULL && self->certificate == NULL && self->tls_database == NULL && !self->insecure && !pinned)
    return NULL;

  digest = g_checksum_new (G_CHECKSUM_SHA256);
  if (self->unix_socket_path != NULL)
    add_to_digest (digest, "unix", self->unix_socket_path);
  if (self->certificate != NULL)
    add_to_digest (digest, "certificate", certificate = get_certificate_identity (self->certificate));
  if (self->tls_database != NULL)
    add_to_digest (digest, "database", database = get_database_identity (self->tls_database));
  if (self->insecure)
    add_to_digest (digest, "insecure", "");
  for (char **pin = self->pinned_keys; pin != NULL && *pin != NULL; pin++)
    add_to_digest (digest, "pin", *pin);

  return g_strdup (g_checksum_get_string (digest));
}

/* A key in a hardware token is used without being read */
static gboolean
has_private_key (GTlsCertificate *certificate)
{
  g_autoptr (GByteArray) key = NULL;
  g_autofree char *uri = NULL;

  g_object_get (certificate, "private-key", &key, NULL);
  if (key != NULL)
    return TRUE;

  g_object_get (certificate, "private-key-pkcs11-uri", &uri, NULL);
  return uri != NULL;
}

gboolean
pillion_connection_options_check (const PillionConnectionOptions *self,
                                  GError **error)
{
  for (char **pin = self->pinned_keys; pin != NULL && *pin != NULL; pin++)
    {
      guint8 digest[PILLION_PUBLIC_KEY_DIGEST_SIZE];

      if (!pillion_public_key_parse_pin (*pin, digest))
        {
          g_set_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_INVALID_SETTING,
                       _("'%s' is not a pinned key: expected 'sha256//' and 32 bytes in Base64"), *pin);
          return FALSE;
        }
    }

  if (self->certificate != NULL && !has_private_key (self->certificate))
    {
      g_set_error_literal (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_INVALID_SETTING,
                           _("the client certificate has no private key"));
      return FALSE;
    }

  if (self->certificate != NULL && !pillion_public_key_may_fit (self->certificate))
    {
      g_set_error_literal (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_INVALID_SETTING,
                           _("the private key does not belong to the client certificate"));
      return FALSE;
    }

  if (self->unix_socket_path != NULL &&
      (*self->unix_socket_path == '\0' || strlen (self->unix_socket_path) >= sizeof ((struct sockaddr_un *) NULL)->sun_path))
    {
      g_set_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_INVALID_SETTING,
                   _("'%s' is not the path of a Unix socket: it has to have 1 to %u bytes"), self->unix_socket_path,
                   (guint) sizeof ((struct sockaddr_un *) NULL)->sun_path - 1);
      return FALSE;
    }

  return TRUE;
}

gboolean
pillion_connection_options_check_key (const PillionConnectionOptions *self,
                                      GTlsCertificate *certificate,
                                      GError **error)
{
  guint8 digest[PILLION_PUBLIC_KEY_DIGEST_SIZE];
  g_autofree char *base64 = NULL;

  if (self->pinned_keys == NULL || *self->pinned_keys == NULL)
    return TRUE;

  if (certificate == NULL || !pillion_public_key_digest (certificate, digest))
    {
      g_set_error_literal (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_PIN_MISMATCH, _("the public key of the server cannot be read"));
      return FALSE;
    }

  for (char **pin = self->pinned_keys; *pin != NULL; pin++)
    {
      guint8 pinned[PILLION_PUBLIC_KEY_DIGEST_SIZE];

      if (pillion_public_key_parse_pin (*pin, pinned) && memcmp (pinned, digest, sizeof digest) == 0)
        return TRUE;
    }

  base64 = g_base64_encode (digest, sizeof digest);
  g_set_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_PIN_MISMATCH,
               _("the public key of the server (sha256//%s) is not one of the pinned keys"), base64);
  return FALSE;
}

GError *
pillion_certificate_error_new (GTlsCertificateFlags flags)
{
  const char *text;

  /* What is wrong regardless of the issuer comes first: a test server's certificate often has both faults */
  if (flags & G_TLS_CERTIFICATE_BAD_IDENTITY)
    text = _("the certificate of the server is for another host");
  else if (flags & G_TLS_CERTIFICATE_EXPIRED)
    text = _("the certificate of the server has expired");
  else if (flags & G_TLS_CERTIFICATE_NOT_ACTIVATED)
    text = _("the certificate of the server is not valid yet");
  else if (flags & G_TLS_CERTIFICATE_REVOKED)
    text = _("the certificate of the server was revoked");
  else if (flags & G_TLS_CERTIFICATE_INSECURE)
    text = _("the certificate of the server uses an insecure algorithm");
  else if (flags & G_TLS_CERTIFICATE_UNKNOWN_CA)
    text = _("the certificate of the server is not from a trusted authority");
  else
    text = _("the certificate of the server is not accepted");

  return g_error_new_literal (G_TLS_ERROR, G_TLS_ERROR_BAD_CERTIFICATE, text);
}
