/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* A line with a pin, and a certificate in DER. The pin of a certificate can be written and read. */

#include <string.h>

#include "fuzz.h"
#include "http/pillion-public-key.h"

int
LLVMFuzzerTestOneInput (const guint8 *data,
                        gsize size)
{
  g_autofree char *pin = fuzz_take_line (&data, &size);
  g_autoptr (GByteArray) der = g_byte_array_new ();
  g_autoptr (GInitable) certificate = NULL;
  guint8 digest[PILLION_PUBLIC_KEY_DIGEST_SIZE];
  guint8 again[PILLION_PUBLIC_KEY_DIGEST_SIZE];

  if (pillion_public_key_parse_pin (pin, digest))
    {
      g_autofree char *encoded = g_base64_encode (digest, sizeof digest);
      g_autofree char *written = g_strconcat ("sha256//", encoded, NULL);

      g_assert_cmpstr (written, ==, pin);
    }

  g_byte_array_append (der, data, (guint) size);
  certificate = g_initable_new (g_tls_backend_get_certificate_type (g_tls_backend_get_default ()), NULL, NULL, "certificate", der, NULL);
  if (certificate != NULL && pillion_public_key_digest (G_TLS_CERTIFICATE (certificate), digest))
    {
      g_autofree char *encoded = g_base64_encode (digest, sizeof digest);
      g_autofree char *written = g_strconcat ("sha256//", encoded, NULL);

      g_assert_true (pillion_public_key_parse_pin (written, again));
      g_assert_cmpmem (again, sizeof again, digest, sizeof digest);
      /* There is no private key that could be another's */
      g_assert_true (pillion_public_key_may_fit (G_TLS_CERTIFICATE (certificate)));
    }

  return 0;
}
