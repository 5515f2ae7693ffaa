/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#if !defined (PILLION_HTTP_INSIDE) && !defined (PILLION_HTTP_COMPILATION)
#error "Only <pillion-http/pillion-http.h> can be included directly."
#endif

#include <gio/gio.h>

#include <pillion-http/pillion-http-download.h>
#include <pillion-http/pillion-http-version.h>

G_BEGIN_DECLS

#define PILLION_HTTP_TYPE_DOWNLOAD_OPTIONS (pillion_http_download_options_get_type ())
PILLION_HTTP_AVAILABLE_IN_1_0
G_DECLARE_FINAL_TYPE (PillionHttpDownloadOptions, pillion_http_download_options, PILLION_HTTP, DOWNLOAD_OPTIONS, GObject)

PILLION_HTTP_AVAILABLE_IN_1_0
PillionHttpDownloadOptions *pillion_http_download_options_new                 (void);

PILLION_HTTP_AVAILABLE_IN_1_0
const char                 *pillion_http_download_options_get_digest          (PillionHttpDownloadOptions *self);
PILLION_HTTP_AVAILABLE_IN_1_0
void                        pillion_http_download_options_set_digest          (PillionHttpDownloadOptions *self,
                                                                               const char                 *digest);
PILLION_HTTP_AVAILABLE_IN_1_0
PillionHttpNameConflict     pillion_http_download_options_get_name_conflict   (PillionHttpDownloadOptions *self);
PILLION_HTTP_AVAILABLE_IN_1_0
void                        pillion_http_download_options_set_name_conflict   (PillionHttpDownloadOptions *self,
                                                                               PillionHttpNameConflict     conflict);
PILLION_HTTP_AVAILABLE_IN_1_0
gboolean                    pillion_http_download_options_get_only_if_changed (PillionHttpDownloadOptions *self);
PILLION_HTTP_AVAILABLE_IN_1_0
void                        pillion_http_download_options_set_only_if_changed (PillionHttpDownloadOptions *self,
                                                                               gboolean                    only_if_changed);
PILLION_HTTP_AVAILABLE_IN_1_0
gboolean                    pillion_http_download_options_get_preserve_time   (PillionHttpDownloadOptions *self);
PILLION_HTTP_AVAILABLE_IN_1_0
void                        pillion_http_download_options_set_preserve_time   (PillionHttpDownloadOptions *self,
                                                                               gboolean                    preserve_time);
PILLION_HTTP_AVAILABLE_IN_1_0
gboolean                    pillion_http_download_options_get_resume          (PillionHttpDownloadOptions *self);
PILLION_HTTP_AVAILABLE_IN_1_0
void                        pillion_http_download_options_set_resume          (PillionHttpDownloadOptions *self,
                                                                               gboolean                    resume);
PILLION_HTTP_AVAILABLE_IN_1_0
const char *const          *pillion_http_download_options_get_mirrors         (PillionHttpDownloadOptions *self);
PILLION_HTTP_AVAILABLE_IN_1_0
void                        pillion_http_download_options_set_mirrors         (PillionHttpDownloadOptions *self,
                                                                               const char *const          *mirrors);

G_END_DECLS
