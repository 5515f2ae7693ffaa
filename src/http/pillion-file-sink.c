/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-file-sink.h"

#include <inttypes.h>
#include <string.h>

#include <glib/gi18n-lib.h>

#include "core/pillion-private.h"
#include "http/pillion-backoff.h"
#include "http/pillion-call.h"
#include "http/pillion-file-body.h"
#include "http/pillion-file-output.h"
#include "http/pillion-file-place.h"
#include "http/pillion-file-share.h"
#include "http/pillion-http-download-options-private.h"
#include "http/pillion-http-download-private.h"
#include "http/pillion-http-date.h"
#include "http/pillion-http-fields.h"
#include "http/pillion-http-response-private.h"
#include "http/pillion-http-url.h"
#include "http/pillion-mirrors.h"
#include "http/pillion-split.h"

/* A server may send the rest in pieces, but not as many small ones as it likes: each costs a request. Nor may many be shorter than it said. */
#define SMALL_PIECE (64 * 1024)
#define MAX_SMALL_PIECES 100
#define MAX_SHORT_PIECES 5

/* Once further connections were used, this many successive requests may bring next to nothing before the download fails */
#define MAX_FUTILE 5

typedef struct _PillionFileSink PillionFileSink;

struct _PillionFileSink
{
  PillionSink parent;
  PillionHttpDownloadOptions *options; /* its own */

  PillionFilePlace place;
  PillionFileOutput output;
  PillionFileShare share; /* of what comes of it, with others that want the same */
  PillionBacklogEntry in_backlog; /* while it needs only the disk, or waits for others that do */
  gboolean starts_over;  /* once the worker gives the part file back */
  gboolean hands_over;   /* likewise: to the next one that wants the same */
  GError *failure;       /* what the call fails with once the worker gives the part file back */

  gboolean conditional;  /* whether the server was asked for a newer version only */

  PillionMirrors mirrors;
  char *source;          /* what the last request went to, and what a part of it came from */
  gboolean foreign;      /* what is in the part file came from another source, and only the digest can tell whether it fits */
  gboolean pieced;       /* the part file has bytes of several responses */
  gboolean anew;         /* nothing is to be continued any more, and no ranges are requested */
  gboolean afresh;       /* the next request begins at the beginning */
  gint64 asked;          /* the offset that the request is about, 0 if it is about all */
  char range[64];
  PillionSplit *split;   /* NULL without a part file */
  PillionClaim rest;     /* what the call's own connection fetches */
  gboolean idle;         /* other connections fetch everything that is left */
  PillionFileBody body;  /* what comes now */
  guint n_small_pieces;
  guint n_short_pieces;
  gboolean undivided;    /* a rest was answered with all of the file: no further connections any more */
  gboolean divided;      /* the part file has bytes that a further connection received */
  gint64 had;            /* how much the part file had when the last request was sent */
  PillionBackoff backoff;
  gint64 resumed_from;
  PillionHttpResponse *response; /* of the last request, or NULL; without its body */
};

static const PillionSplitFuncs split_funcs;

/* What comes of another method depends on more than the URL */
static gboolean
can_continue (PillionFileSink *self)
{
  return strcmp (self->parent.call->request->method, "GET") == 0;
}

static PillionVerdict
file_begin (PillionSink *sink,
            GError **error)
{
  PillionFileSink *self = (PillionFileSink *) sink;

  self->hands_over = FALSE;
  return pillion_file_share_begin (&self->share, sink->call, error);
}

/* Validators are of use within one of these only: whatever is meant to be equal elsewhere may have the same tag, date and length, and be another
 * version all the same */
static char *
make_source (PillionFileSink *self)
{
  const PillionCall *call = self->parent.call;

  return g_strconcat (call->other_url != NULL ? call->other_url : call->url, " ", call->origin, NULL);
}

/* Whether a worker has the part file, or the file that is there */
static gboolean
is_at_work (PillionFileSink *self)
{
  return self->output.at_work || self->place.checking;
}

