/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>

/* Digests are text in hexadecimal digits. Their number tells the algorithm. */

/* Whether @text is a digest of MD5, SHA-1, SHA-256, SHA-384 or SHA-512, in lower case */
gboolean      pillion_digest_is_valid     (const char  *text);

/* The algorithm of a valid digest, and its name */
GChecksumType pillion_digest_get_type     (const char  *text,
                                           const char **name);

/* The digest that a server sends for its whole representation, in hexadecimal digits, from the fields
 * Repr-Digest (RFC 9530) and Digest (RFC 3230), which may be NULL. NULL if there is none of a known
 * algorithm. */
char         *pillion_digest_from_fields  (const char  *repr_digest,
                                           const char  *digest);

/* Whether @name in @folder, a descriptor, is a regular file with the digest. Reads all of it. Gives up when
 * any thread sets @stop. */
gboolean      pillion_digest_is_of_file   (const char  *text,
                                           int          folder,
                                           const char  *name,
                                           gboolean    *stop);
