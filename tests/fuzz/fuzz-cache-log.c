/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* The log of a cache: what happened to its entries, and then damage to the file, and how much is read at once. Only what was written is read,
 * all of it if there was no damage, and it leads to the same index however it is read. */

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz.h"
#include "http/pillion-cache-log.h"

#define HEADER_SIZE 40
#define MAX_RECORDS 200

typedef struct
{
  PillionCacheIndex index;
  GArray *records;
} Reader;

static void
take_record (const PillionCacheLogRecord *record,
             gpointer data)
{
  Reader *self = data;
  PillionCacheRecord *known = pillion_cache_index_find (&self->index, record->key_hash, record->id);

  g_array_append_val (self->records, *record);
  switch (record->operation)
    {
    case PILLION_CACHE_LOG_ADD:
      pillion_cache_index_add (&self->index, record->key_hash, record->id, record->size);
      break;
    case PILLION_CACHE_LOG_REMOVE:
      if (known != NULL)
        pillion_cache_index_remove (&self->index, known);
      break;
    default:
      if (known != NULL)
        pillion_cache_index_touch (&self->index, known);
    }
}

/* The index agrees with itself */
static void
check_index (PillionCacheIndex *index)
{
  guint64 n_entries = 0;
  guint64 n_bytes = 0;
  guint64 used = 0;

  for (PillionCacheRecord *record = pillion_cache_index_get_oldest (index); record != NULL; record = pillion_cache_index_get_newer (index, record))
    {
      gboolean found = FALSE;

      g_assert_cmpuint (record->used, >, used);
      used = record->used;
      n_entries++;
      n_bytes += record->size;
      g_assert_true (pillion_cache_index_find (index, record->key_hash, record->id) == record);
      for (PillionCacheRecord *other = pillion_cache_index_first (index, record->key_hash); other != NULL;
           other = pillion_cache_index_next (index, other))
        {
          g_assert_cmpuint (other->key_hash, ==, record->key_hash);
          found |= other == record;
        }
      g_assert_true (found);
    }
  g_assert_cmpuint (index->n_entries, ==, n_entries);
  g_assert_cmpuint (index->n_bytes, ==, n_bytes);
}

static void
check_equal (PillionCacheIndex *one,
             PillionCacheIndex *other)
{
  PillionCacheRecord *record = pillion_cache_index_get_oldest (one);
  PillionCacheRecord *same = pillion_cache_index_get_oldest (other);

  for (; record != NULL && same != NULL; record = pillion_cache_index_get_newer (one, record), same = pillion_cache_index_get_newer (other, same))
    {
      g_assert_cmpuint (record->key_hash, ==, same->key_hash);
      g_assert_cmpuint (record->id, ==, same->id);
      g_assert_cmpuint (record->size, ==, same->size);
    }
  g_assert_true (record == NULL && same == NULL);
}

static void
reader_clear (Reader *self)
{
  pillion_cache_index_clear (&self->index);
  g_array_unref (self->records);
}

static gboolean
keep (const PillionCacheRecord *record,
      gpointer data)
{
  return TRUE;
}

static GArray *
take_records (const guint8 **data,
              gsize *size)
{
  GArray *records = g_array_new (FALSE, FALSE, sizeof (PillionCacheLogRecord));
  gsize n = fuzz_take_number (data, size, MAX_RECORDS) - 1;

  while (records->len < n && *size >= 2)
    {
      /* Few IDs and keys, so that they meet */
      PillionCacheLogRecord record = {
        .operation = (*data)[0] >> 6,
        .good_until = (*data)[1],
        .id = ((*data)[0] & 0x1f) + 1,
        .key_hash = (*data)[1] & 7,
        .size = (guint64) 1 << ((*data)[1] >> 2) % 51,
      };

      g_array_append_val (records, record);
      *data += 2;
      *size -= 2;
    }

  return records;
}

/* Returns whether there is any */
static gboolean
take_damage (const guint8 **data,
             gsize *size,
             guint8 *file,
             gsize length)
{
  gboolean damaged = FALSE;

  while (*size >= 4)
    {
      gsize offset = (gsize) ((*data)[0] << 8 | (*data)[1]) % length;
      gsize n = MIN ((gsize) (*data)[2] + 1, length - offset);

      damaged |= (*data)[3] != 0;
      for (gsize i = 0; i < n; i++)
        file[offset + i] ^= (*data)[3];
      *data += 4;
      *size -= 4;
    }

  return damaged;
}

