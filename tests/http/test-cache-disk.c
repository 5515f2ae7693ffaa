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
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "base/pillion-sync.h"
#include "cache-store-support.h"
#include "http/pillion-cache-folder.h"
#include "http/pillion-cache-location.h"
#include "http/pillion-cache-store-private.h"

#define LARGE 70000
#define MARK_TEXT "A cache of libpillion-http. Its files can be removed at any time.\n"

/* --- what the tests do to the system's functions --- */

/* Calls that would wait for the disk wait here as long as it is closed */
typedef struct
{
  GMutex mutex;
  GCond cond;
  gboolean closed;
  guint n_waiting;
} Gate;

static Gate locking;
static Gate writing;

static void
gate_close (Gate *self)
{
  pillion_mutex_lock (&self->mutex);
  self->closed = TRUE;
  pillion_mutex_unlock (&self->mutex);
}

static void
gate_open (Gate *self)
{
  pillion_mutex_lock (&self->mutex);
  self->closed = FALSE;
  g_cond_broadcast (&self->cond);
  pillion_mutex_unlock (&self->mutex);
}

static void
gate_pass (Gate *self)
{
  pillion_mutex_lock (&self->mutex);
  self->n_waiting++;
  g_cond_broadcast (&self->cond);
  while (self->closed)
    pillion_cond_wait (&self->cond, &self->mutex);
  self->n_waiting--;
  pillion_mutex_unlock (&self->mutex);
}

static void
gate_await (Gate *self)
{
  pillion_mutex_lock (&self->mutex);
  while (self->n_waiting == 0)
    pillion_cond_wait (&self->cond, &self->mutex);
  pillion_mutex_unlock (&self->mutex);
}

/* Both atomic: a folder that another process is just opening, which takes away the drafts of dead processes; or NULL. Whether it still has
 * the draft open. */
static PillionCacheFolder *cleaned;
static gboolean still_cleaning;

int
flock (int fd,
       int operation)
{
  static int (*real) (int, int);
  PillionCacheFolder *folder;

  if ((operation & LOCK_EX) != 0)
    gate_pass (&locking);
  folder = __atomic_exchange_n (&cleaned, NULL, __ATOMIC_RELAXED);
  if (folder != NULL)
    {
      pillion_cache_folder_clean_drafts (folder);
      if (__atomic_load_n (&still_cleaning, __ATOMIC_RELAXED))
        {
          errno = EWOULDBLOCK;
          return -1;
        }
    }
  if (__atomic_load_n (&real, __ATOMIC_RELAXED) == NULL)
    __atomic_store_n (&real, (int (*) (int, int)) dlsym (RTLD_NEXT, "flock"), __ATOMIC_RELAXED);
  return __atomic_load_n (&real, __ATOMIC_RELAXED) (fd, operation);
}

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

  gate_pass (&writing);
  if (errsv != 0)
    {
      errno = errsv;
      return -1;
    }

  if (__atomic_load_n (&real, __ATOMIC_RELAXED) == NULL)
    __atomic_store_n (&real, (ssize_t (*) (int, const void *, size_t, off_t)) dlsym (RTLD_NEXT, "pwrite64"), __ATOMIC_RELAXED);
  return __atomic_load_n (&real, __ATOMIC_RELAXED) (fd, bytes, length, offset);
}

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

/* Atomic: how often somebody who waits has looked whether that was cancelled */
static guint n_looks;

gboolean
g_cancellable_is_cancelled (GCancellable *cancellable)
{
  static gboolean (*real) (GCancellable *);

  __atomic_add_fetch (&n_looks, 1, __ATOMIC_RELAXED);
  if (__atomic_load_n (&real, __ATOMIC_RELAXED) == NULL)
    __atomic_store_n (&real, (gboolean (*) (GCancellable *) ) dlsym (RTLD_NEXT, "g_cancellable_is_cancelled"), __ATOMIC_RELAXED);
  return __atomic_load_n (&real, __ATOMIC_RELAXED) (cancellable);
}

/* Atomic: how much later it is than the clock says, in µs. It only grows, as time does. */
static gint64 later;

gint64
g_get_monotonic_time (void)
{
  struct timespec now;

  g_assert_no_errno (clock_gettime (CLOCK_MONOTONIC, &now));
  return now.tv_sec * G_USEC_PER_SEC + now.tv_nsec / 1000 + __atomic_load_n (&later, __ATOMIC_RELAXED);
}

