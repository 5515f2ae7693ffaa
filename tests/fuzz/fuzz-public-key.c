/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* A line with a pin, and a certificate in DER; then perhaps its private key. The pin of a certificate can be written and read. */

#include <string.h>

#include "fuzz.h"
#include "http/pillion-public-key.h"

/* How many bytes an element of DER has with its head, if its length is written as for a certificate or a key */
static gsize
measure (const guint8 *data,
         gsize size)
{
  if (size >= 4 && data[1] == 0x82)
    return MIN (size, 4 + ((gsize) data[2] << 8 | data[3]));
  if (size >= 3 && data[1] == 0x81)
    return MIN (size, 3 + (gsize) data[2]);

  return size;
}

static GObject *
load (const guint8 *data,
      gsize size)
{
  gsize length = measure (data, size);
  g_autoptr (GByteArray) der = g_byte_array_append (g_byte_array_new (), data, (guint) length);
  g_autoptr (GByteArray) key = size > length ? g_byte_array_append (g_byte_array_new (), data + length, (guint) (size - length)) : NULL;

  return g_initable_new (g_tls_backend_get_certificate_type (g_tls_backend_get_default ()), NULL, NULL, "certificate", der, "private-key", key, NULL);
}

int
LLVMFuzzerTestOneInput (const guint8 *data,
                        gsize size)
{
  g_autofree char *pin = fuzz_take_line (&data, &size);
  g_autoptr (GObject) certificate = NULL;
  guint8 digest[PILLION_PUBLIC_KEY_DIGEST_SIZE];
  guint8 again[PILLION_PUBLIC_KEY_DIGEST_SIZE];

  if (pillion_public_key_parse_pin (pin, digest))
    {
      g_autofree char *encoded = g_base64_encode (digest, sizeof digest);
      g_autofree char *written = g_strconcat ("sha256//", encoded, NULL);

      g_assert_cmpstr (written, ==, pin);
    }

  certificate = load (data, size);
  if (certificate != NULL && pillion_public_key_digest (G_TLS_CERTIFICATE (certificate), digest))
    {
      g_autofree char *encoded = g_base64_encode (digest, sizeof digest);
      g_autofree char *written = g_strconcat ("sha256//", encoded, NULL);

      g_assert_true (pillion_public_key_parse_pin (written, again));
      g_assert_cmpmem (again, sizeof again, digest, sizeof digest);
      pillion_public_key_may_fit (G_TLS_CERTIFICATE (certificate));
    }

  return 0;
}
