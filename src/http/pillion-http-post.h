/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <pillion/pillion.h>

/* From any thread: calls a function on the thread of a loop, in a kick. If @loop is NULL or was closed, that is here and now, because what
 * the function has to free can't wait. */
void pillion_http_post (PillionLoop     *loop,
                        PillionCallFunc  func,
                        gpointer         data);
