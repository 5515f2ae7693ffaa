/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* The entries of a cache: what is stored is found, whole or not at all, and the folder has nothing else in it. */

#include "cache-store-support.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "http/pillion-cache-format.h"
#include "http/pillion-xxh64.h"

#define MEGABYTE (1024 * 1024)
#define BLOCK PILLION_CACHE_BLOCK_LENGTH

/* --- storing and finding --- */

static void
test_checksum (void)
{
  /* From the specification's own implementation */
  g_assert_cmphex (pillion_xxh64 ("", 0, 0), ==, G_GUINT64_CONSTANT (0xEF46DB3751D8E999));
  g_assert_cmphex (pillion_xxh64 ("a", 1, 0), ==, G_GUINT64_CONSTANT (0xD24EC4F1A98C6E5B));
  g_assert_cmphex (pillion_xxh64 ("abc", 3, 0), ==, G_GUINT64_CONSTANT (0x44BC2CF5AD770999));
  g_assert_cmphex (pillion_xxh64 ("Nobody inspects the spammish repetition", 39, 0), ==, G_GUINT64_CONSTANT (0xFBCEA83C8A378BF1));
}

static const gsize lengths[] = { 0, 1, 1000, 50000, BLOCK - 400, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK, 200000, MEGABYTE, 5 * MEGABYTE + 7 };

static void
test_lengths (StoreFixture *self,
              gconstpointer data)
{
  for (guint i = 0; i < G_N_ELEMENTS (lengths); i++)
    {
      g_assert_false (store_has (self->store, i));
      store_put (self->store, i, lengths[i]);
      g_assert_true (store_has (self->store, i));
    }

  for (guint round = 0; round < 2; round++)
    {
      for (guint i = 0; i < G_N_ELEMENTS (lengths); i++)
        {
          g_autoptr (PillionCacheEntry) entry = store_get (self->store, i);

          g_assert_nonnull (entry);
          g_assert_true (store_check_entry (entry, 4 * MEGABYTE));
          g_assert_true (store_check_entry (entry, 64 * 1024));
          g_assert_true (store_check_entry (entry, 10007));
        }
      store_fixture_reopen (self);
    }

  g_assert_cmpuint (pillion_cache_store_get_n_entries (self->store), ==, G_N_ELEMENTS (lengths));
}

static void
test_offsets (StoreFixture *self,
              gconstpointer data)
{
  const gsize length = 3 * BLOCK + 100;
  const guint64 offsets[] = { 0, 1, BLOCK - 1, BLOCK, 2 * BLOCK + 5, length - 1, length, length + 1, G_MAXUINT64 };
  g_autofree guint8 *expected = store_make_body (1, length);
  g_autofree guint8 *buffer = g_malloc (length);
  g_autoptr (PillionCacheEntry) entry = NULL;

  store_put (self->store, 1, length);
  pillion_cache_store_flush (self->store);
  entry = store_get (self->store, 1);

  for (guint i = 0; i < G_N_ELEMENTS (offsets); i++)
    {
      gssize n = pillion_cache_entry_read (entry, offsets[i], buffer, length, NULL);

      if (offsets[i] >= length)
        {
          g_assert_cmpint (n, ==, 0);
          continue;
        }
      g_assert_cmpint (n, >, 0);
      g_assert_cmpmem (buffer, (gsize) n, expected + offsets[i], (gsize) n);
    }
}

static void
test_pieces (StoreFixture *self,
             gconstpointer data)
{
  const gsize pieces[] = { 1, 999, BLOCK, BLOCK + 1, 300000 };
  const gsize length = 5 * BLOCK + 17;

  for (guint i = 0; i < G_N_ELEMENTS (pieces); i++)
    {
      g_autofree char *key = store_make_key (i);
      g_autofree guint8 *body = store_make_body (i, length);
      g_autoptr (GBytes) metadata = store_make_metadata (i, length, 0);
      g_autoptr (PillionCacheWriter) writer = pillion_cache_writer_new (self->store, key, metadata, -1, NULL);

      g_assert_nonnull (writer);
      for (gsize done = 0; done < length;)
        {
          gsize n = MIN (pieces[i], length - done);

          g_assert_true (pillion_cache_writer_write (writer, body + done, n, NULL));
          done += n;
        }
      g_assert_false (store_has (self->store, i));
      g_assert_true (pillion_cache_writer_commit (writer, NULL, NULL, NULL));
      g_assert_true (store_has (self->store, i));
    }
}

