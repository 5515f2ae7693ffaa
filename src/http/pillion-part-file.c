/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-part-file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gi18n-lib.h>

#include "http/pillion-file-name.h"
#include "http/pillion-file-origin.h"
#include "http/pillion-http-fields.h"
#include "http/pillion-restart.h"

/* `.TARGET.pillion-part`, `.TARGET.pillion-part.info` for the record, and one more byte for its draft */
#define LONGEST_END PILLION_PART_SUFFIX ".99" PILLION_PART_RECORD_SUFFIX "~"

/* How many names are tried */
#define MAX_NAMES 99

/* How often other downloads may come between two steps: more often than that, it is the file system that contradicts itself */
#define MAX_RACES 1000

/* How many hexadecimal digits replace the part of a name that does not fit */
#define DIGEST_LENGTH 16

#define FLAGS (O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)

typedef enum
{
  OUTCOME_OPENED,
  OUTCOME_TAKEN,  /* something else has the name */
  OUTCOME_FAILED,
} Outcome;

/* Makes a file name that contains @base, shortened if it is too long for the file system */
static char *
make_name (int folder,
           const char *base,
           guint number)
{
  long limit = fpathconf (folder, _PC_NAME_MAX);
  gsize max = (gsize) (limit > 0 ? limit : 255) - strlen ("." LONGEST_END);
  g_autofree char *digest = NULL;
  g_autofree char *start = NULL;
  g_autofree char *end = number > 1 ? g_strdup_printf (".%u", number) : g_strdup ("");

  if (strlen (base) <= max)
    return g_strconcat (".", base, PILLION_PART_SUFFIX, end, NULL);

  digest = g_compute_checksum_for_string (G_CHECKSUM_SHA256, base, -1);
  digest[DIGEST_LENGTH] = '\0';
  start = g_strndup (base, pillion_file_name_cut (base, max - DIGEST_LENGTH - 1));
  return g_strconcat (".", start, "~", digest, PILLION_PART_SUFFIX, end, NULL);
}

static gboolean
fail (PillionPartFile *self,
      GError **error)
{
  pillion_target_set_error (self->target, errno, error);
  return FALSE;
}

static gboolean
is_gone (PillionPartFile *self)
{
  struct stat info;

  return fstatat (self->target->folder, self->name, &info, AT_SYMLINK_NOFOLLOW) != 0 && errno == ENOENT;
}

/* The record can't be written. If that is because the folder is gone, the part is gone too, and that is what matters. */
static gboolean
fail_to_record (PillionPartFile *self,
                GError **error)
{
  if (errno != ENOENT || !is_gone (self))
    return fail (self, error);

  pillion_part_file_spoil (self, error);
  return FALSE;
}

static void
close_fd (PillionPartFile *self)
{
  if (self->fd < 0)
    return;

  /* A child that was forked in the meantime has the descriptor too, and would hold the lock */
  flock (self->fd, LOCK_UN);
  close (self->fd);
  self->fd = -1;
}

static gboolean
lock_part (PillionPartFile *self,
           PillionFileId *busy,
           GError **error)
{
  if (pillion_restart (flock (self->fd, LOCK_EX | LOCK_NB)) == 0)
    return TRUE;

  if (errno == EWOULDBLOCK)
    {
      *busy = self->id;
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_EXISTS, _("another download is writing to '%s'"), self->target->path);
      return FALSE;
    }

  /* Some network file systems don't support locks */
  if (errno == ENOLCK || errno == ENOSYS || errno == EOPNOTSUPP)
    return TRUE;

  return fail (self, error);
}

/* A piece that the beginning has reached becomes part of it */
static void
absorb_pieces (PillionPartFile *self)
{
  PillionRangeSet *pieces = &self->pieces;

  while (pieces->n > 0 && pieces->ranges[0].start <= self->size)
    {
      self->size = MAX (self->size, pieces->ranges[0].end);
      pillion_range_set_cut (pieces, self->size);
    }
}

/* Whether all writes go to the end, wherever that is */
static gboolean
set_appending (PillionPartFile *self,
               gboolean appending,
               GError **error)
{
  int flags = fcntl (self->fd, F_GETFL);

  if (flags < 0 || fcntl (self->fd, F_SETFL, appending ? flags | O_APPEND : flags & ~O_APPEND) != 0)
    return fail (self, error);

  return TRUE;
}

