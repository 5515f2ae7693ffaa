/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>

/* The SHA-256 of a public key, as RFC 7469 and curl's --pinnedpubkey have it: of the SubjectPublicKeyInfo in DER */
#define PILLION_PUBLIC_KEY_DIGEST_SIZE 32

/* Returns FALSE if the certificate makes no sense */
gboolean pillion_public_key_digest    (GTlsCertificate *certificate,
                                       guint8          *digest);

/* Whether a certificate's private key belongs to it, as far as can be seen: with a key of another kind than RSA or an elliptic curve, or one that
 * can't be read, it may */
gboolean pillion_public_key_may_fit   (GTlsCertificate *certificate);

/* Reads "sha256//" and the digest in Base64 */
gboolean pillion_public_key_parse_pin (const char      *text,
                                       guint8          *digest);