static void
test_dropped (StoreFixture *self,
              gconstpointer data)
{
  const gsize some[] = { 10, 3 * BLOCK };

  for (guint i = 0; i < G_N_ELEMENTS (some); i++)
    {
      g_autofree char *key = store_make_key (i);
      g_autofree guint8 *body = store_make_body (i, some[i]);
      g_autoptr (GBytes) metadata = store_make_metadata (i, some[i], 0);
      g_autoptr (PillionCacheWriter) writer = pillion_cache_writer_new (self->store, key, metadata, -1, NULL);

      g_assert_true (pillion_cache_writer_write (writer, body, some[i], NULL));
      g_clear_pointer (&writer, pillion_cache_writer_free);
      g_assert_false (store_has (self->store, i));
    }

  pillion_cache_store_flush (self->store);
  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (GPtrArray) paths = store_fixture_list_files (self, i == 0 ? "entries" : "drafts");

      g_assert_cmpuint (paths->len, ==, 0);
    }
}

/* Any mixture of updates, before and after the entry is on disk, with metadata that fit and that don't */
static void
test_metadata (StoreFixture *self,
               gconstpointer data)
{
  const gsize some[] = { 0, 1000, 3 * BLOCK };
  guint revision = 0;

  for (guint i = 0; i < G_N_ELEMENTS (some); i++)
    {
      store_put (self->store, i, some[i]);

      for (guint round = 0; round < 12; round++)
        {
          g_autoptr (PillionCacheEntry) entry = store_get (self->store, i);
          g_autoptr (PillionCacheEntry) again = NULL;
          g_autofree char *spaces = g_strnfill (round % 4 == 3 ? round * 3000 : round, ' ');
          g_autofree char *text = NULL;
          g_autoptr (GBytes) metadata = NULL;

          g_assert_nonnull (entry);
          text = g_strdup_printf ("%u %" G_GSIZE_FORMAT " %u%s", i, some[i], ++revision, spaces);
          metadata = g_bytes_new (text, strlen (text));
          g_assert_true (pillion_cache_store_update_metadata (self->store, entry, metadata, PILLION_CACHE_GOOD_UNKNOWN, NULL));
          g_assert_true (g_bytes_equal (pillion_cache_entry_get_metadata (entry), metadata));

          again = store_get (self->store, i);
          g_assert_true (g_bytes_equal (pillion_cache_entry_get_metadata (again), metadata));
          g_assert_true (store_check_entry (again, 100000));
          g_assert_true (store_check_entry (entry, 100000));

          if (round % 3 == 1)
            pillion_cache_store_flush (self->store);
          if (round % 3 == 2)
            {
              g_clear_pointer (&entry, pillion_cache_entry_unref);
              g_clear_pointer (&again, pillion_cache_entry_unref);
              store_fixture_reopen (self);
              again = store_get (self->store, i);
              g_assert_nonnull (again);
              g_assert_true (g_bytes_equal (pillion_cache_entry_get_metadata (again), metadata));
              g_assert_true (store_check_entry (again, 100000));
            }
        }
    }
}

