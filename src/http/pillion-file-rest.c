/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-file-rest.h"

#include <inttypes.h>
#include <string.h>

#include <glib/gi18n-lib.h>

/* A server may send the rest in pieces, but not as many small ones as it likes: each costs a request. Nor may many be shorter than it said. */
#define SMALL_PIECE (64 * 1024)
#define MAX_SMALL_PIECES 100
#define MAX_SHORT_PIECES 5

/* Once further connections were used, this many successive requests may bring next to nothing before the download fails */
#define MAX_FUTILE 5

void
pillion_file_rest_init (PillionFileRest *self,
                        PillionFileOutput *output,
                        PillionFileBody *body,
                        void (*written) (gpointer data),
                        void (*changed) (gpointer data),
                        gpointer data)
{
  *self = (PillionFileRest) { .output = output, .body = body, .written = written, .changed = changed, .data = data };
}

void
pillion_file_rest_clear (PillionFileRest *self)
{
  g_assert (self->split == NULL);

  g_free (self->source);
  pillion_backoff_clear (&self->backoff);
}

gboolean
pillion_file_rest_can_continue (PillionCall *call)
{
  return strcmp (call->request->method, "GET") == 0;
}

/* --- Further connections ---------------------------------------------------------------------------------------------- */

static void
split_allow_holes (gpointer data)
{
  PillionFileRest *self = data;

  pillion_file_output_allow_holes (self->output);
}

static gboolean
split_write (gpointer data,
             gint64 offset,
             const guint8 *bytes,
             gsize length)
{
  PillionFileRest *self = data;
  GError *error = NULL;

  self->pieced = self->divided = TRUE;
  if (!pillion_file_output_write (self->output, offset, bytes, length, &error))
    {
      pillion_call_fail (self->call, error);
      return FALSE;
    }

  self->written (self->data);
  return TRUE;
}

static void
split_changed (gpointer data)
{
  PillionFileRest *self = data;

  self->changed (self->data);
}

static const PillionSplitFuncs split_funcs = {
  .allow_holes = split_allow_holes,
  .write = split_write,
  .changed = split_changed,
};

void
pillion_file_rest_open (PillionFileRest *self)
{
  pillion_file_rest_close (self);
  self->split = pillion_split_new (self->call, self->output->part, &split_funcs, self);
}

void
pillion_file_rest_close (PillionFileRest *self)
{
  if (self->split == NULL)
    return;

  pillion_split_release (self->split, &self->claim);
  g_clear_pointer (&self->split, pillion_split_free);
}

PillionVerdict
pillion_file_rest_be_idle (PillionFileRest *self)
{
  pillion_split_release (self->split, &self->claim);
  self->idle = TRUE;
  return PILLION_VERDICT_WAIT;
}

void
pillion_file_rest_wake (PillionFileRest *self)
{
  if (!self->idle)
    return;

  self->idle = FALSE;
  pillion_call_resume (self->call);
}

/* --- The request ------------------------------------------------------------------------------------------------------ */

/* Validators are of use within one of these only: whatever is meant to be equal elsewhere may have the same tag, date and length, and be another
 * version all the same */
static char *
make_source (const PillionCall *call)
{
  return g_strconcat (call->other_url != NULL ? call->other_url : call->url, " ", call->origin, NULL);
}

void
pillion_file_rest_prepare (PillionFileRest *self,
                           PillionCall *call)
{
  self->call = call;
  self->had = self->output->part != NULL ? pillion_part_file_get_received (self->output->part) : 0;
  g_free (self->source);
  self->source = make_source (call);
}

gboolean
pillion_file_rest_claim (PillionFileRest *self,
                         gboolean resume)
{
  PillionPartFile *part = self->output->part;

  pillion_split_release (self->split, &self->claim);
  /* What this download has written itself is continued in any case */
  if (self->anew || self->afresh || !pillion_file_rest_can_continue (self->call) || (!self->output->writing && !resume))
    self->asked = 0;
  else
    self->asked = pillion_part_file_get_offset (part);
  if (self->asked == 0)
    return TRUE;
  if (part->size == part->record.length && pillion_split_is_active (self->split))
    return FALSE;

  if (part->record.length < 0 || part->size == part->record.length)
    pillion_split_add (self->split, &self->claim, self->asked, part->record.length < 0 ? G_MAXINT64 : part->record.length);
  else if (!pillion_split_take (self->split, &self->claim))
    return FALSE;

  self->asked = self->claim.next;
  return TRUE;
}

