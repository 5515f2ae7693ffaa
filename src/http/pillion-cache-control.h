/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

/* The largest number of seconds that a directive or an Age field means: larger ones count as this (RFC 9111, section 1.2.2) */
#define PILLION_CACHE_MAX_SECONDS G_GINT64_CONSTANT (2147483648)

typedef enum
{
  PILLION_CACHE_NO_STORE = 1 << 0,
  PILLION_CACHE_NO_CACHE = 1 << 1, /* without names of fields */
  PILLION_CACHE_MUST_REVALIDATE = 1 << 2,
  PILLION_CACHE_MUST_UNDERSTAND = 1 << 3,
  PILLION_CACHE_PUBLIC = 1 << 4,
  PILLION_CACHE_PRIVATE = 1 << 5, /* with names of fields too */
  PILLION_CACHE_IMMUTABLE = 1 << 6,
  PILLION_CACHE_ONLY_IF_CACHED = 1 << 7,
} PillionCacheFlags;

/* The directives of a Cache-Control field (RFC 9111, section 5.2; RFC 5861; RFC 8246) that a private cache looks at. Times are in
 * s, and -1 if the directive is absent. */
typedef struct
{
  PillionCacheFlags flags;
  gint64 max_age;   /* 0 if its value is invalid: such a response counts as stale (section 4.2.1) */
  gint64 min_fresh;
  gint64 max_stale; /* G_MAXINT64 without a value */
  gint64 stale_while_revalidate;
  gint64 stale_if_error;
  char **hidden;    /* the names of fields in no-cache="…", or NULL */
} PillionCacheControl;

/* Parses all values of the field, joined by commas, or NULL */
void   pillion_cache_control_init  (PillionCacheControl *self,
                                    const char          *value);
void   pillion_cache_control_clear (PillionCacheControl *self);

/* A number of seconds that consists of nothing but digits; -1 if it does not */
gint64 pillion_cache_parse_seconds (const char          *text);
