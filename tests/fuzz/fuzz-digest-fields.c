/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* A line of Repr-Digest and one of Digest. What is found is a digest, and is found again if it is sent as it should be. */

#include "fuzz.h"
#include "http/pillion-digest.h"

static char *
encode (const char *digest)
{
  gsize length = strlen (digest) / 2;
  g_autofree guint8 *bytes = g_malloc (length);

  for (gsize i = 0; i < length; i++)
    bytes[i] = (guint8) (g_ascii_xdigit_value (digest[2 * i]) << 4 | g_ascii_xdigit_value (digest[2 * i + 1]));

  return g_base64_encode (bytes, length);
}

int
LLVMFuzzerTestOneInput (const guint8 *data,
                        gsize size)
{
  g_autofree char *repr_digest = fuzz_take_line (&data, &size);
  g_autofree char *old_digest = fuzz_take_line (&data, &size);
  g_autofree char *digest = pillion_digest_from_fields (repr_digest, old_digest);
  g_autofree char *only_new = pillion_digest_from_fields (repr_digest, NULL);
  g_autofree char *only_old = pillion_digest_from_fields (NULL, old_digest);

  g_assert_true ((digest != NULL) == (only_new != NULL || only_old != NULL));
  g_assert_true (digest == NULL || g_strcmp0 (digest, only_new) == 0 || g_strcmp0 (digest, only_old) == 0);
  pillion_digest_is_valid (repr_digest);
  if (digest != NULL)
    {
      g_autofree char *encoded = encode (digest);
      const char *kind;
      GChecksumType type;
      g_autofree char *field = NULL;
      g_autofree char *again = NULL;

      g_assert_true (pillion_digest_is_valid (digest));
      type = pillion_digest_get_type (digest, &kind);
      g_assert_cmpint (g_checksum_type_get_length (type) * 2, ==, strlen (digest));
      field = g_strdup_printf ("%s=%s", type == G_CHECKSUM_SHA1 ? "SHA" : kind, encoded);
      again = pillion_digest_from_fields (NULL, field);
      g_assert_cmpstr (again, ==, digest);
    }

  return 0;
}
