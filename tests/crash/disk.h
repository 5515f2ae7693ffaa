/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

/* What is on a disk when the power fails, made from a journal of operations (crash.h).
 *
 * What was synced is there: the data of a file, and the names in a folder. Of everything else, anything may be there: some of the data, with zeros or
 * what was there before in place of the rest, cut at sectors of 512 bytes; and some of the names. */
typedef struct _CrashDisk CrashDisk;

/* How much a file system promises beyond that */
typedef enum
{
  CRASH_DISK_LAWLESS, /* nothing: each name for itself */
  CRASH_DISK_ORDERED, /* names and sizes change in order, and a sync of anything covers all that changed before, as on ext4 and XFS */
} CrashDiskKind;

/* A disk with everything that is in the folder @root */
CrashDisk *crash_disk_new     (const char    *root);
void       crash_disk_free    (CrashDisk     *self);

/* Does what the file @journal says */
void       crash_disk_follow  (CrashDisk     *self,
                               const char    *journal);

/* Replaces the content of the folder @root with what is left when the power fails now */
void       crash_disk_fail    (CrashDisk     *self,
                               CrashDiskKind  kind,
                               GRand         *random,
                               const char    *root);
