/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <pillion-http/pillion-http.h>

/* The rules for caches, one case each: what a program requests, what the server says, and where the response has to come from. They are run
 * in the process and over a connection: test-cache-rules.c. */

typedef enum
{
  FROM_SERVER,    /* the body is new */
  FROM_CACHE,     /* the server was not asked */
  FROM_VALIDATED, /* the server was asked, and has confirmed it with a 304 */
  FROM_ANEW,      /* the server was asked, and asked again because its 304 was of no use */
  FROM_NOWHERE,   /* the call fails with NOT_CACHED */
  FROM_NOBODY,    /* the server can't be reached, and the cache says so with a 504 */
} CacheFrom;

/* Fields are "Name: value" lines. A value that begins with "@" is a date so many seconds from then. */
typedef struct
{
  CacheFrom from;
  gint64 later; /* how much time passes before it, in s */

  /* The request */
  const char *method; /* NULL for GET */
  const char *path;   /* NULL for the case's own */
  const char *request;
  PillionHttpCacheMode mode;
  gboolean offline;

  /* What the server says, if it is asked */
  guint status; /* 0 for 200, or 304 */
  const char *response;
  const char *body; /* NULL for how many requests it has got */
  gboolean to_the_end; /* nothing but the end of the connection tells where the body ends, if there is one */

  /* What has to come of it. "!Name" stands for a field that must not be there. */
  const char *sent;
  const char *got;
  guint expected; /* the status; 0 for that of the server */
  const char *text; /* NULL for what the server says, or said last */
} CacheStep;

#define CACHE_MAX_STEPS 6

typedef struct
{
  const char *section; /* of RFC 9111, unless another RFC is named, and what it says */
  CacheStep steps[CACHE_MAX_STEPS]; /* those without a response to expect are not taken: the first one is always from the server */
  guint n_steps;
} CacheCase;

#define STEPS(...) { __VA_ARGS__ }, G_N_ELEMENTS (((CacheStep[]) { __VA_ARGS__ }))

#define FRESH "Cache-Control: max-age=10000\n"
#define SHORT "Cache-Control: max-age=100\n"
#define ETAG "ETag: \"1\"\n"
#define MODIFIED "Last-Modified: Tue, 14 Nov 2023 22:13:20 GMT\n"

