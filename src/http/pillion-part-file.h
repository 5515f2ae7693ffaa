/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>

/* The part file: what of a download has arrived, beside the file that it will be, and a record of what it is a part of. It is
 * locked as long as it is open, so that neither this process nor another one writes to it too.
 *
 * It belongs to one thread at a time. */
typedef struct
{
  char *path;
  char *info_path;
  char *url;
  int fd;
  gint64 size; /* how much of it is good */

  /* The record: what the whole is */
  char *etag;          /* strong, or NULL */
  char *last_modified; /* strong, or NULL */
  char *name;          /* what the server called it, or NULL: with the rest it may not say it again */
  gint64 length;       /* -1 where the server did not say */
  gint64 safe;         /* how much the disk has for sure, so that it also outlasts a crash of the machine */
} PillionPartFile;

/* Opens or makes the part file at @path, and keeps what is in it where it is of @url and can be continued.
 * Fails with G_IO_ERROR_EXISTS while another download has it open. */
PillionPartFile *pillion_part_file_open          (const char      *path,
                                                  const char      *url,
                                                  GError         **error);

/* Closes it. It stays where @keep and where it can be continued; else it is deleted. */
void             pillion_part_file_close         (PillionPartFile *self,
                                                  gboolean         keep);

/* Whether there is something that a later request can continue */
gboolean         pillion_part_file_can_continue  (PillionPartFile *self);

/* From where on to ask; 0 where there is nothing to continue. It may be a byte less than is there, because a server can't be
 * asked for nothing. */
gint64           pillion_part_file_get_offset    (PillionPartFile *self);

/* The value for If-Range */
const char      *pillion_part_file_get_validator (PillionPartFile *self);

/* Forgets all, and records what comes now. Validators that are not strong are NULL. */
gboolean         pillion_part_file_begin         (PillionPartFile *self,
                                                  const char      *etag,
                                                  const char      *last_modified,
                                                  const char      *name,
                                                  gint64           length,
                                                  GError         **error);

/* Continues at @offset, which is not after the end */
gboolean         pillion_part_file_continue      (PillionPartFile *self,
                                                  gint64           offset,
                                                  GError         **error);

/* Appends */
gboolean         pillion_part_file_write         (PillionPartFile *self,
                                                  const guint8    *bytes,
                                                  gsize            length,
                                                  GError         **error);

/* Waits until the disk has the first @size bytes, and records it; from a worker, while the I/O thread appends */
gboolean         pillion_part_file_save          (PillionPartFile *self,
                                                  gint64           size,
                                                  GError         **error);

/* Waits until the disk has all, and puts it in the place of @target at once */
gboolean         pillion_part_file_commit        (PillionPartFile *self,
                                                  const char      *target,
                                                  GError         **error);
