/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Somebody wants to know when everything is on disk, and whether it is */

#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* for RTLD_NEXT */
#endif

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "base/pillion-sync.h"
#include "cache-disk-support.h"
#include "http/pillion-cache-store-private.h"

#define LARGE 70000

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
  g_assert_cmpuint (store_count_entries (self), ==, 200);

  size = store_get_index_size (self);
  entry = store_get (self->store, 1);
  pillion_cache_store_touch (self->store, entry);
  g_assert_true (write_out (self, NULL, 0));
  g_assert_cmpint (store_get_index_size (self), >, size);

  size = store_get_index_size (self);
  g_assert_true (write_out (self, NULL, 0));
  g_assert_cmpint (store_get_index_size (self), ==, size);
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

  disk_gate_close (&disk_writing);
  store_put (self->store, 1, 10);
  g_assert_false (write_out (self, cancellable, G_IO_ERROR_CANCELLED));
  g_clear_pointer (&self->store, pillion_cache_store_unref);
  disk_gate_await (&disk_writing);
  g_assert_false (write_out (self, cancellable, G_IO_ERROR_CANCELLED));

  disk_gate_open (&disk_writing);
  g_assert_true (write_out (self, NULL, 0));
  g_assert_cmpuint (store_count_entries (self), ==, 1);
  g_assert_true (write_out (self, cancellable, 0));
}

/* It fails once for what is lost, whether or not the store was dropped, and as often as it is asked for what is to be tried again */
static void
test_flush_disk_full (StoreFixture *self,
                      gconstpointer data)
{
  g_autoptr (PillionCacheEntry) entry = NULL;

  self->store = store_open (self->dir);
  store_put_on_disk (self, 1);
  entry = store_get (self->store, 1);

  disk_fail_writes (ENOSPC);
  store_put (self->store, 2, 10);
  pillion_cache_store_flush (self->store);
  g_assert_false (write_out (self, NULL, G_IO_ERROR_NO_SPACE));
  g_assert_true (write_out (self, NULL, 0));

  store_put (self->store, 3, 10);
  store_update (self->store, entry, 1, 10, 1);
  for (guint i = 0; i < 3; i++)
    g_assert_false (write_out (self, NULL, G_IO_ERROR_NO_SPACE));
  disk_fail_writes (0);
  g_assert_true (write_out (self, NULL, 0));
  g_clear_pointer (&entry, pillion_cache_entry_unref);

  disk_fail_writes (ENOSPC);
  store_put (self->store, 4, 10);
  g_clear_pointer (&self->store, pillion_cache_store_unref);
  g_assert_false (write_out (self, NULL, G_IO_ERROR_NO_SPACE));
  disk_fail_writes (0);
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

  disk_fail_writes (ENOSPC);
  g_assert_false (store_try_put (self->store, 2, LARGE, 0, NULL, NULL));
  disk_fail_writes (0);
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
  store_put_on_disk (self, 1);
  entry = store_get (self->store, 1);

  disk_fail_writes (ENOSPC);
  store_update (self->store, entry, 1, 10, 1);
  g_clear_pointer (&entry, pillion_cache_entry_unref);
  g_clear_pointer (&self->store, pillion_cache_store_unref);
  g_assert_false (write_out (self, NULL, G_IO_ERROR_NO_SPACE));
  disk_fail_writes (0);
  g_assert_true (write_out (self, NULL, 0));
}

/* Nor if the thread that waits to try it again has the mutex just when the store is dropped, which doesn't wait for it */
static void
test_flush_busy (StoreFixture *self,
                 gconstpointer data)
{
  PillionCacheStore *store = self->store = store_open (self->dir);
  g_autoptr (PillionCacheEntry) entry = NULL;

  store_put_on_disk (self, 1);
  entry = store_get (self->store, 1);

  disk_fail_writes (ENOSPC);
  store_update (self->store, entry, 1, 10, 1);
  g_clear_pointer (&entry, pillion_cache_entry_unref);
  g_assert_false (write_out (self, NULL, G_IO_ERROR_NO_SPACE));
  pillion_mutex_lock (&store->mutex);
  g_clear_pointer (&self->store, pillion_cache_store_unref);
  pillion_mutex_unlock (&store->mutex);
  g_assert_false (write_out (self, NULL, G_IO_ERROR_NO_SPACE));
  disk_fail_writes (0);
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
      disk_fail_writes (ENOSPC);
      store_put (self->store, 1, 10);
      g_clear_pointer (&self->store, pillion_cache_store_unref);
      g_assert_false (write_out (self, NULL, G_IO_ERROR_NO_SPACE));
      disk_fail_writes (0);
      g_assert_true (write_out (self, NULL, 0));
    }

  /* It may be gone by then */
  self->store = store_open (inside);
  disk_gate_close (&disk_writing);
  store_put (self->store, 2, 10);
  g_clear_pointer (&self->store, pillion_cache_store_unref);
  disk_gate_await (&disk_writing);
  store_remove_tree (self->dir);
  g_cancellable_cancel (cancellable);
  g_assert_false (write_out (self, cancellable, G_IO_ERROR_CANCELLED));
  disk_gate_open (&disk_writing);
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
  store_put_on_disk (self, 1);

  disk_gate_close (&disk_writing);
  store_put (self->store, 2, 10);
  g_assert_true (pillion_cache_store_remove_key (self->store, key));
  disk_gate_await (&disk_writing);
  store_remove_tree (self->dir);
  disk_gate_open (&disk_writing);
  g_assert_true (write_out (self, NULL, 0));
  g_assert_cmpuint (store_count_entries (self), ==, 1);

  disk_gate_close (&disk_writing);
  store_put (self->store, 3, 10);
  g_clear_pointer (&self->store, pillion_cache_store_unref);
  disk_gate_await (&disk_writing);
  store_remove_tree (self->dir);
  disk_gate_open (&disk_writing);
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
  store_put_on_disk (self, 1);
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

#define ADD_WITH(path, data, func) g_test_add ("/http/cache-flush/" path, StoreFixture, data, store_fixture_set_up_closed, func, store_fixture_tear_down)
#define ADD(path, func) ADD_WITH (path, NULL, func)

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  ADD ("writes-everything", test_flush);
  ADD ("no-folder", test_flush_nothing);
  ADD_WITH ("empty-folder", "empty", test_flush_nothing);
  ADD ("expected", test_flush_expected);
  ADD ("dropped", test_flush_dropped);
  ADD ("disk-full", test_flush_disk_full);
  ADD ("not-taken", test_flush_not_taken);
  ADD ("not-tried-again", test_flush_not_tried_again);
  ADD ("busy", test_flush_busy);
  ADD ("other-path", test_flush_other_path);
  ADD ("removed-folder", test_flush_removed_folder);
  ADD ("locked", test_flush_locked);
  ADD_WITH ("cancelled", "cancelled", test_flush_locked);
  ADD ("while-more-is-stored", test_flush_under_way);

  return g_test_run ();
}
