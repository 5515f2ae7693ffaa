/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-cache-policy.h"

#include <string.h>

#include "http/pillion-cache-vary.h"
#include "http/pillion-http-date.h"
#include "http/pillion-http-fields.h"

/* A response that says nothing about its freshness is taken to be fresh for this part of the time that it has not changed (section 4.2.2),
 * but not for longer than a week, in s */
#define HEURISTIC_PART 10
#define HEURISTIC_MAX (7 * 24 * 60 * 60)

/* How far back the clock may go before ages can't be told any more, in s */
#define CLOCK_TOLERANCE 60

/* Servers send a few dozen */
#define MAX_FIELDS 1000

/* The statuses of RFC 9110, whose rules this cache knows (section 5.2.2.3) */
static gboolean
is_understood (guint status)
{
  static const guint statuses[] = { 200, 201, 202, 203, 204, 205, 206, 300, 301, 302, 303, 304, 305, 307, 308, 400, 401, 402, 403, 404, 405, 406,
                                    407, 408, 409, 410, 411, 412, 413, 414, 415, 416, 417, 421, 422, 426, 500, 501, 502, 503, 504, 505 };

  for (guint i = 0; i < G_N_ELEMENTS (statuses); i++)
    if (status == statuses[i])
      return TRUE;

  return FALSE;
}

/* RFC 9110, section 15.1 */
static gboolean
is_heuristically_cacheable (guint status)
{
  static const guint statuses[] = { 200, 203, 204, 206, 300, 301, 308, 404, 405, 410, 414, 501 };

  for (guint i = 0; i < G_N_ELEMENTS (statuses); i++)
    if (status == statuses[i])
      return TRUE;

  return FALSE;
}

/* Those that say nothing about the resource, or that must not be stored: RFC 6585, sections 3 to 6. What is said to one with wrong
 * credentials, or to the wrong server, would stand in the way of those with the right ones. */
static gboolean
is_never_stored (guint status)
{
  static const guint statuses[] = { 304, 401, 407, 408, 416, 421, 425, 428, 429, 431, 511 };

  for (guint i = 0; i < G_N_ELEMENTS (statuses); i++)
    if (status == statuses[i])
      return TRUE;

  return status < 200;
}

void
pillion_cache_request_init (PillionCacheRequest *self,
                            const char *method,
                            const PillionFieldList *fields,
                            PillionHttpCacheMode mode)
{
  g_autofree char *control = pillion_field_list_join (fields, "Cache-Control");
  g_autofree char *pragma = control == NULL ? pillion_field_list_join (fields, "Pragma") : NULL;

  *self = (PillionCacheRequest) {
    .method = method,
    .fields = fields,
    .mode = mode,
  };
  pillion_cache_control_init (&self->control, control);
  /* Section 5.4 */
  if (pragma != NULL && pillion_http_has_element (pragma, "no-cache"))
    self->control.flags |= PILLION_CACHE_NO_CACHE;
}

void
pillion_cache_request_clear (PillionCacheRequest *self)
{
  pillion_cache_control_clear (&self->control);
}

static gboolean
has_field (const PillionCacheRequest *self,
           const char *name)
{
  return pillion_field_list_get (self->fields, name) != NULL;
}

static gboolean
is_get (const PillionCacheRequest *self)
{
  return strcmp (self->method, "GET") == 0;
}

static gboolean
is_head (const PillionCacheRequest *self)
{
  return strcmp (self->method, "HEAD") == 0;
}

gboolean
pillion_cache_request_may_use (const PillionCacheRequest *self)
{
  if (!is_get (self) && !is_head (self))
    return FALSE;
  if (self->mode == PILLION_HTTP_CACHE_MODE_NO_STORE || self->mode == PILLION_HTTP_CACHE_MODE_RELOAD ||
      (self->control.flags & PILLION_CACHE_NO_STORE) != 0)
    return FALSE;

  /* Only the server itself can judge these (section 4.3.2) */
  return !has_field (self, "If-Match") && !has_field (self, "If-Unmodified-Since");
}

gboolean
pillion_cache_request_forbids_network (const PillionCacheRequest *self)
{
  return self->offline || self->unreachable || self->mode == PILLION_HTTP_CACHE_MODE_ONLY_IF_CACHED || (self->control.flags & PILLION_CACHE_ONLY_IF_CACHED) != 0;
}

