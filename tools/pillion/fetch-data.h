/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* How an argument becomes part of a body */
typedef enum
{
  FETCH_DATA,           /* as it is, or from a file ("@FILE") */
  FETCH_DATA_RAW,       /* as it is in any case */
  FETCH_DATA_URLENCODE, /* encoded as the value of a field: "content", "name=content", "@FILE", "name@FILE" */
} FetchDataKind;

typedef struct
{
  FetchDataKind kind;
  char *text;
} FetchData;

FetchData *fetch_data_new    (FetchDataKind    kind,
                              const char      *text);
void       fetch_data_free   (FetchData       *self);
gboolean   fetch_data_append (const FetchData *self,
                              GByteArray      *body);

G_END_DECLS
