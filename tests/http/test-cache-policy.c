/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "http/pillion-cache-policy.h"

#include <string.h>

#include "http/pillion-cache-vary.h"
#include "http/pillion-http-date.h"

#define NOW G_GINT64_CONSTANT (1700000000)

/* Fields in one string: "Name: value\nName: value" */
static PillionFieldList
parse_fields (const char *text)
{
  g_auto (GStrv) lines = g_strsplit (text != NULL ? text : "", "\n", -1);
  PillionFieldList fields = { NULL };

  for (guint i = 0; lines[i] != NULL && lines[i][0] != '\0'; i++)
    {
      g_auto (GStrv) parts = g_strsplit (lines[i], ": ", 2);

      pillion_field_list_append (&fields, parts[0], parts[1]);
    }

  return fields;
}

/* A response received now. "@N" in a value stands for the date N s from now. */
static PillionStoredResponse *
make_response (guint status,
               const char *text)
{
  PillionStoredResponse *self = g_new0 (PillionStoredResponse, 1);
  PillionFieldList fields = parse_fields (text);

  self->status = status;
  self->reason = g_strdup ("");
  self->version = g_strdup ("1.1");
  self->requested = self->received = NOW;
  self->total = -1;
  for (guint i = 0; i < fields.n; i += 2)
    {
      const char *value = fields.strv[i + 1];
      g_autofree char *date = value[0] == '@' ? pillion_http_format_date (NOW + g_ascii_strtoll (value + 1, NULL, 10)) : NULL;

      pillion_field_list_append (&self->fields, fields.strv[i], date != NULL ? date : value);
    }
  pillion_field_list_clear (&fields);
  pillion_stored_response_changed (self);

  return self;
}

