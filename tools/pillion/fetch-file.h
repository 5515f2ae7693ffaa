/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <pillion-http/pillion-http.h>

G_BEGIN_DECLS

typedef enum
{
  FETCH_WAITING,
  FETCH_ACTIVE,
  FETCH_DONE,
  FETCH_FAILED,
  FETCH_CANCELLED,
} FetchState;

/* A file to fetch, and its state */
typedef struct
{
  char *url;
  char *shown_url; /* without a password */
  char *name;
  PillionTask *task;
  FetchState state;
  gint64 started;
  gint64 ended;
  PillionHttpDownload *download;
  GError *error;
} FetchFile;

FetchFile *fetch_file_new           (const char  *url);
void       fetch_file_free          (FetchFile   *self);
void       fetch_file_settle        (FetchFile   *self);
gint64     fetch_file_get_completed (FetchFile   *self);
gint64     fetch_file_get_total     (FetchFile   *self);
gint64     fetch_file_get_received  (FetchFile   *self);
double     fetch_file_get_rate      (FetchFile   *self);
char      *fetch_file_describe      (FetchFile   *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (FetchFile, fetch_file_free)

G_END_DECLS
