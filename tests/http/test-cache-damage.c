/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* A cache whose files are torn, swapped or gone: no wrong byte is ever read. */

#include "cache-store-support.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "http/pillion-cache-format.h"
#include "http/pillion-xxh64.h"

#define BLOCK PILLION_CACHE_BLOCK_LENGTH

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
damage (StoreFixture *self,
        const char *path,
        gsize step,
        void (*check) (StoreFixture *self, gboolean is_cut))
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
check_damaged_entry (StoreFixture *self,
                     gboolean is_cut)
{
  gboolean found = store_has (self->store, 1);

  if (is_cut)
    g_assert_false (found);

  /* The store has forgotten it, but it is put back for the next time */
  pillion_cache_store_flush (self->store);
  if (!found)
    {
      g_assert_false (store_has (self->store, 1));
      g_assert_cmpuint (pillion_cache_store_get_n_entries (self->store), ==, 0);
    }
}

static void
check_damaged_entry_anew (StoreFixture *self,
                          gboolean is_cut)
{
  PillionCacheReport report;

  /* Makes the entry known */
  g_assert_true (pillion_cache_store_verify (self->store, NULL, &report, NULL));
  g_assert_cmpuint (report.n_removed + report.n_entries, ==, 1);
  check_damaged_entry (self, is_cut);
}

static void
test_damaged_entry (StoreFixture *self,
                    gconstpointer data)
{
  g_autofree char *path = NULL;
  g_autoptr (PillionCacheEntry) entry = NULL;

  store_put (self->store, 1, 50);
  pillion_cache_store_flush (self->store);
  entry = store_get (self->store, 1);
  store_update (self->store, entry, 1, 50, 1);
  pillion_cache_store_flush (self->store);
  path = store_fixture_get_only_file (self);
  damage (self, path, 1, check_damaged_entry_anew);
}

static void
test_damaged_large_entry (StoreFixture *self,
                          gconstpointer data)
{
  g_autofree char *path = NULL;

  store_put (self->store, 1, 3 * BLOCK + 5000);
  pillion_cache_store_flush (self->store);
  path = store_fixture_get_only_file (self);
  damage (self, path, 4999, check_damaged_entry_anew);
}

/* Blocks that are whole, but not where they belong */
static void
test_swapped_blocks (StoreFixture *self,
                     gconstpointer data)
{
  g_autofree char *path = NULL;
  g_autofree char *contents = NULL;
  g_autofree char *block = g_malloc (PILLION_CACHE_BLOCK_SIZE);
  gsize length;
  PillionCacheHead head;
  gsize needed;

  store_put (self->store, 1, 3 * BLOCK);
  pillion_cache_store_flush (self->store);
  path = store_fixture_get_only_file (self);
  g_assert_true (g_file_get_contents (path, &contents, &length, NULL));
  g_assert_true (pillion_cache_head_parse (&head, (guint8 *) contents, length, &needed));
  memcpy (block, contents + head.body, PILLION_CACHE_BLOCK_SIZE);
  memcpy (contents + head.body, contents + head.body + PILLION_CACHE_BLOCK_SIZE, PILLION_CACHE_BLOCK_SIZE);
  memcpy (contents + head.body + PILLION_CACHE_BLOCK_SIZE, block, PILLION_CACHE_BLOCK_SIZE);
  store_write_file (path, contents, length);
  g_assert_false (store_has (self->store, 1));
}

/* An entry under the name of another one */
static void
test_swapped_entries (StoreFixture *self,
                      gconstpointer data)
{
  g_autofree char *first = NULL;
  g_autofree char *second = NULL;
  g_autoptr (GPtrArray) paths = NULL;

  store_put (self->store, 1, 50);
  store_put (self->store, 2, 50);
  pillion_cache_store_flush (self->store);
  paths = store_fixture_list_files (self, "entries");
  g_assert_cmpuint (paths->len, ==, 2);
  g_assert_no_errno (rename (paths->pdata[0], paths->pdata[1]));
  g_assert_false (store_has (self->store, 1));
  g_assert_false (store_has (self->store, 2));
}

static void
check_damaged_index (StoreFixture *self,
                     gboolean is_cut)
{
  g_assert_null (self->store);
  self->store = store_open (self->dir);

  /* Nobody can tell that whole records are missing at the end, unless the machine was started in between */
  if (is_cut)
    {
      PillionCacheReport report;

      g_assert_true (pillion_cache_store_verify (self->store, NULL, &report, NULL));
      g_assert_cmpuint (report.n_removed, ==, 0);
    }
  for (guint i = 0; i < 3; i++)
    g_assert_true (store_has (self->store, i));
  g_assert_cmpuint (pillion_cache_store_get_size (self->store), ==, store_fixture_get_disk_usage (self));
  store_fixture_close (self);
}

static void
test_damaged_index (StoreFixture *self,
                    gconstpointer data)
{
  g_autofree char *path = store_fixture_get_path (self, "index");

  for (guint i = 0; i < 3; i++)
    store_put (self->store, i, 50);
  store_fixture_close (self);
  damage (self, path, 1, check_damaged_index);
}

