/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

typedef struct
{
  char *url;
  char *sha256;
  gint64 bytes;
} DemoItem;

/* What the server's catalogue offers */
typedef struct
{
  GPtrArray *thumbnails;
  DemoItem *big;
} DemoCatalogue;

DemoCatalogue *demo_catalogue_new  (JsonNode       *root,
                                    const char     *base_url,
                                    GError        **error);
void           demo_catalogue_free (DemoCatalogue  *self);
gboolean       demo_item_check     (const DemoItem *self,
                                    GBytes         *bytes);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (DemoCatalogue, demo_catalogue_free)

G_END_DECLS
