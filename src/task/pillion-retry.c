/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "task/pillion-retry-private.h"

#include "core/pillion-closure.h"

/**
 * PillionRetry:
 *
 * Tries again, after a pause, what failed.
 *
 * ```c
 * static PillionTask *
 * attempt (guint number,
 *          gpointer user_data)
 * {
 *   return pillion_http_client_get_bytes (user_data, "https://example.com/", NULL);
 * }
 *
 * g_autoptr (PillionRetry) retry = pillion_retry_new ();
 *
 * pillion_retry_set_attempts (retry, 5);
 * task = pillion_retry_run (retry, loop, "fetch", NULL, attempt, client, NULL);
 * ```
 *
 * The task has the outcome of the first attempt that succeeds, or of the last one.
 * [method@Pillion.Task.get_children] returns the attempts, each with its own error.
 *
 * ## How long it waits
 *
 * After the first attempt, the pause is [property@Pillion.Retry:initial-delay-usec]; after each further one, it is
 * [property@Pillion.Retry:multiplier] times as long, but never longer than [property@Pillion.Retry:max-delay-usec].
 * So that the clients of a server that comes back do not all ask at the same moment, each pause is shortened at
 * random, by at most the share [property@Pillion.Retry:jitter]: with the default of 0.5, it is between half as
 * long and full length. Pauses run on the host's clock.
 *
 * ## What it tries again
 *
 * Everything except cancelled attempts, unless [method@Pillion.Retry.set_predicate] set a function that
 * decides.
 *
 * A retry only holds the settings. You can use it for many things, even at the same time; a run keeps the
 * settings that it began with. Use it on the loop's thread.
 *
 * Since: 1.0
 */

