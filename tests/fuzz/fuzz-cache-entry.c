/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* The file of a cache's entry: lines of its key and its metadata, numbers for its body, and then damage to it. Damage may cost the entry, but
 * it never changes what is read. If the checksums are mended after the damage, all has to hold but that. */

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "fuzz.h"
#include "http/pillion-cache-format.h"
#include "http/pillion-cache-store-private.h"
#include "http/pillion-xxh64.h"

#define ID 0x1234

/* Up to three blocks */
#define MAX_BODY (64 * 2100)

/* Where things are in a head: pillion-cache-format.c */
#define KEY_LENGTH 12
#define SLOT_SIZE 16
#define HEAD_SUM 32
#define KEY 40
#define SLOT_NUMBER 8
#define SLOT_METADATA_LENGTH 24
#define SLOT_HEAD 32

static void
append_body (GByteArray *file,
             const PillionCacheHead *head,
             const guint8 *body,
             gsize length)
{
  for (guint64 number = 0; length > 0; number++)
    {
      gsize n = MIN (length, PILLION_CACHE_BLOCK_LENGTH);
      guint64 sum = pillion_cache_sum_block (head, number, body, n);

      g_byte_array_append (file, body, (guint) n);
      g_byte_array_append (file, (const guint8 *) &sum, sizeof sum);
      body += n;
      length -= n;
    }
}

/* Returns whether there is any */
static gboolean
damage (const guint8 **data,
        gsize *size,
        GByteArray *file)
{
  gboolean damaged = FALSE;

  while (*size >= 5)
    {
      gsize offset = ((gsize) (*data)[0] << 16 | (gsize) (*data)[1] << 8 | (*data)[2]) % file->len;
      gsize n = MIN ((gsize) (*data)[3] + 1, file->len - offset);

      damaged |= (*data)[4] != 0;
      for (gsize i = 0; i < n; i++)
        file->data[offset + i] ^= (*data)[4];
      *data += 5;
      *size -= 5;
    }

  return damaged;
}

static guint32
read_number (const GByteArray *file,
             gsize offset)
{
  guint32 number;

  memcpy (&number, file->data + offset, sizeof number);
  return number;
}

/* Makes the checksums of the head and the slots right again, if they are inside of the file */
static void
mend (GByteArray *file)
{
  gsize key_length = read_number (file, KEY_LENGTH);
  gsize slot_size = read_number (file, SLOT_SIZE);
  gsize slot = KEY + ((key_length + 7) & ~(gsize) 7);
  guint64 id, sum;

  if (KEY + key_length > file->len)
    return;

  sum = pillion_xxh64 (file->data + KEY, key_length, pillion_xxh64 (file->data, HEAD_SUM, 0));
  memcpy (file->data + HEAD_SUM, &sum, sizeof sum);
  memcpy (&id, file->data + HEAD_SUM - sizeof id, sizeof id);
  for (guint i = 0; i < 2 && slot + SLOT_HEAD <= file->len; i++, slot += slot_size)
    {
      gsize length = read_number (file, slot + SLOT_METADATA_LENGTH);

      if (slot + SLOT_HEAD + length > file->len)
        continue;
      sum = pillion_xxh64 (file->data + slot + SLOT_NUMBER, SLOT_HEAD - SLOT_NUMBER + length, id ^ (i + 1));
      memcpy (file->data + slot, &sum, sizeof sum);
    }
}

/* Returns NULL if the entry turns out to be damaged */
static GByteArray *
read_body (PillionCacheEntry *entry,
           gsize step)
{
  g_autoptr (GByteArray) body = g_byte_array_new ();
  static guint8 buffer[MAX_BODY + 1];
  gssize n;

  do
    {
      g_autoptr (GError) error = NULL;

      n = pillion_cache_entry_read (entry, body->len, buffer, MIN (step, sizeof buffer), &error);
      g_assert_true ((n < 0) == (error != NULL));
      if (n < 0)
        {
          g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA);
          return NULL;
        }
      g_byte_array_append (body, buffer, (guint) n);
    }
  while (n > 0);
  g_assert_cmpuint (body->len, ==, pillion_cache_entry_get_length (entry));

  return g_steal_pointer (&body);
}

