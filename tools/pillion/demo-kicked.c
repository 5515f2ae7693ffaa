/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "demo-catalogue.h"
#include "demo-kicked.h"
#include "demo-settings.h"

#include <pillion-http/pillion-http.h>

/* All callbacks are called on the host's thread, one after another, so nothing here needs a lock. */

struct _DemoKicked
{
  char *base_url;
  GFile *folder;
  PillionHttpClient *client;
  PillionHttpClient *impatient;
  GCancellable *cancellable;
  DemoCatalogue *catalogue;
  DemoResult *result;
  guint pending;
};

/* What a done callback needs to know about its transfer */
typedef struct
{
  DemoKicked *job;
  const DemoItem *item;
  DemoBad bad;
} Transfer;

static void
watch (DemoKicked         *self,
       PillionTask        *task,
       PillionTaskDoneFunc done,
       const DemoItem     *item,
       DemoBad             bad)
{
  Transfer *transfer = g_new0 (Transfer, 1);

  transfer->job = self;
  transfer->item = item;
  transfer->bad = bad;
  self->pending++;
  pillion_task_add_done_callback (task, done, transfer, g_free);
  /* The loop keeps it until it is done */
  g_object_unref (task);
}

static void
end_transfer (DemoKicked *self)
{
  if (--self->pending == 0)
    demo_result_end (self->result);
}

static void
on_thumbnail (PillionTask *task,
              gpointer     user_data)
{
  Transfer *transfer = user_data;
  DemoKicked *self = transfer->job;
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = pillion_task_get_bytes (task, &error);

  if (bytes == NULL)
    demo_result_trouble (self->result, g_steal_pointer (&error));
  else if (demo_item_check (transfer->item, bytes))
    self->result->thumbnails++;
  end_transfer (self);
}

static void
on_big_progress (PillionTask *task,
                 gpointer     user_data)
{
  DemoKicked *self = user_data;

  self->result->big_completed = pillion_task_get_completed (task);
}

static void
on_big (PillionTask *task,
        gpointer     user_data)
{
  DemoKicked *self = ((Transfer *) user_data)->job;
  g_autoptr (GError) error = NULL;
  g_autoptr (PillionHttpDownload) download = pillion_task_get_object (task, &error);

  if (download == NULL)
    demo_result_trouble (self->result, g_steal_pointer (&error));
  else
    {
      self->result->big_completed = pillion_http_download_get_size (download);
      self->result->big = pillion_http_download_get_integrity (download) == PILLION_HTTP_INTEGRITY_DIGEST;
    }
  end_transfer (self);
}

/* Whether it ended with the error that says what happened there */
static gboolean
is_promised (DemoBad       bad,
             const GError *error)
{
  switch (bad)
    {
    case DEMO_SLOW:
      return g_error_matches (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
    case DEMO_FAILING:
      return g_error_matches (error, PILLION_HTTP_STATUS_ERROR, 503);
    case DEMO_TRUNCATED:
      return g_error_matches (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_TRUNCATED);
    case DEMO_N_BAD:
    default:
      return FALSE;
    }
}

/* It has to be the right error, and there must be no file that looks complete. */
static void
on_bad (PillionTask *task,
        gpointer     user_data)
{
  Transfer *transfer = user_data;
  DemoKicked *self = transfer->job;
  GError **error = &self->result->bad[transfer->bad];
  g_autoptr (GFile) target = g_file_get_child (self->folder, demo_bad_get_path (transfer->bad));

  self->result->bad_as_promised[transfer->bad] = !pillion_task_check (task, error)
                                                 && is_promised (transfer->bad, *error)
                                                 && !g_file_query_exists (target, NULL);
  end_transfer (self);
}

static void
start_transfers (DemoKicked *self)
{
  g_autoptr (GFile) big = g_file_get_child (self->folder, "big-kicked.bin");
  PillionTask *task
    = pillion_http_client_download (self->client, self->catalogue->big->url, big, self->catalogue->big->sha256,
                                    self->cancellable);

  g_signal_connect (task, "progress", G_CALLBACK (on_big_progress), self);
  watch (self, task, on_big, self->catalogue->big, DEMO_N_BAD);
  for (guint i = 0; i < self->catalogue->thumbnails->len; i++)
    {
      const DemoItem *item = g_ptr_array_index (self->catalogue->thumbnails, i);

      watch (self, pillion_http_client_get_bytes (self->client, item->url, self->cancellable), on_thumbnail, item,
             DEMO_N_BAD);
    }
}

static void
on_catalogue (PillionTask *task,
              gpointer     user_data)
{
  DemoKicked *self = ((Transfer *) user_data)->job;
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonParser) parser = pillion_task_get_object (task, &error);

  if (parser != NULL)
    self->catalogue = demo_catalogue_new (json_parser_get_root (parser), self->base_url, &error);
  if (self->catalogue != NULL)
    {
      self->result->catalogue = TRUE;
      self->result->n_thumbnails = self->catalogue->thumbnails->len;
      self->result->big_size = self->catalogue->big->bytes;
      start_transfers (self);
    }
  else
    demo_result_trouble (self->result, g_steal_pointer (&error));
  end_transfer (self);
}

DemoKicked *
demo_kicked_new (PillionLoop *loop,
                 const char  *base_url,
                 const char  *folder,
                 DemoResult  *result)
{
  DemoKicked *self = g_new0 (DemoKicked, 1);
  g_autofree char *catalogue = g_strconcat (base_url, "catalogue.json", NULL);

  self->base_url = g_strdup (base_url);
  self->folder = g_file_new_for_path (folder);
  self->result = result;
  self->cancellable = g_cancellable_new ();
  self->client = pillion_http_client_new (loop);
  pillion_http_client_set_max_connections (self->client, DEMO_JOBS);
  pillion_http_client_set_max_connections_per_host (self->client, DEMO_JOBS);
  /* The slow address is given up soon; a client of its own keeps that setting from the others */
  self->impatient = pillion_http_client_new (loop);
  pillion_http_client_set_idle_timeout_usec (self->impatient, DEMO_PATIENCE * G_USEC_PER_SEC);

  watch (self, pillion_http_client_get_json (self->client, catalogue, self->cancellable), on_catalogue, NULL, DEMO_N_BAD);
  for (DemoBad i = 0; i < DEMO_N_BAD; i++)
    {
      g_autofree char *url = g_strconcat (base_url, demo_bad_get_path (i), NULL);
      g_autoptr (GFile) target = g_file_get_child (self->folder, demo_bad_get_path (i));

      watch (self, pillion_http_client_download (self->impatient, url, target, NULL, self->cancellable), on_bad, NULL, i);
    }
  return self;
}

/* Call it when everything is done, or when the loop is closed */
void
demo_kicked_free (DemoKicked *self)
{
  g_object_unref (self->client);
  g_object_unref (self->impatient);
  g_object_unref (self->cancellable);
  g_object_unref (self->folder);
  g_clear_pointer (&self->catalogue, demo_catalogue_free);
  g_free (self->base_url);
  g_free (self);
}

gboolean
demo_kicked_is_done (DemoKicked *self)
{
  return self->pending == 0;
}

void
demo_kicked_cancel (DemoKicked *self)
{
  g_cancellable_cancel (self->cancellable);
}
