/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <pillion/pillion.h>

/* Everything that a download's result says. Strings and the file are taken. */
typedef struct
{
  char *url;
  GFile *file;
  gint64 size;
  gint64 resumed_from;
  char *sha256;
  char *etag;
  char *content_type;
  PillionIntegrity integrity;
} PillionDownloadFacts;

PillionDownload *pillion_download_new (const PillionDownloadFacts *facts);
