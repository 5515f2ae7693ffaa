/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <pillion/pillion.h>

#include <pthread.h>
#include <string.h>

/* Shared by the tests of several rooms */

static inline gboolean
is_under_valgrind (void)
{
  const char *preloaded = g_getenv ("LD_PRELOAD");

  return preloaded != NULL && strstr (preloaded, "vgpreload") != NULL;
}

/* Whether the test can't be run, because its child starts threads, or allocates memory while other threads
 * may be allocating at the fork */
static inline gboolean
skip_fork (void)
{
#ifdef __SANITIZE_THREAD__
  g_test_skip ("ThreadSanitizer can't follow threads that start after a fork");
  return TRUE;
#elif defined(__SANITIZE_ADDRESS__)
  g_test_skip ("AddressSanitizer does not unlock its allocator in the child of a fork");
  return TRUE;
#else
  return FALSE;
#endif
}

/* On another thread than its loop's: sets every property of an object to what it is, of which each try is a critical warning */
static inline void
test_fail_to_set_properties (gpointer object,
                             const char *log_domain)
{
  guint n;
  g_autofree GParamSpec **properties = g_object_class_list_properties (G_OBJECT_GET_CLASS (object), &n);

  for (guint i = 0; i < n; i++)
    {
      const char *name = g_param_spec_get_name (properties[i]);
      GValue value = G_VALUE_INIT;

      if ((properties[i]->flags & G_PARAM_WRITABLE) == 0 || (properties[i]->flags & G_PARAM_CONSTRUCT_ONLY) != 0)
        continue;

      g_object_get_property (object, name, &value);
      g_test_expect_message (log_domain, G_LOG_LEVEL_CRITICAL, "*on_thread*failed*");
      g_object_set_property (object, name, &value);
      g_test_assert_expected_messages ();
      g_value_unset (&value);
    }
}

/* One thread opens it, another waits for it. It is made of pthread functions, which ThreadSanitizer knows. */
typedef struct
{
  pthread_mutex_t lock;
  pthread_cond_t cond;
  int count;
} Gate;

#define GATE_INIT { PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0 }

static inline void
gate_open (Gate *self)
{
  pthread_mutex_lock (&self->lock);
  self->count++;
  pthread_cond_broadcast (&self->cond);
  pthread_mutex_unlock (&self->lock);
}

/* Waits until it was opened @count times */
static inline void
gate_wait_for (Gate *self,
               int count)
{
  pthread_mutex_lock (&self->lock);
  while (self->count < count)
    pthread_cond_wait (&self->cond, &self->lock);
  pthread_mutex_unlock (&self->lock);
}

static inline void
gate_wait (Gate *self)
{
  gate_wait_for (self, 1);
}

static inline int
gate_get_count (Gate *self)
{
  int count;

  pthread_mutex_lock (&self->lock);
  count = self->count;
  pthread_mutex_unlock (&self->lock);
  return count;
}

/* Another thread that owns a context */
typedef struct
{
  GMainContext *context;
  GThread *thread;
  Gate ready;
  Gate go;
} Owner;

static inline gpointer
owner_run (gpointer data)
{
  Owner *self = data;

  g_assert_true (g_main_context_acquire (self->context));
  gate_open (&self->ready);
  gate_wait (&self->go);
  g_main_context_release (self->context);
  return NULL;
}

/* Returns when the thread owns the context, which it does until owner_end () */
static inline void
owner_begin (Owner *self,
             GMainContext *context)
{
  *self = (Owner) { .context = context, .ready = GATE_INIT, .go = GATE_INIT };
  self->thread = g_thread_new ("owner", owner_run, self);
  gate_wait (&self->ready);
}

static inline void
owner_end (Owner *self)
{
  gate_open (&self->go);
  g_thread_join (self->thread);
}

/* Keeps the processor busy, so that time passes */
static inline void
spin_for (gint64 usec)
{
  gint64 end = g_get_monotonic_time () + usec;

  while (g_get_monotonic_time () < end)
    ;
}

static inline int
get_atomic (int *value)
{
  return __atomic_load_n (value, __ATOMIC_SEQ_CST);
}

static inline void
add_atomic (int *value,
            int change)
{
  __atomic_add_fetch (value, change, __ATOMIC_SEQ_CST);
}

/* A loop with a context that nothing else has. Each of its kicks does all that is ready: within the usual budget, a busy machine may get to nothing
 * but the first item. */
static inline PillionLoop *
loop_new (void)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  PillionLoop *loop = pillion_loop_new (context, PILLION_LOOP_DEFAULT);

  pillion_loop_set_budget_usec (loop, G_TIME_SPAN_MINUTE);
  return loop;
}

/* The same with the usual budget, for what never ends by itself */
static inline PillionLoop *
loop_new_with_budget (void)
{
  g_autoptr (GMainContext) context = g_main_context_new ();

  return pillion_loop_new (context, PILLION_LOOP_DEFAULT);
}

/* Closes the loop, which has to succeed, and checks that nothing else refers to it */
static inline void
loop_end (PillionLoop *loop)
{
  g_autoptr (GError) error = NULL;
  gpointer weak = loop;

  pillion_loop_close (loop, -1, &error);
  g_assert_no_error (error);
  g_object_add_weak_pointer (G_OBJECT (loop), &weak);
  g_object_unref (loop);
  g_assert_null (weak);
}

