/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "http/pillion-soup-library.h"

/* After a 401, 407 or 421, libsoup reads the whole body into memory, however long it is, and then waits to be
 * asked for another request. These functions limit that. @max: the largest body that is wanted, in bytes, or
 * 0 if nobody wants it. */

/* Whether the body is larger, as announced or as received so far */
gboolean pillion_soup_gathering_is_too_large (SoupMessage  *message,
                                              gint64        max);

/* Makes a source that cancels @cancellable when the body gets too large or takes too long. The arguments have
 * to outlive the source, which is not attached yet. */
GSource *pillion_soup_gathering_new_source   (SoupMessage  *message,
                                              gint64        max,
                                              GCancellable *cancellable);

/* Why the source cancelled (transfer full) */
GError  *pillion_soup_gathering_make_error   (SoupMessage  *message,
                                              gint64        max);
