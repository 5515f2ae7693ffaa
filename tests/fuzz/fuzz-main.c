/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Reads the corpus in the folder that is its argument: a test like any other, for which no fuzzer has to be there */

#include "fuzz.h"

static void
read_input (const char *path)
{
  g_autofree char *content = NULL;
  g_autofree guint8 *exact = NULL;
  gsize size;

  g_assert_true (g_file_get_contents (path, &content, &size, NULL));
  /* Without the byte that GLib appends, so that reading past the end is noticed */
  exact = g_memdup2 (content, size);
  LLVMFuzzerTestOneInput (exact, size);
}

static void
test_corpus (gconstpointer folder)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;
  guint n_read = 0;

  g_assert_nonnull (dir);
  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (folder, name, NULL);

      /* If it crashes, this is the last line */
      g_test_message ("%s", path);
      read_input (path);
      n_read++;
    }
  g_assert_cmpuint (n_read, >, 0);
}

int
main (int argc,
      char **argv)
{
  g_autofree char *target = NULL;
  g_autofree char *path = NULL;

  g_test_init (&argc, &argv, NULL);
  if (argc != 2)
    g_error ("The folder of a corpus has to be given");
  target = g_path_get_basename (argv[1]);
  path = g_strdup_printf ("/fuzz/%s", target);
  g_test_add_data_func (path, argv[1], test_corpus);

  return g_test_run ();
}
