/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>
#include <gnutls/gnutls.h>

/* Certificates of a server at 127.0.0.1. All but the first one have something wrong. */
typedef enum
{
  CHAOS_CERTIFICATE_GOOD,
  CHAOS_CERTIFICATE_SELF_SIGNED,
  CHAOS_CERTIFICATE_UNKNOWN_AUTHORITY,
  CHAOS_CERTIFICATE_FORGED,         /* names the authority, which has not signed it */
  CHAOS_CERTIFICATE_EXPIRED,
  CHAOS_CERTIFICATE_NOT_YET_VALID,
  CHAOS_CERTIFICATE_WRONG_NAME,
  CHAOS_CERTIFICATE_WILDCARD,       /* for every name, but an address is none */
  CHAOS_CERTIFICATE_NAME_WITH_ZERO, /* "127.0.0.1", a zero byte, and more */
  CHAOS_CERTIFICATE_COMMON_NAME,    /* the address is only in a field that has no meaning any more */
  CHAOS_CERTIFICATE_FOR_CLIENTS,    /* not for servers */
  CHAOS_CERTIFICATE_BY_SERVER,      /* signed by a certificate that is no authority's */
  CHAOS_N_CERTIFICATES,
} ChaosCertificate;

extern const char *const chaos_certificate_names[];

/* Made when they are first asked for, and kept */
gnutls_certificate_credentials_t chaos_certificates_get           (ChaosCertificate certificate);

/* The authorities that a client trusts. Puts a file into @folder, which the database needs. */
GTlsDatabase                    *chaos_certificates_make_database (const char      *folder);