void
pillion_file_rest_add_fields (PillionFileRest *self,
                              PillionFieldList *fields)
{
  PillionPartFile *part = self->output->part;

  if (self->asked == 0)
    return;

  if (self->claim.end < part->record.length)
    g_snprintf (self->range, sizeof self->range, "bytes=%" PRId64 "-%" PRId64, self->asked, self->claim.end - 1);
  else
    g_snprintf (self->range, sizeof self->range, "bytes=%" PRId64 "-", self->asked);
  pillion_field_list_append (fields, "Range", self->range);
  if (!self->foreign)
    pillion_field_list_append (fields, "If-Range", pillion_part_file_get_validator (part));
}

/* --- The head of the response ----------------------------------------------------------------------------------------- */

/* What a server says that can't send a range, or not this one */
static gboolean
refuses_range (guint status)
{
  return status == 400 || status == 416 || status == 501;
}

static gboolean
is_the_rest (PillionFileRest *self,
             const PillionHead *head)
{
  if (self->body->coding != NULL || !pillion_file_body_take_rest (self->body, head, &self->output->part->record, self->asked, self->foreign))
    return FALSE;

  self->claim.end = MIN (self->claim.end, self->body->end);
  return TRUE;
}

gboolean
pillion_file_rest_accepts (PillionFileRest *self,
                           const PillionHead *head)
{
  if (self->asked == 0 || (head->status == 206 ? is_the_rest (self, head) : !refuses_range (head->status)))
    return TRUE;

  self->anew = TRUE;
  return FALSE;
}

/* Of what comes from another source, only a digest can tell in the end whether it fits */
static gboolean
can_be_foreign (PillionFileRest *self)
{
  return pillion_file_output_has_digest (self->output) && self->output->part->record.length >= 0;
}

gboolean
pillion_file_rest_has_moved (PillionFileRest *self,
                             const PillionHead *head)
{
  if (self->asked == 0 || head->status != 206 || self->foreign || g_strcmp0 (self->output->part->record.source, self->source) == 0)
    return FALSE;

  self->foreign = can_be_foreign (self);
  self->anew = !self->foreign;
  return TRUE;
}

/* Without further connections, one response might have brought everything. They are why there is another request, or
 * why the server broke off the first response, even if they brought nothing themselves. So a response that is cut
 * short or refused is no failure as long as more arrives. */
static PillionVerdict
go_on (PillionFileRest *self)
{
  if (!self->divided && (self->split == NULL || !pillion_split_disturbs (self->split)))
    return PILLION_VERDICT_PASS;

  if (pillion_part_file_get_received (self->output->part) - self->had >= SMALL_PIECE)
    {
      self->backoff.n = 0;
      return PILLION_VERDICT_AGAIN;
    }

  if (self->backoff.n == MAX_FUTILE)
    return PILLION_VERDICT_PASS;

  pillion_split_release (self->split, &self->claim);
  pillion_backoff_start (&self->backoff, self->call, pillion_backoff_get_delay (&self->backoff));
  return PILLION_VERDICT_WAIT;
}

static gboolean
is_busy_status (guint status)
{
  return status == 403 || status == 408 || status == 429 || status >= 500;
}

PillionVerdict
pillion_file_rest_be_refused (PillionFileRest *self,
                              const PillionHead *head)
{
  if (!is_busy_status (head->status))
    return PILLION_VERDICT_PASS;

  /* The other connections may continue all the same */
  if (self->split != NULL && pillion_split_is_active (self->split))
    {
      pillion_split_limit (self->split);
      return pillion_file_rest_be_idle (self);
    }

  return go_on (self);
}

gboolean
pillion_file_rest_continue (PillionFileRest *self,
                            GError **error)
{
  self->pieced = TRUE;
  /* If this download continues what it has written itself, a worker may have the file */
  if (self->output->writing)
    return TRUE;

  if (!pillion_part_file_continue (self->output->part, self->body->begun, error))
    return FALSE;

  self->resumed_from = pillion_part_file_get_received (self->output->part);
  return TRUE;
}

gboolean
pillion_file_rest_begin (PillionFileRest *self,
                         const PillionHead *head,
                         const char *name,
                         GError **error)
{
  const char *etag;
  const char *last_modified;

  pillion_file_body_take_whole (self->body, head, &etag, &last_modified);
  self->resumed_from = 0;
  if (!pillion_part_file_begin (self->output->part, self->source, etag, last_modified, name, self->body->total, error))
    return FALSE;

  self->afresh = self->foreign = self->pieced = self->divided = FALSE;
  pillion_split_add (self->split, &self->claim, 0, self->body->end >= 0 ? self->body->end : G_MAXINT64);
  return TRUE;
}

/* Whether the rest can be fetched over several connections */
static gboolean
can_split (PillionFileRest *self,
           const PillionHead *head)
{
  const char *units = head->get_field (head, "Accept-Ranges");
  PillionPartFile *part = self->output->part;

  return pillion_file_rest_can_continue (self->call) && !head->stored && !self->anew && !self->undivided && !part->record.mixed &&
         self->body->coding == NULL && part->record.length > 0 && pillion_part_file_get_validator (part) != NULL &&
         (units == NULL || g_ascii_strcasecmp (units, "bytes") == 0);
}

