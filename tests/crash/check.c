/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "check.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <pillion-http/pillion-http.h>

#include "http/pillion-cache-store.h"

/* The file of cookies is whole, and has those that were saved */
static void
check_cookies (CrashWorld *world)
{
  const CrashKind *kind = crash_world_get_kind (world);
  g_autofree char *path = g_build_filename (crash_world_get_root (world), "cookies.txt", NULL);
  g_autofree char *content = NULL;
  gboolean found[CRASH_MAX_VICTIMS][CRASH_N_COOKIES] = { { FALSE } };
  g_auto (GStrv) lines = NULL;

  if (g_file_get_contents (path, &content, NULL, NULL))
    lines = g_strsplit (content, "\n", -1);
  for (guint i = 0; lines != NULL && lines[i] != NULL; i++)
    {
      g_auto (GStrv) fields = g_strsplit (lines[i], "\t", -1);
      g_autofree char *value = NULL;
      guint victim;
      guint number;

      if (lines[i][0] == '#' || lines[i][0] == '\0')
        continue;
      if (g_strv_length (fields) != 7 || sscanf (fields[5], "v%uc%u", &victim, &number) != 2 || victim >= kind->n_victims || number >= CRASH_N_COOKIES)
        g_error ("'%s' is not a cookie that was saved", lines[i]);
      value = crash_cookie_get_value (number);
      g_assert_cmpstr (fields[6], ==, value);
      found[victim][number] = TRUE;
    }

  for (guint i = 0; i < kind->n_victims; i++)
    for (guint j = 0; j < crash_world_get_report (world, i)->n_cookies; j++)
      if (!found[i][j])
        g_error ("cookie %u of %u is gone", j, i);
}

void
crash_check_files (CrashWorld *world)
{
  const CrashKind *kind = crash_world_get_kind (world);
  guint n_files = crash_kind_get_n_files (kind);

  if (kind->has_jar)
    check_cookies (world);
  for (guint i = 0; i < kind->n_victims; i++)
    for (guint j = 0; j < n_files; j++)
      {
        g_autofree char *name = crash_world_get_name (world, i, j);
        g_autofree char *path = g_build_filename (crash_world_get_root (world), name, NULL);
        g_autofree char *content = NULL;
        gsize length;

        if (!g_file_get_contents (path, &content, &length, NULL))
          {
            if (crash_world_get_report (world, i)->saved[j] || (kind->has_old && j + 1 == n_files))
              g_error ("%s is gone", name);
            continue;
          }
        if (length == kind->lengths[j] && memcmp (content, crash_world_get_content (world, j), length) == 0)
          continue;
        if (!kind->has_old || j + 1 != n_files || crash_world_get_report (world, i)->saved[j] || strcmp (content, CRASH_OLD_CONTENT) != 0)
          g_error ("%s is wrong", name);
      }
}

static gboolean
is_entry (const char *name)
{
  return strlen (name) == 32 && strspn (name, "0123456789abcdef") == 32;
}

static gboolean
belongs (CrashWorld *world,
         const char *inner)
{
  const CrashKind *kind = crash_world_get_kind (world);
  const char *slash = strrchr (inner, '/');
  const char *name = slash != NULL ? slash + 1 : inner;

  if (g_str_has_prefix (inner, "cache/entries/"))
    return is_entry (name);
  if (g_str_has_prefix (inner, "cache/"))
    return strcmp (name, "index") == 0 || strcmp (name, "pillion-cache") == 0 || strcmp (name, "CACHEDIR.TAG") == 0;
  if (strcmp (inner, "cookies.txt") == 0)
    return kind->has_jar;

  for (guint i = 0; i < kind->n_victims; i++)
    for (guint j = 0; j < crash_kind_get_n_files (kind); j++)
      {
        g_autofree char *file = crash_world_get_name (world, i, j);

        if (strcmp (file, inner) == 0)
          return TRUE;
      }

  return FALSE;
}

