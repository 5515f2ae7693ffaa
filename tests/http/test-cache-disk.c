/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* A disk, or another process, that keeps a cache waiting or refuses something: nobody but a worker waits for it, and nothing is lost that
 * could be done later. */

#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* for RTLD_NEXT */
#endif

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "cache-disk-support.h"
#include "http/pillion-cache-location.h"
#include "http/pillion-cache-store-private.h"

#define LARGE 70000
#define MARK_TEXT "A cache of libpillion-http. Its files can be removed at any time.\n"

/* Atomic: a file that appears while somebody looks into its folder; or NULL */
static const char *appearing;

struct dirent *
readdir (DIR *stream)
{
  static struct dirent *(*real) (DIR *);
  const char *path = __atomic_exchange_n (&appearing, NULL, __ATOMIC_RELAXED);

  if (path != NULL)
    g_assert_true (g_file_set_contents (path, MARK_TEXT, -1, NULL));
  if (__atomic_load_n (&real, __ATOMIC_RELAXED) == NULL)
    __atomic_store_n (&real, (struct dirent * (*) (DIR *) ) dlsym (RTLD_NEXT, "readdir64"), __ATOMIC_RELAXED);
  return __atomic_load_n (&real, __ATOMIC_RELAXED) (stream);
}

/* Atomic: who the program is, if not whoever runs it */
static uid_t user;

uid_t
geteuid (void)
{
  uid_t other = __atomic_load_n (&user, __ATOMIC_RELAXED);

  return other != 0 ? other : getuid ();
}

static gpointer
open_again (gpointer data)
{
  return pillion_cache_location_open (data, TRUE, NULL);
}

