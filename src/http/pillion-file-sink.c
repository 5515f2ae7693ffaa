/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-file-sink.h"

#include <string.h>

#include <glib/gi18n-lib.h>

#include "core/pillion-private.h"
#include "http/pillion-call.h"
#include "http/pillion-file-body.h"
#include "http/pillion-file-output.h"
#include "http/pillion-file-place.h"
#include "http/pillion-file-rest.h"
#include "http/pillion-file-share.h"
#include "http/pillion-http-download-options-private.h"
#include "http/pillion-http-download-private.h"
#include "http/pillion-http-date.h"
#include "http/pillion-http-fields.h"
#include "http/pillion-http-response-private.h"
#include "http/pillion-http-url.h"
#include "http/pillion-mirrors.h"

typedef struct _PillionFileSink PillionFileSink;

struct _PillionFileSink
{
  PillionSink parent;
  PillionHttpDownloadOptions *options; /* its own */

  PillionFilePlace place;
  PillionFileOutput output;
  PillionFileBody body;  /* what the current response brings */
  PillionFileRest rest;
  PillionFileShare share; /* of the result, with others that want the same */
  PillionBacklogEntry in_backlog; /* while it needs only the disk, or waits for others that do */
  gboolean starts_over;  /* once the worker gives the part file back */
  gboolean hands_over;   /* likewise: to the next one that wants the same */
  GError *failure;       /* what the call fails with once the worker gives the part file back */

  gboolean conditional;  /* whether the server was asked for a newer version only */

  PillionMirrors mirrors;
  PillionHttpResponse *response; /* of the last request, or NULL; without its body */
};

static PillionVerdict
file_begin (PillionSink *sink,
            GError **error)
{
  PillionFileSink *self = (PillionFileSink *) sink;

  self->hands_over = FALSE;
  return pillion_file_share_begin (&self->share, sink->call, error);
}

/* Whether a worker has the part file, or the file that is there */
static gboolean
is_at_work (PillionFileSink *self)
{
  return self->output.at_work || self->place.checking;
}

/* Records that the rest of the part file comes from another source. WAIT: a worker has the file; the call is resumed when it gives the file back. */
static PillionVerdict
mix_part (PillionFileSink *self,
          GError **error)
{
  if (self->output.part->record.mixed)
    return PILLION_VERDICT_PASS;

  self->starts_over = self->output.at_work;
  if (self->output.at_work)
    return PILLION_VERDICT_WAIT;

  return pillion_part_file_mix (self->output.part, error) ? PILLION_VERDICT_PASS : PILLION_VERDICT_FAIL;
}

static PillionVerdict
open_part (PillionFileSink *self,
           GError **error)
{
  g_autofree char *base = pillion_file_place_make_part_base (&self->place, self->parent.call->url);
  g_autoptr (GError) local = NULL;
  PillionVerdict verdict;
  PillionFileId busy;

  if (pillion_file_output_open (&self->output, self->parent.call->engine, self->place.target, base, self->parent.call->url, &busy, &local))
    {
      self->share.part = self->output.part->id;
      pillion_file_rest_open (&self->rest);
      return PILLION_VERDICT_PASS;
    }

  /* The same target by another path */
  verdict = pillion_file_share_join (&self->share, &busy, error);
  if (verdict != PILLION_VERDICT_PASS)
    return verdict;

  g_propagate_error (error, g_steal_pointer (&local));
  return PILLION_VERDICT_FAIL;
}

/* Discards what was written, because it can't be continued. FALSE: a worker has the file; the call is resumed when it gives the file back. */
static gboolean
start_over (PillionFileSink *self)
{
  self->starts_over = self->output.at_work;
  if (self->output.at_work)
    return FALSE;

  pillion_file_output_reset (&self->output);
  pillion_file_rest_open (&self->rest);
  return TRUE;
}

static void
resume_call (gpointer data)
{
  PillionFileSink *self = data;

  pillion_call_resume (self->parent.call);
}

