/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "demo-catalogue.h"

#include <gio/gio.h>
#include <glib/gi18n.h>
#include <string.h>

static void
demo_item_free (gpointer data)
{
  DemoItem *self = data;

  g_free (self->url);
  g_free (self->sha256);
  g_free (self);
}

/* %NULL if the node is not what the catalogue promises */
static DemoItem *
demo_item_new (JsonNode   *node,
               const char *base_url)
{
  JsonObject *object = node != NULL && JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
  const char *path;
  const char *sha256;
  DemoItem *self;

  if (object == NULL)
    return NULL;
  path = json_object_get_string_member_with_default (object, "path", NULL);
  sha256 = json_object_get_string_member_with_default (object, "sha256", NULL);
  if (path == NULL || sha256 == NULL)
    return NULL;
  self = g_new0 (DemoItem, 1);
  self->url = g_strconcat (base_url, path, NULL);
  self->sha256 = g_strdup (sha256);
  self->bytes = json_object_get_int_member_with_default (object, "bytes", -1);
  return self;
}

DemoCatalogue *
demo_catalogue_new (JsonNode   *root,
                    const char *base_url,
                    GError    **error)
{
  g_autoptr (DemoCatalogue) self = g_new0 (DemoCatalogue, 1);
  JsonObject *object = JSON_NODE_HOLDS_OBJECT (root) ? json_node_get_object (root) : NULL;
  JsonNode *list = object != NULL ? json_object_get_member (object, "thumbnails") : NULL;
  gboolean well = list != NULL && JSON_NODE_HOLDS_ARRAY (list);

  self->thumbnails = g_ptr_array_new_with_free_func (demo_item_free);
  for (guint i = 0; well && i < json_array_get_length (json_node_get_array (list)); i++)
    {
      DemoItem *item = demo_item_new (json_array_get_element (json_node_get_array (list), i), base_url);

      well = item != NULL;
      if (well)
        g_ptr_array_add (self->thumbnails, item);
    }
  self->big = well ? demo_item_new (json_object_get_member (object, "big"), base_url) : NULL;
  if (self->big != NULL)
    return g_steal_pointer (&self);
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, _("the catalogue is not in the expected format"));
  return NULL;
}

void
demo_catalogue_free (DemoCatalogue *self)
{
  g_clear_pointer (&self->thumbnails, g_ptr_array_unref);
  g_clear_pointer (&self->big, demo_item_free);
  g_free (self);
}

/* Whether these are the bytes that the catalogue describes */
gboolean
demo_item_check (const DemoItem *self,
                 GBytes         *bytes)
{
  g_autofree char *digest = g_compute_checksum_for_bytes (G_CHECKSUM_SHA256, bytes);

  return strcmp (digest, self->sha256) == 0;
}
