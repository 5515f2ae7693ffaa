/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Several processes have one cache open, and are killed or stopped at any moment. The others are this program, with the arguments that main ()
 * knows. */

#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* for pipe2 () and setresuid () */
#endif

#include "cache-store-support.h"
#include "core/pillion-private.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define MEGABYTE (1024 * 1024)

static const char *program;

typedef struct
{
  pid_t pid;
  int input;  /* what it reads ends when this is closed */
  int output; /* what it says */
} Process;

static Process
spawn (StoreFixture *self,
       const char *mode,
       const char *argument)
{
  char *argv[] = { (char *) program, (char *) mode, self->dir, (char *) argument, NULL };
  posix_spawn_file_actions_t actions;
  Process process;
  int input[2];
  int output[2];

  g_assert_no_errno (pipe2 (input, O_CLOEXEC));
  g_assert_no_errno (pipe2 (output, O_CLOEXEC));
  posix_spawn_file_actions_init (&actions);
  posix_spawn_file_actions_adddup2 (&actions, input[0], STDIN_FILENO);
  posix_spawn_file_actions_adddup2 (&actions, output[1], STDOUT_FILENO);
  g_assert_cmpint (posix_spawn (&process.pid, program, &actions, NULL, argv, environ), ==, 0);
  posix_spawn_file_actions_destroy (&actions);
  close (input[0]);
  close (output[1]);
  process.input = input[1];
  process.output = output[0];
  return process;
}

/* Waits until it says something */
static void
await_line (Process *process)
{
  char byte;

  g_assert_cmpint (read (process->output, &byte, 1), ==, 1);
}

static int
await_exit (Process *process)
{
  int status;

  while (waitpid (process->pid, &status, 0) < 0)
    g_assert_cmpint (errno, ==, EINTR);
  close (process->input);
  close (process->output);
  return status;
}

static void
finish (Process process)
{
  g_assert_cmpint (await_exit (&process), ==, 0);
}

static void
put_to_death (Process *process)
{
  int status;

  g_assert_no_errno (kill (process->pid, SIGKILL));
  status = await_exit (process);
  g_assert_true (WIFSIGNALED (status));
  g_assert_cmpint (WTERMSIG (status), ==, SIGKILL);
}

static void
say_line (void)
{
  g_assert_cmpint (write (STDOUT_FILENO, "\n", 1), ==, 1);
}

static void
await_end_of_input (void)
{
  char byte;

  while (read (STDIN_FILENO, &byte, 1) > 0)
    ;
}

/* Stores some entries */
static int
child_put (const char *dir,
           const char *argument)
{
  g_autoptr (PillionCacheStore) store = store_open (dir);
  guint first = (guint) g_ascii_strtoull (argument, NULL, 10);

  for (guint i = first; i < first + 50; i++)
    store_put (store, i, i % 5 == 0 ? 100000 : 100);
  pillion_cache_store_flush (store);
  return 0;
}

/* Removes an entry and changes another one */
static int
child_change (const char *dir,
              const char *argument)
{
  g_autoptr (PillionCacheStore) store = store_open (dir);
  g_autoptr (PillionCacheEntry) entry = store_get (store, 2);
  g_autofree char *key = store_make_key (1);

  g_assert_true (pillion_cache_store_remove_key (store, key));
  store_update (store, entry, 2, 100, 9);
  pillion_cache_store_flush (store);
  return 0;
}

static int
child_clear (const char *dir,
             const char *argument)
{
  g_autoptr (PillionCacheStore) store = store_open (dir);

  g_assert_true (pillion_cache_store_clear (store, NULL));
  return 0;
}

/* Locks the folder until it is killed */
static int
child_lock (const char *dir,
            const char *argument)
{
  g_autofree char *path = g_build_filename (dir, "pillion-cache", NULL);
  int fd = open (path, O_RDWR | O_CLOEXEC);

  g_assert_no_errno (flock (fd, LOCK_EX));
  say_line ();
  await_end_of_input ();
  return 0;
}