static PillionVerdict
file_request (PillionSink *sink,
               PillionFieldList *fields,
               GError **error)
{
  PillionFileSink *self = (PillionFileSink *) sink;
  PillionVerdict verdict;

  /* A worker may be at the file, and at the source that the file remembers */
  if (self->output.finishing)
    return PILLION_VERDICT_WAIT;

  /* Without open files yet it can wait until others have closed theirs */
  if (self->place.target == NULL && pillion_backlog_is_full (&sink->call->engine->backlog))
    {
      pillion_backlog_wait (&sink->call->engine->backlog, &self->in_backlog, sink->call->request->priority, resume_call, self);
      return PILLION_VERDICT_WAIT;
    }

  pillion_file_rest_prepare (&self->rest, sink->call);
  if (!pillion_file_place_open (&self->place, error))
    return PILLION_VERDICT_FAIL;
  if (self->place.target->kept)
    return pillion_file_place_leave (&self->place, PILLION_HTTP_DOWNLOAD_OUTCOME_KEPT, error) ? PILLION_VERDICT_DONE : PILLION_VERDICT_FAIL;
  if (pillion_file_place_look (&self->place, sink->call))
    {
      pillion_backlog_enter (&sink->call->engine->backlog, &self->in_backlog);
      return PILLION_VERDICT_WAIT;
    }
  if (self->place.outcome != PILLION_HTTP_DOWNLOAD_OUTCOME_SAVED)
    return pillion_file_place_leave (&self->place, self->place.outcome, error) ? PILLION_VERDICT_DONE : PILLION_VERDICT_FAIL;

  if (self->output.part == NULL && (verdict = open_part (self, error)) != PILLION_VERDICT_PASS)
    return verdict;

  if (!pillion_file_rest_claim (&self->rest, self->options->resume))
    return pillion_file_rest_be_idle (&self->rest);
  if (self->rest.asked == 0 && self->output.writing && !start_over (self))
    return PILLION_VERDICT_WAIT;
  if (self->rest.asked > 0 && self->rest.foreign && (verdict = mix_part (self, error)) != PILLION_VERDICT_PASS)
    return verdict;

  pillion_file_rest_add_fields (&self->rest, fields);
  self->conditional = !self->output.writing && pillion_file_origin_add_conditions (&self->place.origin, self->rest.source, fields);

  return PILLION_VERDICT_PASS;
}

static void
take_fields (PillionFileSink *self,
             const PillionHead *head)
{
  g_clear_object (&self->response);
  self->response = pillion_call_make_response (self->parent.call, head);
  pillion_file_body_take_fields (&self->body, head);
}

static PillionVerdict
file_head (PillionSink *sink,
            const PillionHead *head,
            GError **error)
{
  PillionFileSink *self = (PillionFileSink *) sink;
  PillionVerdict verdict;

  /* Meanwhile, everything was received over other connections */
  if (self->output.finishing)
    return PILLION_VERDICT_WAIT;

  pillion_file_body_take_coding (&self->body, head, sink->call);
  if (!pillion_file_rest_accepts (&self->rest, head))
    return PILLION_VERDICT_AGAIN;

  if (pillion_file_rest_has_moved (&self->rest, head))
    {
      verdict = self->rest.foreign ? mix_part (self, error) : PILLION_VERDICT_AGAIN;
      if (verdict != PILLION_VERDICT_PASS)
        return verdict;
    }

  if (head->status == 304 && self->conditional)
    {
      take_fields (self, head);
      return pillion_file_place_leave (&self->place, PILLION_HTTP_DOWNLOAD_OUTCOME_NOT_MODIFIED, error) ? PILLION_VERDICT_PASS : PILLION_VERDICT_FAIL;
    }

  verdict = pillion_file_rest_be_refused (&self->rest, head);
  if (verdict != PILLION_VERDICT_PASS)
    return verdict;

  /* No Content and Reset Content are no file, and least of all one to replace another */
  if (head->status == 204 || head->status == 205 || !pillion_call_accepts_status (sink->call, head->status))
    return PILLION_VERDICT_REFUSED;

  /* Another version, or a server without ranges: what was received is of no use. Further connections must not make a
   * server begin again and again that ends every response early. */
  if (head->status != 206 && self->output.writing && self->rest.asked > 0)
    self->rest.undivided = TRUE;
  if (head->status != 206 && self->output.writing && !start_over (self))
    return PILLION_VERDICT_WAIT;

  if (head->status == 206 && self->rest.asked == 0)
    {
      g_set_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_PROTOCOL,
                   _("unexpected status %u: the server sent a different part of the file, or one that was not requested"),
                   head->status);
      return PILLION_VERDICT_FAIL;
    }

  if (!pillion_file_place_take_name (&self->place, sink->call, head, self->output.part->record.name, error))
    return PILLION_VERDICT_FAIL;

  take_fields (self, head);
  if (pillion_file_place_stays (&self->place, sink->call, head, &self->body, self->rest.source, !self->output.writing))
    return PILLION_VERDICT_DONE;

  if (head->status == 206 ? !pillion_file_rest_continue (&self->rest, error)
                          : !pillion_file_rest_begin (&self->rest, head, self->place.into ? self->place.target->name : NULL, error))
    return PILLION_VERDICT_FAIL;

  if (!self->output.writing)
    pillion_file_output_begin (&self->output, head, self->body.coding != NULL);
  pillion_file_rest_follow (&self->rest, head);
  pillion_call_report_progress (sink->call, pillion_part_file_get_received (self->output.part), self->body.total);

  return PILLION_VERDICT_PASS;
}

