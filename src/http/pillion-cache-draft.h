/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "http/pillion-cache-bytes.h"
#include "http/pillion-cache-folder.h"

/* A file for an entry that doesn't have its name yet */
typedef struct
{
  int fd; /* -1 if there is none */
  char name[PILLION_CACHE_NAME_SIZE];
  guint64 size;
} PillionCacheDraft;

/* Makes one with the given content. Returns FALSE with errno. */
gboolean pillion_cache_draft_new    (PillionCacheDraft  *self,
                                     PillionCacheFolder *folder,
                                     PillionCacheBytes  *content);

/* Removes it, unless it got its name, which @published says */
void     pillion_cache_draft_clear  (PillionCacheDraft  *self,
                                     PillionCacheFolder *folder,
                                     gboolean            published);

/* Replaces the metadata in the file @fd of an entry, with the lock of the folder if others can see it. If the new ones don't fit, makes a
 * copy in which they do, for which @copy has to be empty. Returns FALSE, with errno; that is EINVAL if the file is damaged. */
gboolean pillion_cache_draft_update (PillionCacheFolder *folder,
                                     int                 fd,
                                     guint64             id,
                                     PillionCacheBytes  *metadata,
                                     PillionCacheDraft  *copy);
