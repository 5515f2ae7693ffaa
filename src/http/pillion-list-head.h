/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "http/pillion-field-list.h"
#include "http/pillion-transport.h"

/* A head whose fields are in a list: one that did not come over the network as it is */
typedef struct
{
  PillionHead parent;
  PillionFieldList fields;
  PillionHeadDetails details;
  GPtrArray *joined; /* what get_field () has returned, NULL for nothing */
} PillionListHead;

/* Without fields yet. @reason has to live as long as the head. */
void pillion_list_head_init  (PillionListHead *self,
                              guint            status,
                              const char      *reason,
                              gint64           length);
void pillion_list_head_clear (PillionListHead *self);

/* Borrows a field of another head, which has to live as long as this one; a PillionFieldFunc */
void pillion_list_head_take  (const char      *name,
                              const char      *value,
                              gpointer         self);
