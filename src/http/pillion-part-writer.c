/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* for sync_file_range () */
#endif

#include "config.h"

#include "http/pillion-part-writer.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <glib/gi18n-lib.h>
#include <pillion-http/pillion-http.h>

#include "http/pillion-digest.h"
#include "http/pillion-restart.h"

/* How much is read at once for the digest */
#define BUFFER_SIZE (256 * 1024)

/* A step is due after this many bytes, and after this many, the step waits for the disk and updates the
 * record */
#define STEP_SIZE (8 * 1024 * 1024)
#define SAVE_SIZE (64 * 1024 * 1024)

/* With holes, only the record tells what is there. If the program is killed, what it does not say is fetched again: at most this share, or so many
 * bytes if that is less. */
#define NOTE_SHARE 64
#define MIN_NOTE_SIZE (256 * 1024)

void
pillion_part_writer_init (PillionPartWriter *self,
                          PillionPartFile *part,
                          const char *wanted)
{
  gint64 received = pillion_part_file_get_received (part);

  *self = (PillionPartWriter) { .part = part, .pushed = received, .noted = received, .saved = received };

  if (wanted != NULL)
    {
      self->wanted = g_strdup (wanted);
      self->checksum = g_checksum_new (pillion_digest_get_type (wanted, &self->digest_name));
      self->buffer = g_malloc (BUFFER_SIZE);
    }
}

void
pillion_part_writer_adopt (PillionPartWriter *self,
                           GChecksum *checksum,
                           gint64 hashed)
{
  if (self->checksum == NULL || hashed > self->part->size)
    {
      g_checksum_free (checksum);
      return;
    }

  g_checksum_free (self->checksum);
  self->checksum = checksum;
  self->hashed = hashed;
}

void
pillion_part_writer_clear (PillionPartWriter *self)
{
  g_free (self->wanted);
  g_clear_pointer (&self->checksum, g_checksum_free);
  g_free (self->buffer);
  pillion_range_set_clear (&self->pieces);
  g_clear_error (&self->error);
}

static gboolean
has_to_note (PillionPartWriter *self,
             gint64 received)
{
  return self->part->record.holey && received - self->noted >= MAX (received / NOTE_SHARE, MIN_NOTE_SIZE);
}

gboolean
pillion_part_writer_is_due (PillionPartWriter *self)
{
  gint64 received = pillion_part_file_get_received (self->part);

  return received - self->pushed >= STEP_SIZE || has_to_note (self, received) ||
         (self->checksum != NULL && self->part->size - self->hashed >= STEP_SIZE);
}

void
pillion_part_writer_prepare (PillionPartWriter *self)
{
  self->until = self->part->size;
  self->received = pillion_part_file_get_received (self->part);
  pillion_range_set_copy (&self->pieces, &self->part->pieces);
}

static gboolean
is_stopped (PillionPartWriter *self)
{
  return __atomic_load_n (&self->stop, __ATOMIC_ACQUIRE);
}

static gboolean
hash (PillionPartWriter *self,
      GError **error)
{
  while (self->hashed < self->until && !is_stopped (self))
    {
      gssize n =
        pillion_restart (pread (self->part->fd, self->buffer, (gsize) MIN (self->until - self->hashed, BUFFER_SIZE), self->hashed));

      if (n < 0)
        {
          /* A part that can't be read must not be continued */
          pillion_target_set_error (self->part->target, errno, error);
          self->part->doubtful = TRUE;
          return FALSE;
        }
      if (n == 0)
        {
          pillion_part_file_spoil (self->part, error);
          return FALSE;
        }

      g_checksum_update (self->checksum, self->buffer, n);
      self->hashed += n;
    }

  return TRUE;
}

/* Starts writing to the disk, without waiting for it */
static void
push (PillionPartWriter *self)
{
  if (self->received - self->pushed < STEP_SIZE && !self->last)
    return;

#ifdef SYNC_FILE_RANGE_WRITE
  if (self->part->record.holey)
    sync_file_range (self->part->fd, 0, 0, SYNC_FILE_RANGE_WRITE);
  else if (self->until > self->pushed)
    sync_file_range (self->part->fd, self->pushed, self->until - self->pushed, SYNC_FILE_RANGE_WRITE);
#endif
  self->pushed = self->received;
}

static gboolean
step (PillionPartWriter *self,
      GError **error)
{
  const char *digest;

  push (self);

  if (!self->last && has_to_note (self, self->received))
    {
      pillion_part_file_note (self->part, self->until, &self->pieces);
      self->noted = self->received;
    }

  if (!self->last && self->received - self->saved >= SAVE_SIZE)
    {
      if (!pillion_part_file_save (self->part, self->until, &self->pieces, error))
        return FALSE;
      self->saved = self->received;
    }

  if (self->checksum != NULL && !hash (self, error))
    return FALSE;

  if (!self->last || is_stopped (self))
    return TRUE;

  if (self->checksum != NULL)
    {
      digest = g_checksum_get_string (self->checksum);
      if (strcmp (digest, self->wanted) != 0)
        {
          g_set_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_DIGEST_MISMATCH,
                       _("the %s digest is %s, but %s was expected"), self->digest_name, digest, self->wanted);
          return FALSE;
        }
    }

  self->committed = pillion_part_file_commit (self->part, error);
  return self->committed;
}

void
pillion_part_writer_step (PillionPartWriter *self)
{
  step (self, &self->error);
}
