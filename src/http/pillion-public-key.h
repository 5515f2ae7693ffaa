/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>

/* The SHA-256 of a public key, as in RFC 7469 and curl's --pinnedpubkey: of the SubjectPublicKeyInfo in DER */
#define PILLION_PUBLIC_KEY_DIGEST_SIZE 32

/* Returns FALSE if the certificate can't be parsed */
gboolean pillion_public_key_digest    (GTlsCertificate *certificate,
                                       guint8          *digest);

/* Whether a certificate's private key may belong to it. Only keys of RSA and elliptic curves that can be read
 * are checked. */
gboolean pillion_public_key_may_fit   (GTlsCertificate *certificate);

/* Reads "sha256//" and the digest in Base64 */
gboolean pillion_public_key_parse_pin (const char      *text,
                                       guint8          *digest);
