/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-part-file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gi18n-lib.h>
#include <glib/gstdio.h>
#include <pillion-http/pillion-http.h>

#include "http/pillion-http-fields.h"

#define GROUP "part"
#define VERSION 1

static void
set_errno_error (GError **error,
                 int errsv,
                 const char *path)
{
  GIOErrorEnum code = g_io_error_from_errno (errsv);

  /* A quota is a full disk to whom it is set */
  if (errsv == EDQUOT)
    code = G_IO_ERROR_NO_SPACE;

  g_set_error (error, G_IO_ERROR, (int) code, "%s: %s", path, g_strerror (errsv));
}

/* Tells one run of the machine from the next */
static char *
get_boot_id (void)
{
  char *id = NULL;

  if (g_file_get_contents ("/proc/sys/kernel/random/boot_id", &id, NULL, NULL))
    g_strstrip (id);

  return id;
}

static void
clear_record (PillionPartFile *self)
{
  g_clear_pointer (&self->etag, g_free);
  g_clear_pointer (&self->last_modified, g_free);
  g_clear_pointer (&self->name, g_free);
  self->length = -1;
  self->safe = 0;
}

/* Reads the record. What it does not vouch for is no part of anything: the size is 0 then. */
static void
load_record (PillionPartFile *self)
{
  g_autoptr (GKeyFile) file = g_key_file_new ();
  g_autofree char *url = NULL;
  g_autofree char *boot = NULL;
  g_autofree char *this_boot = NULL;

  clear_record (self);

  if (!g_key_file_load_from_file (file, self->info_path, G_KEY_FILE_NONE, NULL) ||
      g_key_file_get_integer (file, GROUP, "version", NULL) != VERSION)
    {
      self->size = 0;
      return;
    }

  url = g_key_file_get_string (file, GROUP, "url", NULL);
  self->etag = g_key_file_get_string (file, GROUP, "etag", NULL);
  self->last_modified = g_key_file_get_string (file, GROUP, "last-modified", NULL);
  self->name = g_key_file_get_string (file, GROUP, "name", NULL);
  self->length = g_key_file_has_key (file, GROUP, "length", NULL) ? g_key_file_get_int64 (file, GROUP, "length", NULL) : -1;
  self->safe = g_key_file_get_int64 (file, GROUP, "safe", NULL);
  boot = g_key_file_get_string (file, GROUP, "boot", NULL);

  /* After a crash of the machine a file may be long and yet have holes where the disk was not told */
  this_boot = get_boot_id ();
  if (this_boot == NULL || g_strcmp0 (boot, this_boot) != 0)
    self->size = MIN (self->size, MAX (self->safe, 0));

  if (g_strcmp0 (url, self->url) != 0 || (self->length >= 0 && self->size > self->length) ||
      (self->etag != NULL && !pillion_http_is_strong_etag (self->etag)) || !pillion_part_file_can_continue (self))
    {
      clear_record (self);
      self->size = 0;
    }
}

/* The record is never half: it is written beside and renamed */
static gboolean
save_record (PillionPartFile *self,
             GError **error)
{
  g_autoptr (GKeyFile) file = g_key_file_new ();
  g_autofree char *boot = get_boot_id ();
  g_autofree char *beside = g_strconcat (self->info_path, "~", NULL);
  g_autofree char *text = NULL;
  g_autoptr (GError) local = NULL;
  gsize length;

  g_key_file_set_integer (file, GROUP, "version", VERSION);
  g_key_file_set_string (file, GROUP, "url", self->url);
  if (self->etag != NULL)
    g_key_file_set_string (file, GROUP, "etag", self->etag);
  if (self->last_modified != NULL)
    g_key_file_set_string (file, GROUP, "last-modified", self->last_modified);
  if (self->name != NULL)
    g_key_file_set_string (file, GROUP, "name", self->name);
  if (self->length >= 0)
    g_key_file_set_int64 (file, GROUP, "length", self->length);
  g_key_file_set_int64 (file, GROUP, "safe", self->safe);
  if (boot != NULL)
    g_key_file_set_string (file, GROUP, "boot", boot);
  text = g_key_file_to_data (file, &length, NULL);

  /* Left by a crash: it would be written over and not be made shorter */
  g_unlink (beside);

  /* The URL in it may hold a password */
  if (!g_file_set_contents_full (beside, text, (gssize) length, G_FILE_SET_CONTENTS_NONE, 0600, &local))
    {
      g_set_error (error, G_IO_ERROR, (int) g_io_error_from_file_error ((GFileError) local->code), "%s", local->message);
      g_unlink (beside);
      return FALSE;
    }

  if (g_rename (beside, self->info_path) != 0)
    {
      set_errno_error (error, errno, self->info_path);
      g_unlink (beside);
      return FALSE;
    }

  return TRUE;
}

static gboolean
lock_part (PillionPartFile *self,
           GError **error)
{
  int result;

  do
    result = flock (self->fd, LOCK_EX | LOCK_NB);
  while (result != 0 && errno == EINTR);

  if (result == 0)
    return TRUE;

  if (errno == EWOULDBLOCK)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_EXISTS, _("another download is writing to '%s'"), self->path);
      return FALSE;
    }

  /* Some file systems of the network have no locks */
  if (errno == ENOLCK || errno == ENOSYS || errno == EOPNOTSUPP)
    return TRUE;

  set_errno_error (error, errno, self->path);
  return FALSE;
}

/* Opens and locks it. Between the two another download may have finished and taken the file away, and then what is locked
 * has the name no more. */
