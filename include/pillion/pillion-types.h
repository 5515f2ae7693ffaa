/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#if !defined (PILLION_INSIDE) && !defined (PILLION_COMPILATION)
#error "Only <pillion/pillion.h> can be included directly."
#endif

#include <gio/gio.h>

#include <pillion/pillion-version.h>

G_BEGIN_DECLS

typedef struct _PillionLoop PillionLoop;
typedef struct _PillionTask PillionTask;
typedef struct _PillionHost PillionHost;
typedef struct _PillionKick PillionKick;

/**
 * PillionCallFunc:
 * @user_data: (closure): the data that was passed with the function
 *
 * A function that a loop calls once on its host's thread, inside a kick.
 *
 * Since: 1.0
 */
typedef void (*PillionCallFunc) (gpointer user_data);

G_END_DECLS
