/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* for UTIME_OMIT */
#endif

#include "disk.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "crash.h"

#define SECTOR 512

/* The unit in which a disk gets what was written */
#define PAGE 4096

/* A write, or a change of the size */
typedef struct
{
  gboolean is_write;
  guint64 offset; /* or the size */
  GBytes *bytes;
  gint64 modified;
  guint n_names; /* how many names were changed before */
} DataChange;

typedef struct
{
  guint n_references;
  gboolean is_folder;
  GByteArray *synced;
  gint64 synced_modified;
  GPtrArray *changes; /* DataChange, since then */
} Inode;

typedef struct
{
  CrashOperation operation;
  char *path;
  char *path2; /* or NULL */
  Inode *inode; /* what was created, renamed or linked; NULL for a name that was removed */
  gboolean synced;
} NameChange;

struct _CrashDisk
{
  GHashTable *base;    /* path -> Inode, as it was in the beginning */
  GHashTable *current; /* the same as the program sees it */
  GHashTable *inodes;  /* number -> Inode */
  GPtrArray *changes;  /* NameChange */
  guint n_before_sync; /* how many of them came before the last sync of anything */
};

static void
data_change_free (gpointer data)
{
  DataChange *self = data;

  g_clear_pointer (&self->bytes, g_bytes_unref);
  g_free (self);
}

static Inode *
inode_new (gboolean is_folder)
{
  Inode *self = g_new0 (Inode, 1);

  self->n_references = 1;
  self->is_folder = is_folder;
  self->synced = g_byte_array_new ();
  self->changes = g_ptr_array_new_with_free_func (data_change_free);
  return self;
}

static Inode *
inode_ref (Inode *self)
{
  self->n_references++;
  return self;
}

static void
inode_unref (gpointer data)
{
  Inode *self = data;

  if (--self->n_references > 0)
    return;

  g_byte_array_unref (self->synced);
  g_ptr_array_unref (self->changes);
  g_free (self);
}

static void
name_change_free (gpointer data)
{
  NameChange *self = data;

  g_clear_pointer (&self->inode, inode_unref);
  g_free (self->path2);
  g_free (self->path);
  g_free (self);
}

static GHashTable *
names_new (void)
{
  return g_hash_table_new_full (g_str_hash, g_str_equal, g_free, inode_unref);
}

/* Holes are zeros */
static void
resize (GByteArray *bytes,
        guint64 size)
{
  guint old = bytes->len;

  g_byte_array_set_size (bytes, (guint) size);
  if (size > old)
    memset (bytes->data + old, 0, size - old);
}

static void
put (GByteArray *bytes,
     guint64 offset,
     const guint8 *data,
     gsize length)
{
  if (offset + length > bytes->len)
    resize (bytes, offset + length);
  if (length > 0)
    memcpy (bytes->data + offset, data, length);
}

/* The first @length bytes, if it is a write */
static void
data_change_apply (const DataChange *self,
                   GByteArray *bytes,
                   gsize length)
{
  if (self->is_write)
    put (bytes, self->offset, g_bytes_get_data (self->bytes, NULL), MIN (length, g_bytes_get_size (self->bytes)));
  else
    resize (bytes, self->offset);
}

static gint64
get_modified (const struct stat *info)
{
  return (gint64) info->st_mtim.tv_sec * 1000000000 + info->st_mtim.tv_nsec;
}

/* --- Reading ---------------------------------------------------------------------------------------------------------- */

static void
add_tree (CrashDisk *self,
          const char *root,
          const char *path)
{
  g_autofree char *whole = g_build_filename (root, path, NULL);
  g_autoptr (GDir) dir = NULL;
  struct stat info;
  const char *name;
  Inode *inode;

  g_assert_no_errno (stat (whole, &info));
  inode = inode_new (S_ISDIR (info.st_mode));
  g_hash_table_insert (self->base, g_strdup (path), inode);
  g_hash_table_insert (self->current, g_strdup (path), inode_ref (inode));
  g_hash_table_insert (self->inodes, g_memdup2 (&(guint64) { info.st_ino }, sizeof (guint64)), inode_ref (inode));

  if (!inode->is_folder)
    {
      g_autofree char *content = NULL;
      g_autoptr (GError) error = NULL;
      gsize length;

      g_file_get_contents (whole, &content, &length, &error);
      g_assert_no_error (error);
      put (inode->synced, 0, (guint8 *) content, length);
      inode->synced_modified = get_modified (&info);
      return;
    }

  dir = g_dir_open (whole, 0, NULL);
  g_assert_nonnull (dir);
  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *child = path[0] != '\0' ? g_build_filename (path, name, NULL) : g_strdup (name);

      add_tree (self, root, child);
    }
}

