/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-part-record.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "http/pillion-restart.h"

#define GROUP "pillion-part"
#define VERSION 2

/* With holes, which a library that knows only the version above would take for content */
#define HOLEY_VERSION 3

/* A longer file is not a record */
#define MAX_SIZE (64 * 1024)

gboolean
pillion_part_is_ours (const struct stat *info)
{
  return S_ISREG (info->st_mode) && info->st_nlink == 1 && info->st_uid == geteuid ();
}

gboolean
pillion_part_is_other_file (int errsv)
{
  switch (errsv)
    {
    case ELOOP:
    case EISDIR:
    case ENXIO:
    case ENODEV:
    case EACCES:
    case EPERM:
    case ETXTBSY:
    case EOPNOTSUPP:
      return TRUE;
    default:
      return FALSE;
    }
}

gboolean
pillion_part_record_is_of (const PillionPartRecord *self,
                           const char *etag,
                           const char *last_modified)
{
  return (self->etag == NULL || etag == NULL || strcmp (etag, self->etag) == 0) &&
         (self->last_modified == NULL || last_modified == NULL || strcmp (last_modified, self->last_modified) == 0);
}

/* Tells one run of the machine from the next; NULL if nothing does. It is read once, because hundreds of downloads may be cancelled
 * together, and each leaves a record. */
static const char *
get_boot_id (void)
{
  static gsize is_read = 0;
  static char *boot_id = NULL;

  if (g_once_init_enter (&is_read))
    {
      if (g_file_get_contents ("/proc/sys/kernel/random/boot_id", &boot_id, NULL, NULL))
        g_strstrip (boot_id);
      g_once_init_leave (&is_read, 1);
    }

  return boot_id;
}

/* Whether there is nothing of this name, or a file of ours */
static gboolean
is_free (int folder,
         const char *name)
{
  struct stat info;

  if (fstatat (folder, name, &info, AT_SYMLINK_NOFOLLOW) != 0)
    return errno == ENOENT;

  errno = 0;
  return pillion_part_is_ours (&info);
}

/* What a crash has left of a line at the end, or in place of one, is not part of the record: see pillion_part_record_add_left () */
static void
drop_torn_line (GString *text)
{
  const char *nul = memchr (text->str, '\0', text->len);

  if (nul != NULL)
    g_string_truncate (text, nul - text->str);
  while (text->len > 0 && text->str[text->len - 1] != '\n')
    g_string_truncate (text, text->len - 1);
}

/* Returns NULL if it can't be read */
static GString *
read_all (int fd)
{
  g_autoptr (GString) text = g_string_new (NULL);
  char buffer[4096];
  gssize n = 0;

  while (text->len <= MAX_SIZE && (n = pillion_restart (read (fd, buffer, sizeof buffer))) > 0)
    g_string_append_len (text, buffer, n);

  return n >= 0 ? g_steal_pointer (&text) : NULL;
}

static gboolean
parse_pieces (GKeyFile *file,
              const char *key,
              gint64 length,
              PillionRangeSet *pieces)
{
  g_autofree char *text = g_key_file_get_string (file, GROUP, key, NULL);

  return text != NULL && pillion_range_set_parse (pieces, text) && (pieces->n == 0 || pieces->ranges[pieces->n - 1].end <= length);
}

static gboolean
parse_holes (PillionPartRecord *self,
             GKeyFile *file)
{
  self->holey = TRUE;
  self->size = g_key_file_get_int64 (file, GROUP, "size", NULL);

  return self->size >= 0 && self->safe <= self->size && self->size <= self->length &&
         parse_pieces (file, "pieces", self->length, &self->pieces) &&
         parse_pieces (file, "safe-pieces", self->length, &self->safe_pieces);
}

