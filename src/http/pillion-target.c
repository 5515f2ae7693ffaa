/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* for renameat2 () and O_PATH */
#endif

#include "config.h"

#include "http/pillion-target.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#ifdef __linux__
#include <sys/xattr.h>
#endif
#include <unistd.h>

#include <glib/gi18n-lib.h>

#include "http/pillion-file-name.h"
#include "http/pillion-restart.h"

/* As many as the kernel follows */
#define MAX_LINKS 40

/* How often another download may take a free name first */
#define MAX_RACES 1000

static void
set_errno_error (GError **error,
                 int errsv,
                 const char *path)
{
  GIOErrorEnum code = g_io_error_from_errno (errsv);

  /* To the user, a quota is the size of the disk */
  if (errsv == EDQUOT)
    code = G_IO_ERROR_NO_SPACE;

  g_set_error (error, G_IO_ERROR, (int) code, "%s: %s", path, g_strerror (errsv));
}

void
pillion_target_set_error (PillionTarget *self,
                          int errsv,
                          GError **error)
{
  set_errno_error (error, errsv, self->path);
}

static gboolean
check_type (const struct stat *info,
            const char *path,
            GError **error)
{
  if (S_ISREG (info->st_mode))
    return TRUE;

  if (S_ISDIR (info->st_mode))
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_IS_DIRECTORY, _("'%s' is a folder, not a file"), path);
  else
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_REGULAR_FILE,
                 _("'%s' is not a regular file"), path);

  return FALSE;
}

/* Where the symbolic links at @path lead, even if nothing is there */
static char *
follow_links (const char *path,
              GError **error)
{
  g_autofree char *current = g_strdup (path);

  for (guint i = 0; i < MAX_LINKS; i++)
    {
      g_autofree char *to = g_file_read_link (current, NULL);
      g_autofree char *folder = NULL;
      char *next;

      if (to == NULL)
        return g_steal_pointer (&current);

      folder = g_path_get_dirname (current);
      next = g_path_is_absolute (to) ? g_steal_pointer (&to) : g_build_filename (folder, to, NULL);
      g_free (current);
      current = next;
    }

  set_errno_error (error, ELOOP, path);
  return NULL;
}

static gboolean
open_folder (PillionTarget *self,
             GError **error)
{
  self->folder = pillion_restart (open (self->folder_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
#ifdef O_PATH
  /* A folder that may be written to but not read */
  if (self->folder < 0 && errno == EACCES)
    self->folder = pillion_restart (open (self->folder_path, O_PATH | O_DIRECTORY | O_CLOEXEC));
#endif

  if (self->folder < 0)
    set_errno_error (error, errno, self->path);

  return self->folder >= 0;
}

static void
set_taken_error (PillionTarget *self,
                 GError **error)
{
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_EXISTS, _("'%s' already exists"), self->path);
}

/* The name is taken by what @info describes */
static gboolean
check_taken (PillionTarget *self,
             const struct stat *info,
             GError **error)
{
  switch (self->conflict)
    {
    case PILLION_HTTP_NAME_CONFLICT_UNIQUIFY:
      return TRUE;
    case PILLION_HTTP_NAME_CONFLICT_REFUSE:
      set_taken_error (self, error);
      return FALSE;
    case PILLION_HTTP_NAME_CONFLICT_KEEP:
      self->kept = TRUE;
      break;
    default:
      break;
    }

  /* The name is the program's, which may have meant the folder */
  if (self->folder < 0 && S_ISDIR (info->st_mode))
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_IS_DIRECTORY,
                   _("'%s' is a folder, not a file: download_into () saves a file in it"), self->path);
      return FALSE;
    }

  return check_type (info, self->path, error);
}

PillionTarget *
pillion_target_new (const char *path,
                    PillionHttpNameConflict conflict,
                    GError **error)
{
  const gboolean replaces = conflict == PILLION_HTTP_NAME_CONFLICT_OVERWRITE;
  g_autofree char *followed = NULL;
  PillionTarget *self = g_new0 (PillionTarget, 1);
  struct stat info;

  self->path = g_strdup (path);
  self->folder = -1;
  self->conflict = conflict;

  /* The kernel knows which links must not be followed. Unless it is followed, a link that leads nowhere takes
   * the name, too. */
  if (stat (path, &info) == 0 || (!replaces && errno == ENOENT && lstat (path, &info) == 0))
    {
      if (!check_taken (self, &info, error))
        goto out;
    }
  else if (errno != ENOENT)
    {
      set_errno_error (error, errno, path);
      goto out;
    }

  followed = replaces || self->kept ? follow_links (path, error) : g_strdup (path);
  if (followed == NULL)
    goto out;

  self->folder_path = g_path_get_dirname (followed);
  self->name = g_path_get_basename (followed);
  if (open_folder (self, error))
    return self;

out:
  pillion_target_free (self);
  return NULL;
}