/* To continue later, or for another download to do so */
static void
leave_part (PillionFileSink *self)
{
  self->share.part = (PillionFileId) { 0 };
  pillion_file_rest_close (&self->rest);
  pillion_file_output_close (&self->output, pillion_file_rest_can_continue (self->parent.call));
}

/* This one is paused: another one that wants the same goes on, and is joined when the pause ends */
static void
hand_over (PillionFileSink *self)
{
  self->hands_over = self->starts_over = FALSE;
  leave_part (self);
  pillion_file_output_reset (&self->output);
  pillion_file_share_end (&self->share, NULL, NULL);
}

static void
file_hold (PillionSink *sink)
{
  PillionFileSink *self = (PillionFileSink *) sink;

  self->hands_over = !self->output.finishing && !pillion_file_share_is_alone (&self->share);
  if (self->hands_over && !is_at_work (self))
    hand_over (self);
  else if (self->rest.split != NULL)
    pillion_file_rest_open (&self->rest);

  /* Without others there is something to do again when the call goes on */
  pillion_file_rest_wake (&self->rest);
}

/* Nothing was received yet, so the files can be closed, and opened again for the next request. A thousand downloads that wait for a server to come back would
 * keep two thousand descriptors. */
static void
file_rest (PillionSink *sink)
{
  PillionFileSink *self = (PillionFileSink *) sink;

  if (self->place.target == NULL || self->output.writing || is_at_work (self) || self->rest.idle || self->output.finishing
      || self->place.outcome != PILLION_HTTP_DOWNLOAD_OUTCOME_SAVED || !pillion_file_share_is_alone (&self->share))
    return;

  leave_part (self);
  pillion_file_place_close (&self->place);
}

static void
succeed (PillionFileSink *self)
{
  PillionCall *call = self->parent.call;
  PillionHttpDownloadFacts facts = {
    .url = g_strdup (call->url),
    .file = pillion_file_place_make_file (&self->place),
    .size = self->body.total,
    .resumed_from = self->rest.resumed_from,
    .digest = self->place.outcome != PILLION_HTTP_DOWNLOAD_OUTCOME_KEPT ? g_strdup (self->options->digest) : NULL,
    .etag = g_steal_pointer (&self->body.etag),
    .content_type = g_steal_pointer (&self->body.content_type),
    .content_coding = g_steal_pointer (&self->body.coding),
    .integrity = PILLION_HTTP_INTEGRITY_UNKNOWN,
    .outcome = self->place.outcome,
    .response = g_steal_pointer (&self->response),
  };
  PillionHttpDownload *download;

  if (facts.response != NULL)
    pillion_http_response_set_ended (facts.response, pillion_http_engine_get_now (call->engine));
  if (facts.digest != NULL)
    {
      facts.integrity = PILLION_HTTP_INTEGRITY_DIGEST;
    }
  else if (self->place.outcome == PILLION_HTTP_DOWNLOAD_OUTCOME_SAVED && self->output.server_digest != NULL)
    {
      facts.integrity = PILLION_HTTP_INTEGRITY_SERVER_DIGEST;
      facts.digest = g_strdup (self->output.server_digest);
    }
  else if (self->place.outcome == PILLION_HTTP_DOWNLOAD_OUTCOME_SAVED && self->body.delimited)
    facts.integrity = PILLION_HTTP_INTEGRITY_LENGTH;

  download = pillion_http_download_new (&facts);
  pillion_file_share_end (&self->share, download, NULL);
  pillion_private_task_take_object (pillion_call_finish (call), download);
}

/* What the file says of itself later, once it is in its place */
static void
date_part (PillionFileSink *self)
{
  PillionPartFile *part = self->output.part;
  const gboolean only_if_changed = self->options->only_if_changed;

  part->dated = (only_if_changed || self->options->preserve_time) && self->body.last_modified != NULL &&
                pillion_http_parse_date (self->body.last_modified, &part->date);
  part->remembers = only_if_changed;
  part->origin_source = self->rest.source;
  part->origin_etag = self->body.etag;
  part->origin_last_modified = self->body.last_modified;
}

