/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "http/pillion-cache-policy.h"
#include "http/pillion-cache-store.h"
#include "http/pillion-transport.h"

/* The tee of the cache: a response that is being stored while it is received. Its entry can be found once all of it was received. What was cut
 * off can be kept as a part. No error of the disk's disturbs the call. */
typedef struct
{
  PillionCacheStore *store;
  char *key;
  PillionCacheWriter *writer;      /* NULL if nothing is stored, or can't be any more */
  PillionStoredResponse *response;
  PillionFieldList selecting;      /* of the request, for finding what this replaces */
  char *identity;                  /* likewise, or NULL */
  gboolean delimited;              /* something else than the end of the connection tells where it ends */
  gint64 length;                   /* how much was written */
  gint64 announced;                /* how much of a part there is to be, or -1 */
  gint64 expected;                 /* the length of the body as it is sent, or -1 */
  gboolean of_get;                 /* it answers a GET */
  guint n_doomed;                  /* pillion_cache_store_get_n_doomed () when it began */
} PillionCacheFill;

/* The head of a response to @request is here: begins to store it if that is allowed. @at_home is as for pillion_cache_request_may_store ().
 * Returns whether it is stored. */
gboolean pillion_cache_fill_begin (PillionCacheFill          *self,
                                   PillionCacheStore         *store,
                                   const char                *key,
                                   const PillionCacheRequest *request,
                                   const PillionHead         *head,
                                   gboolean                   at_home,
                                   gint64                     requested,
                                   gint64                     received);

/* The same for a whole response of which a part is stored already. @length: that of the whole body. */
gboolean pillion_cache_fill_begin_whole (PillionCacheFill            *self,
                                         PillionCacheStore           *store,
                                         const char                  *key,
                                         const PillionCacheRequest   *request,
                                         const PillionStoredResponse *response,
                                         gint64                       length);

void     pillion_cache_fill_write (PillionCacheFill          *self,
                                   const guint8              *bytes,
                                   gsize                      length);

/* All of the body is here: publishes the entry */
void     pillion_cache_fill_end   (PillionCacheFill          *self);

/* The rest of the body won't come: publishes a part, if a later request can continue it, and if it is longer than what is stored. Clears the
 * fill. */
void     pillion_cache_fill_keep  (PillionCacheFill          *self);

/* Drops what was not published */
void     pillion_cache_fill_clear (PillionCacheFill          *self);

/* What would be stored of a response, without its body */
PillionStoredResponse *pillion_cache_fill_make_response (const PillionHead *head,
                                                         gint64             requested,
                                                         gint64             received);
