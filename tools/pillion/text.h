/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

gboolean    text_has_unicode (void);
char       *text_clean       (const char *text);
guint       text_width       (const char *text);
char       *text_fit         (const char *text,
                              guint       cells);
char       *text_fit_right   (const char *text,
                              guint       cells);
char       *text_cut         (const char *text,
                              guint       cells);
char       *text_to_locale   (const char *text);
const char *text_skip_url    (const char *text,
                              const char *url);

G_END_DECLS
