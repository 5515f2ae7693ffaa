/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#if !defined (PILLION_HTTP_INSIDE) && !defined (PILLION_HTTP_COMPILATION)
#error "Only <pillion-http/pillion-http.h> can be included directly."
#endif

#include <pillion/pillion.h>

#include <pillion-http/pillion-http-response.h>
#include <pillion-http/pillion-http-version.h>

G_BEGIN_DECLS

/**
 * PillionHttpIntegrity:
 * @PILLION_HTTP_INTEGRITY_UNKNOWN: nothing was verified: the server announced no length and no digest was given, so that the file may be cut, or
 *   nothing was downloaded
 * @PILLION_HTTP_INTEGRITY_LENGTH: the file has the length that the server announced
 * @PILLION_HTTP_INTEGRITY_DIGEST: the file has the digest that was asked for
 * @PILLION_HTTP_INTEGRITY_SERVER_DIGEST: no digest was asked for, but the file has the one that the server sent with it: it arrived as it was sent
 *
 * What is known about a downloaded file being whole.
 *
 * Since: 1.0
 */
typedef enum
{
  PILLION_HTTP_INTEGRITY_UNKNOWN,
  PILLION_HTTP_INTEGRITY_LENGTH,
  PILLION_HTTP_INTEGRITY_DIGEST,
  PILLION_HTTP_INTEGRITY_SERVER_DIGEST,
} PillionHttpIntegrity;

/**
 * PillionHttpNameConflict:
 * @PILLION_HTTP_NAME_CONFLICT_DEFAULT: what [property@PillionHttp.Client:name-conflict] says for a file in a folder, and
 *   %PILLION_HTTP_NAME_CONFLICT_OVERWRITE for a file that the program named; for [class@PillionHttp.DownloadOptions] only
 * @PILLION_HTTP_NAME_CONFLICT_UNIQUIFY: keep both files: the new one gets a number that is free, not always the lowest, as in `name (1).ext`
 * @PILLION_HTTP_NAME_CONFLICT_REFUSE: keep the existing file; the download fails with `G_IO_ERROR_EXISTS`
 * @PILLION_HTTP_NAME_CONFLICT_OVERWRITE: replace the existing file
 * @PILLION_HTTP_NAME_CONFLICT_KEEP: keep the existing file; the download succeeds, with the outcome %PILLION_HTTP_DOWNLOAD_OUTCOME_KEPT
 *
 * What a download does if a file already has its name.
 *
 * Since: 1.0
 */
typedef enum
{
  PILLION_HTTP_NAME_CONFLICT_DEFAULT = -1,
  PILLION_HTTP_NAME_CONFLICT_UNIQUIFY,
  PILLION_HTTP_NAME_CONFLICT_REFUSE,
  PILLION_HTTP_NAME_CONFLICT_OVERWRITE,
  PILLION_HTTP_NAME_CONFLICT_KEEP,
} PillionHttpNameConflict;

/**
 * PillionHttpDownloadOutcome:
 * @PILLION_HTTP_DOWNLOAD_OUTCOME_SAVED: the file was downloaded
 * @PILLION_HTTP_DOWNLOAD_OUTCOME_NOT_MODIFIED: the file that was there is what the server has, and stays as it is:
 *   [property@PillionHttp.DownloadOptions:only-if-changed]
 * @PILLION_HTTP_DOWNLOAD_OUTCOME_KEPT: the file that was there has the name, and stays as it is, whatever the server has:
 *   %PILLION_HTTP_NAME_CONFLICT_KEEP
 *
 * What a download came to.
 *
 * Since: 1.0
 */
typedef enum
{
  PILLION_HTTP_DOWNLOAD_OUTCOME_SAVED,
  PILLION_HTTP_DOWNLOAD_OUTCOME_NOT_MODIFIED,
  PILLION_HTTP_DOWNLOAD_OUTCOME_KEPT,
} PillionHttpDownloadOutcome;

#define PILLION_HTTP_TYPE_DOWNLOAD (pillion_http_download_get_type ())
PILLION_HTTP_AVAILABLE_IN_1_0
G_DECLARE_FINAL_TYPE (PillionHttpDownload, pillion_http_download, PILLION_HTTP, DOWNLOAD, GObject)

PILLION_HTTP_AVAILABLE_IN_1_0
const char       *pillion_http_download_get_url          (PillionHttpDownload *self);
PILLION_HTTP_AVAILABLE_IN_1_0
GFile            *pillion_http_download_get_file         (PillionHttpDownload *self);
PILLION_HTTP_AVAILABLE_IN_1_0
gint64            pillion_http_download_get_size         (PillionHttpDownload *self);
PILLION_HTTP_AVAILABLE_IN_1_0
gint64            pillion_http_download_get_resumed_from (PillionHttpDownload *self);
PILLION_HTTP_AVAILABLE_IN_1_0
PillionHttpDownloadOutcome pillion_http_download_get_outcome (PillionHttpDownload *self);
PILLION_HTTP_AVAILABLE_IN_1_0
const char       *pillion_http_download_get_digest       (PillionHttpDownload *self);
PILLION_HTTP_AVAILABLE_IN_1_0
const char       *pillion_http_download_get_sha256       (PillionHttpDownload *self);
PILLION_HTTP_AVAILABLE_IN_1_0
const char       *pillion_http_download_get_etag         (PillionHttpDownload *self);
PILLION_HTTP_AVAILABLE_IN_1_0
const char       *pillion_http_download_get_content_type (PillionHttpDownload *self);
PILLION_HTTP_AVAILABLE_IN_1_0
const char       *pillion_http_download_get_content_coding (PillionHttpDownload *self);
PILLION_HTTP_AVAILABLE_IN_1_0
PillionHttpIntegrity  pillion_http_download_get_integrity    (PillionHttpDownload *self);
PILLION_HTTP_AVAILABLE_IN_1_0
PillionHttpResponse *pillion_http_download_get_response  (PillionHttpDownload *self);

G_END_DECLS