/* Every file below @path that should not be there is an error */
static void
check_tree (CrashWorld *world,
            const char *path,
            CrashLeft left)
{
  g_autofree char *whole = g_build_filename (crash_world_get_root (world), path, NULL);
  g_autoptr (GDir) dir = g_dir_open (whole, 0, NULL);
  const char *name;

  g_assert_nonnull (dir);
  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *inner = path[0] != '\0' ? g_build_filename (path, name, NULL) : g_strdup (name);
      g_autofree char *child = g_build_filename (crash_world_get_root (world), inner, NULL);

      if (g_file_test (child, G_FILE_TEST_IS_DIR))
        check_tree (world, inner, left);
      else if (!belongs (world, inner) && !(left == CRASH_LEFT_BY_LAWLESS_DISK && strstr (inner, ".pillion-part") != NULL))
        g_error ("%s was left behind", inner);
    }
}

static guint64
get_usage (const char *path)
{
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  const char *name;
  guint64 sum = 0;

  g_assert_nonnull (dir);
  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *child = g_build_filename (path, name, NULL);
      struct stat info;

      g_assert_no_errno (stat (child, &info));
      sum += (guint64) info.st_size;
    }

  return sum;
}

/* What is in the cache is whole, and what it says of itself is true */
static void
check_cache (CrashWorld *world,
             CrashLeft left)
{
  g_autofree char *path = g_build_filename (crash_world_get_root (world), "cache", NULL);
  g_autofree char *entries = g_build_filename (path, "entries", NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (PillionCacheStore) store = pillion_cache_store_open_existing (path, &error);
  PillionCacheReport report;

  g_assert_no_error (error);
  g_assert_true (pillion_cache_store_verify (store, NULL, &report, &error));
  g_assert_no_error (error);
  if (left == CRASH_LEFT_BY_PROCESS)
    g_assert_cmpuint (report.n_removed, ==, 0);
  g_assert_cmpuint (report.n_bytes, ==, get_usage (entries));
}

/* If a victim was killed right after a file got its name, the record of its part may be left. It is listed, and so can be removed. */
static void
clean_parts (CrashWorld *world,
             guint victim,
             CrashLeft left)
{
  g_autofree char *name = g_strdup_printf ("files-%u", victim);
  g_autofree char *path = g_build_filename (crash_world_get_root (world), name, NULL);
  g_autoptr (PillionLoop) loop = pillion_loop_new (NULL, PILLION_LOOP_PRIVATE_CONTEXT);
  g_autoptr (GFile) folder = g_file_new_for_path (path);
  g_autoptr (PillionTask) listing = pillion_http_part_list (loop, folder, NULL);
  g_autoptr (GListModel) parts = NULL;
  g_autoptr (GError) error = NULL;

  pillion_loop_run_until_complete (loop, listing, &error);
  g_assert_no_error (error);
  parts = pillion_task_get_object (listing, NULL);
  for (guint i = 0; i < g_list_model_get_n_items (parts); i++)
    {
      g_autoptr (PillionHttpPart) part = g_list_model_get_item (parts, i);
      g_autoptr (PillionTask) removing = pillion_http_part_remove (part, loop, NULL);

      if (left == CRASH_LEFT_BY_PROCESS)
        g_assert_cmpint (pillion_http_part_get_size (part), ==, 0);
      pillion_loop_run_until_complete (loop, removing, &error);
      g_assert_no_error (error);
    }
  pillion_loop_close (loop, -1, NULL);
}

void
crash_check_end (CrashWorld *world,
                 CrashLeft left)
{
  const CrashKind *kind = crash_world_get_kind (world);
  for (guint i = 0; i < kind->n_victims; i++)
    {
      const CrashReport *report = crash_world_get_report (world, i);

      g_assert_true (report->ended);
      for (guint j = 0; j < crash_kind_get_n_files (kind); j++)
        g_assert_true (report->saved[j]);
      for (guint j = 0; j < CRASH_N_BODIES && kind->is_cached; j++)
        g_assert_true (report->got[j]);
      if (kind->has_jar)
        g_assert_cmpuint (report->n_cookies, ==, CRASH_N_COOKIES);
    }

  crash_check_files (world);
  for (guint i = 0; i < kind->n_victims && kind->lengths[0] > 0; i++)
    clean_parts (world, i, left);
  /* Removes drafts, as everybody does who opens a cache: a victim waits only so long for the disk when it ends */
  if (kind->is_cached)
    check_cache (world, left);
  check_tree (world, "", left);
}