CrashDisk *
crash_disk_new (const char *root)
{
  CrashDisk *self = g_new0 (CrashDisk, 1);

  self->base = names_new ();
  self->current = names_new ();
  self->inodes = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, inode_unref);
  self->changes = g_ptr_array_new_with_free_func (name_change_free);
  add_tree (self, root, "");

  return self;
}

void
crash_disk_free (CrashDisk *self)
{
  g_hash_table_unref (self->base);
  g_hash_table_unref (self->current);
  g_hash_table_unref (self->inodes);
  g_ptr_array_unref (self->changes);
  g_free (self);
}

/* --- The journal ------------------------------------------------------------------------------------------------------ */

static void
name_change_apply (const NameChange *self,
                   GHashTable *names)
{
  switch (self->operation)
    {
    case CRASH_CREATE:
    case CRASH_MKDIR:
      g_hash_table_insert (names, g_strdup (self->path), inode_ref (self->inode));
      break;
    case CRASH_RENAME:
      g_hash_table_remove (names, self->path);
      g_hash_table_insert (names, g_strdup (self->path2), inode_ref (self->inode));
      break;
    case CRASH_LINK:
      g_hash_table_insert (names, g_strdup (self->path2), inode_ref (self->inode));
      break;
    case CRASH_UNLINK:
      g_hash_table_remove (names, self->path);
      break;
    case CRASH_WRITE:
    case CRASH_TRUNCATE:
    case CRASH_SYNC:
    default:
      g_assert_not_reached ();
    }
}

static gboolean
is_in (CrashDisk *self,
       const char *path,
       const Inode *folder)
{
  const char *slash = path != NULL ? strrchr (path, '/') : NULL;
  g_autofree char *parent = slash != NULL ? g_strndup (path, (gsize) (slash - path)) : g_strdup ("");

  return path != NULL && g_hash_table_lookup (self->current, parent) == folder;
}

static void
sync_inode (CrashDisk *self,
            Inode *inode)
{
  self->n_before_sync = self->changes->len;

  for (guint i = 0; inode->is_folder && i < self->changes->len; i++)
    {
      NameChange *change = self->changes->pdata[i];

      if (is_in (self, change->path, inode) || is_in (self, change->path2, inode))
        change->synced = TRUE;
    }

  for (guint i = 0; i < inode->changes->len; i++)
    {
      DataChange *change = inode->changes->pdata[i];

      data_change_apply (change, inode->synced, G_MAXSIZE);
      inode->synced_modified = change->modified;
    }
  g_ptr_array_set_size (inode->changes, 0);
}

static void
change_names (CrashDisk *self,
              const CrashRecord *record,
              const char *path,
              const char *path2)
{
  NameChange *change = g_new0 (NameChange, 1);

  change->operation = (CrashOperation) record->operation;
  change->path = g_strdup (path);
  change->path2 = record->path2_length > 0 ? g_strdup (path2) : NULL;
  if (change->operation == CRASH_CREATE || change->operation == CRASH_MKDIR)
    {
      change->inode = inode_new (change->operation == CRASH_MKDIR);
      change->inode->synced_modified = record->modified;
      /* The number may have been that of a file that is gone */
      g_hash_table_replace (self->inodes, g_memdup2 (&record->inode, sizeof record->inode), inode_ref (change->inode));
    }
  else if (change->operation != CRASH_UNLINK)
    {
      Inode *inode = g_hash_table_lookup (self->current, path);

      g_assert_nonnull (inode);
      change->inode = inode_ref (inode);
    }

  name_change_apply (change, self->current);
  g_ptr_array_add (self->changes, change);
}

static void
change_data (CrashDisk *self,
             Inode *inode,
             const CrashRecord *record,
             const guint8 *bytes)
{
  DataChange *change = g_new0 (DataChange, 1);

  change->is_write = record->operation == CRASH_WRITE;
  change->offset = record->offset;
  change->modified = record->modified;
  change->n_names = self->changes->len;
  if (change->is_write)
    change->bytes = g_bytes_new (bytes, record->length);
  g_ptr_array_add (inode->changes, change);
}

