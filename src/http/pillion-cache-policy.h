/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <pillion-http/pillion-http.h>

#include "http/pillion-stored-response.h"

/* The rules of RFC 9111 for a private cache, and those of RFC 5861 and RFC 8246: only questions and answers, nothing is read or written.
 * Section numbers are those of RFC 9111 unless another RFC is named. Times are in s since the epoch. */

/* A request, as far as the cache is concerned */
typedef struct
{
  const char *method;
  const PillionFieldList *fields; /* as it would be sent */
  const char *identity; /* of the connection that it would use, or NULL */
  PillionHttpCacheMode mode;
  gboolean offline;     /* there is no network to be used */
  gboolean unreachable; /* the network has failed */
  gboolean after_error; /* the server has just failed: stale-if-error applies */
  guint error_status;   /* the status that it failed with, or 0 if there was no answer */
  gboolean has_body;    /* what the server says may depend on it */
  PillionCacheControl control;
} PillionCacheRequest;

typedef enum
{
  PILLION_CACHE_USE_FRESH,
  PILLION_CACHE_USE_STALE,
  PILLION_CACHE_USE_AND_REFRESH, /* stale, and to be validated in the background */
  PILLION_CACHE_USE_VALIDATED,   /* only if the server says that it is still good */
} PillionCacheUse;

void            pillion_cache_request_init           (PillionCacheRequest         *self,
                                                      const char                  *method,
                                                      const PillionFieldList      *fields,
                                                      PillionHttpCacheMode         mode);
void            pillion_cache_request_clear          (PillionCacheRequest         *self);

/* Whether a stored response may answer it at all, if there is one that fits */
gboolean        pillion_cache_request_may_use        (const PillionCacheRequest   *self);

/* Whether nothing but a stored response may answer it */
gboolean        pillion_cache_request_forbids_network (const PillionCacheRequest  *self);

/* Adds what caches on the way have to know, as the Fetch standard says */
void            pillion_cache_request_tell           (const PillionCacheRequest   *self,
                                                      PillionFieldList            *fields);

/* Whether the program has validators of its own, and so judges a 304 itself */
gboolean        pillion_cache_request_is_conditional (const PillionCacheRequest   *self);

/* Whether a stored response of its URL answers it, but for freshness: section 4.1, and the coding of its body */
gboolean        pillion_cache_request_fits           (const PillionCacheRequest   *self,
                                                      const PillionStoredResponse *stored);

/* Whether a stored response of its URL that doesn't fit may answer it if the server says so: section 4.3.1. Its body must be whole and in a
 * coding that the request accepts, and it must not be somebody else's. */
gboolean        pillion_cache_request_may_select     (const PillionCacheRequest   *self,
                                                      const PillionStoredResponse *stored);

/* Whether the stored bytes are all that it wants. @length: how many there are. */
gboolean        pillion_cache_request_has_bytes      (const PillionCacheRequest   *self,
                                                      const PillionStoredResponse *stored,
                                                      gint64                       length);

/* Section 3.3: whether it wants a whole body whose beginning is stored, so that the rest can be requested */
gboolean        pillion_cache_request_may_complete   (const PillionCacheRequest   *self,
                                                      const PillionStoredResponse *stored);

/* How a response that fits may be used: section 4 */
PillionCacheUse pillion_cache_request_judge          (const PillionCacheRequest   *self,
                                                      const PillionStoredResponse *stored,
                                                      gint64                       now);

/* Whether the response's validators say that the program has it already, as its conditions ask (section 4.3.2). If so, it gets a 304. */
gboolean        pillion_cache_request_has_it         (const PillionCacheRequest   *self,
                                                      const PillionStoredResponse *stored);

/* Which bytes of the whole body of @length it wants: sets @first and @last, both counted. FALSE: all of it. @first is @length if there
 * are no such bytes. */
gboolean        pillion_cache_request_get_range      (const PillionCacheRequest   *self,
                                                      const PillionStoredResponse *stored,
                                                      gint64                       length,
                                                      gint64                      *first,
                                                      gint64                      *last);