void
pillion_cache_request_tell (const PillionCacheRequest *self,
                            PillionFieldList *fields)
{
  if (has_field (self, "Cache-Control"))
    return;

  switch (self->mode)
    {
    case PILLION_HTTP_CACHE_MODE_NO_STORE:
    case PILLION_HTTP_CACHE_MODE_RELOAD:
      pillion_field_list_append (fields, "Cache-Control", "no-cache");
      if (!has_field (self, "Pragma"))
        pillion_field_list_append (fields, "Pragma", "no-cache");
      break;
    case PILLION_HTTP_CACHE_MODE_NO_CACHE:
      pillion_field_list_append (fields, "Cache-Control", "max-age=0");
      break;
    default:
      break;
    }
}

gboolean
pillion_cache_request_is_conditional (const PillionCacheRequest *self)
{
  return has_field (self, "If-None-Match") || has_field (self, "If-Modified-Since");
}

/* Whether the request accepts the coding of the body. A server that forgets Vary may have stored one for a client that does. */
static gboolean
accepts_coding (const PillionCacheRequest *self,
                const PillionStoredResponse *stored)
{
  const char *coding = pillion_stored_response_get (stored, "Content-Encoding");
  g_autofree char *accepted = coding != NULL ? pillion_field_list_join (self->fields, "Accept-Encoding") : NULL;

  if (accepted == NULL || g_ascii_strcasecmp (coding, "identity") == 0)
    return TRUE;

  /* The one that asked for identity wants the bytes of the file */
  return g_ascii_strcasecmp (accepted, "identity") != 0;
}

/* A part answers only requests for bytes that it has */
static gboolean
has_bytes (const PillionCacheRequest *self,
           const PillionStoredResponse *stored,
           gint64 last_stored)
{
  gint64 first, last;

  return stored->total >= 0 && is_get (self) && pillion_cache_request_get_range (self, stored, stored->total, &first, &last) &&
         first >= stored->first && last <= last_stored;
}

gboolean
pillion_cache_request_fits (const PillionCacheRequest *self,
                            const PillionStoredResponse *stored)
{
  return pillion_cache_vary_fits (&stored->selecting, self->fields, self->identity, pillion_stored_response_get (stored, "Content-Language")) &&
         accepts_coding (self, stored);
}

gboolean
pillion_cache_request_may_select (const PillionCacheRequest *self,
                                  const PillionStoredResponse *stored)
{
  return stored->status == 200 && pillion_stored_response_get (stored, "ETag") != NULL && accepts_coding (self, stored) &&
         pillion_cache_vary_is_own (&stored->selecting, self->fields, self->identity);
}

gboolean
pillion_cache_request_has_bytes (const PillionCacheRequest *self,
                                 const PillionStoredResponse *stored,
                                 gint64 length)
{
  /* Several ranges at once are left to the server */
  g_autofree char *range = pillion_field_list_join (self->fields, "Range");

  if (range != NULL && strchr (range, ',') != NULL)
    return FALSE;

  return !pillion_stored_response_is_part (stored) || has_bytes (self, stored, stored->first + length - 1);
}

gboolean
pillion_cache_request_may_complete (const PillionCacheRequest *self,
                                    const PillionStoredResponse *stored)
{
  return is_get (self) && !has_field (self, "Range") && !has_field (self, "If-Range") && !pillion_cache_request_is_conditional (self) &&
         pillion_stored_response_is_part (stored) && stored->first == 0 && pillion_cache_get_strong_validator (stored) != NULL;
}

/* Whether it wants to hear from the server in any case */
static gboolean
wants_validation (const PillionCacheRequest *self,
                  const PillionStoredResponse *stored)
{
  if ((self->control.flags & PILLION_CACHE_NO_CACHE) != 0)
    return TRUE;

  /* What never changes while it is fresh is not asked for again (RFC 8246, section 2) */
  return self->mode == PILLION_HTTP_CACHE_MODE_NO_CACHE && (stored->control.flags & PILLION_CACHE_IMMUTABLE) == 0;
}