static gboolean
open_locked (PillionPartFile *self,
             GError **error)
{
  while (TRUE)
    {
      struct stat opened;
      struct stat named;

      self->fd = open (self->path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0666);
      if (self->fd < 0)
        {
          set_errno_error (error, errno, self->path);
          return FALSE;
        }

      if (fstat (self->fd, &opened) != 0)
        {
          set_errno_error (error, errno, self->path);
          return FALSE;
        }

      if (!S_ISREG (opened.st_mode))
        {
          g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_REGULAR_FILE, _("'%s' is not a regular file"), self->path);
          return FALSE;
        }

      if (!lock_part (self, error))
        return FALSE;

      if (fstat (self->fd, &opened) == 0 && lstat (self->path, &named) == 0 && opened.st_dev == named.st_dev &&
          opened.st_ino == named.st_ino)
        {
          self->size = opened.st_size;
          return TRUE;
        }

      close (self->fd);
      self->fd = -1;
    }
}

static void
part_file_free (PillionPartFile *self)
{
  if (self->fd >= 0)
    close (self->fd);
  clear_record (self);
  g_free (self->path);
  g_free (self->info_path);
  g_free (self->url);
  g_free (self);
}

PillionPartFile *
pillion_part_file_open (const char *path,
                        const char *url,
                        GError **error)
{
  PillionPartFile *self = g_new0 (PillionPartFile, 1);

  self->path = g_strdup (path);
  self->info_path = g_strconcat (path, ".info", NULL);
  self->url = g_strdup (url);
  self->fd = -1;
  self->length = -1;

  if (!open_locked (self, error))
    {
      part_file_free (self);
      return NULL;
    }

  load_record (self);
  return self;
}

void
pillion_part_file_close (PillionPartFile *self,
                         gboolean keep)
{
  if (!keep || !pillion_part_file_can_continue (self))
    {
      /* While it is locked: the record first, because a record alone does no harm */
      g_unlink (self->info_path);
      g_unlink (self->path);
    }

  part_file_free (self);
}

gboolean
pillion_part_file_can_continue (PillionPartFile *self)
{
  return self->size > 0 && pillion_part_file_get_validator (self) != NULL;
}

gint64
pillion_part_file_get_offset (PillionPartFile *self)
{
  if (!pillion_part_file_can_continue (self))
    return 0;

  return self->size == self->length ? self->size - 1 : self->size;
}

const char *
pillion_part_file_get_validator (PillionPartFile *self)
{
  return self->etag != NULL ? self->etag : self->last_modified;
}

static gboolean
truncate_part (PillionPartFile *self,
               gint64 size,
               GError **error)
{
  if (ftruncate (self->fd, size) != 0)
    {
      set_errno_error (error, errno, self->path);
      return FALSE;
    }

  self->size = size;
  self->safe = MIN (self->safe, size);
  return TRUE;
}

gboolean
pillion_part_file_begin (PillionPartFile *self,
                         const char *etag,
                         const char *last_modified,
                         const char *name,
                         gint64 length,
                         GError **error)
{
  clear_record (self);

  /* No record of something else while the content changes */
  if (g_unlink (self->info_path) != 0 && errno != ENOENT)
    {
      set_errno_error (error, errno, self->info_path);
      return FALSE;
    }

  if (!truncate_part (self, 0, error))
    return FALSE;

  self->etag = g_strdup (etag);
  self->last_modified = g_strdup (last_modified);
  self->name = g_strdup (name);
  self->length = length;

  return pillion_part_file_get_validator (self) == NULL || save_record (self, error);
}

gboolean
pillion_part_file_continue (PillionPartFile *self,
                            gint64 offset,
                            GError **error)
{
  g_assert (offset <= self->size);

  return truncate_part (self, offset, error);
}

gboolean
pillion_part_file_write (PillionPartFile *self,
                         const guint8 *bytes,
                         gsize length,
                         GError **error)
{
  while (length > 0)
    {
      gssize n = pwrite (self->fd, bytes, length, self->size);

      if (n < 0 && errno == EINTR)
        continue;
      if (n < 0)
        {
          set_errno_error (error, errno, self->path);
          return FALSE;
        }

      bytes += n;
      length -= (gsize) n;
      self->size += n;
    }

  return TRUE;
}

gboolean
pillion_part_file_save (PillionPartFile *self,
                        gint64 size,
                        GError **error)
{
  if (fdatasync (self->fd) != 0)
    {
      set_errno_error (error, errno, self->path);
      return FALSE;
    }

  self->safe = size;
  return pillion_part_file_get_validator (self) == NULL || save_record (self, error);
}

gboolean
pillion_part_file_commit (PillionPartFile *self,
                          const char *target,
                          GError **error)
{
  struct stat opened;
  struct stat named;

  if (fsync (self->fd) != 0)
    {
      set_errno_error (error, errno, self->path);
      return FALSE;
    }

  /* What was verified is what is open. Somebody may have put another file in its place, which takes no lock. */
  if (fstat (self->fd, &opened) != 0 || lstat (self->path, &named) != 0)
    {
      set_errno_error (error, errno, self->path);
      return FALSE;
    }
  if (opened.st_dev != named.st_dev || opened.st_ino != named.st_ino)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED, _("'%s' was replaced by another file during the download"), self->path);
      return FALSE;
    }

  if (g_rename (self->path, target) != 0)
    {
      set_errno_error (error, errno, target);
      return FALSE;
    }

  g_unlink (self->info_path);
  part_file_free (self);
  return TRUE;
}
