/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* A line with a URL of a program's, and one with the Location of a redirect */

#include <string.h>

#include "fuzz.h"
#include "http/pillion-http-url.h"

int
LLVMFuzzerTestOneInput (const guint8 *data,
                        gsize size)
{
  g_autofree char *url = fuzz_take_line (&data, &size);
  g_autofree char *location = fuzz_take_line (&data, &size);
  g_autofree char *stripped = pillion_http_strip_user (url);
  g_autofree char *joined = pillion_http_join_url (url, location);
  g_autoptr (GUri) uri = pillion_http_parse_url (url, NULL);
  g_autoptr (GUri) next = NULL;

  g_assert_nonnull (stripped);
  g_assert_nonnull (joined);
  if (uri == NULL || !pillion_http_check_uri (uri, NULL))
    return 0;

  g_ref_string_release (pillion_http_uri_get_origin (uri));
  next = pillion_http_resolve (uri, location, NULL);
  if (next != NULL && pillion_http_check_uri (next, NULL))
    {
      g_autofree char *text = g_uri_to_string (next);

      g_assert_null (strpbrk (text, "\r\n"));
      g_ref_string_release (pillion_http_uri_get_origin (next));
    }

  return 0;
}
