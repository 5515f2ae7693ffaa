/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "../no-threads.h"

#include <pillion-http/pillion-http.h>

/* The system has no more threads, not even the one for the network */

static void
get_without_threads (void)
{
  PillionLoop *loop = loop_new ();
  PillionHttpClient *client = pillion_http_client_new (loop);
  g_autoptr (PillionTask) task = NULL;
  g_autoptr (GError) error = NULL;

  forbid_threads ();
  task = pillion_http_client_get_bytes (client, "http://127.0.0.1:1/", NULL);
  g_assert_false (pillion_loop_run_until_complete (loop, task, &error));
  g_assert_error (error, PILLION_ERROR, PILLION_ERROR_NO_RESOURCES);
  end_object (g_steal_pointer (&task));
  end_object (client);
  loop_end (loop);
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_data_func ("/http/no-threads/call-fails", "/http/no-threads/subprocess/get", test_without_threads);
  g_test_add_func ("/http/no-threads/subprocess/get", get_without_threads);

  return g_test_run ();
}