static void
test_final_metadata (StoreFixture *self,
                     gconstpointer data)
{
  const gsize some[] = { 10, 3 * BLOCK };

  for (guint i = 0; i < G_N_ELEMENTS (some); i++)
    {
      g_autofree char *key = store_make_key (i);
      g_autofree guint8 *body = store_make_body (i, some[i]);
      g_autofree char *spaces = g_strnfill (100000, ' ');
      g_autofree char *text = g_strdup_printf ("%u %" G_GSIZE_FORMAT " 7%s", i, some[i], spaces);
      g_autoptr (GBytes) first = g_bytes_new_static ("?", 1);
      g_autoptr (GBytes) last = g_bytes_new (text, strlen (text));
      g_autoptr (PillionCacheWriter) writer = pillion_cache_writer_new (self->store, key, first, -1, NULL);
      g_autoptr (PillionCacheEntry) entry = NULL;

      g_assert_true (pillion_cache_writer_write (writer, body, some[i], NULL));
      g_assert_true (pillion_cache_writer_commit (writer, last, NULL, NULL));
      pillion_cache_store_flush (self->store);
      entry = store_get (self->store, i);
      g_assert_true (g_bytes_equal (pillion_cache_entry_get_metadata (entry), last));
      g_assert_true (store_check_entry (entry, 100000));
    }
}

/* An earlier lookup is as good as a new one until something changes */
static void
test_current (StoreFixture *self,
              gconstpointer data)
{
  g_autofree char *key = store_make_key (1);
  g_autoptr (GPtrArray) entries = NULL;

  store_put (self->store, 1, 1000);
  store_put (self->store, 2, 1000);
  entries = pillion_cache_store_lookup (self->store, key);
  g_assert_cmpuint (pillion_cache_entry_get_memory (entries->pdata[0]), >=, 1000);
  g_assert_true (pillion_cache_store_is_current (self->store, key, entries));
  pillion_cache_store_flush (self->store);
  g_assert_true (pillion_cache_store_is_current (self->store, key, entries));

  pillion_cache_store_touch (self->store, entries->pdata[0]);
  g_assert_false (pillion_cache_store_is_current (self->store, key, entries));

  g_clear_pointer (&entries, g_ptr_array_unref);
  entries = pillion_cache_store_lookup (self->store, key);
  store_update (self->store, entries->pdata[0], 1, 1000, 2);
  g_assert_false (pillion_cache_store_is_current (self->store, key, entries));

  g_clear_pointer (&entries, g_ptr_array_unref);
  entries = pillion_cache_store_lookup (self->store, key);
  store_put (self->store, 1, 1000);
  g_assert_false (pillion_cache_store_is_current (self->store, key, entries));

  g_clear_pointer (&entries, g_ptr_array_unref);
  entries = pillion_cache_store_lookup (self->store, key);
  g_assert_cmpuint (entries->len, ==, 2);
  g_assert_true (pillion_cache_store_is_current (self->store, key, entries));
  pillion_cache_store_remove (self->store, entries->pdata[1]);
  g_assert_false (pillion_cache_store_is_current (self->store, key, entries));
}

/* It is told without reading an entry, which may be known only from the log */
static void
test_may_be_good (StoreFixture *self,
                 gconstpointer data)
{
  g_autofree char *key = store_make_key (1);
  g_autofree char *other_key = store_make_key (2);
  g_autofree char *index = store_fixture_get_path (self, "index");
  g_autoptr (GBytes) metadata = store_make_metadata (1, 5, 0);
  g_autoptr (PillionCacheWriter) writer = pillion_cache_writer_new (self->store, key, metadata, 5, NULL);
  g_autoptr (PillionCacheEntry) entry = NULL;

  g_assert_false (pillion_cache_store_may_be_good (self->store, key, 0));
  pillion_cache_writer_set_good_until (writer, 1000);
  g_assert_true (pillion_cache_writer_write (writer, "12345", 5, NULL));
  g_assert_true (pillion_cache_writer_commit (writer, NULL, NULL, NULL));
  g_clear_pointer (&writer, pillion_cache_writer_free);
  store_put (self->store, 2, 5);

  for (guint i = 0; i < 2; i++)
    {
      g_assert_true (pillion_cache_store_may_be_good (self->store, key, 999));
      g_assert_false (pillion_cache_store_may_be_good (self->store, key, 1000));
      g_assert_true (pillion_cache_store_may_be_good (self->store, other_key, G_MAXUINT32));
      store_fixture_reopen (self);
    }

  entry = store_get (self->store, 1);
  g_assert_true (pillion_cache_store_update_metadata (self->store, entry, metadata, 2000, NULL));
  g_clear_pointer (&entry, pillion_cache_entry_unref);
  for (guint i = 0; i < 2; i++)
    {
      g_assert_true (pillion_cache_store_may_be_good (self->store, key, 1999));
      g_assert_false (pillion_cache_store_may_be_good (self->store, key, 2000));
      store_fixture_reopen (self);
    }

  /* What is found in the folder may be good */
  store_fixture_close (self);
  g_assert_no_errno (unlink (index));
  self->store = store_open (self->dir);
  g_assert_true (pillion_cache_store_may_be_good (self->store, key, 2000));
}