/* Returns 0 if the name still belongs to the open file, ESTALE if it does not, or the errno if nobody knows */
static int
check_name (PillionPartFile *self,
            struct stat *info)
{
  struct stat named;

  if (fstat (self->fd, info) != 0)
    return errno;
  if (fstatat (self->target->folder, self->name, &named, AT_SYMLINK_NOFOLLOW) != 0)
    return errno == ENOENT ? ESTALE : errno;

  return info->st_dev == named.st_dev && info->st_ino == named.st_ino ? 0 : ESTALE;
}

static gboolean
has_name (PillionPartFile *self,
          struct stat *info)
{
  return check_name (self, info) == 0;
}

/* After a crash of the machine, a file may have its length and yet have holes in place of what was not synced */
static void
use_holey_record (PillionPartFile *self)
{
  PillionPartRecord *record = &self->record;

  /* Another program changed it */
  if (self->size != record->length)
    {
      self->size = 0;
      return;
    }

  self->size = record->trusted ? record->size : record->safe;
  pillion_range_set_copy (&self->pieces, record->trusted ? &record->pieces : &record->safe_pieces);
  absorb_pieces (self);
}

static gint64
get_modified_usec (const struct stat *info)
{
  return info->st_mtim.tv_sec * G_USEC_PER_SEC + info->st_mtim.tv_nsec / 1000;
}

/* Whether another program is known to have changed the file since we left it */
static gboolean
was_changed (const PillionPartRecord *record,
             const struct stat *info)
{
  return record->left_usec != 0 && (info->st_size != record->left_size || get_modified_usec (info) != record->left_usec);
}

/* Takes what a download of the URL can use from the record */
static void
use_record (PillionPartFile *self,
            const struct stat *info)
{
  PillionPartRecord *record = &self->record;

  if (record->holey)
    use_holey_record (self);
  else if (!record->trusted)
    self->size = MIN (self->size, record->safe);

  if (g_strcmp0 (record->url, self->url) != 0 || (record->length >= 0 && self->size > record->length) ||
      was_changed (record, info) || (record->etag != NULL && !pillion_http_is_strong_etag (record->etag)) || !pillion_part_file_can_continue (self))
    {
      pillion_part_record_clear (record);
      pillion_range_set_clear (&self->pieces);
      self->size = 0;
    }
}

/* Between opening and locking, another download may have finished and moved the file away: then the locked
 * file no longer has the name, and this is tried again */
static Outcome
try_name (PillionPartFile *self,
          PillionFileId *busy,
          GError **error)
{
  for (guint i = 0; i < MAX_RACES; i++)
    {
      gboolean is_new = FALSE;
      PillionPartRecordState state;
      struct stat info;
      int problem;

      self->fd = pillion_restart (openat (self->target->folder, self->name, FLAGS));
      if (self->fd < 0 && errno == ENOENT)
        {
          is_new = TRUE;
          self->fd = pillion_restart (openat (self->target->folder, self->name, FLAGS | O_CREAT | O_EXCL, 0666));
          if (self->fd < 0 && errno == EEXIST)
            continue;
          if (self->fd < 0)
            {
              fail (self, error);
              return OUTCOME_FAILED;
            }
        }
      /* A link, a folder, a socket, another user's file */
      if (self->fd < 0 && pillion_part_is_other_file (errno))
        return OUTCOME_TAKEN;
      if (self->fd < 0)
        {
          fail (self, error);
          return OUTCOME_FAILED;
        }

      if (fstat (self->fd, &info) != 0)
        {
          fail (self, error);
          return OUTCOME_FAILED;
        }

      self->id = (PillionFileId) { info.st_dev, info.st_ino };

      /* Some file systems have one owner for all files: a new file is ours all the same */
      if (!is_new && !pillion_part_is_ours (&info))
        {
          close_fd (self);
          return OUTCOME_TAKEN;
        }

      if (!lock_part (self, busy, error))
        return OUTCOME_FAILED;

      problem = check_name (self, &info);
      if (problem != 0)
        {
          close_fd (self);
          if (problem == ESTALE)
            continue;
          errno = problem;
          fail (self, error);
          return OUTCOME_FAILED;
        }

      state = pillion_part_record_load (&self->record, self->target->folder, self->record_name);
      if (state == PILLION_PART_RECORD_FAILED)
        {
          fail (self, error);
          if (is_new)
            unlinkat (self->target->folder, self->name, 0);
          return OUTCOME_FAILED;
        }
      if (state == PILLION_PART_RECORD_FOREIGN || (state == PILLION_PART_RECORD_NONE && info.st_size > 0))
        {
          if (is_new)
            unlinkat (self->target->folder, self->name, 0);
          close_fd (self);
          return OUTCOME_TAKEN;
        }

      self->size = info.st_size;
      use_record (self, &info);
      return OUTCOME_OPENED;
    }

  errno = EBUSY;
  fail (self, error);
  return OUTCOME_FAILED;
}

