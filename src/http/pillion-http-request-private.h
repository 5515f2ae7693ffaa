/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <pillion-http/pillion-http.h>

#include "http/pillion-field-list.h"
#include "http/pillion-source.h"

/* The statuses from @first to @last */
typedef struct
{
  guint first;
  guint last;
} PillionStatusRange;

struct _PillionHttpRequest
{
  GObject parent_instance;

  char *method;
  char *url;
  GString *parameters; /* encoded, or NULL */
  PillionFieldList fields;
  PillionSource *body; /* or NULL */
  GArray *accepted;    /* ranges, or NULL for every success */
  PillionHttpRedirectPolicy redirect_policy;
  gboolean allow_downgrade;
  gboolean coalescing;
  gboolean use_credentials;
  guint max_redirects;
  PillionHttpPriority priority;
  PillionHttpCacheMode cache_mode;
  gboolean lasting; /* the response may last, so the request waits in the queue for those */

  /* Each of them 0 for the client's */
  gint64 max_body_size;
  GTimeSpan connect_timeout;
  GTimeSpan first_byte_timeout;
  GTimeSpan idle_timeout;
  GTimeSpan total_timeout;
  gint64 lowest_rate; /* bytes per second */
  gint64 rate_limit;
  int max_retries;

  PillionHttpCredentials *credentials; /* or NULL */
};

/* A copy for a call, so that the original can be changed and used again */
PillionHttpRequest *pillion_http_request_copy           (PillionHttpRequest  *self);

/* Whether the method and the fields can be sent; else PILLION_HTTP_ERROR_INVALID_REQUEST */
gboolean            pillion_http_request_check          (PillionHttpRequest  *self,
                                                         GError             **error);

/* The same for a field, and for several of them */
gboolean            pillion_http_check_field            (const char          *name,
                                                         const char          *value,
                                                         GError             **error);
gboolean            pillion_http_check_fields           (const PillionFieldList *fields,
                                                         GError                **error);

gboolean            pillion_http_request_accepts_status (PillionHttpRequest  *self,
                                                         guint                status);

/* Whether both accept the same statuses, judging by the calls that set them */
gboolean            pillion_http_request_accepts_same   (const PillionHttpRequest *self,
                                                         const PillionHttpRequest *other);

/* The URL with the parameters */
char               *pillion_http_request_make_url       (PillionHttpRequest  *self);
