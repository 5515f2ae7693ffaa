/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* for RTLD_NEXT */
#endif

#include "cache-disk-support.h"

#include <dlfcn.h>
#include <errno.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/pillion-sync.h"

DiskGate disk_locking;
DiskGate disk_writing;

/* All atomic */
static int write_errno;
static PillionCacheFolder *cleaned;
static gboolean still_cleaning;

void
disk_gate_close (DiskGate *gate)
{
  pillion_mutex_lock (&gate->mutex);
  gate->closed = TRUE;
  pillion_mutex_unlock (&gate->mutex);
}

void
disk_gate_open (DiskGate *gate)
{
  pillion_mutex_lock (&gate->mutex);
  gate->closed = FALSE;
  g_cond_broadcast (&gate->cond);
  pillion_mutex_unlock (&gate->mutex);
}

void
disk_gate_await (DiskGate *gate)
{
  pillion_mutex_lock (&gate->mutex);
  while (gate->n_waiting == 0)
    pillion_cond_wait (&gate->cond, &gate->mutex);
  pillion_mutex_unlock (&gate->mutex);
}

static void
gate_pass (DiskGate *gate)
{
  pillion_mutex_lock (&gate->mutex);
  gate->n_waiting++;
  g_cond_broadcast (&gate->cond);
  while (gate->closed)
    pillion_cond_wait (&gate->cond, &gate->mutex);
  gate->n_waiting--;
  pillion_mutex_unlock (&gate->mutex);
}

void
disk_fail_writes (int errsv)
{
  __atomic_store_n (&write_errno, errsv, __ATOMIC_RELAXED);
}

void
disk_clean_drafts (PillionCacheFolder *folder,
                   gboolean still)
{
  __atomic_store_n (&still_cleaning, still, __ATOMIC_RELAXED);
  __atomic_store_n (&cleaned, folder, __ATOMIC_RELAXED);
}

gboolean
disk_has_cleaned (void)
{
  return __atomic_load_n (&cleaned, __ATOMIC_RELAXED) == NULL;
}

int
flock (int fd,
       int operation)
{
  static int (*real) (int, int);
  PillionCacheFolder *folder;

  if ((operation & LOCK_EX) != 0)
    gate_pass (&disk_locking);
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

ssize_t
pwrite (int fd,
        const void *bytes,
        size_t length,
        off_t offset)
{
  static ssize_t (*real) (int, const void *, size_t, off_t);
  int errsv = __atomic_load_n (&write_errno, __ATOMIC_RELAXED);

  gate_pass (&disk_writing);
  if (errsv != 0)
    {
      errno = errsv;
      return -1;
    }

  if (__atomic_load_n (&real, __ATOMIC_RELAXED) == NULL)
    __atomic_store_n (&real, (ssize_t (*) (int, const void *, size_t, off_t)) dlsym (RTLD_NEXT, "pwrite64"), __ATOMIC_RELAXED);
  return __atomic_load_n (&real, __ATOMIC_RELAXED) (fd, bytes, length, offset);
}

void
store_put_on_disk (StoreFixture *self,
                   guint number)
{
  store_put (self->store, number, 10);
  pillion_cache_store_flush (self->store);
}

guint
store_count_entries (StoreFixture *self)
{
  g_autoptr (GPtrArray) paths = store_fixture_list_files (self, "entries");

  return paths->len;
}

goffset
store_get_index_size (StoreFixture *self)
{
  g_autofree char *path = store_fixture_get_path (self, "index");
  struct stat info;

  g_assert_no_errno (stat (path, &info));
  return info.st_size;
}