/* The file that was there stays */
static void
end_without_body (PillionFileSink *self)
{
  GError *error = NULL;

  if (!pillion_target_get_size (self->place.target, &self->body.total, &error))
    {
      pillion_call_fail (self->parent.call, error);
      return;
    }

  /* What there was of a new version is of no use */
  pillion_file_rest_close (&self->rest);
  pillion_file_output_close (&self->output, FALSE);
  succeed (self);
}

/* Everything has come */
static void
finish (PillionFileSink *self)
{
  PillionCall *call = self->parent.call;
  GError *error = NULL;

  pillion_file_rest_close (&self->rest);
  if (!pillion_part_file_seal (self->output.part, &error))
    {
      pillion_call_fail (call, error);
      return;
    }

  date_part (self);
  pillion_call_report_progress (call, self->output.part->size, self->output.part->size);
  self->body.total = self->output.part->size;
  pillion_backlog_enter (&call->engine->backlog, &self->in_backlog);
  pillion_file_output_finish (&self->output);
}

static void
report_progress (gpointer data)
{
  PillionFileSink *self = data;

  pillion_file_share_set_progress (&self->share, pillion_part_file_get_received (self->output.part), self->body.total);
}

static void
rest_changed (gpointer data)
{
  PillionFileSink *self = data;

  if (self->output.part->size == self->body.total)
    finish (self);
  else
    pillion_file_rest_wake (&self->rest);
}

static gboolean
file_body (PillionSink *sink,
           const guint8 *bytes,
           gsize length,
           GError **error)
{
  PillionFileSink *self = (PillionFileSink *) sink;
  gboolean is_there;

  if (!pillion_file_rest_receive (&self->rest, bytes, length, &is_there, error))
    return FALSE;

  report_progress (self);
  if (is_there)
    pillion_call_end_exchange (sink->call, NULL);
  return !is_there;
}

static void
file_whole (PillionSink *sink)
{
  PillionFileSink *self = (PillionFileSink *) sink;
  PillionCall *call = sink->call;
  GError *error = NULL;

  if (self->place.outcome != PILLION_HTTP_DOWNLOAD_OUTCOME_SAVED)
    {
      end_without_body (self);
      return;
    }

  if (self->output.finishing)
    return;

  switch (pillion_file_rest_end (&self->rest, &error))
    {
    case PILLION_VERDICT_DONE:
      finish (self);
      break;
    case PILLION_VERDICT_AGAIN:
      pillion_call_send (call);
      break;
    default:
      pillion_call_fail (call, error);
    }
}

static PillionVerdict
file_lost (PillionSink *sink,
           const GError *error)
{
  PillionFileSink *self = (PillionFileSink *) sink;

  return self->output.finishing ? PILLION_VERDICT_WAIT : pillion_file_rest_lose (&self->rest, error);
}

static gboolean
file_recover (PillionSink *sink,
              const GError *error)
{
  PillionFileSink *self = (PillionFileSink *) sink;
  const gboolean is_wrong = self->output.writing && error->domain == PILLION_HTTP_ERROR && error->code != PILLION_HTTP_ERROR_TRUNCATED;

  /* Bytes of several responses that don't fit together may be good if they are of one */
  self->rest.anew = is_wrong && pillion_file_rest_may_not_fit (&self->rest, error);
  if (!self->rest.anew && !(pillion_mirrors_may_help (&self->mirrors, error) && pillion_mirrors_go_on (&self->mirrors, sink->call)))
    return FALSE;

  /* From here on it needs the network again */
  pillion_backlog_leave (&sink->call->engine->backlog, &self->in_backlog);
  self->output.finishing = FALSE;
  pillion_file_rest_recover (&self->rest, sink->call, is_wrong);
  return TRUE;
}

/* Whether another attempt may continue after this error */
static gboolean
is_worth_keeping (PillionFileSink *self,
                  const GError *error)
{
  if (!pillion_file_rest_can_continue (self->parent.call))
    return FALSE;

  /* What a mirror lacks may be where the part came from */
  if (error->domain == PILLION_HTTP_STATUS_ERROR)
    return self->mirrors.n_tried > 0 || (error->code != 404 && error->code != 410);

  /* An error in a response that was not used says nothing about what was there before */
  if (error->domain == PILLION_HTTP_ERROR && self->output.writing)
    return error->code == PILLION_HTTP_ERROR_TRUNCATED;

  return TRUE;
}