static PillionCacheUse
judge_fresh (const PillionCacheRequest *self,
             const PillionStoredResponse *stored,
             gint64 age,
             gint64 left)
{
  if (wants_validation (self, stored) || (self->control.max_age >= 0 && age > self->control.max_age) ||
      (self->control.min_fresh >= 0 && left < self->control.min_fresh))
    return PILLION_CACHE_USE_VALIDATED;

  return PILLION_CACHE_USE_FRESH;
}

static gboolean
may_be_stale (const PillionCacheRequest *self,
              gint64 age,
              gint64 stale_for)
{
  if (self->offline || self->mode == PILLION_HTTP_CACHE_MODE_FORCE_CACHE || self->mode == PILLION_HTTP_CACHE_MODE_ONLY_IF_CACHED)
    return TRUE;

  return self->control.max_stale >= stale_for && (self->control.max_age < 0 || age <= self->control.max_age + stale_for);
}

PillionCacheUse
pillion_cache_request_judge (const PillionCacheRequest *self,
                             const PillionStoredResponse *stored,
                             gint64 now)
{
  const PillionCacheControl *control = &stored->control;
  gint64 age, left;
  gboolean demanding = self->control.max_age >= 0 || self->control.min_fresh >= 0 || (self->control.flags & PILLION_CACHE_NO_CACHE) != 0 ||
                       self->mode == PILLION_HTTP_CACHE_MODE_NO_CACHE;

  if ((control->flags & PILLION_CACHE_NO_CACHE) != 0)
    return PILLION_CACHE_USE_VALIDATED;

  age = pillion_cache_get_age (stored, now);
  left = pillion_cache_get_lifetime (stored) - age;
  if (left > 0)
    return judge_fresh (self, stored, age, left);
  /* Section 4.2.4 */
  if ((control->flags & PILLION_CACHE_MUST_REVALIDATE) != 0)
    return PILLION_CACHE_USE_VALIDATED;

  if (self->after_error && MAX (control->stale_if_error, self->control.stale_if_error) >= -left)
    return PILLION_CACHE_USE_STALE;
  if (wants_validation (self, stored))
    return PILLION_CACHE_USE_VALIDATED;
  if (may_be_stale (self, age, -left))
    return PILLION_CACHE_USE_STALE;
  if (!demanding && control->stale_while_revalidate >= -left)
    return PILLION_CACHE_USE_AND_REFRESH;

  return PILLION_CACHE_USE_VALIDATED;
}

/* RFC 9110, section 8.8.3.2, where weak tags match strong ones */
static gboolean
are_tags_equal (const char *one,
                const char *other)
{
  if (g_str_has_prefix (one, "W/"))
    one += 2;
  if (g_str_has_prefix (other, "W/"))
    other += 2;

  return strcmp (one, other) == 0;
}

/* Tags may contain commas */
static gboolean
has_tag (const char *list,
         const char *tag)
{
  while (TRUE)
    {
      g_autofree char *one = NULL;
      const char *start;

      list += strspn (list, " \t,");
      if (*list == '\0')
        return FALSE;

      start = list;
      if (g_str_has_prefix (list, "W/"))
        list += 2;
      if (*list == '"')
        {
          list++;
          list += strcspn (list, "\"");
          if (*list == '"')
            list++;
        }
      else
        list += strcspn (list, ", \t");
      if (list == start)
        return FALSE;

      one = g_strndup (start, (gsize) (list - start));
      if (strcmp (one, "*") == 0 || (tag != NULL && are_tags_equal (one, tag)))
        return TRUE;
    }
}

gboolean
pillion_cache_request_has_it (const PillionCacheRequest *self,
                              const PillionStoredResponse *stored)
{
  g_autofree char *tags = pillion_field_list_join (self->fields, "If-None-Match");
  const char *since = pillion_field_list_get (self->fields, "If-Modified-Since");
  const char *modified = pillion_stored_response_get (stored, "Last-Modified");
  gint64 then, known;

  if (stored->status != 200 && stored->status != 206)
    return FALSE;
  /* A date does not matter if there are tags (RFC 9110, section 13.1.3) */
  if (tags != NULL)
    return has_tag (tags, pillion_stored_response_get (stored, "ETag"));
  if (since == NULL || !pillion_http_parse_any_date (since, stored->received, &then))
    return FALSE;

  if (modified == NULL)
    modified = pillion_stored_response_get (stored, "Date");
  return pillion_http_parse_any_date (modified, stored->received, &known) && known <= then;
}

