/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "http/pillion-soup-body.h"

/* What libsoup's errors mean, and which errors it misses */

/* Gives an error of libsoup's or of GIO's the code of PILLION_HTTP_ERROR that tells a caller what is wrong,
 * if there is one. @has_head: whether the head of the response was read. @announced: the length of the body that it
 * gives, or -1. @received: how much of the body was read. Both count what comes before the rest of a body. */
void    pillion_soup_error_translate   (GError                *error,
                                        SoupMessage           *message,
                                        gboolean               has_head,
                                        gint64                 announced,
                                        gint64                 received);

/* An error (transfer full) if the end of the body is not where it has to be, else NULL. @announced: the
 * length that the head gives, or -1. @before: how much comes before the rest of a body, for the message. */
GError *pillion_soup_error_check_whole (SoupMessage           *message,
                                        const PillionSoupBody *body,
                                        gint64                 announced,
                                        gint64                 received,
                                        gint64                 before);