void
crash_disk_follow (CrashDisk *self,
                   const char *journal)
{
  g_autofree char *content = NULL;
  g_autoptr (GError) error = NULL;
  CrashRecord record;
  gsize length;

  g_file_get_contents (journal, &content, &length, &error);
  g_assert_no_error (error);

  for (const char *next = content; next < content + length;)
    {
      g_autofree char *path = NULL;
      g_autofree char *path2 = NULL;
      Inode *inode;

      memcpy (&record, next, sizeof record);
      next += sizeof record;
      path = g_strndup (next, record.path_length);
      next += record.path_length;
      path2 = g_strndup (next, record.path2_length);
      next += record.path2_length;

      inode = g_hash_table_lookup (self->inodes, &record.inode);
      if (record.operation == CRASH_SYNC)
        sync_inode (self, inode);
      else if (record.operation != CRASH_WRITE && record.operation != CRASH_TRUNCATE)
        change_names (self, &record, path, path2);
      else
        change_data (self, inode, &record, (const guint8 *) next);

      if (record.operation == CRASH_WRITE)
        next += record.length;
    }
}

/* --- The failure ------------------------------------------------------------------------------------------------------ */

/* @n_ordered: how many of the first changes have reached the disk; the others have done so by chance, or not at all if they are kept in order */
static GHashTable *
choose_names (CrashDisk *self,
              CrashDiskKind kind,
              guint n_ordered,
              GRand *random)
{
  GHashTable *names = names_new ();
  GHashTableIter iter;
  gpointer path;
  gpointer inode;
  double share = g_rand_double (random);

  g_hash_table_iter_init (&iter, self->base);
  while (g_hash_table_iter_next (&iter, &path, &inode))
    g_hash_table_insert (names, g_strdup (path), inode_ref (inode));

  for (guint i = 0; i < self->changes->len; i++)
    {
      NameChange *change = self->changes->pdata[i];

      if (change->synced || (kind == CRASH_DISK_ORDERED ? i < n_ordered : g_rand_double (random) < share))
        name_change_apply (change, names);
    }

  return names;
}

/* Those that may have reached the disk: a size doesn't, before the names that were changed earlier */
static GPtrArray *
get_possible (const Inode *inode,
              guint n_ordered)
{
  GPtrArray *changes = g_ptr_array_new ();
  guint64 size = inode->synced->len;

  for (guint i = 0; i < inode->changes->len; i++)
    {
      DataChange *change = inode->changes->pdata[i];
      guint64 end = change->offset + (change->is_write ? g_bytes_get_size (change->bytes) : 0);

      if (change->n_names > n_ordered && (!change->is_write || end > size))
        continue;
      size = change->is_write ? MAX (size, end) : end;
      g_ptr_array_add (changes, change);
    }

  return changes;
}

/* Some of the writes, in order, the last one cut */
static void
apply_some (GPtrArray *changes,
            GRand *random,
            GByteArray *bytes,
            gint64 *modified)
{
  guint n = (guint) g_rand_int_range (random, 0, (gint32) changes->len + 1);

  for (guint i = 0; i < n; i++)
    {
      DataChange *change = changes->pdata[i];
      gsize length = G_MAXSIZE;

      if (i + 1 == n && change->is_write)
        {
          guint64 end = change->offset + g_bytes_get_size (change->bytes);
          guint64 cut = change->offset + (guint64) (g_rand_double (random) * (double) (end - change->offset));

          length = (gsize) (MAX (cut / SECTOR * SECTOR, change->offset) - change->offset);
        }
      data_change_apply (change, bytes, length);
      *modified = change->modified;
    }
}

static void
apply_all (GPtrArray *changes,
           GByteArray *bytes,
           gint64 *modified)
{
  for (guint i = 0; i < changes->len; i++)
    {
      DataChange *change = changes->pdata[i];

      data_change_apply (change, bytes, G_MAXSIZE);
      *modified = change->modified;
    }
}

/* For each byte, whether the changes concern it. The others were synced, and stay as they are even if their page is lost. */
static guint8 *
find_changed (GPtrArray *changes,
              gsize length)
{
  guint8 *changed = g_malloc0 (length);

  for (guint i = 0; i < changes->len; i++)
    {
      DataChange *change = changes->pdata[i];
      guint64 first = MIN (change->offset, length);
      guint64 end = change->is_write ? MIN (first + g_bytes_get_size (change->bytes), length) : length;

      memset (changed + first, TRUE, end - first);
    }

  return changed;
}

