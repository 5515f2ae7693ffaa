/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "fetch-options.h"
#include "options.h"

#include <pillion-http/pillion-http.h>

G_BEGIN_DECLS

/* What all requests have in common: made once, so that a file or a password is read once */
typedef struct
{
  const FetchOptions *options;
  GBytes *body;
  char *query; /* of --get, or NULL */
  const char *content_type;
  PillionHttpCredentials *credentials;
} FetchRequest;

ExitCode            fetch_request_init  (FetchRequest        *self,
                                         const FetchOptions  *options);
void                fetch_request_clear (FetchRequest        *self);
char               *fetch_request_complete_url (const char *text);
PillionHttpRequest *fetch_request_make  (FetchRequest        *self,
                                         const char          *url);
char               *fetch_request_head  (FetchRequest        *self,
                                         PillionHttpRequest  *request,
                                         const char          *shown_url);

G_END_DECLS