enum
{
  PROP_ATTEMPTS = 1,
  PROP_INITIAL_DELAY,
  PROP_MAX_DELAY,
  PROP_MULTIPLIER,
  PROP_JITTER,
  PROP_SEED,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

#define DEFAULT_ATTEMPTS 3
#define DEFAULT_INITIAL_DELAY G_TIME_SPAN_SECOND
#define DEFAULT_MAX_DELAY G_TIME_SPAN_MINUTE
#define DEFAULT_MULTIPLIER 2.0
#define DEFAULT_JITTER 0.5

G_DEFINE_FINAL_TYPE (PillionRetry, pillion_retry, G_TYPE_OBJECT)

static void
pillion_retry_finalize (GObject *object)
{
  PillionRetry *self = PILLION_RETRY (object);

  pillion_callback_unref (self->predicate);

  G_OBJECT_CLASS (pillion_retry_parent_class)->finalize (object);
}

static void
pillion_retry_get_property (GObject *object,
                            guint prop_id,
                            GValue *value,
                            GParamSpec *pspec)
{
  PillionRetry *self = PILLION_RETRY (object);

  switch (prop_id)
    {
    case PROP_ATTEMPTS:
      g_value_set_uint (value, self->settings.attempts);
      break;
    case PROP_INITIAL_DELAY:
      g_value_set_int64 (value, self->settings.initial_delay);
      break;
    case PROP_MAX_DELAY:
      g_value_set_int64 (value, self->settings.max_delay);
      break;
    case PROP_MULTIPLIER:
      g_value_set_double (value, self->settings.multiplier);
      break;
    case PROP_JITTER:
      g_value_set_double (value, self->settings.jitter);
      break;
    case PROP_SEED:
      g_value_set_uint (value, self->settings.seed);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
pillion_retry_set_property (GObject *object,
                            guint prop_id,
                            const GValue *value,
                            GParamSpec *pspec)
{
  PillionRetry *self = PILLION_RETRY (object);

  switch (prop_id)
    {
    case PROP_ATTEMPTS:
      pillion_retry_set_attempts (self, g_value_get_uint (value));
      break;
    case PROP_INITIAL_DELAY:
      pillion_retry_set_initial_delay_usec (self, g_value_get_int64 (value));
      break;
    case PROP_MAX_DELAY:
      pillion_retry_set_max_delay_usec (self, g_value_get_int64 (value));
      break;
    case PROP_MULTIPLIER:
      pillion_retry_set_multiplier (self, g_value_get_double (value));
      break;
    case PROP_JITTER:
      pillion_retry_set_jitter (self, g_value_get_double (value));
      break;
    case PROP_SEED:
      pillion_retry_set_seed (self, g_value_get_uint (value));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
pillion_retry_class_init (PillionRetryClass *klass)
{
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS;
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->finalize = pillion_retry_finalize;
  object_class->get_property = pillion_retry_get_property;
  object_class->set_property = pillion_retry_set_property;

  /**
   * PillionRetry:attempts: (getter get_attempts) (setter set_attempts)
   *
   * The maximum number of attempts, including the first.
   *
   * Since: 1.0
   */
  properties[PROP_ATTEMPTS] = g_param_spec_uint ("attempts", NULL, NULL, 1, G_MAXUINT, DEFAULT_ATTEMPTS, flags);

  /**
   * PillionRetry:initial-delay-usec: (getter get_initial_delay_usec) (setter set_initial_delay_usec)
   *
   * The pause after the first attempt, in µs.
   *
   * Since: 1.0
   */
  properties[PROP_INITIAL_DELAY] =
    g_param_spec_int64 ("initial-delay-usec", NULL, NULL, 0, G_MAXINT64, DEFAULT_INITIAL_DELAY, flags);

  /**
   * PillionRetry:max-delay-usec: (getter get_max_delay_usec) (setter set_max_delay_usec)
   *
   * The longest pause between two attempts, in µs.
   *
   * Since: 1.0
   */
  properties[PROP_MAX_DELAY] =
    g_param_spec_int64 ("max-delay-usec", NULL, NULL, 0, G_MAXINT64, DEFAULT_MAX_DELAY, flags);

  /**
   * PillionRetry:multiplier: (getter get_multiplier) (setter set_multiplier)
   *
   * The factor by which each pause is longer than the one before.
   *
   * Since: 1.0
   */
  properties[PROP_MULTIPLIER] =
    g_param_spec_double ("multiplier", NULL, NULL, 1.0, 1000.0, DEFAULT_MULTIPLIER, flags);

  /**
   * PillionRetry:jitter: (getter get_jitter) (setter set_jitter)
   *
   * The share of a pause that is random, from 0 for none to 1 for all of it.
   *
   * Since: 1.0
   */
  properties[PROP_JITTER] = g_param_spec_double ("jitter", NULL, NULL, 0.0, 1.0, DEFAULT_JITTER, flags);

  /**
   * PillionRetry:seed: (getter get_seed) (setter set_seed)
   *
   * The seed of the random numbers. Runs with the same seed, other than 0, have the same pauses. With 0, no two
   * runs do.
   *
   * Since: 1.0
   */
  properties[PROP_SEED] = g_param_spec_uint ("seed", NULL, NULL, 0, G_MAXUINT, 0, flags);

  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
pillion_retry_init (PillionRetry *self)
{
  self->settings = (PillionRetrySettings) {
    .attempts = DEFAULT_ATTEMPTS,
    .initial_delay = DEFAULT_INITIAL_DELAY,
    .max_delay = DEFAULT_MAX_DELAY,
    .multiplier = DEFAULT_MULTIPLIER,
    .jitter = DEFAULT_JITTER,
  };
}

/**
 * pillion_retry_new:
 *
 * Creates settings with three attempts, a pause of one second that doubles each time, up to a minute, and a
 * jitter of 0.5.
 *
 * Returns: (transfer full): a new retry
 *
 * Since: 1.0
 */
PillionRetry *
pillion_retry_new (void)
{
  return g_object_new (PILLION_TYPE_RETRY, NULL);
}

/**
 * pillion_retry_get_attempts: (get-property attempts)
 * @self: a retry
 *
 * Gets the maximum number of attempts.
 *
 * Returns: the number of attempts
 *
 * Since: 1.0
 */
guint
pillion_retry_get_attempts (PillionRetry *self)
{
  g_return_val_if_fail (PILLION_IS_RETRY (self), 0);

  return self->settings.attempts;
}

/**
 * pillion_retry_set_attempts: (set-property attempts)
 * @self: a retry
 * @attempts: the number of attempts, at least 1
 *
 * Sets the maximum number of attempts, including the first.
 *
 * Since: 1.0
 */
void
pillion_retry_set_attempts (PillionRetry *self,
                            guint attempts)
{
  g_return_if_fail (PILLION_IS_RETRY (self));
  g_return_if_fail (attempts >= 1);

  if (self->settings.attempts != attempts)
    {
      self->settings.attempts = attempts;
      g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_ATTEMPTS]);
    }
}

/**
 * pillion_retry_get_initial_delay_usec: (get-property initial-delay-usec)
 * @self: a retry
 *
 * Gets the pause after the first attempt.
 *
 * Returns: the time in µs
 *
 * Since: 1.0
 */
gint64
pillion_retry_get_initial_delay_usec (PillionRetry *self)
{
  g_return_val_if_fail (PILLION_IS_RETRY (self), 0);

  return self->settings.initial_delay;
}

/**
 * pillion_retry_set_initial_delay_usec: (set-property initial-delay-usec)
 * @self: a retry
 * @delay_usec: the time in µs, not negative
 *
 * Sets the pause after the first attempt.
 *
 * Since: 1.0
 */
void
pillion_retry_set_initial_delay_usec (PillionRetry *self,
                                      gint64 delay_usec)
{
  g_return_if_fail (PILLION_IS_RETRY (self));
  g_return_if_fail (delay_usec >= 0);

  if (self->settings.initial_delay != delay_usec)
    {
      self->settings.initial_delay = delay_usec;
      g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_INITIAL_DELAY]);
    }
}

/**
 * pillion_retry_get_max_delay_usec: (get-property max-delay-usec)
 * @self: a retry
 *
 * Gets the longest pause between two attempts.
 *
 * Returns: the time in µs
 *
 * Since: 1.0
 */
gint64
pillion_retry_get_max_delay_usec (PillionRetry *self)
{
  g_return_val_if_fail (PILLION_IS_RETRY (self), 0);

  return self->settings.max_delay;
}

/**
 * pillion_retry_set_max_delay_usec: (set-property max-delay-usec)
 * @self: a retry
 * @delay_usec: the time in µs, not negative
 *
 * Sets the longest pause between two attempts.
 *
 * Since: 1.0
 */
void
pillion_retry_set_max_delay_usec (PillionRetry *self,
                                  gint64 delay_usec)
{
  g_return_if_fail (PILLION_IS_RETRY (self));
  g_return_if_fail (delay_usec >= 0);

  if (self->settings.max_delay != delay_usec)
    {
      self->settings.max_delay = delay_usec;
      g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_MAX_DELAY]);
    }
}

