/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "http/pillion-call.h"
#include "http/pillion-file-lock.h"
#include "http/pillion-http-download-options-private.h"
#include "http/pillion-part-file.h"

/* Of several downloads to one target, only one works. Those that want the very same thing wait for its
 * result, and the others fail. */
typedef struct
{
  PillionFileLock lock;
  PillionCall *call; /* NULL before the first request */
  GFile *file;       /* the target, or the folder; not owned, like the options */
  gboolean into;
  PillionHttpDownloadOptions *options;
  PillionFileId part; /* the part file that this one writes to; zero if there is none */
  gboolean ending;    /* it fails, and still has the part file */
} PillionFileShare;

void           pillion_file_share_init  (PillionFileShare           *self,
                                         GFile                      *file,
                                         gboolean                    into,
                                         PillionHttpDownloadOptions *options);

/* Call this before each request of @call. PASS: it is the one that works. WAIT: it ends together with another
 * one, or is resumed. FAIL: it fails. */
PillionVerdict pillion_file_share_begin (PillionFileShare           *self,
                                         PillionCall                *call,
                                         GError                    **error);

/* The same if it turns out that the part file is in use. PASS: by no download of this thread. */
PillionVerdict pillion_file_share_join  (PillionFileShare           *self,
                                         const PillionFileId        *part,
                                         GError                    **error);

/* The file is done, or another download's from now on. The calls that share it get the download or the error.
 * The others are resumed, and so are all if both are NULL. */
void           pillion_file_share_end   (PillionFileShare           *self,
                                         PillionHttpDownload        *download,
                                         const GError               *error);

/* Reports the progress of the call, and of those that wait for it */
void           pillion_file_share_set_progress (PillionFileShare    *self,
                                                gint64               completed,
                                                gint64               total);

/* Whether nobody waits for it */
gboolean       pillion_file_share_is_alone (PillionFileShare        *self);

/* Whether it is no longer connected to another download */
gboolean       pillion_file_share_is_idle (PillionFileShare         *self);
