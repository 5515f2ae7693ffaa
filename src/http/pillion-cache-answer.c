/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-cache-answer.h"

#include <string.h>

/* What goes into Cache-Status */
#define CACHE_NAME "Pillion"

static void
append_number (PillionListHead *head,
               const char *name,
               gint64 number)
{
  g_autofree char *text = g_strdup_printf ("%" G_GINT64_FORMAT, number);

  pillion_field_list_append (&head->fields, name, text);
}

/* What was hidden by no-cache="…" may be shown only if the server has just said that it is still good (RFC 9111, section 5.2.2.4) */
static gboolean
is_hidden (const PillionStoredResponse *stored,
           const char *name)
{
  for (guint i = 0; stored->control.hidden != NULL && stored->control.hidden[i] != NULL; i++)
    if (pillion_field_is_named (stored->control.hidden[i], name))
      return TRUE;

  return FALSE;
}

/* Whether it describes the bytes of one message, and not those of another one that has a part of them, or none */
static gboolean
is_about_bytes (const char *name)
{
  return pillion_field_is_named (name, "Content-Length") || pillion_field_is_named (name, "Content-Range") ||
         pillion_field_is_named (name, "Content-Digest") || pillion_field_is_named (name, "Content-MD5");
}

static void
take_fields (PillionListHead *head,
             const PillionStoredResponse *stored,
             gboolean validated,
             gboolean same_bytes)
{
  for (guint i = 0; i < stored->fields.n; i += 2)
    {
      const char *name = stored->fields.strv[i];

      if ((!validated && (is_hidden (stored, name) || pillion_field_is_named (name, "Age"))) || (!same_bytes && is_about_bytes (name)))
        continue;
      pillion_field_list_borrow (&head->fields, name, stored->fields.strv[i + 1]);
    }
}

static const char *
get_version (const PillionStoredResponse *stored)
{
  if (strcmp (stored->version, "2") == 0)
    return "2";

  return strcmp (stored->version, "1.0") == 0 ? "1.0" : "1.1";
}

static void
add_status (PillionListHead *head,
            const PillionCacheChoice *choice,
            const PillionCacheRequest *request,
            gboolean validated,
            const char *reason,
            gint64 now)
{
  const PillionStoredResponse *stored = choice->stored;
  g_autofree char *status = NULL;

  if (validated)
    status = g_strconcat (CACHE_NAME "; fwd=", reason, "; fwd-status=304", NULL);
  else if (choice->use == PILLION_CACHE_USE_STALE && request->after_error && request->error_status != 0)
    status = g_strdup_printf (CACHE_NAME "; fwd=stale; fwd-status=%u; detail=stale-if-error", request->error_status);
  else if (choice->use == PILLION_CACHE_USE_STALE && request->after_error)
    status = g_strdup (CACHE_NAME "; fwd=stale; detail=stale-if-error");
  else
    status = g_strdup_printf (CACHE_NAME "; hit; ttl=%" G_GINT64_FORMAT, pillion_cache_get_lifetime (stored) - pillion_cache_get_age (stored, now));
  pillion_field_list_append (&head->fields, "Cache-Status", status);
}

void
pillion_cache_answer_init (PillionCacheAnswer *self,
                           const PillionCacheChoice *choice,
                           const PillionCacheRequest *request,
                           const PillionHead *validation,
                           const char *validation_reason,
                           gint64 now)
{
  const PillionStoredResponse *stored = choice->stored;
  const gint64 length = (gint64) pillion_cache_entry_get_length (choice->entry);
  const gint64 total = pillion_stored_response_is_part (stored) ? stored->total : length;
  const gboolean is_head = strcmp (request->method, "HEAD") == 0;
  const gboolean has_it = pillion_cache_request_is_conditional (request) && pillion_cache_request_has_it (request, stored);
  gint64 first = 0, last = 0;
  gboolean ranged = !has_it && pillion_cache_request_get_range (request, stored, total, &first, &last);
  guint status = stored->status;
  const char *reason = stored->reason;

  if (has_it)
    {
      status = 304;
      reason = "Not Modified";
    }
  else if (ranged && first >= total)
    {
      status = 416;
      reason = "Range Not Satisfiable";
    }
  else if (ranged)
    {
      status = 206;
      reason = "Partial Content";
    }

  self->begin = self->end = 0;
  if (status == 206)
    {
      self->begin = first - stored->first;
      self->end = last + 1 - stored->first;
    }
  else if (status == stored->status && !is_head)
    {
      self->end = length;
    }

  pillion_list_head_init (&self->head, status, reason, is_head || status == 304 ? -1 : self->end - self->begin);
  self->head.parent.stored = TRUE;
  self->head.parent.validation = validation;
  self->head.details.version = get_version (stored);
  take_fields (&self->head, stored, validation != NULL, status == stored->status && status != 206);
  if (status == 206)
    {
      g_autofree char *range = g_strdup_printf ("bytes %" G_GINT64_FORMAT "-%" G_GINT64_FORMAT "/%" G_GINT64_FORMAT, first, last, total);

      append_number (&self->head, "Content-Length", self->end - self->begin);
      pillion_field_list_append (&self->head.fields, "Content-Range", range);
    }
  else if (status == 416)
    {
      g_autofree char *range = g_strdup_printf ("bytes */%" G_GINT64_FORMAT, total);

      pillion_field_list_append (&self->head.fields, "Content-Length", "0");
      pillion_field_list_append (&self->head.fields, "Content-Range", range);
    }
  if (validation == NULL)
    append_number (&self->head, "Age", pillion_cache_get_age (stored, now));
  add_status (&self->head, choice, request, validation != NULL, validation_reason, now);
}

void
pillion_cache_answer_init_missing (PillionCacheAnswer *self,
                                   const PillionCacheRequest *request)
{
  self->begin = self->end = 0;
  pillion_list_head_init (&self->head, 504, "Gateway Timeout", 0);
  self->head.parent.stored = self->head.parent.missing = TRUE;
  pillion_field_list_append (&self->head.fields, "Content-Length", "0");
  pillion_field_list_append (&self->head.fields, "Cache-Status",
                             request->unreachable ? CACHE_NAME "; fwd=stale; detail=unreachable" : CACHE_NAME "; detail=only-if-cached");
}

void
pillion_cache_answer_clear (PillionCacheAnswer *self)
{
  pillion_list_head_clear (&self->head);
}

const char *
pillion_cache_choice_get_reason (const PillionCacheChoice *self,
                                 const PillionCacheRequest *request,
                                 gint64 now)
{
  if (strcmp (request->method, "GET") != 0 && strcmp (request->method, "HEAD") != 0)
    return "method";
  if (!pillion_cache_request_may_use (request))
    return request->mode == PILLION_HTTP_CACHE_MODE_RELOAD ? "request" : "bypass";
  if (self->part != NULL)
    return "partial";
  if (self->stored != NULL)
    return pillion_cache_is_fresh (self->stored, now) ? "request" : "stale";
  if (self->other_parts)
    return "partial";

  return self->other_variants ? "vary-miss" : "uri-miss";
}
