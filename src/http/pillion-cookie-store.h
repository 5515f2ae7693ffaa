/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <pillion-http/pillion-http.h>

/* Cookies in memory, and which of them a request gets (RFC 6265 and its revision, RFC 6265bis). For one thread at a time. All zero is an
 * empty store. */
typedef struct
{
  GHashTable *domains; /* of arrays of cookies, by domain; NULL while there is none */
  guint n_cookies;
  guint64 clock; /* counts what happens, for the order of the cookies */
} PillionCookieStore;

void       pillion_cookie_store_clear        (PillionCookieStore       *self);

/* Adds a cookie, in place of the one with the same name, domain and path. One that has expired only removes that one. The cookie has
 * to be valid: pillion_cookie_check (). */
void       pillion_cookie_store_put          (PillionCookieStore       *self,
                                              const PillionHttpCookie  *cookie);

/* Returns whether there was one with this name, domain and path */
gboolean   pillion_cookie_store_remove       (PillionCookieStore       *self,
                                              const PillionHttpCookie  *cookie);

/* The cookie with this name, domain and path, or NULL; it belongs to the store */
const PillionHttpCookie *pillion_cookie_store_find (PillionCookieStore      *self,
                                                    const PillionHttpCookie *cookie);

/* What a server sets with a Set-Cookie field, which may have expired. NULL: that is not a cookie, or not one that it may set. It is not put
 * into the store. */
PillionHttpCookie *pillion_cookie_store_parse (PillionCookieStore      *self,
                                               const char              *set_cookie,
                                               GUri                    *uri);

/* The value of the Cookie field for a request, or NULL if there is none */
char      *pillion_cookie_store_get_header   (PillionCookieStore       *self,
                                              GUri                     *uri);

/* Copies of the cookies that a request for @uri gets, in the order in which they are sent. NULL: of all, in the order in which they came. */
GPtrArray *pillion_cookie_store_list         (PillionCookieStore       *self,
                                              GUri                     *uri);

/* Whether a cookie can be stored: else PILLION_HTTP_ERROR_INVALID_COOKIE. libsoup has to be loaded. */
gboolean   pillion_cookie_check              (const PillionHttpCookie  *cookie,
                                              GError                  **error);

/* In lower case and ASCII, so that hosts can be compared */
char      *pillion_cookie_canonicalize_host  (const char               *host);