/* What follows in the part file comes from another source. WAIT: the worker is at the record, and the call is resumed when it gives it back. */
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
      self->split = pillion_split_new (self->parent.call, self->output.part, &split_funcs, self);
      return PILLION_VERDICT_PASS;
    }

  /* The same target by another path */
  verdict = pillion_file_share_join (&self->share, &busy, error);
  if (verdict != PILLION_VERDICT_PASS)
    return verdict;

  g_propagate_error (error, g_steal_pointer (&local));
  return PILLION_VERDICT_FAIL;
}

/* All other connections are dropped, and nothing is claimed */
static void
reset_split (PillionFileSink *self)
{
  pillion_split_release (self->split, &self->rest);
  pillion_split_free (self->split);
  self->split = pillion_split_new (self->parent.call, self->output.part, &split_funcs, self);
}

/* What has come can't be continued, and is of no use. FALSE: a worker is at it, and the call is resumed when it gives it back. */
static gboolean
start_over (PillionFileSink *self)
{
  self->starts_over = self->output.at_work;
  if (self->output.at_work)
    return FALSE;

  pillion_file_output_reset (&self->output);
  reset_split (self);
  return TRUE;
}

/* What is left is fetched by others, who say when there is something to do */
static PillionVerdict
be_idle (PillionFileSink *self)
{
  pillion_split_release (self->split, &self->rest);
  self->idle = TRUE;
  return PILLION_VERDICT_WAIT;
}

/* Finds out what the next request is about. FALSE: about nothing, because others fetch it, or are about to notice that
 * they have fetched everything. */
static gboolean
claim_rest (PillionFileSink *self)
{
  PillionPartFile *part = self->output.part;

  pillion_split_release (self->split, &self->rest);
  /* What this download has written itself is continued whatever the options say */
  if (self->anew || self->afresh || !can_continue (self) || (!self->output.writing && !self->options->resume))
    self->asked = 0;
  else
    self->asked = pillion_part_file_get_offset (part);
  if (self->asked == 0)
    return TRUE;
  if (part->size == part->record.length && pillion_split_is_active (self->split))
    return FALSE;

  if (part->record.length < 0 || part->size == part->record.length)
    pillion_split_add (self->split, &self->rest, self->asked, part->record.length < 0 ? G_MAXINT64 : part->record.length);
  else if (!pillion_split_take (self->split, &self->rest))
    return FALSE;

  self->asked = self->rest.next;
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

  self->had = self->output.part != NULL ? pillion_part_file_get_received (self->output.part) : 0;
  g_free (self->source);
  self->source = make_source (self);
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

  if (!claim_rest (self))
    return be_idle (self);
  if (self->asked == 0 && self->output.writing && !start_over (self))
    return PILLION_VERDICT_WAIT;
  if (self->asked > 0 && self->foreign && (verdict = mix_part (self, error)) != PILLION_VERDICT_PASS)
    return verdict;
  if (self->asked > 0)
    {
      if (self->rest.end < self->output.part->record.length)
        g_snprintf (self->range, sizeof self->range, "bytes=%" PRId64 "-%" PRId64, self->asked, self->rest.end - 1);
      else
        g_snprintf (self->range, sizeof self->range, "bytes=%" PRId64 "-", self->asked);
      pillion_field_list_append (fields, "Range", self->range);
      if (!self->foreign)
        pillion_field_list_append (fields, "If-Range", pillion_part_file_get_validator (self->output.part));
    }

  self->conditional = !self->output.writing && pillion_file_origin_add_conditions (&self->place.origin, self->source, fields);

  return PILLION_VERDICT_PASS;
}

static gboolean
is_the_rest (PillionFileSink *self,
             const PillionHead *head)
{
  if (!pillion_file_body_take_rest (&self->body, head, &self->output.part->record, self->asked, self->foreign))
    return FALSE;

  self->rest.end = MIN (self->rest.end, self->body.end);
  return TRUE;
}

