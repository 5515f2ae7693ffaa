/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* The name that a server proposes for a download: a line of Content-Disposition, one of Content-Type, and a URL */

#include <string.h>

#include "fuzz.h"
#include "http/pillion-file-name.h"

static void
check_name (const char *name,
            gsize max)
{
  g_autofree char *again = NULL;

  if (name == NULL)
    return;
  g_assert_cmpuint (strlen (name), >, 0);
  g_assert_cmpuint (strlen (name), <=, max);
  g_assert_true (g_utf8_validate (name, -1, NULL));
  g_assert_null (strpbrk (name, "/\\\r\n"));
  g_assert_cmpint (name[0], !=, '.');

  /* A clean name stays as it is */
  again = pillion_file_name_sanitize (name, max);
  g_assert_cmpstr (again, ==, name);
}

int
LLVMFuzzerTestOneInput (const guint8 *data,
                        gsize size)
{
  g_autofree char *disposition = fuzz_take_line (&data, &size);
  g_autofree char *content_type = fuzz_take_line (&data, &size);
  g_autofree char *url = fuzz_take_line (&data, &size);
  g_autoptr (GUri) uri = g_uri_parse (url, G_URI_FLAGS_ENCODED | G_URI_FLAGS_HAS_PASSWORD, NULL);
  gsize maxima[] = { PILLION_FILE_NAME_MAX, 40 };

  for (guint i = 0; i < G_N_ELEMENTS (maxima); i++)
    {
      gsize max = maxima[i];
      g_autofree char *from_server = pillion_file_name_from_disposition (disposition, max);
      g_autofree char *plain = pillion_file_name_sanitize (disposition, max);

      check_name (from_server, max);
      check_name (plain, max);
      if (from_server != NULL)
        {
          g_autofree char *numbered = pillion_file_name_add_number (from_server, 12, max);

          check_name (numbered, max);
        }
      if (uri != NULL)
        {
          g_autofree char *from_url = pillion_file_name_from_url (uri, content_type, max);

          check_name (from_url, max);
        }
    }

  return 0;
}
