/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "../test-support.h"
#include "fake-host.h"

/* The interface: a class that implements all of it, and one that implements nothing */

#define BARE_TYPE_HOST (bare_host_get_type ())
G_DECLARE_FINAL_TYPE (BareHost, bare_host, BARE, HOST, GObject)

struct _BareHost
{
  GObject parent_instance;
};

static void
bare_host_iface_init (PillionHostInterface *iface)
{
}

G_DEFINE_FINAL_TYPE_WITH_CODE (BareHost,
                               bare_host,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (PILLION_TYPE_HOST, bare_host_iface_init))

static void
bare_host_class_init (BareHostClass *klass)
{
}

static void
bare_host_init (BareHost *self)
{
}

static void
count (gpointer data)
{
  (*(int *) data)++;
}

static void
test_bare (void)
{
  PillionLoop *loop = loop_new ();
  PillionHost *host = g_object_new (BARE_TYPE_HOST, NULL);
  g_autoptr (GError) error = NULL;
  gint64 before = g_get_monotonic_time ();
  gint64 now = pillion_host_get_now (host);
  int n = 0;

  g_assert_cmpstr (pillion_host_get_name (host), ==, "BareHost");
  g_assert_cmpint (now, >=, before);
  g_assert_cmpint (now, <=, g_get_monotonic_time ());
  g_assert_false (pillion_host_skip_to (host, now + 5));
  pillion_host_wake (host);
  g_assert_true (pillion_host_install (host, loop, &error));
  pillion_host_remove (host, loop);

  /* It kicks by itself */
  g_assert_true (pillion_loop_ensure (loop, host, &error));
  g_assert_no_error (error);
  pillion_loop_call_soon (loop, count, &n, NULL);
  pillion_loop_kick (loop);
  g_assert_cmpint (n, ==, 1);
  loop_end (loop);
  end_object (host);
}

static void
test_own_class (void)
{
  PillionLoop *loop = loop_new ();
  FakeHost *host = fake_host_new ("own");
  int n = 0;

  g_assert_cmpstr (pillion_host_get_name (PILLION_HOST (host)), ==, "own");
  g_assert_true (pillion_loop_ensure (loop, PILLION_HOST (host), NULL));
  g_assert_cmpint (host->n_installs, ==, 1);
  pillion_loop_call_soon (loop, count, &n, NULL);
  g_assert_cmpint (get_atomic (&host->n_wakes), ==, 1);
  while (fake_host_tick (host))
    ;
  g_assert_cmpint (n, ==, 1);
  g_assert_cmpint (host->n_removes, ==, 1);
  loop_end (loop);
  end_object (host);
}

/* The program drops its host: the loop keeps it as long as it may ride on it */
static void
test_host_dropped (void)
{
  PillionLoop *loop = loop_new ();
  FakeHost *host = fake_host_new ("dropped");
  gpointer weak = host;

  g_assert_true (pillion_loop_ensure (loop, PILLION_HOST (host), NULL));
  g_object_add_weak_pointer (G_OBJECT (host), &weak);
  g_object_unref (host);
  g_assert_nonnull (weak);
  g_assert_true (fake_host_tick (host));
  loop_end (loop);
  g_assert_null (weak);
}

/* The loop is dropped while the host holds its hook */
static void
test_loop_dropped (void)
{
  PillionHost *hosts[] = {
    PILLION_HOST (fake_host_new ("fake")),
    PILLION_HOST (pillion_callback_host_new ("callback")),
    PILLION_HOST (pillion_glib_host_new ("glib", NULL)),
    PILLION_HOST (pillion_tick_host_new ("tick", 1000.0)),
    PILLION_HOST (pillion_test_host_new ()),
  };

  for (guint i = 0; i < G_N_ELEMENTS (hosts); i++)
    {
      PillionLoop *loop = loop_new ();

      g_assert_true (pillion_loop_ensure (loop, hosts[i], NULL));
      end_object (loop);
      g_assert_null (pillion_loop_find_by_name (pillion_host_get_name (hosts[i])));
      while (g_main_context_iteration (NULL, FALSE))
        ;
      if (PILLION_IS_TICK_HOST (hosts[i]))
        pillion_tick_host_run (PILLION_TICK_HOST (hosts[i]), 2);
      if (PILLION_IS_TEST_HOST (hosts[i]))
        pillion_test_host_advance (PILLION_TEST_HOST (hosts[i]), 1000);
      end_object (hosts[i]);
    }
}

/* The same if the loop is out of work, and the host only remembers it */
static void
test_idle_loop_dropped (void)
{
  PillionHost *hosts[] = {
    PILLION_HOST (pillion_glib_host_new ("glib", NULL)),
    PILLION_HOST (pillion_tick_host_new ("tick", 1000.0)),
    PILLION_HOST (pillion_test_host_new ()),
  };

  for (guint i = 0; i < G_N_ELEMENTS (hosts); i++)
    {
      PillionLoop *loop = loop_new ();

      g_assert_true (pillion_loop_ensure (loop, hosts[i], NULL));
      while (pillion_loop_kick (loop))
        ;
      g_assert_false (pillion_loop_is_riding (loop));
      end_object (loop);
      end_object (hosts[i]);
    }
}

