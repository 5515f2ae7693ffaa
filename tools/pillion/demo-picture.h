/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "demo-result.h"
#include "stage.h"
#include "term.h"

G_BEGIN_DECLS

void demo_picture_draw (Term             *term,
                        Stage            *stage,
                        const char       *title,
                        const DemoResult *result);

G_END_DECLS