static PillionCacheEntry *
load (PillionCacheStore *store,
      const GByteArray *file,
      const char *key)
{
  PillionCacheFolder *folder = pillion_cache_store_ref_folder (store);
  PillionCacheEntry *entry;
  PillionCacheLoad result;
  int fd;

  fuzz_write_file ("entry", file->data, file->len);
  fd = openat (fuzz_get_folder (NULL), "entry", O_RDONLY | O_CLOEXEC);
  g_assert_cmpint (fd, >=, 0);
  entry = pillion_cache_entry_load (store, folder, fd, NULL, pillion_cache_hash_key (key), ID, NULL, NULL, &result);
  g_assert_true ((entry != NULL) == (result == PILLION_CACHE_LOAD_FINE));
  g_assert_true (entry != NULL || result == PILLION_CACHE_LOAD_DAMAGED);
  pillion_cache_folder_unref (folder);

  return entry;
}

static PillionCacheStore *
get_store (void)
{
  static PillionCacheStore *store;

  if (store == NULL)
    {
      g_autofree char *path = NULL;
      const char *folder;

      fuzz_get_folder (&folder);
      path = g_build_filename (folder, "cache", NULL);
      store = pillion_cache_store_open (path, 1 << 20, NULL);
      g_assert_nonnull (store);
    }

  return store;
}

int
LLVMFuzzerTestOneInput (const guint8 *data,
                        gsize size)
{
  static guint8 body[MAX_BODY];
  gsize options = fuzz_take_number (&data, &size, 8) - 1;
  gboolean updated = (options & 1) != 0;
  gboolean mended = (options & 2) != 0;
  gsize scale = (options & 4) != 0 ? 2100 : 16;
  gsize length = (fuzz_take_number (&data, &size, 64) - 1) * scale + fuzz_take_number (&data, &size, 17) - 1;
  gsize step = fuzz_take_number (&data, &size, 250) * scale / 16;
  g_autofree char *key = fuzz_take_line (&data, &size);
  g_autofree char *metadata = fuzz_take_line (&data, &size);
  g_autoptr (GByteArray) file = NULL;
  PillionCacheHead head;
  PillionCacheEntry *entry;
  gboolean damaged;

  for (gsize i = 0; body[1] == 0 && i < MAX_BODY; i++)
    body[i] = (guint8) (i * 31 + (i >> 8));

  file = pillion_cache_head_new (key, ID, strlen (metadata) + 1, &head);
  g_assert_true (pillion_cache_slot_fill (file->data + head.slots[0], &head, 0, 1, length, metadata, strlen (metadata)));
  if (updated)
    g_assert_true (pillion_cache_slot_fill (file->data + head.slots[1], &head, 1, 2, length, metadata, strlen (metadata) + 1));
  append_body (file, &head, body, length);
  g_assert_cmpuint (file->len, ==, pillion_cache_file_size (&head, length));

  damaged = damage (&data, &size, file);
  if (mended)
    mend (file);

  entry = load (get_store (), file, key);
  if (entry != NULL)
    {
      g_autoptr (GByteArray) whole = read_body (entry, MAX_BODY + 1);
      g_autoptr (GByteArray) divided = read_body (entry, step);
      gsize metadata_length;
      gconstpointer found = g_bytes_get_data (pillion_cache_entry_get_metadata (entry), &metadata_length);

      g_assert_true ((whole != NULL) == (divided != NULL));
      if (whole != NULL)
        g_assert_cmpmem (divided->data, divided->len, whole->data, whole->len);
      if (!mended)
        {
          g_assert_cmpstr (pillion_cache_entry_get_key (entry), ==, key);
          g_assert_cmpuint (pillion_cache_entry_get_length (entry), ==, length);
          g_assert_cmpmem (found, metadata_length, metadata, metadata_length);
          g_assert_true (metadata_length == strlen (metadata) || (updated && metadata_length == strlen (metadata) + 1));
          if (whole != NULL)
            g_assert_cmpmem (whole->data, whole->len, body, length);
        }
      g_assert_true (damaged || (whole != NULL && metadata_length == strlen (metadata) + updated));
      pillion_cache_entry_unref (entry);
    }
  else
    g_assert_true (damaged);

  return 0;
}