static void
test_lifetime (void)
{
  static const struct
  {
    const char *section;
    guint status;
    const char *fields;
    gint64 lifetime;
  } cases[] = {
    { "4.2.1 max-age", 200, "Cache-Control: max-age=3600", 3600 },
    { "5.2 names ignore case", 200, "Cache-Control: MaX-aGe=3600", 3600 },
    { "1.2.2 leading zeros", 200, "Cache-Control: max-age=003600", 3600 },
    { "1.2.2 2^31 - 1", 200, "Cache-Control: max-age=2147483647", 2147483647 },
    { "1.2.2 2^31", 200, "Cache-Control: max-age=2147483648", PILLION_CACHE_MAX_SECONDS },
    { "1.2.2 2^31 + 1", 200, "Cache-Control: max-age=2147483649", PILLION_CACHE_MAX_SECONDS },
    { "1.2.2 overflow", 200, "Cache-Control: max-age=99999999999999999999999", PILLION_CACHE_MAX_SECONDS },
    { "5.2 quoted number", 200, "Cache-Control: max-age=\"3600\"", 3600 },
    { "4.2.1 negative is stale", 200, "Cache-Control: max-age=-3600", 0 },
    { "4.2.1 no number is stale", 200, "Cache-Control: max-age=a3600", 0 },
    { "4.2.1 suffix is stale", 200, "Cache-Control: max-age=3600a", 0 },
    { "4.2.1 fraction is stale", 200, "Cache-Control: max-age=3600.5", 0 },
    { "4.2.1 single quotes are stale", 200, "Cache-Control: max-age='3600'", 0 },
    { "4.2.1 empty is stale", 200, "Cache-Control: max-age=", 0 },
    { "4.2.1 missing is stale", 200, "Cache-Control: max-age", 0 },
    { "4.2.1 space before the sign is stale", 200, "Cache-Control: max-age =3600", 0 },
    { "4.2.1 space after the sign is stale", 200, "Cache-Control: max-age= 3600", 0 },
    { "4.2.1 the first of two counts", 200, "Cache-Control: max-age=1800, max-age=1", 1800 },
    { "4.2.1 the first of two counts, stale", 200, "Cache-Control: max-age=1, max-age=1800", 1 },
    { "4.2.1 on two lines", 200, "Cache-Control: max-age=1800\nCache-Control: max-age=1", 1800 },
    { "5.2 other directives are ignored", 200, "Cache-Control: foobar, foo=\"bar, baz\", max-age=3600", 3600 },
    { "5.2 not inside of quotes", 200, "Cache-Control: extension=\"max-age=3600\", max-age=1", 1 },
    { "5.2 not inside of quotes, after it", 200, "Cache-Control: max-age=1, extension=\"max-age=3600\"", 1 },
    { "5.2 escaped quotes", 200, "Cache-Control: extension=\"a\\\", max-age=3600\", max-age=1", 1 },
    { "5.2 a quotation mark hides nothing", 200, "Cache-Control: extension=\"a, max-age=1", 1 },
    { "5.2 empty elements", 200, "Cache-Control: ,, ,max-age=1,,", 1 },
    { "5.2.2.10 s-maxage is for shared caches", 200, "Cache-Control: s-maxage=3600, max-age=1", 1 },
    { "5.2.2.10 s-maxage alone", 200, "Cache-Control: s-maxage=3600", 0 },
    { "5.3 Expires", 200, "Expires: @3600\nDate: @0", 3600 },
    { "5.3 Expires in the past", 200, "Expires: @-3600\nDate: @0", 0 },
    { "5.3 Expires now", 200, "Expires: @0\nDate: @0", 0 },
    { "5.3 Expires before Date", 200, "Expires: @300\nDate: @400", 0 },
    { "5.3 invalid Expires", 200, "Expires: 0\nDate: @0", 0 },
    { "5.3 several Expires", 200, "Expires: @3600\nExpires: @3601\nDate: @0", 0 },
    { "5.3 max-age wins", 200, "Cache-Control: max-age=3600\nExpires: @-7200\nDate: @0", 3600 },
    { "5.3 max-age wins, short", 200, "Cache-Control: max-age=0\nExpires: @3600\nDate: @0", 0 },
    { "5.3 Expires without a date", 200, "Expires: @10", 10 },
    { "5.3 Expires with an invalid date", 200, "Expires: @10\nDate: foo", 10 },
    { "4.2.2 heuristic", 200, "Last-Modified: @-86400\nDate: @0", 8640 },
    { "4.2.2 heuristic has a limit", 200, "Last-Modified: @-864000000\nDate: @0", 7 * 86400 },
    { "4.2.2 modified later than sent", 200, "Last-Modified: @10\nDate: @0", 0 },
    { "4.2.2 no validator", 200, "Date: @0", 0 },
    { "4.2.2 status", 201, "Last-Modified: @-86400\nDate: @0", 0 },
    { "4.2.2 status 404", 404, "Last-Modified: @-86400\nDate: @0", 8640 },
    { "4.2.2 status 503", 503, "Last-Modified: @-86400\nDate: @0", 0 },
    { "4.2.2 unknown status", 599, "Last-Modified: @-86400\nDate: @0", 0 },
    { "5.2.2.9 unknown status, but public", 599, "Last-Modified: @-86400\nDate: @0\nCache-Control: public", 8640 },
    { "4.2.2 not if there is a lifetime", 200, "Last-Modified: @-86400\nDate: @0\nExpires: -1", 0 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (PillionStoredResponse) response = make_response (cases[i].status, cases[i].fields);

      g_test_message ("%s", cases[i].section);
      g_assert_cmpint (pillion_cache_get_lifetime (response), ==, cases[i].lifetime);
    }
}

static void
test_age (void)
{
  static const struct
  {
    const char *section;
    const char *fields;
    gint64 delay; /* between request and response */
    gint64 later; /* when it is asked for */
    gint64 age;
  } cases[] = {
    { "4.2.3 none", "", 0, 0, 0 },
    { "4.2.3 in the cache", "", 0, 5, 5 },
    { "4.2.3 on the way", "", 3, 5, 8 },
    { "5.1 Age", "Age: 100", 0, 5, 105 },
    { "4.2.3 Age and delay", "Age: 100", 3, 5, 108 },
    { "4.2.3 apparent age", "Date: @-7200", 0, 5, 7205 },
    { "4.2.3 the larger one", "Date: @-50\nAge: 100", 0, 0, 100 },
    { "4.2.3 a date ahead", "Date: @50\nAge: 100", 0, 0, 100 },
    { "5.1 not a number", "Age: abc", 0, 0, 0 },
    { "5.1 negative", "Age: -7200", 0, 0, 0 },
    { "5.1 fraction", "Age: 7200.0", 0, 0, 0 },
    { "1.2.2 2^31", "Age: 2147483648", 0, 0, PILLION_CACHE_MAX_SECONDS },
    { "1.2.2 overflow", "Age: 99999999999999999999", 0, 5, PILLION_CACHE_MAX_SECONDS },
    { "5.1 the first one counts", "Age: 7200, 0", 0, 0, 7200 },
    { "5.1 the first one counts, young", "Age: 0, 7200", 0, 0, 0 },
    { "5.1 the first line counts", "Age: 7200\nAge: 0", 0, 0, 7200 },
    { "5.1 the first line counts, young", "Age: 0\nAge: 7200", 0, 0, 0 },
    { "4.2.3 a clock that goes back a little", "", 0, -10, 0 },
    { "4.2.3 a clock that goes back", "", 0, -100, PILLION_CACHE_MAX_SECONDS },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (PillionStoredResponse) response = make_response (200, cases[i].fields);

      g_test_message ("%s", cases[i].section);
      response->requested = response->received - cases[i].delay;
      g_assert_cmpint (pillion_cache_get_age (response, NOW + cases[i].later), ==, cases[i].age);
    }
}

#define ETAG "\nETag: \"1\""

static void
test_use (void)
{
  const PillionCacheUse fresh = PILLION_CACHE_USE_FRESH;
  const PillionCacheUse stale = PILLION_CACHE_USE_STALE;
  const PillionCacheUse refresh = PILLION_CACHE_USE_AND_REFRESH;
  const PillionCacheUse validated = PILLION_CACHE_USE_VALIDATED;
  const PillionHttpCacheMode normal = PILLION_HTTP_CACHE_MODE_DEFAULT;
  const struct
  {
    const char *section;
    const char *response;
    gint64 later;
    const char *request;
    PillionHttpCacheMode mode;
    PillionCacheUse use;
    gboolean offline;
    gboolean after_error;
  } cases[] = {
    { "4.2 fresh", "Cache-Control: max-age=10", 9, NULL, normal, fresh },
    { "4.2 stale as soon as it is as old as it may be", "Cache-Control: max-age=10", 10, NULL, normal, validated },
    { "4.2 stale", "Cache-Control: max-age=10", 11, NULL, normal, validated },
    { "4.2.3 aged on the way", "Cache-Control: max-age=3600\nAge: 7200", 0, NULL, normal, validated },
    { "5.2.2.4 no-cache", "Cache-Control: max-age=10, no-cache", 0, NULL, normal, validated },
    { "5.2.2.4 no-cache, whatever the case", "Cache-Control: max-age=10, No-CaChE", 0, NULL, normal, validated },
    { "5.2.2.4 no-cache with a field", "Cache-Control: max-age=10, no-cache=\"a\"", 0, NULL, normal, fresh },
    { "5.2.2.4 no-cache with a field and without", "Cache-Control: max-age=10, no-cache=\"a\", no-cache", 0, NULL, normal, validated },
    { "5.2.2.4 no-cache with no field", "Cache-Control: max-age=10, no-cache=\"\"", 0, NULL, normal, validated },
    { "5.2.2.4 no-cache offline", "Cache-Control: max-age=10, no-cache", 0, NULL, normal, validated, TRUE },
    { "5.2.2.2 must-revalidate, fresh", "Cache-Control: max-age=10, must-revalidate", 0, NULL, normal, fresh },
    { "5.2.2.2 must-revalidate, stale", "Cache-Control: max-age=10, must-revalidate", 11, "Cache-Control: max-stale", normal, validated },
    { "5.2.2.2 must-revalidate offline", "Cache-Control: max-age=10, must-revalidate", 11, NULL, normal, validated, TRUE },
    { "5.2.2.2 must-revalidate by force", "Cache-Control: max-age=10, must-revalidate", 11, NULL, PILLION_HTTP_CACHE_MODE_FORCE_CACHE, validated },
    { "5.2.2.7 private", "Cache-Control: max-age=10, private", 0, NULL, normal, fresh },
    { "5.2.2.7 private with a field", "Cache-Control: max-age=10, private=\"a\"", 0, NULL, normal, fresh },
    { "5.2.2.8 proxy-revalidate is for shared caches", "Cache-Control: max-age=10, proxy-revalidate", 11, "Cache-Control: max-stale", normal, stale },
    { "5.2.1.1 max-age", "Cache-Control: max-age=3600", 5, "Cache-Control: max-age=4", normal, validated },
    { "5.2.1.1 max-age, young enough", "Cache-Control: max-age=3600", 5, "Cache-Control: max-age=5", normal, fresh },
    { "5.2.1.1 max-age=0", "Cache-Control: max-age=3600", 1, "Cache-Control: max-age=0", normal, validated },
    { "5.2.1.2 max-stale", "Cache-Control: max-age=10", 500, "Cache-Control: max-stale", normal, stale },
    { "5.2.1.2 max-stale with a value", "Cache-Control: max-age=10", 15, "Cache-Control: max-stale=5", normal, stale },
    { "5.2.1.2 too stale", "Cache-Control: max-age=10", 16, "Cache-Control: max-stale=5", normal, validated },
    { "5.2.1.2 max-stale that is not valid", "Cache-Control: max-age=10", 16, "Cache-Control: max-stale=x", normal, validated },
    { "5.2.1.3 min-fresh", "Cache-Control: max-age=1500", 0, "Cache-Control: min-fresh=2000", normal, validated },
    { "5.2.1.3 fresh enough", "Cache-Control: max-age=1500", 0, "Cache-Control: min-fresh=1500", normal, fresh },
    { "5.2.1.3 min-fresh and age", "Cache-Control: max-age=1500\nAge: 1000", 0, "Cache-Control: min-fresh=1000", normal, validated },
    { "5.2.1.4 no-cache", "Cache-Control: max-age=3600", 0, "Cache-Control: no-cache", normal, validated },
    { "5.4 Pragma", "Cache-Control: max-age=3600", 0, "Pragma: no-cache", normal, validated },
    { "5.4 Pragma beside Cache-Control", "Cache-Control: max-age=3600", 0, "Pragma: no-cache\nCache-Control: foo", normal, fresh },
    { "5.4 Pragma of something else", "Cache-Control: max-age=3600", 0, "Pragma: foo", normal, fresh },
    { "5.4 Pragma of the response", "Cache-Control: max-age=3600\nPragma: no-cache", 0, NULL, normal, fresh },
    { "fetch: no-cache", "Cache-Control: max-age=3600", 0, NULL, PILLION_HTTP_CACHE_MODE_NO_CACHE, validated },
    { "fetch: force-cache", "Cache-Control: max-age=1", 100, NULL, PILLION_HTTP_CACHE_MODE_FORCE_CACHE, stale },
    { "fetch: only-if-cached", "Cache-Control: max-age=1", 100, NULL, PILLION_HTTP_CACHE_MODE_ONLY_IF_CACHED, stale },
    { "5.2.1.7 only-if-cached keeps to freshness", "Cache-Control: max-age=1", 100, "Cache-Control: only-if-cached", normal, validated },
    { "4.2.4 disconnected", "Cache-Control: max-age=1", 100, NULL, normal, stale, TRUE },
    { "RFC 8246 immutable", "Cache-Control: max-age=3600, immutable", 0, NULL, PILLION_HTTP_CACHE_MODE_NO_CACHE, fresh },
    { "RFC 8246 immutable, but stale", "Cache-Control: max-age=3600, immutable", 3601, NULL, PILLION_HTTP_CACHE_MODE_NO_CACHE, validated },
    { "RFC 8246 the user insists", "Cache-Control: max-age=3600, immutable", 0, "Cache-Control: no-cache", normal, validated },
    { "RFC 5861 3 stale-while-revalidate", "Cache-Control: max-age=1, stale-while-revalidate=10", 11, NULL, normal, refresh },
    { "RFC 5861 3 after the window", "Cache-Control: max-age=1, stale-while-revalidate=10", 12, NULL, normal, validated },
    { "RFC 5861 3 not with must-revalidate", "Cache-Control: max-age=1, stale-while-revalidate=10, must-revalidate", 2, NULL, normal, validated },
    { "RFC 5861 3 not if the request wants better", "Cache-Control: max-age=1, stale-while-revalidate=10", 2, "Cache-Control: max-age=1", normal, validated },
    { "RFC 5861 3 an invalid value", "Cache-Control: max-age=1, stale-while-revalidate=x", 2, NULL, normal, validated },
    { "RFC 5861 4 stale-if-error", "Cache-Control: max-age=1, stale-if-error=10", 11, NULL, normal, stale, FALSE, TRUE },
    { "RFC 5861 4 no error", "Cache-Control: max-age=1, stale-if-error=10", 11, NULL, normal, validated },
    { "RFC 5861 4 after the window", "Cache-Control: max-age=1, stale-if-error=10", 12, NULL, normal, validated, FALSE, TRUE },
    { "RFC 5861 4 as the request says", "Cache-Control: max-age=1", 11, "Cache-Control: stale-if-error=10", normal, stale, FALSE, TRUE },
    { "RFC 5861 4 not with must-revalidate", "Cache-Control: max-age=1, stale-if-error=10, must-revalidate", 5, NULL, normal, validated, FALSE, TRUE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (PillionStoredResponse) response = make_response (200, cases[i].response);
      PillionFieldList fields = parse_fields (cases[i].request);
      PillionCacheRequest request;

      g_test_message ("%s", cases[i].section);
      pillion_cache_request_init (&request, "GET", &fields, cases[i].mode);
      request.offline = cases[i].offline;
      request.after_error = cases[i].after_error;
      g_assert_cmpint (pillion_cache_request_judge (&request, response, NOW + cases[i].later), ==, cases[i].use);
      pillion_cache_request_clear (&request);
      pillion_field_list_clear (&fields);
    }
}

static void
test_storing (void)
{
  const PillionHttpCacheMode normal = PILLION_HTTP_CACHE_MODE_DEFAULT;
  const struct
  {
    const char *section;
    const char *method;
    const char *request;
    guint status;
    const char *response;
    gboolean stored;
    PillionHttpCacheMode mode;
    gboolean at_home;
    gboolean has_body;
  } cases[] = {
    { "3 GET", "GET", NULL, 200, "Cache-Control: max-age=1", TRUE },
    { "RFC 9110 9.3.1 GET with a body", "GET", NULL, 200, "Cache-Control: max-age=1", FALSE, normal, FALSE, TRUE },
    { "RFC 9110 9.3.3 POST with a body", "POST", NULL, 200, "Cache-Control: max-age=1", TRUE, normal, TRUE, TRUE },
    { "3 the status is enough", "GET", NULL, 200, "", TRUE },
    { "3 a status that is not", "GET", NULL, 201, "", FALSE },
    { "3 explicit freshness is", "GET", NULL, 201, "Cache-Control: max-age=1", TRUE },
    { "3 Expires is", "GET", NULL, 503, "Expires: @5", TRUE },
    { "5.2.2.9 public is", "GET", NULL, 599, "Cache-Control: public", TRUE },
    { "5.2.2.7 private is", "GET", NULL, 599, "Cache-Control: private", TRUE },
    { "5.2.2.10 s-maxage is not", "GET", NULL, 599, "Cache-Control: s-maxage=5", FALSE },
    { "3 HEAD has no body", "HEAD", NULL, 200, "Cache-Control: max-age=1", FALSE },
    { "3 other methods", "PUT", NULL, 200, "Cache-Control: max-age=1", FALSE },
    { "RFC 9110 9.3.3 POST", "POST", NULL, 200, "Cache-Control: max-age=1", FALSE },
    { "RFC 9110 9.3.3 POST that says what GET gets", "POST", NULL, 200, "Cache-Control: max-age=1", TRUE, normal, TRUE },
    { "RFC 9110 9.3.3 only if it says for how long", "POST", NULL, 200, "", FALSE, normal, TRUE },
    { "5.2.2.5 no-store", "GET", NULL, 200, "Cache-Control: no-store", FALSE },
    { "5.2.2.5 no-store, whatever else", "GET", NULL, 200, "Cache-Control: max-age=10, No-StOrE\nExpires: @10", FALSE },
    { "5.2.2.5 no-store on a second line", "GET", NULL, 200, "Cache-Control: max-age=10\nCache-Control: no-store", FALSE },
    { "5.2.2.3 must-understand, understood", "GET", NULL, 200, "Cache-Control: max-age=10, no-store, must-understand", TRUE },
    { "5.2.2.3 must-understand, not understood", "GET", NULL, 599, "Cache-Control: max-age=10, must-understand", FALSE },
    { "5.2.1.5 no-store of the request", "GET", "Cache-Control: no-store", 200, "Cache-Control: max-age=10", FALSE },
    { "fetch: no-store", "GET", NULL, 200, "Cache-Control: max-age=10", FALSE, PILLION_HTTP_CACHE_MODE_NO_STORE },
    { "fetch: reload", "GET", NULL, 200, "Cache-Control: max-age=10", TRUE, PILLION_HTTP_CACHE_MODE_RELOAD },
    { "3.5 Authorization is for shared caches", "GET", "Authorization: Basic eDp5", 200, "Cache-Control: max-age=10", TRUE },
    { "4.1 Vary: *", "GET", NULL, 200, "Cache-Control: max-age=10\nVary: *", FALSE },
    { "4.1 Vary: * among others", "GET", NULL, 200, "Cache-Control: max-age=10\nVary: Foo\nVary: , *", FALSE },
    { "4.1 Vary", "GET", NULL, 200, "Cache-Control: max-age=10\nVary: Foo", TRUE },
    { "3.3 206", "GET", "Range: bytes=0-4", 206, "Cache-Control: max-age=10\nContent-Range: bytes 0-4/10", TRUE },
    { "3.3 206 of several parts", "GET", "Range: bytes=0-1,3-4", 206, "Cache-Control: max-age=10\nContent-Type: multipart/byteranges", FALSE },
    { "3.3 206 of nobody knows what", "GET", "Range: bytes=0-4", 206, "Cache-Control: max-age=10\nContent-Range: bytes 0-4/*", FALSE },
    { "RFC 6585 4 429", "GET", NULL, 429, "Cache-Control: max-age=10", FALSE },
    { "RFC 6585 6 511", "GET", NULL, 511, "Cache-Control: max-age=10", FALSE },
    { "4.3.4 304 is no response", "GET", NULL, 304, "Cache-Control: max-age=10", FALSE },
    { "15.5.2 wrong credentials", "GET", NULL, 401, "Cache-Control: max-age=10", FALSE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (PillionStoredResponse) response = make_response (cases[i].status, cases[i].response);
      PillionFieldList fields = parse_fields (cases[i].request);
      PillionCacheRequest request;

      g_test_message ("%s", cases[i].section);
      pillion_cache_request_init (&request, cases[i].method, &fields, cases[i].mode);
      request.has_body = cases[i].has_body;
      g_assert_cmpint (pillion_cache_request_may_store (&request, response, cases[i].at_home), ==, cases[i].stored);
      pillion_cache_request_clear (&request);
      pillion_field_list_clear (&fields);
    }
}

static void
test_vary (void)
{
  static const struct
  {
    const char *section;
    const char *first;
    const char *vary;
    const char *second;
    gboolean fits;
    const char *language;
    const char *identity;
    const char *other_identity;
  } cases[] = {
    { "4.1 equal", "Foo: 1", "Foo", "Foo: 1", TRUE },
    { "4.1 names ignore case", "foo: 1", "FOO", "Foo: 1", TRUE },
    { "4.1 different", "Foo: 1", "Foo", "Foo: 2", FALSE },
    { "4.1 values do not ignore case", "Foo: a", "Foo", "Foo: A", FALSE },
    { "4.1 missing then", "", "Foo", "Foo: 1", FALSE },
    { "4.1 missing now", "Foo: 1", "Foo", "", FALSE },
    { "4.1 empty is not missing", "Foo: ", "Foo", "", FALSE },
    { "4.1 missing both times", "Bar: 1", "Foo, Bar", "Bar: 1", TRUE },
    { "4.1 not named", "Foo: 1\nOther: 2", "Foo", "Foo: 1\nOther: 3", TRUE },
    { "4.1 three", "Foo: 1\nBar: abc\nBaz: 789", "Foo, Bar, Baz", "Baz: 789\nFoo: 1\nBar: abc", TRUE },
    { "4.1 one of three", "Foo: 1\nBar: abc\nBaz: 789", "Foo, Bar, Baz", "Foo: 1\nBar: abcde\nBaz: 789", FALSE },
    { "4.1 combined lines", "Foo: 1, 2", "Foo", "Foo: 1\nFoo: 2", TRUE },
    { "4.1 order of lines", "Foo: 1, 2", "Foo", "Foo: 2\nFoo: 1", FALSE },
    { "4.1 space", "Foo: 1,2", "Foo", "Foo:  1, 2 ", TRUE },
    { "4.1 commas in quotes", "Foo: \"a,b\"", "Foo", "Foo: \"a, b\"", FALSE },
    { "4.1 order of languages", "Accept-Language: en, de", "Accept-Language", "Accept-Language: de, en", TRUE },
    { "4.1 case of languages", "Accept-Language: en, de", "Accept-Language", "Accept-Language: eN, De", TRUE },
    { "4.1 weights", "Accept-Language: en, de;q=0.5", "Accept-Language", "Accept-Language: de ; q=0.50 , en;q=1", TRUE },
    { "4.1 other weights", "Accept-Language: en, de;q=0.5", "Accept-Language", "Accept-Language: de, en;q=0.5", FALSE },
    { "4.1 the best language", "Accept-Language: en, de", "Accept-Language", "Accept-Language: fr;q=0.5, de;q=1.0", TRUE, "de" },
    { "4.1 not the best language", "Accept-Language: en, de", "Accept-Language", "Accept-Language: fr, de;q=0.5", FALSE, "de" },
    { "4.1 one of the best languages", "Accept-Language: en, de", "Accept-Language", "Accept-Language: fr, de", FALSE, "de" },
    { "3.5 other credentials", "Authorization: Basic eDp5", NULL, "Authorization: Basic ejp6", FALSE },
    { "3.5 no credentials", "Authorization: Basic eDp5", NULL, "", FALSE },
    { "3.5 the same credentials", "Authorization: Basic eDp5", NULL, "Authorization: Basic eDp5", TRUE },
    { "the same connection", "", NULL, "", TRUE, NULL, "a", "a" },
    { "another connection", "", NULL, "", FALSE, NULL, "a", "b" },
    { "no longer the default connection", "", NULL, "", FALSE, NULL, NULL, "a" },
    { "the default connection again", "", NULL, "", FALSE, NULL, "a", NULL },
    { "4.1 names that are none", "Foo: 1", ":identity, Foo, (", "Foo: 1", TRUE },
    { "4.1 weights that are no numbers", "Accept-Language: en, de;q=nan", "Accept-Language", "Accept-Language: de;q=0, en", TRUE },
    { "4.1 cookies", "Cookie: a=b", NULL, "Cookie: a=c", TRUE },
    { "4.1 cookies if it says so", "Cookie: a=b", "Cookie", "Cookie: a=c", FALSE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      PillionFieldList first = parse_fields (cases[i].first);
      PillionFieldList second = parse_fields (cases[i].second);
      PillionFieldList selecting = { NULL };

      g_test_message ("%s", cases[i].section);
      pillion_cache_vary_select (cases[i].vary, &first, cases[i].identity, &selecting);
      g_assert_cmpint (pillion_cache_vary_fits (&selecting, &second, cases[i].other_identity, cases[i].language), ==, cases[i].fits);
      pillion_field_list_clear (&first);
      pillion_field_list_clear (&second);
      pillion_field_list_clear (&selecting);
    }

  g_assert_true (pillion_cache_vary_never_fits ("*"));
  g_assert_true (pillion_cache_vary_never_fits (", *"));
  g_assert_true (pillion_cache_vary_never_fits ("Foo, *"));
  g_assert_false (pillion_cache_vary_never_fits ("Foo"));
  g_assert_false (pillion_cache_vary_never_fits (NULL));
}

static void
test_secrets_are_not_kept (void)
{
  PillionFieldList request = parse_fields ("Authorization: Basic c2VjcmV0\nCookie: secret=1");
  PillionFieldList selecting = { NULL };

  pillion_cache_vary_select ("Cookie", &request, NULL, &selecting);
  g_assert_cmpuint (selecting.n, ==, 4);
  for (guint i = 0; i < selecting.n; i++)
    {
      g_assert_null (strstr (selecting.strv[i], "c2VjcmV0"));
      g_assert_null (strstr (selecting.strv[i], "secret"));
    }

  pillion_field_list_clear (&request);
  pillion_field_list_clear (&selecting);
}

static void
test_ranges (void)
{
  static const struct
  {
    const char *section;
    const char *request;
    gint64 first; /* -1 for all of it */
    gint64 last;
  } cases[] = {
    { "RFC 9110 14.1.2 first and last", "Range: bytes=0-1", 0, 1 },
    { "RFC 9110 14.1.2 no last", "Range: bytes=1-", 1, 9 },
    { "RFC 9110 14.1.2 the last ones", "Range: bytes=-1", 9, 9 },
    { "RFC 9110 14.1.2 more than there are", "Range: bytes=-100", 0, 9 },
    { "RFC 9110 14.1.2 beyond the end", "Range: bytes=5-100", 5, 9 },
    { "RFC 9110 14.1.2 numbers that are too large", "Range: bytes=5-99999999999999999999999", 5, 9 },
    { "RFC 9110 14.1.2 none of them", "Range: bytes=10-", 10, 9 },
    { "RFC 9110 14.1.2 the last none", "Range: bytes=-0", 10, 9 },
    { "RFC 9110 14.1.2 backwards", "Range: bytes=5-4", -1, -1 },
    { "RFC 9110 14.1.2 not numbers", "Range: bytes=a-b", -1, -1 },
    { "RFC 9110 14.1.2 nothing", "Range: bytes=-", -1, -1 },
    { "RFC 9110 14.2 another unit", "Range: lines=0-1", -1, -1 },
    { "RFC 9110 14.2 no range", "", -1, -1 },
    { "RFC 9110 13.1.5 If-Range", "Range: bytes=0-1\nIf-Range: \"1\"", 0, 1 },
    { "RFC 9110 13.1.5 another version", "Range: bytes=0-1\nIf-Range: \"2\"", -1, -1 },
    { "RFC 9110 13.1.5 a weak tag", "Range: bytes=0-1\nIf-Range: W/\"1\"", -1, -1 },
  };
  g_autoptr (PillionStoredResponse) response = make_response (200, "ETag: \"1\"");

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      PillionFieldList fields = parse_fields (cases[i].request);
      PillionCacheRequest request;
      gint64 first = -1, last = -1;

      g_test_message ("%s", cases[i].section);
      pillion_cache_request_init (&request, "GET", &fields, PILLION_HTTP_CACHE_MODE_DEFAULT);
      g_assert_cmpint (pillion_cache_request_get_range (&request, response, 10, &first, &last), ==, cases[i].first >= 0);
      g_assert_cmpint (first, ==, cases[i].first);
      g_assert_cmpint (last, ==, cases[i].last);
      pillion_cache_request_clear (&request);
      pillion_field_list_clear (&fields);
    }
}

static void
test_parts (void)
{
  static const struct
  {
    const char *section;
    const char *request;
    gboolean has;
  } cases[] = {
    { "3.3 exactly", "Range: bytes=4-8", TRUE },
    { "3.3 less", "Range: bytes=6-8", TRUE },
    { "3.3 before it", "Range: bytes=3-5", FALSE },
    { "3.3 after it", "Range: bytes=8-9", FALSE },
    { "3.3 to the end", "Range: bytes=5-", FALSE },
    { "3.3 all", "", FALSE },
    { "3.3 several", "Range: bytes=4-5,7-8", FALSE },
  };
  g_autoptr (PillionStoredResponse) response = make_response (206, "");

  response->first = 4;
  response->total = 10;
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      PillionFieldList fields = parse_fields (cases[i].request);
      PillionCacheRequest request;

      g_test_message ("%s", cases[i].section);
      pillion_cache_request_init (&request, "GET", &fields, PILLION_HTTP_CACHE_MODE_DEFAULT);
      g_assert_cmpint (pillion_cache_request_has_bytes (&request, response, 5), ==, cases[i].has);
      pillion_cache_request_clear (&request);
      pillion_field_list_clear (&fields);
    }
}

static void
test_conditions (void)
{
  static const struct
  {
    const char *section;
    const char *request;
    gboolean has_it;
  } cases[] = {
    { "4.3.2 the tag", "If-None-Match: \"1\"", TRUE },
    { "4.3.2 one of them", "If-None-Match: \"0\", \"a,b\", W/\"1\"", TRUE },
    { "4.3.2 any", "If-None-Match: *", TRUE },
    { "4.3.2 another tag", "If-None-Match: \"2\"", FALSE },
    { "4.3.2 a tag in a tag", "If-None-Match: \"x\"1\"", FALSE },
    { "RFC 9110 13.1.3 tags come before dates", "If-None-Match: \"2\"\nIf-Modified-Since: Tue, 14 Nov 2023 22:13:20 GMT", FALSE },
    { "RFC 9110 13.1.3 the date", "If-Modified-Since: Tue, 14 Nov 2023 22:11:40 GMT", TRUE },
    { "RFC 9110 13.1.3 later", "If-Modified-Since: Tue, 14 Nov 2023 22:13:20 GMT", TRUE },
    { "RFC 9110 13.1.3 before", "If-Modified-Since: Tue, 14 Nov 2023 22:11:39 GMT", FALSE },
    { "RFC 9110 13.1.3 no date", "If-Modified-Since: yesterday", FALSE },
  };
  g_autoptr (PillionStoredResponse) response = make_response (200, "Last-Modified: @-100" ETAG);

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      PillionFieldList fields = parse_fields (cases[i].request);
      PillionCacheRequest request;

      g_test_message ("%s", cases[i].section);
      pillion_cache_request_init (&request, "GET", &fields, PILLION_HTTP_CACHE_MODE_DEFAULT);
      g_assert_true (pillion_cache_request_is_conditional (&request));
      g_assert_cmpint (pillion_cache_request_has_it (&request, response), ==, cases[i].has_it);
      pillion_cache_request_clear (&request);
      pillion_field_list_clear (&fields);
    }
}

static void
test_validation (void)
{
  static const struct
  {
    const char *section;
    const char *stored;
    const char *answer;
    gboolean confirmed;
  } cases[] = {
    { "4.3.4 the same strong tag", "ETag: \"1\"", "ETag: \"1\"", TRUE },
    { "4.3.4 another strong tag", "ETag: \"1\"", "ETag: \"2\"", FALSE },
    { "4.3.4 a strong tag for a weak one", "ETag: W/\"1\"", "ETag: \"1\"", FALSE },
    { "4.3.4 the same weak tag", "ETag: W/\"1\"", "ETag: W/\"1\"", TRUE },
    { "4.3.4 a weak tag for a strong one", "ETag: \"1\"", "ETag: W/\"1\"", TRUE },
    { "4.3.4 another weak tag", "ETag: W/\"1\"", "ETag: W/\"2\"", FALSE },
    { "4.3.4 the same date", "Last-Modified: @0", "Last-Modified: Tue, 14 Nov 2023 22:13:20 GMT", TRUE },
    { "4.3.4 another date", "Last-Modified: @0", "Last-Modified: Tue, 14 Nov 2023 22:13:21 GMT", FALSE },
    { "4.3.4 no validator", "ETag: \"1\"", "", TRUE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (PillionStoredResponse) response = make_response (200, cases[i].stored);
      PillionFieldList fields = parse_fields (cases[i].answer);

      g_test_message ("%s", cases[i].section);
      g_assert_cmpint (pillion_cache_is_confirmed (response, &fields), ==, cases[i].confirmed);
      pillion_field_list_clear (&fields);
    }
}

static void
test_both_validators (void)
{
  g_autoptr (PillionStoredResponse) response = make_response (200, "Last-Modified: @0" ETAG);
  g_autoptr (PillionStoredResponse) without = make_response (200, "");
  PillionFieldList fields = { NULL };

  g_assert_true (pillion_cache_add_validators (response, &fields));
  g_assert_cmpstr (pillion_field_list_get (&fields, "If-None-Match"), ==, "\"1\"");
  g_assert_cmpstr (pillion_field_list_get (&fields, "If-Modified-Since"), ==, "Tue, 14 Nov 2023 22:13:20 GMT");
  g_assert_false (pillion_cache_add_validators (without, &fields));

  pillion_field_list_clear (&fields);
}

static void
test_update (void)
{
  g_autoptr (PillionStoredResponse) response =
    make_response (200, "Cache-Control: max-age=1\nA: 1\nB: 2\nContent-Length: 10\nContent-Encoding: gzip\nAge: 5\n"
                        "Content-Digest: sha-256=:AA==:" ETAG);
  PillionFieldList fields = parse_fields ("Cache-Control: max-age=100\nA: 3\nA: 4\nContent-Length: 0\nContent-Encoding: br\nConnection: C\nC: 5\n"
                                          "Content-Digest: sha-256=:BB==:\nContent-MD5: CC==");

  pillion_cache_update (response, &fields, NOW + 10, NOW + 11);
  g_assert_cmpint (pillion_cache_get_lifetime (response), ==, 100);
  g_assert_cmpint (pillion_cache_get_age (response, NOW + 11), ==, 1);
  g_assert_cmpstr (pillion_stored_response_get (response, "B"), ==, "2");
  g_assert_cmpstr (pillion_stored_response_get (response, "Content-Length"), ==, "10");
  g_assert_cmpstr (pillion_stored_response_get (response, "Content-Encoding"), ==, "gzip");
  g_assert_cmpstr (pillion_stored_response_get (response, "Content-Digest"), ==, "sha-256=:AA==:");
  g_assert_null (pillion_field_list_get (&response->fields, "Content-MD5"));
  g_assert_null (pillion_field_list_get (&response->fields, "C"));
  g_assert_null (pillion_field_list_get (&response->fields, "Connection"));
  {
    g_autofree char *both = pillion_field_list_join (&response->fields, "A");

    g_assert_cmpstr (both, ==, "3, 4");
  }

  pillion_field_list_clear (&fields);
}

/* A new time alone makes no difference to what is asked for each time */
static void
test_update_of_times (void)
{
  static const struct
  {
    const char *stored;
    const char *news;
    gboolean changed;
  } cases[] = {
    { "Cache-Control: no-cache\nDate: @0\nA: 1", "Date: @5\nExpires: @5\nA: 1\nConnection: B", FALSE },
    { "Cache-Control: no-cache\nDate: @0\nA: 1", "Date: @5\nA: 2", TRUE },
    { "Cache-Control: no-cache\nDate: @0", "Cache-Control: max-age=5\nDate: @5", TRUE },
    { "Cache-Control: max-age=5\nDate: @0", "Date: @5", TRUE },
    { "Cache-Control: max-age=5\nDate: @0", "Cache-Control: no-cache", TRUE },
    { "Cache-Control: max-age=0\nDate: @0", "Date: @5", TRUE },
    { "Cache-Control: max-age=0, must-revalidate\nDate: @0", "Date: @5", FALSE },
    { "Cache-Control: must-revalidate\nExpires: @0\nDate: @0", "Date: @5\nExpires: @5", FALSE },
    { "Cache-Control: must-revalidate\nExpires: @0\nDate: @0", "Date: @5\nExpires: @9", TRUE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (PillionStoredResponse) response = make_response (200, cases[i].stored);
      g_autoptr (PillionStoredResponse) news = make_response (304, cases[i].news);

      g_test_message ("%s", cases[i].news);
      g_assert_cmpint (pillion_cache_update (response, &news->fields, NOW + 10, NOW + 11), ==, cases[i].changed);
    }
}

static void
test_head (void)
{
  static const struct
  {
    const char *section;
    const char *head;
    gboolean described;
  } cases[] = {
    { "4.3.5 the same", "ETag: \"1\"\nContent-Length: 10", TRUE },
    { "4.3.5 nothing to compare", "", TRUE },
    { "4.3.5 another tag", "ETag: \"2\"", FALSE },
    { "4.3.5 another length", "Content-Length: 11", FALSE },
    { "4.3.5 another date", "Last-Modified: Tue, 14 Nov 2023 22:13:21 GMT", FALSE },
  };
  g_autoptr (PillionStoredResponse) response = make_response (200, "Last-Modified: @0" ETAG);

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      PillionFieldList fields = parse_fields (cases[i].head);

      g_test_message ("%s", cases[i].section);
      g_assert_cmpint (pillion_cache_is_described (response, 10, &fields), ==, cases[i].described);
      pillion_field_list_clear (&fields);
    }
}

static void
test_fields (void)
{
  g_assert_true (pillion_cache_may_store_field ("Set-Cookie", NULL));
  g_assert_true (pillion_cache_may_store_field ("A", "b, c"));
  g_assert_false (pillion_cache_may_store_field ("A", "b, a"));
  g_assert_false (pillion_cache_may_store_field ("connection", NULL));
  g_assert_false (pillion_cache_may_store_field ("Transfer-Encoding", NULL));
  g_assert_false (pillion_cache_may_store_field ("Proxy-Authenticate", NULL));
}

static void
test_codings (void)
{
  g_autoptr (PillionStoredResponse) plain = make_response (200, "");
  g_autoptr (PillionStoredResponse) identity = make_response (200, "Content-Encoding: Identity");
  g_autoptr (PillionStoredResponse) once = make_response (200, "Content-Encoding: gzip");
  g_autoptr (PillionStoredResponse) twice = make_response (200, "Content-Encoding: gzip\nContent-Encoding: br");
  g_autoptr (PillionStoredResponse) in_one_line = make_response (200, "Content-Encoding: GZIP, br");

  g_assert_true (pillion_cache_are_coded_alike (plain, identity));
  g_assert_true (pillion_cache_are_coded_alike (once, once));
  g_assert_true (pillion_cache_are_coded_alike (twice, in_one_line));
  g_assert_false (pillion_cache_are_coded_alike (plain, once));
  g_assert_false (pillion_cache_are_coded_alike (twice, once));
}

static void
test_methods (void)
{
  g_assert_true (pillion_cache_is_unsafe ("POST"));
  g_assert_true (pillion_cache_is_unsafe ("PUT"));
  g_assert_true (pillion_cache_is_unsafe ("DELETE"));
  g_assert_true (pillion_cache_is_unsafe ("M-SEARCH"));
  g_assert_false (pillion_cache_is_unsafe ("GET"));
  g_assert_false (pillion_cache_is_unsafe ("HEAD"));
  g_assert_false (pillion_cache_is_unsafe ("OPTIONS"));
  g_assert_true (pillion_cache_invalidates (201));
  g_assert_true (pillion_cache_invalidates (303));
  g_assert_false (pillion_cache_invalidates (404));
  g_assert_false (pillion_cache_invalidates (500));
}

static void
test_serialize (void)
{
  g_autoptr (PillionStoredResponse) response = make_response (206, "Cache-Control: max-age=1\nA: \xff\xfe");
  g_autoptr (PillionStoredResponse) copy = NULL;
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GBytes) empty = g_bytes_new_static ("", 0);
  GBytes *impossible;

  response->first = 4;
  response->total = 10;
  pillion_field_list_append (&response->selecting, "foo", "=1,");
  bytes = pillion_stored_response_serialize (response);
  copy = pillion_stored_response_parse (bytes);
  g_assert_nonnull (copy);
  g_assert_cmpuint (copy->status, ==, 206);
  g_assert_cmpint (copy->received, ==, NOW);
  g_assert_cmpint (copy->first, ==, 4);
  g_assert_cmpint (copy->total, ==, 10);
  g_assert_cmpint (copy->control.max_age, ==, 1);
  g_assert_cmpstr (pillion_stored_response_get (copy, "A"), ==, "\xff\xfe");
  g_assert_cmpstr (pillion_field_list_get (&copy->selecting, "foo"), ==, "=1,");

  /* Times and places that nothing can be added to */
  response->received = G_MAXINT64;
  impossible = pillion_stored_response_serialize (response);
  g_assert_null (pillion_stored_response_parse (impossible));
  g_bytes_unref (impossible);
  response->received = NOW;
  response->first = G_MAXINT64 - 1;
  impossible = pillion_stored_response_serialize (response);
  g_assert_null (pillion_stored_response_parse (impossible));
  g_bytes_unref (impossible);

  /* Every part of it that is missing, and every byte that is another one */
  g_assert_null (pillion_stored_response_parse (empty));
  for (gsize i = 0; i < g_bytes_get_size (bytes); i++)
    {
      g_autoptr (GBytes) part = g_bytes_new_from_bytes (bytes, 0, i);
      gsize size;
      g_autofree guint8 *changed = g_memdup2 (g_bytes_get_data (bytes, &size), g_bytes_get_size (bytes));
      g_autoptr (GBytes) other = NULL;
      PillionStoredResponse *parsed;

      g_assert_null (pillion_stored_response_parse (part));
      changed[i] ^= 0x55;
      other = g_bytes_new (changed, size);
      parsed = pillion_stored_response_parse (other);
      g_clear_pointer (&parsed, pillion_stored_response_free);
    }
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/http/cache-policy/lifetime", test_lifetime);
  g_test_add_func ("/http/cache-policy/age", test_age);
  g_test_add_func ("/http/cache-policy/use", test_use);
  g_test_add_func ("/http/cache-policy/storing", test_storing);
  g_test_add_func ("/http/cache-policy/vary", test_vary);
  g_test_add_func ("/http/cache-policy/secrets-are-not-kept", test_secrets_are_not_kept);
  g_test_add_func ("/http/cache-policy/ranges", test_ranges);
  g_test_add_func ("/http/cache-policy/parts", test_parts);
  g_test_add_func ("/http/cache-policy/conditions", test_conditions);
  g_test_add_func ("/http/cache-policy/validation", test_validation);
  g_test_add_func ("/http/cache-policy/both-validators", test_both_validators);
  g_test_add_func ("/http/cache-policy/update", test_update);
  g_test_add_func ("/http/cache-policy/update-of-times", test_update_of_times);
  g_test_add_func ("/http/cache-policy/head", test_head);
  g_test_add_func ("/http/cache-policy/fields", test_fields);
  g_test_add_func ("/http/cache-policy/codings", test_codings);
  g_test_add_func ("/http/cache-policy/methods", test_methods);
  g_test_add_func ("/http/cache-policy/serialize", test_serialize);

  return g_test_run ();
}
