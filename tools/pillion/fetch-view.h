/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "fetch-file.h"
#include "fetch-options.h"
#include "stage.h"

G_BEGIN_DECLS

/* Shows on standard error how the files are coming along: bars on a terminal, lines otherwise, only failures if quiet */
typedef struct _FetchView FetchView;

FetchView *fetch_view_new         (GPtrArray           *files,
                                   Stage               *stage,
                                   const FetchOptions  *options);
void       fetch_view_free        (FetchView           *self);
gboolean   fetch_view_is_live     (FetchView           *self);
void       fetch_view_started     (FetchView           *self,
                                   FetchFile           *file);
void       fetch_view_settled     (FetchView           *self,
                                   FetchFile           *file);
void       fetch_view_interrupted (FetchView           *self);
void       fetch_view_draw        (FetchView           *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (FetchView, fetch_view_free)

G_END_DECLS
