/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "../test-support.h"

#include <pillion-http/pillion-http.h>

/* Whoever has the answer may drop everything at once: the network's thread holds on to nothing */

#define REFUSED "http://127.0.0.1:1/"

static void
loop_gone (gpointer data,
           GObject *loop)
{
  *(GThread **) data = g_thread_self ();
}

static void
test_dropped_with_the_answer (void)
{
  for (int i = 0; i < 200; i++)
    {
      PillionLoop *loop = pillion_loop_new (NULL, PILLION_LOOP_PRIVATE_CONTEXT);
      PillionHttpClient *client = pillion_http_client_new (loop);
      PillionTask *task = pillion_http_client_get_bytes (client, REFUSED, NULL);
      GThread *gone_on = NULL;

      g_object_weak_ref (G_OBJECT (loop), loop_gone, &gone_on);
      g_assert_false (pillion_loop_run_until_complete (loop, task, NULL));
      g_object_unref (task);
      g_object_unref (client);
      g_object_unref (loop);
      g_assert_true (gone_on == g_thread_self ());
      g_assert_null (g_main_context_get_thread_default ());
    }
}

/* Its loop is looked at when the body has returned */
static void
test_in_a_fiber (PillionLoop *loop,
                 gpointer data)
{
  g_autoptr (PillionHttpClient) client = pillion_http_client_new (loop);
  g_autoptr (PillionTask) task = pillion_http_client_get_bytes (client, REFUSED, NULL);
  g_autoptr (GError) error = NULL;

  g_assert_false (pillion_await (task, &error));
  g_assert_nonnull (error);
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/http/lifetime/dropped-with-the-answer", test_dropped_with_the_answer);
  for (int i = 0; i < 50; i++)
    {
      g_autofree char *path = g_strdup_printf ("/http/lifetime/test-in-a-fiber/%d", i);

      pillion_test_add_func (path, test_in_a_fiber);
    }

  return g_test_run ();
}
