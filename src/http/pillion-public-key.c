/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#define _GNU_SOURCE /* for memmem () */

#include "config.h"

#include "http/pillion-public-key.h"

#include <string.h>

#define PIN_PREFIX "sha256//"

/* Tags of DER (X.690) */
#define TAG_INTEGER 0x02
#define TAG_BIT_STRING 0x03
#define TAG_OCTET_STRING 0x04
#define TAG_SEQUENCE 0x30
#define TAG_CONTEXT_0 0xa0
#define TAG_CONTEXT_1 0xa1

/* DER that is still to be read */
typedef struct
{
  const guint8 *next;
  const guint8 *end;
} Der;

/* Reads an element with this tag. Sets @contents, and @begin to where the element begins. */
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

/* The SubjectPublicKeyInfo of a certificate in DER (RFC 5280, section 4.1) */
static gboolean
find_key (const GByteArray *der,
          Der *key)
{
  const guint8 *begin;
  Der all = { der->data, der->data + der->len };
  Der whole;
  Der signed_part;
  Der element;

  if (!take (&all, TAG_SEQUENCE, &begin, &whole) || !take (&whole, TAG_SEQUENCE, &begin, &signed_part))
    return FALSE;

  /* Version 1 has none */
  take (&signed_part, TAG_CONTEXT_0, &begin, &element);
  /* Serial number, signature algorithm, issuer, validity, subject, and then the key */
  if (!take (&signed_part, TAG_INTEGER, &begin, &element))
    return FALSE;
  for (guint i = 0; i < 5; i++)
    if (!take (&signed_part, TAG_SEQUENCE, &begin, &element))
      return FALSE;

  *key = (Der) { begin, element.end };
  return TRUE;
}

gboolean
pillion_public_key_digest (GTlsCertificate *certificate,
                           guint8 *digest)
{
  g_autoptr (GByteArray) der = NULL;
  g_autoptr (GChecksum) checksum = NULL;
  gsize size = PILLION_PUBLIC_KEY_DIGEST_SIZE;
  Der key;

  g_object_get (certificate, "certificate", &der, NULL);
  if (der == NULL || !find_key (der, &key))
    return FALSE;

  checksum = g_checksum_new (G_CHECKSUM_SHA256);
  g_checksum_update (checksum, key.next, key.end - key.next);
  g_checksum_get_digest (checksum, digest, &size);

  return TRUE;
}

/* Finds what a private key has in common with its public key: the modulus of RSA (RFC 8017, A.1.2), or the
 * point of an elliptic curve (RFC 5915). The key may be wrapped in PKCS#8 (RFC 5208). */
static gboolean
find_public_part (const GByteArray *der,
                  Der *part)
{
  const guint8 *begin;
  Der all = { der->data, der->data + der->len };
  Der key;
  Der element;

  if (!take (&all, TAG_SEQUENCE, &begin, &key) || !take (&key, TAG_INTEGER, &begin, &element))
    return FALSE;

  if (take (&key, TAG_SEQUENCE, &begin, &element))
    {
      if (!take (&key, TAG_OCTET_STRING, &begin, &all) || !take (&all, TAG_SEQUENCE, &begin, &key) ||
          !take (&key, TAG_INTEGER, &begin, &element))
        return FALSE;
    }

  if (take (&key, TAG_INTEGER, &begin, part))
    return TRUE;

  if (!take (&key, TAG_OCTET_STRING, &begin, &element))
    return FALSE;
  take (&key, TAG_CONTEXT_0, &begin, &element);

  return take (&key, TAG_CONTEXT_1, &begin, &element) && take (&element, TAG_BIT_STRING, &begin, part);
}

gboolean
pillion_public_key_may_fit (GTlsCertificate *certificate)
{
  g_autoptr (GByteArray) certificate_der = NULL;
  g_autoptr (GByteArray) key_der = NULL;
  Der key;
  Der part;

  g_object_get (certificate, "certificate", &certificate_der, "private-key", &key_der, NULL);
  if (certificate_der == NULL || key_der == NULL || !find_key (certificate_der, &key) || !find_public_part (key_der, &part))
    return TRUE;

  return memmem (key.next, (gsize) (key.end - key.next), part.next, (gsize) (part.end - part.next)) != NULL;
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

  /* The decoder skips everything that isn't Base64 */
  again = g_base64_encode (bytes, n);
  if (strcmp (text, again) != 0)
    return FALSE;

  memcpy (digest, bytes, n);
  return TRUE;
}
