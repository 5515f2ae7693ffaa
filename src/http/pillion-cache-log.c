/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-cache-log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "http/pillion-restart.h"
#include "http/pillion-xxh64.h"

#define NEW_NAME PILLION_CACHE_INDEX_NAME ".new"

#define FLAGS (O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY)

/* How many records are read, or written, at once */
#define MAX_RECORDS 4096

/* A larger entry is no entry */
#define MAX_SIZE (G_GUINT64_CONSTANT (1) << 50)

typedef struct
{
  char magic[8];
  guint32 version;
  guint32 record_size;
  guint64 generation; /* makes the checksums of records those of this log */
  guint64 boot;       /* when it was written */
  guint64 checksum;
} Header;

static const Header template = { "PillionI", 2, sizeof (PillionCacheLogRecord), 0, 0, 0 };

G_STATIC_ASSERT (sizeof (Header) == 40);
G_STATIC_ASSERT (sizeof (PillionCacheLogRecord) == 32);

/* Tells one run of the machine from the next; 0 if nothing does */
static guint64
get_boot (void)
{
  static gsize is_read = 0;
  static guint64 boot = 0;

  if (g_once_init_enter (&is_read))
    {
      g_autofree char *text = NULL;

      if (g_file_get_contents ("/proc/sys/kernel/random/boot_id", &text, NULL, NULL))
        boot = pillion_xxh64 (text, strlen (text), 0);
      g_once_init_leave (&is_read, 1);
    }

  return boot;
}

static guint64
sum_header (const Header *header)
{
  return pillion_xxh64 (header, G_STRUCT_OFFSET (Header, checksum), 0);
}

static guint32
sum_record (const PillionCacheLogRecord *record,
            guint64 generation)
{
  return (guint32) pillion_xxh64 (&record->good_until, sizeof *record - G_STRUCT_OFFSET (PillionCacheLogRecord, good_until), generation);
}

static gboolean
is_valid (const PillionCacheLogRecord *record,
          guint64 generation)
{
  return record->checksum == sum_record (record, generation) && record->size <= MAX_SIZE && record->id != 0;
}

void
pillion_cache_log_close (PillionCacheLog *self)
{
  if (self->fd >= 0)
    close (self->fd);
  *self = (PillionCacheLog) { .fd = -1 };
}

gboolean
pillion_cache_log_open (PillionCacheLog *self,
                        PillionCacheFolder *folder)
{
  Header header;
  struct stat info;

  pillion_cache_log_close (self);
  self->fd = pillion_restart (openat (folder->root, PILLION_CACHE_INDEX_NAME, O_RDWR | FLAGS));
  if (self->fd < 0 && (errno == EACCES || errno == EROFS || errno == EPERM))
    self->fd = pillion_restart (openat (folder->root, PILLION_CACHE_INDEX_NAME, O_RDONLY | FLAGS));
  if (self->fd < 0)
    return FALSE;

  if (fstat (self->fd, &info) != 0 || !pillion_cache_folder_owns (folder, &info) ||
      pillion_cache_read_all (self->fd, &header, sizeof header, 0) != sizeof header ||
      memcmp (&header, &template, G_STRUCT_OFFSET (Header, generation)) != 0 || header.checksum != sum_header (&header))
    {
      pillion_cache_log_close (self);
      return FALSE;
    }

  self->generation = header.generation;
  self->offset = sizeof header;
  self->suspect = header.boot != get_boot ();
  return TRUE;
}

guint64
pillion_cache_log_count (PillionCacheLog *self)
{
  struct stat info;

  if (self->fd < 0 || fstat (self->fd, &info) != 0 || (guint64) info.st_size < self->offset)
    return 0;

  return ((guint64) info.st_size - self->offset) / sizeof (PillionCacheLogRecord);
}

