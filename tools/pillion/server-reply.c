/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "big-file.h"
#include "server-reply.h"
#include "server-stream.h"
#include "thumbnail.h"

#include <gio/gio.h>
#include <json-glib/json-glib.h>
#include <string.h>

#define PAGE "/org/pillion/demo/index.html"

static GBytes *
make_catalogue (const ServerContent *content)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autoptr (JsonGenerator) generator = json_generator_new ();
  g_autoptr (JsonNode) root = NULL;
  gsize length;
  char *text;

  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "thumbnails");
  json_builder_begin_array (builder);
  for (guint i = 0; i < content->n_thumbnails; i++)
    {
      g_autofree char *path = g_strdup_printf ("thumbnails/%03u.png", i);
      g_autofree char *digest = g_compute_checksum_for_bytes (G_CHECKSUM_SHA256, content->thumbnails[i]);

      json_builder_begin_object (builder);
      json_builder_set_member_name (builder, "path");
      json_builder_add_string_value (builder, path);
      json_builder_set_member_name (builder, "bytes");
      json_builder_add_int_value (builder, (gint64) g_bytes_get_size (content->thumbnails[i]));
      json_builder_set_member_name (builder, "sha256");
      json_builder_add_string_value (builder, digest);
      json_builder_end_object (builder);
    }
  json_builder_end_array (builder);
  json_builder_set_member_name (builder, "big");
  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "path");
  json_builder_add_string_value (builder, "big.bin");
  json_builder_set_member_name (builder, "bytes");
  json_builder_add_int_value (builder, BIG_FILE_SIZE);
  json_builder_set_member_name (builder, "sha256");
  json_builder_add_string_value (builder, BIG_FILE_SHA256);
  json_builder_end_object (builder);
  json_builder_end_object (builder);

  root = json_builder_get_root (builder);
  json_generator_set_root (generator, root);
  json_generator_set_pretty (generator, TRUE);
  text = json_generator_to_data (generator, &length);
  return g_bytes_new_take (text, length);
}

void
server_content_init (ServerContent *self,
                     guint          n_thumbnails)
{
  self->n_thumbnails = n_thumbnails;
  self->thumbnails = g_new (GBytes *, n_thumbnails);
  for (guint i = 0; i < n_thumbnails; i++)
    self->thumbnails[i] = thumbnail_draw (i, n_thumbnails);
  self->catalogue = make_catalogue (self);
}

void
server_content_clear (ServerContent *self)
{
  for (guint i = 0; i < self->n_thumbnails; i++)
    g_bytes_unref (self->thumbnails[i]);
  g_clear_pointer (&self->thumbnails, g_free);
  g_clear_pointer (&self->catalogue, g_bytes_unref);
}

static void
reply_bytes (SoupServerMessage *message,
             const char        *type,
             GBytes            *bytes)
{
  soup_server_message_set_status (message, SOUP_STATUS_OK, NULL);
  soup_message_headers_set_content_type (soup_server_message_get_response_headers (message), type, NULL);
  soup_message_body_append_bytes (soup_server_message_get_response_body (message), bytes);
}

static void
reply_page (SoupServerMessage *message)
{
  g_autoptr (GBytes) page = g_resources_lookup_data (PAGE, G_RESOURCE_LOOKUP_FLAGS_NONE, NULL);

  reply_bytes (message, "text/html; charset=utf-8", page);
}

/* Each after its own delay, 3 to 23 ms and always the same, like a server that has to work for it */
static void
reply_thumbnail (SoupServerMessage   *message,
                 const char          *name,
                 const ServerContent *content)
{
  char *end = NULL;
  guint64 index = g_ascii_strtoull (name, &end, 10);

  if (end == name || strcmp (end, ".png") != 0 || index >= content->n_thumbnails)
    {
      soup_server_message_set_status (message, SOUP_STATUS_NOT_FOUND, NULL);
      return;
    }
  reply_bytes (message, "image/png", content->thumbnails[index]);
  server_stream_delay (message, 3 + (guint) index * 8 % 21);
}

static void
reply_failing (SoupServerMessage *message)
{
  static const char text[] = "out of order, as ever\n";

  soup_server_message_set_status (message, SOUP_STATUS_SERVICE_UNAVAILABLE, NULL);
  soup_server_message_set_response (message, "text/plain", SOUP_MEMORY_STATIC, text, sizeof text - 1);
}

void
server_reply (SoupServerMessage   *message,
              const char          *path,
              GHashTable          *query,
              const ServerContent *content)
{
  const char *method = soup_server_message_get_method (message);

  if (method != SOUP_METHOD_GET && method != SOUP_METHOD_HEAD)
    soup_server_message_set_status (message, SOUP_STATUS_METHOD_NOT_ALLOWED, NULL);
  else if (strcmp (path, "/") == 0)
    reply_page (message);
  else if (strcmp (path, "/catalogue.json") == 0)
    reply_bytes (message, "application/json", content->catalogue);
  else if (g_str_has_prefix (path, "/thumbnails/"))
    reply_thumbnail (message, path + strlen ("/thumbnails/"), content);
  else if (strcmp (path, "/big.bin") == 0)
    server_stream_big_file (message, query);
  else if (strcmp (path, "/slow.bin") == 0)
    server_stream_stalled (message);
  else if (strcmp (path, "/failing.bin") == 0)
    reply_failing (message);
  else if (strcmp (path, "/truncated.bin") == 0)
    server_stream_truncated (message);
  else
    soup_server_message_set_status (message, SOUP_STATUS_NOT_FOUND, NULL);
}
