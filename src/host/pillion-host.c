/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include <pillion/pillion.h>

/**
 * PillionHost:
 *
 * A program with a main loop of its own, which kicks the loops that ride on it.
 *
 * A host does little: it installs a hook that calls [method@Pillion.Loop.kick] once a tick, and removes it
 * again. Four hosts are built in: [class@Pillion.CallbackHost], which is made of functions and is what programs
 * in Python or JavaScript use, [class@Pillion.GlibHost], [class@Pillion.TickHost] and [class@Pillion.TestHost].
 * A program in C or Vala may also implement the interface.
 *
 * A host has a name, by which its hooks are found and removed ([func@Pillion.Loop.stop_by_name]). Reloaded code
 * can therefore find what its previous version installed.
 *
 * All methods except [method@Pillion.Host.wake] belong to the host's thread, which is also the thread of the
 * loops that ride on it. A loop keeps a reference to its host for as long as it rides.
 *
 * Since: 1.0
 */
G_DEFINE_INTERFACE (PillionHost, pillion_host, G_TYPE_OBJECT)

static gboolean
pillion_host_default_install (PillionHost *host,
                              PillionLoop *loop,
                              GError **error)
{
  return TRUE;
}

static void
pillion_host_default_remove (PillionHost *host,
                             PillionLoop *loop)
{
}

static void
pillion_host_default_wake (PillionHost *host)
{
}

static gint64
pillion_host_default_get_now (PillionHost *host)
{
  return g_get_monotonic_time ();
}

static gboolean
pillion_host_default_skip_to (PillionHost *host,
                              gint64 time)
{
  return FALSE;
}

static gboolean
pillion_host_default_runs_context (PillionHost *host,
                                   GMainContext *context)
{
  return FALSE;
}

static gboolean
pillion_host_default_keeps_hook (PillionHost *host)
{
  return FALSE;
}

static const char *
pillion_host_default_get_name (PillionHost *host)
{
  return G_OBJECT_TYPE_NAME (host);
}

static void
pillion_host_default_init (PillionHostInterface *iface)
{
  iface->get_name = pillion_host_default_get_name;
  iface->install = pillion_host_default_install;
  iface->remove = pillion_host_default_remove;
  iface->wake = pillion_host_default_wake;
  iface->get_now = pillion_host_default_get_now;
  iface->skip_to = pillion_host_default_skip_to;
  iface->runs_context = pillion_host_default_runs_context;
  iface->keeps_hook = pillion_host_default_keeps_hook;
}

/**
 * pillion_host_get_name:
 * @host: a host
 *
 * Gets the name under which the hooks of @host are known.
 *
 * Returns: the name
 *
 * Since: 1.0
 */
const char *
pillion_host_get_name (PillionHost *host)
{
  const char *name;

  g_return_val_if_fail (PILLION_IS_HOST (host), NULL);

  name = PILLION_HOST_GET_IFACE (host)->get_name (host);
  /* An implementation in another language may return nothing, or fail */
  return name != NULL ? name : pillion_host_default_get_name (host);
}

/**
 * pillion_host_install:
 * @host: a host
 * @loop: the loop to kick
 * @error: return location for an error
 *
 * Makes @host kick @loop once a tick from now on. Programs don't call this; [method@Pillion.Loop.ensure] does.
 *
 * Returns: whether it could; if not, @error is set, to whatever error the host has
 *
 * Since: 1.0
 */
