/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "fetch-file.h"
#include "fetch-status.h"
#include "text.h"
#include "units.h"

#include <glib/gi18n.h>
#include <string.h>

/* The host only learns about starts and ends once per frame */
#define MEASURABLE_USEC 100000

/* The name to show before the library has chosen the real one: the last part of the path */
static char *
guess_name (const char *url)
{
  g_autoptr (GUri) uri = g_uri_parse (url, G_URI_FLAGS_NONE, NULL);
  g_autofree char *base = NULL;

  if (uri == NULL)
    return text_clean (url);
  base = g_path_get_basename (g_uri_get_path (uri));
  if (*base == '\0' || strcmp (base, "/") == 0 || strcmp (base, ".") == 0)
    return text_clean (g_uri_get_host (uri) != NULL ? g_uri_get_host (uri) : url);
  return text_clean (base);
}

FetchFile *
fetch_file_new (const char *url)
{
  FetchFile *self = g_new0 (FetchFile, 1);

  self->url = g_strdup (url);
  self->shown_url = pillion_http_redact_url (url);
  self->name = guess_name (self->shown_url);
  return self;
}

void
fetch_file_free (FetchFile *self)
{
  g_free (self->url);
  g_free (self->shown_url);
  g_strfreev (self->mirrors);
  g_free (self->name);
  g_free (self->path);
  g_free (self->request_head);
  g_clear_object (&self->request);
  g_clear_object (&self->task);
  g_clear_object (&self->download);
  g_clear_object (&self->response);
  g_clear_error (&self->error);
  g_free (self);
}

static void
set_name (FetchFile  *self,
          const char *path)
{
  g_autofree char *name = g_path_get_basename (path);
  g_autofree char *shown = g_filename_display_name (name);

  g_free (self->name);
  self->name = text_clean (shown);
}

/* Where it will be saved */
void
fetch_file_set_path (FetchFile  *self,
                     const char *path)
{
  self->kind = FETCH_TO_FILE;
  g_free (self->path);
  self->path = g_strdup (path);
  set_name (self, path);
}

static void
end (FetchFile  *self,
     FetchState  state)
{
  self->state = state;
  self->ended = g_get_monotonic_time ();
  if (self->started == 0)
    self->started = self->ended;
}

static void
take_result (FetchFile *self)
{
  g_autoptr (GObject) result = pillion_task_get_object (self->task, &self->error);

  if (PILLION_HTTP_IS_DOWNLOAD (result))
    {
      self->download = PILLION_HTTP_DOWNLOAD (g_steal_pointer (&result));
      if (pillion_http_download_get_response (self->download) != NULL)
        self->response = g_object_ref (pillion_http_download_get_response (self->download));
      set_name (self, g_file_peek_path (pillion_http_download_get_file (self->download)));
    }
  else if (PILLION_HTTP_IS_RESPONSE (result))
    self->response = PILLION_HTTP_RESPONSE (g_steal_pointer (&result));
  else if (self->response == NULL)
    self->response = pillion_http_response_from_task (self->task);
}

/* Takes the result of the task, which is done */
void
fetch_file_settle (FetchFile *self)
{
  take_result (self);
  /* No content, and so no file */
  if (g_error_matches (self->error, PILLION_HTTP_STATUS_ERROR, 204) || g_error_matches (self->error, PILLION_HTTP_STATUS_ERROR, 205))
    g_clear_error (&self->error);
  if (self->error == NULL && self->download != NULL
      && pillion_http_download_get_outcome (self->download) != PILLION_HTTP_DOWNLOAD_OUTCOME_SAVED)
    end (self, FETCH_KEPT);
  else if (self->error == NULL)
    end (self, FETCH_DONE);
  else if (g_error_matches (self->error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    end (self, FETCH_CANCELLED);
  else
    {
      end (self, FETCH_FAILED);
      if (self->status == EXIT_ALL_WELL)
        self->status = fetch_status_from_error (self->error);
    }
}

gboolean
fetch_file_is_over (FetchFile *self)
{
  return self->state > FETCH_ACTIVE;
}

/* How many bytes there are, including those of an earlier call */
gint64
fetch_file_get_completed (FetchFile *self)
{
  if (self->download != NULL)
    return pillion_http_download_get_size (self->download);
  return self->task != NULL ? MAX (pillion_task_get_completed (self->task), 0) : 0;
}

/* -1 if unknown */
gint64
fetch_file_get_total (FetchFile *self)
{
  if (self->download != NULL)
    return pillion_http_download_get_size (self->download);
  return self->task != NULL ? pillion_task_get_total (self->task) : -1;
}

/* How many bytes this call has transferred */
gint64
fetch_file_get_received (FetchFile *self)
{
  if (self->kind == FETCH_TO_STDOUT || (self->kind == FETCH_TO_FILE && self->download == NULL))
    return fetch_file_get_completed (self);
  if (self->download == NULL || self->state == FETCH_KEPT)
    return 0;
  return pillion_http_download_get_size (self->download) - pillion_http_download_get_resumed_from (self->download);
}

/* Bytes per second: recent while it runs, overall when it is done; 0 if it was too fast to measure */
double
fetch_file_get_rate (FetchFile *self)
{
  gint64 time = self->ended - self->started;

  if (self->state == FETCH_DONE)
    return time < MEASURABLE_USEC ? 0 : (double) fetch_file_get_received (self) * 1000000 / (double) time;
  return self->state == FETCH_ACTIVE ? pillion_task_get_rate (self->task) : 0;
}

/* What to say about a file that is done: its size, and what is known about its integrity */
char *
fetch_file_describe (FetchFile *self)
{
  g_autofree char *size = units_format_size (fetch_file_get_completed (self));
  double rate = fetch_file_get_rate (self);
  gint64 resumed_from = self->download != NULL ? pillion_http_download_get_resumed_from (self->download) : 0;
  GString *text;

  if (self->kind == FETCH_INTO_FOLDER && self->download == NULL)
    return g_strdup (_("the server sent no content"));
  text = g_string_new (size);

  if (rate > 0)
    {
      g_autofree char *speed = units_format_rate (rate);

      g_string_append_printf (text, "  %s", speed);
    }
  if (resumed_from > 0)
    {
      g_autofree char *kept = units_format_size (resumed_from);

      g_string_append (text, "  ");
      /* Translators: %s is the size of the part of a file that an earlier call left behind */
      g_string_append_printf (text, _("resumed at %s"), kept);
    }
  switch (self->download != NULL ? pillion_http_download_get_integrity (self->download) : PILLION_HTTP_INTEGRITY_LENGTH)
    {
    case PILLION_HTTP_INTEGRITY_DIGEST:
      g_string_append_printf (text, "  %s", _("SHA-256 verified"));
      break;
    case PILLION_HTTP_INTEGRITY_SERVER_DIGEST:
      g_string_append_printf (text, "  %s", _("verified against the server's digest"));
      break;
    case PILLION_HTTP_INTEGRITY_UNKNOWN:
      g_string_append_printf (text, "  %s", _("the server did not announce a length: the file may be incomplete"));
      break;
    case PILLION_HTTP_INTEGRITY_LENGTH:
    default:
      break;
    }
  return g_string_free (text, FALSE);
}