/* Does all kinds of things until it is killed. Whatever it finds has to be right. */
static int
child_busy (const char *dir,
            const char *argument)
{
  g_autoptr (PillionCacheStore) store = pillion_cache_store_open (dir, 4 * MEGABYTE, NULL);
  g_autoptr (GRand) random = g_rand_new_with_seed ((guint32) g_ascii_strtoull (argument, NULL, 10));
  guint n_rounds = strchr (argument, 'x') != NULL ? 300 : G_MAXUINT;

  g_assert_nonnull (store);
  say_line ();
  for (guint round = 0; round < n_rounds; round++)
    {
      guint number = (guint) g_rand_int_range (random, 0, 40);
      g_autofree char *key = store_make_key (number);
      g_autoptr (GPtrArray) found = pillion_cache_store_lookup (store, key);
      PillionCacheEntry *first = found != NULL ? found->pdata[0] : NULL;
      gsize length = (gsize) g_rand_int_range (random, 0, g_rand_boolean (random) ? 2000 : 300000);

      for (guint i = 0; found != NULL && i < found->len; i++)
        store_check_entry (found->pdata[i], 100000);

      switch (g_rand_int_range (random, 0, 8))
        {
        case 0:
          if (first != NULL)
            pillion_cache_store_remove (store, first);
          break;
        case 1:
        case 2:
          if (first != NULL)
            store_update (store, first, number, (gsize) pillion_cache_entry_get_length (first), round);
          break;
        case 3:
          if (first != NULL)
            pillion_cache_store_touch (store, first);
          break;
        case 4:
          pillion_cache_store_flush (store);
          break;
        default:
          store_try_put (store, number, length, round, first, NULL);
        }
    }

  pillion_cache_store_flush (store);
  return 0;
}