/* GLib looks at the clock itself */
gboolean
g_cond_wait_until (GCond *cond,
                   GMutex *mutex,
                   gint64 end)
{
  static gboolean (*real) (GCond *, GMutex *, gint64);

  if (__atomic_load_n (&real, __ATOMIC_RELAXED) == NULL)
    __atomic_store_n (&real, (gboolean (*) (GCond *, GMutex *, gint64)) dlsym (RTLD_NEXT, "g_cond_wait_until"), __ATOMIC_RELAXED);
  return __atomic_load_n (&real, __ATOMIC_RELAXED) (cond, mutex, end - __atomic_load_n (&later, __ATOMIC_RELAXED));
}

static void
put_on_disk (StoreFixture *self,
             guint number)
{
  store_put (self->store, number, 10);
  pillion_cache_store_flush (self->store);
}

/* --- the tests --- */

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

  gate_close (&locking);
  thread = g_thread_new ("again", open_again, location);
  gate_await (&locking);
  g_assert_null (pillion_cache_location_get_store (location, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_EMPTY);
  g_clear_error (&error);
  g_assert_null (pillion_cache_location_open (location, FALSE, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_EMPTY);

  /* What is set while it is being opened counts */
  pillion_cache_location_set_max_size (location, STORE_LIMIT / 2);
  gate_open (&locking);
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
  put_on_disk (self, 1);
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

static goffset
get_index_size (StoreFixture *self)
{
  g_autofree char *path = store_fixture_get_path (self, "index");
  struct stat info;

  g_assert_no_errno (stat (path, &info));
  return info.st_size;
}

/* Whoever has the last reference doesn't wait for what is still to be written */
static void
test_last_reference (StoreFixture *self,
                     gconstpointer data)
{
  g_autoptr (PillionCacheEntry) entry = NULL;
  goffset size;

  self->store = store_open (self->dir);
  put_on_disk (self, 1);
  size = get_index_size (self);
  entry = store_get (self->store, 1);
  pillion_cache_store_touch (self->store, entry);
  g_clear_pointer (&entry, pillion_cache_entry_unref);

  gate_close (&locking);
  g_clear_pointer (&self->store, pillion_cache_store_unref);
  gate_await (&locking);
  gate_open (&locking);
  while (get_index_size (self) == size)
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

  __atomic_store_n (&still_cleaning, data != NULL, __ATOMIC_RELAXED);
  __atomic_store_n (&cleaned, folder, __ATOMIC_RELAXED);
  store_put (self->store, 1, LARGE);
  g_assert_null (__atomic_load_n (&cleaned, __ATOMIC_RELAXED));
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
  put_on_disk (self, 1);
  put_on_disk (self, 2);

  gate_close (&writing);
  g_assert_true (pillion_cache_store_remove_key (self->store, key));
  gate_await (&writing);
  pillion_cache_store_set_max_bytes (self->store, 0);
  g_assert_cmpuint (pillion_cache_store_get_max_bytes (self->store), ==, 0);
  gate_open (&writing);
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
  put_on_disk (self, 1);
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

static guint
count_entries (StoreFixture *self)
{
  g_autoptr (GPtrArray) paths = store_fixture_list_files (self, "entries");

  return paths->len;
}

/* What is removed is gone for the next run of the program, too, even if another process holds the lock */
static void
test_removed (StoreFixture *self,
              gconstpointer data)
{
  g_autofree char *key = store_make_key (1);

  self->store = store_open (self->dir);
  put_on_disk (self, 1);

  gate_close (&locking);
  g_assert_true (pillion_cache_store_remove_key (self->store, key));
  while (count_entries (self) > 0)
    g_usleep (1000);
  gate_open (&locking);
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
  put_on_disk (self, 1);
  put_on_disk (self, 2);
  entry = store_get (self->store, 1);

  __atomic_store_n (&write_errno, ENOSPC, __ATOMIC_RELAXED);
  store_update (self->store, entry, 1, 10, 1);
  g_assert_true (pillion_cache_store_remove_key (self->store, key));
  pillion_cache_store_flush (self->store);
  size = get_index_size (self);
  __atomic_store_n (&write_errno, 0, __ATOMIC_RELAXED);
  while (get_index_size (self) == size)
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
  put_on_disk (self, 1);
  entry = store_get (self->store, 1);

  __atomic_store_n (&write_errno, ENOSPC, __ATOMIC_RELAXED);
  g_assert_false (store_try_put (self->store, 2, LARGE, 0, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE);
  store_put (self->store, 3, 10);
  store_update (self->store, entry, 1, 10, 5);
  pillion_cache_store_flush (self->store);
  g_assert_false (store_has (self->store, 2));
  g_assert_false (store_has (self->store, 3));
  g_assert_true (store_has (self->store, 1));
  __atomic_store_n (&write_errno, 0, __ATOMIC_RELAXED);

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
  put_on_disk (self, 1);
  paths = store_fixture_list_files (self, "entries");
  store_write_file (paths->pdata[0], "?", 1);
  put_on_disk (self, 2);

  __atomic_store_n (&write_errno, ENOSPC, __ATOMIC_RELAXED);
  g_assert_true (pillion_cache_store_verify (self->store, NULL, &report, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (report.n_removed, ==, 1);
  g_assert_cmpuint (report.n_entries, ==, 1);
  g_assert_false (g_file_test (paths->pdata[0], G_FILE_TEST_EXISTS));
  __atomic_store_n (&write_errno, 0, __ATOMIC_RELAXED);

  store_put (self->store, 3, 10);
  store_fixture_reopen (self);
  g_assert_false (store_has (self->store, 1));
  g_assert_true (store_has (self->store, 2));
  g_assert_true (store_has (self->store, 3));
}

/* @expected: why it may fail, or 0 if it must not */
static gboolean
write_out_at (int line,
              StoreFixture *self,
              GCancellable *cancellable,
              GIOErrorEnum expected)
{
  g_autoptr (GError) error = NULL;
  gboolean success = pillion_cache_stores_write_out (self->dir, cancellable, &error);

  if (success)
    g_assert_no_error (error);
  else if (expected == 0)
    g_error ("%s, line %d: %s", g_test_get_path (), line, error->message);
  else
    g_assert_error (error, G_IO_ERROR, (gint) expected);
  return success;
}

#define write_out(...) write_out_at (__LINE__, __VA_ARGS__)

/* What was stored and used is on disk when this ends */
static void
test_flush (StoreFixture *self,
            gconstpointer data)
{
  g_autoptr (PillionCacheEntry) entry = NULL;
  goffset size;

  self->store = store_open (self->dir);
  for (guint i = 0; i < 200; i++)
    store_put (self->store, i, i % 10 == 0 ? LARGE : 10);
  g_assert_true (write_out (self, NULL, 0));
  g_assert_cmpuint (count_entries (self), ==, 200);

  size = get_index_size (self);
  entry = store_get (self->store, 1);
  pillion_cache_store_touch (self->store, entry);
  g_assert_true (write_out (self, NULL, 0));
  g_assert_cmpint (get_index_size (self), >, size);

  size = get_index_size (self);
  g_assert_true (write_out (self, NULL, 0));
  g_assert_cmpint (get_index_size (self), ==, size);
}

/* Nothing is made of a folder that nobody has opened. @data: whether there is one. */
static void
test_flush_nothing (StoreFixture *self,
                    gconstpointer data)
{
  if (data != NULL)
    g_assert_no_errno (g_mkdir (self->dir, 0700));
  g_assert_true (write_out (self, NULL, 0));
  g_assert_cmpint (g_rmdir (self->dir), ==, data != NULL ? 0 : -1);
}

/* A cache that a worker is going to open is waited for, whoever wanted that */
static void
test_flush_expected (StoreFixture *self,
                     gconstpointer data)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();

  g_cancellable_cancel (cancellable);
  for (guint i = 0; i < 2; i++)
    pillion_cache_stores_expect (self->dir);
  g_assert_false (write_out (self, cancellable, G_IO_ERROR_CANCELLED));
  pillion_cache_stores_came (self->dir);
  g_assert_false (write_out (self, cancellable, G_IO_ERROR_CANCELLED));
  pillion_cache_stores_came (self->dir);
  g_assert_true (write_out (self, cancellable, 0));
}

/* A store that was dropped is waited for, and so is one that others use */
static void
test_flush_dropped (StoreFixture *self,
                    gconstpointer data)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();

  g_cancellable_cancel (cancellable);
  self->store = store_open (self->dir);

  gate_close (&writing);
  store_put (self->store, 1, 10);
  g_assert_false (write_out (self, cancellable, G_IO_ERROR_CANCELLED));
  g_clear_pointer (&self->store, pillion_cache_store_unref);
  gate_await (&writing);
  g_assert_false (write_out (self, cancellable, G_IO_ERROR_CANCELLED));

  gate_open (&writing);
  g_assert_true (write_out (self, NULL, 0));
  g_assert_cmpuint (count_entries (self), ==, 1);
  g_assert_true (write_out (self, cancellable, 0));
}

/* It fails once for what is lost, whether or not the store was dropped, and as often as it is asked for what is to be tried again */
static void
test_flush_disk_full (StoreFixture *self,
                      gconstpointer data)
{
  g_autoptr (PillionCacheEntry) entry = NULL;

  self->store = store_open (self->dir);
  put_on_disk (self, 1);
  entry = store_get (self->store, 1);

  __atomic_store_n (&write_errno, ENOSPC, __ATOMIC_RELAXED);
  store_put (self->store, 2, 10);
  pillion_cache_store_flush (self->store);
  g_assert_false (write_out (self, NULL, G_IO_ERROR_NO_SPACE));
  g_assert_true (write_out (self, NULL, 0));

  store_put (self->store, 3, 10);
  store_update (self->store, entry, 1, 10, 1);
  for (guint i = 0; i < 3; i++)
    g_assert_false (write_out (self, NULL, G_IO_ERROR_NO_SPACE));
  __atomic_store_n (&write_errno, 0, __ATOMIC_RELAXED);
  g_assert_true (write_out (self, NULL, 0));
  g_clear_pointer (&entry, pillion_cache_entry_unref);

  __atomic_store_n (&write_errno, ENOSPC, __ATOMIC_RELAXED);
  store_put (self->store, 4, 10);
  g_clear_pointer (&self->store, pillion_cache_store_unref);
  g_assert_false (write_out (self, NULL, G_IO_ERROR_NO_SPACE));
  __atomic_store_n (&write_errno, 0, __ATOMIC_RELAXED);
  g_assert_true (write_out (self, NULL, 0));

  self->store = store_open (self->dir);
  entry = store_get (self->store, 1);
  store_assert_revision (entry, 1);
}

/* What the disk did not take counts, too, but not what no cache would take */
static void
test_flush_not_taken (StoreFixture *self,
                      gconstpointer data)
{
  g_autofree char *path = store_fixture_get_path (self, "pillion-cache");
  guint number = 3;
  int lock;

  self->store = store_open (self->dir);
  g_assert_false (store_try_put (self->store, 1, STORE_LIMIT / 2, 0, NULL, NULL));
  g_assert_true (write_out (self, NULL, 0));

  __atomic_store_n (&write_errno, ENOSPC, __ATOMIC_RELAXED);
  g_assert_false (store_try_put (self->store, 2, LARGE, 0, NULL, NULL));
  __atomic_store_n (&write_errno, 0, __ATOMIC_RELAXED);
  g_assert_false (write_out (self, NULL, G_IO_ERROR_NO_SPACE));
  g_assert_true (write_out (self, NULL, 0));

  lock = open (path, O_RDWR | O_CLOEXEC);
  g_assert_no_errno (flock (lock, LOCK_EX));
  while (store_try_put (self->store, number, LARGE, 0, NULL, NULL))
    number++;
  close (lock);
  g_assert_false (write_out (self, NULL, G_IO_ERROR_BUSY));
  g_assert_true (write_out (self, NULL, 0));
}

/* What nobody tries again is lost */
static void
test_flush_not_tried_again (StoreFixture *self,
                            gconstpointer data)
{
  g_autoptr (PillionCacheEntry) entry = NULL;

  self->store = store_open (self->dir);
  put_on_disk (self, 1);
  entry = store_get (self->store, 1);

  __atomic_store_n (&write_errno, ENOSPC, __ATOMIC_RELAXED);
  store_update (self->store, entry, 1, 10, 1);
  g_clear_pointer (&entry, pillion_cache_entry_unref);
  g_clear_pointer (&self->store, pillion_cache_store_unref);
  g_assert_false (write_out (self, NULL, G_IO_ERROR_NO_SPACE));
  __atomic_store_n (&write_errno, 0, __ATOMIC_RELAXED);
  g_assert_true (write_out (self, NULL, 0));
}

/* Nor if the thread that waits to try it again has the mutex just when the store is dropped, which doesn't wait for it */
static void
test_flush_busy (StoreFixture *self,
                 gconstpointer data)
{
  PillionCacheStore *store = self->store = store_open (self->dir);
  g_autoptr (PillionCacheEntry) entry = NULL;

  put_on_disk (self, 1);
  entry = store_get (self->store, 1);

  __atomic_store_n (&write_errno, ENOSPC, __ATOMIC_RELAXED);
  store_update (self->store, entry, 1, 10, 1);
  g_clear_pointer (&entry, pillion_cache_entry_unref);
  g_assert_false (write_out (self, NULL, G_IO_ERROR_NO_SPACE));
  pillion_mutex_lock (&store->mutex);
  g_clear_pointer (&self->store, pillion_cache_store_unref);
  pillion_mutex_unlock (&store->mutex);
  g_assert_false (write_out (self, NULL, G_IO_ERROR_NO_SPACE));
  __atomic_store_n (&write_errno, 0, __ATOMIC_RELAXED);
  g_assert_true (write_out (self, NULL, 0));
}

/* The folder is the same, whatever it is called */
static void
test_flush_other_path (StoreFixture *self,
                       gconstpointer data)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autofree char *link = g_build_filename (self->top, "link", NULL);
  g_autofree char *inside = g_build_filename (link, "cache", NULL);
  g_autofree char *with_slash = g_strconcat (self->dir, "/", NULL);
  const char *const paths[] = { inside, with_slash };

  g_assert_no_errno (symlink (".", link));
  for (guint i = 0; i < G_N_ELEMENTS (paths); i++)
    {
      self->store = store_open (paths[i]);
      __atomic_store_n (&write_errno, ENOSPC, __ATOMIC_RELAXED);
      store_put (self->store, 1, 10);
      g_clear_pointer (&self->store, pillion_cache_store_unref);
      g_assert_false (write_out (self, NULL, G_IO_ERROR_NO_SPACE));
      __atomic_store_n (&write_errno, 0, __ATOMIC_RELAXED);
      g_assert_true (write_out (self, NULL, 0));
    }

  /* It may be gone by then */
  self->store = store_open (inside);
  gate_close (&writing);
  store_put (self->store, 2, 10);
  g_clear_pointer (&self->store, pillion_cache_store_unref);
  gate_await (&writing);
  store_remove_tree (self->dir);
  g_cancellable_cancel (cancellable);
  g_assert_false (write_out (self, cancellable, G_IO_ERROR_CANCELLED));
  gate_open (&writing);
  g_assert_true (write_out (self, NULL, 0));

  pillion_cache_stores_expect (with_slash);
  g_assert_false (write_out (self, cancellable, G_IO_ERROR_CANCELLED));
  pillion_cache_stores_came (with_slash);
  g_assert_true (write_out (self, cancellable, 0));
}

/* A folder that was removed is made again if it is in use, and else not missed */
static void
test_flush_removed_folder (StoreFixture *self,
                           gconstpointer data)
{
  g_autofree char *key = store_make_key (1);

  self->store = store_open (self->dir);
  put_on_disk (self, 1);

  gate_close (&writing);
  store_put (self->store, 2, 10);
  g_assert_true (pillion_cache_store_remove_key (self->store, key));
  gate_await (&writing);
  store_remove_tree (self->dir);
  gate_open (&writing);
  g_assert_true (write_out (self, NULL, 0));
  g_assert_cmpuint (count_entries (self), ==, 1);

  gate_close (&writing);
  store_put (self->store, 3, 10);
  g_clear_pointer (&self->store, pillion_cache_store_unref);
  gate_await (&writing);
  store_remove_tree (self->dir);
  gate_open (&writing);
  g_assert_true (write_out (self, NULL, 0));
  g_assert_false (g_file_test (self->dir, G_FILE_TEST_EXISTS));
}

typedef struct
{
  StoreFixture *fixture;
  GCancellable *cancellable;
  GIOErrorEnum expected;
  gboolean has_ended; /* atomic */
} Flush;

static gpointer
run_flush (gpointer data)
{
  Flush *self = data;

  g_assert_true (write_out (self->fixture, self->cancellable, self->expected) == (self->expected == 0));
  __atomic_store_n (&self->has_ended, TRUE, __ATOMIC_RELEASE);
  return NULL;
}

/* @data: whether it is cancelled while another process has the folder, or gives up */
static void
test_flush_locked (StoreFixture *self,
                   gconstpointer data)
{
  g_autofree char *path = store_fixture_get_path (self, "pillion-cache");
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  Flush flush = { self, cancellable, data != NULL ? G_IO_ERROR_CANCELLED : G_IO_ERROR_BUSY, FALSE };
  GThread *thread;
  int lock;

  self->store = store_open (self->dir);
  put_on_disk (self, 1);
  lock = open (path, O_RDWR | O_CLOEXEC);
  g_assert_no_errno (flock (lock, LOCK_EX));
  store_put (self->store, 2, 10);

  /* The second look comes after it has waited */
  __atomic_store_n (&n_looks, 0, __ATOMIC_RELAXED);
  thread = g_thread_new ("flush", run_flush, &flush);
  while (__atomic_load_n (&n_looks, __ATOMIC_RELAXED) < 2)
    g_usleep (1000);
  g_assert_false (__atomic_load_n (&flush.has_ended, __ATOMIC_ACQUIRE));
  if (data != NULL)
    g_cancellable_cancel (cancellable);
  /* The thread that writes has its own limit, which it may meet last */
  while (!__atomic_load_n (&flush.has_ended, __ATOMIC_ACQUIRE) || (data == NULL && store_has (self->store, 2)))
    {
      if (data == NULL)
        __atomic_add_fetch (&later, G_USEC_PER_SEC, __ATOMIC_RELAXED);
      g_usleep (1000);
    }
  g_thread_join (thread);

  flock (lock, LOCK_UN);
  close (lock);
  /* Maybe the flush gave up first, and this tells the loss */
  if (data == NULL)
    pillion_cache_stores_write_out (self->dir, NULL, NULL);
  g_assert_true (write_out (self, NULL, 0));
  g_assert_cmpint (store_has (self->store, 2), ==, data != NULL);
}

/* What comes meanwhile is not waited for */
static void
test_flush_under_way (StoreFixture *self,
                      gconstpointer data)
{
  Flush flushes[] = { { self, NULL, 0, FALSE }, { self, NULL, 0, FALSE } };
  GThread *threads[G_N_ELEMENTS (flushes)];
  g_autoptr (PillionCacheEntry) entry = NULL;
  guint revision = 0;

  self->store = store_open (self->dir);
  store_put (self->store, 1, 10);
  entry = store_get (self->store, 1);
  for (guint i = 0; i < G_N_ELEMENTS (flushes); i++)
    threads[i] = g_thread_new ("flush", run_flush, &flushes[i]);
  for (guint i = 0; i < G_N_ELEMENTS (flushes); i++)
    {
      /* There is always something in the queue */
      while (!__atomic_load_n (&flushes[i].has_ended, __ATOMIC_ACQUIRE))
        store_update (self->store, entry, 1, 10, ++revision);
      g_thread_join (threads[i]);
    }
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
  ADD ("flush", test_flush);
  ADD ("flush/no-folder", test_flush_nothing);
  ADD_WITH ("flush/empty-folder", "empty", test_flush_nothing);
  ADD ("flush/expected", test_flush_expected);
  ADD ("flush/dropped", test_flush_dropped);
  ADD ("flush/disk-full", test_flush_disk_full);
  ADD ("flush/not-taken", test_flush_not_taken);
  ADD ("flush/not-tried-again", test_flush_not_tried_again);
  ADD ("flush/busy", test_flush_busy);
  ADD ("flush/other-path", test_flush_other_path);
  ADD ("flush/removed-folder", test_flush_removed_folder);
  ADD ("flush/locked", test_flush_locked);
  ADD_WITH ("flush/cancelled", "cancelled", test_flush_locked);
  ADD ("flush/while-more-is-stored", test_flush_under_way);

  return g_test_run ();
}