static PillionPartRecordState
parse (PillionPartRecord *self,
       const GString *text)
{
  g_autoptr (GKeyFile) file = g_key_file_new ();
  g_autofree char *boot = NULL;
  const char *this_boot = get_boot_id ();
  int version;

  if (text->len > MAX_SIZE || !g_key_file_load_from_data (file, text->str, text->len, G_KEY_FILE_NONE, NULL) || !g_key_file_has_group (file, GROUP))
    return PILLION_PART_RECORD_FOREIGN;
  if (!g_key_file_has_key (file, GROUP, "version", NULL))
    return PILLION_PART_RECORD_LOST;

  version = g_key_file_get_integer (file, GROUP, "version", NULL);
  if (version != VERSION && version != HOLEY_VERSION)
    return PILLION_PART_RECORD_FOREIGN;

  self->url = g_key_file_get_string (file, GROUP, "url", NULL);
  if (self->url == NULL)
    return PILLION_PART_RECORD_LOST;
  self->source = g_key_file_get_string (file, GROUP, "source", NULL);
  self->etag = g_key_file_get_string (file, GROUP, "etag", NULL);
  self->last_modified = g_key_file_get_string (file, GROUP, "last-modified", NULL);
  self->name = g_key_file_get_string (file, GROUP, "name", NULL);
  self->length = g_key_file_has_key (file, GROUP, "length", NULL) ? MAX (g_key_file_get_int64 (file, GROUP, "length", NULL), -1) : -1;
  self->safe = MAX (g_key_file_get_int64 (file, GROUP, "safe", NULL), 0);
  boot = g_key_file_get_string (file, GROUP, "boot", NULL);
  self->left_size = g_key_file_get_int64 (file, GROUP, "left-size", NULL);
  self->left_usec = g_key_file_get_int64 (file, GROUP, "left-time", NULL);
  self->trusted = this_boot != NULL && g_strcmp0 (boot, this_boot) == 0;

  return version == HOLEY_VERSION && !parse_holes (self, file) ? PILLION_PART_RECORD_LOST : PILLION_PART_RECORD_OURS;
}

