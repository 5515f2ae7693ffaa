/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "http/pillion-call.h"
#include "http/pillion-file-body.h"
#include "http/pillion-file-origin.h"
#include "http/pillion-target.h"

/* The place that a download goes to: under which name, and whether the file that is there already stays.
 * Embedded. */
typedef struct
{
  GFile *file; /* the target, or the folder */
  gboolean into;
  PillionHttpDownloadOptions *options; /* not owned */
  PillionTarget *target;    /* NULL until it is opened */
  PillionFileOrigin origin; /* of the file that is there; its name is a guess until the server tells the name */
  gboolean looked;          /* whether that file was looked at */
  PillionHttpDownloadOutcome outcome; /* other than SAVED: the file that is there stays */
  PillionHttpEngine *engine; /* not owned; NULL before the file was looked at */
  gboolean checking;        /* a worker computes the digest of that file */
  gboolean stop;            /* atomic: it is to end soon */
  void (*checked) (gpointer data);
  gpointer data;
} PillionFilePlace;

void     pillion_file_place_init           (PillionFilePlace            *self,
                                            GFile                       *file,
                                            gboolean                     into,
                                            PillionHttpDownloadOptions  *options,
                                            void                       (*checked) (gpointer data),
                                            gpointer                     data);
void     pillion_file_place_clear          (PillionFilePlace            *self);

/* Opens the target, unless it is open */
gboolean pillion_file_place_open           (PillionFilePlace            *self,
                                            GError                     **error);

/* Closes it until it is opened again, and forgets which version is there */
void     pillion_file_place_close          (PillionFilePlace            *self);

/* Finds out which version of the file is there, once. Returns TRUE if a worker has to compute its digest for that: @checked is called later, when
 * the worker has done so or was stopped. */
gboolean pillion_file_place_look           (PillionFilePlace            *self,
                                            PillionCall                 *call);
void     pillion_file_place_stop           (PillionFilePlace            *self);

/* The file that is there stays, under the name that was guessed if there is no other */
gboolean pillion_file_place_leave          (PillionFilePlace            *self,
                                            PillionHttpDownloadOutcome   outcome,
                                            GError                     **error);

/* Makes the name that the part file is based on. While the name of the target isn't known, it is made from
 * the URL, so that another attempt finds the part file, and other downloads have others. */
char    *pillion_file_place_make_part_base (PillionFilePlace            *self,
                                            const char                  *url);

/* Finds out the name from the head of a response, unless it is known. @part_name: the name that an earlier
 * response gave to what is continued, or NULL. */
gboolean pillion_file_place_take_name      (PillionFilePlace            *self,
                                            PillionCall                 *call,
                                            const PillionHead           *head,
                                            const char                  *part_name,
                                            GError                     **error);

/* Whether the file that is there stays, now that the name is known and @source has given the fields of @body.
 * @fresh: nothing was written yet. */
gboolean pillion_file_place_stays          (PillionFilePlace            *self,
                                            PillionCall                 *call,
                                            const PillionHead           *head,
                                            const PillionFileBody       *body,
                                            const char                  *source,
                                            gboolean                     fresh);

/* Makes the file that the download ends in (transfer full) */
GFile   *pillion_file_place_make_file      (PillionFilePlace            *self);
