/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

/* The target of the first link with @relation in a Link field (RFC 8288), or NULL. Pass all fields of that
 * name, joined by commas. Invalid links are skipped. */
char *pillion_http_find_link (const char *field,
                              const char *relation);
