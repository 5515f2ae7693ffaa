/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <pillion-http/pillion-http.h>

/* Everything that the result of a download tells. Strings and objects are taken. */
typedef struct
{
  char *url;
  GFile *file;
  gint64 size;
  gint64 resumed_from;
  char *digest;
  char *etag;
  char *content_type;
  char *content_coding;
  PillionHttpIntegrity integrity;
  PillionHttpDownloadOutcome outcome;
  PillionHttpResponse *response;
} PillionHttpDownloadFacts;

PillionHttpDownload *pillion_http_download_new (const PillionHttpDownloadFacts *facts);
