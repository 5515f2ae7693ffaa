/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "http/pillion-call.h"
#include "http/pillion-file-lock.h"
#include "http/pillion-http-download-options-private.h"
#include "http/pillion-part-file.h"

/* Of several downloads to one target only one works. Those that want the very same wait for what comes of it, and the others fail. */
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

/* Before each request of @call. PASS: this is the one that works; WAIT: the call ends with another one, or is resumed; FAIL. */
PillionVerdict pillion_file_share_begin (PillionFileShare           *self,
                                         PillionCall                *call,
                                         GError                    **error);

/* The same when it turns out that somebody has the part file: if it isn't one of this thread, PASS */
PillionVerdict pillion_file_share_join  (PillionFileShare           *self,
                                         const PillionFileId        *part,
                                         GError                    **error);

/* The file is done, or somebody else's from now on. Those that share it get the download or the error, and the others, or all if both are NULL, are
 * resumed. */
void           pillion_file_share_end   (PillionFileShare           *self,
                                         PillionHttpDownload        *download,
                                         const GError               *error);

/* Tells the progress of the call, and so that of those that wait for it */
void           pillion_file_share_set_progress (PillionFileShare    *self,
                                                gint64               completed,
                                                gint64               total);

/* Whether nobody waits for it */
gboolean       pillion_file_share_is_alone (PillionFileShare        *self);

/* Whether it has nothing to do with anybody any more */
gboolean       pillion_file_share_is_idle (PillionFileShare         *self);