static void
test_parsed (StoreFixture *self,
             gconstpointer data)
{
  g_autoptr (PillionCacheEntry) entry = NULL;
  g_autofree char *parsed = NULL;

  store_put (self->store, 1, 1000);
  entry = store_get (self->store, 1);
  g_assert_null (pillion_cache_entry_steal_parsed (entry));
  pillion_cache_entry_take_parsed (entry, g_strdup ("one"), g_free);
  pillion_cache_entry_take_parsed (entry, g_strdup ("two"), g_free);
  parsed = pillion_cache_entry_steal_parsed (entry);
  g_assert_cmpstr (parsed, ==, "two");
  g_assert_null (pillion_cache_entry_steal_parsed (entry));

  pillion_cache_entry_take_parsed (entry, g_strdup ("old"), g_free);
  store_update (self->store, entry, 1, 1000, 2);
  g_assert_null (pillion_cache_entry_steal_parsed (entry));
}

static void
test_variants (StoreFixture *self,
               gconstpointer data)
{
  g_autofree char *key = store_make_key (1);
  g_autoptr (GPtrArray) found = NULL;

  store_put (self->store, 1, 100);
  store_put (self->store, 1, 200);
  store_put (self->store, 1, 300000);
  store_put (self->store, 2, 100);
  g_assert_cmpuint (store_count_variants (self->store, 1), ==, 3);
  store_fixture_reopen (self);
  g_assert_cmpuint (store_count_variants (self->store, 1), ==, 3);

  found = pillion_cache_store_lookup (self->store, key);
  pillion_cache_store_remove (self->store, found->pdata[0]);
  g_assert_cmpuint (store_count_variants (self->store, 1), ==, 2);
  g_assert_true (store_try_put (self->store, 1, 50, 0, found->pdata[1], NULL));
  g_assert_cmpuint (store_count_variants (self->store, 1), ==, 2);

  /* What is gone can still be read */
  g_assert_true (store_check_entry (found->pdata[0], 100000));
  g_assert_true (store_check_entry (found->pdata[1], 100000));
  g_assert_false (pillion_cache_store_update_metadata (self->store, found->pdata[1], pillion_cache_entry_get_metadata (found->pdata[1]), PILLION_CACHE_GOOD_UNKNOWN, NULL));

  g_assert_true (pillion_cache_store_remove_key (self->store, key));
  g_assert_false (pillion_cache_store_remove_key (self->store, key));
  g_assert_cmpuint (store_count_variants (self->store, 1), ==, 0);
  g_clear_pointer (&found, g_ptr_array_unref);
  store_fixture_reopen (self);
  g_assert_cmpuint (store_count_variants (self->store, 1), ==, 0);
  g_assert_true (store_has (self->store, 2));

  /* There is a limit to them */
  for (guint i = 0; i < 200; i++)
    store_put (self->store, 3, i);
  g_assert_cmpuint (store_count_variants (self->store, 3), ==, 64);
}

static void
test_removed_at_once (StoreFixture *self,
                      gconstpointer data)
{
  for (guint i = 0; i < 200; i++)
    {
      g_autofree char *key = store_make_key (i);

      store_put (self->store, i, i % 2 == 0 ? 100 : 100000);
      if (i % 3 != 0)
        continue;
      if (i % 7 == 0)
        pillion_cache_store_flush (self->store);
      g_assert_true (pillion_cache_store_remove_key (self->store, key));
      g_assert_false (store_has (self->store, i));
    }

  for (guint round = 0; round < 2; round++)
    {
      g_autoptr (GPtrArray) paths = NULL;

      store_fixture_reopen (self);
      for (guint i = 0; i < 200; i++)
        g_assert_cmpint (store_has (self->store, i), ==, i % 3 != 0);
      paths = store_fixture_list_files (self, "entries");
      g_assert_cmpuint (paths->len, ==, 133);
    }
}