PillionTarget *
pillion_target_new_in (const char *path,
                       PillionHttpNameConflict conflict,
                       GError **error)
{
  PillionTarget *self = g_new0 (PillionTarget, 1);

  self->path = g_strdup (path);
  self->folder_path = g_strdup (path);
  self->folder = -1;
  self->conflict = conflict;
  if (!open_folder (self, error))
    g_clear_pointer (&self, pillion_target_free);

  return self;
}

void
pillion_target_free (PillionTarget *self)
{
  if (self->folder >= 0)
    close (self->folder);
  g_free (self->folder_path);
  g_free (self->path);
  g_free (self->name);
  g_free (self);
}

gsize
pillion_target_get_name_max (PillionTarget *self)
{
  long max = fpathconf (self->folder, _PC_NAME_MAX);

  return max > 0 ? (gsize) max : PILLION_FILE_NAME_MAX;
}

static gboolean
replaces (PillionTarget *self)
{
  return self->conflict == PILLION_HTTP_NAME_CONFLICT_OVERWRITE;
}

gboolean
pillion_target_set_name (PillionTarget *self,
                         const char *name,
                         GError **error)
{
  struct stat info;

  g_free (self->name);
  self->name = g_strdup (name);
  g_free (self->path);
  self->path = g_build_filename (self->folder_path, name, NULL);

  if (fstatat (self->folder, name, &info, AT_SYMLINK_NOFOLLOW) != 0)
    {
      if (errno == ENOENT)
        return TRUE;

      pillion_target_set_error (self, errno, error);
      return FALSE;
    }

  /* A link is not followed here, because a server could then choose a file outside the folder */
  return check_taken (self, &info, error);
}

gboolean
pillion_target_get_size (PillionTarget *self,
                         gint64 *size,
                         GError **error)
{
  struct stat info;

  if (fstatat (self->folder, self->name, &info, AT_SYMLINK_NOFOLLOW) != 0)
    {
      pillion_target_set_error (self, errno, error);
      return FALSE;
    }

  *size = info.st_size;
  return TRUE;
}

gboolean
pillion_target_will_replace (PillionTarget *self)
{
  struct stat info;

  return replaces (self) && fstatat (self->folder, self->name, &info, AT_SYMLINK_NOFOLLOW) == 0;
}

/* Gives @fd the access control list of the file that it replaces, or none if that has none. Returns FALSE if
 * that failed, so that the mode does not tell who may access it. */
static gboolean
copy_acl (PillionTarget *self,
          int fd)
{
#ifdef __linux__
  static const char attribute[] = "system.posix_acl_access";
  g_autofree char *path = g_strdup_printf ("/proc/self/fd/%d/%s", self->folder, self->name);
  char acl[4096];
  gssize n = lgetxattr (path, attribute, acl, sizeof acl);

  if (n >= 0)
    return fsetxattr (fd, attribute, acl, (gsize) n, 0) == 0;
  if (errno != ENODATA)
    return errno == EOPNOTSUPP;

  return fremovexattr (fd, attribute) == 0 || errno == ENODATA || errno == EOPNOTSUPP;
#else
  return TRUE;
#endif
}

/* Nobody who could not read the old file may read the new one. Bits that let a program run as another user
 * are not copied to a file from a network. */
static gboolean
take_attributes (PillionTarget *self,
                 int fd,
                 GError **error)
{
  gboolean same_group = TRUE;
  struct stat before;
  struct stat now;
  mode_t mode;

  if (fstatat (self->folder, self->name, &before, AT_SYMLINK_NOFOLLOW) != 0)
    {
      if (errno == ENOENT)
        return TRUE;

      pillion_target_set_error (self, errno, error);
      return FALSE;
    }

  /* It was checked at the beginning, but that was long ago */
  if (!check_type (&before, self->path, error))
    return FALSE;

  if (fstat (fd, &now) != 0)
    {
      pillion_target_set_error (self, errno, error);
      return FALSE;
    }

  mode = before.st_mode & 0777;
  if (before.st_uid != now.st_uid && fchown (fd, before.st_uid, before.st_gid) == 0)
    now.st_gid = before.st_gid;
  if (before.st_gid != now.st_gid)
    same_group = fchown (fd, (uid_t) -1, before.st_gid) == 0;

  /* Another group does not get the old group's rights */
  if (!copy_acl (self, fd) || !same_group)
    mode &= (mode_t) (0707 | (mode & 0007) << 3);

  /* Some file systems have one mode for all files */
  if ((now.st_mode & 0777) != mode && fchmod (fd, mode) != 0 && errno != EPERM && errno != EOPNOTSUPP)
    {
      pillion_target_set_error (self, errno, error);
      return FALSE;
    }

  return TRUE;
}

