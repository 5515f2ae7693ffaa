/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* The fields of a response that lists, challenges, links and cookies are read from: a line each of the field's name and what is looked for in
 * it, then the value. A value has no line breaks. */

#include <string.h>

#include "fuzz.h"
#include "http/pillion-auth-challenge.h"
#include "http/pillion-cookie-store.h"
#include "http/pillion-decoder.h"
#include "http/pillion-digest-auth.h"
#include "http/pillion-http-fields.h"
#include "http/pillion-http-link.h"
#include "http/pillion-http-url.h"
#include "http/pillion-received-fields.h"
#include "http/pillion-soup-library.h"
#include "http/pillion-web-socket-deflate.h"

/* What is read from a field is text that can be shown and sent */
static void
check_text (const char *text)
{
  if (text != NULL)
    g_assert_null (strpbrk (text, "\r\n"));
}

static void
read_challenges (const char *value)
{
  g_autoptr (GPtrArray) challenges = pillion_auth_challenges_parse (value);

  for (guint i = 0; i < challenges->len; i++)
    {
      const PillionAuthChallenge *challenge = challenges->pdata[i];
      PillionDigestAuth *digest = pillion_digest_auth_new (challenge);

      if (digest != NULL)
        {
          g_autofree char *answer = pillion_digest_auth_authorize (digest, "user", "password", "GET", "/");

          check_text (answer);
          pillion_digest_auth_free (digest);
        }
    }
}

static void
read_cookie (const char *value,
             const char *target)
{
  g_autoptr (GUri) uri = pillion_http_parse_url (target, NULL);
  PillionCookieStore store = { 0 };
  PillionHttpCookie *cookie;

  if (uri == NULL || !pillion_http_check_uri (uri, NULL))
    return;

  cookie = pillion_cookie_store_parse (&store, value, uri);
  if (cookie != NULL)
    {
      g_autofree char *header = NULL;

      pillion_cookie_store_put (&store, cookie);
      header = pillion_cookie_store_get_header (&store, uri);
      check_text (header);
      pillion_http_cookie_free (cookie);
    }
  pillion_cookie_store_clear (&store);
}

static void
read_received (const char *name,
               const char *value)
{
  PillionReceivedFields fields = { 0 };

  pillion_received_fields_append (&fields, name, value);
  pillion_received_fields_append (&fields, "Other", value);
  pillion_received_fields_append (&fields, name, "again");
  g_assert_nonnull (pillion_received_fields_get (&fields, name));
  g_assert_true (g_utf8_validate (pillion_received_fields_get (&fields, "other"), -1, NULL));
  g_assert_cmpuint (g_strv_length ((char **) pillion_received_fields_get_names (&fields)), >=, 1);
  pillion_received_fields_clear (&fields);
}

int
LLVMFuzzerTestOneInput (const guint8 *data,
                        gsize size)
{
  g_autofree char *name = fuzz_take_line (&data, &size);
  g_autofree char *target = fuzz_take_line (&data, &size);
  g_autofree char *value = g_strdelimit (fuzz_take_line (&data, &size), "\r", ' ');
  g_autofree char *parameter = NULL;
  g_autofree char *extended = NULL;
  g_autofree char *link = NULL;
  PillionWebSocketDeflate *deflate;
  PillionDecoder *decoder;
  gint64 length;

  pillion_soup_library_load (NULL);
  if (pillion_http_is_token (name))
    read_received (name, value);
  if (pillion_http_parse_content_length (value, &length))
    g_assert_cmpint (length, >=, 0);
  pillion_http_has_element (value, target);
  pillion_http_is_strong_etag (value);
  parameter = pillion_http_get_parameter (value, target);
  extended = pillion_http_get_extended_parameter (value, target);
  g_assert_true (extended == NULL || g_utf8_validate (extended, -1, NULL));
  link = pillion_http_find_link (value, target);
  decoder = pillion_decoder_new (value, NULL);
  g_clear_pointer (&decoder, pillion_decoder_free);
  deflate = pillion_web_socket_deflate_new (value);
  g_clear_pointer (&deflate, pillion_web_socket_deflate_free);
  read_challenges (value);
  read_cookie (value, target);
  return 0;
}
