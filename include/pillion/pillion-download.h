/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#if !defined (PILLION_INSIDE) && !defined (PILLION_COMPILATION)
#error "Only <pillion/pillion.h> can be included directly."
#endif

#include <pillion/pillion-types.h>

G_BEGIN_DECLS

/**
 * PillionIntegrity:
 * @PILLION_INTEGRITY_UNKNOWN: the server announced no length and no digest was given: the file may be cut
 * @PILLION_INTEGRITY_LENGTH: the file has the length that the server announced
 * @PILLION_INTEGRITY_DIGEST: the file has the SHA-256 that was asked for
 *
 * What is known about a downloaded file being whole.
 *
 * Since: 1.0
 */
typedef enum
{
  PILLION_INTEGRITY_UNKNOWN,
  PILLION_INTEGRITY_LENGTH,
  PILLION_INTEGRITY_DIGEST,
} PillionIntegrity;

#define PILLION_TYPE_DOWNLOAD (pillion_download_get_type ())
PILLION_AVAILABLE_IN_1_0
G_DECLARE_FINAL_TYPE (PillionDownload, pillion_download, PILLION, DOWNLOAD, GObject)

PILLION_AVAILABLE_IN_1_0
const char       *pillion_download_get_url          (PillionDownload *self);
PILLION_AVAILABLE_IN_1_0
GFile            *pillion_download_get_file         (PillionDownload *self);
PILLION_AVAILABLE_IN_1_0
gint64            pillion_download_get_size         (PillionDownload *self);
PILLION_AVAILABLE_IN_1_0
gint64            pillion_download_get_resumed_from (PillionDownload *self);
PILLION_AVAILABLE_IN_1_0
const char       *pillion_download_get_sha256       (PillionDownload *self);
PILLION_AVAILABLE_IN_1_0
const char       *pillion_download_get_etag         (PillionDownload *self);
PILLION_AVAILABLE_IN_1_0
const char       *pillion_download_get_content_type (PillionDownload *self);
PILLION_AVAILABLE_IN_1_0
PillionIntegrity  pillion_download_get_integrity    (PillionDownload *self);

G_END_DECLS
