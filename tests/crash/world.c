/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* for pipe2 () */
#endif

#include "world.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "../http/http-support.h"
#include "base/pillion-sync.h"

/* The server counts in pieces of this size */
#define PIECE (16 * 1024)

/* How fast a connection is if the server limits it, in bytes per second: the first one until another one was used, and all of them then */
#define FIRST_RATE (512 * 1024)
#define RATE (16 * 1024 * 1024)

/* How long a victim may be silent before it counts as one that hangs, in ms */
#define PATIENCE (180 * 1000)

/* How often a run cuts responses */
#define MAX_CUTS 3

/* Files have other numbers than bodies */
#define FIRST_FILE 240

typedef struct
{
  pid_t pid; /* 0 once it has ended */
  int output;
  GString *line;
  CrashReport report;
  gboolean was_got[CRASH_N_BODIES]; /* and not stored yet */
} Process;

struct _CrashWorld
{
  const CrashKind *kind;
  const char *victim;
  const char *preload;
  char *top;
  char *root;
  char *shared_path;
  char *boot_path;
  CrashShared *shared;
  TestServer *server;
  char *url;
  char *digest;

  GMutex lock; /* for the rest */
  Process processes[CRASH_MAX_VICTIMS];
  gint64 sent;
  gint64 sent_of[CRASH_MAX_FILES];
  guint sent_bodies[CRASH_N_BODIES];
  gint64 kill_at;
  gboolean kill_all;
  guint unlucky;    /* the victim that is killed, if not all are */
  gboolean is_fast; /* a range was requested */
  guint n_cuts;
  guint version;
  GRand *server_random;

  GRand *random;
};

/* --- The server ------------------------------------------------------------------------------------------------------- */

/* With the lock */
static void
kill_victims (CrashWorld *self)
{
  for (guint i = 0; i < self->kind->n_victims; i++)
    if (self->processes[i].pid > 0 && (self->kill_all || i == self->unlucky))
      g_assert_no_errno (kill (self->processes[i].pid, SIGKILL));
}

/* Returns how long the next piece has to wait, in µs */
static gulong
count (CrashWorld *self,
       gint64 *sum,
       gsize n,
       gboolean is_range)
{
  gulong wait;

  pillion_mutex_lock (&self->lock);
  self->sent += (gint64) n;
  if (sum != NULL)
    *sum += (gint64) n;
  if (is_range)
    self->is_fast = TRUE;
  if (self->kill_at > 0 && self->sent >= self->kill_at)
    {
      self->kill_at = 0;
      kill_victims (self);
    }
  wait = self->kind->is_split ? n * G_USEC_PER_SEC / (self->is_fast ? RATE : FIRST_RATE) : 0;
  pillion_mutex_unlock (&self->lock);

  return wait;
}

static gsize
get_cut (CrashWorld *self,
         gsize length)
{
  gsize cut = length;

  pillion_mutex_lock (&self->lock);
  if (self->kind->is_cut && self->n_cuts < MAX_CUTS && g_rand_boolean (self->server_random))
    {
      self->n_cuts++;
      cut = (gsize) g_rand_int_range (self->server_random, 0, (gint32) length + 1);
    }
  pillion_mutex_unlock (&self->lock);

  return cut;
}

