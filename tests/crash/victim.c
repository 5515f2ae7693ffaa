/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* A program that downloads until it is killed: victim KIND NUMBER URL FOLDER STOP DIGEST. It says on its standard output how far it got, at once:
 *
 *     progress N BYTES   so much of file N is written
 *     saved N            file N is complete
 *     got N SOURCE       body N was right, from "cache" or "server"
 *     stored             all bodies before this are written to the cache
 *     cookie N           cookie N is saved
 *     end
 *
 * After STOP bytes, unless that is 0, it stops by itself and leaves its parts behind. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <pillion-http/pillion-http.h>

#include "http/pillion-cache-store.h"
#include "kinds.h"

#define N_ROUNDS 2
#define N_AT_ONCE 8

/* How long a server on loopback may take: only ever waited for where something is broken */
#define PATIENCE (60 * G_USEC_PER_SEC)

typedef struct
{
  const CrashKind *kind;
  guint number;
  const char *url;
  const char *root;
  const char *digest;
  char *folder;
  char *cache_path;
  gint64 stop;
  gint64 n_written;
  PillionLoop *loop;
  PillionHttpClient *client;
  GCancellable *cancellable;
} Victim;

static void G_GNUC_PRINTF (1, 2)
say (const char *format,
     ...)
{
  char line[128];
  va_list args;
  int n;

  va_start (args, format);
  n = g_vsnprintf (line, sizeof line, format, args);
  va_end (args);

  if (write (STDOUT_FILENO, line, (size_t) n) != n)
    exit (1);
}

static void G_GNUC_PRINTF (1, 2) G_GNUC_NORETURN
complain (const char *format,
          ...)
{
  va_list args;

  va_start (args, format);
  vfprintf (stderr, format, args);
  va_end (args);
  fputc ('\n', stderr);
  exit (1);
}

/* --- Files ------------------------------------------------------------------------------------------------------------ */

typedef struct
{
  Victim *victim;
  guint number;
  gint64 seen;
  char *path;
  PillionTask *task; /* NULL if the file is there */
} File;

static void
on_progress (PillionTask *task,
             gpointer data)
{
  File *self = data;
  Victim *victim = self->victim;
  gint64 completed = pillion_task_get_completed (task);

  say ("progress %u %" G_GINT64_FORMAT "\n", self->number, completed);
  victim->n_written += completed - self->seen;
  self->seen = completed;
  if (victim->stop > 0 && victim->n_written >= victim->stop)
    g_cancellable_cancel (victim->cancellable);
}

/* A program that finds the file doesn't download it again: it is complete */
static gboolean
is_there (File *self)
{
  g_autoptr (GFile) file = g_file_new_for_path (self->path);
  g_autoptr (GFileInfo) info = g_file_query_info (file, G_FILE_ATTRIBUTE_STANDARD_SIZE, G_FILE_QUERY_INFO_NONE, NULL, NULL);

  return info != NULL && g_file_info_get_size (info) == (goffset) self->victim->kind->lengths[self->number];
}

static void
file_begin (File *self,
            Victim *victim,
            guint number)
{
  g_autofree char *url = g_strdup_printf ("%s/file/%u", victim->url, number);
  g_autofree char *name = g_strdup_printf ("file-%u", number);
  g_autoptr (GFile) target = NULL;

  *self = (File) { .victim = victim, .number = number };
  self->path = g_build_filename (victim->folder, name, NULL);
  if (is_there (self))
    return;

  target = g_file_new_for_path (victim->kind->is_named_by_server ? victim->folder : self->path);
  if (victim->kind->is_named_by_server)
    self->task = pillion_http_client_download_into (victim->client, url, target, NULL, victim->cancellable);
  else
    self->task = pillion_http_client_download (victim->client, url, target, number == 1 && victim->kind->has_digest ? victim->digest : NULL, victim->cancellable);
  g_signal_connect (self->task, "progress", G_CALLBACK (on_progress), self);
}

static void
file_end (File *self)
{
  Victim *victim = self->victim;
  g_autoptr (GError) error = NULL;

  while (self->task != NULL && !pillion_loop_run_until_complete (victim->loop, self->task, &error))
    {
      if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED) && victim->stop > 0)
        break;
      if (!victim->kind->is_cut || !g_error_matches (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_TRUNCATED))
        complain ("file %u: %s", self->number, error->message);

      /* The server has cut it off */
      g_clear_error (&error);
      g_clear_object (&self->task);
      g_free (self->path);
      file_begin (self, victim, self->number);
    }

  if (error == NULL)
    say ("saved %u\n", self->number);
  g_clear_object (&self->task);
  g_free (self->path);
}

/* All but the last at once */
static void
download (Victim *victim)
{
  File files[CRASH_MAX_FILES];
  guint n_files = crash_kind_get_n_files (victim->kind);

  for (guint i = 0; i + 1 < n_files; i++)
    file_begin (&files[i], victim, i);
  for (guint i = 0; i + 1 < n_files; i++)
    file_end (&files[i]);

  file_begin (&files[n_files - 1], victim, n_files - 1);
  file_end (&files[n_files - 1]);
}

/* --- Bodies ----------------------------------------------------------------------------------------------------------- */

