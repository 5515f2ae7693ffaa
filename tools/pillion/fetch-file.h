/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "options.h"

#include <pillion-http/pillion-http.h>

G_BEGIN_DECLS

typedef enum
{
  FETCH_WAITING,
  FETCH_ACTIVE,
  FETCH_DONE,
  FETCH_KEPT, /* there is a file of this name already, which stays: see @download */
  FETCH_FAILED,
  FETCH_CANCELLED,
} FetchState;

typedef enum
{
  FETCH_INTO_FOLDER, /* under the server's or the URL's name */
  FETCH_TO_FILE,
  FETCH_TO_STDOUT,
  FETCH_HEAD,
} FetchKind;

/* What to fetch, and its state */
typedef struct
{
  FetchKind kind;
  char *url;
  char *shown_url; /* without a password */
  char **mirrors;
  char *name;
  char *path;         /* of FETCH_TO_FILE */
  const char *sha256; /* or NULL */
  PillionHttpRequest *request;
  char *request_head; /* to show */
  PillionTask *task;
  FetchState state;
  gint64 started;
  gint64 ended;
  PillionHttpDownload *download;
  PillionHttpResponse *response;
  GError *error;
  ExitCode status;
} FetchFile;

FetchFile *fetch_file_new           (const char  *url);
void       fetch_file_free          (FetchFile   *self);
void       fetch_file_set_path      (FetchFile   *self,
                                     const char  *path);
void       fetch_file_settle        (FetchFile   *self);
gboolean   fetch_file_is_over       (FetchFile   *self);
gint64     fetch_file_get_completed (FetchFile   *self);
gint64     fetch_file_get_total     (FetchFile   *self);
gint64     fetch_file_get_received  (FetchFile   *self);
double     fetch_file_get_rate      (FetchFile   *self);
char      *fetch_file_describe      (FetchFile   *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (FetchFile, fetch_file_free)

G_END_DECLS
