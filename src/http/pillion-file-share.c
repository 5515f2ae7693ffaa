/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-file-share.h"

#include <string.h>

#include <glib/gi18n-lib.h>

#include "http/pillion-http-request-private.h"

static gboolean
has_part (PillionFileLock *lock,
          gconstpointer data)
{
  const PillionFileId *part = data;
  const PillionFileShare *share = lock->owner;

  return share->part.device == part->device && share->part.inode == part->inode;
}

static gboolean
has_same_fields (PillionCall *call,
                 PillionCall *other)
{
  const PillionFieldList *mine = &call->request->fields;
  const PillionFieldList *others = &other->request->fields;

  if (mine->n != others->n)
    return FALSE;

  for (guint i = 0; i < mine->n; i += 2)
    if (g_ascii_strcasecmp (mine->strv[i], others->strv[i]) != 0 || strcmp (mine->strv[i + 1], others->strv[i + 1]) != 0)
      return FALSE;

  return TRUE;
}

/* What another method gets depends on more than the URL */
static gboolean
is_get (PillionCall *call)
{
  return strcmp (call->request->method, "GET") == 0;
}

/* Whether both requests get the same response, and fail for the same reasons */
static gboolean
has_same_settings (PillionCall *call,
                   PillionCall *other)
{
  const PillionHttpRequest *mine = call->request;
  const PillionHttpRequest *others = other->request;

  return mine->credentials == others->credentials && mine->max_body_size == others->max_body_size &&
         mine->redirect_policy == others->redirect_policy && mine->allow_downgrade == others->allow_downgrade &&
         pillion_http_request_accepts_same (mine, others);
}

/* Whether the result of one is what the other asked for */
static gboolean
can_share (PillionFileShare *self,
           PillionFileShare *other)
{
  return self->call->engine == other->call->engine && is_get (self->call) && is_get (other->call) &&
         strcmp (self->call->given_url, other->call->given_url) == 0 && has_same_fields (self->call, other->call) &&
         has_same_settings (self->call, other->call) &&
         pillion_http_download_options_equal (self->options, other->options);
}

/* @lock is that of a download that has what this one needs */
static PillionVerdict
join (PillionFileShare *self,
      PillionFileLock *lock,
      GError **error)
{
  PillionFileShare *other = lock->owner;
  const char *path = g_file_peek_path (self->file);

  if (other->ending || can_share (self, other))
    {
      pillion_file_lock_wait_for (&self->lock, lock, !other->ending);
      return PILLION_VERDICT_WAIT;
    }

  if (strcmp (self->call->url, other->call->url) != 0)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_EXISTS, _("another URL is being downloaded to '%s'"), path);
  else
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_EXISTS, _("another download with different options is writing to '%s'"), path);
  return PILLION_VERDICT_FAIL;
}

void
pillion_file_share_init (PillionFileShare *self,
                         GFile *file,
                         gboolean into,
                         PillionHttpDownloadOptions *options)
{
  *self = (PillionFileShare) { .lock.owner = self, .file = file, .into = into, .options = options };
}

PillionVerdict
pillion_file_share_begin (PillionFileShare *self,
                          PillionCall *call,
                          GError **error)
{
  const gboolean by_url = self->into || self->options->name_conflict == PILLION_HTTP_NAME_CONFLICT_UNIQUIFY;
  g_autofree char *key = NULL;
  PillionFileLock *other;

  if (self->lock.key != NULL)
    return PILLION_VERDICT_PASS;

  self->call = call;
  key = g_strconcat (g_file_peek_path (self->file), "\n", by_url ? call->url : NULL, NULL);
  other = pillion_file_lock_take (&self->lock, key);
  return other == NULL ? PILLION_VERDICT_PASS : join (self, other, error);
}

PillionVerdict
pillion_file_share_join (PillionFileShare *self,
                         const PillionFileId *part,
                         GError **error)
{
  /* All zero is no part file. Downloads that have none yet, such as this one, have this identity too. */
  PillionFileLock *other = part->inode != 0 ? pillion_file_lock_find (has_part, part) : NULL;

  return other != NULL ? join (self, other, error) : PILLION_VERDICT_PASS;
}

/* Whether the others that want the same have to try themselves */
static gboolean
is_of_one_only (const GError *error)
{
  return g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED) || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
}

void
pillion_file_share_end (PillionFileShare *self,
                        PillionHttpDownload *download,
                        const GError *error)
{
  pillion_file_lock_stop_waiting (&self->lock);
  pillion_file_lock_release (&self->lock);

  while (self->lock.waiting.head != NULL)
    {
      PillionFileLock *lock = self->lock.waiting.head->data;
      PillionFileShare *other = lock->owner;
      PillionCall *call = other->call;

      pillion_file_lock_stop_waiting (lock);
      if (lock->shares && download != NULL)
        {
          gint64 size = pillion_http_download_get_size (download);

          pillion_call_report_progress (call, size, size);
          pillion_file_share_end (other, download, NULL);
          pillion_task_return_object (pillion_call_finish (call), download);
        }
      else if (lock->shares && error != NULL && !is_of_one_only (error))
        {
          pillion_file_share_end (other, NULL, error);
          pillion_call_finish_failure (call, g_error_copy (error));
        }
      else
        pillion_call_resume (call);
    }
}

void
pillion_file_share_set_progress (PillionFileShare *self,
                                 gint64 completed,
                                 gint64 total)
{
  pillion_call_set_progress (self->call, completed, total);
  for (GList *l = self->lock.waiting.head; l != NULL; l = l->next)
    {
      PillionFileLock *lock = l->data;
      PillionFileShare *other = lock->owner;

      pillion_call_set_progress (other->call, completed, total);
    }
}

gboolean
pillion_file_share_is_alone (PillionFileShare *self)
{
  return self->lock.waiting.length == 0;
}

gboolean
pillion_file_share_is_idle (PillionFileShare *self)
{
  return self->lock.key == NULL && self->lock.waits_for == NULL && self->lock.waiting.length == 0;
}