/**
 * pillion_retry_get_multiplier: (get-property multiplier)
 * @self: a retry
 *
 * Gets the factor by which each pause is longer than the one before.
 *
 * Returns: the factor
 *
 * Since: 1.0
 */
double
pillion_retry_get_multiplier (PillionRetry *self)
{
  g_return_val_if_fail (PILLION_IS_RETRY (self), 0.0);

  return self->settings.multiplier;
}

/**
 * pillion_retry_set_multiplier: (set-property multiplier)
 * @self: a retry
 * @multiplier: the factor, from 1 to 1000
 *
 * Sets the factor by which each pause is longer than the one before.
 *
 * Since: 1.0
 */
void
pillion_retry_set_multiplier (PillionRetry *self,
                              double multiplier)
{
  g_return_if_fail (PILLION_IS_RETRY (self));
  g_return_if_fail (multiplier >= 1.0 && multiplier <= 1000.0);

  if (self->settings.multiplier != multiplier)
    {
      self->settings.multiplier = multiplier;
      g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_MULTIPLIER]);
    }
}

/**
 * pillion_retry_get_jitter: (get-property jitter)
 * @self: a retry
 *
 * Gets the share of a pause that is random.
 *
 * Returns: the share
 *
 * Since: 1.0
 */
double
pillion_retry_get_jitter (PillionRetry *self)
{
  g_return_val_if_fail (PILLION_IS_RETRY (self), 0.0);

  return self->settings.jitter;
}