static void
touch (PillionCacheStore *store,
       guint number)
{
  g_autoptr (PillionCacheEntry) entry = store_get (store, number);

  g_assert_nonnull (entry);
  pillion_cache_store_touch (store, entry);
}

/* @data: whether the store is opened again in between */
static void
test_eviction (StoreFixture *self,
               gconstpointer data)
{
  const guint64 limit = 100 * 1200;

  for (guint i = 0; i < 80; i++)
    store_put (self->store, i, 1000);
  for (guint i = 0; i < 20; i++)
    touch (self->store, i);
  if (data != NULL)
    store_fixture_reopen (self);
  pillion_cache_store_set_max_bytes (self->store, limit);
  for (guint i = 100; i < 140; i++)
    store_put (self->store, i, 1000);
  pillion_cache_store_flush (self->store);

  g_assert_cmpuint (pillion_cache_store_get_size (self->store), <=, limit);
  g_assert_cmpuint (store_fixture_get_disk_usage (self), ==, pillion_cache_store_get_size (self->store));
  for (guint i = 0; i < 20; i++)
    g_assert_true (store_has (self->store, i));
  g_assert_false (store_has (self->store, 20));
  g_assert_true (store_has (self->store, 79));
  for (guint i = 100; i < 140; i++)
    g_assert_true (store_has (self->store, i));

  pillion_cache_store_set_max_bytes (self->store, 5000);
  pillion_cache_store_flush (self->store);
  g_assert_cmpuint (store_fixture_get_disk_usage (self), <=, 5000);
  g_assert_true (store_has (self->store, 139));
}

