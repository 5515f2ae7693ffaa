/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "demo-result.h"

#include <pillion/pillion.h>

G_BEGIN_DECLS

/* The job as Pillion does it: everything is requested at once, and the callbacks are called in kicks */
typedef struct _DemoKicked DemoKicked;

DemoKicked *demo_kicked_new       (PillionLoop *loop,
                                   const char  *base_url,
                                   const char  *folder,
                                   DemoResult  *result);
void        demo_kicked_free      (DemoKicked  *self);
gboolean    demo_kicked_is_done   (DemoKicked  *self);
void        demo_kicked_cancel    (DemoKicked  *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (DemoKicked, demo_kicked_free)

G_END_DECLS
