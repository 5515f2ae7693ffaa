/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct _PillionFieldIndex PillionFieldIndex;

/* The header fields that a server sent. They are kept as they came, in one piece of memory. They are only made text, joined and indexed
 * when somebody asks for one, which few programs do. All zero is empty. */
typedef struct
{
  char *data; /* name, NUL, value, NUL, and so on */
  gsize length;
  gsize size;
  PillionFieldIndex *index; /* atomic: NULL until somebody asks */
} PillionReceivedFields;

void               pillion_received_fields_clear     (PillionReceivedFields *self);

/* Before anybody asks for one */
void               pillion_received_fields_append    (PillionReceivedFields *self,
                                                      const char            *name,
                                                      const char            *value);

/* From any thread. What they return lives as long as the fields. */
const char        *pillion_received_fields_get       (PillionReceivedFields *self,
                                                      const char            *name);
const char *const *pillion_received_fields_get_names (PillionReceivedFields *self);

G_END_DECLS
