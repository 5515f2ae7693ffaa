/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "http/pillion-netrc.h"

#include "http/pillion-http-credentials-private.h"

/* What netrc files say, as curl reads them */

static void
test_parse (void)
{
  static const struct
  {
    const char *text;
    const char *user; /* for example.org; NULL if there is none */
    const char *password;
  } cases[] = {
    { "", NULL, NULL },
    { "machine example.org login me password secret", "me", "secret" },
    { "machine\nexample.org\n\tpassword secret\r\n login me\n", "me", "secret" },
    { "machine EXAMPLE.org login me", "me", "" },
    { "machine other login you password other machine example.org login me password secret", "me", "secret" },
    { "machine example.org login me password secret machine example.org login you password other", "me", "secret" },
    { "machine www.example.org login me password secret", NULL, NULL },
    { "default login me password secret", "me", "secret" },
    { "machine other login you password x default login me password secret", "me", "secret" },
    { "machine example.org login me password \"a b\\\"c\\\\\\n\"", "me", "a b\"c\\\n" },
    { "machine example.org login \"m e\" password \"\"", "m e", "" },
    { "# machine example.org login no password no\nmachine example.org # a comment\n login me password a#b", "me", "a#b" },
    { "macdef init\nmachine example.org login no password no\n\nmachine example.org login me password secret", "me", "secret" },
    { "machine example.org account x login me password secret", "me", "secret" },
    { "login me password secret", NULL, NULL },
    { "machine example.org password secret", NULL, NULL },
    { "machine", NULL, NULL },
    { "machine example.org login", NULL, NULL },
    { "machine example.org login me password \"never ends", "me", "never ends" },
    { "machine example.org login me password \"a\\", "me", "a\\" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      PillionNetrc *netrc = pillion_netrc_parse (cases[i].text);
      PillionHttpCredentials *credentials = pillion_netrc_find (netrc, "example.org");

      g_test_message ("%s", cases[i].text);
      g_assert_cmpstr (credentials != NULL ? credentials->user : NULL, ==, cases[i].user);
      g_assert_cmpstr (credentials != NULL ? credentials->password : NULL, ==, cases[i].password);
      pillion_netrc_unref (netrc);
    }
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/http/netrc/parse", test_parse);

  return g_test_run ();
}
