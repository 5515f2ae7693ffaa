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
  gboolean proposed;               /* a server chose the name */
  PillionHttpNameConflict conflict; /* what to do if it is taken; of no meaning unless @proposed */
} PillionTarget;

/* The file at @path, which need not exist. Symbolic links are followed. Fails for everything but regular files. */
PillionTarget *pillion_target_new         (const char               *path,
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

/* Whether there is a file that would be replaced */
gboolean       pillion_target_will_replace (PillionTarget           *self);

/* Moves the file @part of the same folder, open as @fd, to the target, in one step. If it replaces a file it gets that one's
 * mode and owner. @path and @name then say where it is. */
gboolean       pillion_target_take        (PillionTarget            *self,
                                           int                       fd,
                                           const char               *part,
                                           GError                  **error);

/* Sets @error to what @errsv says of the target */
void           pillion_target_set_error   (PillionTarget            *self,
                                           int                       errsv,
                                           GError                  **error);