/* Some of the pages, whatever was written first, with zeros or what was there before in place of the others */
static void
apply_pages (GPtrArray *changes,
             GRand *random,
             GByteArray *bytes,
             gint64 *modified)
{
  g_autoptr (GByteArray) all = g_byte_array_new ();
  double share = g_rand_boolean (random) ? g_rand_double (random) : 0;
  gboolean zeros = g_rand_boolean (random);
  g_autofree guint8 *changed = NULL;

  put (all, 0, bytes->data, bytes->len);
  apply_all (changes, all, modified);
  changed = find_changed (changes, all->len);

  resize (bytes, all->len);
  for (guint64 at = 0; at < all->len; at += PAGE)
    {
      gsize length = (gsize) MIN (PAGE, all->len - at);

      if (memcmp (bytes->data + at, all->data + at, length) == 0)
        continue;
      if (g_rand_double (random) < share)
        memcpy (bytes->data + at, all->data + at, length);
      else if (zeros)
        for (guint64 i = at; i < at + length; i++)
          if (changed[i])
            bytes->data[i] = 0;
    }
}

static void
choose_data (Inode *inode,
             guint n_ordered,
             GRand *random,
             GByteArray *bytes,
             gint64 *modified)
{
  g_autoptr (GPtrArray) changes = get_possible (inode, n_ordered);

  put (bytes, 0, inode->synced->data, inode->synced->len);
  *modified = inode->synced_modified;

  switch (g_rand_int_range (random, 0, 4))
    {
    case 0:
      break;
    case 1:
      apply_all (changes, bytes, modified);
      break;
    case 2:
      apply_some (changes, random, bytes, modified);
      break;
    default:
      apply_pages (changes, random, bytes, modified);
    }
}

static void
write_file (const char *path,
            const GByteArray *bytes,
            gint64 modified)
{
  const struct timespec times[2] = { { .tv_nsec = UTIME_OMIT }, { .tv_sec = modified / 1000000000, .tv_nsec = modified % 1000000000 } };
  int fd = open (path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

  g_assert_no_errno (fd);
  for (gsize done = 0; done < bytes->len;)
    {
      gssize n = write (fd, bytes->data + done, bytes->len - done);

      g_assert_no_errno (n);
      done += (gsize) n;
    }
  g_assert_no_errno (futimens (fd, times));
  close (fd);
}

static void
empty (const char *path)
{
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  const char *name;

  g_assert_nonnull (dir);
  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *child = g_build_filename (path, name, NULL);

      if (g_file_test (child, G_FILE_TEST_IS_DIR))
        empty (child);
      g_assert_no_errno (g_remove (child));
    }
}

void
crash_disk_fail (CrashDisk *self,
                 CrashDiskKind kind,
                 GRand *random,
                 const char *root)
{
  guint n_ordered = (guint) g_rand_int_range (random, (gint32) self->n_before_sync, (gint32) self->changes->len + 1);
  g_autoptr (GHashTable) names = choose_names (self, kind, n_ordered, random);
  g_autoptr (GHashTable) written = g_hash_table_new_full (NULL, NULL, NULL, g_free); /* Inode -> path */
  /* Folders come before what is in them, and the choices are the same each time */
  g_autoptr (GList) paths = g_list_sort (g_hash_table_get_keys (names), (GCompareFunc) strcmp);

  empty (root);
  for (GList *l = paths; l != NULL; l = l->next)
    {
      const char *path = l->data;
      Inode *inode = g_hash_table_lookup (names, path);
      g_autofree char *whole = g_build_filename (root, path, NULL);
      g_autofree char *parent = g_path_get_dirname (whole);

      if (path[0] == '\0' || !g_file_test (parent, G_FILE_TEST_IS_DIR))
        continue;
      if (inode->is_folder)
        {
          g_assert_no_errno (g_mkdir (whole, 0700));
        }
      else if (g_hash_table_contains (written, inode))
        {
          g_assert_no_errno (link (g_hash_table_lookup (written, inode), whole));
        }
      else
        {
          g_autoptr (GByteArray) bytes = g_byte_array_new ();
          gint64 modified;

          choose_data (inode, kind == CRASH_DISK_ORDERED ? n_ordered : G_MAXUINT, random, bytes, &modified);
          write_file (whole, bytes, modified);
          g_hash_table_insert (written, inode, g_strdup (whole));
        }
    }
}
