/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* What a cache may do with a response, as the two sides' fields say: fuzz-exchange.h, and then the fields of a 304. It never keeps a response
 * for longer than it was told, and nothing becomes fresh by waiting. */

#include <string.h>

#include "fuzz-exchange.h"
#include "http/pillion-cache-completion.h"
#include "http/pillion-http-date.h"
#include "http/pillion-http-fields.h"
#include "http/pillion-list-head.h"

#define WEEK (7 * 24 * 60 * 60)

/* The largest number behind a max-age, wherever one stands */
static gint64
find_max_age (const char *control)
{
  g_autofree char *lower = g_ascii_strdown (control, -1);
  gint64 longest = 0;

  for (const char *p = lower; (p = strstr (p, "max-age")) != NULL;)
    {
      p += strlen ("max-age");
      longest = MAX (longest, (gint64) MIN (g_ascii_strtoull (p + strcspn (p, "0123456789"), NULL, 10), G_MAXINT64));
    }

  return longest;
}

static void
check_lifetime (const PillionStoredResponse *stored)
{
  g_autofree char *control = pillion_field_list_join (&stored->fields, "Cache-Control");
  const char *expires = pillion_field_list_get (&stored->fields, "Expires");
  gint64 lifetime = pillion_cache_get_lifetime (stored);
  gint64 end, date;

  g_assert_cmpint (lifetime, >=, 0);
  g_assert_cmpint (pillion_cache_get_lifetime (stored), ==, lifetime);
  if (stored->control.max_age >= 0)
    g_assert_cmpint (lifetime, <=, MIN (find_max_age (control), PILLION_CACHE_MAX_SECONDS));
  else if (expires == NULL)
    g_assert_cmpint (lifetime, <=, WEEK);
  else if (lifetime > 0)
    {
      g_assert_true (pillion_http_parse_any_date (pillion_stored_response_get (stored, "Expires"), stored->received, &end));
      if (!pillion_http_parse_any_date (pillion_stored_response_get (stored, "Date"), stored->received, &date))
        date = stored->received;
      g_assert_cmpint (lifetime, ==, end - date);
    }
}

static void
check_control (const PillionCacheControl *control)
{
  const gint64 seconds[] = { control->max_age, control->min_fresh, control->stale_while_revalidate, control->stale_if_error };

  for (guint i = 0; i < G_N_ELEMENTS (seconds); i++)
    {
      g_assert_cmpint (seconds[i], >=, -1);
      g_assert_cmpint (seconds[i], <=, PILLION_CACHE_MAX_SECONDS);
    }
  g_assert_true (control->max_stale == G_MAXINT64 || (control->max_stale >= -1 && control->max_stale <= PILLION_CACHE_MAX_SECONDS));
}

static void
check_judgement (const FuzzExchange *self)
{
  const PillionStoredResponse *stored = self->stored;
  PillionCacheUse use = pillion_cache_request_judge (&self->request, stored, self->now);
  gint64 age = pillion_cache_get_age (stored, self->now);
  gint64 later = self->now + 1000;

  g_assert_cmpint (age, >=, 0);
  g_assert_cmpint (age, <=, PILLION_CACHE_MAX_SECONDS);
  if (self->now >= stored->received)
    {
      g_assert_cmpint (age, >=, MIN (self->now - stored->received, PILLION_CACHE_MAX_SECONDS));
      g_assert_cmpint (pillion_cache_get_age (stored, later), >=, age);
    }

  g_assert_true (!pillion_cache_is_fresh (stored, self->now) || age < pillion_cache_get_lifetime (stored));
  g_assert_true (!pillion_cache_is_fresh (stored, self->now) || pillion_cache_may_be_fresh (stored, self->now));
  g_assert_cmpint (pillion_cache_request_judge (&self->request, stored, self->now), ==, use);
  if (use != PILLION_CACHE_USE_VALIDATED)
    g_assert_cmpint (stored->control.flags & PILLION_CACHE_NO_CACHE, ==, 0);
  if (use == PILLION_CACHE_USE_FRESH)
    {
      g_assert_cmpint (age, <, pillion_cache_get_lifetime (stored));
      g_assert_cmpint (self->request.control.flags & PILLION_CACHE_NO_CACHE, ==, 0);
    }
  else if (use != PILLION_CACHE_USE_VALIDATED)
    {
      g_assert_cmpint (age, >=, pillion_cache_get_lifetime (stored));
      g_assert_cmpint (stored->control.flags & PILLION_CACHE_MUST_REVALIDATE, ==, 0);
    }
  /* What needs no lookup, by the index */
  if (use != PILLION_CACHE_USE_VALIDATED && self->request.control.max_stale < 0 && !self->request.offline && !self->request.after_error &&
      self->request.mode != PILLION_HTTP_CACHE_MODE_FORCE_CACHE && self->request.mode != PILLION_HTTP_CACHE_MODE_ONLY_IF_CACHED &&
      self->now < G_MAXUINT32)
    g_assert_cmpint (pillion_cache_get_good_until (stored), >, self->now);
  if (self->now >= stored->received && pillion_cache_request_judge (&self->request, stored, later) == PILLION_CACHE_USE_FRESH)
    g_assert_cmpint (use, ==, PILLION_CACHE_USE_FRESH);
}

