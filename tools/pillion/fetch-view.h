/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "fetch-file.h"
#include "stage.h"

G_BEGIN_DECLS

/* Shows how the files are coming along: bars on a terminal, lines in a pipe, only failures if quiet */
typedef struct _FetchView FetchView;

FetchView *fetch_view_new         (GPtrArray  *files,
                                   Stage      *stage,
                                   guint       jobs,
                                   gboolean    quiet);
void       fetch_view_free        (FetchView  *self);
void       fetch_view_started     (FetchView  *self,
                                   FetchFile  *file);
void       fetch_view_settled     (FetchView  *self,
                                   FetchFile  *file);
void       fetch_view_interrupted (FetchView  *self);
void       fetch_view_frame       (FetchView  *self,
                                   guint       frame);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (FetchView, fetch_view_free)

G_END_DECLS
