/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "certificates.h"

#include <string.h>
#include <time.h>

#include <gnutls/x509.h>

#define DAY (24 * 60 * 60)

const char *const chaos_certificate_names[] = {
  "good", "self-signed", "unknown-authority", "forged", "expired", "not-yet-valid", "wrong-name", "wildcard", "name-with-zero", "common-name",
  "for-clients", "by-server",
};

typedef struct
{
  gnutls_certificate_credentials_t credentials[CHAOS_N_CERTIFICATES];
  char *authority;
} Certificates;

static gnutls_x509_privkey_t
make_key (void)
{
  gnutls_x509_privkey_t key;

  g_assert_cmpint (gnutls_x509_privkey_init (&key), ==, 0);
  g_assert_cmpint (gnutls_x509_privkey_generate (key, GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS (GNUTLS_ECC_CURVE_SECP256R1), 0), ==, 0);

  return key;
}

static gnutls_x509_crt_t
make_certificate (gnutls_x509_privkey_t key,
                  const char *name,
                  gboolean is_authority)
{
  static guint8 serial;
  gnutls_x509_crt_t certificate;
  guint8 number = ++serial;

  g_assert_cmpint (gnutls_x509_crt_init (&certificate), ==, 0);
  gnutls_x509_crt_set_version (certificate, 3);
  gnutls_x509_crt_set_serial (certificate, &number, 1);
  gnutls_x509_crt_set_dn_by_oid (certificate, GNUTLS_OID_X520_COMMON_NAME, 0, name, (guint) strlen (name));
  gnutls_x509_crt_set_activation_time (certificate, time (NULL) - DAY);
  gnutls_x509_crt_set_expiration_time (certificate, time (NULL) + 365 * DAY);
  gnutls_x509_crt_set_basic_constraints (certificate, is_authority, -1);
  gnutls_x509_crt_set_key_usage (certificate, is_authority ? GNUTLS_KEY_KEY_CERT_SIGN : GNUTLS_KEY_DIGITAL_SIGNATURE);
  gnutls_x509_crt_set_key (certificate, key);

  return certificate;
}

static void
sign (gnutls_x509_crt_t certificate,
      gnutls_x509_crt_t issuer,
      gnutls_x509_privkey_t issuer_key)
{
  g_assert_cmpint (gnutls_x509_crt_sign2 (certificate, issuer, issuer_key, GNUTLS_DIG_SHA256, 0), ==, 0);
}

static void
set_names (gnutls_x509_crt_t certificate,
           ChaosCertificate which)
{
  static const guint8 address[] = { 127, 0, 0, 1 };
  static const guint8 other_address[] = { 127, 0, 0, 2 };

  switch (which)
    {
    case CHAOS_CERTIFICATE_WRONG_NAME:
      gnutls_x509_crt_set_subject_alt_name (certificate, GNUTLS_SAN_IPADDRESS, other_address, sizeof other_address, GNUTLS_FSAN_SET);
      gnutls_x509_crt_set_subject_alt_name (certificate, GNUTLS_SAN_DNSNAME, "server.invalid", strlen ("server.invalid"), GNUTLS_FSAN_APPEND);
      break;
    case CHAOS_CERTIFICATE_WILDCARD:
      gnutls_x509_crt_set_subject_alt_name (certificate, GNUTLS_SAN_DNSNAME, "*.0.0.1", strlen ("*.0.0.1"), GNUTLS_FSAN_SET);
      gnutls_x509_crt_set_subject_alt_name (certificate, GNUTLS_SAN_DNSNAME, "*", 1, GNUTLS_FSAN_APPEND);
      break;
    case CHAOS_CERTIFICATE_NAME_WITH_ZERO:
      gnutls_x509_crt_set_subject_alt_name (certificate, GNUTLS_SAN_DNSNAME, "127.0.0.1\0.invalid", 18, GNUTLS_FSAN_SET);
      break;
    case CHAOS_CERTIFICATE_COMMON_NAME:
      break;
    default:
      gnutls_x509_crt_set_subject_alt_name (certificate, GNUTLS_SAN_IPADDRESS, address, sizeof address, GNUTLS_FSAN_SET);
      break;
    }

  gnutls_x509_crt_set_key_purpose_oid (certificate, which == CHAOS_CERTIFICATE_FOR_CLIENTS ? GNUTLS_KP_TLS_WWW_CLIENT : GNUTLS_KP_TLS_WWW_SERVER, 0);
}