static void
check_storing (const FuzzExchange *self)
{
  for (guint i = 0; i < 2; i++)
    if (pillion_cache_request_may_store (&self->request, self->stored, i == 1))
      {
        PillionCacheFlags flags = self->stored->control.flags;

        g_assert_cmpint (self->request.mode, !=, PILLION_HTTP_CACHE_MODE_NO_STORE);
        g_assert_cmpint (self->request.control.flags & PILLION_CACHE_NO_STORE, ==, 0);
        g_assert_true ((flags & PILLION_CACHE_NO_STORE) == 0 || (flags & PILLION_CACHE_MUST_UNDERSTAND) != 0);
        g_assert_cmpuint (self->stored->status, !=, 304);
        g_assert_true (pillion_cache_may_keep (self->stored));
      }
}

/* What is written says the same when it is read */
static void
check_copy (const FuzzExchange *self)
{
  g_autoptr (GBytes) bytes = pillion_stored_response_serialize (self->stored);
  g_autoptr (PillionStoredResponse) again = pillion_stored_response_parse (bytes);

  g_assert_nonnull (again);
  g_assert_cmpint (pillion_cache_request_judge (&self->request, again, self->now), ==,
                   pillion_cache_request_judge (&self->request, self->stored, self->now));
  g_assert_true (pillion_cache_request_fits (&self->request, again) == pillion_cache_request_fits (&self->request, self->stored));
  g_assert_true (pillion_cache_request_has_it (&self->request, again) == pillion_cache_request_has_it (&self->request, self->stored));
}

static void
check_range (const FuzzExchange *self)
{
  static const gint64 lengths[] = { 0, 1, 1000, G_MAXINT64 };
  gint64 first, last;

  for (guint i = 0; i < G_N_ELEMENTS (lengths); i++)
    if (pillion_cache_request_get_range (&self->request, self->stored, lengths[i], &first, &last))
      {
        g_assert_cmpint (first, >=, 0);
        g_assert_cmpint (first, <=, lengths[i]);
        g_assert_cmpint (last, <, lengths[i]);
        g_assert_true (first <= last || first == lengths[i]);
      }
}

/* A 304 with the validators that were sent is about the response that they are from */
static void
check_validators (const FuzzExchange *self)
{
  PillionFieldList fields = { 0 };
  PillionFieldList answer = { 0 };
  const char *etag = pillion_stored_response_get (self->stored, "ETag");

  pillion_cache_request_tell (&self->request, &fields);
  if (pillion_cache_add_validators (self->stored, &fields))
    {
      g_assert_cmpstr (pillion_field_list_get (&fields, "If-None-Match"), ==, etag);
      if (etag != NULL)
        {
          pillion_field_list_append (&answer, "ETag", etag);
          g_assert_true (pillion_cache_is_confirmed (self->stored, &answer));
        }
    }
  pillion_field_list_clear (&fields);
  pillion_field_list_clear (&answer);

  /* Whole bodies have no parts */
  for (gint64 length = 0; length < 100; length += 33)
    g_assert_true (pillion_stored_response_is_part (self->stored) || pillion_cache_request_has_bytes (&self->request, self->stored, length) ||
                   pillion_field_list_get (&self->fields, "Range") != NULL);
  pillion_cache_are_parts_of_one (self->stored, self->stored);
  pillion_cache_request_may_select (&self->request, self->stored);
}

