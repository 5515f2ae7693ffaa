/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include <pillion/pillion.h>

#include "core/pillion-core.h"
#include "core/pillion-interrupt.h"
#include "base/pillion-sync.h"
#include "host/pillion-host-loops.h"

/**
 * PillionTestHost:
 *
 * A host for tests, whose clock moves only when told, or jumps to the next deadline when everything is idle.
 *
 * ```c
 * g_autoptr (PillionTestHost) host = pillion_test_host_new ();
 * g_autoptr (PillionTask) task = NULL;
 *
 * pillion_loop_ensure (loop, PILLION_HOST (host), &error);
 * task = pillion_loop_sleep (loop, 3600 * G_TIME_SPAN_SECOND, NULL);
 * pillion_test_host_run_until_idle (host);
 * g_assert_true (pillion_task_is_done (task));
 * ```
 *
 * An hour passes at once, and always in the same order. The virtual clock drives Pillion's own timers:
 * [method@Pillion.Loop.sleep] and [method@Pillion.Loop.call_later]. Work on other threads, such as transfers
 * and [method@Pillion.Loop.run_in_thread], takes real time: the clock waits for it, and then jumps. GLib's own
 * timeouts run on the real clock.
 *
 * The clock starts at one second.
 *
 * Since: 1.0
 */
struct _PillionTestHost
{
  GObject parent_instance;

  gint64 now;
  PillionHostLoops loops;

  GMutex lock;
  GCond cond;
  gboolean woken; /* under the lock */
};

static void host_iface_init (PillionHostInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (PillionTestHost,
                               pillion_test_host,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (PILLION_TYPE_HOST, host_iface_init))

static const char *
pillion_test_host_get_name (PillionHost *host)
{
  return "test";
}

static gboolean
pillion_test_host_install (PillionHost *host,
                           PillionLoop *loop,
                           GError **error)
{
  pillion_host_loops_add (&PILLION_TEST_HOST (host)->loops, loop);
  return TRUE;
}

static void
pillion_test_host_remove (PillionHost *host,
                          PillionLoop *loop)
{
  pillion_host_loops_remove (&PILLION_TEST_HOST (host)->loops, loop);
}

static void
pillion_test_host_wake (PillionHost *host)
{
  PillionTestHost *self = PILLION_TEST_HOST (host);

  pillion_mutex_lock (&self->lock);
  self->woken = TRUE;
  g_cond_signal (&self->cond);
  pillion_mutex_unlock (&self->lock);
}

static gint64
pillion_test_host_get_now (PillionHost *host)
{
  return PILLION_TEST_HOST (host)->now;
}

static gboolean
pillion_test_host_skip_to (PillionHost *host,
                           gint64 time)
{
  PillionTestHost *self = PILLION_TEST_HOST (host);

  self->now = MAX (self->now, time);
  return TRUE;
}

static void
host_iface_init (PillionHostInterface *iface)
{
  iface->get_name = pillion_test_host_get_name;
  iface->install = pillion_test_host_install;
  iface->remove = pillion_test_host_remove;
  iface->wake = pillion_test_host_wake;
  iface->get_now = pillion_test_host_get_now;
  iface->skip_to = pillion_test_host_skip_to;
}

static void
pillion_test_host_finalize (GObject *object)
{
  PillionTestHost *self = PILLION_TEST_HOST (object);

  pillion_sync_acquire (self);

  pillion_host_loops_clear (&self->loops);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->cond);

  G_OBJECT_CLASS (pillion_test_host_parent_class)->finalize (object);
}

static void
pillion_test_host_class_init (PillionTestHostClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = pillion_test_host_finalize;
}

static void
pillion_test_host_init (PillionTestHost *self)
{
  self->now = G_USEC_PER_SEC;
  pillion_host_loops_init (&self->loops);
  g_mutex_init (&self->lock);
  g_cond_init (&self->cond);
}

/**
 * pillion_test_host_new:
 *
 * Creates a host with a virtual clock. Its name is `test`.
 *
 * Returns: (transfer full): a new host
 *
 * Since: 1.0
 */
