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
#include "http/pillion-digest-store.h"
#include "http/pillion-digest.h"
#include "http/pillion-file-body.h"
#include "http/pillion-file-place.h"
#include "http/pillion-file-share.h"
#include "http/pillion-http-download-options-private.h"
#include "http/pillion-http-download-private.h"
#include "http/pillion-http-date.h"
#include "http/pillion-http-fields.h"
#include "http/pillion-http-response-private.h"
#include "http/pillion-http-url.h"
#include "http/pillion-mirrors.h"
#include "http/pillion-part-file.h"
#include "http/pillion-part-writer.h"
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
  PillionPartFile *part;
  PillionFileShare share; /* of what comes of it, with others that want the same */
  PillionPartWriter writer;
  char *server_digest;   /* what the server says the digest is, if the program says nothing */
  GChecksum *checksum;   /* of what is in the part file, as far as this process has computed it, or NULL */
  gint64 hashed;         /* how far that is */
  gboolean writing;      /* whether the writer was set up */
  gboolean at_work;      /* whether a worker has it */
  PillionBacklogEntry in_backlog; /* while it needs only the disk, or waits for others that do */
  gboolean finishing;    /* all has come */
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
  gboolean wants_holes;  /* in the part file, once the worker gives it back */
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

static void step_on_worker (gpointer data);
static void look_on_worker (gpointer data);

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

/* Whether a digest tells in the end if the parts of the file fit together */
static gboolean
has_digest (PillionFileSink *self)
{
  return self->options->digest != NULL || (self->writing && self->server_digest != NULL);
}

/* What follows in the part file comes from another source. WAIT: the worker is at the record, and the call is resumed when it gives it back. */
static PillionVerdict
mix_part (PillionFileSink *self,
          GError **error)
{
  if (self->part->record.mixed)
    return PILLION_VERDICT_PASS;

  self->starts_over = self->at_work;
  if (self->at_work)
    return PILLION_VERDICT_WAIT;

  return pillion_part_file_mix (self->part, error) ? PILLION_VERDICT_PASS : PILLION_VERDICT_FAIL;
}