static void
serve_file (CrashWorld *self,
            TestConnection *connection,
            const char *request,
            guint number)
{
  const guint8 *content = crash_world_get_content (self, number);
  gsize length = self->kind->lengths[number];
  g_autofree char *range = test_request_get_field (request, "Range");
  g_autofree char *condition = test_request_get_field (request, "If-Range");
  g_autofree char *tag = g_strdup_printf ("\"file-%u\"", number);
  gboolean is_range = range != NULL && (condition == NULL || strcmp (condition, tag) == 0);
  gsize first = 0;
  gsize end = length;
  gsize cut;

  if (is_range)
    {
      guint64 from;
      guint64 to;
      int n = sscanf (range, "bytes=%" G_GUINT64_FORMAT "-%" G_GUINT64_FORMAT, &from, &to);

      g_assert_cmpint (n, >=, 1);
      first = (gsize) from;
      end = n == 2 ? (gsize) MIN (to + 1, length) : length;
      g_assert_cmpuint (first, <, end);
      test_connection_printf (connection, "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes %zu-%zu/%zu\r\n", first, end - 1, length);
    }
  else
    {
      test_connection_printf (connection, "HTTP/1.1 200 OK\r\n");
    }
  test_connection_printf (connection,
                          "Content-Length: %zu\r\nETag: %s\r\nAccept-Ranges: bytes\r\nCache-Control: max-age=3600\r\n"
                          "Content-Disposition: attachment; filename=file-%u\r\n\r\n",
                          end - first, tag, number);

  cut = first + get_cut (self, end - first);
  for (gsize at = first; at < cut;)
    {
      gsize n = MIN (PIECE, cut - at);
      gulong wait;

      if (!test_connection_write (connection, content + at, (gssize) n))
        return;
      at += n;
      wait = count (self, &self->sent_of[number], n, is_range);
      if (wait > 0)
        g_usleep (wait);
    }
  if (cut < end)
    test_connection_close (connection);
}

static void
serve_body (CrashWorld *self,
            TestConnection *connection,
            const char *request,
            guint number)
{
  g_autofree char *condition = test_request_get_field (request, "If-None-Match");
  g_autofree char *tag = NULL;
  g_autofree char *fields = NULL;
  const guint8 *body;
  guint version;
  gsize length;

  pillion_mutex_lock (&self->lock);
  version = crash_body_is_fixed (number) ? 0 : self->version;
  pillion_mutex_unlock (&self->lock);

  tag = g_strdup_printf ("\"%u\"", version);
  fields = g_strdup_printf ("ETag: %s\r\nX-Version: %u\r\nCache-Control: %s\r\n", tag, version, crash_body_is_fixed (number) ? "max-age=86400" : "no-cache");
  if (condition != NULL && strcmp (condition, tag) == 0)
    {
      test_connection_printf (connection, "HTTP/1.1 304 Not Modified\r\n%s\r\n", fields);
      return;
    }

  body = crash_body_get (number, version, &length);
  pillion_mutex_lock (&self->lock);
  self->sent_bodies[number]++;
  pillion_mutex_unlock (&self->lock);
  test_connection_answer (connection, fields, body, (gssize) length);
  count (self, NULL, length, FALSE);
}

static void
serve (TestConnection *connection,
       const char *request,
       gpointer data)
{
  g_autofree char *path = test_request_get_path (request);
  guint number;

  if (sscanf (path, "/file/%u", &number) == 1)
    serve_file (data, connection, request, number);
  else if (sscanf (path, "/body/%u", &number) == 1)
    serve_body (data, connection, request, number);
  else
    g_assert_not_reached ();
}

/* --- The folder ------------------------------------------------------------------------------------------------------- */

static void
remove_tree (const char *path)
{
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *child = g_build_filename (path, name, NULL);

      remove_tree (child);
    }
  g_assert_no_errno (g_remove (path));
}

const CrashKind *
crash_world_get_kind (CrashWorld *self)
{
  return self->kind;
}

const char *
crash_world_get_root (CrashWorld *self)
{
  return self->root;
}

GRand *
crash_world_get_random (CrashWorld *self)
{
  return self->random;
}

char *
crash_world_get_name (CrashWorld *self,
                      guint victim,
                      guint file)
{
  return g_strdup_printf ("files-%u/file-%u", victim, file);
}

const guint8 *
crash_world_get_content (CrashWorld *self,
                         guint file)
{
  return crash_content_get (FIRST_FILE + file, self->kind->lengths[file]);
}

static void
put_old (CrashWorld *self,
         guint victim)
{
  g_autofree char *name = crash_world_get_name (self, victim, crash_kind_get_n_files (self->kind) - 1);
  g_autofree char *path = g_build_filename (self->root, name, NULL);
  g_autoptr (GError) error = NULL;

  g_file_set_contents (path, CRASH_OLD_CONTENT, -1, &error);
  g_assert_no_error (error);
}

