/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "cache-store-support.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

char *
store_make_key (guint number)
{
  return g_strdup_printf ("https://example.org/%u", number);
}

GBytes *
store_make_metadata (guint number,
                     gsize length,
                     guint revision)
{
  char *text = g_strdup_printf ("%u %" G_GSIZE_FORMAT " %u", number, length, revision);

  return g_bytes_new_take (text, strlen (text));
}

guint8 *
store_make_body (guint number,
                 gsize length)
{
  guint8 *body = g_malloc (length + 1);
  guint32 state = number * 2654435761u + 1;

  for (gsize i = 0; i < length; i++)
    {
      state = state * 1664525 + 1013904223;
      body[i] = (guint8) (state >> 24);
    }

  return body;
}

PillionCacheStore *
store_open (const char *dir)
{
  g_autoptr (GError) error = NULL;
  PillionCacheStore *store = pillion_cache_store_open (dir, STORE_LIMIT, &error);

  g_assert_no_error (error);
  g_assert_nonnull (store);
  return store;
}

gboolean
store_try_put (PillionCacheStore *store,
               guint number,
               gsize length,
               guint revision,
               PillionCacheEntry *replaced,
               GError **error)
{
  g_autofree char *key = store_make_key (number);
  g_autofree guint8 *body = store_make_body (number, length);
  g_autoptr (GBytes) metadata = store_make_metadata (number, length, revision);
  g_autoptr (PillionCacheWriter) writer = pillion_cache_writer_new (store, key, metadata, (gint64) length, error);

  return writer != NULL && pillion_cache_writer_write (writer, body, length, error) &&
         pillion_cache_writer_commit (writer, NULL, replaced, error);
}

void
store_put (PillionCacheStore *store,
           guint number,
           gsize length)
{
  g_autoptr (GError) error = NULL;

  store_try_put (store, number, length, 0, NULL, &error);
  g_assert_no_error (error);
}

gboolean
store_check_entry (PillionCacheEntry *entry,
                   gsize size)
{
  g_autofree char *text = NULL;
  g_autofree guint8 *expected = NULL;
  g_autofree guint8 *buffer = g_malloc (size);
  g_autofree char *key = NULL;
  GBytes *metadata = pillion_cache_entry_get_metadata (entry);
  guint number;
  gsize length;
  guint revision;
  guint64 offset = 0;
  gssize n;
  g_autoptr (GError) error = NULL;

  text = g_strndup (g_bytes_get_data (metadata, NULL), g_bytes_get_size (metadata));
  g_assert_cmpint (sscanf (text, "%u %" G_GSIZE_FORMAT " %u", &number, &length, &revision), ==, 3);
  key = store_make_key (number);
  g_assert_cmpstr (pillion_cache_entry_get_key (entry), ==, key);
  g_assert_cmpuint (pillion_cache_entry_get_length (entry), ==, length);

  expected = store_make_body (number, length);
  while ((n = pillion_cache_entry_read (entry, offset, buffer, size, &error)) > 0)
    {
      g_assert_cmpmem (buffer, (gsize) n, expected + offset, (gsize) n);
      offset += (guint64) n;
    }
  if (n < 0)
    {
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA);
      return FALSE;
    }

  g_assert_cmpuint (offset, ==, length);
  return TRUE;
}

PillionCacheEntry *
store_get (PillionCacheStore *store,
           guint number)
{
  g_autofree char *key = store_make_key (number);
  g_autoptr (GPtrArray) found = pillion_cache_store_lookup (store, key);

  if (found == NULL)
    return NULL;
  g_assert_cmpuint (found->len, ==, 1);
  return pillion_cache_entry_ref (found->pdata[0]);
}

gboolean
store_has (PillionCacheStore *store,
           guint number)
{
  g_autoptr (PillionCacheEntry) entry = store_get (store, number);

  return entry != NULL && store_check_entry (entry, 256 * 1024);
}

void
store_assert_revision (PillionCacheEntry *entry,
                       guint expected)
{
  GBytes *metadata = pillion_cache_entry_get_metadata (entry);
  g_autofree char *text = g_strndup (g_bytes_get_data (metadata, NULL), g_bytes_get_size (metadata));
  guint number;
  gsize length;
  guint revision;

  g_assert_cmpint (sscanf (text, "%u %" G_GSIZE_FORMAT " %u", &number, &length, &revision), ==, 3);
  g_assert_cmpuint (revision, ==, expected);
}