static void
part_file_free (PillionPartFile *self)
{
  close_fd (self);
  pillion_part_record_clear (&self->record);
  pillion_range_set_clear (&self->pieces);
  g_free (self->name);
  g_free (self->record_name);
  g_free (self->url);
  g_free (self);
}

PillionPartFile *
pillion_part_file_open (PillionTarget *target,
                        const char *base,
                        const char *url,
                        PillionFileId *busy,
                        GError **error)
{
  PillionPartFile *self = g_new0 (PillionPartFile, 1);
  Outcome outcome = OUTCOME_TAKEN;

  self->target = target;
  self->url = g_strdup (url);
  self->fd = -1;
  *busy = (PillionFileId) { 0 };

  for (guint i = 1; i <= MAX_NAMES && outcome == OUTCOME_TAKEN; i++)
    {
      g_free (self->name);
      self->name = make_name (target->folder, base, i);
      g_free (self->record_name);
      self->record_name = g_strconcat (self->name, PILLION_PART_RECORD_SUFFIX, NULL);
      outcome = try_name (self, busy, error);
    }

  if (outcome == OUTCOME_OPENED)
    return self;

  if (outcome == OUTCOME_TAKEN)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_EXISTS, _("'%s' can't be downloaded: other files have all the names for its part file"),
                 target->path);
  part_file_free (self);
  return NULL;
}

static gboolean
truncate_part (PillionPartFile *self,
               gint64 size,
               GError **error)
{
  struct stat info;

  /* Even if it changes nothing, ext4 would write the file to the disk when it is closed after that */
  if ((fstat (self->fd, &info) != 0 || info.st_size != size) && pillion_restart (ftruncate (self->fd, size)) != 0)
    return fail (self, error);

  self->size = size;
  if (self->record.safe > size)
    {
      self->record.safe = size;
      self->record.plain_size = 0;
    }
  return TRUE;
}

/* Keeps only what is certainly on the disk. Returns FALSE if that is nothing. */
static gboolean
drop_doubtful (PillionPartFile *self)
{
  gint64 safe = MIN (self->size, self->record.safe);

  if (!self->record.holey)
    return truncate_part (self, safe, NULL);

  self->size = self->record.safe = safe;
  pillion_range_set_copy (&self->pieces, &self->record.safe_pieces);
  absorb_pieces (self);
  return TRUE;
}

/* Notes where the holes are */
static gboolean
save_holes (PillionPartFile *self)
{
  self->record.size = self->size;
  pillion_range_set_copy (&self->record.pieces, &self->pieces);

  return pillion_part_record_save (&self->record, self->target->folder, self->record_name);
}

/* Records how the file is left. On failure the record claims less, which is just as true. */
static void
leave (PillionPartFile *self,
       const struct stat *info)
{
  /* It was not written to, so it is left as it was found */
  if (self->record.left_size == info->st_size && self->record.left_usec == get_modified_usec (info))
    return;

  self->record.left_size = info->st_size;
  self->record.left_usec = get_modified_usec (info);
  if (self->record.holey || !pillion_part_record_add_left (&self->record, self->target->folder, self->record_name))
    save_holes (self);
}

/* The file is about to be written to: after a crash, nobody can know how it was left */
static void
unleave (PillionPartFile *self)
{
  self->record.left_size = self->record.left_usec = 0;
}

void
pillion_part_file_close (PillionPartFile *self,
                         gboolean keep)
{
  struct stat info;

  if (self->spoiled || (self->doubtful && !drop_doubtful (self)))
    keep = FALSE;
  /* If our files can't be told from other people's, nothing would recognize it later */
  if (!has_name (self, &info) || !pillion_part_is_ours (&info) || !pillion_part_file_can_continue (self) || self->record.mixed)
    keep = FALSE;

  if (!keep)
    {
      /* While it is locked. The record is removed last: alone it does no harm, and without it nothing would
       * recognize the part. */
      if (has_name (self, &info))
        unlinkat (self->target->folder, self->name, 0);
      unlinkat (self->target->folder, self->record_name, 0);
    }
  else
    {
      leave (self, &info);
    }

  part_file_free (self);
}

