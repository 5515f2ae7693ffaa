/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <pillion/pillion.h>

/* On any thread: calls a function on the thread of a loop, in a kick. If @loop is NULL or closed, calls it
 * right here, because the function may have something to free. */
void pillion_http_post (PillionLoop     *loop,
                        PillionCallFunc  func,
                        gpointer         data);