void
pillion_file_rest_follow (PillionFileRest *self,
                          const PillionHead *head)
{
  pillion_split_follow (self->split, can_split (self, head));
}

/* --- Its body --------------------------------------------------------------------------------------------------------- */

gboolean
pillion_file_rest_receive (PillionFileRest *self,
                           const guint8 *bytes,
                           gsize length,
                           gboolean *is_there,
                           GError **error)
{
  PillionHttpEngine *engine = self->call->engine;
  PillionFileBody *body = self->body;

  *is_there = FALSE;
  if (body->end >= 0 && (gint64) length > body->end - self->claim.next)
    {
      g_set_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_LENGTH_MISMATCH,
                   g_dngettext (GETTEXT_PACKAGE, "the server announced %" PRId64 " byte but sent more",
                                "the server announced %" PRId64 " bytes but sent more", (gulong) (body->end - body->begun)),
                   body->end - body->begun);
      return FALSE;
    }

  while (length > 0 && !*is_there)
    {
      gsize n = (gsize) MIN ((gint64) length, self->claim.end - self->claim.next);
      gint64 before = pillion_http_engine_get_now (engine);

      if (!pillion_file_output_write (self->output, self->claim.next, bytes, n, error))
        return FALSE;

      self->claim.next += (gint64) n;
      bytes += n;
      length -= n;
      pillion_split_note (self->split, n, pillion_http_engine_get_now (engine) - before);

      *is_there = self->claim.next == self->claim.end && self->claim.end < body->end &&
                  !pillion_split_extend (self->split, &self->claim, body->end);
    }

  return TRUE;
}

PillionVerdict
pillion_file_rest_end (PillionFileRest *self,
                       GError **error)
{
  PillionFileBody *body = self->body;
  gboolean broken_off = self->claim.end < body->end;

  if (body->end >= 0 && self->claim.next != self->claim.end)
    {
      if (self->asked == 0)
        {
          g_set_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_LENGTH_MISMATCH,
                       g_dngettext (GETTEXT_PACKAGE, "the server announced %" PRId64 " byte but sent %" PRId64,
                                    "the server announced %" PRId64 " bytes but sent %" PRId64, (gulong) (body->end - body->begun)),
                       body->end - body->begun, self->claim.next - body->begun);
          return PILLION_VERDICT_FAIL;
        }
      self->n_short_pieces++;
    }

  pillion_split_release (self->split, &self->claim);
  if (body->total < 0 || self->output->part->size >= body->total)
    return PILLION_VERDICT_DONE;

  /* A server may send less of the rest than it was asked for */
  if (!broken_off && self->claim.next - body->begun < SMALL_PIECE)
    self->n_small_pieces++;
  if (self->n_small_pieces > MAX_SMALL_PIECES || self->n_short_pieces > MAX_SHORT_PIECES)
    self->anew = TRUE;

  return PILLION_VERDICT_AGAIN;
}

/* --- Errors ----------------------------------------------------------------------------------------------------------- */

/* Whether the server broke the connection, or accepts no other one */
static gboolean
is_cut_or_refused (const GError *error)
{
  return g_error_matches (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_TRUNCATED) ||
         g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CONNECTION_CLOSED) ||
         g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED);
}

PillionVerdict
pillion_file_rest_lose (PillionFileRest *self,
                        const GError *error)
{
  if (self->split == NULL || (error->domain == PILLION_HTTP_ERROR && error->code != PILLION_HTTP_ERROR_TRUNCATED))
    return PILLION_VERDICT_PASS;

  /* While something arrives over other connections, the call's own one may be lost */
  if (pillion_split_is_active (self->split))
    return pillion_file_rest_be_idle (self);

  return is_cut_or_refused (error) ? go_on (self) : PILLION_VERDICT_PASS;
}

gboolean
pillion_file_rest_may_not_fit (PillionFileRest *self,
                               const GError *error)
{
  return self->pieced && (g_error_matches (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_DIGEST_MISMATCH) ||
                          g_error_matches (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_LENGTH_MISMATCH));
}

void
pillion_file_rest_recover (PillionFileRest *self,
                           PillionCall *call,
                           gboolean is_wrong)
{
  PillionPartFile *part = self->output->part;
  g_autofree char *source = make_source (call);

  self->foreign = FALSE;
  self->afresh = is_wrong;
  self->idle = FALSE;
  if (part == NULL)
    return;

  pillion_file_rest_open (self);
  if (!is_wrong && g_strcmp0 (part->record.source, source) != 0)
    {
      self->foreign = can_be_foreign (self);
      self->afresh = !self->foreign;
    }
}