/* As a user who can't write to the folder */
static int
child_read_only (const char *dir,
                 const char *argument)
{
  g_autoptr (PillionCacheStore) store = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (PillionCacheEntry) entry = NULL;

  if (geteuid () == 0)
    g_assert_no_errno (setresuid (65534, 65534, 65534));

  store = store_open (dir);
  g_assert_true (store_has (store, 1));
  g_assert_true (store_has (store, 2));
  entry = store_get (store, 1);
  pillion_cache_store_touch (store, entry);
  g_assert_true (pillion_cache_stores_write_out (dir, NULL, &error));
  store_update (store, entry, 1, 50, 1);
  g_assert_false (store_try_put (store, 3, 10, 0, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_READ_ONLY);
  g_clear_error (&error);
  g_assert_false (pillion_cache_stores_write_out (dir, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_READ_ONLY);
  g_assert_true (store_has (store, 2));
  return 0;
}

static void
test_other_process (StoreFixture *self,
                    gconstpointer data)
{
  g_autoptr (PillionCacheEntry) entry = NULL;

  store_put (self->store, 1, 100);
  store_put (self->store, 2, 100);
  pillion_cache_store_flush (self->store);
  finish (spawn (self, "--put", "100"));
  for (guint i = 100; i < 150; i++)
    g_assert_true (store_has (self->store, i));

  finish (spawn (self, "--change", ""));
  g_assert_false (store_has (self->store, 1));
  entry = store_get (self->store, 2);
  store_assert_revision (entry, 9);
  g_assert_cmpuint (pillion_cache_store_get_size (self->store), ==, store_fixture_get_disk_usage (self));

  finish (spawn (self, "--clear", ""));
  g_assert_false (store_has (self->store, 2));
  g_assert_cmpuint (pillion_cache_store_get_n_entries (self->store), ==, 0);
  g_assert_true (store_check_entry (entry, 100));
  store_put (self->store, 2, 100);
  store_fixture_reopen (self);
  g_assert_true (store_has (self->store, 2));
}

/* What the I/O thread looks up, and how the test goes on with it */
typedef struct
{
  PillionCacheStore *store;
  GAsyncQueue *results; /* strings */
  GAsyncQueue *leave;   /* likewise: lets a lookup's job end */
} Lookups;

static void
look_up (gpointer data)
{
  Lookups *self = data;
  GAsyncQueue *leave = self->leave;

  for (guint i = 0; i < 2; i++)
    g_async_queue_push (self->results, store_has (self->store, 1) ? "found" : "missing");
  /* The test may end when it has the last result */
  g_async_queue_pop (leave);
}

static void
unref_queue (gpointer data)
{
  g_async_queue_unref (data);
}

static void
assert_looked_up (Lookups *self,
                  const char *expected)
{
  for (guint i = 0; i < 2; i++)
    g_assert_cmpstr (g_async_queue_pop (self->results), ==, expected);
}

/* Who hears from another process what it has done, and makes a call then, gets one that knows it, even while the I/O thread is at looking up for
 * earlier ones */
static void
test_told (StoreFixture *self,
           gconstpointer data)
{
  PillionIoThread *io = pillion_private_io_thread_ref (NULL);
  Lookups lookups = { self->store, g_async_queue_new (), g_async_queue_new () };

  store_put (self->store, 1, 100);
  store_put (self->store, 2, 100);
  pillion_cache_store_flush (self->store);

  pillion_private_io_thread_post (io, look_up, &lookups);
  assert_looked_up (&lookups, "found");
  finish (spawn (self, "--change", ""));
  pillion_private_io_thread_post (io, look_up, &lookups);
  g_async_queue_push (lookups.leave, "");
  assert_looked_up (&lookups, "missing");

  /* As another process may have stored it in the meantime */
  g_async_queue_push (lookups.leave, "");
  finish (spawn (self, "--put", "1"));
  pillion_private_io_thread_post (io, look_up, &lookups);
  assert_looked_up (&lookups, "found");

  pillion_private_io_thread_post (io, unref_queue, g_async_queue_ref (lookups.results));
  pillion_private_io_thread_post (io, unref_queue, g_async_queue_ref (lookups.leave));
  g_async_queue_push (lookups.leave, "");
  g_async_queue_unref (lookups.results);
  g_async_queue_unref (lookups.leave);
  pillion_private_io_thread_unref (io);
}

static void
test_processes_at_once (StoreFixture *self,
                        gconstpointer data)
{
  Process processes[4];
  PillionCacheReport report;

  for (guint i = 0; i < G_N_ELEMENTS (processes); i++)
    {
      g_autofree char *argument = g_strdup_printf ("%ux", i + 1);

      processes[i] = spawn (self, "--busy", argument);
    }
  for (guint i = 0; i < G_N_ELEMENTS (processes); i++)
    finish (processes[i]);

  g_assert_true (pillion_cache_store_verify (self->store, NULL, &report, NULL));
  g_assert_cmpuint (report.n_removed, ==, 0);
  g_assert_cmpuint (report.n_bytes, ==, store_fixture_get_disk_usage (self));
  g_assert_cmpuint (report.n_bytes, <=, 4 * MEGABYTE);
}

/* A process that has the lock and was stopped keeps others from writing, but from nothing else */
static void
test_locked (StoreFixture *self,
             gconstpointer data)
{
  Process process;
  g_autoptr (PillionCacheEntry) entry = NULL;

  store_put (self->store, 1, 100);
  pillion_cache_store_flush (self->store);
  process = spawn (self, "--lock", "");
  await_line (&process);

  store_put (self->store, 2, 100);
  store_put (self->store, 3, 100000);
  for (guint i = 1; i <= 3; i++)
    g_assert_true (store_has (self->store, i));
  entry = store_get (self->store, 2);
  store_update (self->store, entry, 2, 100, 4);
  g_clear_pointer (&entry, pillion_cache_entry_unref);

  put_to_death (&process);
  store_fixture_reopen (self);
  for (guint i = 1; i <= 3; i++)
    g_assert_true (store_has (self->store, i));
  entry = store_get (self->store, 2);
  store_assert_revision (entry, 4);
}

static void
test_read_only (StoreFixture *self,
                gconstpointer data)
{
  const char *names[] = { ".", "entries", "drafts" };
  PillionCacheReport report;

  store_put (self->store, 1, 50);
  store_put (self->store, 2, 100000);
  store_fixture_close (self);
  g_assert_no_errno (chmod (self->top, 0755));
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *path = store_fixture_get_path (self, names[i]);

      if (geteuid () == 0)
        {
          g_autoptr (GPtrArray) paths = store_fixture_list_files (self, names[i]);

          for (guint j = 0; j < paths->len; j++)
            g_assert_no_errno (lchown (paths->pdata[j], 65534, 65534));
          g_assert_no_errno (chown (path, 65534, 65534));
        }
      g_assert_no_errno (chmod (path, 0500));
    }
  finish (spawn (self, "--read-only", ""));
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *path = store_fixture_get_path (self, names[i]);

      g_assert_no_errno (chmod (path, 0700));
    }
  self->store = store_open (self->dir);
  g_assert_true (pillion_cache_store_verify (self->store, NULL, &report, NULL));
  g_assert_cmpuint (report.n_removed, ==, 0);
}

