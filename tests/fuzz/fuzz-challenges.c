/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* A line of WWW-Authenticate. What is understood of it can be written in the usual form, and then says the same. */

#include <string.h>

#include "fuzz.h"
#include "http/pillion-auth-challenge.h"
#include "http/pillion-digest-auth.h"
#include "http/pillion-http-fields.h"

static void
append_quoted (GString *text,
               const char *value)
{
  g_string_append_c (text, '"');
  for (; *value != '\0'; value++)
    {
      if (*value == '"' || *value == '\\')
        g_string_append_c (text, '\\');
      g_string_append_c (text, *value);
    }
  g_string_append_c (text, '"');
}

static char *
write_challenges (GPtrArray *challenges)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < challenges->len; i++)
    {
      const PillionAuthChallenge *challenge = challenges->pdata[i];
      const char *name = pillion_auth_scheme_get_name (challenge->scheme);

      g_string_append_printf (text, "%s%s ", i > 0 ? ", " : "", name[0] != '\0' ? name : "Other");
      for (guint j = 0; j < challenge->parameters.n; j += 2)
        {
          g_assert_true (pillion_http_is_token (challenge->parameters.strv[j]));
          g_string_append_printf (text, "%s%s=", j > 0 ? ", " : "", challenge->parameters.strv[j]);
          append_quoted (text, challenge->parameters.strv[j + 1]);
        }
    }

  return g_string_free (text, FALSE);
}

static void
check_equal (GPtrArray *challenges,
             GPtrArray *others)
{
  g_assert_cmpuint (challenges->len, ==, others->len);
  for (guint i = 0; i < challenges->len; i++)
    {
      const PillionAuthChallenge *challenge = challenges->pdata[i];
      const PillionAuthChallenge *other = others->pdata[i];

      g_assert_cmpint (challenge->scheme, ==, other->scheme);
      g_assert_cmpuint (challenge->parameters.n, ==, other->parameters.n);
      for (guint j = 0; j < challenge->parameters.n; j++)
        g_assert_cmpstr (challenge->parameters.strv[j], ==, other->parameters.strv[j]);
    }
}

/* An answer is one challenge's parameters in turn */
static void
answer (const PillionAuthChallenge *challenge)
{
  PillionDigestAuth *digest = pillion_digest_auth_new (challenge);
  g_autofree char *reason = NULL;
  g_autofree char *text = NULL;
  g_autoptr (GPtrArray) parsed = NULL;
  const char *response;

  if (challenge->scheme == PILLION_AUTH_SCHEME_DIGEST)
    {
      reason = pillion_digest_auth_explain (challenge);
      g_assert_true ((reason == NULL) == (digest != NULL));
    }
  if (digest == NULL)
    return;

  text = pillion_digest_auth_authorize (digest, "a \"user\"", "password", "GET", "/path?a=\"b\"");
  g_assert_null (strpbrk (text, "\r\n"));
  parsed = pillion_auth_challenges_parse (text);
  g_assert_cmpuint (parsed->len, ==, 1);
  response = pillion_field_list_get (&((PillionAuthChallenge *) parsed->pdata[0])->parameters, "response");
  g_assert_nonnull (response);
  g_assert_true (strlen (response) == 32 || strlen (response) == 64);
  g_assert_cmpstr (pillion_field_list_get (&((PillionAuthChallenge *) parsed->pdata[0])->parameters, "nonce"), ==,
                   pillion_field_list_get (&challenge->parameters, "nonce"));
  pillion_digest_auth_free (digest);
}

int
LLVMFuzzerTestOneInput (const guint8 *data,
                        gsize size)
{
  g_autofree char *value = g_strdelimit (fuzz_take_line (&data, &size), "\r", ' ');
  g_autoptr (GPtrArray) challenges = pillion_auth_challenges_parse (value);
  g_autofree char *written = write_challenges (challenges);
  g_autoptr (GPtrArray) again = pillion_auth_challenges_parse (written);

  check_equal (challenges, again);
  for (guint i = 0; i < challenges->len; i++)
    answer (challenges->pdata[i]);
  return 0;
}