/* Whether If-Range allows a part (RFC 9110, section 13.1.5) */
static gboolean
is_in_range_condition (const PillionCacheRequest *self,
                       const PillionStoredResponse *stored)
{
  const char *condition = pillion_field_list_get (self->fields, "If-Range");
  const char *etag = pillion_stored_response_get (stored, "ETag");
  const char *modified = pillion_stored_response_get (stored, "Last-Modified");

  if (condition == NULL)
    return TRUE;
  if (condition[0] == '"' || g_str_has_prefix (condition, "W/"))
    return etag != NULL && pillion_http_is_strong_etag (etag) && strcmp (etag, condition) == 0;

  return modified != NULL && strcmp (modified, condition) == 0 &&
         pillion_http_is_strong_date (modified, pillion_stored_response_get (stored, "Date"));
}

/* One range of bytes (RFC 9110, section 14.1.2); anything else is no range */
static gboolean
parse_range (const char *value,
             gint64 length,
             gint64 *first,
             gint64 *last)
{
  g_autofree char *copy = NULL;
  char *dash;
  gint64 begin, end;

  if (g_ascii_strncasecmp (value, "bytes=", 6) != 0)
    return FALSE;

  copy = g_strstrip (g_strdup (value + 6));
  dash = strchr (copy, '-');
  if (dash == NULL)
    return FALSE;
  *dash = '\0';
  /* These numbers may be larger than those of seconds */
  if (copy[strspn (copy, "0123456789")] != '\0' || dash[1 + strspn (dash + 1, "0123456789")] != '\0' || (copy[0] == '\0' && dash[1] == '\0'))
    return FALSE;
  begin = copy[0] != '\0' ? (gint64) MIN (g_ascii_strtoull (copy, NULL, 10), G_MAXINT64) : -1;
  end = dash[1] != '\0' ? (gint64) MIN (g_ascii_strtoull (dash + 1, NULL, 10), G_MAXINT64) : -1;
  if (begin >= 0 && end >= 0 && end < begin)
    return FALSE;

  if (begin < 0)
    {
      /* The last bytes; there is no such thing as the last none */
      *first = end > 0 ? MAX (0, length - end) : length;
      *last = length - 1;
    }
  else
    {
      *first = MIN (begin, length);
      *last = end >= 0 ? MIN (end, length - 1) : length - 1;
    }

  return TRUE;
}

gboolean
pillion_cache_request_get_range (const PillionCacheRequest *self,
                                 const PillionStoredResponse *stored,
                                 gint64 length,
                                 gint64 *first,
                                 gint64 *last)
{
  const char *range = pillion_field_list_get (self->fields, "Range");

  return range != NULL && is_get (self) && (stored->status == 200 || stored->status == 206) && is_in_range_condition (self, stored) &&
         parse_range (range, length, first, last);
}

static gboolean
has_explicit_lifetime (const PillionStoredResponse *response)
{
  return response->control.max_age >= 0 || pillion_field_list_get (&response->fields, "Expires") != NULL;
}

static gboolean
forbids_storing (const PillionStoredResponse *response)
{
  PillionCacheFlags flags = response->control.flags;

  /* Section 5.2.2.3 */
  if ((flags & PILLION_CACHE_MUST_UNDERSTAND) != 0)
    return !is_understood (response->status);

  return (flags & PILLION_CACHE_NO_STORE) != 0;
}