/* A thread that is content with an earlier failure doesn't wait for one that tries again */
static void
test_open_again (StoreFixture *self,
                 gconstpointer data)
{
  g_autofree char *mark = store_fixture_get_path (self, "pillion-cache");
  g_autofree char *foreign = g_build_filename (self->dir, "foreign", NULL);
  PillionCacheLocation *location = pillion_cache_location_new (self->dir, STORE_LIMIT);
  g_autoptr (GError) error = NULL;
  GThread *thread;

  g_assert_no_errno (g_mkdir (self->dir, 0700));
  g_assert_true (g_file_set_contents (foreign, "x", 1, NULL));
  g_assert_null (pillion_cache_location_open (location, FALSE, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_EMPTY);
  g_clear_error (&error);
  g_assert_true (g_file_set_contents (mark, MARK_TEXT, -1, NULL));

  disk_gate_close (&disk_locking);
  thread = g_thread_new ("again", open_again, location);
  disk_gate_await (&disk_locking);
  g_assert_null (pillion_cache_location_get_store (location, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_EMPTY);
  g_clear_error (&error);
  g_assert_null (pillion_cache_location_open (location, FALSE, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_EMPTY);

  /* What is set while it is being opened counts */
  pillion_cache_location_set_max_size (location, STORE_LIMIT / 2);
  disk_gate_open (&disk_locking);
  self->store = g_thread_join (thread);
  g_assert_nonnull (self->store);
  g_assert_cmpuint (pillion_cache_store_get_max_bytes (self->store), ==, STORE_LIMIT / 2);
  pillion_cache_location_unref (location);
}

static guint
count_descriptors (void)
{
  g_autoptr (GDir) dir = g_dir_open ("/proc/self/fd", 0, NULL);
  guint n = 0;

  while (dir != NULL && g_dir_read_name (dir) != NULL)
    n++;

  return n;
}

/* Large entries that wait for the disk don't take all of a program's descriptors */
static void
test_descriptors (StoreFixture *self,
                  gconstpointer data)
{
  g_autofree char *path = store_fixture_get_path (self, "pillion-cache");
  guint n_before;
  int lock;

  self->store = store_open (self->dir);
  store_put_on_disk (self, 1);
  n_before = count_descriptors ();
  lock = open (path, O_RDWR | O_CLOEXEC);
  g_assert_no_errno (flock (lock, LOCK_EX));

  for (guint i = 0; i < 250; i++)
    {
      g_autoptr (GError) error = NULL;

      if (!store_try_put (self->store, 100 + i, LARGE, 0, NULL, &error))
        g_assert_error (error, G_IO_ERROR, G_IO_ERROR_BUSY);
      /* One each for the queue and for what the publisher is at */
      g_assert_cmpuint (count_descriptors (), <, n_before + 150);
    }

  close (lock);
  while (!store_try_put (self->store, 2, LARGE, 0, NULL, NULL))
    pillion_cache_store_flush (self->store);
  g_assert_true (store_has (self->store, 2));
  /* Else the loss is remembered for whoever gets a folder of the same name */
  pillion_cache_stores_write_out (self->dir, NULL, NULL);
}

/* Somebody else's mark is no better if it appears in the last moment */
static void
test_foreign_mark (StoreFixture *self,
                   gconstpointer data)
{
  g_autofree char *mark = store_fixture_get_path (self, "pillion-cache");
  g_autoptr (GError) error = NULL;

  g_assert_no_errno (g_mkdir (self->dir, 0700));
  __atomic_store_n (&user, getuid () + 1, __ATOMIC_RELAXED);
  __atomic_store_n (&appearing, mark, __ATOMIC_RELAXED);
  g_assert_null (pillion_cache_store_open (self->dir, STORE_LIMIT, &error));
  __atomic_store_n (&user, 0, __ATOMIC_RELAXED);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED);

  /* Its owner can use it */
  self->store = store_open (self->dir);
}

/* Whoever has the last reference doesn't wait for what is still to be written */
static void
test_last_reference (StoreFixture *self,
                     gconstpointer data)
{
  g_autoptr (PillionCacheEntry) entry = NULL;
  goffset size;

  self->store = store_open (self->dir);
  store_put_on_disk (self, 1);
  size = store_get_index_size (self);
  entry = store_get (self->store, 1);
  pillion_cache_store_touch (self->store, entry);
  g_clear_pointer (&entry, pillion_cache_entry_unref);

  disk_gate_close (&disk_locking);
  g_clear_pointer (&self->store, pillion_cache_store_unref);
  disk_gate_await (&disk_locking);
  disk_gate_open (&disk_locking);
  while (store_get_index_size (self) == size)
    g_usleep (1000);
}

static gpointer
open_store (gpointer data)
{
  return store_open (data);
}

/* What was stored by those who are just leaving is there for those who come */
static void
test_open_while_closing (StoreFixture *self,
                         gconstpointer data)
{
  g_autofree char *path = store_fixture_get_path (self, "pillion-cache");

  self->store = store_open (self->dir);
  for (guint i = 0; i < 20; i++)
    {
      g_autoptr (GThread) thread = NULL;
      int lock = open (path, O_RDWR | O_CLOEXEC);

      g_assert_no_errno (flock (lock, LOCK_EX));
      store_put (self->store, i, i % 2 == 0 ? 10 : LARGE);
      g_clear_pointer (&self->store, pillion_cache_store_unref);
      thread = g_thread_new ("open", open_store, self->dir);
      flock (lock, LOCK_UN);
      close (lock);
      self->store = g_thread_join (g_steal_pointer (&thread));
      g_assert_true (store_has (self->store, i));
    }
}

/* A draft is nobody's before it is locked. @data: whether the one that takes it away is not done yet. */
static void
test_new_draft_taken_away (StoreFixture *self,
                           gconstpointer data)
{
  PillionCacheFolder *folder;

  self->store = store_open (self->dir);
  folder = pillion_cache_folder_open (self->dir, FALSE, NULL);
  g_assert_nonnull (folder);

  disk_clean_drafts (folder, data != NULL);
  store_put (self->store, 1, LARGE);
  g_assert_true (disk_has_cleaned ());
  pillion_cache_folder_unref (folder);

  store_fixture_reopen (self);
  g_assert_true (store_has (self->store, 1));
}

/* Whoever sets the limit doesn't wait for what is just being written */
static void
test_set_limit (StoreFixture *self,
                gconstpointer data)
{
  g_autofree char *key = store_make_key (1);

  self->store = store_open (self->dir);
  store_put_on_disk (self, 1);
  store_put_on_disk (self, 2);

  disk_gate_close (&disk_writing);
  g_assert_true (pillion_cache_store_remove_key (self->store, key));
  disk_gate_await (&disk_writing);
  pillion_cache_store_set_max_bytes (self->store, 0);
  g_assert_cmpuint (pillion_cache_store_get_max_bytes (self->store), ==, 0);
  disk_gate_open (&disk_writing);
  while (pillion_cache_store_get_n_entries (self->store) > 0)
    g_usleep (1000);
}

/* A child that drops what it has inherited leaves alone what its parent still has to write */
static void
test_fork (StoreFixture *self,
           gconstpointer data)
{
  g_autofree char *path = store_fixture_get_path (self, "pillion-cache");
  int lock;
  int status;
  pid_t child;

  self->store = store_open (self->dir);
  store_put_on_disk (self, 1);
  lock = open (path, O_RDWR | O_CLOEXEC);
  g_assert_no_errno (flock (lock, LOCK_EX));
  g_assert_true (store_try_put (self->store, 3, LARGE, 0, NULL, NULL));

  child = fork ();
  g_assert_no_errno (child);
  if (child == 0)
    {
      pillion_cache_store_unref (self->store);
      _exit (0);
    }
  while (waitpid (child, &status, 0) < 0)
    g_assert_cmpint (errno, ==, EINTR);
  g_assert_true (WIFEXITED (status));

  flock (lock, LOCK_UN);
  close (lock);
  store_fixture_reopen (self);
  g_assert_true (store_has (self->store, 3));
}

/* What is removed is gone for the next run of the program, too, even if another process holds the lock */
static void
test_removed (StoreFixture *self,
              gconstpointer data)
{
  g_autofree char *key = store_make_key (1);

  self->store = store_open (self->dir);
  store_put_on_disk (self, 1);

  disk_gate_close (&disk_locking);
  g_assert_true (pillion_cache_store_remove_key (self->store, key));
  while (store_count_entries (self) > 0)
    g_usleep (1000);
  disk_gate_open (&disk_locking);
}

/* What the disk has refused is done once it no longer does, without anybody asking */
static void
test_tried_again (StoreFixture *self,
                  gconstpointer data)
{
  g_autoptr (PillionCacheEntry) entry = NULL;
  g_autofree char *key = store_make_key (2);
  goffset size;

  self->store = store_open (self->dir);
  store_put_on_disk (self, 1);
  store_put_on_disk (self, 2);
  entry = store_get (self->store, 1);

  disk_fail_writes (ENOSPC);
  store_update (self->store, entry, 1, 10, 1);
  g_assert_true (pillion_cache_store_remove_key (self->store, key));
  pillion_cache_store_flush (self->store);
  size = store_get_index_size (self);
  disk_fail_writes (0);
  while (store_get_index_size (self) == size)
    g_usleep (1000);
  g_clear_pointer (&entry, pillion_cache_entry_unref);

  store_fixture_reopen (self);
  g_assert_false (store_has (self->store, 2));
  entry = store_get (self->store, 1);
  g_assert_nonnull (entry);
  store_assert_revision (entry, 1);
}

static void
test_disk_full (StoreFixture *self,
                gconstpointer data)
{
  g_autoptr (PillionCacheEntry) entry = NULL;
  g_autoptr (GError) error = NULL;

  self->store = store_open (self->dir);
  store_put_on_disk (self, 1);
  entry = store_get (self->store, 1);

  disk_fail_writes (ENOSPC);
  g_assert_false (store_try_put (self->store, 2, LARGE, 0, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE);
  store_put (self->store, 3, 10);
  store_update (self->store, entry, 1, 10, 5);
  pillion_cache_store_flush (self->store);
  g_assert_false (store_has (self->store, 2));
  g_assert_false (store_has (self->store, 3));
  g_assert_true (store_has (self->store, 1));
  disk_fail_writes (0);

  store_put (self->store, 4, 10);
  g_clear_pointer (&entry, pillion_cache_entry_unref);
  store_fixture_reopen (self);
  g_assert_true (store_has (self->store, 1));
  g_assert_true (store_has (self->store, 4));
  entry = store_get (self->store, 1);
  store_assert_revision (entry, 5);
}

/* What it has found is written with the next change */
static void
test_verify_disk_full (StoreFixture *self,
                       gconstpointer data)
{
  g_autoptr (GPtrArray) paths = NULL;
  g_autoptr (GError) error = NULL;
  PillionCacheReport report;

  self->store = store_open (self->dir);
  store_put_on_disk (self, 1);
  paths = store_fixture_list_files (self, "entries");
  store_write_file (paths->pdata[0], "?", 1);
  store_put_on_disk (self, 2);

  disk_fail_writes (ENOSPC);
  g_assert_true (pillion_cache_store_verify (self->store, NULL, &report, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (report.n_removed, ==, 1);
  g_assert_cmpuint (report.n_entries, ==, 1);
  g_assert_false (g_file_test (paths->pdata[0], G_FILE_TEST_EXISTS));
  disk_fail_writes (0);

  store_put (self->store, 3, 10);
  store_fixture_reopen (self);
  g_assert_false (store_has (self->store, 1));
  g_assert_true (store_has (self->store, 2));
  g_assert_true (store_has (self->store, 3));
}

#define ADD_WITH(path, data, func) g_test_add ("/http/cache-disk/" path, StoreFixture, data, store_fixture_set_up_closed, func, store_fixture_tear_down)
#define ADD(path, func) ADD_WITH (path, NULL, func)

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  ADD ("an-earlier-failure-is-known-at-once", test_open_again);
  ADD ("descriptors-have-a-limit", test_descriptors);
  ADD ("a-mark-of-others-is-refused-at-any-moment", test_foreign_mark);
  ADD ("the-last-reference-is-dropped-at-once", test_last_reference);
  ADD ("nothing-is-missing-while-others-close", test_open_while_closing);
  ADD ("a-new-draft-is-taken-away", test_new_draft_taken_away);
  ADD_WITH ("a-new-draft-is-being-taken-away", "still", test_new_draft_taken_away);
  ADD ("the-limit-is-set-at-once", test_set_limit);
  ADD ("a-forked-child-takes-nothing-away", test_fork);
  ADD ("what-is-removed-needs-no-lock", test_removed);
  ADD ("a-full-disk-loses-only-what-is-new", test_disk_full);
  ADD ("what-was-refused-is-tried-again", test_tried_again);
  ADD ("a-full-disk-can-be-verified", test_verify_disk_full);

  return g_test_run ();
}
