/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* A few lines at the end of a terminal that are redrawn over and over, each picture in one write */
typedef struct _Term Term;

Term    *term_new         (int         fd);
void     term_free        (Term       *self);
guint    term_get_width   (Term       *self);
guint    term_get_height  (Term       *self);
gboolean term_has_colours (Term       *self);

void     term_begin       (Term       *self);
void     term_keep_line   (Term       *self,
                           const char *line);
void     term_add_line    (Term       *self,
                           const char *line);
void     term_end         (Term       *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Term, term_free)

G_END_DECLS