gboolean
pillion_part_file_mix (PillionPartFile *self,
                       GError **error)
{
  self->record.mixed = TRUE;
  return pillion_part_record_save (&self->record, self->target->folder, self->record_name) || fail_to_record (self, error);
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

  return self->size == self->record.length ? self->size - 1 : self->size;
}

const char *
pillion_part_file_get_validator (PillionPartFile *self)
{
  return self->record.etag != NULL ? self->record.etag : self->record.last_modified;
}

/* The file that it replaces may be private, so this one is too */
static gboolean
hide_content (PillionPartFile *self,
              GError **error)
{
  if (pillion_target_will_replace (self->target) && fchmod (self->fd, 0600) != 0 && errno != EPERM && errno != EOPNOTSUPP)
    return fail (self, error);

  return TRUE;
}

gboolean
pillion_part_file_begin (PillionPartFile *self,
                         const char *source,
                         const char *etag,
                         const char *last_modified,
                         const char *name,
                         gint64 length,
                         GError **error)
{
  PillionPartRecord *record = &self->record;

  /* An empty part does no harm even with a record of something else */
  if (!hide_content (self, error) || !truncate_part (self, 0, error) || !set_appending (self, TRUE, error))
    return FALSE;

  pillion_range_set_clear (&self->pieces);
  pillion_part_record_clear (record);
  record->url = g_strdup (self->url);
  record->source = g_strdup (source);
  record->etag = g_strdup (etag);
  record->last_modified = g_strdup (last_modified);
  record->name = g_strdup (name);
  record->length = length;
  record->trusted = TRUE;

  /* Even if there will be nothing to continue: after a crash, the record tells whose the part is */
  return pillion_part_record_save (record, self->target->folder, self->record_name) || fail_to_record (self, error);
}

gboolean
pillion_part_file_continue (PillionPartFile *self,
                            gint64 offset,
                            GError **error)
{
  g_assert (offset <= self->size);

  if (!hide_content (self, error))
    return FALSE;

  unleave (self);
  /* From now on, all of it counts until the machine restarts */
  self->record.trusted = TRUE;

  if (self->record.holey)
    {
      self->size = offset;
      self->record.safe = MIN (self->record.safe, offset);
      return set_appending (self, FALSE, error) && (save_holes (self) || fail_to_record (self, error));
    }

  return truncate_part (self, offset, error) &&
         (pillion_part_record_save (&self->record, self->target->folder, self->record_name) || fail_to_record (self, error));
}

gboolean
pillion_part_file_allow_holes (PillionPartFile *self,
                               GError **error)
{
  struct stat info;

  g_assert (self->record.length >= self->size);

  if (self->record.holey)
    return TRUE;

  /* Its size tells nothing any more after this */
  if (fstat (self->fd, &info) != 0 || info.st_size != self->size)
    {
      pillion_part_file_spoil (self, error);
      return FALSE;
    }

  /* The record first: without it, the size would tell how much is there */
  self->record.holey = TRUE;
  if (!save_holes (self))
    return fail_to_record (self, error);
  if (pillion_restart (ftruncate (self->fd, self->record.length)) != 0)
    return fail (self, error);

  return set_appending (self, FALSE, error);
}

/* Without holes, always at the end, so that none arises if another program truncates the file: its size tells
 * that later. With holes, the file has its full length all the time, which was checked before. */
static gssize
write_some (PillionPartFile *self,
            gint64 offset,
            const guint8 *bytes,
            gsize length)
{
  return pillion_restart (self->record.holey ? pwrite (self->fd, bytes, length, offset) : write (self->fd, bytes, length));
}

gboolean
pillion_part_file_write (PillionPartFile *self,
                         gint64 offset,
                         const guint8 *bytes,
                         gsize length,
                         GError **error)
{
  struct stat info;

  g_assert (self->record.holey || offset == self->size);

  if (self->record.holey && (fstat (self->fd, &info) != 0 || info.st_size != self->record.length))
    {
      pillion_part_file_spoil (self, error);
      return FALSE;
    }

  while (length > 0)
    {
      gssize n = write_some (self, offset, bytes, length);

      if (n < 0)
        return fail (self, error);

      if (offset == self->size)
        self->size += n;
      else
        pillion_range_set_add (&self->pieces, offset, offset + n);
      bytes += n;
      length -= (gsize) n;
      offset += n;
    }

  absorb_pieces (self);
  return TRUE;
}