/* Section 3: whether a response may be stored. @at_home: its Content-Location is the URL of the request, which matters only for methods
 * other than GET. */
gboolean        pillion_cache_request_may_store      (const PillionCacheRequest   *self,
                                                      const PillionStoredResponse *response,
                                                      gboolean                     at_home);

/* Whether it may be stored if only the end of the connection tells where its body ends. It counts as complete then (RFC 9112, section 8), but a
 * server that crashed looks the same, so only what the server wants to be used again is. */
gboolean        pillion_cache_may_store_undelimited  (const PillionStoredResponse *response);

/* Whether a head has more fields than any that makes sense. Such a response is not stored, and its fields update nothing: that would take
 * time quadratic in their number. */
gboolean        pillion_cache_has_too_many_fields    (const PillionFieldList      *fields);

/* From when on, in s since 1970, no request can be answered with it unless the server, or the program, says so */
guint32         pillion_cache_get_good_until         (const PillionStoredResponse *stored);

/* Section 4.2.1: how long it is fresh, in s */
gint64          pillion_cache_get_lifetime           (const PillionStoredResponse *stored);

/* Section 4.2.3, in s */
gint64          pillion_cache_get_age                (const PillionStoredResponse *stored,
                                                      gint64                       now);

/* Whether it could be used without asking the server, as far as it is concerned: section 4.2 */
gboolean        pillion_cache_is_fresh               (const PillionStoredResponse *stored,
                                                      gint64                       now);

/* FALSE if it certainly isn't fresh. Much cheaper, because it parses no dates. */
gboolean        pillion_cache_may_be_fresh           (const PillionStoredResponse *stored,
                                                      gint64                       now);

/* Section 3.1: whether a field of a response may be stored. @connection: the value of Connection, or NULL. */
gboolean        pillion_cache_may_store_field        (const char                  *name,
                                                      const char                  *connection);

/* Section 4.3.1: adds the validators of one response to a request. Returns FALSE if it has none. */
gboolean        pillion_cache_add_validators         (const PillionStoredResponse *stored,
                                                      PillionFieldList            *fields);

/* Section 4.3.4: whether a 304 with this ETag is about the response */
gboolean        pillion_cache_has_tag                (const PillionStoredResponse *stored,
                                                      const char                  *etag);

/* Section 4.3.4: whether a 304 with these fields is about the response */
gboolean        pillion_cache_is_confirmed           (const PillionStoredResponse *stored,
                                                      const PillionFieldList      *fields);

/* Section 4.3.5: whether the head of a response to HEAD describes the stored body */
gboolean        pillion_cache_is_described           (const PillionStoredResponse *stored,
                                                      gint64                       length,
                                                      const PillionFieldList      *fields);

/* Whether a stored response whose fields have changed may stay */
gboolean        pillion_cache_may_keep               (const PillionStoredResponse *stored);

/* Section 3.2: the stored response takes the fields of a newer head. Returns FALSE if what is on disk is as good: only its times have changed, and
 * they don't matter, since it is never used unless the server has just confirmed it. */
gboolean        pillion_cache_update                 (PillionStoredResponse       *stored,
                                                      const PillionFieldList      *fields,
                                                      gint64                       requested,
                                                      gint64                       received);

/* The validator that proves that two parts are of the very same body (RFC 9110, section 8.8.1), or NULL if it has none */
const char     *pillion_cache_get_strong_validator   (const PillionStoredResponse *stored);

/* Section 3.4: whether both have bytes of the very same body */
gboolean        pillion_cache_are_parts_of_one       (const PillionStoredResponse *one,
                                                      const PillionStoredResponse *other);

/* Whether the bytes of both have the same content codings. Some servers give all codings of a body the same ETag. */
gboolean        pillion_cache_are_coded_alike        (const PillionStoredResponse *one,
                                                      const PillionStoredResponse *other);

/* Section 4.4: whether a response to this method makes what is stored for its URL invalid */
gboolean        pillion_cache_is_unsafe              (const char                  *method);
gboolean        pillion_cache_invalidates            (guint                        status);