static PillionVerdict
begin_anew (PillionFileSink *self,
            const PillionHead *head,
            GError **error)
{
  const char *etag;
  const char *last_modified;

  pillion_file_body_take_whole (&self->body, head, &etag, &last_modified);
  self->resumed_from = 0;
  if (!pillion_part_file_begin (self->output.part, self->source, etag, last_modified, self->place.into ? self->place.target->name : NULL,
                                self->body.total, error))
    return PILLION_VERDICT_FAIL;

  self->afresh = self->foreign = self->pieced = self->divided = FALSE;
  pillion_split_add (self->split, &self->rest, 0, self->body.end >= 0 ? self->body.end : G_MAXINT64);
  return PILLION_VERDICT_PASS;
}

static PillionVerdict
continue_part (PillionFileSink *self,
               GError **error)
{
  self->pieced = TRUE;
  /* Where this goes on within one download, a worker may be at the file */
  if (self->output.writing)
    return PILLION_VERDICT_PASS;

  if (!pillion_part_file_continue (self->output.part, self->body.begun, error))
    return PILLION_VERDICT_FAIL;

  self->resumed_from = pillion_part_file_get_received (self->output.part);
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

/* Whether the rest can be fetched over several connections */
static gboolean
can_split (PillionFileSink *self,
           const PillionHead *head)
{
  const char *units = head->get_field (head, "Accept-Ranges");
  PillionPartFile *part = self->output.part;

  return can_continue (self) && !head->stored && !self->anew && !self->undivided && !part->record.mixed && self->body.coding == NULL &&
         part->record.length > 0 && pillion_part_file_get_validator (part) != NULL &&
         (units == NULL || g_ascii_strcasecmp (units, "bytes") == 0);
}

/* What a server says that can't send a range, or not this one */
static gboolean
refuses_range (guint status)
{
  return status == 400 || status == 416 || status == 501;
}

/* A server that is busy, or has enough of us */
static gboolean
is_busy_status (guint status)
{
  return status == 403 || status == 408 || status == 429 || status >= 500;
}

/* Without further connections, one response might have brought everything. They are why there is another request, or
 * why the server broke off the first response, even if they brought nothing themselves. So a response that is cut
 * short or refused is no failure as long as more arrives. */
static PillionVerdict
go_on (PillionFileSink *self)
{
  if (!self->divided && (self->split == NULL || !pillion_split_disturbs (self->split)))
    return PILLION_VERDICT_PASS;

  if (pillion_part_file_get_received (self->output.part) - self->had >= SMALL_PIECE)
    {
      self->backoff.n = 0;
      return PILLION_VERDICT_AGAIN;
    }

  if (self->backoff.n == MAX_FUTILE)
    return PILLION_VERDICT_PASS;

  pillion_split_release (self->split, &self->rest);
  pillion_backoff_start (&self->backoff, self->parent.call, pillion_backoff_get_delay (&self->backoff));
  return PILLION_VERDICT_WAIT;
}

static PillionVerdict
file_head (PillionSink *sink,
            const PillionHead *head,
            GError **error)
{
  PillionFileSink *self = (PillionFileSink *) sink;
  PillionVerdict verdict;

  /* Everything has come over other connections meanwhile */
  if (self->output.finishing)
    return PILLION_VERDICT_WAIT;

  pillion_file_body_take_coding (&self->body, head, sink->call);
  if (self->asked > 0 && (head->status == 206 ? self->body.coding != NULL || !is_the_rest (self, head) : refuses_range (head->status)))
    {
      self->anew = TRUE;
      return PILLION_VERDICT_AGAIN;
    }

  if (self->asked > 0 && head->status == 206 && !self->foreign && g_strcmp0 (self->output.part->record.source, self->source) != 0)
    {
      self->foreign = pillion_file_output_has_digest (&self->output) && self->output.part->record.length >= 0;
      self->anew = !self->foreign;
      verdict = self->foreign ? mix_part (self, error) : PILLION_VERDICT_AGAIN;
      if (verdict != PILLION_VERDICT_PASS)
        return verdict;
    }

  if (head->status == 304 && self->conditional)
    {
      take_fields (self, head);
      return pillion_file_place_leave (&self->place, PILLION_HTTP_DOWNLOAD_OUTCOME_NOT_MODIFIED, error) ? PILLION_VERDICT_PASS : PILLION_VERDICT_FAIL;
    }

  /* The other connections may continue all the same */
  if (self->split != NULL && pillion_split_is_active (self->split) && is_busy_status (head->status))
    {
      pillion_split_limit (self->split);
      return be_idle (self);
    }
  if (is_busy_status (head->status) && (verdict = go_on (self)) != PILLION_VERDICT_PASS)
    return verdict;

  /* No Content and Reset Content are no file, and least of all one to replace another */
  if (head->status < 200 || head->status > 299 || head->status == 204 || head->status == 205 ||
      !pillion_http_request_accepts_status (sink->call->request, head->status))
    return PILLION_VERDICT_REFUSED;

  /* Another version, or a server that knows no ranges: what has come is of no use. Further connections must not make a
   * server begin again and again that ends every response early. */
  if (head->status != 206 && self->output.writing && self->asked > 0)
    self->undivided = TRUE;
  if (head->status != 206 && self->output.writing && !start_over (self))
    return PILLION_VERDICT_WAIT;

  if (head->status == 206 && self->asked == 0)
    {
      g_set_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_PROTOCOL,
                   _("unexpected status %u: the server sent a different part of the file, or one that was not requested"),
                   head->status);
      return PILLION_VERDICT_FAIL;
    }

  if (!pillion_file_place_take_name (&self->place, sink->call, head, self->output.part->record.name, error))
    return PILLION_VERDICT_FAIL;

  take_fields (self, head);
  if (pillion_file_place_stays (&self->place, sink->call, head, &self->body, self->source, !self->output.writing))
    return PILLION_VERDICT_DONE;

  verdict = head->status == 206 ? continue_part (self, error) : begin_anew (self, head, error);
  if (verdict != PILLION_VERDICT_PASS)
    return verdict;

  if (!self->output.writing)
    pillion_file_output_begin (&self->output, head, self->body.coding != NULL);
  pillion_split_follow (self->split, can_split (self, head));
  /* Together, so that the host is told of both at once */
  pillion_task_set_unit (sink->call->task, "bytes");
  pillion_task_set_progress (sink->call->task, pillion_part_file_get_received (self->output.part), self->body.total);

  return PILLION_VERDICT_PASS;
}

