/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>

#include "http/pillion-cache-control.h"
#include "http/pillion-field-list.h"

/* What the cache keeps of a response beside its body, and what follows from it for later requests. Times are in s since the epoch. */
typedef struct
{
  guint status;
  char *reason;
  char *version;    /* of HTTP: "1.0", "1.1", "2" */
  gint64 requested; /* when the request was sent */
  gint64 received;  /* when the head was there */

  /* Where the stored body belongs in the whole one. That one is whole itself if @first is 0 and @total is its length or -1. */
  gint64 first;
  gint64 total; /* -1 if unknown */

  GBytes *bytes; /* what it was parsed from, which the lists borrow from; or NULL */
  PillionFieldList fields;
  PillionFieldList selecting; /* the fields of the request that select the response, normalised: pillion-cache-vary.h */

  PillionCacheControl control; /* parsed from the fields */
} PillionStoredResponse;

/* Returns NULL if the bytes are not what pillion_stored_response_serialize () has made */
PillionStoredResponse *pillion_stored_response_parse     (GBytes                      *bytes);
GBytes                *pillion_stored_response_serialize (const PillionStoredResponse *self);

/* The fields have changed: parses Cache-Control again */
void                   pillion_stored_response_changed   (PillionStoredResponse       *self);
void                   pillion_stored_response_free      (PillionStoredResponse       *self);

/* Whether it is a part of a body only: that of a 206 */
gboolean               pillion_stored_response_is_part   (const PillionStoredResponse *self);

/* The value of a field that is sent once, or NULL: several lines are never a valid one */
const char            *pillion_stored_response_get       (const PillionStoredResponse *self,
                                                          const char                  *name);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PillionStoredResponse, pillion_stored_response_free)