/* Returns 0 or an errno: EEXIST if the name is taken */
static int
move_without_replacing (PillionTarget *self,
                        const char *part,
                        const char *name)
{
  int fd;

#ifdef HAVE_RENAMEAT2
  if (renameat2 (self->folder, part, self->folder, name, RENAME_NOREPLACE) == 0)
    return 0;
  /* Not every kernel and file system supports it */
  if (errno != ENOSYS && errno != EINVAL)
    return errno;
#endif

  if (linkat (self->folder, part, self->folder, name, 0) == 0)
    return unlinkat (self->folder, part, 0) == 0 ? 0 : errno;
  if (errno != EPERM && errno != EOPNOTSUPP && errno != ENOSYS)
    return errno;

  /* Without either, an empty file takes the name first */
  fd = pillion_restart (openat (self->folder, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (fd < 0)
    return errno;
  close (fd);

  return renameat (self->folder, part, self->folder, name) == 0 ? 0 : errno;
}

typedef struct
{
  PillionTarget *target;
  gsize max;
} NumberSearch;

static gboolean
is_number_taken (guint number,
                 gpointer data)
{
  const NumberSearch *search = data;
  g_autofree char *name = pillion_file_name_add_number (search->target->name, number, search->max);
  struct stat info;

  /* A name that can't be checked counts as free: the move reports why */
  return fstatat (search->target->folder, name, &info, AT_SYMLINK_NOFOLLOW) == 0;
}

/* Moves to the name with a number. Another download can take the number between the search and the move, but
 * is never overwritten. Returns 0 or an errno: EEXIST if there is no number left. */
static int
move_to_number (PillionTarget *self,
                const char *part)
{
  NumberSearch search = { self, pillion_target_get_name_max (self) };
  guint number = 0;

  for (guint i = 0; i < MAX_RACES; i++)
    {
      g_autofree char *name = NULL;
      int errsv;

      number = pillion_file_name_find_number (number, is_number_taken, &search);
      if (number == 0)
        break;

      name = pillion_file_name_add_number (self->name, number, search.max);
      errsv = move_without_replacing (self, part, name);
      if (errsv == EEXIST)
        continue;

      if (errsv == 0)
        {
          g_free (self->path);
          self->path = g_build_filename (self->folder_path, name, NULL);
          g_free (self->name);
          self->name = g_steal_pointer (&name);
        }
      return errsv;
    }

  return EEXIST;
}

static gboolean
move_to_free_name (PillionTarget *self,
                   const char *part,
                   GError **error)
{
  int errsv = move_without_replacing (self, part, self->name);

  if (errsv == EEXIST && self->conflict == PILLION_HTTP_NAME_CONFLICT_KEEP)
    {
      self->kept = TRUE;
      return TRUE;
    }

  if (errsv == EEXIST && self->conflict == PILLION_HTTP_NAME_CONFLICT_UNIQUIFY)
    errsv = move_to_number (self, part);

  if (errsv == EEXIST)
    set_taken_error (self, error);
  else if (errsv != 0)
    pillion_target_set_error (self, errsv, error);

  return errsv == 0;
}

/* Whether the folder still has the path that the user knows it by */
static gboolean
check_folder (PillionTarget *self,
              GError **error)
{
  struct stat opened;
  struct stat named;

  if (fstat (self->folder, &opened) != 0 || stat (self->folder_path, &named) != 0)
    {
      pillion_target_set_error (self, errno, error);
      return FALSE;
    }

  if (opened.st_dev != named.st_dev || opened.st_ino != named.st_ino)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, _("'%s' was moved during the download"), self->folder_path);
      return FALSE;
    }

  return TRUE;
}

gboolean
pillion_target_take (PillionTarget *self,
                     int fd,
                     const char *part,
                     GError **error)
{
  if (!check_folder (self, error))
    return FALSE;

  if (!replaces (self))
    {
      if (!move_to_free_name (self, part, error))
        return FALSE;
    }
  else
    {
      if (!take_attributes (self, fd, error))
        return FALSE;

      if (renameat (self->folder, part, self->folder, self->name) != 0)
        {
          pillion_target_set_error (self, errno, error);
          return FALSE;
        }
    }

  return TRUE;
}

void
pillion_target_sync (PillionTarget *self)
{
  /* If it fails, the file is still complete */
  (void) pillion_restart (fsync (self->folder));
}
