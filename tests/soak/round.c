/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#define _GNU_SOURCE

#include "round.h"

#include "base/pillion-sync.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* A host at 60 Hz */
#define TICK (G_USEC_PER_SEC / 60)
#define BUDGET 4000

/* How long closing may take: no wait of the library's is longer, but a disk may have to write much */
#define CLOSE_TIMEOUT (120 * G_USEC_PER_SEC)

/* How long threads and descriptors of others may need to end after that, on a busy machine */
#define SETTLE_TIMEOUT (120 * G_USEC_PER_SEC)

/* All timeouts: what is tested here is no clock, and the machine may be busy */
#define PATIENCE (600 * G_USEC_PER_SEC)

/* When no round runs: this one, and ThreadSanitizer's own */
#ifdef PILLION_TSAN
#define N_THREADS 2
#else
#define N_THREADS 1
#endif

/* A download up to this length is checked in a done callback */
#define SMALL_FILE (64 * 1024)

/* At first half a second apart, later half a minute: until a server is back, however busy the machine is */
#define N_RETRIES 12

const char *const ending_names[N_ENDINGS] = { "left alone", "cancelled", "closed", "server dies" };

/* --- Calls ------------------------------------------------------------------------------------------------------------ */

static void
on_task_gone (gpointer data,
              GObject *task)
{
  Round *self = data;

  __atomic_sub_fetch (&self->n_live, 1, __ATOMIC_SEQ_CST);
}

static void
on_done (PillionTask *task,
         gpointer data)
{
  Call *call = data;
  Round *round = call->round;
  g_autoptr (GError) error = NULL;

  call->n_outcomes++;
  if (call->n_outcomes != 1)
    round_fail (round, "call %u has ended %u times", call->index, call->n_outcomes);
  call->succeeded = call->check (call, &error);
  if (call->succeeded)
    round->n_succeeded++;
  else if (error != NULL)
    round_accept_error (round, error);
  else
    round_fail (round, "call %u succeeded with something else than what the server has", call->index);

  round->n_done++;
  round->progress++;
}

Call *
round_add (Round *self,
           PillionTask *task,
           guint index,
           CallCheck check)
{
  Call *call = g_new0 (Call, 1);

  *call = (Call) { .round = self, .task = task, .check = check, .index = index };
  g_ptr_array_add (self->calls, call);
  __atomic_add_fetch (&self->n_live, 1, __ATOMIC_SEQ_CST);
  g_object_weak_ref (G_OBJECT (task), on_task_gone, self);
  pillion_task_add_done_callback (task, on_done, call, NULL);

  return call;
}

void
round_accept_error (Round *self,
                    const GError *error)
{
  gboolean is_network = error->domain == G_IO_ERROR || error->domain == PILLION_HTTP_ERROR || error->domain == G_RESOLVER_ERROR;

  if (self->is_cancelled
      && (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED) || g_error_matches (error, PILLION_ERROR, PILLION_ERROR_CLOSED)))
    return;

  /* What a server that dies must look like */
  if (self->has_died && is_network
      && (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED)
          || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CONNECTION_CLOSED)
          || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CLOSED) /* sending to a WebSocket that has ended */
          || g_error_matches (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_TRUNCATED)))
    return;

  round_fail (self, "unexpected error: %s, %d: %s", g_quark_to_string (error->domain), error->code, error->message);
}

static void
call_free (gpointer data)
{
  Call *self = data;

  g_object_unref (self->task);
  g_free (self->path);
  g_free (self);
}

/* --- Files ------------------------------------------------------------------------------------------------------------ */

char *
round_url (Round *self,
           const char *kind,
           guint64 key,
           guint64 length)
{
  return g_strdup_printf ("%s/%s/%" G_GUINT64_FORMAT "/%" G_GUINT64_FORMAT, self->server->url, kind, key, length);
}

char *
round_path (Round *self,
            const char *name)
{
  return g_build_filename (self->folder, name, NULL);
}

char *
round_file (Round *self,
            const char *name,
            guint index)
{
  return g_strdup_printf ("%s/%s-%u", self->folder, name, index);
}

gboolean
round_check_file (Round *self,
                  const char *path,
                  guint64 key,
                  guint64 length)
{
  int fd = open (path, O_RDONLY | O_CLOEXEC);
  struct stat info;
  void *bytes;

  if (fd < 0)
    {
      if (errno != ENOENT)
        round_fail (self, "%s: %s", path, g_strerror (errno));
      return FALSE;
    }

  g_assert_no_errno (fstat (fd, &info));
  if ((guint64) info.st_size != length)
    round_fail (self, "%s has %" G_GINT64_FORMAT " bytes, not %" G_GUINT64_FORMAT, path, (gint64) info.st_size, length);
  bytes = mmap (NULL, length, PROT_READ, MAP_PRIVATE, fd, 0);
  g_assert_true (bytes != MAP_FAILED);
  if (!content_is_right (self->content, key, 0, bytes, length))
    round_fail (self, "%s has wrong content", path);
  munmap (bytes, length);
  close (fd);

  return TRUE;
}

void
round_empty_folder (const char *path)
{
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *inner = g_build_filename (path, name, NULL);

      if (unlink (inner) != 0)
        {
          round_empty_folder (inner);
          rmdir (inner);
        }
    }
}

static gboolean
is_file (Call *self,
         GError **error)
{
  g_autoptr (PillionHttpDownload) download = pillion_task_get_object (self->task, error);

  if (download == NULL || pillion_http_download_get_size (download) != (gint64) self->length)
    return FALSE;

  return self->length > SMALL_FILE || round_check_file (self->round, self->path, self->index, self->length);
}