gboolean
pillion_cache_request_may_store (const PillionCacheRequest *self,
                                 const PillionStoredResponse *response,
                                 gboolean at_home)
{
  g_autofree char *vary = pillion_field_list_join (&response->fields, "Vary");
  gint64 first, last, total;

  if (self->mode == PILLION_HTTP_CACHE_MODE_NO_STORE || (self->control.flags & PILLION_CACHE_NO_STORE) != 0 || self->offline)
    return FALSE;
  if (is_never_stored (response->status) || forbids_storing (response) || pillion_cache_vary_never_fits (vary) ||
      pillion_cache_has_too_many_fields (&response->fields))
    return FALSE;

  /* The body is no part of the key (RFC 9110, section 9.3.1) */
  if (is_get (self) && self->has_body)
    return FALSE;

  /* A response to another method is one to GET if it says so (RFC 9110, section 9.3.3) */
  if (!is_get (self) && !(strcmp (self->method, "POST") == 0 && at_home && has_explicit_lifetime (response) && response->status == 200))
    return FALSE;

  if (response->status == 206)
    {
      const char *range = pillion_stored_response_get (response, "Content-Range");

      if (range == NULL || !pillion_http_parse_content_range (range, &first, &last, &total) || total < 0)
        return FALSE;
    }

  return has_explicit_lifetime (response) || is_heuristically_cacheable (response->status) ||
         (response->control.flags & (PILLION_CACHE_PUBLIC | PILLION_CACHE_PRIVATE)) != 0;
}

gboolean
pillion_cache_has_too_many_fields (const PillionFieldList *fields)
{
  return fields->n / 2 > MAX_FIELDS;
}

gboolean
pillion_cache_may_store_undelimited (const PillionStoredResponse *response)
{
  return response->status == 200 && has_explicit_lifetime (response);
}

static gint64
get_date (const PillionStoredResponse *stored)
{
  gint64 date;

  return pillion_http_parse_any_date (pillion_stored_response_get (stored, "Date"), stored->received, &date) ? date : stored->received;
}

static gint64
guess_lifetime (const PillionStoredResponse *stored)
{
  gint64 modified;

  if (!is_heuristically_cacheable (stored->status) && (stored->control.flags & PILLION_CACHE_PUBLIC) == 0)
    return 0;
  if (!pillion_http_parse_any_date (pillion_stored_response_get (stored, "Last-Modified"), stored->received, &modified))
    return 0;

  return CLAMP ((get_date (stored) - modified) / HEURISTIC_PART, 0, HEURISTIC_MAX);
}

gint64
pillion_cache_get_lifetime (const PillionStoredResponse *stored)
{
  gint64 expires;

  if (stored->control.max_age >= 0)
    return stored->control.max_age;
  if (pillion_field_list_get (&stored->fields, "Expires") == NULL)
    return guess_lifetime (stored);

  /* An invalid date is one in the past (section 5.3) */
  if (!pillion_http_parse_any_date (pillion_stored_response_get (stored, "Expires"), stored->received, &expires))
    return 0;

  return MAX (0, expires - get_date (stored));
}

gboolean
pillion_cache_is_fresh (const PillionStoredResponse *stored,
                        gint64 now)
{
  return (stored->control.flags & PILLION_CACHE_NO_CACHE) == 0 && pillion_cache_get_lifetime (stored) > pillion_cache_get_age (stored, now);
}

/* Whether it is never used unless the server has just confirmed it */
static gboolean
is_never_good (const PillionStoredResponse *stored)
{
  const guint flags = stored->control.flags;

  return (flags & PILLION_CACHE_NO_CACHE) != 0 || ((flags & PILLION_CACHE_MUST_REVALIDATE) != 0 && pillion_cache_get_lifetime (stored) == 0);
}

guint32
pillion_cache_get_good_until (const PillionStoredResponse *stored)
{
  gint64 until;

  /* Not 0, which is not known */
  if (is_never_good (stored))
    return 1;

  until = stored->received + pillion_cache_get_lifetime (stored) + MAX (0, stored->control.stale_while_revalidate) + 1;
  return (guint32) CLAMP (until, 1, G_MAXUINT32);
}

gboolean
pillion_cache_may_be_fresh (const PillionStoredResponse *stored,
                            gint64 now)
{
  if ((stored->control.flags & PILLION_CACHE_NO_CACHE) != 0)
    return FALSE;

  return stored->control.max_age < 0 || stored->control.max_age > now - stored->received;
}

/* The first one counts, and one that is invalid does not (section 5.1) */
static gint64
get_age_value (const PillionStoredResponse *stored)
{
  const char *value = pillion_field_list_get (&stored->fields, "Age");
  g_autofree char *first = value != NULL ? g_strndup (value, strcspn (value, ",")) : NULL;

  return first != NULL ? MAX (0, pillion_cache_parse_seconds (g_strstrip (first))) : 0;
}

