/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <pillion-http/pillion-http.h>

/* Where a download ends: a name in a folder. The folder stays open, so that nobody can put another one in its place. It belongs
 * to one thread at a time. */
typedef struct
{
  char *folder_path;
  char *path;                      /* as the user gave it, or the folder until the name is known: for messages */
  char *name;                      /* in the folder; NULL until it is known */
  int folder;                      /* a descriptor */
  PillionHttpNameConflict conflict; /* what to do if the name is taken; not the default */
  gboolean kept;                   /* the name is taken, and its file stays */
} PillionTarget;

/* The file at @path, which need not exist. If it would be replaced, symbolic links are followed, and it has
 * to be a regular file. */
PillionTarget *pillion_target_new         (const char               *path,
                                           PillionHttpNameConflict   conflict,
                                           GError                  **error);

/* A file in the folder at @path, whose name is set later */
PillionTarget *pillion_target_new_in      (const char               *path,
                                           PillionHttpNameConflict   conflict,
                                           GError                  **error);
void           pillion_target_free        (PillionTarget            *self);

/* How many bytes a name in the folder can have */
gsize          pillion_target_get_name_max (PillionTarget           *self);

/* Sets the name that a server proposed, sanitized */
gboolean       pillion_target_set_name    (PillionTarget            *self,
                                           const char               *name,
                                           GError                  **error);

/* Looks up the size of the file that is there, in bytes */
gboolean       pillion_target_get_size    (PillionTarget            *self,
                                           gint64                   *size,
                                           GError                  **error);

/* Whether there is a file that would be replaced */
gboolean       pillion_target_will_replace (PillionTarget           *self);

/* Moves the file @part of the same folder, open as @fd, to the target, in one step. If it replaces a file it
 * gets that one's mode and owner. @path and @name then say where it is. If the name was taken in the meantime
 * and its file stays, so does the part: see @kept. A crash of the machine may undo it until pillion_target_sync (). */
gboolean       pillion_target_take        (PillionTarget            *self,
                                           int                       fd,
                                           const char               *part,
                                           GError                  **error);

/* Waits until the names in the folder are on the disk */
void           pillion_target_sync        (PillionTarget            *self);

/* Sets @error to what @errsv means for the target */
void           pillion_target_set_error   (PillionTarget            *self,
                                           int                       errsv,
                                           GError                  **error);