static const CacheCase cache_cases[] = {
  /* Freshness */
  { "4.2 a response without freshness or validator is not used again", STEPS ({ .response = "" }, { FROM_SERVER }) },
  { "4.2 a fresh response is", STEPS ({ .response = FRESH }, { FROM_CACHE }) },
  { "4.2 a stale one is not", STEPS ({ .response = SHORT }, { FROM_SERVER, 1000 }) },
  { "4.2.1 Expires", STEPS ({ .response = "Expires: @10000\n" }, { FROM_CACHE }) },
  { "4.2.1 Expires, later", STEPS ({ .response = "Expires: @100\n" }, { FROM_SERVER, 1000 }) },
  { "4.2.1 max-age comes before Expires", STEPS ({ .response = "Expires: @-10000\n" FRESH }, { FROM_CACHE }) },
  { "4.2.1 s-maxage is for shared caches", STEPS ({ .response = "Cache-Control: s-maxage=10000, max-age=100\n" }, { FROM_SERVER, 1000 }) },
  { "4.2.2 heuristic freshness", STEPS ({ .response = "Last-Modified: @-1000000\n" }, { FROM_CACHE, 10000, .got = "Age: " }) },
  { "4.2.2 heuristic freshness ends", STEPS ({ .response = "Last-Modified: @-1000000\n" }, { FROM_VALIDATED, 200000 }) },
  { "4.2.2 not for every status", STEPS ({ .status = 201, .response = "Last-Modified: @-1000000\n" }, { FROM_SERVER, .expected = 200 }) },
  { "4.2.2 for some", STEPS ({ .status = 404, .response = "Last-Modified: @-1000000\n" }, { FROM_CACHE, .expected = 404 }) },
  { "4.2.3 Age counts", STEPS ({ .response = FRESH "Age: 20000\n" }, { FROM_SERVER }) },
  { "4.2.3 the date counts", STEPS ({ .response = FRESH "Date: @-20000\n" }, { FROM_SERVER }) },
  { "5.1 Age is told", STEPS ({ .response = FRESH "Age: 3000\n" }, { FROM_CACHE, 2000, .got = "Age: 5" }) },
  { "4.2.4 must-revalidate", STEPS ({ .response = "Cache-Control: max-age=100, must-revalidate\n" ETAG }, { FROM_VALIDATED, 1000, .request = "Cache-Control: max-stale\n" }) },

  /* Storing */
  { "3 every final status with explicit freshness", STEPS ({ .status = 299, .response = FRESH }, { FROM_CACHE, .expected = 299 }) },
  { "3 errors, too", STEPS ({ .status = 500, .response = FRESH }, { FROM_CACHE, .expected = 500 }) },
  { "3.3 what ended with its connection is complete", STEPS ({ .response = FRESH, .to_the_end = TRUE }, { FROM_CACHE }) },
  { "3.1 a transfer coding is not stored", STEPS ({ .response = FRESH "Transfer-Encoding: strange\n", .to_the_end = TRUE, .got = "!Transfer-Encoding\n" }, { FROM_CACHE, .got = "!Transfer-Encoding\n" }) },
  { "3 no body", STEPS ({ .status = 204, .response = FRESH }, { FROM_CACHE, .expected = 204 }) },
  { "3.1 Connection and what it names are not stored", STEPS ({ .response = FRESH "Connection: keep-alive, A\nA: 1\nB: 2\n" }, { FROM_CACHE, .got = "!Connection\n!A\nB: 2\n" }) },
  { "3.1 nor are other fields of the connection", STEPS ({ .response = FRESH "Proxy-Authenticate: Basic\nUpgrade: foo\nKeep-Alive: x\nSet-Cookie: a=b\n" }, { FROM_CACHE, .got = "!Proxy-Authenticate\n!Upgrade\n!Keep-Alive\nSet-Cookie: a=b\n" }) },
  { "3.5 authenticated responses are for the same credentials", STEPS ({ .response = FRESH, .request = "Authorization: x y\n" }, { FROM_CACHE, .request = "Authorization: x y\n" }, { FROM_SERVER, .request = "Authorization: x z\n", .response = FRESH }, { FROM_CACHE, .request = "Authorization: x y\n", .text = "1" }, { FROM_SERVER }) },
  { "5.2.2.5 no-store", STEPS ({ .response = "Cache-Control: max-age=10000, no-store\n" }, { FROM_SERVER }) },
  { "5.2.2.5 no-store leaves what is stored", STEPS ({ .response = SHORT }, { FROM_SERVER, .request = "Cache-Control: no-cache\n", .response = "Cache-Control: no-store\n" }, { FROM_CACHE, .text = "1" }) },
  { "5.2.2.3 must-understand", STEPS ({ .response = "Cache-Control: max-age=10000, no-store, must-understand\n" }, { FROM_CACHE }) },
  { "5.2.2.3 must-understand, not understood", STEPS ({ .status = 299, .response = "Cache-Control: max-age=10000, no-store, must-understand\n" }, { FROM_SERVER, .expected = 200 }) },
  { "5.2.2.4 no-cache is validated", STEPS ({ .response = "Cache-Control: max-age=10000, no-cache\n" ETAG }, { FROM_VALIDATED }) },
  { "5.2.2.4 no-cache hides fields", STEPS ({ .response = "Cache-Control: max-age=10000, no-cache=\"a, B\"\nA: 1\nB: 2\nC: 3\n" }, { FROM_CACHE, .got = "!A\n!B\nC: 3\n" }) },
  { "5.2.2.4 hidden fields are shown after validation", STEPS ({ .response = "Cache-Control: max-age=100, no-cache=\"a\"\nA: 1\n" ETAG }, { FROM_VALIDATED, 1000, .response = "A: 2\n", .got = "A: 2\n" }) },
  { "5.2.2.7 private", STEPS ({ .response = "Cache-Control: private, max-age=10000\n" }, { FROM_CACHE }) },
  { "RFC 6585 429", STEPS ({ .status = 429, .response = FRESH }, { FROM_SERVER, .expected = 200 }) },
  { "4 another query is another resource", STEPS ({ .response = FRESH, .path = "?a" }, { FROM_SERVER, .path = "?b" }, { FROM_CACHE, .path = "?a", .text = "1" }) },
  { "4 a fragment is not", STEPS ({ .response = FRESH, .path = "#a" }, { FROM_CACHE, .path = "#b" }) },

  /* Directives of requests */
  { "5.2.1.1 max-age", STEPS ({ .response = FRESH }, { FROM_SERVER, 2000, .request = "Cache-Control: max-age=1000\n" }) },
  { "5.2.1.2 max-stale", STEPS ({ .response = SHORT }, { FROM_CACHE, 1000, .request = "Cache-Control: max-stale\n", .got = "Cache-Status: Pillion; hit; ttl=-" }) },
  { "5.2.1.2 too stale", STEPS ({ .response = SHORT }, { FROM_SERVER, 2000, .request = "Cache-Control: max-stale=1000\n" }) },
  { "5.2.1.3 min-fresh", STEPS ({ .response = FRESH }, { FROM_SERVER, .request = "Cache-Control: min-fresh=20000\n" }) },
  { "5.2.1.4 no-cache", STEPS ({ .response = FRESH ETAG }, { FROM_VALIDATED, .request = "Cache-Control: no-cache\n" }) },
  { "5.4 Pragma", STEPS ({ .response = FRESH ETAG }, { FROM_VALIDATED, .request = "Pragma: no-cache\n" }) },
  { "5.2.1.5 no-store", STEPS ({ .response = FRESH, .request = "Cache-Control: no-store\n" }, { FROM_SERVER }) },
  { "5.2.1.7 only-if-cached", STEPS ({ .response = FRESH }, { FROM_CACHE, .request = "Cache-Control: only-if-cached\n" }, { FROM_NOWHERE, .path = "?other", .request = "Cache-Control: only-if-cached\n" }) },
  { "5.2.1.7 only-if-cached keeps to freshness", STEPS ({ .response = SHORT }, { FROM_NOWHERE, 1000, .request = "Cache-Control: only-if-cached\n" }) },

  /* The modes of fetch */
  { "fetch no-store", STEPS ({ .response = FRESH }, { FROM_SERVER, .mode = PILLION_HTTP_CACHE_MODE_NO_STORE, .response = FRESH, .sent = "Cache-Control: no-cache\nPragma: no-cache\n" }, { FROM_CACHE, .text = "1" }) },
  { "fetch reload", STEPS ({ .response = FRESH ETAG }, { FROM_SERVER, .mode = PILLION_HTTP_CACHE_MODE_RELOAD, .response = FRESH, .sent = "Cache-Control: no-cache\n!If-None-Match\n" }, { FROM_CACHE, .text = "2" }) },
  { "fetch no-cache", STEPS ({ .response = FRESH ETAG }, { FROM_VALIDATED, .mode = PILLION_HTTP_CACHE_MODE_NO_CACHE, .sent = "Cache-Control: max-age=0\n" }) },
  { "fetch force-cache", STEPS ({ .response = SHORT }, { FROM_CACHE, 1000, .mode = PILLION_HTTP_CACHE_MODE_FORCE_CACHE }) },
  { "fetch force-cache with nothing", STEPS ({ .response = SHORT, .mode = PILLION_HTTP_CACHE_MODE_FORCE_CACHE }, { FROM_CACHE }) },
  { "fetch only-if-cached", STEPS ({ .response = SHORT }, { FROM_CACHE, 1000, .mode = PILLION_HTTP_CACHE_MODE_ONLY_IF_CACHED }, { FROM_NOWHERE, .path = "?other", .mode = PILLION_HTTP_CACHE_MODE_ONLY_IF_CACHED }) },
  { "4.2.4 offline", STEPS ({ .response = SHORT }, { FROM_CACHE, 1000, .offline = TRUE }, { FROM_NOWHERE, .path = "?other", .offline = TRUE }, { FROM_NOWHERE, .method = "POST", .offline = TRUE }, { FROM_SERVER }) },
  { "5.2.2.2 must-revalidate offline", STEPS ({ .response = "Cache-Control: max-age=100, must-revalidate\n" }, { FROM_NOWHERE, 1000, .offline = TRUE }) },
  { "5.2.2.2 must-revalidate without a network", STEPS ({ .response = "Cache-Control: max-age=100, must-revalidate\n" ETAG }, { FROM_NOBODY, 1000, .got = "Cache-Status: Pillion; fwd=stale; detail=unreachable\n", .text = "" }, { FROM_VALIDATED, .text = "1" }) },
  { "5.2.2.2 must-revalidate comes before stale-if-error", STEPS ({ .response = "Cache-Control: max-age=100, must-revalidate, stale-if-error=10000\n" }, { FROM_NOBODY, 1000, .text = "" }) },
  { "5.2.2.4 no-cache without a network", STEPS ({ .response = "Cache-Control: max-age=10000, no-cache\n" ETAG }, { FROM_NOBODY, .got = "!ETag\nCache-Status: Pillion; fwd=stale; detail=unreachable\n", .text = "" }, { FROM_VALIDATED, .text = "1" }) },
  { "RFC 8246 immutable, overridden", STEPS ({ .response = "Cache-Control: max-age=10000, immutable\n" ETAG }, { FROM_VALIDATED, .request = "Cache-Control: no-cache\n" }, { FROM_CACHE, .request = "Cache-Control: max-age=100\n" }) },
  { "RFC 8246 immutable", STEPS ({ .response = "Cache-Control: max-age=10000, immutable\n" ETAG }, { FROM_CACHE, .mode = PILLION_HTTP_CACHE_MODE_NO_CACHE }, { FROM_VALIDATED, 20000, .mode = PILLION_HTTP_CACHE_MODE_NO_CACHE }) },

  /* Vary */
  { "4.1 Vary fits", STEPS ({ .request = "Foo: 1\n", .response = FRESH "Vary: Foo\n" }, { FROM_CACHE, .request = "Foo: 1\n" }) },
  { "4.1 Vary does not", STEPS ({ .request = "Foo: 1\n", .response = FRESH "Vary: Foo\n" }, { FROM_SERVER, .request = "Foo: 2\n" }) },
  { "4.1 Vary with nothing", STEPS ({ .request = "Foo: 1\n", .response = FRESH "Vary: Foo\n" }, { FROM_SERVER }) },
  { "4.1 two variants", STEPS ({ .request = "Foo: 1\n", .response = FRESH "Vary: Foo\n" }, { FROM_SERVER, .request = "Foo: 2\n", .response = FRESH "Vary: Foo\n" }, { FROM_CACHE, .request = "Foo: 1\n", .text = "1" }, { FROM_CACHE, .request = "Foo: 2\n", .text = "2" }) },
  { "4.1 Vary: *", STEPS ({ .response = FRESH "Vary: Foo, *\n" }, { FROM_SERVER }) },
  { "4.1 languages", STEPS ({ .request = "Accept-Language: en, de\n", .response = FRESH "Vary: Accept-Language\n" }, { FROM_CACHE, .request = "Accept-Language: DE,en\n" }) },

  /* Validation */
  { "4.3.1 If-None-Match", STEPS ({ .response = SHORT ETAG }, { FROM_VALIDATED, 1000, .sent = "If-None-Match: \"1\"\n!If-Modified-Since\n" }) },
  { "4.3.1 If-None-Match of a weak tag", STEPS ({ .response = SHORT "ETag: W/\"1\"\n" }, { FROM_VALIDATED, 1000, .sent = "If-None-Match: W/\"1\"\n" }) },
  { "4.3.1 If-Modified-Since", STEPS ({ .response = SHORT MODIFIED }, { FROM_VALIDATED, 1000, .sent = "If-Modified-Since: Tue, 14 Nov 2023 22:13:20 GMT\n" }) },
  { "4.3.1 both", STEPS ({ .response = SHORT MODIFIED ETAG }, { FROM_VALIDATED, 1000, .sent = "If-Modified-Since: Tue, 14 Nov 2023 22:13:20 GMT\nIf-None-Match: \"1\"\n" }) },
  { "4.3.1 with the fields of Vary", STEPS ({ .request = "Foo: 1\n", .response = SHORT ETAG "Vary: Foo\n" }, { FROM_VALIDATED, 1000, .request = "Foo: 1\n", .sent = "Foo: 1\n" }) },
  { "4.3.1 If-None-Match of all variants", STEPS ({ .request = "Foo: 1\n", .response = FRESH ETAG "Vary: Foo\n" }, { FROM_SERVER, .request = "Foo: 2\n", .response = FRESH "ETag: \"2\"\nVary: Foo\n", .sent = "If-None-Match: \"1\"\n!If-Modified-Since\n" }, { FROM_VALIDATED, .request = "Foo: 3\n", .response = ETAG "Vary: Foo\n", .sent = "If-None-Match: \"2\", \"1\"\n", .text = "1", .got = "ETag: \"1\"\nCache-Status: Pillion; fwd=vary-miss; fwd-status=304\n" }, { FROM_VALIDATED, 20000, .request = "Foo: 2\n", .response = "ETag: \"2\"\nVary: Foo\n", .sent = "If-None-Match: \"2\", \"1\"\n", .text = "2" }) },
  { "4.3.1 If-None-Match, and another variant than the stale one", STEPS ({ .request = "Foo: 1\n", .response = SHORT ETAG "Vary: Foo\n" }, { FROM_SERVER, .request = "Foo: 2\n", .response = SHORT "ETag: \"2\"\nVary: Foo\n" }, { FROM_VALIDATED, 1000, .request = "Foo: 2\n", .response = ETAG "Vary: Foo\n", .text = "1" }) },
  { "4.3.1 not of other users", STEPS ({ .request = "Authorization: x\n", .response = FRESH ETAG }, { FROM_SERVER, .request = "Authorization: y\n", .response = FRESH ETAG "Vary: Cookie\n", .sent = "!If-None-Match\n" }, { FROM_SERVER, .request = "Authorization: y\nCookie: a=b\n", .response = FRESH ETAG, .sent = "!If-None-Match\n" }) },
  { "4.3.1 nor of parts", STEPS ({ .request = "Range: bytes=0-1\nFoo: 1\n", .status = 206, .response = FRESH ETAG "Vary: Foo\nContent-Range: bytes 0-1/10\n", .body = "01" }, { FROM_SERVER, .request = "Foo: 2\n", .response = FRESH ETAG "Vary: Foo\n", .sent = "!If-None-Match\n", .expected = 200 }) },
  { "4.3.1 a 304 that doesn't say which variant", STEPS ({ .request = "Foo: 1\n", .response = FRESH ETAG "Vary: Foo\n" }, { FROM_SERVER, .request = "Foo: 2\n", .response = FRESH "ETag: \"2\"\nVary: Foo\n" }, { FROM_ANEW, .request = "Foo: 3\n", .response = FRESH "Vary: Foo\n", .text = "4" }) },
  { "4.3.3 a full response replaces what is stored", STEPS ({ .response = SHORT ETAG }, { FROM_SERVER, 1000, .response = FRESH "ETag: \"2\"\n" }, { FROM_CACHE, .got = "ETag: \"2\"\n" }) },
  { "4.3.4 a 304 makes it fresh again", STEPS ({ .response = SHORT ETAG }, { FROM_VALIDATED, 1000, .response = FRESH }, { FROM_CACHE, 2000 }) },
  { "4.3.4 a 304 for another version", STEPS ({ .response = SHORT ETAG }, { FROM_ANEW, 1000, .response = "ETag: \"2\"\n", .text = "3" }) },
  { "3.2 a 304 updates fields", STEPS ({ .response = SHORT ETAG "A: 1\nB: 2\n" }, { FROM_VALIDATED, 1000, .response = "A: 3\n" FRESH, .got = "A: 3\nB: 2\n" }, { FROM_CACHE, .got = "A: 3\nB: 2\n" }) },
  { "3.2 but not the length", STEPS ({ .response = SHORT ETAG }, { FROM_VALIDATED, 1000, .response = "Content-Length: 100\n" FRESH, .got = "Content-Length: 1\n" }, { FROM_CACHE, .got = "Content-Length: 1\n" }) },
  { "4.3.4 a 304 with another Vary", STEPS ({ .request = "Foo: 1\n", .response = SHORT ETAG }, { FROM_VALIDATED, 1000, .request = "Foo: 1\n", .response = FRESH "Vary: Foo\n" }, { FROM_CACHE, .request = "Foo: 1\n" }, { FROM_SERVER, .request = "Foo: 2\n", .response = FRESH "Vary: Foo\n" }, { FROM_CACHE, .request = "Foo: 1\n", .text = "1" }) },
  { "4.3.4 a 304 with Vary: *", STEPS ({ .response = SHORT ETAG }, { FROM_VALIDATED, 1000, .response = FRESH "Vary: *\n" }, { FROM_SERVER, .sent = "!If-None-Match\n" }) },
  { "4.3.4 a 304 with no-store", STEPS ({ .response = SHORT ETAG }, { FROM_VALIDATED, 1000, .response = "Cache-Control: max-age=10000, no-store\n" }, { FROM_SERVER, .sent = "!If-None-Match\n" }) },
  { "4.3.4 a 304 to a program's own validators with no-store", STEPS ({ .response = FRESH ETAG }, { FROM_SERVER, .request = "If-None-Match: \"1\"\nCache-Control: no-cache\n", .status = 304, .response = ETAG "Cache-Control: no-store\n", .body = "", .text = "" }, { FROM_SERVER, .expected = 200 }) },
  { "4.3.2 a program with the current version", STEPS ({ .response = FRESH ETAG }, { FROM_CACHE, .request = "If-None-Match: \"0\", \"1\"\n", .expected = 304, .text = "" }) },
  { "4.3.2 a program with an older one", STEPS ({ .response = FRESH ETAG }, { FROM_CACHE, .request = "If-None-Match: \"0\"\n", .expected = 200 }) },
  { "4.3.2 a program with a date", STEPS ({ .response = FRESH MODIFIED }, { FROM_CACHE, .request = "If-Modified-Since: Tue, 14 Nov 2023 22:13:20 GMT\n", .expected = 304, .text = "" }) },
  { "4.3.2 conditions for the server only", STEPS ({ .response = FRESH ETAG }, { FROM_SERVER, .request = "If-Match: \"1\"\n" }) },
  { "4.3.5 HEAD is answered with what GET has stored", STEPS ({ .response = FRESH "A: 1\n" }, { FROM_CACHE, .method = "HEAD", .got = "A: 1\nContent-Length: 1\n", .text = "" }) },
  { "4.3.5 HEAD updates what is stored", STEPS ({ .response = SHORT "A: 1\n" }, { FROM_SERVER, 1000, .method = "HEAD", .response = FRESH "A: 2\nContent-Length: 1\n", .text = "" }, { FROM_CACHE, .got = "A: 2\n", .text = "1" }) },
  { "4.3.5 HEAD of another variant", STEPS ({ .request = "Foo: 1\n", .response = SHORT }, { FROM_SERVER, 1000, .method = "HEAD", .request = "Foo: 2\n", .response = FRESH "Vary: Foo\nContent-Length: 1\n", .text = "" }, { FROM_SERVER, .request = "Foo: 2\n" }) },
  { "4.3.5 HEAD with a tag and another Vary", STEPS ({ .request = "Foo: 1\n", .response = SHORT ETAG }, { FROM_SERVER, 1000, .method = "HEAD", .request = "Foo: 1\n", .response = FRESH ETAG "Vary: Foo\nContent-Length: 1\n", .text = "" }, { FROM_CACHE, .request = "Foo: 1\n", .text = "1" }, { FROM_SERVER, .request = "Foo: 2\n" }) },
  { "4.3.5 HEAD of another version", STEPS ({ .response = FRESH ETAG }, { FROM_SERVER, .method = "HEAD", .request = "Cache-Control: no-cache\n", .response = FRESH "ETag: \"2\"\n", .text = "" }, { FROM_SERVER }) },

  /* Invalidation */
  { "4.4 POST", STEPS ({ .response = FRESH }, { FROM_SERVER, .method = "POST" }, { FROM_SERVER }) },
  { "4.4 PUT", STEPS ({ .response = FRESH }, { FROM_SERVER, .method = "PUT" }, { FROM_SERVER }) },
  { "4.4 DELETE", STEPS ({ .response = FRESH }, { FROM_SERVER, .method = "DELETE" }, { FROM_SERVER }) },
  { "4.4 an unknown method", STEPS ({ .response = FRESH }, { FROM_SERVER, .method = "M-SEARCH" }, { FROM_SERVER }) },
  { "4.4 not a safe one", STEPS ({ .response = FRESH }, { FROM_SERVER, .method = "OPTIONS" }, { FROM_CACHE, .text = "1" }) },
  { "4.4 not if it fails", STEPS ({ .response = FRESH }, { FROM_SERVER, .method = "POST", .status = 500 }, { FROM_CACHE, .expected = 200, .text = "1" }) },
  { "4.4 Location", STEPS ({ .path = "?a", .response = FRESH }, { FROM_SERVER, .path = "?b", .method = "POST", .status = 201, .response = "Location: ?a\n" }, { FROM_SERVER, .path = "?a", .expected = 200 }) },
  { "4.4 Content-Location", STEPS ({ .path = "?a", .response = FRESH }, { FROM_SERVER, .path = "?b", .method = "PUT", .response = "Content-Location: ?a\n" }, { FROM_SERVER, .path = "?a" }) },
  { "4.4 not on another server", STEPS ({ .path = "?a", .response = FRESH }, { FROM_SERVER, .path = "?b", .method = "PUT", .response = "Content-Location: http://other.example/?a\n" }, { FROM_CACHE, .path = "?a", .text = "1" }) },
  { "RFC 9110 9.3.3 POST can be stored for GET", STEPS ({ .method = "POST", .response = FRESH "Content-Location: ?\n", .path = "?" }, { FROM_CACHE, .path = "?" }) },

  /* Ranges */
  { "3.4 a part of what is stored", STEPS ({ .response = FRESH, .body = "0123456789" }, { FROM_CACHE, .request = "Range: bytes=2-4\n", .expected = 206, .text = "234", .got = "Content-Range: bytes 2-4/10\nContent-Length: 3\n" }) },
  { "3.4 a digest of the content is not one of a part", STEPS ({ .response = FRESH "Content-Digest: sha-256=:AA==:\n", .body = "0123456789", .got = "Content-Digest: sha-256=:AA==:\n" }, { FROM_CACHE, .request = "Range: bytes=2-4\n", .expected = 206, .text = "234", .got = "!Content-Digest\n" }, { FROM_CACHE, .got = "Content-Digest: sha-256=:AA==:\n" }) },
  { "3.4 the rest of it", STEPS ({ .response = FRESH, .body = "0123456789" }, { FROM_CACHE, .request = "Range: bytes=7-\n", .expected = 206, .text = "789" }) },
  { "3.4 its end", STEPS ({ .response = FRESH, .body = "0123456789" }, { FROM_CACHE, .request = "Range: bytes=-1\n", .expected = 206, .text = "9" }) },
  { "3.4 beyond its end", STEPS ({ .response = FRESH, .body = "0123456789" }, { FROM_CACHE, .request = "Range: bytes=10-\n", .expected = 416, .text = "", .got = "Content-Range: bytes */10\n" }) },
  { "3.4 another version", STEPS ({ .response = FRESH ETAG, .body = "0123456789" }, { FROM_CACHE, .request = "Range: bytes=2-4\nIf-Range: \"2\"\n", .expected = 200 }) },
  { "3.3 a part is stored", STEPS ({ .request = "Range: bytes=2-4\n", .status = 206, .response = FRESH "Content-Range: bytes 2-4/10\n", .body = "234" }, { FROM_CACHE, .request = "Range: bytes=3-4\n", .expected = 206, .text = "34", .got = "Content-Range: bytes 3-4/10\n" }, { FROM_SERVER, .request = "Range: bytes=3-5\n", .status = 206, .response = FRESH "Content-Range: bytes 3-5/10\n", .body = "345" }) },
  { "3.3 a part is not all", STEPS ({ .request = "Range: bytes=2-4\n", .status = 206, .response = FRESH "Content-Range: bytes 2-4/10\n", .body = "234" }, { FROM_SERVER, .expected = 200 }) },
  { "3.3 a part that has everything is whole", STEPS ({ .request = "Range: bytes=0-\n", .status = 206, .response = FRESH ETAG "Content-Range: bytes 0-9/10\n", .body = "0123456789", .text = "0123456789", .expected = 206 }, { FROM_CACHE, .expected = 200, .text = "0123456789", .got = "Content-Length: 10\n!Content-Range\n" }, { FROM_CACHE, .request = "Range: bytes=0-\n", .expected = 206, .text = "0123456789", .got = "Content-Range: bytes 0-9/10\n" }) },
  { "3.4 parts are combined", STEPS ({ .request = "Range: bytes=0-4\n", .status = 206, .response = FRESH ETAG "Content-Range: bytes 0-4/10\n", .body = "01234" }, { FROM_SERVER, .request = "Range: bytes=5-9\n", .status = 206, .response = FRESH ETAG "Content-Range: bytes 5-9/10\n", .body = "56789", .text = "56789" }, { FROM_CACHE, .expected = 200, .text = "0123456789", .got = "Content-Length: 10\n!Content-Range\n" }) },
  { "3.4 a gap between parts is filled", STEPS ({ .request = "Range: bytes=0-2\n", .status = 206, .response = FRESH ETAG "Content-Range: bytes 0-2/10\n", .body = "012" }, { FROM_SERVER, .request = "Range: bytes=7-9\n", .status = 206, .response = FRESH ETAG "Content-Range: bytes 7-9/10\n", .body = "789", .text = "789" }, { FROM_SERVER, .request = "Range: bytes=3-6\n", .status = 206, .response = FRESH ETAG "Content-Range: bytes 3-6/10\n", .body = "3456", .text = "3456" }, { FROM_CACHE, .expected = 200, .text = "0123456789" }) },
  { "3.4 only with a strong validator", STEPS ({ .request = "Range: bytes=0-4\n", .status = 206, .response = FRESH "ETag: W/\"1\"\nContent-Range: bytes 0-4/10\n", .body = "01234" }, { FROM_SERVER, .request = "Range: bytes=5-9\n", .status = 206, .response = FRESH "ETag: W/\"1\"\nContent-Range: bytes 5-9/10\n", .body = "56789", .text = "56789" }, { FROM_SERVER, .expected = 200 }) },
  { "3.4 only of the same version", STEPS ({ .request = "Range: bytes=0-4\n", .status = 206, .response = FRESH ETAG "Content-Range: bytes 0-4/10\n", .body = "01234" }, { FROM_SERVER, .request = "Range: bytes=5-9\n", .status = 206, .response = FRESH "ETag: \"2\"\nContent-Range: bytes 5-9/10\n", .body = "56789", .text = "56789" }, { FROM_SERVER, .expected = 200 }) },

  /* Stale responses */
  { "RFC 5861 4 stale-if-error", STEPS ({ .response = "Cache-Control: max-age=100, stale-if-error=10000\n" }, { FROM_CACHE, 1000, .status = 503, .expected = 200, .got = "Cache-Status: Pillion; fwd=stale; fwd-status=503; detail=stale-if-error\nAge: 10" }) },
  { "RFC 5861 4 stale-if-error of the request", STEPS ({ .response = SHORT }, { FROM_CACHE, 1000, .request = "Cache-Control: stale-if-error=10000\n", .status = 500, .expected = 200, .got = "Cache-Status: Pillion; fwd=stale; fwd-status=500; detail=stale-if-error\n" }) },
  { "RFC 5861 4 only for a time", STEPS ({ .response = "Cache-Control: max-age=100, stale-if-error=100\n" }, { FROM_SERVER, 1000, .status = 503 }) },
  { "RFC 5861 4 only after a failure", STEPS ({ .response = "Cache-Control: max-age=100, stale-if-error=10000\n" }, { FROM_SERVER, 1000, .status = 404 }) },
  { "5.2.2.2 must-revalidate comes before stale-if-error", STEPS ({ .response = "Cache-Control: max-age=100, must-revalidate, stale-if-error=10000\n" }, { FROM_SERVER, 1000, .status = 503 }) },
  { "4.2.4 nothing else allows it", STEPS ({ .response = SHORT }, { FROM_SERVER, 1000, .status = 503 }) },

  /* Cache-Status */
  { "RFC 9211 a request that wants to hear from the server", STEPS ({ .response = FRESH ETAG }, { FROM_VALIDATED, .mode = PILLION_HTTP_CACHE_MODE_NO_CACHE, .got = "Cache-Status: Pillion; fwd=request; fwd-status=304\n" }, { FROM_VALIDATED, .request = "Cache-Control: no-cache\n", .got = "Cache-Status: Pillion; fwd=request; fwd-status=304\n" }, { FROM_VALIDATED, 20000, .mode = PILLION_HTTP_CACHE_MODE_NO_CACHE, .got = "Cache-Status: Pillion; fwd=stale; fwd-status=304\n" }) },
  { "RFC 9211 a response that has to be validated", STEPS ({ .response = "Cache-Control: max-age=10000, no-cache\n" ETAG }, { FROM_VALIDATED, .got = "Cache-Status: Pillion; fwd=stale; fwd-status=304\n" }) },
  { "RFC 9211 a hit", STEPS ({ .response = FRESH, .got = "Cache-Status: Pillion; fwd=uri-miss; stored\n" }, { FROM_CACHE, .got = "Cache-Status: Pillion; hit; ttl=" }) },
  { "RFC 9211 the reasons", STEPS ({ .request = "Foo: 1\n", .response = SHORT "Vary: Foo\n" ETAG }, { FROM_SERVER, .request = "Foo: 2\n", .response = "Vary: Foo\n", .got = "Cache-Status: Pillion; fwd=vary-miss; stored\n" }, { FROM_VALIDATED, 1000, .request = "Foo: 1\n", .got = "Cache-Status: Pillion; fwd=stale; fwd-status=304\n", .text = "1" }, { FROM_SERVER, .method = "POST", .got = "Cache-Status: Pillion; fwd=method\n" }, { FROM_SERVER, .mode = PILLION_HTTP_CACHE_MODE_NO_STORE, .got = "Cache-Status: Pillion; fwd=bypass\n" }) },
  { "RFC 9211 of a cache before it", STEPS ({ .response = FRESH "Cache-Status: Other; hit\n", .got = "Cache-Status: Other; hit, Pillion; fwd=uri-miss; stored\n" }) },
};
