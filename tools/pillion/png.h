/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

GBytes *png_encode (const guint8 *rgb,
                    guint         width,
                    guint         height);

G_END_DECLS
