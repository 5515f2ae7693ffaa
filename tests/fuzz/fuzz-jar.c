/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* A file of cookies. Whatever is in it, what is not a cookie is kept aside, and the rest can be read again. */

#include <unistd.h>

#include "fuzz.h"
#include "http/pillion-cookie-file.h"
#include "http/pillion-soup-library.h"

static void
remove_files (const char *folder)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;

  while ((name = g_dir_read_name (dir)) != NULL)
    unlinkat (fuzz_get_folder (NULL), name, 0);
}

int
LLVMFuzzerTestOneInput (const guint8 *data,
                        gsize size)
{
  PillionCookieChanges changes = { 0 };
  PillionCookieStore store = { 0 };
  PillionCookieStore again = { 0 };
  g_autoptr (GError) broken = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *path = NULL;
  const char *folder;

  pillion_soup_library_load (NULL);
  fuzz_get_folder (&folder);
  path = g_build_filename (folder, "jar", NULL);
  fuzz_write_file ("jar", data, size);

  if (pillion_cookie_file_read (path, &store, &broken, &error))
    {
      g_clear_error (&broken);
      changes.cleared = FALSE;
      g_assert_true (pillion_cookie_file_update (path, &changes, TRUE, &again, &broken, &error));
      g_assert_no_error (error);
      g_assert_no_error (broken);
      g_assert_cmpuint (again.n_cookies, ==, store.n_cookies);
    }
  pillion_cookie_store_clear (&store);
  pillion_cookie_store_clear (&again);
  pillion_cookie_changes_clear (&changes);
  remove_files (folder);
  return 0;
}