static gboolean
write_at (PillionFileSink *self,
          gint64 offset,
          const guint8 *bytes,
          gsize length,
          GError **error)
{
  if (!pillion_file_output_write (&self->output, offset, bytes, length, error))
    return FALSE;

  pillion_file_share_set_progress (&self->share, pillion_part_file_get_received (self->output.part), self->body.total);
  return TRUE;
}

/* To continue later, or for another download to do so */
static void
leave_part (PillionFileSink *self)
{
  self->share.part = (PillionFileId) { 0 };
  if (self->split != NULL)
    {
      pillion_split_release (self->split, &self->rest);
      g_clear_pointer (&self->split, pillion_split_free);
    }
  pillion_file_output_close (&self->output, can_continue (self));
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
  else if (self->split != NULL)
    reset_split (self);

  if (self->idle)
    {
      /* With nobody else there is something to do again, when the call goes on */
      self->idle = FALSE;
      pillion_call_resume (sink->call);
    }
}

/* Nothing has come yet: the files are opened again for the next request. A thousand downloads that wait for a server to come back would
 * keep two thousand descriptors. */
static void
file_rest (PillionSink *sink)
{
  PillionFileSink *self = (PillionFileSink *) sink;

  if (self->place.target == NULL || self->output.writing || is_at_work (self) || self->idle || self->output.finishing
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
    .resumed_from = self->resumed_from,
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
  part->origin_source = self->source;
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
  g_clear_pointer (&self->split, pillion_split_free);
  pillion_file_output_close (&self->output, FALSE);
  succeed (self);
}

/* Everything has come */
static void
finish (PillionFileSink *self)
{
  PillionCall *call = self->parent.call;
  GError *error = NULL;

  g_clear_pointer (&self->split, pillion_split_free);
  if (!pillion_part_file_seal (self->output.part, &error))
    {
      pillion_call_fail (call, error);
      return;
    }

  date_part (self);
  pillion_task_set_progress (call->task, self->output.part->size, self->output.part->size);
  self->body.total = self->output.part->size;
  pillion_backlog_enter (&call->engine->backlog, &self->in_backlog);
  pillion_file_output_finish (&self->output);
}

static void
split_allow_holes (gpointer data)
{
  PillionFileSink *self = data;

  pillion_file_output_allow_holes (&self->output);
}

static gboolean
split_write (gpointer data,
             gint64 offset,
             const guint8 *bytes,
             gsize length)
{
  PillionFileSink *self = data;
  GError *error = NULL;

  self->pieced = self->divided = TRUE;
  if (write_at (self, offset, bytes, length, &error))
    return TRUE;

  pillion_call_fail (self->parent.call, error);
  return FALSE;
}

static void
split_changed (gpointer data)
{
  PillionFileSink *self = data;

  if (self->output.part->size == self->body.total)
    {
      finish (self);
    }
  else if (self->idle)
    {
      self->idle = FALSE;
      pillion_call_resume (self->parent.call);
    }
}

static const PillionSplitFuncs split_funcs = {
  .allow_holes = split_allow_holes,
  .write = split_write,
  .changed = split_changed,
};

static gboolean
file_body (PillionSink *sink,
            const guint8 *bytes,
            gsize length,
            GError **error)
{
  PillionFileSink *self = (PillionFileSink *) sink;
  PillionCall *call = sink->call;

  if (self->body.end >= 0 && (gint64) length > self->body.end - self->rest.next)
    {
      g_set_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_LENGTH_MISMATCH,
                   _("the server announced %" PRId64 " bytes but sent more"), self->body.end - self->body.begun);
      return FALSE;
    }

  while (length > 0)
    {
      gsize n = (gsize) MIN ((gint64) length, self->rest.end - self->rest.next);
      gint64 before = pillion_http_engine_get_now (call->engine);

      if (!write_at (self, self->rest.next, bytes, n, error))
        return FALSE;

      self->rest.next += (gint64) n;
      bytes += n;
      length -= n;
      pillion_split_note (self->split, n, pillion_http_engine_get_now (call->engine) - before);

      /* What follows is there, or comes over another connection */
      if (self->rest.next == self->rest.end && self->rest.end < self->body.end &&
          !pillion_split_extend (self->split, &self->rest, self->body.end))
        {
          pillion_call_end_exchange (call, NULL);
          return FALSE;
        }
    }

  return TRUE;
}