void
round_add_download (Round *self,
                    const char *name,
                    guint index,
                    guint64 length)
{
  g_autofree char *url = round_url (self, "plain", index, length);
  g_autofree char *path = round_file (self, name, index);
  g_autoptr (GFile) file = g_file_new_for_path (path);
  Call *call = round_add (self, pillion_http_client_download (self->client, url, file, NULL, NULL), index, is_file);

  call->path = g_steal_pointer (&path);
  call->length = length;
}

/* --- The host --------------------------------------------------------------------------------------------------------- */

static void
look (Round *self)
{
  gint64 now = g_get_monotonic_time ();

  if (now < self->meter->next)
    return;

  self->most_rss = MAX (self->most_rss, meter_get_rss ());
  if (self->scenario->watch != NULL)
    self->scenario->watch (self);
  meter_sample (self->meter, self->number, self->scenario->name);
}

static gint64
get_cpu_time (void)
{
  struct timespec now;

  clock_gettime (CLOCK_THREAD_CPUTIME_ID, &now);
  return now.tv_sec * G_USEC_PER_SEC + now.tv_nsec / 1000;
}

/* One frame of the host */
static void
tick (Round *self)
{
  gint64 start = g_get_monotonic_time (), cpu_start = get_cpu_time (), end;
  PillionKick kick;

  pillion_loop_kick_until (self->loop, start + BUDGET, &kick);
  end = g_get_monotonic_time ();
  meter_count_kick (self->meter, end - start, get_cpu_time () - cpu_start);
  look (self);

  end = g_get_monotonic_time ();
  if (end < start + TICK)
    g_usleep ((gulong) (start + TICK - end));
}

/* The server dies while the client works; the host stands still meanwhile */
static void
let_server_die (Round *self)
{
  self->has_died = TRUE;
  server_process_kill (self->server);
  server_process_start (self->server);
}

/* --- The round -------------------------------------------------------------------------------------------------------- */

static void
set_up (Round *self)
{
  g_autoptr (GMainContext) context = g_main_context_new ();

  self->loop = pillion_loop_new (context, PILLION_LOOP_DEFAULT);
  self->client = pillion_http_client_new (self->loop);
  pillion_http_client_set_connect_timeout_usec (self->client, PATIENCE);
  pillion_http_client_set_first_byte_timeout_usec (self->client, PATIENCE);
  pillion_http_client_set_idle_timeout_usec (self->client, PATIENCE);
  self->retries = self->ending == ENDING_DIE && g_rand_boolean (self->rand);
  if (self->retries)
    pillion_http_client_set_max_retries (self->client, N_RETRIES);
  self->calls = g_ptr_array_new_with_free_func (call_free);
  self->n_bytes_before = server_process_get_bytes (self->server);
  self->rss_before = meter_get_rss ();
}

static void
interrupt (Round *self)
{
  switch (self->ending)
    {
    case ENDING_CANCEL:
      self->is_cancelled = TRUE;
      for (guint i = 0; i < self->calls->len; i++)
        pillion_task_cancel (((Call *) self->calls->pdata[i])->task);
      break;
    case ENDING_DIE:
      let_server_die (self);
      break;
    case ENDING_FINISH:
    case ENDING_CLOSE:
    default:
      break;
    }
}

static void
close_loop (Round *self)
{
  gint64 start = g_get_monotonic_time ();
  g_autoptr (GError) error = NULL;

  self->is_cancelled = TRUE;
  if (!pillion_loop_close (self->loop, CLOSE_TIMEOUT, &error))
    round_fail (self, "closing: %s", error->message);
  self->close_usec = g_get_monotonic_time () - start;
  for (guint i = 0; i < self->calls->len; i++)
    {
      Call *call = self->calls->pdata[i];

      if (call->n_outcomes != 1)
        round_fail (self, "call %u has not ended, but its loop is closed", call->index);
    }
}

/* Everything that belonged to the round has to go, but the threads need a moment to end */
static void
settle (Round *self)
{
  gint64 end = g_get_monotonic_time () + SETTLE_TIMEOUT;

  while (TRUE)
    {
      guint descriptors = meter_count_descriptors (), threads = meter_count_threads ();
      int n_live = __atomic_load_n (&self->n_live, __ATOMIC_SEQ_CST);

      if (n_live == 0 && descriptors <= self->max_descriptors && threads <= N_THREADS)
        break;
      if (g_get_monotonic_time () > end)
        round_fail (self, "%d tasks, %u descriptors and %u threads are left", n_live, descriptors, threads);
      look (self);
      g_usleep (TICK);
    }
}

void
round_run (Round *self)
{
  guint64 middle;

  set_up (self);
  self->scenario->start (self);
  if (self->scenario->is_stalled_enough != NULL)
    while (!self->scenario->is_stalled_enough (self))
      {
        look (self);
        g_usleep (TICK);
      }
  if (self->scenario->resume != NULL && (self->ending == ENDING_FINISH || self->ending == ENDING_DIE))
    self->scenario->resume (self);

  middle = self->scenario->is_stalled_enough != NULL ? 0 : (guint64) ((double) self->goal * g_rand_double_range (self->rand, 0.05, 0.9));
  while (self->n_done < self->calls->len && self->progress < middle)
    tick (self);
  interrupt (self);
  if (self->ending != ENDING_CLOSE)
    while (self->n_done < self->calls->len)
      tick (self);
  close_loop (self);

  g_clear_object (&self->client);
  g_clear_object (&self->loop);
  g_clear_pointer (&self->calls, g_ptr_array_unref);
  self->scenario->check (self);
  settle (self);
}
