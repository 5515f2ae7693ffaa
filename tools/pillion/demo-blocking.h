/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "demo-result.h"

G_BEGIN_DECLS

/* The job as a naive add-on does it: one thing per frame, waiting for it there and then */
typedef struct _DemoBlocking DemoBlocking;

DemoBlocking *demo_blocking_new  (const char   *base_url,
                                  const char   *folder,
                                  DemoResult   *result);
void          demo_blocking_free (DemoBlocking *self);
gboolean      demo_blocking_step (DemoBlocking *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (DemoBlocking, demo_blocking_free)

G_END_DECLS