static void
put_away (PillionFileSink *self,
          const GError *error)
{
  pillion_file_output_close (&self->output, is_worth_keeping (self, error));
  pillion_file_share_end (&self->share, NULL, error);
}

/* The worker has given the part file back, and the download goes on */
static void
step_on (PillionFileSink *self)
{
  gboolean has_holes;
  GError *error = NULL;

  if (!pillion_file_output_go_on (&self->output, &has_holes, &error))
    pillion_call_fail (self->parent.call, error);
  /* Last, because what has been waiting for this may end the call */
  else if (has_holes)
    pillion_split_set_ready (self->rest.split);
}

static void
output_given_back (gpointer data)
{
  PillionFileSink *self = data;
  PillionCall *call = self->parent.call;

  if (self->output.writer.committed)
    {
      /* A cancellation that came too late to stop it does not undo it */
      g_clear_error (&self->failure);
      if (self->place.target->kept)
        {
          self->place.outcome = PILLION_HTTP_DOWNLOAD_OUTCOME_KEPT;
          pillion_target_get_size (self->place.target, &self->body.total, NULL);
        }
      succeed (self);
    }
  else if (self->failure != NULL)
    {
      put_away (self, self->failure);
      pillion_call_finish_failure (call, g_steal_pointer (&self->failure));
    }
  else if (self->output.writer.error != NULL)
    {
      pillion_call_fail (call, g_steal_pointer (&self->output.writer.error));
    }
  else if (self->hands_over)
    {
      hand_over (self);
      pillion_call_resume (call);
    }
  else if (self->starts_over)
    {
      self->starts_over = FALSE;
      pillion_call_resume (call);
    }
  else
    {
      step_on (self);
    }
}

static void
place_checked (gpointer data)
{
  PillionFileSink *self = data;
  PillionCall *call = self->parent.call;

  pillion_backlog_leave (&call->engine->backlog, &self->in_backlog);
  if (self->failure != NULL)
    {
      put_away (self, self->failure);
      pillion_call_finish_failure (call, g_steal_pointer (&self->failure));
      return;
    }

  if (self->hands_over)
    hand_over (self);
  pillion_call_resume (call);
}

static void
file_fail (PillionSink *sink,
            GError *error)
{
  PillionFileSink *self = (PillionFileSink *) sink;

  pillion_file_rest_close (&self->rest);
  if (is_at_work (self))
    {
      /* The worker has the file: it gives it back soon */
      self->failure = error;
      self->share.ending = TRUE;
      pillion_backlog_enter (&sink->call->engine->backlog, &self->in_backlog);
      pillion_file_output_stop (&self->output);
      pillion_file_place_stop (&self->place);
      return;
    }

  put_away (self, error);
  pillion_call_finish_failure (sink->call, error);
}

static void
file_free (PillionSink *sink)
{
  PillionFileSink *self = (PillionFileSink *) sink;

  g_assert (pillion_file_share_is_idle (&self->share));

  /* The call is missing if its request was refused */
  if (sink->call != NULL)
    pillion_backlog_leave (&sink->call->engine->backlog, &self->in_backlog);

  pillion_file_output_clear (&self->output);
  pillion_file_rest_clear (&self->rest);
  pillion_sync_unref (self->options);
  pillion_file_place_clear (&self->place);
  pillion_file_body_clear (&self->body);
  g_clear_object (&self->response);
  g_free (self);
}

PillionSink *
pillion_file_sink_new (GFile *file,
                       gboolean into,
                       PillionHttpDownloadOptions *options)
{
  static const PillionSinkClass klass = {
    .bulk = TRUE,
    .pausable = TRUE,
    .only_success = TRUE,
    .begin = file_begin,
    .accept_encoding = "identity",
    .request = file_request,
    .head = file_head,
    .body = file_body,
    .whole = file_whole,
    .hold = file_hold,
    .rest = file_rest,
    .lost = file_lost,
    .recover = file_recover,
    .fail = file_fail,
    .free = file_free,
  };
  PillionFileSink *self = g_new0 (PillionFileSink, 1);

  self->parent.klass = &klass;
  pillion_file_place_init (&self->place, file, into, options, place_checked, self);
  pillion_file_output_init (&self->output, options->digest, output_given_back, self);
  pillion_file_rest_init (&self->rest, &self->output, &self->body, report_progress, rest_changed, self);
  self->options = options;
  self->mirrors.urls = options->mirrors;
  pillion_file_share_init (&self->share, file, into, options);
  pillion_file_body_init (&self->body);

  return &self->parent;
}