/* Processes that are killed at any moment leave nothing that is wrong, or that keeps others waiting. PILLION_KILLS says how many. */
static void
test_killed (StoreFixture *self,
             gconstpointer data)
{
  const char *wanted = g_getenv ("PILLION_KILLS");
  guint n_kills = wanted != NULL ? (guint) g_ascii_strtoull (wanted, NULL, 10) : 20;
  PillionCacheReport report;

  for (guint i = 0; i < n_kills; i++)
    {
      Process processes[2];
      g_autoptr (GPtrArray) drafts = NULL;

      for (guint j = 0; j < G_N_ELEMENTS (processes); j++)
        {
          g_autofree char *seed = g_strdup_printf ("%d", g_test_rand_int_range (0, G_MAXINT));

          processes[j] = spawn (self, "--busy", seed);
        }
      for (guint j = 0; j < G_N_ELEMENTS (processes); j++)
        await_line (&processes[j]);
      g_usleep ((gulong) g_test_rand_int_range (0, 30000));
      for (guint j = 0; j < G_N_ELEMENTS (processes); j++)
        put_to_death (&processes[j]);

      for (guint j = 0; j < 40; j++)
        store_count_variants (self->store, j);
      g_assert_true (pillion_cache_store_verify (self->store, NULL, &report, NULL));
      g_assert_cmpuint (report.n_bytes, ==, store_fixture_get_disk_usage (self));
      /* A torn write of metadata leaves the earlier ones */
      g_assert_cmpuint (report.n_removed, ==, 0);
      drafts = store_fixture_list_files (self, "drafts");
      g_assert_cmpuint (drafts->len, ==, 0);
    }
}

#define ADD(path, data, func) g_test_add ("/http/cache-processes/" path, StoreFixture, data, store_fixture_set_up, func, store_fixture_tear_down)

int
main (int argc,
      char **argv)
{
  const struct
  {
    const char *mode;
    int (*run) (const char *dir, const char *argument);
  } modes[] = {
    { "--put", child_put }, { "--change", child_change }, { "--clear", child_clear },
    { "--lock", child_lock }, { "--busy", child_busy }, { "--read-only", child_read_only },
  };

  program = argv[0];
  for (guint i = 0; argc == 4 && i < G_N_ELEMENTS (modes); i++)
    if (strcmp (argv[1], modes[i].mode) == 0)
      return modes[i].run (argv[2], argv[3]);

  g_test_init (&argc, &argv, NULL);

  ADD ("see-each-other", NULL, test_other_process);
  ADD ("told", NULL, test_told);
  ADD ("at-once", NULL, test_processes_at_once);
  ADD ("a-held-lock-stops-nobody", NULL, test_locked);
  ADD ("read-only", NULL, test_read_only);
  ADD ("killed", NULL, test_killed);

  return g_test_run ();
}