/* The machine was started again since: the end of the log may never have reached the disk */
static void
test_power_cut (StoreFixture *self,
                gconstpointer data)
{
  g_autofree char *path = store_fixture_get_path (self, "index");
  g_autofree char *contents = NULL;
  guint64 sum;
  gsize length;

  for (guint i = 0; i < 3; i++)
    store_put (self->store, i, 50);
  store_fixture_close (self);
  g_assert_true (g_file_get_contents (path, &contents, &length, NULL));
  contents[24] ^= 1;
  sum = pillion_xxh64 (contents, 32, 0);
  memcpy (contents + 32, &sum, sizeof sum);
  store_write_file (path, contents, 40 + 32);

  self->store = store_open (self->dir);
  store_put (self->store, 5, 50);
  pillion_cache_store_flush (self->store);
  for (guint i = 0; i < 3; i++)
    g_assert_true (store_has (self->store, i));
  g_assert_cmpuint (pillion_cache_store_get_size (self->store), ==, store_fixture_get_disk_usage (self));
}

static void
test_lost_index (StoreFixture *self,
                 gconstpointer data)
{
  const char *kinds[] = { "removed", "truncated", "overwritten", "folder", "symlink" };
  g_autofree char *path = store_fixture_get_path (self, "index");
  g_autofree char *elsewhere = g_build_filename (self->top, "elsewhere", NULL);

  for (guint i = 0; i < 10; i++)
    store_put (self->store, i, 50);
  pillion_cache_store_flush (self->store);
  store_write_file (elsewhere, "secret", 6);

  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    {
      g_autofree char *text = NULL;

      if (i == 1)
        g_assert_no_errno (truncate (path, 40));
      else if (i == 2)
        store_write_file (path, "Hello there, this is no index at all, is it?", 44);
      else
        g_assert_no_errno (unlink (path));
      if (i == 3)
        g_assert_no_errno (g_mkdir (path, 0700));
      if (i == 4)
        g_assert_no_errno (symlink (elsewhere, path));

      for (guint j = 0; j < 10 + i; j++)
        g_assert_true (store_has (self->store, j));
      store_put (self->store, 10 + i, 50);
      pillion_cache_store_flush (self->store);
      if (i == 3)
        {
          g_assert_no_errno (rmdir (path));
          store_put (self->store, 10 + i, 50);
          pillion_cache_store_flush (self->store);
        }
      g_assert_true (g_file_get_contents (elsewhere, &text, NULL, NULL));
      g_assert_cmpstr (text, ==, "secret");
      store_fixture_reopen (self);
      for (guint j = 0; j < 11 + i; j++)
        g_assert_true (store_has (self->store, j));
    }
}

static void
test_lost_files (StoreFixture *self,
                 gconstpointer data)
{
  g_autoptr (GPtrArray) paths = NULL;

  for (guint i = 0; i < 10; i++)
    store_put (self->store, i, 50);
  pillion_cache_store_flush (self->store);
  paths = store_fixture_list_files (self, "entries");
  for (guint i = 0; i < paths->len; i++)
    g_assert_no_errno (unlink (paths->pdata[i]));
  for (guint i = 0; i < 10; i++)
    g_assert_false (store_has (self->store, i));
  pillion_cache_store_flush (self->store);
  g_assert_cmpuint (pillion_cache_store_get_size (self->store), ==, 0);
  store_put (self->store, 1, 60);
  store_fixture_reopen (self);
  g_assert_true (store_has (self->store, 1));
  g_assert_cmpuint (pillion_cache_store_get_n_entries (self->store), ==, 1);
}

static void
test_verify (StoreFixture *self,
             gconstpointer data)
{
  PillionCacheReport report;
  g_autoptr (GPtrArray) paths = NULL;
  g_autofree char *stray = store_fixture_get_path (self, "drafts/00112233445566778899aabbccddeeff");

  for (guint i = 0; i < 20; i++)
    store_put (self->store, i, 100000);
  pillion_cache_store_flush (self->store);
  paths = store_fixture_list_files (self, "entries");
  for (guint i = 0; i < 5; i++)
    {
      int fd = open (paths->pdata[i], O_WRONLY | O_CLOEXEC);

      g_assert_cmpint (lseek (fd, i * 20000, SEEK_SET), ==, i * 20000);
      g_assert_cmpint (write (fd, "????", 4), ==, 4);
      close (fd);
    }
  store_write_file (stray, "?", 1);

  g_assert_true (pillion_cache_store_verify (self->store, NULL, &report, NULL));
  g_assert_cmpuint (report.n_removed, ==, 5);
  g_assert_cmpuint (report.n_entries, ==, 15);
  g_assert_cmpuint (report.n_bytes, ==, store_fixture_get_disk_usage (self));
  g_assert_false (g_file_test (stray, G_FILE_TEST_EXISTS));
  g_assert_true (pillion_cache_store_verify (self->store, NULL, &report, NULL));
  g_assert_cmpuint (report.n_removed, ==, 0);
}

#define ADD(path, data, func) g_test_add ("/http/cache-damage/" path, StoreFixture, data, store_fixture_set_up, func, store_fixture_tear_down)

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  ADD ("no-wrong-byte-of-an-entry", NULL, test_damaged_entry);
  ADD ("no-wrong-byte-of-a-large-entry", NULL, test_damaged_large_entry);
  ADD ("swapped-blocks", NULL, test_swapped_blocks);
  ADD ("swapped-entries", NULL, test_swapped_entries);
  ADD ("index-is-made-anew", NULL, test_damaged_index);
  ADD ("power-cut", NULL, test_power_cut);
  ADD ("lost-index-of-an-open-store", NULL, test_lost_index);
  ADD ("lost-files", NULL, test_lost_files);
  ADD ("verify-finds-it", NULL, test_verify);

  return g_test_run ();
}
