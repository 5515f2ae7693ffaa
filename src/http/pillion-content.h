/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

/* A body in memory that calls share if they share an exchange. Each of them adds all of it; what another one
 * has added already is not copied again. It belongs to the I/O thread. */
typedef struct _PillionContent PillionContent;

/* @announced: the length that it is going to have, or -1 */
PillionContent *pillion_content_new       (gint64          announced);
PillionContent *pillion_content_ref       (PillionContent *self);
void            pillion_content_unref     (PillionContent *self);

/* Where to write what follows the first @offset bytes, and at most how much of it; NULL for anywhere */
guint8         *pillion_content_get_room  (PillionContent *self,
                                           gsize           offset,
                                           gsize          *size);

/* Adds what follows the first @offset bytes; it may be in the room already */
void            pillion_content_add       (PillionContent *self,
                                           gsize           offset,
                                           const guint8   *bytes,
                                           gsize           length);

/* Gets all of it, with a reference. Nothing can be added from now on. */
GBytes         *pillion_content_get_bytes (PillionContent *self);
