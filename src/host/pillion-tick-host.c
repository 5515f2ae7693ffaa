/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include <errno.h>
#include <time.h>

#include <pillion/pillion.h>

#include "core/pillion-core.h"
#include "core/pillion-interrupt.h"
#include "base/pillion-sync.h"
#include "host/pillion-host-loops.h"

/**
 * PillionTickHost:
 *
 * A simulated frame loop: a host that draws frames at a steady rate, works for a while in each, and can stall.
 *
 * ```c
 * g_autoptr (PillionTickHost) host = pillion_tick_host_new ("my-game", 60.0);
 *
 * pillion_loop_ensure (loop, PILLION_HOST (host), &error);
 * pillion_tick_host_run (host, 0);
 * ```
 *
 * Use it to show, test and measure what a real host would experience. [method@Pillion.TickHost.run] emits
 * [signal@Pillion.TickHost::frame], keeps the processor busy for [property@Pillion.TickHost:work-usec], kicks
 * the loops that ride, and sleeps until the next frame is due. It records how long each frame took, and the
 * kicks in it.
 *
 * As in a program that waits for the screen, a frame that takes too long delays the next one to the next full
 * period.
 *
 * Since: 1.0
 */
struct _PillionTickHost
{
  GObject parent_instance;

  char *name;
  double rate;
  gint64 work_usec;
  PillionHostLoops loops;
  GHashTable *stalls; /* frame → µs, as pointers to gint64 */
  GArray *frame_times;
  GArray *kick_times;
  guint late_frames;
  guint n_runs;         /* how many runs are on the stack */
  gboolean interrupted; /* whether all runs have to end */
  gboolean quit;
};

enum
{
  PROP_NAME = 1,
  PROP_RATE,
  PROP_WORK_USEC,
  N_PROPS
};

enum
{
  SIGNAL_FRAME,
  N_SIGNALS
};

static GParamSpec *properties[N_PROPS];
static guint signals[N_SIGNALS];