/* Checks that nothing else refers to the object, and drops it */
static inline void
end_object (gpointer object)
{
  gpointer weak = object;

  g_object_add_weak_pointer (object, &weak);
  g_object_unref (object);
  g_assert_null (weak);
}

static inline void
cancel_all (GPtrArray *tasks)
{
  for (guint i = 0; i < tasks->len; i++)
    pillion_task_cancel (tasks->pdata[i]);
}

/* Checks that nothing else refers to any of them, and drops them */
static inline void
end_all (GPtrArray *tasks)
{
  for (guint i = 0; i < tasks->len; i++)
    end_object (tasks->pdata[i]);
  g_ptr_array_set_size (tasks, 0);
}

/* Kicks until @expression is true; whatever makes it true must already be under way */
#define kick_until(loop, expression) \
  G_STMT_START \
    { \
      while (!(expression)) \
        pillion_loop_kick (loop); \
    } \
  G_STMT_END

/* Kicks until nothing is ready any more */
static inline guint
kick_until_quiet (PillionLoop *loop)
{
  PillionKick kick;
  guint n_kicks = 0;

  do
    {
      pillion_loop_kick_until (loop, g_get_monotonic_time () + G_USEC_PER_SEC, &kick);
      n_kicks++;
    }
  while (kick.more_ready);

  return n_kicks;
}

/* Runs another test of this program, which may crash, in a process of its own. Returns all its output. Unlike
 * this, g_test_trap_subprocess () has its process report to gtester in the middle of this test's report. */
static inline char *
run_alone (const char *path,
           gboolean *ended_well)
{
  g_autofree char *program = g_file_read_link ("/proc/self/exe", NULL);
  g_autoptr (GSubprocessLauncher) launcher = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_MERGE);
  g_autoptr (GSubprocess) process = NULL;
  g_autoptr (GBytes) said = NULL;
  g_autoptr (GError) error = NULL;

  g_subprocess_launcher_setenv (launcher, "PILLION_TEST_ALONE", "1", TRUE);
  process = g_subprocess_launcher_spawn (launcher, &error, program, "-p", path, NULL);
  g_assert_no_error (error);
  g_subprocess_communicate (process, NULL, NULL, &said, NULL, &error);
  g_assert_no_error (error);
  *ended_well = g_subprocess_get_successful (process);

  return g_strndup (g_bytes_get_data (said, NULL), g_bytes_get_size (said));
}

/* Whether run_alone () has started this process */
static inline gboolean
is_run_alone (void)
{
  return g_getenv ("PILLION_TEST_ALONE") != NULL;
}

#define assert_says(said, pattern) \
  G_STMT_START \
    { \
      if (!g_pattern_match_simple (pattern, said)) \
        g_error ("'%s' was said, not '%s'", said, pattern); \
    } \
  G_STMT_END

/* g_test_expect_message () does not see structured messages: these are caught here. */
typedef struct
{
  pthread_mutex_t lock;
  gboolean catching;
  GString *caught;
  guint n_caught;
} Logs;

static Logs support_logs = { PTHREAD_MUTEX_INITIALIZER, FALSE, NULL, 0 };

static inline GLogWriterOutput
support_write_log (GLogLevelFlags level,
                   const GLogField *fields,
                   gsize n_fields,
                   gpointer data)
{
  const char *domain = NULL, *message = NULL;
  gboolean is_caught = FALSE;

  for (gsize i = 0; i < n_fields; i++)
    {
      if (g_str_equal (fields[i].key, "GLIB_DOMAIN"))
        domain = fields[i].value;
      else if (g_str_equal (fields[i].key, "MESSAGE"))
        message = fields[i].value;
    }

  pthread_mutex_lock (&support_logs.lock);
  if (support_logs.catching && g_strcmp0 (domain, "Pillion") == 0 && level <= G_LOG_LEVEL_WARNING)
    {
      g_string_append_printf (support_logs.caught, "%s%s: %s", support_logs.n_caught > 0 ? "\n" : "",
                              level & G_LOG_LEVEL_CRITICAL ? "critical" : "warning", message);
      support_logs.n_caught++;
      is_caught = TRUE;
    }
  pthread_mutex_unlock (&support_logs.lock);

  return is_caught ? G_LOG_WRITER_HANDLED : g_log_writer_default (level, fields, n_fields, data);
}

/* From here on, Pillion's warnings and critical messages are kept instead of ending the test */
static inline void
logs_catch (void)
{
  static gboolean is_set;

  if (!is_set)
    g_log_set_writer_func (support_write_log, NULL, NULL);
  is_set = TRUE;

  pthread_mutex_lock (&support_logs.lock);
  support_logs.catching = TRUE;
  support_logs.n_caught = 0;
  support_logs.caught = g_string_new (NULL);
  pthread_mutex_unlock (&support_logs.lock);
}

/* Ends that, and returns the messages, one per line */
static inline char *
logs_release (void)
{
  char *caught;

  pthread_mutex_lock (&support_logs.lock);
  support_logs.catching = FALSE;
  caught = g_string_free (g_steal_pointer (&support_logs.caught), FALSE);
  pthread_mutex_unlock (&support_logs.lock);

  return caught;
}

#define assert_logged(pattern) \
  G_STMT_START \
    { \
      g_autofree char *logged = logs_release (); \
\
      if (!g_pattern_match_simple (pattern, logged)) \
        g_error ("'%s' was logged, not '%s'", logged, pattern); \
    } \
  G_STMT_END