PillionPartRecordState
pillion_part_record_load (PillionPartRecord *self,
                          int folder,
                          const char *name)
{
  g_autofree char *draft = g_strconcat (name, PILLION_PART_DRAFT_SUFFIX, NULL);
  g_autoptr (GString) text = NULL;
  PillionPartRecordState state = PILLION_PART_RECORD_NONE;
  struct stat info;
  int errsv;
  int fd;

  if (!is_free (folder, draft))
    return errno == 0 ? PILLION_PART_RECORD_FOREIGN : PILLION_PART_RECORD_FAILED;

  fd = pillion_restart (openat (folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (fd < 0 && errno == ENOENT)
    return PILLION_PART_RECORD_NONE;
  if (fd < 0)
    return pillion_part_is_other_file (errno) ? PILLION_PART_RECORD_FOREIGN : PILLION_PART_RECORD_FAILED;

  if (fstat (fd, &info) != 0)
    state = PILLION_PART_RECORD_FAILED;
  else if (!pillion_part_is_ours (&info))
    state = PILLION_PART_RECORD_FOREIGN;
  else if ((text = read_all (fd)) == NULL)
    state = PILLION_PART_RECORD_FAILED;
  errsv = errno;
  close (fd);
  errno = errsv;
  if (text == NULL)
    return state;

  /* The name got to the disk, and the data did not */
  if (text->str[0] == '\0')
    {
      state = PILLION_PART_RECORD_LOST;
    }
  else
    {
      if (text->len <= MAX_SIZE)
        drop_torn_line (text);
      state = parse (self, text);
    }

  if (state != PILLION_PART_RECORD_OURS)
    pillion_part_record_clear (self);
  return state;
}

static char *
format (const PillionPartRecord *self,
        gsize *length)
{
  g_autoptr (GKeyFile) file = g_key_file_new ();
  const char *boot = self->trusted ? get_boot_id () : NULL;

  g_key_file_set_integer (file, GROUP, "version", self->holey ? HOLEY_VERSION : VERSION);
  g_key_file_set_string (file, GROUP, "url", self->url);
  if (self->source != NULL)
    g_key_file_set_string (file, GROUP, "source", self->source);
  /* Later, nobody could tell that only the digest vouches for it, so it can't be continued */
  if (self->etag != NULL && !self->mixed)
    g_key_file_set_string (file, GROUP, "etag", self->etag);
  if (self->last_modified != NULL && !self->mixed)
    g_key_file_set_string (file, GROUP, "last-modified", self->last_modified);
  if (self->name != NULL)
    g_key_file_set_string (file, GROUP, "name", self->name);
  if (self->length >= 0)
    g_key_file_set_int64 (file, GROUP, "length", self->length);
  g_key_file_set_int64 (file, GROUP, "safe", self->safe);
  if (self->left_usec != 0)
    {
      g_key_file_set_int64 (file, GROUP, "left-size", self->left_size);
      g_key_file_set_int64 (file, GROUP, "left-time", self->left_usec);
    }
  if (self->holey)
    {
      g_autofree char *pieces = pillion_range_set_format (&self->pieces);
      g_autofree char *safe_pieces = pillion_range_set_format (&self->safe_pieces);

      g_key_file_set_int64 (file, GROUP, "size", self->size);
      g_key_file_set_string (file, GROUP, "pieces", pieces);
      g_key_file_set_string (file, GROUP, "safe-pieces", safe_pieces);
    }
  if (boot != NULL)
    g_key_file_set_string (file, GROUP, "boot", boot);

  return g_key_file_to_data (file, length, NULL);
}

static gboolean
write_all (int fd,
           const char *text,
           gsize length)
{
  while (length > 0)
    {
      gssize n = pillion_restart (write (fd, text, length));

      if (n < 0)
        return FALSE;
      text += n;
      length -= (gsize) n;
    }

  return TRUE;
}

/* Some file systems say only here that they could not write. Linux closes the descriptor even if a signal interrupts it. */
static gboolean
close_written (int fd)
{
  return close (fd) == 0 || errno == EINTR;
}

/* Returns a descriptor, or -1 */
static int
open_draft (int folder,
            const char *draft)
{
  const int flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW;
  int fd = pillion_restart (openat (folder, draft, flags, 0600));

  /* A crash left it */
  if (fd < 0 && errno == EEXIST && is_free (folder, draft) && unlinkat (folder, draft, 0) == 0)
    fd = pillion_restart (openat (folder, draft, flags, 0600));

  return fd;
}

static gboolean
save (PillionPartRecord *self,
      int folder,
      const char *name,
      gboolean synced)
{
  g_autofree char *draft = g_strconcat (name, PILLION_PART_DRAFT_SUFFIX, NULL);
  g_autofree char *text = NULL;
  gsize length;
  int errsv;
  int fd = open_draft (folder, draft);

  self->plain_size = 0;
  if (fd < 0)
    return FALSE;

  text = format (self, &length);
  if (!write_all (fd, text, length) || (synced && pillion_restart (fsync (fd)) != 0))
    {
      errsv = errno;
      close (fd);
    }
  else if (!close_written (fd) || renameat (folder, draft, folder, name) != 0)
    {
      errsv = errno;
    }
  else
    {
      self->plain_size = self->left_usec == 0 ? length : 0;
      return TRUE;
    }

  unlinkat (folder, draft, 0);
  errno = errsv;
  return FALSE;
}

gboolean
pillion_part_record_save (PillionPartRecord *self,
                          int folder,
                          const char *name)
{
  return save (self, folder, name, FALSE);
}

gboolean
pillion_part_record_save_synced (PillionPartRecord *self,
                                 int folder,
                                 const char *name)
{
  return save (self, folder, name, TRUE);
}

/* Adds lines to a record that says everything else */
static gboolean
add_lines (PillionPartRecord *self,
           int folder,
           const char *name,
           const char *lines)
{
  gsize size = self->plain_size;
  gboolean added = FALSE;
  struct stat info;
  int fd;

  self->plain_size = 0;
  if (size == 0 || size + strlen (lines) > MAX_SIZE)
    return FALSE;

  fd = pillion_restart (openat (folder, name, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (fd < 0)
    return FALSE;

  if (fstat (fd, &info) == 0 && pillion_part_is_ours (&info) && (gsize) info.st_size == size)
    added = write_all (fd, lines, strlen (lines));
  if (!close_written (fd) || !added)
    return FALSE;

  self->plain_size = size + strlen (lines);
  return TRUE;
}

gboolean
pillion_part_record_add_left (PillionPartRecord *self,
                              int folder,
                              const char *name)
{
  g_autofree char *lines = g_strdup_printf ("left-size=%" G_GINT64_FORMAT "\nleft-time=%" G_GINT64_FORMAT "\n", self->left_size, self->left_usec);
  gboolean added = add_lines (self, folder, name, lines);

  self->plain_size = 0;
  return added;
}

gboolean
pillion_part_record_add_pieces (PillionPartRecord *self,
                                int folder,
                                const char *name)
{
  g_autofree char *pieces = pillion_range_set_format (&self->pieces);
  g_autofree char *lines = g_strdup_printf ("size=%" G_GINT64_FORMAT "\npieces=%s\n", self->size, pieces);

  return add_lines (self, folder, name, lines);
}

void
pillion_part_record_clear (PillionPartRecord *self)
{
  g_free (self->url);
  g_free (self->source);
  g_free (self->etag);
  g_free (self->last_modified);
  g_free (self->name);
  pillion_range_set_clear (&self->pieces);
  pillion_range_set_clear (&self->safe_pieces);
  *self = (PillionPartRecord) { .length = -1 };
}
