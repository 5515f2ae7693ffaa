/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "demo-blocking.h"
#include "demo-catalogue.h"
#include "demo-settings.h"

#include <errno.h>
#include <glib/gi18n.h>
#include <glib/gstdio.h>
#include <libsoup/soup.h>
#include <stdio.h>

/* How many thumbnails are fetched in one frame: a row of a browser's window */
#define ROW 10

typedef enum
{
  STEP_CATALOGUE,
  STEP_THUMBNAILS,
  STEP_BIG,
  STEP_BAD,
  STEP_DONE = STEP_BAD + DEMO_N_BAD,
} Step;

struct _DemoBlocking
{
  char *base_url;
  char *folder;
  SoupSession *session;
  DemoCatalogue *catalogue;
  DemoResult *result;
  guint step;
  guint next_thumbnail;
};

DemoBlocking *
demo_blocking_new (const char *base_url,
                   const char *folder,
                   DemoResult *result)
{
  DemoBlocking *self = g_new0 (DemoBlocking, 1);

  self->base_url = g_strdup (base_url);
  self->folder = g_strdup (folder);
  self->session = soup_session_new_with_options ("timeout", DEMO_PATIENCE, NULL);
  self->result = result;
  return self;
}

void
demo_blocking_free (DemoBlocking *self)
{
  g_clear_pointer (&self->catalogue, demo_catalogue_free);
  g_object_unref (self->session);
  g_free (self->base_url);
  g_free (self->folder);
  g_free (self);
}

static GBytes *
get (DemoBlocking *self,
     const char   *url,
     GError      **error)
{
  g_autoptr (SoupMessage) message = soup_message_new (SOUP_METHOD_GET, url);
  g_autoptr (GBytes) bytes = soup_session_send_and_read (self->session, message, NULL, error);

  if (bytes == NULL || soup_message_get_status (message) == SOUP_STATUS_OK)
    return g_steal_pointer (&bytes);
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED, "%s: %u %s", url, soup_message_get_status (message),
               soup_message_get_reason_phrase (message));
  return NULL;
}

static void
get_catalogue (DemoBlocking *self)
{
  g_autofree char *url = g_strconcat (self->base_url, "catalogue.json", NULL);
  g_autoptr (JsonParser) parser = json_parser_new ();
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = get (self, url, &error);

  if (bytes != NULL
      && json_parser_load_from_data (parser, g_bytes_get_data (bytes, NULL), (gssize) g_bytes_get_size (bytes), &error))
    self->catalogue = demo_catalogue_new (json_parser_get_root (parser), self->base_url, &error);
  if (self->catalogue == NULL)
    {
      demo_result_trouble (self->result, g_steal_pointer (&error));
      self->step = STEP_BAD;
      return;
    }
  self->result->catalogue = TRUE;
  self->result->n_thumbnails = self->catalogue->thumbnails->len;
  self->result->big_size = self->catalogue->big->bytes;
  self->step = STEP_THUMBNAILS;
}

static void
get_row (DemoBlocking *self)
{
  GPtrArray *thumbnails = self->catalogue->thumbnails;

  for (guint i = 0; i < ROW && self->next_thumbnail < thumbnails->len; i++)
    {
      const DemoItem *item = g_ptr_array_index (thumbnails, self->next_thumbnail++);
      g_autoptr (GError) error = NULL;
      g_autoptr (GBytes) bytes = get (self, item->url, &error);

      if (bytes == NULL)
        demo_result_trouble (self->result, g_steal_pointer (&error));
      else if (demo_item_check (item, bytes))
        self->result->thumbnails++;
    }
  if (self->next_thumbnail == thumbnails->len)
    self->step = STEP_BIG;
}

/* Writes the body to a file and computes its digest on the way */
static gboolean
save (DemoBlocking *self,
      GInputStream *stream,
      FILE         *file,
      GChecksum    *checksum,
      GError      **error)
{
  const gsize room = 65536;
  g_autofree guint8 *buffer = g_malloc (room);
  gssize n;

  while ((n = g_input_stream_read (stream, buffer, room, NULL, error)) > 0)
    {
      if (fwrite (buffer, 1, (gsize) n, file) != (gsize) n)
        {
          g_set_error_literal (error, G_IO_ERROR, g_io_error_from_errno (errno), g_strerror (errno));
          return FALSE;
        }
      g_checksum_update (checksum, buffer, n);
      self->result->big_completed += n;
    }
  return n == 0;
}

static void
get_big_file (DemoBlocking *self)
{
  const DemoItem *item = self->catalogue->big;
  g_autofree char *path = g_build_filename (self->folder, "big-blocking.bin", NULL);
  g_autoptr (SoupMessage) message = soup_message_new (SOUP_METHOD_GET, item->url);
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);
  g_autoptr (GError) error = NULL;
  g_autoptr (GInputStream) stream = soup_session_send (self->session, message, NULL, &error);
  FILE *file = stream != NULL ? g_fopen (path, "wb") : NULL;

  self->step = STEP_BAD;
  if (stream != NULL && file == NULL)
    g_set_error (&error, G_IO_ERROR, g_io_error_from_errno (errno), "%s: %s", path, g_strerror (errno));
  else if (stream != NULL)
    save (self, stream, file, checksum, &error);
  if (file != NULL && fclose (file) != 0 && error == NULL)
    g_set_error (&error, G_IO_ERROR, g_io_error_from_errno (errno), "%s: %s", path, g_strerror (errno));
  if (error != NULL)
    demo_result_trouble (self->result, g_steal_pointer (&error));
  else
    self->result->big = g_strcmp0 (g_checksum_get_string (checksum), item->sha256) == 0;
}

static void
get_bad (DemoBlocking *self)
{
  DemoBad bad = (DemoBad) (self->step - STEP_BAD);
  g_autofree char *url = g_strconcat (self->base_url, demo_bad_get_path (bad), NULL);
  g_autoptr (GBytes) bytes = get (self, url, &self->result->bad[bad]);

  self->result->bad_as_promised[bad] = bytes == NULL;
  self->step++;
}

/* One step, however long it takes; %FALSE if there is none left */
gboolean
demo_blocking_step (DemoBlocking *self)
{
  switch (self->step)
    {
    case STEP_CATALOGUE:
      get_catalogue (self);
      break;
    case STEP_THUMBNAILS:
      get_row (self);
      break;
    case STEP_BIG:
      get_big_file (self);
      break;
    case STEP_DONE:
      return FALSE;
    default:
      get_bad (self);
      break;
    }
  return TRUE;
}