void
crash_world_reset (CrashWorld *self)
{
  if (g_file_test (self->root, G_FILE_TEST_IS_DIR))
    remove_tree (self->root);
  g_assert_no_errno (g_mkdir (self->root, 0700));
  for (guint i = 0; i < self->kind->n_victims && self->kind->lengths[0] > 0; i++)
    {
      g_autofree char *name = g_strdup_printf ("files-%u", i);
      g_autofree char *path = g_build_filename (self->root, name, NULL);

      g_assert_no_errno (g_mkdir (path, 0700));
      if (self->kind->has_old)
        put_old (self, i);
    }
  if (self->kind->is_cached)
    {
      g_autofree char *path = g_build_filename (self->root, "cache", NULL);

      g_assert_no_errno (g_mkdir (path, 0700));
    }
  memset (self->processes, 0, sizeof self->processes);
}

void
crash_world_boot (CrashWorld *self)
{
  g_autofree char *id = g_strdup_printf ("%08x-0000-4000-8000-000000000000\n", g_rand_int (self->random));
  g_autoptr (GError) error = NULL;

  g_file_set_contents (self->boot_path, id, -1, &error);
  g_assert_no_error (error);
}

static void
init_shared (CrashWorld *self)
{
  pthread_mutexattr_t attributes;
  int fd = g_open (self->shared_path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

  g_assert_no_errno (fd);
  g_assert_no_errno (ftruncate (fd, sizeof *self->shared));
  self->shared = mmap (NULL, sizeof *self->shared, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  g_assert_true (self->shared != MAP_FAILED);
  close (fd);

  pthread_mutexattr_init (&attributes);
  pthread_mutexattr_setpshared (&attributes, PTHREAD_PROCESS_SHARED);
  pthread_mutexattr_setrobust (&attributes, PTHREAD_MUTEX_ROBUST);
  g_assert_cmpint (pthread_mutex_init (&self->shared->lock, &attributes), ==, 0);
  pthread_mutexattr_destroy (&attributes);
}

static GRand *
make_random (const CrashKind *kind)
{
  const char *text = g_getenv ("PILLION_SEED");
  guint32 seed = text != NULL ? (guint32) g_ascii_strtoull (text, NULL, 10) : 1;

  g_test_message ("PILLION_SEED=%u", seed);
  return g_rand_new_with_seed (seed + g_str_hash (kind->name));
}

CrashWorld *
crash_world_new (const char *victim,
                 const char *preload,
                 const CrashKind *kind)
{
  CrashWorld *self = g_new0 (CrashWorld, 1);
  g_autoptr (GError) error = NULL;

  self->kind = kind;
  self->victim = victim;
  self->preload = preload;
  self->top = g_dir_make_tmp ("pillion-crash-XXXXXX", &error);
  g_assert_no_error (error);
  self->root = g_build_filename (self->top, "root", NULL);
  self->shared_path = g_build_filename (self->top, "shared", NULL);
  self->boot_path = g_build_filename (self->top, "boot", NULL);
  self->random = make_random (kind);
  self->server_random = g_rand_new_with_seed (g_rand_int (self->random));
  g_mutex_init (&self->lock);
  init_shared (self);
  crash_world_boot (self);
  crash_world_reset (self);
  self->digest = kind->has_digest ? test_sha256 (crash_world_get_content (self, 1), kind->lengths[1]) : g_strdup ("");
  self->server = test_server_new (TEST_SERVER_PLAIN, serve, self);
  self->url = test_server_url (self->server, "");

  return self;
}

void
crash_world_free (CrashWorld *self)
{
  test_server_free (self->server);
  munmap (self->shared, sizeof *self->shared);
  remove_tree (self->top);
  g_rand_free (self->server_random);
  g_rand_free (self->random);
  g_mutex_clear (&self->lock);
  g_free (self->digest);
  g_free (self->url);
  g_free (self->boot_path);
  g_free (self->shared_path);
  g_free (self->root);
  g_free (self->top);
  g_free (self);
}

/* --- Victims ---------------------------------------------------------------------------------------------------------- */

static void
start (CrashWorld *self,
       guint number,
       const CrashMoment *moment)
{
  Process *process = &self->processes[number];
  g_autofree char *number_text = g_strdup_printf ("%u", number);
  g_autofree char *stop = g_strdup_printf ("%" G_GINT64_FORMAT, moment->stop);
  char *argv[] = { (char *) self->victim, (char *) self->kind->name, number_text, self->url, self->root, stop, self->digest, NULL };
  g_auto (GStrv) env = g_get_environ ();
  posix_spawn_file_actions_t actions;
  int output[2];
  pid_t pid;

  env = g_environ_setenv (env, "LD_PRELOAD", self->preload, TRUE);
  env = g_environ_setenv (env, CRASH_ROOT, self->root, TRUE);
  env = g_environ_setenv (env, CRASH_SHARED, self->shared_path, TRUE);
  env = g_environ_setenv (env, CRASH_BOOT, self->boot_path, TRUE);
  if (moment->journal != NULL)
    env = g_environ_setenv (env, CRASH_JOURNAL, moment->journal, TRUE);

  g_assert_no_errno (pipe2 (output, O_CLOEXEC));
  posix_spawn_file_actions_init (&actions);
  posix_spawn_file_actions_adddup2 (&actions, output[1], STDOUT_FILENO);

  /* With the lock, because the server may kill it at once */
  pillion_mutex_lock (&self->lock);
  g_assert_cmpint (posix_spawn (&pid, self->victim, &actions, NULL, argv, env), ==, 0);
  process->pid = pid;
  pillion_mutex_unlock (&self->lock);

  posix_spawn_file_actions_destroy (&actions);
  close (output[1]);
  process->output = output[0];
  process->line = g_string_new (NULL);
  memset (process->was_got, 0, sizeof process->was_got);
}

static void
take_line (CrashWorld *self,
           Process *process,
           const char *line)
{
  CrashReport *report = &process->report;
  gint64 bytes;
  guint number;

  if (sscanf (line, "progress %u %" G_GINT64_FORMAT, &number, &bytes) == 2)
    {
      report->written[number] = bytes;
    }
  else if (sscanf (line, "saved %u", &number) == 1)
    {
      report->written[number] = (gint64) self->kind->lengths[number];
      report->saved[number] = TRUE;
    }
  else if (sscanf (line, "got %u", &number) == 1)
    {
      report->got[number] = process->was_got[number] = TRUE;
    }
  else if (strcmp (line, "stored") == 0)
    {
      for (guint i = 0; i < CRASH_N_BODIES; i++)
        report->stored[i] = report->stored[i] || process->was_got[i];
    }
  else if (sscanf (line, "cookie %u", &number) == 1)
    {
      report->n_cookies = MAX (report->n_cookies, number + 1);
    }
  else
    {
      g_assert_cmpstr (line, ==, "end");
      report->ended = TRUE;
    }
}

/* Returns FALSE at the end of what it says. What is not a whole line was not said. */
static gboolean
read_lines (CrashWorld *self,
            Process *process)
{
  char buffer[4096];
  gssize n = read (process->output, buffer, sizeof buffer);
  char *end;

  if (n < 0 && errno == EINTR)
    return TRUE;
  if (n <= 0)
    return FALSE;

  g_string_append_len (process->line, buffer, n);
  while ((end = strchr (process->line->str, '\n')) != NULL)
    {
      *end = '\0';
      take_line (self, process, process->line->str);
      g_string_erase (process->line, 0, end + 1 - process->line->str);
    }

  return TRUE;
}

static void
finish (CrashWorld *self,
        Process *process)
{
  int status;
  pid_t result;

  /* It has closed its output, so it is about to end, if it has not done so already */
  pillion_mutex_lock (&self->lock);
  do
    result = waitpid (process->pid, &status, 0);
  while (result < 0 && errno == EINTR);
  g_assert_cmpint (result, ==, process->pid);
  process->pid = 0;
  pillion_mutex_unlock (&self->lock);

  close (process->output);
  process->output = -1;
  g_string_free (process->line, TRUE);

  process->report.killed = WIFSIGNALED (status) && WTERMSIG (status) == SIGKILL;
  if (!process->report.killed && status != 0)
    {
      g_test_message ("a victim ended with the status %x", (guint) status);
      g_test_fail ();
    }
  g_assert_true (process->report.killed || process->report.ended);
}

static void
follow (CrashWorld *self)
{
  guint n_victims = self->kind->n_victims;
  guint n_running = n_victims;

  while (n_running > 0)
    {
      struct pollfd polls[CRASH_MAX_VICTIMS];
      int result;

      for (guint i = 0; i < n_victims; i++)
        polls[i] = (struct pollfd) { .fd = self->processes[i].output, .events = POLLIN };
      result = poll (polls, n_victims, PATIENCE);
      if (result < 0 && errno == EINTR)
        continue;
      if (result == 0)
        g_error ("a victim hangs in %s", self->root);

      for (guint i = 0; i < n_victims; i++)
        if (polls[i].fd >= 0 && polls[i].revents != 0 && !read_lines (self, &self->processes[i]))
          {
            finish (self, &self->processes[i]);
            n_running--;
          }
    }
}

void
crash_world_run (CrashWorld *self,
                 const CrashMoment *moment)
{
  pillion_mutex_lock (&self->lock);
  self->sent = 0;
  memset (self->sent_of, 0, sizeof self->sent_of);
  memset (self->sent_bodies, 0, sizeof self->sent_bodies);
  self->kill_at = moment->bytes;
  self->kill_all = moment->all;
  self->unlucky = (guint) g_rand_int_range (self->random, 0, (gint32) self->kind->n_victims);
  self->is_fast = FALSE;
  self->n_cuts = 0;
  pillion_mutex_unlock (&self->lock);

  self->shared->n_ticks = 0;
  self->shared->fatal = moment->tick;
  self->shared->torn = moment->torn;
  self->shared->all = moment->all;
  self->shared->dead = FALSE;

  for (guint i = 0; i < self->kind->n_victims; i++)
    {
      self->processes[i].report = (CrashReport) { .ended = FALSE };
      start (self, i, moment);
    }
  follow (self);
}

const CrashReport *
crash_world_get_report (CrashWorld *self,
                        guint victim)
{
  return &self->processes[victim].report;
}

gboolean
crash_world_was_killed (CrashWorld *self)
{
  for (guint i = 0; i < self->kind->n_victims; i++)
    if (self->processes[i].report.killed)
      return TRUE;

  return FALSE;
}

guint64
crash_world_get_ticks (CrashWorld *self)
{
  return self->shared->n_ticks;
}

gint64
crash_world_get_sent (CrashWorld *self)
{
  gint64 sent;

  pillion_mutex_lock (&self->lock);
  sent = self->sent;
  pillion_mutex_unlock (&self->lock);

  return sent;
}

gint64
crash_world_get_sent_of (CrashWorld *self,
                         guint file)
{
  gint64 sent;

  pillion_mutex_lock (&self->lock);
  sent = self->sent_of[file];
  pillion_mutex_unlock (&self->lock);

  return sent;
}

guint
crash_world_get_sent_bodies (CrashWorld *self,
                             guint body)
{
  guint sent;

  pillion_mutex_lock (&self->lock);
  sent = self->sent_bodies[body];
  pillion_mutex_unlock (&self->lock);

  return sent;
}

void
crash_world_change (CrashWorld *self)
{
  pillion_mutex_lock (&self->lock);
  self->version++;
  pillion_mutex_unlock (&self->lock);
}
