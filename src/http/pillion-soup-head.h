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
