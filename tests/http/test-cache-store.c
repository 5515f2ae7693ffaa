/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* The entries of a cache: what is stored is found, whole or not at all, whatever happens to the folder. Other processes are this program, with
 * the arguments that main () knows. */

#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* for RTLD_NEXT */
#endif

#include "http/pillion-cache-store.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "http/pillion-cache-format.h"
#include "http/pillion-xxh64.h"

#define MEGABYTE (1024 * 1024)
#define BLOCK PILLION_CACHE_BLOCK_LENGTH
#define LARGE_LIMIT (64 * MEGABYTE)

static const char *program;

/* Atomic: how pwrite () fails, or 0 */
static int write_errno;

ssize_t
pwrite (int fd,
        const void *bytes,
        size_t length,
        off_t offset)
{
  static ssize_t (*real) (int, const void *, size_t, off_t);
  int errsv = __atomic_load_n (&write_errno, __ATOMIC_RELAXED);

  if (errsv != 0)
    {
      errno = errsv;
      return -1;
    }

  if (real == NULL)
    *(void **) &real = dlsym (RTLD_NEXT, "pwrite");
  return real (fd, bytes, length, offset);
}

/* --- what is stored --- */

static char *
make_key (guint number)
{
  return g_strdup_printf ("https://example.org/%u", number);
}

/* Every entry says in its metadata what its body has to be */
static GBytes *
make_metadata (guint number,
               gsize length,
               guint revision)
{
  char *text = g_strdup_printf ("%u %" G_GSIZE_FORMAT " %u", number, length, revision);

  return g_bytes_new_take (text, strlen (text));
}