static PillionVerdict
open_part (PillionFileSink *self,
           GError **error)
{
  g_autofree char *base = pillion_file_place_make_part_base (&self->place, self->parent.call->url);
  g_autoptr (GError) local = NULL;
  PillionVerdict verdict;
  PillionFileId busy;

  self->part = pillion_part_file_open (self->place.target, base, self->parent.call->url, &busy, &local);
  if (self->part != NULL)
    {
      self->share.part = self->part->id;
      if (self->options->digest != NULL)
        self->checksum = pillion_digest_store_take (self->part->fd, strlen (self->options->digest), &self->hashed);
      self->split = pillion_split_new (self->parent.call, self->part, &split_funcs, self);
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
  self->split = pillion_split_new (self->parent.call, self->part, &split_funcs, self);
}

/* What has come can't be continued, and is of no use. FALSE: a worker is at it, and the call is resumed when it gives it back. */
static gboolean
start_over (PillionFileSink *self)
{
  if (self->at_work)
    {
      self->starts_over = TRUE;
      return FALSE;
    }

  self->starts_over = self->wants_holes = FALSE;
  pillion_part_writer_clear (&self->writer);
  self->writing = FALSE;
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
  PillionPartFile *part = self->part;

  pillion_split_release (self->split, &self->rest);
  /* What this download has written itself is continued whatever the options say */
  self->asked = self->anew || self->afresh || !can_continue (self) || (!self->writing && !self->options->resume) ? 0 : pillion_part_file_get_offset (part);
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
  if (self->finishing)
    return PILLION_VERDICT_WAIT;

  /* Without open files yet it can wait until others have closed theirs */
  if (self->place.target == NULL && pillion_backlog_is_full (&sink->call->engine->backlog))
    {
      pillion_backlog_wait (&sink->call->engine->backlog, &self->in_backlog, sink->call->request->priority, resume_call, self);
      return PILLION_VERDICT_WAIT;
    }

  self->had = self->part != NULL ? pillion_part_file_get_received (self->part) : 0;
  g_free (self->source);
  self->source = make_source (self);
  if (!pillion_file_place_open (&self->place, error))
    return PILLION_VERDICT_FAIL;
  if (self->place.target->kept)
    return pillion_file_place_leave (&self->place, PILLION_HTTP_DOWNLOAD_OUTCOME_KEPT, error) ? PILLION_VERDICT_DONE : PILLION_VERDICT_FAIL;
  if (pillion_file_place_look (&self->place, sink->call))
    {
      self->at_work = TRUE;
      pillion_backlog_enter (&sink->call->engine->backlog, &self->in_backlog);
      pillion_http_engine_use_disk (sink->call->engine, look_on_worker, self);
      return PILLION_VERDICT_WAIT;
    }
  if (self->place.outcome != PILLION_HTTP_DOWNLOAD_OUTCOME_SAVED)
    return pillion_file_place_leave (&self->place, self->place.outcome, error) ? PILLION_VERDICT_DONE : PILLION_VERDICT_FAIL;

  if (self->part == NULL && (verdict = open_part (self, error)) != PILLION_VERDICT_PASS)
    return verdict;

  if (!claim_rest (self))
    return be_idle (self);
  if (self->asked == 0 && self->writing && !start_over (self))
    return PILLION_VERDICT_WAIT;
  if (self->asked > 0 && self->foreign && (verdict = mix_part (self, error)) != PILLION_VERDICT_PASS)
    return verdict;
  if (self->asked > 0)
    {
      if (self->rest.end < self->part->record.length)
        g_snprintf (self->range, sizeof self->range, "bytes=%" PRId64 "-%" PRId64, self->asked, self->rest.end - 1);
      else
        g_snprintf (self->range, sizeof self->range, "bytes=%" PRId64 "-", self->asked);
      pillion_field_list_append (fields, "Range", self->range);
      if (!self->foreign)
        pillion_field_list_append (fields, "If-Range", pillion_part_file_get_validator (self->part));
    }

  self->conditional = !self->writing && pillion_file_origin_add_conditions (&self->place.origin, self->source, fields);

  return PILLION_VERDICT_PASS;
}

static gboolean
is_the_rest (PillionFileSink *self,
             const PillionHead *head)
{
  if (!pillion_file_body_take_rest (&self->body, head, &self->part->record, self->asked, self->foreign))
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
  if (!pillion_part_file_begin (self->part, self->source, etag, last_modified, self->place.into ? self->place.target->name : NULL,
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
  if (self->writing)
    return PILLION_VERDICT_PASS;

  if (!pillion_part_file_continue (self->part, self->body.begun, error))
    return PILLION_VERDICT_FAIL;

  self->resumed_from = pillion_part_file_get_received (self->part);
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

  return can_continue (self) && !head->stored && !self->anew && !self->undivided && !self->part->record.mixed && self->body.coding == NULL && self->part->record.length > 0 &&
         pillion_part_file_get_validator (self->part) != NULL && (units == NULL || g_ascii_strcasecmp (units, "bytes") == 0);
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

  if (pillion_part_file_get_received (self->part) - self->had >= SMALL_PIECE)
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

static void
begin_writing (PillionFileSink *self,
               const PillionHead *head)
{
  const char *digest = self->options->digest;

  g_clear_pointer (&self->server_digest, g_free);
  /* It is that of what is sent, and so not of what comes of decoding that */
  if (digest == NULL && self->body.coding == NULL)
    digest = self->server_digest = pillion_digest_from_fields (head->get_field (head, "Repr-Digest"), head->get_field (head, "Digest"));

  pillion_part_writer_init (&self->writer, self->part, digest);
  if (self->checksum != NULL)
    pillion_part_writer_adopt (&self->writer, g_steal_pointer (&self->checksum), self->hashed);
  self->writing = TRUE;
}

static PillionVerdict
file_head (PillionSink *sink,
            const PillionHead *head,
            GError **error)
{
  PillionFileSink *self = (PillionFileSink *) sink;
  PillionVerdict verdict;

  /* Everything has come over other connections meanwhile */
  if (self->finishing)
    return PILLION_VERDICT_WAIT;

  pillion_file_body_take_coding (&self->body, head, sink->call);
  if (self->asked > 0 && (head->status == 206 ? self->body.coding != NULL || !is_the_rest (self, head) : refuses_range (head->status)))
    {
      self->anew = TRUE;
      return PILLION_VERDICT_AGAIN;
    }

  if (self->asked > 0 && head->status == 206 && !self->foreign && g_strcmp0 (self->part->record.source, self->source) != 0)
    {
      self->foreign = has_digest (self) && self->part->record.length >= 0;
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
  if (head->status != 206 && self->writing && self->asked > 0)
    self->undivided = TRUE;
  if (head->status != 206 && self->writing && !start_over (self))
    return PILLION_VERDICT_WAIT;

  if (head->status == 206 && self->asked == 0)
    {
      g_set_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_PROTOCOL,
                   _("unexpected status %u: the server sent a different part of the file, or one that was not requested"),
                   head->status);
      return PILLION_VERDICT_FAIL;
    }

  if (!pillion_file_place_take_name (&self->place, sink->call, head, self->part->record.name, error))
    return PILLION_VERDICT_FAIL;

  take_fields (self, head);
  if (pillion_file_place_stays (&self->place, sink->call, head, &self->body, self->source, !self->writing))
    return PILLION_VERDICT_DONE;

  verdict = head->status == 206 ? continue_part (self, error) : begin_anew (self, head, error);
  if (verdict != PILLION_VERDICT_PASS)
    return verdict;

  if (!self->writing)
    begin_writing (self, head);
  pillion_split_follow (self->split, can_split (self, head));
  /* Together, so that the host is told of both at once */
  pillion_task_set_unit (sink->call->task, "bytes");
  pillion_task_set_progress (sink->call->task, pillion_part_file_get_received (self->part), self->body.total);

  return PILLION_VERDICT_PASS;
}

/* Gives the part file's end to a worker */
static void
take_step (PillionFileSink *self)
{
  self->at_work = TRUE;
  pillion_part_writer_prepare (&self->writer);
  self->writer.last = self->finishing;
  pillion_http_engine_use_disk (self->parent.call->engine, step_on_worker, self);
}

static gboolean
write_at (PillionFileSink *self,
          gint64 offset,
          const guint8 *bytes,
          gsize length,
          GError **error)
{
  if (!pillion_part_file_write (self->part, offset, bytes, length, error))
    return FALSE;

  if (!self->at_work && pillion_part_writer_is_due (&self->writer))
    take_step (self);

  pillion_file_share_set_progress (&self->share, pillion_part_file_get_received (self->part), self->body.total);
  return TRUE;
}

/* For another attempt of this process */
static void
keep_digest (PillionFileSink *self)
{
  const gsize n_digits = strlen (self->options->digest);

  if (self->writing && self->writer.hashed > 0)
    pillion_digest_store_keep (self->part->fd, g_steal_pointer (&self->writer.checksum), n_digits, self->writer.hashed);
  else if (self->checksum != NULL)
    pillion_digest_store_keep (self->part->fd, g_steal_pointer (&self->checksum), n_digits, self->hashed);
}

static void
close_part (PillionFileSink *self,
            gboolean keep)
{
  if (keep && !self->part->doubtful && !self->part->spoiled && self->options->digest != NULL)
    keep_digest (self);
  pillion_part_file_close (g_steal_pointer (&self->part), keep);
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
  if (self->part != NULL)
    close_part (self, can_continue (self));
}

/* This one is paused: another one that wants the same goes on, and is joined when the pause ends */
static void
hand_over (PillionFileSink *self)
{
  self->hands_over = self->starts_over = self->wants_holes = FALSE;
  leave_part (self);
  if (self->writing)
    pillion_part_writer_clear (&self->writer);
  self->writing = FALSE;
  pillion_file_share_end (&self->share, NULL, NULL);
}

static void
file_hold (PillionSink *sink)
{
  PillionFileSink *self = (PillionFileSink *) sink;

  self->hands_over = !self->finishing && !pillion_file_share_is_alone (&self->share);
  if (self->hands_over && !self->at_work)
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

  if (self->place.target == NULL || self->writing || self->at_work || self->idle || self->finishing
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
  else if (self->place.outcome == PILLION_HTTP_DOWNLOAD_OUTCOME_SAVED && self->server_digest != NULL)
    {
      facts.integrity = PILLION_HTTP_INTEGRITY_SERVER_DIGEST;
      facts.digest = g_strdup (self->server_digest);
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
  PillionPartFile *part = self->part;
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
  if (self->part != NULL)
    pillion_part_file_close (g_steal_pointer (&self->part), FALSE);
  succeed (self);
}

/* Everything has come */
static void
finish (PillionFileSink *self)
{
  PillionCall *call = self->parent.call;
  GError *error = NULL;

  g_clear_pointer (&self->split, pillion_split_free);
  if (!pillion_part_file_seal (self->part, &error))
    {
      pillion_call_fail (call, error);
      return;
    }

  date_part (self);
  pillion_task_set_progress (call->task, self->part->size, self->part->size);
  self->finishing = TRUE;
  self->body.total = self->part->size;
  pillion_backlog_enter (&call->engine->backlog, &self->in_backlog);
  if (!self->at_work)
    take_step (self);
}

static void
split_allow_holes (gpointer data)
{
  PillionFileSink *self = data;

  self->wants_holes = TRUE;
  if (!self->at_work)
    take_step (self);
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

  if (self->part->size == self->body.total)
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

  if (self->finishing)
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
  if (self->body.total >= 0 && self->part->size < self->body.total)
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

  if (self->finishing)
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
  const gboolean is_wrong = self->writing && error->domain == PILLION_HTTP_ERROR && error->code != PILLION_HTTP_ERROR_TRUNCATED;
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
  self->finishing = FALSE;
  self->idle = FALSE;
  if (self->part != NULL)
    {
      if (self->split != NULL)
        reset_split (self);
      else
        self->split = pillion_split_new (sink->call, self->part, &split_funcs, self);
      if (!is_wrong && g_strcmp0 (self->part->record.source, source) != 0)
        {
          self->foreign = has_digest (self) && self->part->record.length >= 0;
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
  if (error->domain == PILLION_HTTP_ERROR && self->writing)
    return error->code == PILLION_HTTP_ERROR_TRUNCATED;

  return TRUE;
}

static void
put_away (PillionFileSink *self,
          const GError *error)
{
  if (self->part != NULL)
    close_part (self, is_worth_keeping (self, error));
  pillion_file_share_end (&self->share, NULL, error);
}

/* The worker has given the part file back, and the download goes on */
static void
step_on (PillionFileSink *self)
{
  gboolean wants_holes = self->wants_holes && self->split != NULL;
  GError *error = NULL;

  self->wants_holes = FALSE;
  if (wants_holes && !pillion_part_file_allow_holes (self->part, &error))
    {
      pillion_call_fail (self->parent.call, error);
      return;
    }

  if (self->finishing || pillion_part_writer_is_due (&self->writer))
    take_step (self);
  /* Last, because what has been waiting for this may end the call */
  if (wants_holes)
    pillion_split_set_ready (self->split);
}

static void
step_done (gpointer data)
{
  PillionFileSink *self = data;
  PillionCall *call = self->parent.call;

  self->at_work = FALSE;

  if (self->writer.committed)
    {
      /* A cancellation that came too late to stop it does not undo it */
      self->part = NULL;
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
  else if (self->writer.error != NULL)
    {
      pillion_call_fail (call, g_steal_pointer (&self->writer.error));
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
step_on_worker (gpointer data)
{
  PillionFileSink *self = data;

  pillion_part_writer_step (&self->writer);
  pillion_http_engine_post (self->parent.call->engine, step_done, self);
}

static void
look_done (gpointer data)
{
  PillionFileSink *self = data;
  PillionCall *call = self->parent.call;

  self->at_work = FALSE;
  pillion_backlog_leave (&call->engine->backlog, &self->in_backlog);
  if (self->failure != NULL)
    {
      put_away (self, self->failure);
      pillion_call_finish_failure (call, g_steal_pointer (&self->failure));
      return;
    }

  pillion_file_place_end_check (&self->place);
  if (self->hands_over)
    hand_over (self);
  pillion_call_resume (call);
}

static void
look_on_worker (gpointer data)
{
  PillionFileSink *self = data;

  pillion_file_place_check_digest (&self->place, &self->writer.stop);
  pillion_http_engine_post (self->parent.call->engine, look_done, self);
}

static void
file_fail (PillionSink *sink,
            GError *error)
{
  PillionFileSink *self = (PillionFileSink *) sink;

  g_clear_pointer (&self->split, pillion_split_free);
  if (self->at_work)
    {
      /* The worker has the file: it gives it back soon */
      self->failure = error;
      self->share.ending = TRUE;
      pillion_backlog_enter (&sink->call->engine->backlog, &self->in_backlog);
      __atomic_store_n (&self->writer.stop, TRUE, __ATOMIC_RELEASE);
      return;
    }

  put_away (self, error);
  pillion_call_finish_failure (sink->call, error);
}

static void
file_free (PillionSink *sink)
{
  PillionFileSink *self = (PillionFileSink *) sink;

  g_assert (self->part == NULL && self->split == NULL && !self->at_work && pillion_file_share_is_idle (&self->share));

  /* The call is missing if its request was refused */
  if (sink->call != NULL)
    pillion_backlog_leave (&sink->call->engine->backlog, &self->in_backlog);

  if (self->writing)
    pillion_part_writer_clear (&self->writer);
  g_free (self->source);
  g_free (self->server_digest);
  g_clear_pointer (&self->checksum, g_checksum_free);
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
  pillion_file_place_init (&self->place, file, into, options);
  self->options = options;
  self->mirrors.urls = options->mirrors;
  pillion_file_share_init (&self->share, file, into, options);
  pillion_file_body_init (&self->body);

  return &self->parent;
}