gint64
pillion_part_file_get_received (PillionPartFile *self)
{
  return self->size + pillion_range_set_get_size (&self->pieces);
}

/* The kernel reports a failed write once, drops the data, and reports success the next time. So whatever is
 * not on the disk is lost, even if it can still be read. */
static gboolean
fail_to_sync (PillionPartFile *self,
              GError **error)
{
  fail (self, error);
  self->doubtful = TRUE;
  self->record.trusted = FALSE;
  /* Now rather than when it is closed: the program might end before that */
  if (!pillion_part_record_save (&self->record, self->target->folder, self->record_name))
    unlinkat (self->target->folder, self->record_name, 0);

  return FALSE;
}

void
pillion_part_file_note (PillionPartFile *self,
                        gint64 size,
                        const PillionRangeSet *pieces)
{
  self->record.size = size;
  pillion_range_set_copy (&self->record.pieces, pieces);
  if (!pillion_part_record_add_pieces (&self->record, self->target->folder, self->record_name))
    pillion_part_record_save (&self->record, self->target->folder, self->record_name);
}

gboolean
pillion_part_file_save (PillionPartFile *self,
                        gint64 size,
                        const PillionRangeSet *pieces,
                        GError **error)
{
  if (pillion_restart (fdatasync (self->fd)) != 0)
    return fail_to_sync (self, error);

  self->record.safe = self->record.size = size;
  pillion_range_set_copy (&self->record.pieces, pieces);
  pillion_range_set_copy (&self->record.safe_pieces, pieces);
  if (!pillion_part_record_save_synced (&self->record, self->target->folder, self->record_name))
    return fail_to_record (self, error);

  /* Once the two have their names, later records only replace the first one */
  if (!self->named)
    pillion_target_sync (self->target);
  self->named = TRUE;
  return TRUE;
}

void
pillion_part_file_spoil (PillionPartFile *self,
                         GError **error)
{
  /* Not the record: a worker may be writing it, while this is the I/O thread */
  self->spoiled = TRUE;
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED,
               is_gone (self) ? _("the part file of '%s' is gone: another program removed it, or its folder")
                              : _("another program changed the part file of '%s'"),
               self->target->path);
}

gboolean
pillion_part_file_seal (PillionPartFile *self,
                        GError **error)
{
  struct stat info;

  if (fstat (self->fd, &info) != 0)
    return fail (self, error);

  self->modified_usec = get_modified_usec (&info);
  return TRUE;
}

/* Whether it is still what was verified: other programs ignore locks */
static gboolean
check_unchanged (PillionPartFile *self,
                 GError **error)
{
  struct stat info;

  if (has_name (self, &info) && info.st_nlink == 1 && info.st_size == self->size && get_modified_usec (&info) == self->modified_usec)
    return TRUE;

  pillion_part_file_spoil (self, error);
  return FALSE;
}

/* A file system that doesn't support this is no reason to fail */
static gboolean
set_attributes (PillionPartFile *self,
                GError **error)
{
  const struct timespec times[2] = { { .tv_nsec = UTIME_OMIT }, { .tv_sec = (time_t) self->date } };

  if (self->dated && futimens (self->fd, times) == 0 && !pillion_part_file_seal (self, error))
    return FALSE;

  if (self->remembers)
    pillion_file_origin_save (self->fd, self->url, self->origin_source, self->origin_etag, self->origin_last_modified);
  return TRUE;
}

gboolean
pillion_part_file_commit (PillionPartFile *self,
                          GError **error)
{
  if (self->dated && !check_unchanged (self, error))
    return FALSE;

  if (!set_attributes (self, error))
    return FALSE;

  if (pillion_restart (fsync (self->fd)) != 0)
    return fail_to_sync (self, error);

  if (!check_unchanged (self, error) || !pillion_target_take (self->target, self->fd, self->name, error))
    return FALSE;

  /* The record goes before the folder is synced, so that a crash later than that does not bring it back, and after the part, which nothing would
   * recognize without it */
  if (self->target->kept)
    unlinkat (self->target->folder, self->name, 0);
  unlinkat (self->target->folder, self->record_name, 0);
  if (!self->target->kept)
    pillion_target_sync (self->target);
  part_file_free (self);
  return TRUE;
}