static guint8 *
make_body (guint number,
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

static PillionCacheStore *
open_store (const char *dir)
{
  g_autoptr (GError) error = NULL;
  PillionCacheStore *store = pillion_cache_store_open (dir, LARGE_LIMIT, &error);

  g_assert_no_error (error);
  g_assert_nonnull (store);
  return store;
}

static gboolean
try_put (PillionCacheStore *store,
         guint number,
         gsize length,
         guint revision,
         PillionCacheEntry *replaced,
         GError **error)
{
  g_autofree char *key = make_key (number);
  g_autofree guint8 *body = make_body (number, length);
  g_autoptr (GBytes) metadata = make_metadata (number, length, revision);
  g_autoptr (PillionCacheWriter) writer = pillion_cache_writer_new (store, key, metadata, (gint64) length, error);

  return writer != NULL && pillion_cache_writer_write (writer, body, length, error) &&
         pillion_cache_writer_commit (writer, NULL, replaced, error);
}

static void
put (PillionCacheStore *store,
     guint number,
     gsize length)
{
  g_autoptr (GError) error = NULL;

  try_put (store, number, length, 0, NULL, &error);
  g_assert_no_error (error);
}

/* Reads the body in pieces of @size. Returns FALSE if the entry turns out to be damaged; wrong bytes end the test. */
static gboolean
check_entry (PillionCacheEntry *entry,
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
  key = make_key (number);
  g_assert_cmpstr (pillion_cache_entry_get_key (entry), ==, key);
  g_assert_cmpuint (pillion_cache_entry_get_length (entry), ==, length);

  expected = make_body (number, length);
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

/* Returns the only entry of the key, or NULL */
static PillionCacheEntry *
get (PillionCacheStore *store,
     guint number)
{
  g_autofree char *key = make_key (number);
  g_autoptr (GPtrArray) found = pillion_cache_store_lookup (store, key);

  if (found == NULL)
    return NULL;
  g_assert_cmpuint (found->len, ==, 1);
  return pillion_cache_entry_ref (found->pdata[0]);
}

static gboolean
has (PillionCacheStore *store,
     guint number)
{
  g_autoptr (PillionCacheEntry) entry = get (store, number);

  return entry != NULL && check_entry (entry, 256 * 1024);
}

static void
assert_revision (PillionCacheEntry *entry,
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

/* --- a folder for each test --- */

typedef struct
{
  char *top;
  char *dir;
  PillionCacheStore *store;
} Fixture;

static void
remove_tree (const char *path)
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

      remove_tree (child);
    }
  g_assert_no_errno (rmdir (path));
}

static void
set_up (Fixture *self,
        gconstpointer data)
{
  self->top = g_dir_make_tmp ("pillion-cache-XXXXXX", NULL);
  g_assert_nonnull (self->top);
  self->dir = g_build_filename (self->top, "cache", NULL);
  self->store = open_store (self->dir);
}

static void
close_store (Fixture *self)
{
  pillion_cache_store_flush (self->store);
  g_clear_pointer (&self->store, pillion_cache_store_unref);
}

static void
tear_down (Fixture *self,
           gconstpointer data)
{
  if (self->store != NULL)
    close_store (self);
  remove_tree (self->top);
  g_free (self->dir);
  g_free (self->top);
}

static void
reopen (Fixture *self)
{
  close_store (self);
  self->store = open_store (self->dir);
}

static char *
get_path (Fixture *self,
          const char *name)
{
  return g_build_filename (self->dir, name, NULL);
}

/* Paths of the files of a folder of the cache */
static GPtrArray *
list_files (Fixture *self,
            const char *folder)
{
  g_autofree char *path = get_path (self, folder);
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  GPtrArray *paths = g_ptr_array_new_with_free_func (g_free);
  const char *name;

  g_assert_nonnull (dir);
  while ((name = g_dir_read_name (dir)) != NULL)
    g_ptr_array_add (paths, g_build_filename (path, name, NULL));

  return paths;
}

static char *
get_only_file (Fixture *self)
{
  g_autoptr (GPtrArray) paths = list_files (self, "entries");

  g_assert_cmpuint (paths->len, ==, 1);
  return g_strdup (paths->pdata[0]);
}

static void
write_file (const char *path,
            const char *bytes,
            gsize length)
{
  g_autoptr (GError) error = NULL;

  g_file_set_contents_full (path, bytes, (gssize) length, G_FILE_SET_CONTENTS_NONE, 0600, &error);
  g_assert_no_error (error);
}

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
test_lengths (Fixture *self,
              gconstpointer data)
{
  for (guint i = 0; i < G_N_ELEMENTS (lengths); i++)
    {
      g_assert_false (has (self->store, i));
      put (self->store, i, lengths[i]);
      g_assert_true (has (self->store, i));
    }

  for (guint round = 0; round < 2; round++)
    {
      for (guint i = 0; i < G_N_ELEMENTS (lengths); i++)
        {
          g_autoptr (PillionCacheEntry) entry = get (self->store, i);

          g_assert_nonnull (entry);
          g_assert_true (check_entry (entry, 4 * MEGABYTE));
          g_assert_true (check_entry (entry, 64 * 1024));
          g_assert_true (check_entry (entry, 10007));
        }
      reopen (self);
    }

  g_assert_cmpuint (pillion_cache_store_get_n_entries (self->store), ==, G_N_ELEMENTS (lengths));
}

static void
test_offsets (Fixture *self,
              gconstpointer data)
{
  const gsize length = 3 * BLOCK + 100;
  const guint64 offsets[] = { 0, 1, BLOCK - 1, BLOCK, 2 * BLOCK + 5, length - 1, length, length + 1, G_MAXUINT64 };
  g_autofree guint8 *expected = make_body (1, length);
  g_autofree guint8 *buffer = g_malloc (length);
  g_autoptr (PillionCacheEntry) entry = NULL;

  put (self->store, 1, length);
  pillion_cache_store_flush (self->store);
  entry = get (self->store, 1);

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
test_pieces (Fixture *self,
             gconstpointer data)
{
  const gsize pieces[] = { 1, 999, BLOCK, BLOCK + 1, 300000 };
  const gsize length = 5 * BLOCK + 17;

  for (guint i = 0; i < G_N_ELEMENTS (pieces); i++)
    {
      g_autofree char *key = make_key (i);
      g_autofree guint8 *body = make_body (i, length);
      g_autoptr (GBytes) metadata = make_metadata (i, length, 0);
      g_autoptr (PillionCacheWriter) writer = pillion_cache_writer_new (self->store, key, metadata, -1, NULL);

      g_assert_nonnull (writer);
      for (gsize done = 0; done < length;)
        {
          gsize n = MIN (pieces[i], length - done);

          g_assert_true (pillion_cache_writer_write (writer, body + done, n, NULL));
          done += n;
        }
      g_assert_false (has (self->store, i));
      g_assert_true (pillion_cache_writer_commit (writer, NULL, NULL, NULL));
      g_assert_true (has (self->store, i));
    }
}

static void
test_dropped (Fixture *self,
              gconstpointer data)
{
  const gsize some[] = { 10, 3 * BLOCK };

  for (guint i = 0; i < G_N_ELEMENTS (some); i++)
    {
      g_autofree char *key = make_key (i);
      g_autofree guint8 *body = make_body (i, some[i]);
      g_autoptr (GBytes) metadata = make_metadata (i, some[i], 0);
      g_autoptr (PillionCacheWriter) writer = pillion_cache_writer_new (self->store, key, metadata, -1, NULL);

      g_assert_true (pillion_cache_writer_write (writer, body, some[i], NULL));
      g_clear_pointer (&writer, pillion_cache_writer_free);
      g_assert_false (has (self->store, i));
    }

  pillion_cache_store_flush (self->store);
  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (GPtrArray) paths = list_files (self, i == 0 ? "entries" : "drafts");

      g_assert_cmpuint (paths->len, ==, 0);
    }
}

/* Any mixture of updates, before and after the entry is on disk, with metadata that fit and that don't */
static void
test_metadata (Fixture *self,
               gconstpointer data)
{
  const gsize some[] = { 0, 1000, 3 * BLOCK };
  guint revision = 0;

  for (guint i = 0; i < G_N_ELEMENTS (some); i++)
    {
      put (self->store, i, some[i]);

      for (guint round = 0; round < 12; round++)
        {
          g_autoptr (PillionCacheEntry) entry = get (self->store, i);
          g_autoptr (PillionCacheEntry) again = NULL;
          g_autofree char *spaces = g_strnfill (round % 4 == 3 ? round * 3000 : round, ' ');
          g_autofree char *text = NULL;
          g_autoptr (GBytes) metadata = NULL;

          g_assert_nonnull (entry);
          text = g_strdup_printf ("%u %" G_GSIZE_FORMAT " %u%s", i, some[i], ++revision, spaces);
          metadata = g_bytes_new (text, strlen (text));
          g_assert_true (pillion_cache_store_update_metadata (self->store, entry, metadata, NULL));
          g_assert_true (g_bytes_equal (pillion_cache_entry_get_metadata (entry), metadata));

          again = get (self->store, i);
          g_assert_true (g_bytes_equal (pillion_cache_entry_get_metadata (again), metadata));
          g_assert_true (check_entry (again, 100000));
          g_assert_true (check_entry (entry, 100000));

          if (round % 3 == 1)
            pillion_cache_store_flush (self->store);
          if (round % 3 == 2)
            {
              g_clear_pointer (&entry, pillion_cache_entry_unref);
              g_clear_pointer (&again, pillion_cache_entry_unref);
              reopen (self);
              again = get (self->store, i);
              g_assert_nonnull (again);
              g_assert_true (g_bytes_equal (pillion_cache_entry_get_metadata (again), metadata));
              g_assert_true (check_entry (again, 100000));
            }
        }
    }
}

static void
test_final_metadata (Fixture *self,
                     gconstpointer data)
{
  const gsize some[] = { 10, 3 * BLOCK };

  for (guint i = 0; i < G_N_ELEMENTS (some); i++)
    {
      g_autofree char *key = make_key (i);
      g_autofree guint8 *body = make_body (i, some[i]);
      g_autofree char *spaces = g_strnfill (100000, ' ');
      g_autofree char *text = g_strdup_printf ("%u %" G_GSIZE_FORMAT " 7%s", i, some[i], spaces);
      g_autoptr (GBytes) first = g_bytes_new_static ("?", 1);
      g_autoptr (GBytes) last = g_bytes_new (text, strlen (text));
      g_autoptr (PillionCacheWriter) writer = pillion_cache_writer_new (self->store, key, first, -1, NULL);
      g_autoptr (PillionCacheEntry) entry = NULL;

      g_assert_true (pillion_cache_writer_write (writer, body, some[i], NULL));
      g_assert_true (pillion_cache_writer_commit (writer, last, NULL, NULL));
      pillion_cache_store_flush (self->store);
      entry = get (self->store, i);
      g_assert_true (g_bytes_equal (pillion_cache_entry_get_metadata (entry), last));
      g_assert_true (check_entry (entry, 100000));
    }
}

static guint
count_variants (PillionCacheStore *store,
                guint number)
{
  g_autofree char *key = make_key (number);
  g_autoptr (GPtrArray) found = pillion_cache_store_lookup (store, key);

  for (guint i = 0; found != NULL && i < found->len; i++)
    g_assert_true (check_entry (found->pdata[i], 100000));
  return found != NULL ? found->len : 0;
}

static void
test_variants (Fixture *self,
               gconstpointer data)
{
  g_autofree char *key = make_key (1);
  g_autoptr (GPtrArray) found = NULL;

  put (self->store, 1, 100);
  put (self->store, 1, 200);
  put (self->store, 1, 300000);
  put (self->store, 2, 100);
  g_assert_cmpuint (count_variants (self->store, 1), ==, 3);
  reopen (self);
  g_assert_cmpuint (count_variants (self->store, 1), ==, 3);

  found = pillion_cache_store_lookup (self->store, key);
  pillion_cache_store_remove (self->store, found->pdata[0]);
  g_assert_cmpuint (count_variants (self->store, 1), ==, 2);
  g_assert_true (try_put (self->store, 1, 50, 0, found->pdata[1], NULL));
  g_assert_cmpuint (count_variants (self->store, 1), ==, 2);

  /* What is gone can still be read */
  g_assert_true (check_entry (found->pdata[0], 100000));
  g_assert_true (check_entry (found->pdata[1], 100000));
  g_assert_false (pillion_cache_store_update_metadata (self->store, found->pdata[1], pillion_cache_entry_get_metadata (found->pdata[1]), NULL));

  g_assert_true (pillion_cache_store_remove_key (self->store, key));
  g_assert_false (pillion_cache_store_remove_key (self->store, key));
  g_assert_cmpuint (count_variants (self->store, 1), ==, 0);
  g_clear_pointer (&found, g_ptr_array_unref);
  reopen (self);
  g_assert_cmpuint (count_variants (self->store, 1), ==, 0);
  g_assert_true (has (self->store, 2));

  /* There is a limit to them */
  for (guint i = 0; i < 200; i++)
    put (self->store, 3, i);
  g_assert_cmpuint (count_variants (self->store, 3), ==, 64);
}

static void
test_removed_at_once (Fixture *self,
                      gconstpointer data)
{
  for (guint i = 0; i < 200; i++)
    {
      g_autofree char *key = make_key (i);

      put (self->store, i, i % 2 == 0 ? 100 : 100000);
      if (i % 3 != 0)
        continue;
      if (i % 7 == 0)
        pillion_cache_store_flush (self->store);
      g_assert_true (pillion_cache_store_remove_key (self->store, key));
      g_assert_false (has (self->store, i));
    }

  for (guint round = 0; round < 2; round++)
    {
      g_autoptr (GPtrArray) paths = NULL;

      reopen (self);
      for (guint i = 0; i < 200; i++)
        g_assert_cmpint (has (self->store, i), ==, i % 3 != 0);
      paths = list_files (self, "entries");
      g_assert_cmpuint (paths->len, ==, 133);
    }
}

static guint64
get_disk_usage (Fixture *self)
{
  g_autoptr (GPtrArray) paths = list_files (self, "entries");
  guint64 sum = 0;

  for (guint i = 0; i < paths->len; i++)
    {
      struct stat info;

      g_assert_no_errno (stat (paths->pdata[i], &info));
      sum += (guint64) info.st_size;
    }

  return sum;
}

static void
touch (PillionCacheStore *store,
       guint number)
{
  g_autoptr (PillionCacheEntry) entry = get (store, number);

  g_assert_nonnull (entry);
  pillion_cache_store_touch (store, entry);
}

/* @data: whether the store is opened again in between */
static void
test_eviction (Fixture *self,
               gconstpointer data)
{
  const guint64 limit = 100 * 1200;

  for (guint i = 0; i < 80; i++)
    put (self->store, i, 1000);
  for (guint i = 0; i < 20; i++)
    touch (self->store, i);
  if (data != NULL)
    reopen (self);
  pillion_cache_store_set_max_bytes (self->store, limit);
  for (guint i = 100; i < 140; i++)
    put (self->store, i, 1000);
  pillion_cache_store_flush (self->store);

  g_assert_cmpuint (pillion_cache_store_get_size (self->store), <=, limit);
  g_assert_cmpuint (get_disk_usage (self), ==, pillion_cache_store_get_size (self->store));
  for (guint i = 0; i < 20; i++)
    g_assert_true (has (self->store, i));
  g_assert_false (has (self->store, 20));
  g_assert_true (has (self->store, 79));
  for (guint i = 100; i < 140; i++)
    g_assert_true (has (self->store, i));

  pillion_cache_store_set_max_bytes (self->store, 5000);
  pillion_cache_store_flush (self->store);
  g_assert_cmpuint (get_disk_usage (self), <=, 5000);
  g_assert_true (has (self->store, 139));
}

static void
test_too_large (Fixture *self,
                gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autofree guint8 *body = make_body (1, 20000);
  g_autoptr (GBytes) metadata = make_metadata (1, 20000, 0);
  g_autoptr (PillionCacheWriter) writer = NULL;

  pillion_cache_store_set_max_bytes (self->store, 80000);
  g_assert_false (try_put (self->store, 1, 10001, 0, NULL, &error));
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
  g_assert_true (check_entry (entry, 100000));
  return ++*(guint *) data != 10;
}

static void
test_foreach (Fixture *self,
              gconstpointer data)
{
  guint n = 0;
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < 7; i++)
    put (self->store, i, i * 30000);
  g_assert_true (pillion_cache_store_foreach (self->store, count_entry, &n, NULL, NULL));
  g_assert_cmpuint (n, ==, 7);
  g_assert_true (pillion_cache_store_foreach (self->store, count_entry, &n, NULL, NULL));
  g_assert_cmpuint (n, ==, 10);

  g_cancellable_cancel (cancellable);
  g_assert_false (pillion_cache_store_foreach (self->store, count_entry, &n, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

static void
test_shared (Fixture *self,
             gconstpointer data)
{
  g_autofree char *link_path = g_build_filename (self->top, "link", NULL);
  g_autoptr (PillionCacheStore) again = open_store (self->dir);
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

/* --- its folder --- */

static void
test_folder (Fixture *self,
             gconstpointer data)
{
  g_autofree char *tag = get_path (self, "CACHEDIR.TAG");
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
  write_file (file, "x", 1);
  g_assert_null (pillion_cache_store_open (full, LARGE_LIMIT, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_EMPTY);
  g_clear_error (&error);
  g_assert_null (pillion_cache_store_open (file, LARGE_LIMIT, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_DIRECTORY);
  g_clear_error (&error);
  g_assert_null (pillion_cache_store_open_existing (full, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  g_clear_error (&error);
  g_assert_null (pillion_cache_store_open_existing (empty, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  g_clear_error (&error);
  g_assert_false (g_file_test (empty, G_FILE_TEST_EXISTS));

  store = open_store (empty);
  put (store, 1, 10);
  g_assert_true (has (store, 1));
  g_assert_false (has (self->store, 1));
}

/* A crash may leave the mark without its text */
static void
test_empty_mark (Fixture *self,
                 gconstpointer data)
{
  g_autofree char *path = get_path (self, "pillion-cache");

  put (self->store, 1, 10);
  close_store (self);
  g_assert_no_errno (truncate (path, 0));
  self->store = open_store (self->dir);
  g_assert_true (has (self->store, 1));
}

static void
test_foreign_files (Fixture *self,
                    gconstpointer data)
{
  const char *names[] = { "precious", "entries/precious", "drafts/precious", "entries/0123456789ABCDEF0123456789ABCDEF" };
  PillionCacheReport report;
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) paths = NULL;
  g_autofree char *folder = get_path (self, "entries/00112233445566778899aabbccddeeff");

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *path = get_path (self, names[i]);

      write_file (path, "x", 1);
    }
  g_assert_no_errno (g_mkdir (folder, 0700));

  put (self->store, 1, 10);
  put (self->store, 2, 100000);
  g_assert_true (pillion_cache_store_verify (self->store, NULL, &report, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (report.n_entries, ==, 2);
  g_assert_cmpuint (report.n_removed, ==, 0);
  g_assert_true (pillion_cache_store_clear (self->store, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (pillion_cache_store_get_n_entries (self->store), ==, 0);
  g_assert_cmpuint (pillion_cache_store_get_size (self->store), ==, 0);
  g_assert_false (has (self->store, 1));
  reopen (self);
  g_assert_false (has (self->store, 2));

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *path = get_path (self, names[i]);

      g_assert_true (g_file_test (path, G_FILE_TEST_IS_REGULAR));
    }
  paths = list_files (self, "entries");
  g_assert_cmpuint (paths->len, ==, 3);
}

static void
update (PillionCacheStore *store,
        PillionCacheEntry *entry,
        guint number,
        gsize length,
        guint revision)
{
  g_autoptr (GBytes) metadata = make_metadata (number, length, revision);

  pillion_cache_store_update_metadata (store, entry, metadata, NULL);
}

/* @data: "symlink", "link", "folder", "fifo" */
static void
test_planted (Fixture *self,
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

  put (self->store, 1, 3 * BLOCK);
  pillion_cache_store_flush (self->store);
  entry = get (self->store, 1);
  path = get_only_file (self);

  /* The very entry, but elsewhere */
  g_assert_true (g_file_get_contents (path, &contents, &length, NULL));
  write_file (secret, contents, length);
  g_assert_no_errno (unlink (path));
  if (strcmp (kind, "symlink") == 0)
    g_assert_no_errno (symlink (secret, path));
  else if (strcmp (kind, "link") == 0)
    g_assert_no_errno (link (secret, path));
  else if (strcmp (kind, "folder") == 0)
    g_assert_no_errno (g_mkdir (path, 0700));
  else
    g_assert_no_errno (mkfifo (path, 0600));

  update (self->store, entry, 1, 3 * BLOCK, 1);
  pillion_cache_store_flush (self->store);
  g_assert_true (check_entry (entry, 100000));
  g_assert_false (has (self->store, 1));
  g_assert_true (pillion_cache_store_verify (self->store, NULL, &report, NULL));
  g_assert_cmpuint (report.n_entries, ==, 0);
  g_assert_true (pillion_cache_store_clear (self->store, NULL));

  put (self->store, 1, 500);
  pillion_cache_store_flush (self->store);
  g_assert_true (has (self->store, 1));
  g_assert_true (g_file_get_contents (secret, &after, &length_after, NULL));
  g_assert_cmpmem (contents, length, after, length_after);
}

static void
test_planted_folder (Fixture *self,
                     gconstpointer data)
{
  g_autofree char *elsewhere = g_build_filename (self->top, "elsewhere", NULL);
  g_autofree char *entries = get_path (self, "entries");
  g_autoptr (GError) error = NULL;

  put (self->store, 1, 10);
  close_store (self);
  g_assert_no_errno (rename (entries, elsewhere));
  g_assert_no_errno (symlink (elsewhere, entries));
  g_assert_null (pillion_cache_store_open (self->dir, LARGE_LIMIT, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_DIRECTORY);
}

/* Removed under an open store: what was there is gone, and the cache goes on */
static void
test_folder_removed (Fixture *self,
                     gconstpointer data)
{
  g_autoptr (PillionCacheEntry) entry = NULL;
  g_autofree guint8 *body = make_body (5, 4 * BLOCK);
  g_autofree char *key = make_key (5);
  g_autoptr (GBytes) metadata = make_metadata (5, 4 * BLOCK, 0);
  g_autoptr (PillionCacheWriter) writer = NULL;

  put (self->store, 1, 10);
  put (self->store, 2, 100000);
  pillion_cache_store_flush (self->store);
  entry = get (self->store, 2);
  writer = pillion_cache_writer_new (self->store, key, metadata, -1, NULL);
  g_assert_true (pillion_cache_writer_write (writer, body, 2 * BLOCK, NULL));
  remove_tree (self->dir);

  g_assert_true (check_entry (entry, 100000));
  g_assert_false (has (self->store, 1));
  g_assert_true (pillion_cache_writer_write (writer, body + 2 * BLOCK, 2 * BLOCK, NULL));
  g_assert_true (pillion_cache_writer_commit (writer, NULL, NULL, NULL));
  put (self->store, 3, 10);
  g_assert_true (has (self->store, 3));
  pillion_cache_store_flush (self->store);
  g_assert_true (has (self->store, 3));
  g_assert_false (has (self->store, 5));
  put (self->store, 4, 100000);
  pillion_cache_store_flush (self->store);
  reopen (self);
  g_assert_true (has (self->store, 3));
  g_assert_true (has (self->store, 4));
  g_assert_false (has (self->store, 1));
}

static void
test_drafts_removed (Fixture *self,
                     gconstpointer data)
{
  g_autofree char *drafts = get_path (self, "drafts");

  put (self->store, 1, 10);
  pillion_cache_store_flush (self->store);
  remove_tree (drafts);
  put (self->store, 2, 10);
  pillion_cache_store_flush (self->store);
  reopen (self);
  g_assert_true (has (self->store, 1));
  g_assert_true (has (self->store, 2));
}

static void
test_disk_full (Fixture *self,
                gconstpointer data)
{
  g_autoptr (PillionCacheEntry) entry = NULL;
  g_autoptr (GError) error = NULL;

  put (self->store, 1, 10);
  pillion_cache_store_flush (self->store);
  entry = get (self->store, 1);

  __atomic_store_n (&write_errno, ENOSPC, __ATOMIC_RELAXED);
  g_assert_false (try_put (self->store, 2, 3 * BLOCK, 0, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE);
  put (self->store, 3, 10);
  update (self->store, entry, 1, 10, 5);
  pillion_cache_store_flush (self->store);
  g_assert_false (has (self->store, 2));
  g_assert_false (has (self->store, 3));
  g_assert_true (has (self->store, 1));
  __atomic_store_n (&write_errno, 0, __ATOMIC_RELAXED);

  put (self->store, 4, 10);
  g_clear_pointer (&entry, pillion_cache_entry_unref);
  reopen (self);
  g_assert_true (has (self->store, 1));
  g_assert_true (has (self->store, 4));
  entry = get (self->store, 1);
  assert_revision (entry, 5);
}

/* --- damage --- */

/* Some file systems wait for the disk if a file is truncated and closed */
static int
create_anew (const char *path)
{
  int fd;

  g_assert_true (unlink (path) == 0 || errno == ENOENT);
  fd = open (path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  g_assert_no_errno (fd);
  return fd;
}

/* Puts every single byte of a file wrong, and cuts it at every length */
static void
damage (Fixture *self,
        const char *path,
        gsize step,
        void (*check) (Fixture *self, gboolean is_cut))
{
  g_autofree char *contents = NULL;
  gsize length;

  g_assert_true (g_file_get_contents (path, &contents, &length, NULL));
  for (gsize i = 0; i < length; i += step)
    {
      int fd = create_anew (path);

      contents[i] ^= (char) (1 << i % 8);
      g_assert_cmpint (write (fd, contents, length), ==, (gssize) length);
      contents[i] ^= (char) (1 << i % 8);
      close (fd);
      check (self, FALSE);
    }
  for (gsize i = 0; i < length; i += step)
    {
      int fd = create_anew (path);

      g_assert_cmpint (write (fd, contents, i), ==, (gssize) i);
      close (fd);
      check (self, TRUE);
    }
}

static void
check_damaged_entry (Fixture *self,
                     gboolean is_cut)
{
  gboolean found = has (self->store, 1);

  if (is_cut)
    g_assert_false (found);

  /* The store has forgotten it, but it is put back for the next time */
  pillion_cache_store_flush (self->store);
  if (!found)
    {
      g_assert_false (has (self->store, 1));
      g_assert_cmpuint (pillion_cache_store_get_n_entries (self->store), ==, 0);
    }
}

static void
check_damaged_entry_anew (Fixture *self,
                          gboolean is_cut)
{
  PillionCacheReport report;

  /* Makes the entry known */
  g_assert_true (pillion_cache_store_verify (self->store, NULL, &report, NULL));
  g_assert_cmpuint (report.n_removed + report.n_entries, ==, 1);
  check_damaged_entry (self, is_cut);
}

static void
test_damaged_entry (Fixture *self,
                    gconstpointer data)
{
  g_autofree char *path = NULL;
  g_autoptr (PillionCacheEntry) entry = NULL;

  put (self->store, 1, 50);
  pillion_cache_store_flush (self->store);
  entry = get (self->store, 1);
  update (self->store, entry, 1, 50, 1);
  pillion_cache_store_flush (self->store);
  path = get_only_file (self);
  damage (self, path, 1, check_damaged_entry_anew);
}

static void
test_damaged_large_entry (Fixture *self,
                          gconstpointer data)
{
  g_autofree char *path = NULL;

  put (self->store, 1, 3 * BLOCK + 5000);
  pillion_cache_store_flush (self->store);
  path = get_only_file (self);
  damage (self, path, 4999, check_damaged_entry_anew);
}

/* Blocks that are whole, but not where they belong */
static void
test_swapped_blocks (Fixture *self,
                     gconstpointer data)
{
  g_autofree char *path = NULL;
  g_autofree char *contents = NULL;
  g_autofree char *block = g_malloc (PILLION_CACHE_BLOCK_SIZE);
  gsize length;
  PillionCacheHead head;
  gsize needed;

  put (self->store, 1, 3 * BLOCK);
  pillion_cache_store_flush (self->store);
  path = get_only_file (self);
  g_assert_true (g_file_get_contents (path, &contents, &length, NULL));
  g_assert_true (pillion_cache_head_parse (&head, (guint8 *) contents, length, &needed));
  memcpy (block, contents + head.body, PILLION_CACHE_BLOCK_SIZE);
  memcpy (contents + head.body, contents + head.body + PILLION_CACHE_BLOCK_SIZE, PILLION_CACHE_BLOCK_SIZE);
  memcpy (contents + head.body + PILLION_CACHE_BLOCK_SIZE, block, PILLION_CACHE_BLOCK_SIZE);
  write_file (path, contents, length);
  g_assert_false (has (self->store, 1));
}

/* An entry under the name of another one */
static void
test_swapped_entries (Fixture *self,
                      gconstpointer data)
{
  g_autofree char *first = NULL;
  g_autofree char *second = NULL;
  g_autoptr (GPtrArray) paths = NULL;

  put (self->store, 1, 50);
  put (self->store, 2, 50);
  pillion_cache_store_flush (self->store);
  paths = list_files (self, "entries");
  g_assert_cmpuint (paths->len, ==, 2);
  g_assert_no_errno (rename (paths->pdata[0], paths->pdata[1]));
  g_assert_false (has (self->store, 1));
  g_assert_false (has (self->store, 2));
}

static void
check_damaged_index (Fixture *self,
                     gboolean is_cut)
{
  g_assert_null (self->store);
  self->store = open_store (self->dir);

  /* Nobody can tell that whole records are missing at the end, unless the machine was started in between */
  if (is_cut)
    {
      PillionCacheReport report;

      g_assert_true (pillion_cache_store_verify (self->store, NULL, &report, NULL));
      g_assert_cmpuint (report.n_removed, ==, 0);
    }
  for (guint i = 0; i < 3; i++)
    g_assert_true (has (self->store, i));
  g_assert_cmpuint (pillion_cache_store_get_size (self->store), ==, get_disk_usage (self));
  close_store (self);
}

static void
test_damaged_index (Fixture *self,
                    gconstpointer data)
{
  g_autofree char *path = get_path (self, "index");

  for (guint i = 0; i < 3; i++)
    put (self->store, i, 50);
  close_store (self);
  damage (self, path, 1, check_damaged_index);
}

/* The machine was started again since: the end of the log may never have reached the disk */
static void
test_power_cut (Fixture *self,
                gconstpointer data)
{
  g_autofree char *path = get_path (self, "index");
  g_autofree char *contents = NULL;
  guint64 sum;
  gsize length;

  for (guint i = 0; i < 3; i++)
    put (self->store, i, 50);
  close_store (self);
  g_assert_true (g_file_get_contents (path, &contents, &length, NULL));
  contents[24] ^= 1;
  sum = pillion_xxh64 (contents, 32, 0);
  memcpy (contents + 32, &sum, sizeof sum);
  write_file (path, contents, 40 + 32);

  self->store = open_store (self->dir);
  put (self->store, 5, 50);
  pillion_cache_store_flush (self->store);
  for (guint i = 0; i < 3; i++)
    g_assert_true (has (self->store, i));
  g_assert_cmpuint (pillion_cache_store_get_size (self->store), ==, get_disk_usage (self));
}

static void
test_lost_index (Fixture *self,
                 gconstpointer data)
{
  const char *kinds[] = { "removed", "truncated", "overwritten", "folder", "symlink" };
  g_autofree char *path = get_path (self, "index");
  g_autofree char *elsewhere = g_build_filename (self->top, "elsewhere", NULL);

  for (guint i = 0; i < 10; i++)
    put (self->store, i, 50);
  pillion_cache_store_flush (self->store);
  write_file (elsewhere, "secret", 6);

  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    {
      g_autofree char *text = NULL;

      if (i == 1)
        g_assert_no_errno (truncate (path, 40));
      else if (i == 2)
        write_file (path, "Hello there, this is no index at all, is it?", 44);
      else
        g_assert_no_errno (unlink (path));
      if (i == 3)
        g_assert_no_errno (g_mkdir (path, 0700));
      if (i == 4)
        g_assert_no_errno (symlink (elsewhere, path));

      for (guint j = 0; j < 10 + i; j++)
        g_assert_true (has (self->store, j));
      put (self->store, 10 + i, 50);
      pillion_cache_store_flush (self->store);
      if (i == 3)
        {
          g_assert_no_errno (rmdir (path));
          put (self->store, 10 + i, 50);
          pillion_cache_store_flush (self->store);
        }
      g_assert_true (g_file_get_contents (elsewhere, &text, NULL, NULL));
      g_assert_cmpstr (text, ==, "secret");
      reopen (self);
      for (guint j = 0; j < 11 + i; j++)
        g_assert_true (has (self->store, j));
    }
}

static void
test_lost_files (Fixture *self,
                 gconstpointer data)
{
  g_autoptr (GPtrArray) paths = NULL;

  for (guint i = 0; i < 10; i++)
    put (self->store, i, 50);
  pillion_cache_store_flush (self->store);
  paths = list_files (self, "entries");
  for (guint i = 0; i < paths->len; i++)
    g_assert_no_errno (unlink (paths->pdata[i]));
  for (guint i = 0; i < 10; i++)
    g_assert_false (has (self->store, i));
  pillion_cache_store_flush (self->store);
  g_assert_cmpuint (pillion_cache_store_get_size (self->store), ==, 0);
  put (self->store, 1, 60);
  reopen (self);
  g_assert_true (has (self->store, 1));
  g_assert_cmpuint (pillion_cache_store_get_n_entries (self->store), ==, 1);
}

static void
test_verify (Fixture *self,
             gconstpointer data)
{
  PillionCacheReport report;
  g_autoptr (GPtrArray) paths = NULL;
  g_autofree char *stray = get_path (self, "drafts/00112233445566778899aabbccddeeff");

  for (guint i = 0; i < 20; i++)
    put (self->store, i, 100000);
  pillion_cache_store_flush (self->store);
  paths = list_files (self, "entries");
  for (guint i = 0; i < 5; i++)
    {
      int fd = open (paths->pdata[i], O_WRONLY | O_CLOEXEC);

      g_assert_cmpint (lseek (fd, i * 20000, SEEK_SET), ==, i * 20000);
      g_assert_cmpint (write (fd, "????", 4), ==, 4);
      close (fd);
    }
  write_file (stray, "?", 1);

  g_assert_true (pillion_cache_store_verify (self->store, NULL, &report, NULL));
  g_assert_cmpuint (report.n_removed, ==, 5);
  g_assert_cmpuint (report.n_entries, ==, 15);
  g_assert_cmpuint (report.n_bytes, ==, get_disk_usage (self));
  g_assert_false (g_file_test (stray, G_FILE_TEST_EXISTS));
  g_assert_true (pillion_cache_store_verify (self->store, NULL, &report, NULL));
  g_assert_cmpuint (report.n_removed, ==, 0);
}

/* Many changes make the log longer, but not for ever */
static void
test_log_replaced (Fixture *self,
                   gconstpointer data)
{
  g_autofree char *path = get_path (self, "index");
  struct stat info;

  for (guint i = 0; i < 9000; i++)
    {
      g_autofree char *key = make_key (i);

      if (i >= 10)
        {
          g_autofree char *old = make_key (i - 10);

          pillion_cache_store_remove_key (self->store, old);
        }
      put (self->store, i, 10);
    }
  pillion_cache_store_flush (self->store);
  g_assert_no_errno (stat (path, &info));
  g_assert_cmpint (info.st_size, <, 32 * 6000);
  reopen (self);
  g_assert_cmpuint (pillion_cache_store_get_n_entries (self->store), ==, 10);
  for (guint i = 8990; i < 9000; i++)
    g_assert_true (has (self->store, i));
}

/* --- other processes --- */

typedef struct
{
  pid_t pid;
  int input;  /* what it reads ends when this is closed */
  int output; /* what it says */
} Process;

static Process
spawn (Fixture *self,
       const char *mode,
       const char *argument)
{
  char *argv[] = { (char *) program, (char *) mode, self->dir, (char *) argument, NULL };
  posix_spawn_file_actions_t actions;
  Process process;
  int input[2];
  int output[2];

  g_assert_no_errno (pipe2 (input, O_CLOEXEC));
  g_assert_no_errno (pipe2 (output, O_CLOEXEC));
  posix_spawn_file_actions_init (&actions);
  posix_spawn_file_actions_adddup2 (&actions, input[0], STDIN_FILENO);
  posix_spawn_file_actions_adddup2 (&actions, output[1], STDOUT_FILENO);
  g_assert_cmpint (posix_spawn (&process.pid, program, &actions, NULL, argv, environ), ==, 0);
  posix_spawn_file_actions_destroy (&actions);
  close (input[0]);
  close (output[1]);
  process.input = input[1];
  process.output = output[0];
  return process;
}

/* Waits until it says something */
static void
await_line (Process *process)
{
  char byte;

  g_assert_cmpint (read (process->output, &byte, 1), ==, 1);
}

static int
await_exit (Process *process)
{
  int status;

  while (waitpid (process->pid, &status, 0) < 0)
    g_assert_cmpint (errno, ==, EINTR);
  close (process->input);
  close (process->output);
  return status;
}

static void
finish (Process process)
{
  g_assert_cmpint (await_exit (&process), ==, 0);
}

static void
put_to_death (Process *process)
{
  int status;

  g_assert_no_errno (kill (process->pid, SIGKILL));
  status = await_exit (process);
  g_assert_true (WIFSIGNALED (status));
  g_assert_cmpint (WTERMSIG (status), ==, SIGKILL);
}

static void
say_line (void)
{
  g_assert_cmpint (write (STDOUT_FILENO, "\n", 1), ==, 1);
}

static void
await_end_of_input (void)
{
  char byte;

  while (read (STDIN_FILENO, &byte, 1) > 0)
    ;
}

/* Stores some entries */
static int
child_put (const char *dir,
           const char *argument)
{
  g_autoptr (PillionCacheStore) store = open_store (dir);
  guint first = (guint) g_ascii_strtoull (argument, NULL, 10);

  for (guint i = first; i < first + 50; i++)
    put (store, i, i % 5 == 0 ? 100000 : 100);
  pillion_cache_store_flush (store);
  return 0;
}

/* Removes an entry and changes another one */
static int
child_change (const char *dir,
              const char *argument)
{
  g_autoptr (PillionCacheStore) store = open_store (dir);
  g_autoptr (PillionCacheEntry) entry = get (store, 2);
  g_autofree char *key = make_key (1);

  g_assert_true (pillion_cache_store_remove_key (store, key));
  update (store, entry, 2, 100, 9);
  pillion_cache_store_flush (store);
  return 0;
}

static int
child_clear (const char *dir,
             const char *argument)
{
  g_autoptr (PillionCacheStore) store = open_store (dir);

  g_assert_true (pillion_cache_store_clear (store, NULL));
  return 0;
}

/* Locks the folder until it is killed */
static int
child_lock (const char *dir,
            const char *argument)
{
  g_autofree char *path = g_build_filename (dir, "pillion-cache", NULL);
  int fd = open (path, O_RDWR | O_CLOEXEC);

  g_assert_no_errno (flock (fd, LOCK_EX));
  say_line ();
  await_end_of_input ();
  return 0;
}

/* Does all kinds of things until it is killed. Whatever it finds has to be right. */
static int
child_busy (const char *dir,
            const char *argument)
{
  g_autoptr (PillionCacheStore) store = pillion_cache_store_open (dir, 4 * MEGABYTE, NULL);
  g_autoptr (GRand) random = g_rand_new_with_seed ((guint32) g_ascii_strtoull (argument, NULL, 10));
  guint n_rounds = strchr (argument, 'x') != NULL ? 300 : G_MAXUINT;

  g_assert_nonnull (store);
  say_line ();
  for (guint round = 0; round < n_rounds; round++)
    {
      guint number = (guint) g_rand_int_range (random, 0, 40);
      g_autofree char *key = make_key (number);
      g_autoptr (GPtrArray) found = pillion_cache_store_lookup (store, key);
      PillionCacheEntry *first = found != NULL ? found->pdata[0] : NULL;
      gsize length = (gsize) g_rand_int_range (random, 0, g_rand_boolean (random) ? 2000 : 300000);

      for (guint i = 0; found != NULL && i < found->len; i++)
        check_entry (found->pdata[i], 100000);

      switch (g_rand_int_range (random, 0, 8))
        {
        case 0:
          if (first != NULL)
            pillion_cache_store_remove (store, first);
          break;
        case 1:
        case 2:
          if (first != NULL)
            update (store, first, number, (gsize) pillion_cache_entry_get_length (first), round);
          break;
        case 3:
          if (first != NULL)
            pillion_cache_store_touch (store, first);
          break;
        case 4:
          pillion_cache_store_flush (store);
          break;
        default:
          try_put (store, number, length, round, first, NULL);
        }
    }

  pillion_cache_store_flush (store);
  return 0;
}

/* As a user who can't write to the folder */
static int
child_read_only (const char *dir,
                 const char *argument)
{
  g_autoptr (PillionCacheStore) store = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (PillionCacheEntry) entry = NULL;

  if (geteuid () == 0)
    g_assert_no_errno (setresuid (65534, 65534, 65534));

  store = open_store (dir);
  g_assert_true (has (store, 1));
  g_assert_true (has (store, 2));
  entry = get (store, 1);
  update (store, entry, 1, 50, 1);
  pillion_cache_store_touch (store, entry);
  g_assert_false (try_put (store, 3, 10, 0, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_READ_ONLY);
  pillion_cache_store_flush (store);
  g_assert_true (has (store, 2));
  return 0;
}

static void
test_other_process (Fixture *self,
                    gconstpointer data)
{
  g_autoptr (PillionCacheEntry) entry = NULL;

  put (self->store, 1, 100);
  put (self->store, 2, 100);
  pillion_cache_store_flush (self->store);
  finish (spawn (self, "--put", "100"));
  for (guint i = 100; i < 150; i++)
    g_assert_true (has (self->store, i));

  finish (spawn (self, "--change", ""));
  g_assert_false (has (self->store, 1));
  entry = get (self->store, 2);
  assert_revision (entry, 9);
  g_assert_cmpuint (pillion_cache_store_get_size (self->store), ==, get_disk_usage (self));

  finish (spawn (self, "--clear", ""));
  g_assert_false (has (self->store, 2));
  g_assert_cmpuint (pillion_cache_store_get_n_entries (self->store), ==, 0);
  g_assert_true (check_entry (entry, 100));
  put (self->store, 2, 100);
  reopen (self);
  g_assert_true (has (self->store, 2));
}

static void
test_processes_at_once (Fixture *self,
                        gconstpointer data)
{
  Process processes[4];
  PillionCacheReport report;

  for (guint i = 0; i < G_N_ELEMENTS (processes); i++)
    {
      g_autofree char *argument = g_strdup_printf ("%ux", i + 1);

      processes[i] = spawn (self, "--busy", argument);
    }
  for (guint i = 0; i < G_N_ELEMENTS (processes); i++)
    finish (processes[i]);

  g_assert_true (pillion_cache_store_verify (self->store, NULL, &report, NULL));
  g_assert_cmpuint (report.n_removed, ==, 0);
  g_assert_cmpuint (report.n_bytes, ==, get_disk_usage (self));
  g_assert_cmpuint (report.n_bytes, <=, 4 * MEGABYTE);
}

/* A process that has the lock and was stopped keeps others from writing, but from nothing else */
static void
test_locked (Fixture *self,
             gconstpointer data)
{
  Process process;
  g_autoptr (PillionCacheEntry) entry = NULL;

  put (self->store, 1, 100);
  pillion_cache_store_flush (self->store);
  process = spawn (self, "--lock", "");
  await_line (&process);

  put (self->store, 2, 100);
  put (self->store, 3, 100000);
  for (guint i = 1; i <= 3; i++)
    g_assert_true (has (self->store, i));
  entry = get (self->store, 2);
  update (self->store, entry, 2, 100, 4);
  g_clear_pointer (&entry, pillion_cache_entry_unref);

  put_to_death (&process);
  reopen (self);
  for (guint i = 1; i <= 3; i++)
    g_assert_true (has (self->store, i));
  entry = get (self->store, 2);
  assert_revision (entry, 4);
}

static void
test_read_only (Fixture *self,
                gconstpointer data)
{
  const char *names[] = { ".", "entries", "drafts" };
  PillionCacheReport report;

  put (self->store, 1, 50);
  put (self->store, 2, 100000);
  close_store (self);
  g_assert_no_errno (chmod (self->top, 0755));
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *path = get_path (self, names[i]);

      if (geteuid () == 0)
        {
          g_autoptr (GPtrArray) paths = list_files (self, names[i]);

          for (guint j = 0; j < paths->len; j++)
            g_assert_no_errno (lchown (paths->pdata[j], 65534, 65534));
          g_assert_no_errno (chown (path, 65534, 65534));
        }
      g_assert_no_errno (chmod (path, 0500));
    }
  finish (spawn (self, "--read-only", ""));
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *path = get_path (self, names[i]);

      g_assert_no_errno (chmod (path, 0700));
    }
  self->store = open_store (self->dir);
  g_assert_true (pillion_cache_store_verify (self->store, NULL, &report, NULL));
  g_assert_cmpuint (report.n_removed, ==, 0);
}

/* Processes that are killed at any moment leave nothing that is wrong, or that keeps others waiting. PILLION_KILLS says how many. */
static void
test_killed (Fixture *self,
             gconstpointer data)
{
  const char *wanted = g_getenv ("PILLION_KILLS");
  guint n_kills = wanted != NULL ? (guint) g_ascii_strtoull (wanted, NULL, 10) : 20;
  PillionCacheReport report;

  for (guint i = 0; i < n_kills; i++)
    {
      Process processes[2];
      g_autoptr (GPtrArray) drafts = NULL;

      for (guint j = 0; j < G_N_ELEMENTS (processes); j++)
        {
          g_autofree char *seed = g_strdup_printf ("%d", g_test_rand_int_range (0, G_MAXINT));

          processes[j] = spawn (self, "--busy", seed);
        }
      for (guint j = 0; j < G_N_ELEMENTS (processes); j++)
        await_line (&processes[j]);
      g_usleep ((gulong) g_test_rand_int_range (0, 30000));
      for (guint j = 0; j < G_N_ELEMENTS (processes); j++)
        put_to_death (&processes[j]);

      for (guint j = 0; j < 40; j++)
        count_variants (self->store, j);
      g_assert_true (pillion_cache_store_verify (self->store, NULL, &report, NULL));
      g_assert_cmpuint (report.n_bytes, ==, get_disk_usage (self));
      /* A torn write of metadata leaves the earlier ones */
      g_assert_cmpuint (report.n_removed, ==, 0);
      drafts = list_files (self, "drafts");
      g_assert_cmpuint (drafts->len, ==, 0);
    }
}

#define ADD(path, data, func) g_test_add ("/http/cache-store/" path, Fixture, data, set_up, func, tear_down)

int
main (int argc,
      char **argv)
{
  const struct
  {
    const char *mode;
    int (*run) (const char *dir, const char *argument);
  } modes[] = {
    { "--put", child_put }, { "--change", child_change }, { "--clear", child_clear },
    { "--lock", child_lock }, { "--busy", child_busy }, { "--read-only", child_read_only },
  };

  program = argv[0];
  for (guint i = 0; argc == 4 && i < G_N_ELEMENTS (modes); i++)
    if (strcmp (argv[1], modes[i].mode) == 0)
      return modes[i].run (argv[2], argv[3]);

  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/http/cache-store/checksum-is-xxh64", test_checksum);
  ADD ("bodies-of-all-lengths-come-back", NULL, test_lengths);
  ADD ("bodies-are-read-from-any-offset", NULL, test_offsets);
  ADD ("bodies-are-written-in-any-pieces", NULL, test_pieces);
  ADD ("dropped-writers-leave-nothing", NULL, test_dropped);
  ADD ("metadata-are-replaced", NULL, test_metadata);
  ADD ("final-metadata-may-be-longer", NULL, test_final_metadata);
  ADD ("keys-have-variants", NULL, test_variants);
  ADD ("removed-entries-stay-removed", NULL, test_removed_at_once);
  ADD ("least-recently-used-goes-first", NULL, test_eviction);
  ADD ("uses-are-remembered", "reopen", test_eviction);
  ADD ("too-large-entries-are-refused", NULL, test_too_large);
  ADD ("all-entries-are-visited", NULL, test_foreach);
  ADD ("a-folder-has-one-store", NULL, test_shared);
  ADD ("folders-of-others-are-refused", NULL, test_folder);
  ADD ("an-empty-mark-will-do", NULL, test_empty_mark);
  ADD ("files-of-others-stay", NULL, test_foreign_files);
  ADD ("planted/symbolic-link", "symlink", test_planted);
  ADD ("planted/link", "link", test_planted);
  ADD ("planted/folder", "folder", test_planted);
  ADD ("planted/fifo", "fifo", test_planted);
  ADD ("planted/entries-elsewhere", NULL, test_planted_folder);
  ADD ("a-removed-folder-is-made-anew", NULL, test_folder_removed);
  ADD ("a-removed-folder-for-drafts-is-made-anew", NULL, test_drafts_removed);
  ADD ("a-full-disk-loses-only-what-is-new", NULL, test_disk_full);
  ADD ("damage/no-wrong-byte-of-an-entry", NULL, test_damaged_entry);
  ADD ("damage/no-wrong-byte-of-a-large-entry", NULL, test_damaged_large_entry);
  ADD ("damage/swapped-blocks", NULL, test_swapped_blocks);
  ADD ("damage/swapped-entries", NULL, test_swapped_entries);
  ADD ("damage/index-is-made-anew", NULL, test_damaged_index);
  ADD ("damage/power-cut", NULL, test_power_cut);
  ADD ("damage/lost-index-of-an-open-store", NULL, test_lost_index);
  ADD ("damage/lost-files", NULL, test_lost_files);
  ADD ("damage/verify-finds-it", NULL, test_verify);
  ADD ("long-logs-are-replaced", NULL, test_log_replaced);
  ADD ("processes/see-each-other", NULL, test_other_process);
  ADD ("processes/at-once", NULL, test_processes_at_once);
  ADD ("processes/a-held-lock-stops-nobody", NULL, test_locked);
  ADD ("processes/read-only", NULL, test_read_only);
  ADD ("processes/killed", NULL, test_killed);

  return g_test_run ();
}
