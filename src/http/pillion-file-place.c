/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-file-place.h"

#include "core/pillion-private.h"
#include "http/pillion-digest.h"
#include "http/pillion-file-name.h"
#include "http/pillion-http-download-options-private.h"
#include "http/pillion-part-file.h"

/* From the URL that was asked for: nobody would recognize one that the server redirects to */
static char *
make_name_from_url (PillionFilePlace *self,
                    PillionCall *call,
                    const char *content_type)
{
  g_autoptr (GUri) uri = g_uri_parse (call->url, G_URI_FLAGS_ENCODED_PATH | G_URI_FLAGS_ENCODED_QUERY, NULL);

  return pillion_file_name_from_url (uri != NULL ? uri : call->uri, content_type, pillion_target_get_name_max (self->target));
}

void
pillion_file_place_init (PillionFilePlace *self,
                         GFile *file,
                         gboolean into,
                         PillionHttpDownloadOptions *options,
                         void (*checked) (gpointer data),
                         gpointer data)
{
  *self = (PillionFilePlace) { .file = g_object_ref (file), .into = into, .options = options, .checked = checked, .data = data };
}

void
pillion_file_place_clear (PillionFilePlace *self)
{
  pillion_sync_unref (self->file);
  pillion_file_origin_clear (&self->origin);
  g_clear_pointer (&self->target, pillion_target_free);
}

gboolean
pillion_file_place_open (PillionFilePlace *self,
                         GError **error)
{
  const char *path = g_file_peek_path (self->file);
  PillionHttpNameConflict conflict = self->options->name_conflict;

  if (self->target == NULL)
    self->target = self->into ? pillion_target_new_in (path, conflict, error) : pillion_target_new (path, conflict, error);

  return self->target != NULL;
}

void
pillion_file_place_close (PillionFilePlace *self)
{
  pillion_file_origin_clear (&self->origin);
  self->origin = (PillionFileOrigin) { 0 };
  self->looked = FALSE;
  g_clear_pointer (&self->target, pillion_target_free);
}

static void
check_done (gpointer data)
{
  PillionFilePlace *self = data;

  self->checking = FALSE;
  if (self->outcome == PILLION_HTTP_DOWNLOAD_OUTCOME_SAVED)
    pillion_file_origin_clear (&self->origin);
  self->checked (self->data);
}

static void
check_on_worker (gpointer data)
{
  PillionFilePlace *self = data;

  if (pillion_digest_is_of_file (self->options->digest, self->target->folder, self->origin.name, &self->stop))
    self->outcome = PILLION_HTTP_DOWNLOAD_OUTCOME_NOT_MODIFIED;
  pillion_http_engine_post (self->engine, check_done, self);
}

gboolean
pillion_file_place_look (PillionFilePlace *self,
                         PillionCall *call)
{
  g_autofree char *name = NULL;

  if (self->looked || !self->options->only_if_changed)
    return FALSE;

  self->looked = TRUE;
  name = self->target->name != NULL ? g_strdup (self->target->name) : make_name_from_url (self, call, NULL);
  pillion_file_origin_load (&self->origin, self->target->folder, name, call->url);

  /* No server knows better than the digest */
  self->checking = self->origin.exists && self->options->digest != NULL;
  if (self->checking)
    {
      self->engine = call->engine;
      pillion_http_engine_use_disk (call->engine, check_on_worker, self);
    }

  return self->checking;
}

void
pillion_file_place_stop (PillionFilePlace *self)
{
  __atomic_store_n (&self->stop, TRUE, __ATOMIC_RELEASE);
}

gboolean
pillion_file_place_leave (PillionFilePlace *self,
                          PillionHttpDownloadOutcome outcome,
                          GError **error)
{
  self->outcome = outcome;
  return self->target->name != NULL || pillion_target_set_name (self->target, self->origin.name, error);
}

char *
pillion_file_place_make_part_base (PillionFilePlace *self,
                                   const char *url)
{
  g_autofree char *digest = NULL;

  if (self->target->conflict != PILLION_HTTP_NAME_CONFLICT_UNIQUIFY && !self->into)
    return g_strdup (self->target->name);

  digest = g_compute_checksum_for_string (G_CHECKSUM_SHA256, url, -1);
  digest[PILLION_PART_DIGEST_LENGTH] = '\0';
  return self->into ? g_steal_pointer (&digest) : g_strconcat (self->target->name, "-", digest, NULL);
}

gboolean
pillion_file_place_take_name (PillionFilePlace *self,
                              PillionCall *call,
                              const PillionHead *head,
                              const char *part_name,
                              GError **error)
{
  const char *disposition = head->get_field (head, "Content-Disposition");
  g_autofree char *name = NULL;
  gsize max;

  if (self->target->name != NULL)
    return TRUE;

  max = pillion_target_get_name_max (self->target);
  if (disposition != NULL)
    name = pillion_file_name_from_disposition (disposition, max);
  /* A server need not repeat the name with the rest of a file (RFC 9110, section 15.3.7) */
  if (name == NULL && head->status == 206 && part_name != NULL)
    name = pillion_file_name_sanitize (part_name, max);
  if (name == NULL)
    name = make_name_from_url (self, call, head->get_field (head, "Content-Type"));

  return pillion_target_set_name (self->target, name, error);
}

gboolean
pillion_file_place_stays (PillionFilePlace *self,
                          PillionCall *call,
                          const PillionHead *head,
                          const PillionFileBody *body,
                          const char *source,
                          gboolean fresh)
{
  if (self->target->kept)
    {
      self->outcome = PILLION_HTTP_DOWNLOAD_OUTCOME_KEPT;
      return TRUE;
    }

  if (!self->options->only_if_changed || self->options->digest != NULL || !fresh || head->status != 200)
    return FALSE;

  /* The server may ignore conditions, or may have given a name other than the guessed one */
  pillion_file_origin_load (&self->origin, self->target->folder, self->target->name, call->url);
  if (!pillion_file_origin_matches (&self->origin, source, body->etag, body->last_modified, body->coding == NULL ? head->length : -1))
    return FALSE;

  self->outcome = PILLION_HTTP_DOWNLOAD_OUTCOME_NOT_MODIFIED;
  return TRUE;
}

GFile *
pillion_file_place_make_file (PillionFilePlace *self)
{
  if (self->into || self->target->conflict == PILLION_HTTP_NAME_CONFLICT_UNIQUIFY)
    return g_file_new_for_path (self->target->path);

  return g_object_ref (self->file);
}
