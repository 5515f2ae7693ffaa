/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Downloads onto a disk that is slow or fails. The library's calls end up in the functions of these names below, because it is
 * linked into this program. */

#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* for RTLD_NEXT */
#endif

#include <dlfcn.h>
#include <unistd.h>

#include "base/pillion-sync.h"
#include "http-support.h"

typedef int (*SyncFunc) (int fd);

typedef struct
{
  GMutex lock; /* for the rest */
  GCond cond;
  gboolean closed; /* fsync () waits until it is opened */
  guint n_waiting;
} Gate;

static Gate gate;

static void
gate_wait (void)
{
  pillion_mutex_lock (&gate.lock);
  gate.n_waiting++;
  g_cond_broadcast (&gate.cond);
  while (gate.closed)
    pillion_cond_wait (&gate.cond, &gate.lock);
  gate.n_waiting--;
  pillion_mutex_unlock (&gate.lock);
}

static void
gate_close (void)
{
  pillion_mutex_lock (&gate.lock);
  gate.closed = TRUE;
  pillion_mutex_unlock (&gate.lock);
}

static void
gate_open (void)
{
  pillion_mutex_lock (&gate.lock);
  gate.closed = FALSE;
  g_cond_broadcast (&gate.cond);
  pillion_mutex_unlock (&gate.lock);
}

static void
gate_wait_waiting (guint n)
{
  pillion_mutex_lock (&gate.lock);
  while (gate.n_waiting < n)
    pillion_cond_wait (&gate.cond, &gate.lock);
  pillion_mutex_unlock (&gate.lock);
}

int
fsync (int fd)
{
  gate_wait ();

  return ((SyncFunc) dlsym (RTLD_NEXT, "fsync")) (fd);
}

static void
serve_json (TestConnection *connection,
            const char *request,
            gpointer data)
{
  g_autofree char *body = g_strnfill (70000, ' ');

  body[0] = '1';
  test_connection_answer (connection, NULL, body, 70000);
}

static PillionTask *
start (TestFixture *self,
       const char *url,
       const char *name)
{
  g_autofree char *path = test_fixture_path (self, name);
  g_autoptr (GFile) file = g_file_new_for_path (path);

  return pillion_http_client_download (self->client, url, file, NULL, NULL);
}

/* However many files wait for the disk, what a worker has to compute goes on */
static void
test_slow_disk (TestFixture *self,
                gconstpointer data)
{
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve_json, NULL);
  g_autofree char *url = test_server_url (server, "/");
  g_autoptr (GPtrArray) downloads = g_ptr_array_new ();
  g_autoptr (PillionTask) json = NULL;
  g_autoptr (GError) error = NULL;

  gate_close ();
  for (guint i = 0; i < 4; i++)
    {
      g_autofree char *name = g_strdup_printf ("file%u", i);

      g_ptr_array_add (downloads, start (self, url, name));
    }
  gate_wait_waiting (4);

  json = pillion_http_client_get_json (self->client, url, NULL);
  test_fixture_await (self, json);
  g_assert_true (pillion_task_check (json, &error));
  g_assert_no_error (error);

  gate_open ();
  for (guint i = 0; i < 4; i++)
    {
      g_autoptr (PillionHttpDownload) download = test_fixture_await_download (self, downloads->pdata[i], &error);

      g_assert_no_error (error);
    }
  test_server_free (server);
}

int
main (int argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  test_case ("/http/download/slow-disk-holds-up-no-json", test_slow_disk);

  return g_test_run ();
}
