/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "http/pillion-call.h"

/* Other URLs of the file that a call downloads, in the order in which they are tried */
typedef struct
{
  char **urls;   /* not owned; NULL if there are no mirrors */
  guint n_tried;
} PillionMirrors;

/* Whether @error concerns one server only, so that another one may do better */
gboolean pillion_mirrors_may_help (const PillionMirrors *self,
                                   const GError         *error);

/* Makes @call use the next URL that is valid. Returns FALSE if none is left. */
gboolean pillion_mirrors_go_on    (PillionMirrors       *self,
                                   PillionCall          *call);
