/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-file-output.h"

#include <string.h>

#include "http/pillion-digest-store.h"
#include "http/pillion-digest.h"
#include "http/pillion-http-engine.h"

void
pillion_file_output_init (PillionFileOutput *self,
                          const char *digest,
                          void (*given_back) (gpointer data),
                          gpointer data)
{
  *self = (PillionFileOutput) { .digest = digest, .given_back = given_back, .data = data };
}

void
pillion_file_output_clear (PillionFileOutput *self)
{
  g_assert (self->part == NULL && !self->at_work);

  if (self->writing)
    pillion_part_writer_clear (&self->writer);
  g_free (self->server_digest);
  g_clear_pointer (&self->checksum, g_checksum_free);
}

/* --- Opening and closing ---------------------------------------------------------------------------------------------- */

gboolean
pillion_file_output_open (PillionFileOutput *self,
                          PillionHttpEngine *engine,
                          PillionTarget *target,
                          const char *base,
                          const char *url,
                          PillionFileId *busy,
                          GError **error)
{
  self->engine = engine;
  self->part = pillion_part_file_open (target, base, url, busy, error);
  if (self->part == NULL)
    return FALSE;

  if (self->digest != NULL)
    self->checksum = pillion_digest_store_take (self->part->fd, strlen (self->digest), &self->hashed);
  return TRUE;
}

/* For another attempt of this process */
static void
keep_digest (PillionFileOutput *self)
{
  const gsize n_digits = strlen (self->digest);

  if (self->writing && self->writer.hashed > 0)
    pillion_digest_store_keep (self->part->fd, g_steal_pointer (&self->writer.checksum), n_digits, self->writer.hashed);
  else if (self->checksum != NULL)
    pillion_digest_store_keep (self->part->fd, g_steal_pointer (&self->checksum), n_digits, self->hashed);
}

void
pillion_file_output_close (PillionFileOutput *self,
                           gboolean keep)
{
  if (self->part == NULL)
    return;

  if (keep && !self->part->doubtful && !self->part->spoiled && self->digest != NULL)
    keep_digest (self);
  pillion_part_file_close (g_steal_pointer (&self->part), keep);
}

/* --- Writing ---------------------------------------------------------------------------------------------------------- */

gboolean
pillion_file_output_has_digest (PillionFileOutput *self)
{
  return self->digest != NULL || (self->writing && self->server_digest != NULL);
}

void
pillion_file_output_begin (PillionFileOutput *self,
                           const PillionHead *head,
                           gboolean is_coded)
{
  const char *digest = self->digest;

  g_clear_pointer (&self->server_digest, g_free);
  /* The server's digest is that of what it sends, not of what comes of decoding that */
  if (digest == NULL && !is_coded)
    digest = self->server_digest = pillion_digest_from_fields (head->get_field (head, "Repr-Digest"), head->get_field (head, "Digest"));

  pillion_part_writer_init (&self->writer, self->part, digest);
  if (self->checksum != NULL)
    pillion_part_writer_adopt (&self->writer, g_steal_pointer (&self->checksum), self->hashed);
  self->writing = TRUE;
}

void
pillion_file_output_reset (PillionFileOutput *self)
{
  g_assert (!self->at_work);

  self->wants_holes = FALSE;
  if (self->writing)
    pillion_part_writer_clear (&self->writer);
  self->writing = FALSE;
}

static void
step_done (gpointer data)
{
  PillionFileOutput *self = data;

  self->at_work = FALSE;
  if (self->writer.committed)
    self->part = NULL;
  self->given_back (self->data);
}

static void
step_on_worker (gpointer data)
{
  PillionFileOutput *self = data;

  pillion_part_writer_step (&self->writer);
  pillion_http_engine_post (self->engine, step_done, self);
}

static void
take_step (PillionFileOutput *self)
{
  self->at_work = TRUE;
  pillion_part_writer_prepare (&self->writer);
  self->writer.last = self->finishing;
  pillion_http_engine_use_disk (self->engine, step_on_worker, self);
}

gboolean
pillion_file_output_write (PillionFileOutput *self,
                           gint64 offset,
                           const guint8 *bytes,
                           gsize length,
                           GError **error)
{
  if (!pillion_part_file_write (self->part, offset, bytes, length, error))
    return FALSE;

  if (!self->at_work && pillion_part_writer_is_due (&self->writer))
    take_step (self);
  return TRUE;
}

void
pillion_file_output_allow_holes (PillionFileOutput *self)
{
  self->wants_holes = TRUE;
  if (!self->at_work)
    take_step (self);
}

void
pillion_file_output_finish (PillionFileOutput *self)
{
  self->finishing = TRUE;
  self->wants_holes = FALSE;
  if (!self->at_work)
    take_step (self);
}

gboolean
pillion_file_output_go_on (PillionFileOutput *self,
                           gboolean *has_holes,
                           GError **error)
{
  *has_holes = self->wants_holes;
  self->wants_holes = FALSE;
  if (*has_holes && !pillion_part_file_allow_holes (self->part, error))
    return FALSE;

  if (self->finishing || pillion_part_writer_is_due (&self->writer))
    take_step (self);
  return TRUE;
}

void
pillion_file_output_stop (PillionFileOutput *self)
{
  __atomic_store_n (&self->writer.stop, TRUE, __ATOMIC_RELEASE);
}