static void
file_whole (PillionSink *sink)
{
  PillionFileSink *self = (PillionFileSink *) sink;
  PillionCall *call = sink->call;
  gboolean broken_off = self->rest.end < self->body.end;

  if (self->place.outcome != PILLION_HTTP_DOWNLOAD_OUTCOME_SAVED)
    {
      end_without_body (self);
      return;
    }

  if (self->output.finishing)
    return;

  if (self->body.end >= 0 && self->rest.next != self->rest.end)
    {
      if (self->asked == 0)
        {
          pillion_call_fail (call, g_error_new (PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_LENGTH_MISMATCH,
                                                        _("the server announced %" PRId64
                                                          " bytes but sent %" PRId64),
                                                        self->body.end - self->body.begun, self->rest.next - self->body.begun));
          return;
        }
      self->n_short_pieces++;
    }

  pillion_split_release (self->split, &self->rest);

  /* A server may send less of the rest than it was asked for */
  if (self->body.total >= 0 && self->output.part->size < self->body.total)
    {
      if (!broken_off && self->rest.next - self->body.begun < SMALL_PIECE)
        self->n_small_pieces++;
      if (self->n_small_pieces > MAX_SMALL_PIECES || self->n_short_pieces > MAX_SHORT_PIECES)
        self->anew = TRUE;

      pillion_call_send (call);
      return;
    }

  finish (self);
}