static void
test_too_large (StoreFixture *self,
                gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autofree guint8 *body = store_make_body (1, 20000);
  g_autoptr (GBytes) metadata = store_make_metadata (1, 20000, 0);
  g_autoptr (PillionCacheWriter) writer = NULL;

  pillion_cache_store_set_max_bytes (self->store, 80000);
  g_assert_false (store_try_put (self->store, 1, 10001, 0, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE);
  g_clear_error (&error);

  writer = pillion_cache_writer_new (self->store, "key", metadata, -1, NULL);
  g_assert_true (pillion_cache_writer_write (writer, body, 9000, NULL));
  g_assert_false (pillion_cache_writer_write (writer, body, 9000, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE);
}

static gboolean
count_entry (PillionCacheEntry *entry,
             gpointer data)
{
  g_assert_true (store_check_entry (entry, 100000));
  return ++*(guint *) data != 10;
}

static void
test_foreach (StoreFixture *self,
              gconstpointer data)
{
  guint n = 0;
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < 7; i++)
    store_put (self->store, i, i * 30000);
  g_assert_true (pillion_cache_store_foreach (self->store, count_entry, &n, NULL, NULL));
  g_assert_cmpuint (n, ==, 7);
  g_assert_true (pillion_cache_store_foreach (self->store, count_entry, &n, NULL, NULL));
  g_assert_cmpuint (n, ==, 10);

  g_cancellable_cancel (cancellable);
  g_assert_false (pillion_cache_store_foreach (self->store, count_entry, &n, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

static void
test_shared (StoreFixture *self,
             gconstpointer data)
{
  g_autofree char *link_path = g_build_filename (self->top, "link", NULL);
  g_autoptr (PillionCacheStore) again = store_open (self->dir);
  g_autoptr (PillionCacheStore) existing = NULL;
  g_autoptr (PillionCacheStore) other = NULL;

  g_assert_true (again == self->store);
  g_assert_no_errno (symlink (self->dir, link_path));
  other = pillion_cache_store_open (link_path, 1234567, NULL);
  g_assert_true (other == self->store);
  g_assert_cmpuint (pillion_cache_store_get_max_bytes (self->store), ==, 1234567);
  existing = pillion_cache_store_open_existing (self->dir, NULL);
  g_assert_true (existing == self->store);
  g_assert_cmpuint (pillion_cache_store_get_max_bytes (self->store), ==, 1234567);
}

/* Many changes make the log longer, but not for ever */
static void
test_log_replaced (StoreFixture *self,
                   gconstpointer data)
{
  g_autofree char *path = store_fixture_get_path (self, "index");
  struct stat info;

  for (guint i = 0; i < 9000; i++)
    {
      g_autofree char *key = store_make_key (i);

      if (i >= 10)
        {
          g_autofree char *old = store_make_key (i - 10);

          pillion_cache_store_remove_key (self->store, old);
        }
      store_put (self->store, i, 10);
    }
  pillion_cache_store_flush (self->store);
  g_assert_no_errno (stat (path, &info));
  g_assert_cmpint (info.st_size, <, 32 * 6000);
  store_fixture_reopen (self);
  g_assert_cmpuint (pillion_cache_store_get_n_entries (self->store), ==, 10);
  for (guint i = 8990; i < 9000; i++)
    g_assert_true (store_has (self->store, i));
}

/* --- its folder --- */

static void
test_folder (StoreFixture *self,
             gconstpointer data)
{
  g_autofree char *tag = store_fixture_get_path (self, "CACHEDIR.TAG");
  g_autofree char *full = g_build_filename (self->top, "full", NULL);
  g_autofree char *file = g_build_filename (full, "precious", NULL);
  g_autofree char *empty = g_build_filename (self->top, "deep", "down", NULL);
  g_autofree char *text = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (PillionCacheStore) store = NULL;
  struct stat info;

  g_assert_true (g_file_get_contents (tag, &text, NULL, NULL));
  g_assert_true (g_str_has_prefix (text, "Signature: 8a477f597d28d172789f06886806bc55"));
  g_assert_no_errno (stat (self->dir, &info));
  g_assert_cmphex (info.st_mode & 0777, ==, 0700);

  g_assert_no_errno (g_mkdir (full, 0700));
  store_write_file (file, "x", 1);
  g_assert_null (pillion_cache_store_open (full, STORE_LIMIT, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_EMPTY);
  g_assert_nonnull (strstr (error->message, "no valid file 'pillion-cache'"));
  g_clear_error (&error);
  g_assert_null (pillion_cache_store_open (file, STORE_LIMIT, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_DIRECTORY);
  g_clear_error (&error);
  g_assert_null (pillion_cache_store_open_existing (full, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  g_assert_nonnull (strstr (error->message, "no valid file 'pillion-cache'"));
  g_clear_error (&error);
  g_assert_null (pillion_cache_store_open_existing (empty, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  g_clear_error (&error);
  g_assert_false (g_file_test (empty, G_FILE_TEST_EXISTS));

  store = store_open (empty);
  store_put (store, 1, 10);
  g_assert_true (store_has (store, 1));
  g_assert_false (store_has (self->store, 1));
}

/* A crash may leave the mark without its text, or with some of it and zeros */
static void
test_torn_mark (StoreFixture *self,
                gconstpointer data)
{
  const off_t kept[] = { 30, 0 };
  g_autofree char *path = store_fixture_get_path (self, "pillion-cache");

  store_put (self->store, 1, 10);
  for (guint i = 0; i < 2 * G_N_ELEMENTS (kept); i++)
    {
      store_fixture_close (self);
      g_assert_no_errno (truncate (path, kept[i / 2]));
      if (i % 2 == 1)
        g_assert_no_errno (truncate (path, 50));
      self->store = store_open (self->dir);
      g_assert_true (store_has (self->store, 1));
    }
}

static void
test_foreign_files (StoreFixture *self,
                    gconstpointer data)
{
  const char *names[] = { "precious", "entries/precious", "drafts/precious", "entries/0123456789ABCDEF0123456789ABCDEF" };
  PillionCacheReport report;
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) paths = NULL;
  g_autofree char *folder = store_fixture_get_path (self, "entries/00112233445566778899aabbccddeeff");

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *path = store_fixture_get_path (self, names[i]);

      store_write_file (path, "x", 1);
    }
  g_assert_no_errno (g_mkdir (folder, 0700));

  store_put (self->store, 1, 10);
  store_put (self->store, 2, 100000);
  g_assert_true (pillion_cache_store_verify (self->store, NULL, &report, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (report.n_entries, ==, 2);
  g_assert_cmpuint (report.n_removed, ==, 0);
  g_assert_true (pillion_cache_store_clear (self->store, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (pillion_cache_store_get_n_entries (self->store), ==, 0);
  g_assert_cmpuint (pillion_cache_store_get_size (self->store), ==, 0);
  g_assert_false (store_has (self->store, 1));
  store_fixture_reopen (self);
  g_assert_false (store_has (self->store, 2));

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *path = store_fixture_get_path (self, names[i]);

      g_assert_true (g_file_test (path, G_FILE_TEST_IS_REGULAR));
    }
  paths = store_fixture_list_files (self, "entries");
  g_assert_cmpuint (paths->len, ==, 3);
}

/* @data: "symlink", "link", "folder", "fifo" */
static void
test_planted (StoreFixture *self,
              gconstpointer data)
{
  const char *kind = data;
  g_autofree char *secret = g_build_filename (self->top, "secret", NULL);
  g_autofree char *path = NULL;
  g_autofree char *contents = NULL;
  g_autofree char *after = NULL;
  gsize length;
  gsize length_after;
  g_autoptr (PillionCacheEntry) entry = NULL;
  PillionCacheReport report;

  store_put (self->store, 1, 3 * BLOCK);
  pillion_cache_store_flush (self->store);
  entry = store_get (self->store, 1);
  path = store_fixture_get_only_file (self);

  /* The very entry, but elsewhere */
  g_assert_true (g_file_get_contents (path, &contents, &length, NULL));
  store_write_file (secret, contents, length);
  g_assert_no_errno (unlink (path));
  if (strcmp (kind, "symlink") == 0)
    g_assert_no_errno (symlink (secret, path));
  else if (strcmp (kind, "link") == 0)
    g_assert_no_errno (link (secret, path));
  else if (strcmp (kind, "folder") == 0)
    g_assert_no_errno (g_mkdir (path, 0700));
  else
    g_assert_no_errno (mkfifo (path, 0600));

  store_update (self->store, entry, 1, 3 * BLOCK, 1);
  pillion_cache_store_flush (self->store);
  g_assert_true (store_check_entry (entry, 100000));
  g_assert_false (store_has (self->store, 1));
  g_assert_true (pillion_cache_store_verify (self->store, NULL, &report, NULL));
  g_assert_cmpuint (report.n_entries, ==, 0);
  g_assert_true (pillion_cache_store_clear (self->store, NULL));

  store_put (self->store, 1, 500);
  pillion_cache_store_flush (self->store);
  g_assert_true (store_has (self->store, 1));
  g_assert_true (g_file_get_contents (secret, &after, &length_after, NULL));
  g_assert_cmpmem (contents, length, after, length_after);
}

static void
test_planted_folder (StoreFixture *self,
                     gconstpointer data)
{
  g_autofree char *elsewhere = g_build_filename (self->top, "elsewhere", NULL);
  g_autofree char *entries = store_fixture_get_path (self, "entries");
  g_autoptr (GError) error = NULL;

  store_put (self->store, 1, 10);
  store_fixture_close (self);
  g_assert_no_errno (rename (entries, elsewhere));
  g_assert_no_errno (symlink (elsewhere, entries));
  g_assert_null (pillion_cache_store_open (self->dir, STORE_LIMIT, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_DIRECTORY);
}

/* Removed under an open store: what was there is gone, and the cache goes on */
static void
test_folder_removed (StoreFixture *self,
                     gconstpointer data)
{
  g_autoptr (PillionCacheEntry) entry = NULL;
  g_autofree guint8 *body = store_make_body (5, 4 * BLOCK);
  g_autofree char *key = store_make_key (5);
  g_autoptr (GBytes) metadata = store_make_metadata (5, 4 * BLOCK, 0);
  g_autoptr (PillionCacheWriter) writer = NULL;

  store_put (self->store, 1, 10);
  store_put (self->store, 2, 100000);
  pillion_cache_store_flush (self->store);
  entry = store_get (self->store, 2);
  writer = pillion_cache_writer_new (self->store, key, metadata, -1, NULL);
  g_assert_true (pillion_cache_writer_write (writer, body, 2 * BLOCK, NULL));
  store_remove_tree (self->dir);

  g_assert_true (store_check_entry (entry, 100000));
  g_assert_false (store_has (self->store, 1));
  g_assert_true (pillion_cache_writer_write (writer, body + 2 * BLOCK, 2 * BLOCK, NULL));
  g_assert_true (pillion_cache_writer_commit (writer, NULL, NULL, NULL));
  store_put (self->store, 3, 10);
  g_assert_true (store_has (self->store, 3));
  pillion_cache_store_flush (self->store);
  g_assert_true (store_has (self->store, 3));
  g_assert_false (store_has (self->store, 5));
  store_put (self->store, 4, 100000);
  pillion_cache_store_flush (self->store);
  store_fixture_reopen (self);
  g_assert_true (store_has (self->store, 3));
  g_assert_true (store_has (self->store, 4));
  g_assert_false (store_has (self->store, 1));
}

static void
test_drafts_removed (StoreFixture *self,
                     gconstpointer data)
{
  g_autofree char *drafts = store_fixture_get_path (self, "drafts");

  store_put (self->store, 1, 10);
  pillion_cache_store_flush (self->store);
  store_remove_tree (drafts);
  store_put (self->store, 2, 10);
  pillion_cache_store_flush (self->store);
  store_fixture_reopen (self);
  g_assert_true (store_has (self->store, 1));
  g_assert_true (store_has (self->store, 2));
}

#define ADD(path, data, func) g_test_add ("/http/cache-store/" path, StoreFixture, data, store_fixture_set_up, func, store_fixture_tear_down)

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/http/cache-store/checksum-is-xxh64", test_checksum);
  ADD ("bodies-of-all-lengths-come-back", NULL, test_lengths);
  ADD ("bodies-are-read-from-any-offset", NULL, test_offsets);
  ADD ("bodies-are-written-in-any-pieces", NULL, test_pieces);
  ADD ("dropped-writers-leave-nothing", NULL, test_dropped);
  ADD ("metadata-are-replaced", NULL, test_metadata);
  ADD ("final-metadata-may-be-longer", NULL, test_final_metadata);
  ADD ("lookups-are-current-until-something-changes", NULL, test_current);
  ADD ("knows-whether-an-entry-may-be-good", NULL, test_may_be_good);
  ADD ("what-is-made-of-metadata-goes-with-them", NULL, test_parsed);
  ADD ("keys-have-variants", NULL, test_variants);
  ADD ("removed-entries-stay-removed", NULL, test_removed_at_once);
  ADD ("least-recently-used-goes-first", NULL, test_eviction);
  ADD ("uses-are-remembered", "reopen", test_eviction);
  ADD ("too-large-entries-are-refused", NULL, test_too_large);
  ADD ("all-entries-are-visited", NULL, test_foreach);
  ADD ("a-folder-has-one-store", NULL, test_shared);
  ADD ("folders-of-others-are-refused", NULL, test_folder);
  ADD ("a-torn-mark-will-do", NULL, test_torn_mark);
  ADD ("files-of-others-stay", NULL, test_foreign_files);
  ADD ("planted/symbolic-link", "symlink", test_planted);
  ADD ("planted/link", "link", test_planted);
  ADD ("planted/folder", "folder", test_planted);
  ADD ("planted/fifo", "fifo", test_planted);
  ADD ("planted/entries-elsewhere", NULL, test_planted_folder);
  ADD ("a-removed-folder-is-made-anew", NULL, test_folder_removed);
  ADD ("a-removed-folder-for-drafts-is-made-anew", NULL, test_drafts_removed);
  ADD ("long-logs-are-replaced", NULL, test_log_replaced);

  return g_test_run ();
}
