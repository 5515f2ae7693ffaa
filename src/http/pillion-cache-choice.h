/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "http/pillion-cache-policy.h"
#include "http/pillion-cache-store.h"

/* What a store has for a request */
typedef struct
{
  PillionCacheEntry *entry;      /* the one to be used, or NULL; a reference */
  PillionStoredResponse *stored; /* likewise */
  PillionCacheUse use;
  gboolean other_variants;       /* whether there are some that don't fit */
  gboolean other_parts;          /* whether there are fitting ones without the bytes that are wanted */
  PillionCacheEntry *part;       /* the beginning of what is wanted, whose rest is to be requested, or NULL */
  PillionStoredResponse *part_stored; /* likewise */
  GPtrArray *variants;           /* PillionCacheEntry: the others that the server may select by their ETag; or NULL */
} PillionCacheChoice;

/* The key of a URL in the store. Neither user nor fragment belongs to it. */
char    *pillion_cache_make_key     (const char                *origin,
                                     GUri                      *uri);

/* Finds what may answer a request. @entries: what pillion_cache_store_lookup () has found for its key, or NULL. */
void     pillion_cache_choice_init  (PillionCacheChoice        *self,
                                     GPtrArray                 *entries,
                                     const PillionCacheRequest *request,
                                     gint64                     now);
void     pillion_cache_choice_clear (PillionCacheChoice        *self);

/* Whether one of @entries, as above, may answer a request without the server. Looks only at its age and at the directives, so @request need not
 * have the fields that stages add. */
gboolean pillion_cache_choice_is_possible (GPtrArray                 *entries,
                                           const PillionCacheRequest *request,
                                           gint64                     now);

/* Forgets about the part: all is to be requested */
void     pillion_cache_choice_drop_part (PillionCacheChoice    *self);

/* Clears one that was only looked at: the next one for the same entries is made faster */
void     pillion_cache_choice_give_back (PillionCacheChoice    *self);

/* Section 4.3.1: adds the validators of what is stored, and the ETags of the variants, to a request. Returns FALSE if there are none. */
gboolean pillion_cache_choice_add_validators (PillionCacheChoice *self,
                                              PillionFieldList   *fields);

/* Section 4.3.3: takes the variant with the ETag of a 304. Returns FALSE if there is none. */
gboolean pillion_cache_choice_select         (PillionCacheChoice *self,
                                              const char         *etag);