static void
check_names (guint64 key_hash,
             guint64 id)
{
  char name[PILLION_CACHE_NAME_SIZE];
  guint64 again, again_id;

  pillion_cache_folder_format_name (key_hash, id, name);
  g_assert_true (pillion_cache_folder_parse_name (name, &again, &again_id));
  g_assert_cmpuint (again, ==, key_hash);
  g_assert_cmpuint (again_id, ==, id);
}

/* Reads what is in the file so far */
static void
follow (PillionCacheLog *log,
        Reader *reader,
        gboolean locked)
{
  PillionCacheLogState state = pillion_cache_log_follow (log, locked, take_record, reader);

  g_assert_true (state == PILLION_CACHE_LOG_CURRENT || state == PILLION_CACHE_LOG_DAMAGED);
}

int
LLVMFuzzerTestOneInput (const guint8 *data,
                        gsize size)
{
  static PillionCacheFolder *folder;
  gsize step = fuzz_take_number (&data, &size, 250);
  g_autoptr (GArray) records = take_records (&data, &size);
  Reader whole = { { 0 }, g_array_new (FALSE, FALSE, sizeof (PillionCacheLogRecord)) };
  Reader divided = { { 0 }, g_array_new (FALSE, FALSE, sizeof (PillionCacheLogRecord)) };
  Reader again = { { 0 }, g_array_new (FALSE, FALSE, sizeof (PillionCacheLogRecord)) };
  PillionCacheLog log = { .fd = -1 };
  g_autofree guint8 *file = NULL;
  gsize length = HEADER_SIZE + records->len * sizeof (PillionCacheLogRecord);
  gboolean damaged;
  int fd;

  if (folder == NULL)
    {
      g_autofree char *path = NULL;
      const char *parent;

      fuzz_get_folder (&parent);
      path = g_build_filename (parent, "cache", NULL);
      folder = pillion_cache_folder_open (path, TRUE, NULL);
      g_assert_nonnull (folder);
    }

  g_assert_true (pillion_cache_log_write (&log, folder, &whole.index, keep, NULL));
  g_assert_true (pillion_cache_log_append (&log, (PillionCacheLogRecord *) (gpointer) records->data, records->len));
  file = g_malloc (length);
  g_assert_cmpint (pillion_cache_read_all (log.fd, file, length, 0), ==, length);
  damaged = take_damage (&data, &size, file, length);
  g_assert_true (pillion_cache_write_all (log.fd, file, length, 0));
  fd = dup (log.fd);

  if (pillion_cache_log_open (&log, folder))
    {
      const PillionCacheLogRecord *read, *written = (const PillionCacheLogRecord *) (gpointer) records->data;
      guint n = 0;

      follow (&log, &whole, TRUE);
      check_index (&whole.index);
      read = (const PillionCacheLogRecord *) (gpointer) whole.records->data;
      for (guint i = 0; i < whole.records->len; i++)
        {
          /* In the order in which they were written */
          while (n < records->len && memcmp (&read[i], &written[n], sizeof read[i]) != 0)
            n++;
          g_assert_cmpuint (n++, <, records->len);
        }
      if (!damaged)
        g_assert_cmpuint (whole.records->len, ==, records->len);

      /* As it grows */
      g_assert_cmpint (ftruncate (fd, HEADER_SIZE), ==, 0);
      g_assert_true (pillion_cache_log_open (&log, folder));
      for (gsize end = HEADER_SIZE; end < length;)
        {
          gsize n_more = MIN (step, length - end);

          g_assert_true (pillion_cache_write_all (fd, file + end, n_more, end));
          end += n_more;
          follow (&log, &divided, FALSE);
        }
      follow (&log, &divided, TRUE);
      check_equal (&divided.index, &whole.index);

      /* The shorter one */
      g_assert_true (pillion_cache_log_write (&log, folder, &whole.index, keep, NULL));
      g_assert_true (pillion_cache_log_open (&log, folder));
      follow (&log, &again, FALSE);
      check_equal (&again.index, &whole.index);
      if (whole.records->len > 0)
        check_names (read[0].size * 0x9e3779b97f4a7c15, read[0].id);
    }
  else
    g_assert_true (damaged);

  close (fd);
  pillion_cache_log_close (&log);
  reader_clear (&whole);
  reader_clear (&divided);
  reader_clear (&again);
  return 0;
}