void
store_remove_tree (const char *path)
{
  g_autoptr (GDir) dir = NULL;
  const char *name;
  struct stat info;

  if (lstat (path, &info) != 0)
    return;
  if (!S_ISDIR (info.st_mode))
    {
      g_assert_no_errno (unlink (path));
      return;
    }

  chmod (path, 0700);
  dir = g_dir_open (path, 0, NULL);
  g_assert_nonnull (dir);
  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *child = g_build_filename (path, name, NULL);

      store_remove_tree (child);
    }
  g_assert_no_errno (rmdir (path));
}

void
store_fixture_set_up_closed (StoreFixture *self,
                             gconstpointer data)
{
  self->top = g_dir_make_tmp ("pillion-cache-XXXXXX", NULL);
  g_assert_nonnull (self->top);
  self->dir = g_build_filename (self->top, "cache", NULL);
}

void
store_fixture_set_up (StoreFixture *self,
                      gconstpointer data)
{
  store_fixture_set_up_closed (self, data);
  self->store = store_open (self->dir);
}

void
store_fixture_close (StoreFixture *self)
{
  pillion_cache_store_flush (self->store);
  g_clear_pointer (&self->store, pillion_cache_store_unref);
}

void
store_fixture_tear_down (StoreFixture *self,
                         gconstpointer data)
{
  if (self->store != NULL)
    store_fixture_close (self);
  store_remove_tree (self->top);
  g_free (self->dir);
  g_free (self->top);
}

void
store_fixture_reopen (StoreFixture *self)
{
  store_fixture_close (self);
  self->store = store_open (self->dir);
}

char *
store_fixture_get_path (StoreFixture *self,
                        const char *name)
{
  return g_build_filename (self->dir, name, NULL);
}

GPtrArray *
store_fixture_list_files (StoreFixture *self,
                          const char *folder)
{
  g_autofree char *path = store_fixture_get_path (self, folder);
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  GPtrArray *paths = g_ptr_array_new_with_free_func (g_free);
  const char *name;

  g_assert_nonnull (dir);
  while ((name = g_dir_read_name (dir)) != NULL)
    g_ptr_array_add (paths, g_build_filename (path, name, NULL));

  return paths;
}

char *
store_fixture_get_only_file (StoreFixture *self)
{
  g_autoptr (GPtrArray) paths = store_fixture_list_files (self, "entries");

  g_assert_cmpuint (paths->len, ==, 1);
  return g_strdup (paths->pdata[0]);
}

void
store_write_file (const char *path,
                  const char *bytes,
                  gsize length)
{
  g_autoptr (GError) error = NULL;

  g_file_set_contents_full (path, bytes, (gssize) length, G_FILE_SET_CONTENTS_NONE, 0600, &error);
  g_assert_no_error (error);
}

void
store_update (PillionCacheStore *store,
              PillionCacheEntry *entry,
              guint number,
              gsize length,
              guint revision)
{
  g_autoptr (GBytes) metadata = store_make_metadata (number, length, revision);

  pillion_cache_store_update_metadata (store, entry, metadata, PILLION_CACHE_GOOD_UNKNOWN, NULL);
}

guint
store_count_variants (PillionCacheStore *store,
                      guint number)
{
  g_autofree char *key = store_make_key (number);
  g_autoptr (GPtrArray) found = pillion_cache_store_lookup (store, key);

  for (guint i = 0; found != NULL && i < found->len; i++)
    g_assert_true (store_check_entry (found->pdata[i], 100000));
  return found != NULL ? found->len : 0;
}

guint64
store_fixture_get_disk_usage (StoreFixture *self)
{
  g_autoptr (GPtrArray) paths = store_fixture_list_files (self, "entries");
  guint64 sum = 0;

  for (guint i = 0; i < paths->len; i++)
    {
      struct stat info;

      g_assert_no_errno (stat (paths->pdata[i], &info));
      sum += (guint64) info.st_size;
    }

  return sum;
}
