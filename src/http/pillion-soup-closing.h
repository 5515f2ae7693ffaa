/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "core/pillion-private.h"
#include "http/pillion-soup-library.h"

/* Keeps the I/O thread until the session is gone. Returns the thread, for pillion_soup_closing_begin (). */
PillionIoThread *pillion_soup_closing_hold_thread (SoupSession     *session);

/* Ends a session that speaks HTTP/2. @stream refers to its connection, or to none. If libsoup doesn't let go of it in time, it is leaked, so that the
 * thread can end. */
void             pillion_soup_closing_begin       (SoupSession     *session,
                                                   GWeakRef        *stream,
                                                   PillionIoThread *io);
