/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-public-key.h"

#include <string.h>

#define PIN_PREFIX "sha256//"

/* Tags of DER (X.690) */
#define TAG_INTEGER 0x02
#define TAG_SEQUENCE 0x30
#define TAG_VERSION 0xa0

/* Some DER that is yet to be read */
typedef struct
{
  const guint8 *next;
  const guint8 *end;
} Der;

/* Takes an element with this tag, whose contents go to @contents. It begins at @begin. */
static gboolean
take (Der *self,
      guint8 tag,
      const guint8 **begin,
      Der *contents)
{
  const guint8 *p = self->next;
  gsize length;

  *begin = p;
  if (self->end - p < 2 || *p++ != tag)
    return FALSE;

  length = *p++;
  if (length > 0x80)
    {
      guint n = length & 0x7f;

      if (n > sizeof (guint32) || self->end - p < (gssize) n)
        return FALSE;
      for (length = 0; n > 0; n--)
        length = length << 8 | *p++;
    }
  else if (length == 0x80)
    return FALSE;

  if (length > (gsize) (self->end - p))
    return FALSE;

  *contents = (Der) { p, p + length };
  self->next = contents->end;
  return TRUE;
}

/* RFC 5280, section 4.1 */
gboolean
pillion_public_key_digest (GTlsCertificate *certificate,
                           guint8 *digest)
{
  g_autoptr (GByteArray) der = NULL;
  g_autoptr (GChecksum) checksum = NULL;
  gsize size = PILLION_PUBLIC_KEY_DIGEST_SIZE;
  const guint8 *begin;
  Der all;
  Der whole;
  Der signed_part;
  Der element;

  g_object_get (certificate, "certificate", &der, NULL);
  if (der == NULL)
    return FALSE;

  all = (Der) { der->data, der->data + der->len };
  if (!take (&all, TAG_SEQUENCE, &begin, &whole) || !take (&whole, TAG_SEQUENCE, &begin, &signed_part))
    return FALSE;

  /* There is none in version 1 */
  take (&signed_part, TAG_VERSION, &begin, &element);
  /* Serial number, signature algorithm, issuer, validity, subject, and then the key */
  if (!take (&signed_part, TAG_INTEGER, &begin, &element))
    return FALSE;
  for (guint i = 0; i < 5; i++)
    if (!take (&signed_part, TAG_SEQUENCE, &begin, &element))
      return FALSE;

  checksum = g_checksum_new (G_CHECKSUM_SHA256);
  g_checksum_update (checksum, begin, signed_part.next - begin);
  g_checksum_get_digest (checksum, digest, &size);

  return TRUE;
}

gboolean
pillion_public_key_parse_pin (const char *text,
                              guint8 *digest)
{
  g_autofree guint8 *bytes = NULL;
  g_autofree char *again = NULL;
  gsize n;

  if (!g_str_has_prefix (text, PIN_PREFIX))
    return FALSE;

  text += strlen (PIN_PREFIX);
  bytes = g_base64_decode (text, &n);
  if (n != PILLION_PUBLIC_KEY_DIGEST_SIZE)
    return FALSE;

  /* The decoder skips what is not Base64 */
  again = g_base64_encode (bytes, n);
  if (strcmp (text, again) != 0)
    return FALSE;

  memcpy (digest, bytes, n);
  return TRUE;
}