PillionTestHost *
pillion_test_host_new (void)
{
  return g_object_new (PILLION_TYPE_TEST_HOST, NULL);
}

typedef struct
{
  gint64 next;   /* the earliest deadline, 0 for now, -1 for none */
  int external;  /* how many tasks other threads will finish */
} Outlook;

static guint
kick_all (PillionTestHost *self)
{
  pillion_mutex_lock (&self->lock);
  self->woken = FALSE;
  pillion_mutex_unlock (&self->lock);

  return pillion_host_loops_kick (&self->loops);
}

static Outlook
look_out (PillionTestHost *self)
{
  g_autoptr (GPtrArray) loops = pillion_host_loops_list (&self->loops);
  Outlook outlook = { -1, 0 };

  for (guint i = 0; i < loops->len; i++)
    {
      PillionCore *core = pillion_core (loops->pdata[i]);
      gint64 deadline;

      /* In this order: what a thread does becomes ready before it is no longer counted */
      outlook.external += __atomic_load_n (&core->n_external, __ATOMIC_SEQ_CST);
      deadline = pillion_loop_get_deadline (loops->pdata[i]);
      if (deadline >= 0 && (outlook.next < 0 || deadline < outlook.next))
        outlook.next = deadline;
    }

  return outlook;
}

/* Returns FALSE if it was interrupted */
static gboolean
wait_until_woken (PillionTestHost *self)
{
  gboolean interrupted = FALSE;

  pillion_mutex_lock (&self->lock);
  while (!self->woken && !interrupted)
    {
      gint64 limit = pillion_interrupt_limit (-1);

      if (limit < 0)
        {
          pillion_cond_wait (&self->cond, &self->lock);
        }
      else if (!pillion_cond_wait_until (&self->cond, &self->lock, g_get_monotonic_time () + limit))
        {
          /* The function that is asked may wake this host */
          pillion_mutex_unlock (&self->lock);
          interrupted = pillion_interrupt_is_due ();
          pillion_mutex_lock (&self->lock);
        }
    }
  pillion_mutex_unlock (&self->lock);

  return !interrupted;
}

/**
 * pillion_test_host_advance:
 * @self: a host
 * @delta: by how much, in µs
 *
 * Moves the clock forward by @delta. It stops at each deadline on the way and kicks the loops that ride until
 * nothing is ready. It doesn't wait for other threads.
 *
 * Returns: how many kicks that took
 *
 * Since: 1.0
 */
guint
pillion_test_host_advance (PillionTestHost *self,
                           GTimeSpan delta)
{
  gint64 end;
  guint n_kicks = 0;

  g_return_val_if_fail (PILLION_IS_TEST_HOST (self), 0);
  g_return_val_if_fail (delta >= 0, 0);

  end = pillion_add_time (self->now, delta);
  for (;;)
    {
      Outlook outlook;

      n_kicks += kick_all (self);
      outlook = look_out (self);
      if (outlook.next == 0)
        continue;
      if (self->now >= end)
        break;
      self->now = outlook.next > 0 ? CLAMP (outlook.next, self->now, end) : end;
    }

  return n_kicks;
}

/**
 * pillion_test_host_run_until_idle:
 * @self: a host
 *
 * Kicks the loops that ride until they are out of work. If nothing is ready, it waits for what other threads
 * are doing for them; if that is nothing, the clock jumps to the next deadline.
 *
 * A loop that is held, or that has a task which nothing will finish, counts as idle.
 *
 * Returns: how many kicks that took
 *
 * Since: 1.0
 */
guint
pillion_test_host_run_until_idle (PillionTestHost *self)
{
  guint n_kicks = 0;

  g_return_val_if_fail (PILLION_IS_TEST_HOST (self), 0);

  while (!pillion_interrupt_is_due ())
    {
      Outlook outlook;

      n_kicks += kick_all (self);
      outlook = look_out (self);
      if (outlook.next == 0)
        continue;
      if (outlook.external > 0)
        {
          if (!wait_until_woken (self))
            break;
        }
      else if (outlook.next > 0)
        self->now = MAX (self->now, outlook.next);
      else
        break;
    }

  return n_kicks;
}
