/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "fetch-file.h"

G_BEGIN_DECLS

/* Standard output, which bodies are written to while they arrive; and parts of a body, which no download can go on with, to a file of their own */
typedef struct _FetchOutput FetchOutput;

FetchOutput *fetch_output_new   (void);
void         fetch_output_free  (FetchOutput        *self);
PillionTask *fetch_output_fetch (FetchOutput        *self,
                                 PillionHttpClient  *client,
                                 FetchFile          *file);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (FetchOutput, fetch_output_free)

G_END_DECLS