static Certificates *
make_all (void)
{
  Certificates *self = g_new0 (Certificates, 1);
  gnutls_x509_privkey_t authority_key = make_key ();
  gnutls_x509_privkey_t other_key = make_key ();
  gnutls_x509_privkey_t key = make_key ();
  gnutls_x509_crt_t authority = make_certificate (authority_key, "Chaos", TRUE);
  gnutls_x509_crt_t other = make_certificate (other_key, "Unknown", TRUE);
  gnutls_x509_crt_t server = NULL;
  gnutls_datum_t text;

  sign (authority, authority, authority_key);
  sign (other, other, other_key);
  g_assert_cmpint (gnutls_x509_crt_export2 (authority, GNUTLS_X509_FMT_PEM, &text), ==, 0);
  self->authority = g_strndup ((const char *) text.data, text.size);
  gnutls_free (text.data);

  for (ChaosCertificate i = 0; i < CHAOS_N_CERTIFICATES; i++)
    {
      gnutls_x509_privkey_t own_key = i == CHAOS_CERTIFICATE_BY_SERVER ? other_key : key;
      gnutls_x509_crt_t chain[2] = { make_certificate (own_key, "127.0.0.1", FALSE), NULL };

      set_names (chain[0], i);
      if (i == CHAOS_CERTIFICATE_EXPIRED)
        gnutls_x509_crt_set_expiration_time (chain[0], time (NULL) - DAY / 2);
      if (i == CHAOS_CERTIFICATE_NOT_YET_VALID)
        gnutls_x509_crt_set_activation_time (chain[0], time (NULL) + DAY);

      if (i == CHAOS_CERTIFICATE_SELF_SIGNED)
        sign (chain[0], chain[0], own_key);
      else if (i == CHAOS_CERTIFICATE_UNKNOWN_AUTHORITY)
        sign (chain[0], other, other_key);
      else if (i == CHAOS_CERTIFICATE_FORGED)
        sign (chain[0], authority, other_key);
      else if (i == CHAOS_CERTIFICATE_BY_SERVER)
        sign (chain[0], chain[1] = server, key);
      else
        sign (chain[0], authority, authority_key);

      g_assert_cmpint (gnutls_certificate_allocate_credentials (&self->credentials[i]), ==, 0);
      /* It compares the key with the certificate */
      g_assert_cmpint (gnutls_certificate_set_x509_key (self->credentials[i], chain, chain[1] != NULL ? 2 : 1, own_key), ==, 0);
      if (i == CHAOS_CERTIFICATE_GOOD)
        server = chain[0];
      else
        gnutls_x509_crt_deinit (chain[0]);
    }

  gnutls_x509_crt_deinit (server);
  gnutls_x509_crt_deinit (other);
  gnutls_x509_crt_deinit (authority);
  gnutls_x509_privkey_deinit (key);
  gnutls_x509_privkey_deinit (other_key);
  gnutls_x509_privkey_deinit (authority_key);

  return self;
}

static const Certificates *
get_all (void)
{
  static Certificates *all;

  if (g_once_init_enter (&all))
    g_once_init_leave (&all, make_all ());

  return all;
}

gnutls_certificate_credentials_t
chaos_certificates_get (ChaosCertificate certificate)
{
  return get_all ()->credentials[certificate];
}

GTlsDatabase *
chaos_certificates_make_database (const char *folder)
{
  g_autofree char *path = g_build_filename (folder, "authority.pem", NULL);
  g_autoptr (GError) error = NULL;
  GTlsDatabase *database;

  g_assert_true (g_file_set_contents (path, get_all ()->authority, -1, NULL));
  database = g_tls_file_database_new (path, &error);
  g_assert_no_error (error);

  return database;
}