/* A loop that was stopped releases its host, and what a binding passed to it */
static void
test_host_after_stop (void)
{
  PillionLoop *loop = loop_new ();
  FakeHost *host = fake_host_new ("stopped");
  FakeHost *next = fake_host_new ("next");

  g_assert_true (pillion_loop_ensure (loop, PILLION_HOST (host), NULL));
  pillion_loop_stop (loop);
  g_assert_null (pillion_loop_get_host (loop));
  end_object (host);
  g_assert_true (pillion_loop_ensure (loop, PILLION_HOST (next), NULL));
  loop_end (loop);
  end_object (next);
}

/* A clock that counts real time from another starting point */

#define EPOCH_TYPE_HOST (epoch_host_get_type ())
G_DECLARE_FINAL_TYPE (EpochHost, epoch_host, EPOCH, HOST, GObject)

struct _EpochHost
{
  GObject parent_instance;
};

#define EPOCH (1000 * G_TIME_SPAN_HOUR)

static gint64
epoch_host_get_now (PillionHost *host)
{
  return g_get_monotonic_time () + EPOCH;
}

static void
epoch_host_iface_init (PillionHostInterface *iface)
{
  iface->get_now = epoch_host_get_now;
}

G_DEFINE_FINAL_TYPE_WITH_CODE (EpochHost,
                               epoch_host,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (PILLION_TYPE_HOST, epoch_host_iface_init))

static void
epoch_host_class_init (EpochHostClass *klass)
{
}

static void
epoch_host_init (EpochHost *self)
{
}

static void
test_other_epoch (void)
{
  PillionLoop *loop = loop_new ();
  g_autoptr (EpochHost) host = g_object_new (EPOCH_TYPE_HOST, NULL);
  g_autoptr (GSource) source = g_timeout_source_new (3600 * 1000);
  PillionTask *task;
  GTimeSpan timeout;
  gint64 left;

  g_assert_true (pillion_host_has_own_clock (PILLION_HOST (host)));
  g_assert_false (pillion_host_has_virtual_clock (PILLION_HOST (host)));
  g_source_attach (source, pillion_loop_get_context (loop));
  pillion_loop_hold (loop);
  g_assert_true (pillion_loop_ensure (loop, PILLION_HOST (host), NULL));
  kick_until_quiet (loop);

  /* GLib's timeouts count, on the host's clock */
  left = pillion_loop_get_deadline (loop) - pillion_host_get_now (PILLION_HOST (host));
  g_assert_cmpint (left, >, 3500 * G_TIME_SPAN_SECOND);
  g_assert_cmpint (left, <=, 3600 * G_TIME_SPAN_SECOND + G_TIME_SPAN_MILLISECOND);
  g_assert_cmpint (pillion_loop_prepare_sleep (loop, NULL, &timeout), ==, PILLION_SLEEP_WAIT);
  g_assert_cmpint (timeout, <=, 3600 * G_TIME_SPAN_SECOND + G_TIME_SPAN_MILLISECOND);

  /* Time passes by itself */
  task = pillion_loop_sleep (loop, 2000, NULL);
  g_assert_true (pillion_loop_run_until_complete (loop, task, NULL));
  g_object_unref (task);
  g_source_destroy (source);
  pillion_loop_release (loop);
  loop_end (loop);
}

static void
test_what_hosts_tell (void)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (PillionGlibHost) glib = pillion_glib_host_new ("glib", context);
  g_autoptr (PillionTestHost) test = pillion_test_host_new ();

  g_assert_true (pillion_host_runs_context (PILLION_HOST (glib), context));
  g_assert_false (pillion_host_runs_context (PILLION_HOST (glib), g_main_context_default ()));
  g_assert_false (pillion_host_runs_context (PILLION_HOST (test), context));
  g_assert_true (pillion_host_has_virtual_clock (PILLION_HOST (test)));
  g_assert_false (pillion_host_has_virtual_clock (PILLION_HOST (glib)));
  g_assert_false (pillion_host_keeps_hook (PILLION_HOST (glib)));
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/host/interface/has-defaults", test_bare);
  g_test_add_func ("/host/interface/own-class", test_own_class);
  g_test_add_func ("/host/interface/host-dropped-while-it-is-ridden-on", test_host_dropped);
  g_test_add_func ("/host/interface/loop-dropped-while-it-rides", test_loop_dropped);
  g_test_add_func ("/host/interface/loop-dropped-while-out-of-work", test_idle_loop_dropped);
  g_test_add_func ("/host/interface/host-dropped-after-stop", test_host_after_stop);
  g_test_add_func ("/host/clock-of-another-epoch-is-no-virtual-one", test_other_epoch);
  g_test_add_func ("/host/tells-of-its-clock-and-context", test_what_hosts_tell);

  return g_test_run ();
}