/* Whether the server broke the connection, or accepts no other one */
static gboolean
is_cut_or_refused (const GError *error)
{
  return g_error_matches (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_TRUNCATED) ||
         g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CONNECTION_CLOSED) ||
         g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED);
}

/* While something arrives over other connections, the call's own one may be lost */
static PillionVerdict
file_lost (PillionSink *sink,
           const GError *error)
{
  PillionFileSink *self = (PillionFileSink *) sink;

  if (self->output.finishing)
    return PILLION_VERDICT_WAIT;
  if (self->split == NULL || (error->domain == PILLION_HTTP_ERROR && error->code != PILLION_HTTP_ERROR_TRUNCATED))
    return PILLION_VERDICT_PASS;
  if (pillion_split_is_active (self->split))
    return be_idle (self);

  return is_cut_or_refused (error) ? go_on (self) : PILLION_VERDICT_PASS;
}

/* Whether the bytes themselves are at fault */
static gboolean
is_about_content (const GError *error)
{
  return g_error_matches (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_DIGEST_MISMATCH) ||
         g_error_matches (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_LENGTH_MISMATCH);
}

static gboolean
file_recover (PillionSink *sink,
              const GError *error)
{
  PillionFileSink *self = (PillionFileSink *) sink;
  const gboolean is_wrong = self->output.writing && error->domain == PILLION_HTTP_ERROR && error->code != PILLION_HTTP_ERROR_TRUNCATED;
  g_autofree char *source = NULL;

  /* Bytes of several responses that don't fit together may be good if they are of one */
  self->anew = is_wrong && self->pieced && is_about_content (error);
  if (!self->anew && !(pillion_mirrors_may_help (&self->mirrors, error) && pillion_mirrors_go_on (&self->mirrors, sink->call)))
    return FALSE;

  /* From here on it needs the network again */
  pillion_backlog_leave (&sink->call->engine->backlog, &self->in_backlog);
  source = make_source (self);
  self->foreign = FALSE;
  self->afresh = is_wrong;
  self->output.finishing = FALSE;
  self->idle = FALSE;
  if (self->output.part != NULL)
    {
      if (self->split != NULL)
        reset_split (self);
      else
        self->split = pillion_split_new (sink->call, self->output.part, &split_funcs, self);
      if (!is_wrong && g_strcmp0 (self->output.part->record.source, source) != 0)
        {
          self->foreign = pillion_file_output_has_digest (&self->output) && self->output.part->record.length >= 0;
          self->afresh = !self->foreign;
        }
    }

  return TRUE;
}

/* Whether another attempt may continue after this error */
static gboolean
is_worth_keeping (PillionFileSink *self,
                  const GError *error)
{
  if (!can_continue (self))
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
    pillion_split_set_ready (self->split);
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

  g_clear_pointer (&self->split, pillion_split_free);
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

  g_assert (self->split == NULL && pillion_file_share_is_idle (&self->share));

  /* The call is missing if its request was refused */
  if (sink->call != NULL)
    pillion_backlog_leave (&sink->call->engine->backlog, &self->in_backlog);

  pillion_file_output_clear (&self->output);
  g_free (self->source);
  pillion_sync_unref (self->options);
  pillion_file_place_clear (&self->place);
  pillion_file_body_clear (&self->body);
  pillion_backoff_clear (&self->backoff);
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
  self->options = options;
  self->mirrors.urls = options->mirrors;
  pillion_file_share_init (&self->share, file, into, options);
  pillion_file_body_init (&self->body);

  return &self->parent;
}