static void host_iface_init (PillionHostInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (PillionTickHost,
                               pillion_tick_host,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (PILLION_TYPE_HOST, host_iface_init))

static const char *
pillion_tick_host_get_name (PillionHost *host)
{
  return PILLION_TICK_HOST (host)->name;
}

static gboolean
pillion_tick_host_install (PillionHost *host,
                           PillionLoop *loop,
                           GError **error)
{
  pillion_host_loops_add (&PILLION_TICK_HOST (host)->loops, loop);
  return TRUE;
}

static void
pillion_tick_host_remove (PillionHost *host,
                          PillionLoop *loop)
{
  pillion_host_loops_remove (&PILLION_TICK_HOST (host)->loops, loop);
}

static void
host_iface_init (PillionHostInterface *iface)
{
  iface->get_name = pillion_tick_host_get_name;
  iface->install = pillion_tick_host_install;
  iface->remove = pillion_tick_host_remove;
}

static void
pillion_tick_host_finalize (GObject *object)
{
  PillionTickHost *self = PILLION_TICK_HOST (object);

  pillion_sync_acquire (self);

  pillion_host_loops_clear (&self->loops);
  g_hash_table_unref (self->stalls);
  g_array_unref (self->frame_times);
  g_array_unref (self->kick_times);
  g_free (self->name);

  G_OBJECT_CLASS (pillion_tick_host_parent_class)->finalize (object);
}

static void
pillion_tick_host_get_property (GObject *object,
                                guint prop_id,
                                GValue *value,
                                GParamSpec *pspec)
{
  PillionTickHost *self = PILLION_TICK_HOST (object);

  switch (prop_id)
    {
    case PROP_NAME:
      g_value_set_string (value, self->name);
      break;
    case PROP_RATE:
      g_value_set_double (value, self->rate);
      break;
    case PROP_WORK_USEC:
      g_value_set_int64 (value, self->work_usec);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
pillion_tick_host_set_property (GObject *object,
                                guint prop_id,
                                const GValue *value,
                                GParamSpec *pspec)
{
  PillionTickHost *self = PILLION_TICK_HOST (object);

  switch (prop_id)
    {
    case PROP_NAME:
      self->name = g_value_dup_string (value);
      break;
    case PROP_RATE:
      self->rate = g_value_get_double (value);
      break;
    case PROP_WORK_USEC:
      pillion_tick_host_set_work_usec (self, g_value_get_int64 (value));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
pillion_tick_host_class_init (PillionTickHostClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->finalize = pillion_tick_host_finalize;
  object_class->get_property = pillion_tick_host_get_property;
  object_class->set_property = pillion_tick_host_set_property;

  /**
   * PillionTickHost:name:
   *
   * The name under which the hooks are known.
   *
   * Since: 1.0
   */
  properties[PROP_NAME] =
    g_param_spec_string ("name", NULL, NULL, "tick",
                         G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS);

  /**
   * PillionTickHost:rate: (getter get_rate)
   *
   * How many frames per second the host draws.
   *
   * Since: 1.0
   */
  properties[PROP_RATE] =
    g_param_spec_double ("rate", NULL, NULL, 0.01, 100000.0, 60.0,
                         G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS);

  /**
   * PillionTickHost:work-usec: (getter get_work_usec) (setter set_work_usec)
   *
   * How long the host keeps the processor busy in each frame, in µs.
   *
   * Since: 1.0
   */
  properties[PROP_WORK_USEC] =
    g_param_spec_int64 ("work-usec", NULL, NULL, 0, G_MAXINT64, 0,
                        G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);

  g_object_class_install_properties (object_class, N_PROPS, properties);

  /**
   * PillionTickHost::frame:
   * @self: the host
   * @frame: the number of the frame, counted from 0
   *
   * Emitted once per frame, before the host's work and the kicks.
   *
   * Since: 1.0
   */
  signals[SIGNAL_FRAME] = g_signal_new ("frame", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                        G_TYPE_NONE, 1, G_TYPE_UINT);
}

static void
pillion_tick_host_init (PillionTickHost *self)
{
  pillion_host_loops_init (&self->loops);
  self->stalls = g_hash_table_new_full (NULL, NULL, NULL, g_free);
  self->frame_times = g_array_new (FALSE, FALSE, sizeof (gint64));
  self->kick_times = g_array_new (FALSE, FALSE, sizeof (gint64));
}

/**
 * pillion_tick_host_new:
 * @name: the name under which the hooks are known
 * @rate: how many frames per second the host draws, from 0.01 to 100,000
 *
 * Creates a simulated frame loop.
 *
 * Returns: (transfer full): a new host
 *
 * Since: 1.0
 */
PillionTickHost *
pillion_tick_host_new (const char *name,
                       double rate)
{
  g_return_val_if_fail (name != NULL, NULL);
  g_return_val_if_fail (rate >= 0.01 && rate <= 100000.0, NULL);

  return g_object_new (PILLION_TYPE_TICK_HOST, "name", name, "rate", rate, NULL);
}

/**
 * pillion_tick_host_get_rate: (get-property rate)
 * @self: a host
 *
 * Gets the frame rate.
 *
 * Returns: how many frames per second the host draws
 *
 * Since: 1.0
 */
double
pillion_tick_host_get_rate (PillionTickHost *self)
{
  g_return_val_if_fail (PILLION_IS_TICK_HOST (self), 0.0);

  return self->rate;
}

/**
 * pillion_tick_host_get_work_usec: (get-property work-usec)
 * @self: a host
 *
 * Returns how long the host keeps the processor busy in each frame.
 *
 * Returns: the time in µs
 *
 * Since: 1.0
 */
gint64
pillion_tick_host_get_work_usec (PillionTickHost *self)
{
  g_return_val_if_fail (PILLION_IS_TICK_HOST (self), 0);

  return self->work_usec;
}

/**
 * pillion_tick_host_set_work_usec: (set-property work-usec)
 * @self: a host
 * @work_usec: the time in µs
 *
 * Sets how long the host keeps the processor busy in each frame.
 *
 * Since: 1.0
 */
void
pillion_tick_host_set_work_usec (PillionTickHost *self,
                                 gint64 work_usec)
{
  g_return_if_fail (PILLION_IS_TICK_HOST (self));
  g_return_if_fail (work_usec >= 0);

  if (self->work_usec != work_usec)
    {
      self->work_usec = work_usec;
      g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_WORK_USEC]);
    }
}

/**
 * pillion_tick_host_add_stall:
 * @self: a host
 * @frame: the number of the frame, counted from 0 at each run
 * @duration: how much longer that frame takes, in µs
 *
 * Makes the host stall once, like a program that renders or loads a file.
 *
 * Since: 1.0
 */
void
pillion_tick_host_add_stall (PillionTickHost *self,
                             guint frame,
                             GTimeSpan duration)
{
  g_return_if_fail (PILLION_IS_TICK_HOST (self));
  g_return_if_fail (duration >= 0);

  g_hash_table_insert (self->stalls, GUINT_TO_POINTER (frame), g_memdup2 (&duration, sizeof duration));
}

static void
spin (GTimeSpan duration)
{
  gint64 end = pillion_add_time (g_get_monotonic_time (), duration);

  while (g_get_monotonic_time () < end)
    ;
}

/* Or until a signal arrives */
static void
sleep_once (gint64 time)
{
#ifdef TIMER_ABSTIME
  /* g_get_monotonic_time () is this clock */
  struct timespec until = { .tv_sec = time / G_USEC_PER_SEC, .tv_nsec = time % G_USEC_PER_SEC * 1000 };

  clock_nanosleep (CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
#else
  gint64 left = time - g_get_monotonic_time ();

  if (left > 0)
    g_usleep (left);
#endif
}

/* Returns FALSE if it was interrupted */
static gboolean
sleep_until (gint64 time)
{
  gint64 now;

  while ((now = g_get_monotonic_time ()) < time)
    {
      if (pillion_interrupt_is_due ())
        return FALSE;
      sleep_once (pillion_add_time (now, pillion_interrupt_limit (time - now)));
    }

  return !pillion_interrupt_is_due ();
}

/**
 * pillion_tick_host_run:
 * @self: a host
 * @max_frames: how many frames to draw at most; 0 for no limit
 *
 * Runs the frame loop until [method@Pillion.TickHost.quit] is called or @max_frames have been drawn, and
 * records the times of its frames, forgetting those of an earlier run. It does not end when the loops that ride
 * are out of work: the program carries on, like a real one.
 *
 * A callback may call it again, like a program that opens a modal dialog. That is an inner loop: it goes on
 * with the kicks, and its frames are counted together with those of the outer one.
 * [method@Pillion.TickHost.quit] ends the innermost.
 *
 * Returns: how many frames were drawn
 *
 * Since: 1.0
 */
guint
pillion_tick_host_run (PillionTickHost *self,
                       guint max_frames)
{
  gint64 period, due;
  gboolean outer_quit;
  guint frame;

  g_return_val_if_fail (PILLION_IS_TICK_HOST (self), 0);

  g_object_ref (self);
  outer_quit = self->n_runs > 0 && self->quit;
  self->quit = FALSE;
  if (self->n_runs == 0)
    {
      self->interrupted = FALSE;
      self->late_frames = 0;
      g_array_set_size (self->frame_times, 0);
      g_array_set_size (self->kick_times, 0);
    }
  self->n_runs++;

  period = MAX (1, (gint64) (G_USEC_PER_SEC / self->rate + 0.5));
  due = g_get_monotonic_time ();

  for (frame = 0; !self->quit && !self->interrupted && (max_frames == 0 || frame < max_frames); frame++)
    {
      gint64 start = g_get_monotonic_time ();
      gint64 *stall;
      gint64 kick_start, end, frame_time, kick_time;

      g_signal_emit (self, signals[SIGNAL_FRAME], 0, frame);
      stall = g_hash_table_lookup (self->stalls, GUINT_TO_POINTER (frame));
      spin (pillion_add_time (self->work_usec, stall != NULL ? *stall : 0));

      kick_start = g_get_monotonic_time ();
      pillion_host_loops_kick (&self->loops);
      end = g_get_monotonic_time ();
      kick_time = end - kick_start;

      due += period;
      if (due < end)
        due += (end - due + period - 1) / period * period;
      if (!sleep_until (due))
        self->interrupted = TRUE;

      frame_time = g_get_monotonic_time () - start;
      if (frame_time > period + period / 2)
        self->late_frames++;
      g_array_append_val (self->frame_times, frame_time);
      g_array_append_val (self->kick_times, kick_time);
    }

  self->n_runs--;
  self->quit = outer_quit;
  g_object_unref (self);

  return frame;
}

/**
 * pillion_tick_host_quit:
 * @self: a host
 *
 * Ends [method@Pillion.TickHost.run] after the current frame. Call it from a callback on the host's thread.
 *
 * Since: 1.0
 */
void
pillion_tick_host_quit (PillionTickHost *self)
{
  g_return_if_fail (PILLION_IS_TICK_HOST (self));

  self->quit = TRUE;
}

/**
 * pillion_tick_host_get_frames:
 * @self: a host
 *
 * Returns how many frames the current run has drawn so far, or the last run in total.
 *
 * Returns: the number of frames
 *
 * Since: 1.0
 */
guint
pillion_tick_host_get_frames (PillionTickHost *self)
{
  g_return_val_if_fail (PILLION_IS_TICK_HOST (self), 0);

  return self->frame_times->len;
}

/**
 * pillion_tick_host_get_late_frames:
 * @self: a host
 *
 * Returns how many frames of the run took more than one and a half periods.
 *
 * Returns: the number of late frames
 *
 * Since: 1.0
 */
guint
pillion_tick_host_get_late_frames (PillionTickHost *self)
{
  g_return_val_if_fail (PILLION_IS_TICK_HOST (self), 0);

  return self->late_frames;
}

static gint64 *
dup_times (GArray *times,
           gsize *n_times)
{
  *n_times = times->len;
  return times->len > 0 ? g_memdup2 (times->data, times->len * sizeof (gint64)) : NULL;
}

/**
 * pillion_tick_host_get_frame_times:
 * @self: a host
 * @n_times: (out): how many there are
 *
 * Returns how long each frame of the run took from its start to the start of the next one, in µs.
 *
 * Returns: (transfer full) (array length=n_times) (nullable): the times, oldest first; %NULL if there are none
 *
 * Since: 1.0
 */
gint64 *
pillion_tick_host_get_frame_times (PillionTickHost *self,
                                   gsize *n_times)
{
  g_return_val_if_fail (PILLION_IS_TICK_HOST (self), NULL);
  g_return_val_if_fail (n_times != NULL, NULL);

  return dup_times (self->frame_times, n_times);
}

/**
 * pillion_tick_host_get_kick_times:
 * @self: a host
 * @n_times: (out): how many there are
 *
 * Returns how long the kicks of each frame of the run took, in µs.
 *
 * Returns: (transfer full) (array length=n_times) (nullable): the times, oldest first; %NULL if there are none
 *
 * Since: 1.0
 */
gint64 *
pillion_tick_host_get_kick_times (PillionTickHost *self,
                                  gsize *n_times)
{
  g_return_val_if_fail (PILLION_IS_TICK_HOST (self), NULL);
  g_return_val_if_fail (n_times != NULL, NULL);

  return dup_times (self->kick_times, n_times);
}