gboolean
pillion_host_install (PillionHost *host,
                      PillionLoop *loop,
                      GError **error)
{
  g_return_val_if_fail (PILLION_IS_HOST (host), FALSE);
  g_return_val_if_fail (PILLION_IS_LOOP (loop), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return PILLION_HOST_GET_IFACE (host)->install (host, loop, error);
}

/**
 * pillion_host_remove:
 * @host: a host
 * @loop: the loop to stop kicking
 *
 * Makes @host stop kicking @loop. Programs don't call this; [method@Pillion.Loop.stop] does, and so does the
 * loop itself when it is out of work.
 *
 * Since: 1.0
 */
void
pillion_host_remove (PillionHost *host,
                     PillionLoop *loop)
{
  g_return_if_fail (PILLION_IS_HOST (host));
  g_return_if_fail (PILLION_IS_LOOP (loop));

  PILLION_HOST_GET_IFACE (host)->remove (host, loop);
}

/**
 * pillion_host_wake:
 * @host: a host
 *
 * Wakes @host, so that it kicks soon. A loop calls this, from any thread, at most once between two kicks and
 * never during a kick. It does nothing if the host ticks by itself.
 *
 * Since: 1.0
 */
void
pillion_host_wake (PillionHost *host)
{
  g_return_if_fail (PILLION_IS_HOST (host));

  PILLION_HOST_GET_IFACE (host)->wake (host);
}

/**
 * pillion_host_get_now:
 * @host: a host
 *
 * Gets the time on the clock of @host, which timers use.
 *
 * Returns: the time in µs; the monotonic one unless the host has a clock of its own
 *
 * Since: 1.0
 */
gint64
pillion_host_get_now (PillionHost *host)
{
  g_return_val_if_fail (PILLION_IS_HOST (host), 0);

  return PILLION_HOST_GET_IFACE (host)->get_now (host);
}

/**
 * pillion_host_has_own_clock:
 * @host: a host
 *
 * Checks whether @host has a clock of its own, such as a virtual one. If not, read the monotonic clock instead
 * of asking the host, which saves a call.
 *
 * Returns: whether it has a clock of its own
 *
 * Since: 1.0
 */
gboolean
pillion_host_has_own_clock (PillionHost *host)
{
  g_return_val_if_fail (PILLION_IS_HOST (host), FALSE);

  return PILLION_HOST_GET_IFACE (host)->get_now != pillion_host_default_get_now;
}

/**
 * pillion_host_has_virtual_clock:
 * @host: a host
 *
 * Checks whether the clock of @host is a virtual one, which moves only when told: whether the host has
 * `skip_to`. A host that only has `get_now` counts real time from another starting point.
 *
 * Returns: whether it is virtual
 *
 * Since: 1.0
 */
gboolean
pillion_host_has_virtual_clock (PillionHost *host)
{
  g_return_val_if_fail (PILLION_IS_HOST (host), FALSE);

  return PILLION_HOST_GET_IFACE (host)->skip_to != pillion_host_default_skip_to;
}

/**
 * pillion_host_runs_context:
 * @host: a host
 * @context: a context
 *
 * Checks whether the main loop of @host runs @context by itself. A loop on this context becomes a passenger,
 * and no hook is installed.
 *
 * Returns: whether it does; %FALSE if the host does not know
 *
 * Since: 1.0
 */
gboolean
pillion_host_runs_context (PillionHost *host,
                           GMainContext *context)
{
  g_return_val_if_fail (PILLION_IS_HOST (host), FALSE);
  g_return_val_if_fail (context != NULL, FALSE);

  return PILLION_HOST_GET_IFACE (host)->runs_context (host, context);
}

/**
 * pillion_host_keeps_hook:
 * @host: a host
 *
 * Checks whether @host keeps kicking while Pillion has nothing to do, so that sources that other code
 * attached to the context are served, as if [property@Pillion.Loop:auto-stop] were off.
 *
 * Returns: whether it does
 *
 * Since: 1.0
 */
gboolean
pillion_host_keeps_hook (PillionHost *host)
{
  g_return_val_if_fail (PILLION_IS_HOST (host), FALSE);

  return PILLION_HOST_GET_IFACE (host)->keeps_hook (host);
}

/**
 * pillion_host_skip_to:
 * @host: a host
 * @time_usec: a time of the host's clock, in µs
 *
 * Moves a virtual clock forward to @time_usec. A loop calls this instead of sleeping until then.
 *
 * Returns: whether the clock was moved; FALSE if time passes by itself, so that the loop has to sleep
 *
 * Since: 1.0
 */
gboolean
pillion_host_skip_to (PillionHost *host,
                      gint64 time_usec)
{
  g_return_val_if_fail (PILLION_IS_HOST (host), FALSE);

  return PILLION_HOST_GET_IFACE (host)->skip_to (host, time_usec);
}
