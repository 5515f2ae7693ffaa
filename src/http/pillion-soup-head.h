/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "http/pillion-soup-library.h"
#include "http/pillion-transport.h"

/* The head of a response as libsoup gives it out */
typedef struct
{
  PillionHead parent;
  SoupMessage *message;
  SoupMessageHeaders *headers;
} PillionSoupHead;

/* @announced: the length that the head gives for the body, or -1. @chunked: whether the body is decoded by
 * PillionSoupBody, which sees its end. */
PillionSoupHead pillion_soup_head_make (SoupMessage *message,
                                        gint64       announced,
                                        gboolean     chunked);

/* Takes away a transfer coding that nobody has registered, which codes nothing: what follows is the body, up to the end of the connection
 * (RFC 9112, section 6.3). libsoup would fail, where browsers go on. It still does for codings that are known, but weren't asked for, and for
 * whatever looks like "chunked". */
void            pillion_soup_head_mend_coding (SoupMessageHeaders *headers);
