/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>

/* How connections are made, and what TLS connections have to satisfy. All zero is the default. */
typedef struct
{
  GTlsDatabase *tls_database;   /* NULL for the system's */
  GTlsCertificate *certificate; /* the client's own, or NULL */
  char **pinned_keys;           /* or NULL */
  gboolean insecure;            /* any certificate is accepted */
  char *unix_socket_path;       /* or NULL */
  GSocketAddress *local_address; /* or NULL */
} PillionConnectionOptions;

/* Copies into uninitialized memory */
void     pillion_connection_options_copy  (PillionConnectionOptions       *self,
                                           const PillionConnectionOptions *source);
void     pillion_connection_options_clear (PillionConnectionOptions       *self);
gboolean pillion_connection_options_equal (const PillionConnectionOptions *self,
                                           const PillionConnectionOptions *other);

/* A digest of what decides which server answers, and as whom it sees the client: the Unix socket, the certificate, and whom the client
 * trusts. NULL for the default. It is the same in all processes, unless a certificate or a database can't be read: then it is that object's
 * alone. */
char    *pillion_connection_options_get_identity (const PillionConnectionOptions *self);

/* Whether connections can be made; else PILLION_HTTP_ERROR_INVALID_SETTING */
gboolean pillion_connection_options_check (const PillionConnectionOptions *self,
                                           GError                        **error);

/* Whether a server's certificate has one of the pinned keys, or no key is pinned; else
 * PILLION_HTTP_ERROR_PIN_MISMATCH */
gboolean pillion_connection_options_check_key (const PillionConnectionOptions *self,
                                               GTlsCertificate                *certificate,
                                               GError                        **error);

/* A G_TLS_ERROR_BAD_CERTIFICATE that says why */
GError  *pillion_certificate_error_new (GTlsCertificateFlags flags);
