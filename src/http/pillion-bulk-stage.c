/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-bulk-stage.h"

#include <inttypes.h>

#include "http/pillion-call.h"
#include "http/pillion-http-date.h"
#include "http/pillion-http-fields.h"

/* Larger bodies don't stay on a connection without back-pressure. On those, libsoup 3.2 reads everything that
 * arrives into memory, in time quadratic in its size, while everything else waits. */
#define LARGE (8 * 1024 * 1024)

typedef struct
{
  PillionStage parent;
  gboolean movable; /* whether the body that is being received can be moved; not once it is complete */
  char *validator;  /* its validator if only the rest can be requested, or NULL */
} PillionBulkStage;

static PillionVerdict
bulk_request (PillionStage *stage,
              PillionCall *call,
              PillionFieldList *fields,
              GError **error)
{
  PillionBulkStage *self = (PillionBulkStage *) stage;

  if (call->offset > 0)
    {
      g_autofree char *range = g_strdup_printf ("bytes=%" PRId64 "-", call->offset);

      pillion_field_list_append (fields, "Range", range);
      pillion_field_list_append (fields, "If-Range", self->validator);
    }

  return PILLION_VERDICT_PASS;
}

/* Requests the body again, without its first @offset bytes */
static PillionVerdict
move (PillionCall *call,
      gint64 offset)
{
  call->bulk = TRUE;
  call->offset = offset;

  return PILLION_VERDICT_AGAIN;
}

/* Whether a response is the rest of the body that was begun */
static gboolean
is_rest (PillionCall *call,
         const PillionHead *head)
{
  const char *range = head->get_field (head, "Content-Range");
  gint64 first, last, total;

  return head->status == 206 && range != NULL && pillion_http_parse_content_range (range, &first, &last, &total) &&
         first == call->offset && last == total - 1;
}

/* A validator that proves that the body is still the same, byte for byte, or NULL */
static char *
get_validator (PillionCall *call,
               const PillionHead *head)
{
  const char *etag = head->get_field (head, "ETag");
  const char *last_modified = head->get_field (head, "Last-Modified");

  /* A body that is coded on the fly is seldom the same twice */
  if (head->status != 200 || head->get_field (head, "Content-Encoding") != NULL ||
      pillion_field_list_get (&call->request->fields, "Range") != NULL)
    return NULL;

  if (etag != NULL)
    return pillion_http_is_strong_etag (etag) ? g_strdup (etag) : NULL;
  if (last_modified != NULL && pillion_http_is_strong_date (last_modified, head->get_field (head, "Date")))
    return g_strdup (last_modified);
  return NULL;
}

static PillionVerdict
bulk_head (PillionStage *stage,
           PillionCall *call,
           const PillionHead *head,
           GError **error)
{
  PillionBulkStage *self = (PillionBulkStage *) stage;

  self->movable = FALSE;
  if (call->offset > 0)
    {
      if (is_rest (call, head))
        return PILLION_VERDICT_PASS;
      call->offset = 0;
      /* Not what the same request without a range would get */
      if (head->status == 206 || head->status == 416)
        return PILLION_VERDICT_AGAIN;
    }

  /* Only requests that change nothing are sent twice. A refusal, and a response that leads to another
   * request, is not read to its end anyway. */
  if (call->bulk || !head->piles_up || call->body != NULL || !g_str_equal (call->method, "GET") ||
      !pillion_call_accepts_status (call, head->status))
    return PILLION_VERDICT_PASS;

  /* A body larger than the limit ends the call */
  if (head->length > LARGE && pillion_call_check_size (call, head->length, NULL))
    return move (call, 0);

  self->movable = head->length < 0;
  g_free (self->validator);
  self->validator = self->movable ? get_validator (call, head) : NULL;
  return PILLION_VERDICT_PASS;
}

static PillionVerdict
bulk_body (PillionStage *stage,
           PillionCall *call)
{
  PillionBulkStage *self = (PillionBulkStage *) stage;

  /* A host that has the stream already can't get another one */
  if (!self->movable || call->n_answer <= LARGE || call->task == NULL)
    return PILLION_VERDICT_PASS;

  self->movable = FALSE;
  return move (call, self->validator != NULL ? call->n_answer : 0);
}

/* Whatever happens next, this response is not continued */
static PillionVerdict
bulk_end (PillionStage *stage,
          PillionCall *call,
          const GError *error)
{
  call->offset = 0;
  return PILLION_VERDICT_PASS;
}

static void
bulk_clear (PillionStage *stage)
{
  PillionBulkStage *self = (PillionBulkStage *) stage;

  g_free (self->validator);
}

void
pillion_bulk_stage_add (PillionStages *stages)
{
  static const PillionStageClass klass = {
    .request = bulk_request,
    .head = bulk_head,
    .body = bulk_body,
    .end = bulk_end,
    .clear = bulk_clear,
  };

  pillion_stages_add (stages, &klass, sizeof (PillionBulkStage));
}