/* What is kept of a 304 doesn't depend on whether it comes once or twice */
static void
check_update (FuzzExchange *self,
              const PillionFieldList *fields)
{
  g_autofree char *length = g_strdup (pillion_field_list_get (&self->stored->fields, "Content-Length"));
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (PillionStoredResponse) once = NULL;

  pillion_cache_is_confirmed (self->stored, fields);
  pillion_cache_is_described (self->stored, 1000, fields);
  pillion_cache_update (self->stored, fields, self->now, self->now);
  bytes = pillion_stored_response_serialize (self->stored);
  once = pillion_stored_response_parse (bytes);
  g_assert_nonnull (once);
  g_assert_cmpstr (pillion_field_list_get (&self->stored->fields, "Content-Length"), ==, length);

  pillion_cache_update (self->stored, fields, self->now, self->now);
  g_assert_cmpuint (self->stored->fields.n, ==, once->fields.n);
  for (guint i = 0; i < once->fields.n; i += 2)
    {
      g_autofree char *value = pillion_field_list_join (&once->fields, once->fields.strv[i]);
      g_autofree char *same = pillion_field_list_join (&self->stored->fields, once->fields.strv[i]);

      g_assert_cmpstr (same, ==, value);
    }
  /* What was parsed of them is still right */
  g_assert_cmpint (pillion_cache_request_judge (&self->request, once, self->now), ==,
                   pillion_cache_request_judge (&self->request, self->stored, self->now));
  check_lifetime (self->stored);
  check_judgement (self);
}

/* Only the rest of the very same version completes a part */
static void
check_completion (FuzzExchange *self,
                  const PillionFieldList *fields)
{
  static const gint64 lengths[] = { 1, 5, 1000 };

  for (guint i = 0; i < G_N_ELEMENTS (lengths); i++)
    {
      g_autoptr (PillionStoredResponse) whole = NULL;
      PillionListHead head;
      gint64 total, length;

      pillion_list_head_init (&head, 206, "Partial Content", -1);
      for (guint j = 0; j < fields->n; j += 2)
        pillion_field_list_append (&head.fields, fields->strv[j], fields->strv[j + 1]);
      whole = pillion_cache_completion_take (self->stored, lengths[i], &head.parent, self->now, self->now, &total);
      pillion_list_head_clear (&head);
      if (whole == NULL)
        continue;

      g_assert_cmpint (total, >, lengths[i]);
      g_assert_cmpuint (whole->status, ==, 200);
      g_assert_null (pillion_field_list_get (&whole->fields, "Content-Range"));
      g_assert_true (pillion_http_parse_content_length (pillion_field_list_get (&whole->fields, "Content-Length"), &length));
      g_assert_cmpint (length, ==, total);
      g_assert_nonnull (pillion_cache_get_strong_validator (self->stored));
      g_assert_cmpstr (pillion_cache_get_strong_validator (whole), ==, pillion_cache_get_strong_validator (self->stored));
    }
}

int
LLVMFuzzerTestOneInput (const guint8 *data,
                        gsize size)
{
  FuzzExchange exchange;
  PillionFieldList confirming = { 0 };

  fuzz_take_exchange (&data, &size, &exchange);
  fuzz_take_fields (&data, &size, &confirming);

  check_control (&exchange.stored->control);
  check_control (&exchange.request.control);
  check_lifetime (exchange.stored);
  check_judgement (&exchange);
  check_storing (&exchange);
  check_copy (&exchange);
  check_range (&exchange);
  check_validators (&exchange);
  check_completion (&exchange, &confirming);
  check_update (&exchange, &confirming);

  pillion_field_list_clear (&confirming);
  fuzz_exchange_clear (&exchange);
  return 0;
}