gint64
pillion_cache_get_age (const PillionStoredResponse *stored,
                       gint64 now)
{
  const gint64 apparent = MAX (0, stored->received - get_date (stored));
  const gint64 corrected = get_age_value (stored) + MAX (0, stored->received - stored->requested);

  if (now < stored->received - CLOCK_TOLERANCE)
    return PILLION_CACHE_MAX_SECONDS;

  return MIN (MAX (apparent, corrected) + MAX (0, now - stored->received), PILLION_CACHE_MAX_SECONDS);
}

gboolean
pillion_cache_may_store_field (const char *name,
                               const char *connection)
{
  static const char *const names[] = { "Connection",       "Keep-Alive",        "Proxy-Authenticate", "Proxy-Authentication-Info", "Proxy-Authorization",
                                       "Proxy-Connection", "TE", "Trailer", "Transfer-Encoding",  "Upgrade" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    if (pillion_field_is_named (name, names[i]))
      return FALSE;

  return connection == NULL || !pillion_http_has_element (connection, name);
}

gboolean
pillion_cache_add_validators (const PillionStoredResponse *stored,
                              PillionFieldList *fields)
{
  const char *etag = pillion_stored_response_get (stored, "ETag");
  const char *modified = pillion_stored_response_get (stored, "Last-Modified");

  if (etag != NULL)
    pillion_field_list_set (fields, "If-None-Match", etag);
  if (modified != NULL)
    pillion_field_list_set (fields, "If-Modified-Since", modified);

  return etag != NULL || modified != NULL;
}

gboolean
pillion_cache_has_tag (const PillionStoredResponse *stored,
                       const char *etag)
{
  const char *own = pillion_stored_response_get (stored, "ETag");

  if (own == NULL)
    return FALSE;

  return pillion_http_is_strong_etag (etag) ? strcmp (own, etag) == 0 : are_tags_equal (own, etag);
}

gboolean
pillion_cache_is_confirmed (const PillionStoredResponse *stored,
                            const PillionFieldList *fields)
{
  const char *new_tag = pillion_field_list_get (fields, "ETag");
  const char *etag = pillion_stored_response_get (stored, "ETag");
  const char *new_date = pillion_field_list_get (fields, "Last-Modified");
  const char *modified = pillion_stored_response_get (stored, "Last-Modified");

  if (new_tag != NULL && (etag != NULL || pillion_http_is_strong_etag (new_tag)))
    return pillion_cache_has_tag (stored, new_tag);
  if (new_date != NULL && modified != NULL)
    return strcmp (new_date, modified) == 0;

  /* It has no validator to compare: then it is about what was asked for */
  return TRUE;
}

gboolean
pillion_cache_is_described (const PillionStoredResponse *stored,
                            gint64 length,
                            const PillionFieldList *fields)
{
  const char *announced = pillion_field_list_get (fields, "Content-Length");
  const char *etag = pillion_field_list_get (fields, "ETag");
  const char *modified = pillion_field_list_get (fields, "Last-Modified");
  g_autofree char *vary = pillion_field_list_join (fields, "Vary");
  g_autofree char *stored_vary = pillion_field_list_join (&stored->fields, "Vary");
  gint64 n;

  /* Without a tag nobody knows which of the variants it describes */
  if (etag == NULL && vary != NULL && g_strcmp0 (vary, stored_vary) != 0)
    return FALSE;
  if (etag != NULL && g_strcmp0 (etag, pillion_stored_response_get (stored, "ETag")) != 0)
    return FALSE;
  if (modified != NULL && g_strcmp0 (modified, pillion_stored_response_get (stored, "Last-Modified")) != 0)
    return FALSE;

  return announced == NULL || (pillion_http_parse_content_length (announced, &n) && n == (stored->total >= 0 ? stored->total : length));
}

gboolean
pillion_cache_may_keep (const PillionStoredResponse *stored)
{
  g_autofree char *vary = pillion_field_list_join (&stored->fields, "Vary");

  return !forbids_storing (stored) && !pillion_cache_vary_never_fits (vary);
}

/* What the stored bytes depend on is not updated (section 3.2), nor is what describes only the bytes of one message */
static gboolean
may_update_field (const char *name,
                  const char *connection)
{
  static const char *const names[] = { "Content-Digest", "Content-Encoding", "Content-Length", "Content-MD5", "Content-Range" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    if (pillion_field_is_named (name, names[i]))
      return FALSE;

  return pillion_cache_may_store_field (name, connection);
}

static gboolean
have_same_values (const PillionFieldList *one,
                  const PillionFieldList *other,
                  const char *name)
{
  guint i = 0, j = 0;

  while (TRUE)
    {
      while (i < one->n && !pillion_field_is_named (one->strv[i], name))
        i += 2;
      while (j < other->n && !pillion_field_is_named (other->strv[j], name))
        j += 2;
      if (i >= one->n || j >= other->n)
        return i >= one->n && j >= other->n;
      if (strcmp (one->strv[i + 1], other->strv[j + 1]) != 0)
        return FALSE;
      i += 2;
      j += 2;
    }
}

static gboolean
is_time (const char *name)
{
  return pillion_field_is_named (name, "Date") || pillion_field_is_named (name, "Expires");
}

gboolean
pillion_cache_update (PillionStoredResponse *stored,
                      const PillionFieldList *fields,
                      gint64 requested,
                      gint64 received)
{
  g_autofree char *connection = pillion_field_list_join (fields, "Connection");
  PillionFieldList news = { NULL };
  gboolean controls = FALSE;
  gboolean changed = !is_never_good (stored);

  /* How old it was is of no use once the server has spoken again */
  pillion_field_list_remove (&stored->fields, "Age");

  /* Most fields of a 304 say what is known */
  for (guint i = 0; i < fields->n; i += 2)
    if (!have_same_values (fields, &stored->fields, fields->strv[i]) && may_update_field (fields->strv[i], connection))
      pillion_field_list_borrow (&news, fields->strv[i], fields->strv[i + 1]);

  for (guint i = 0; i < news.n; i += 2)
    {
      controls = controls || pillion_field_is_named (news.strv[i], "Cache-Control");
      changed = changed || !is_time (news.strv[i]);
      pillion_field_list_remove (&stored->fields, news.strv[i]);
    }
  for (guint i = 0; i < news.n; i += 2)
    pillion_field_list_append (&stored->fields, news.strv[i], news.strv[i + 1]);
  pillion_field_list_clear (&news);

  stored->requested = requested;
  stored->received = received;
  if (controls)
    pillion_stored_response_changed (stored);
  return changed || !is_never_good (stored);
}

const char *
pillion_cache_get_strong_validator (const PillionStoredResponse *stored)
{
  const char *etag = pillion_stored_response_get (stored, "ETag");
  const char *modified = pillion_stored_response_get (stored, "Last-Modified");

  if (pillion_field_list_get (&stored->fields, "ETag") != NULL)
    return etag != NULL && pillion_http_is_strong_etag (etag) ? etag : NULL;

  return modified != NULL && pillion_http_is_strong_date (modified, pillion_stored_response_get (stored, "Date")) ? modified : NULL;
}

gboolean
pillion_cache_are_parts_of_one (const PillionStoredResponse *one,
                                const PillionStoredResponse *other)
{
  /* A tag never equals a date */
  const char *validator = pillion_cache_get_strong_validator (one);

  return validator != NULL && g_strcmp0 (validator, pillion_cache_get_strong_validator (other)) == 0;
}

gboolean
pillion_cache_are_coded_alike (const PillionStoredResponse *one,
                               const PillionStoredResponse *other)
{
  g_autofree char *coding = pillion_field_list_join (&one->fields, "Content-Encoding");
  g_autofree char *other_coding = pillion_field_list_join (&other->fields, "Content-Encoding");

  return g_ascii_strcasecmp (coding != NULL ? coding : "identity", other_coding != NULL ? other_coding : "identity") == 0;
}

gboolean
pillion_cache_is_unsafe (const char *method)
{
  static const char *const methods[] = { "GET", "HEAD", "OPTIONS", "TRACE", NULL };

  return !g_strv_contains (methods, method);
}

gboolean
pillion_cache_invalidates (guint status)
{
  return status >= 200 && status < 400;
}
