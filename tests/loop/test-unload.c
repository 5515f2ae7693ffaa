/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <glib-object.h>

#include <dlfcn.h>

/* A plug-in host unloads a module that links to the library, and loads it again. This program does not link
 * to it. */

typedef void *(*NewFunc) (void *context, int flags);
typedef int (*CloseFunc) (void *loop, gint64 timeout, void **error);
typedef int (*KickFunc) (void *loop);
typedef void *(*SpawnFunc) (void *loop, const char *name, void (*func) (void *task, void *data), void *data, void *destroy);

static void
body (void *task,
      void *data)
{
}

static gpointer
use (gpointer with_fiber)
{
  void *library = dlopen (g_getenv ("PILLION_TEST_LIBRARY"), RTLD_NOW);
  void *loop;

  if (library == NULL)
    g_error ("%s", dlerror ());
  loop = ((NewFunc) dlsym (library, "pillion_loop_new")) (NULL, 1);
  g_assert_true (G_IS_OBJECT (loop));
  if (with_fiber)
    {
      g_object_unref (((SpawnFunc) dlsym (library, "pillion_loop_spawn")) (loop, "fiber", body, NULL, NULL));
      while (((KickFunc) dlsym (library, "pillion_loop_kick")) (loop))
        ;
    }
  g_assert_true (((CloseFunc) dlsym (library, "pillion_loop_close")) (loop, -1, NULL));
  g_object_unref (loop);
  dlclose (library);
  return NULL;
}

static void
test_again (void)
{
  use (NULL);
  use (NULL);
}

/* It ends after the library was closed, and what it holds of it is freed then */
static void
test_thread_ends_later (void)
{
  g_thread_join (g_thread_new ("fibers", use, GINT_TO_POINTER (1)));
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  if (g_getenv ("PILLION_TEST_LIBRARY") == NULL)
    {
      g_print ("1..0 # SKIP PILLION_TEST_LIBRARY is not set\n");
      return 0;
    }
  g_test_add_func ("/unload/loaded-again", test_again);
  g_test_add_func ("/unload/thread-that-had-fibers-ends-later", test_thread_ends_later);

  return g_test_run ();
}