/**
 * pillion_retry_set_jitter: (set-property jitter)
 * @self: a retry
 * @jitter: the share, from 0 to 1
 *
 * Sets the share of a pause that is random: with 0 none of it, with 1 all of it.
 *
 * Since: 1.0
 */
void
pillion_retry_set_jitter (PillionRetry *self,
                          double jitter)
{
  g_return_if_fail (PILLION_IS_RETRY (self));
  g_return_if_fail (jitter >= 0.0 && jitter <= 1.0);

  if (self->settings.jitter != jitter)
    {
      self->settings.jitter = jitter;
      g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_JITTER]);
    }
}

/**
 * pillion_retry_get_seed: (get-property seed)
 * @self: a retry
 *
 * Gets the seed of the random numbers.
 *
 * Returns: the seed; 0 if no two runs begin alike
 *
 * Since: 1.0
 */
guint
pillion_retry_get_seed (PillionRetry *self)
{
  g_return_val_if_fail (PILLION_IS_RETRY (self), 0);

  return self->settings.seed;
}

/**
 * pillion_retry_set_seed: (set-property seed)
 * @self: a retry
 * @seed: the seed; 0 if no two runs are to begin alike
 *
 * Sets the seed of the random numbers, so that a test is the same each time.
 *
 * Since: 1.0
 */
void
pillion_retry_set_seed (PillionRetry *self,
                        guint seed)
{
  g_return_if_fail (PILLION_IS_RETRY (self));

  if (self->settings.seed != seed)
    {
      self->settings.seed = seed;
      g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_SEED]);
    }
}

/**
 * pillion_retry_set_predicate:
 * @self: a retry
 * @func: (scope notified) (closure user_data) (destroy destroy) (nullable): decides whether to try again; %NULL for everything but cancelled attempts
 * @user_data: data for @func
 * @destroy: frees @user_data when @func is not called any more
 *
 * Sets a function that decides whether to try again. It is also asked about cancelled attempts, but not when
 * the run itself was cancelled.
 *
 * Since: 1.0
 */
void
pillion_retry_set_predicate (PillionRetry *self,
                             PillionRetryFunc func,
                             gpointer user_data,
                             GDestroyNotify destroy)
{
  PillionCallback *old;

  g_return_if_fail (PILLION_IS_RETRY (self));

  old = self->predicate;
  self->predicate = pillion_callback_new (G_CALLBACK (func), user_data, destroy);
  pillion_callback_unref (old);
}

/**
 * pillion_retry_set_predicate_closure: (rename-to pillion_retry_set_predicate)
 * @self: a retry
 * @closure: (nullable): decides whether to try again: called with the [type@GLib.Error] and the number of the attempt, a `guint`, it
 *   returns a boolean; %NULL for everything but cancelled attempts
 *
 * Like [method@Pillion.Retry.set_predicate], but takes a closure. For language bindings. An exception in it counts as %FALSE.
 *
 * Since: 1.0
 */
void
pillion_retry_set_predicate_closure (PillionRetry *self,
                                     GClosure *closure)
{
  g_return_if_fail (PILLION_IS_RETRY (self));

  pillion_retry_set_predicate (self, closure != NULL ? pillion_closure_decide : NULL, pillion_closure_take (closure),
                               pillion_closure_let_go);
}