static void
check_body (guint number,
            PillionHttpResponse *response)
{
  const char *etag = pillion_http_response_get_header (response, "ETag");
  const char *now = pillion_http_response_get_header (response, "X-Version");
  GBytes *body = pillion_http_response_get_body (response);
  const guint8 *expected;
  guint version;
  gsize length;

  if (etag == NULL || now == NULL || sscanf (etag, "\"%u\"", &version) != 1)
    complain ("body %u has no version", number);
  /* What the server says now, even if it says no more than that nothing has changed */
  if ((guint) atoi (now) != version)
    complain ("body %u: version %u, but the server has version %s", number, version, now);

  expected = crash_body_get (number, version, &length);
  if (g_bytes_get_size (body) != length || memcmp (g_bytes_get_data (body, NULL), expected, length) != 0)
    complain ("body %u is wrong", number);

  say ("got %u %s\n", number, pillion_http_response_is_from_cache (response) ? "cache" : "server");
}

static void
get_bodies (Victim *victim)
{
  g_autoptr (PillionCacheStore) store = pillion_cache_store_open (victim->cache_path, 256 * 1024 * 1024, NULL);

  g_assert_nonnull (store);
  for (guint round = 0; round < N_ROUNDS; round++)
    for (guint first = 0; first < CRASH_N_BODIES; first += N_AT_ONCE)
      {
        PillionTask *tasks[N_AT_ONCE];

        for (guint i = 0; i < N_AT_ONCE; i++)
          {
            g_autofree char *url = g_strdup_printf ("%s/body/%u", victim->url, first + i);
            g_autoptr (PillionHttpRequest) request = pillion_http_request_new ("GET", url);

            tasks[i] = pillion_http_client_send (victim->client, request, NULL);
          }
        for (guint i = 0; i < N_AT_ONCE; i++)
          {
            g_autoptr (PillionTask) task = tasks[i];
            g_autoptr (PillionHttpResponse) response = NULL;
            g_autoptr (GError) error = NULL;

            if (!pillion_loop_run_until_complete (victim->loop, task, &error))
              complain ("body %u: %s", first + i, error->message);
            response = pillion_task_get_object (task, NULL);
            check_body (first + i, response);
          }

        if (first % (2 * N_AT_ONCE) == 0)
          {
            pillion_cache_store_flush (store);
            say ("stored\n");
          }
      }
}

/* --- Cookies ---------------------------------------------------------------------------------------------------------- */

static void
save_cookies (Victim *victim)
{
  g_autofree char *path = g_build_filename (victim->root, "cookies.txt", NULL);
  g_autoptr (GFile) file = g_file_new_for_path (path);
  g_autoptr (PillionHttpCookieJar) jar = pillion_http_cookie_jar_new_for_file (file);
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < CRASH_N_COOKIES; i++)
    {
      g_autofree char *name = g_strdup_printf ("v%uc%u", victim->number, i);
      g_autofree char *value = crash_cookie_get_value (i);
      g_autoptr (PillionHttpCookie) cookie = pillion_http_cookie_new (name, value, "example.org", "/");
      g_autoptr (PillionTask) task = NULL;

      cookie->expires_usec = g_get_real_time () + G_TIME_SPAN_DAY;
      if (!pillion_http_cookie_jar_add (jar, cookie, &error))
        complain ("cookie %u: %s", i, error->message);
      task = pillion_http_cookie_jar_save (jar, victim->loop, NULL);
      if (!pillion_loop_run_until_complete (victim->loop, task, &error))
        complain ("cookie %u: %s", i, error->message);
      say ("cookie %u\n", i);
    }
}

int
main (int argc,
      char **argv)
{
  Victim victim = { 0 };
  g_autofree char *folder_name = NULL;

  if (argc != 7)
    return 2;

  victim.kind = crash_kind_find (argv[1]);
  victim.number = (guint) atoi (argv[2]);
  victim.url = argv[3];
  victim.root = argv[4];
  victim.stop = g_ascii_strtoll (argv[5], NULL, 10);
  victim.digest = argv[6];
  folder_name = g_strdup_printf ("files-%u", victim.number);
  victim.folder = g_build_filename (victim.root, folder_name, NULL);
  victim.cache_path = g_build_filename (victim.root, "cache", NULL);

  victim.loop = pillion_loop_new (NULL, PILLION_LOOP_PRIVATE_CONTEXT);
  victim.client = pillion_http_client_new (victim.loop);
  victim.cancellable = g_cancellable_new ();
  pillion_http_client_set_connect_timeout_usec (victim.client, PATIENCE);
  pillion_http_client_set_first_byte_timeout_usec (victim.client, PATIENCE);
  pillion_http_client_set_idle_timeout_usec (victim.client, PATIENCE);
  if (victim.kind->is_cached)
    {
      g_autoptr (PillionHttpCache) cache = pillion_http_cache_new (victim.cache_path);

      pillion_http_client_set_cache (victim.client, cache);
      get_bodies (&victim);
    }
  if (crash_kind_get_n_files (victim.kind) > 0)
    download (&victim);
  if (victim.kind->has_jar)
    save_cookies (&victim);

  g_object_unref (victim.client);
  pillion_loop_close (victim.loop, -1, NULL);
  g_object_unref (victim.loop);
  g_object_unref (victim.cancellable);
  g_free (victim.folder);
  g_free (victim.cache_path);
  say ("end\n");
  return 0;
}