PillionCacheLogState
pillion_cache_log_follow (PillionCacheLog *self,
                          gboolean locked,
                          PillionCacheLogFunc func,
                          gpointer data)
{
  PillionCacheLogState state = PILLION_CACHE_LOG_CURRENT;
  g_autofree PillionCacheLogRecord *records = NULL;
  struct stat info;
  gsize n_wanted;

  if (self->fd < 0 || fstat (self->fd, &info) != 0)
    return PILLION_CACHE_LOG_LOST;
  if (info.st_nlink == 0)
    return PILLION_CACHE_LOG_REPLACED;
  if ((guint64) info.st_size < self->offset)
    return PILLION_CACHE_LOG_LOST;

  n_wanted = ((guint64) info.st_size - self->offset) / sizeof *records;
  if (n_wanted == 0)
    return state;

  records = g_new (PillionCacheLogRecord, MIN (n_wanted, MAX_RECORDS));
  while (n_wanted > 0)
    {
      gssize length = pillion_cache_read_all (self->fd, records, MIN (n_wanted, MAX_RECORDS) * sizeof *records, self->offset);
      gsize n = length > 0 ? (gsize) length / sizeof *records : 0;

      if (n == 0)
        return length < 0 ? PILLION_CACHE_LOG_LOST : state;

      for (gsize i = 0; i < n; i++, self->offset += sizeof *records)
        {
          if (is_valid (&records[i], self->generation))
            {
              func (&records[i], data);
              self->n_records++;
              continue;
            }

          /* Its writer may still be at it. If so, it is whole the next time. */
          if (!locked && self->bad != self->offset)
            {
              self->bad = self->offset;
              return state;
            }
          state = PILLION_CACHE_LOG_DAMAGED;
        }

      n_wanted -= n;
    }

  return state;
}

gboolean
pillion_cache_log_append (PillionCacheLog *self,
                          PillionCacheLogRecord *records,
                          gsize n)
{
  struct stat info;
  guint64 end;

  if (n == 0)
    return TRUE;
  if (self->fd < 0)
    {
      errno = ENOENT;
      return FALSE;
    }
  if (fstat (self->fd, &info) != 0)
    return FALSE;

  for (gsize i = 0; i < n; i++)
    records[i].checksum = sum_record (&records[i], self->generation);

  /* A process that was killed may have written only a piece of its last record: this goes over it */
  end = (guint64) info.st_size - ((guint64) info.st_size - sizeof (Header)) % sizeof *records;
  if (pillion_cache_write_all (self->fd, records, n * sizeof *records, end))
    {
      /* These are known already */
      if (self->offset == end)
        {
          self->offset += n * sizeof *records;
          self->n_records += n;
        }
      return TRUE;
    }

  {
    int errsv = errno;

    (void) pillion_restart (ftruncate (self->fd, (off_t) end));
    errno = errsv;
  }
  return FALSE;
}

gboolean
pillion_cache_log_write (PillionCacheLog *self,
                         PillionCacheFolder *folder,
                         PillionCacheIndex *index,
                         gboolean (*filter) (const PillionCacheRecord *record, gpointer data),
                         gpointer data)
{
  g_autofree PillionCacheLogRecord *records = g_new (PillionCacheLogRecord, MAX_RECORDS);
  Header header = template;
  PillionCacheLog new_log = { .fd = -1 };
  gsize n = 0;
  gboolean success;
  int errsv;

  /* A process that was killed may have left it */
  unlinkat (folder->root, NEW_NAME, 0);
  new_log.fd = pillion_restart (openat (folder->root, NEW_NAME, O_RDWR | O_CREAT | O_EXCL | FLAGS, 0600));
  if (new_log.fd < 0)
    return FALSE;

  new_log.generation = header.generation = pillion_cache_random ();
  header.boot = get_boot ();
  header.checksum = sum_header (&header);
  new_log.offset = sizeof header;
  success = pillion_cache_write_all (new_log.fd, &header, sizeof header, 0);

  for (PillionCacheRecord *record = pillion_cache_index_get_oldest (index); success && record != NULL;
       record = pillion_cache_index_get_newer (index, record))
    {
      if (!filter (record, data))
        continue;

      records[n] = (PillionCacheLogRecord) {
        .operation = PILLION_CACHE_LOG_ADD,
        .good_until = record->good_until,
        .id = record->id,
        .key_hash = record->key_hash,
        .size = record->size,
      };
      records[n].checksum = sum_record (&records[n], new_log.generation);
      if (++n < MAX_RECORDS)
        continue;

      success = pillion_cache_write_all (new_log.fd, records, n * sizeof *records, new_log.offset);
      new_log.offset += n * sizeof *records;
      new_log.n_records += n;
      n = 0;
    }

  success = success && pillion_cache_write_all (new_log.fd, records, n * sizeof *records, new_log.offset) &&
            renameat (folder->root, NEW_NAME, folder->root, PILLION_CACHE_INDEX_NAME) == 0;
  errsv = errno;
  new_log.offset += n * sizeof *records;
  new_log.n_records += n;

  if (success)
    {
      pillion_cache_log_close (self);
      *self = new_log;
      return TRUE;
    }

  unlinkat (folder->root, NEW_NAME, 0);
  pillion_cache_log_close (&new_log);
  errno = errsv;
  return FALSE;
}
