/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-http-challenge-private.h"

#include "core/pillion-private.h"
#include "http/pillion-field-list.h"

/**
 * PillionHttpChallenge:
 *
 * What a server or a proxy wants credentials for: the argument of [signal@PillionHttp.Client::authenticate].
 *
 * It never changes.
 *
 * Since: 1.0
 */

struct _PillionHttpChallenge
{
  GObject parent_instance;

  char *origin;
  char *scheme;
  PillionFieldList parameters;
  gboolean is_proxy;
  guint n_refused;
};

enum
{
  PROP_ORIGIN = 1,
  PROP_SCHEME,
  PROP_REALM,
  PROP_IS_PROXY,
  PROP_N_REFUSED,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (PillionHttpChallenge, pillion_http_challenge, G_TYPE_OBJECT)

static void
pillion_http_challenge_finalize (GObject *object)
{
  PillionHttpChallenge *self = PILLION_HTTP_CHALLENGE (object);

  pillion_sync_acquire (self);
  g_free (self->origin);
  g_free (self->scheme);
  pillion_field_list_clear (&self->parameters);

  G_OBJECT_CLASS (pillion_http_challenge_parent_class)->finalize (object);
}

static void
pillion_http_challenge_get_property (GObject *object,
                                     guint prop_id,
                                     GValue *value,
                                     GParamSpec *pspec)
{
  PillionHttpChallenge *self = PILLION_HTTP_CHALLENGE (object);

  switch (prop_id)
    {
    case PROP_ORIGIN:
      g_value_set_string (value, self->origin);
      break;
    case PROP_SCHEME:
      g_value_set_string (value, self->scheme);
      break;
    case PROP_REALM:
      g_value_set_string (value, pillion_http_challenge_get_realm (self));
      break;
    case PROP_IS_PROXY:
      g_value_set_boolean (value, self->is_proxy);
      break;
    case PROP_N_REFUSED:
      g_value_set_uint (value, self->n_refused);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
pillion_http_challenge_class_init (PillionHttpChallengeClass *klass)
{
  const GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->finalize = pillion_http_challenge_finalize;
  object_class->get_property = pillion_http_challenge_get_property;

  /**
   * PillionHttpChallenge:origin: (getter get_origin)
   *
   * The server or proxy that asks: its scheme, host and port.
   *
   * Since: 1.0
   */
  properties[PROP_ORIGIN] = g_param_spec_string ("origin", NULL, NULL, NULL, flags);

  /**
   * PillionHttpChallenge:scheme: (getter get_scheme)
   *
   * The best scheme that is offered: `Digest`, `Basic` or `Bearer`.
   *
   * Since: 1.0
   */
  properties[PROP_SCHEME] = g_param_spec_string ("scheme", NULL, NULL, NULL, flags);

  /**
   * PillionHttpChallenge:realm: (getter get_realm)
   *
   * The name of what the credentials are for, to be shown; %NULL if the server gives none.
   *
   * Since: 1.0
   */
  properties[PROP_REALM] = g_param_spec_string ("realm", NULL, NULL, NULL, flags);

  /**
   * PillionHttpChallenge:is-proxy: (getter get_is_proxy)
   *
   * Whether a proxy asks.
   *
   * Since: 1.0
   */
  properties[PROP_IS_PROXY] = g_param_spec_boolean ("is-proxy", NULL, NULL, FALSE, flags);

  /**
   * PillionHttpChallenge:n-refused: (getter get_n_refused)
   *
   * How many credentials were refused before; not 0 means that the last ones were wrong.
   *
   * Since: 1.0
   */
  properties[PROP_N_REFUSED] = g_param_spec_uint ("n-refused", NULL, NULL, 0, G_MAXUINT, 0, flags);

  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
pillion_http_challenge_init (PillionHttpChallenge *self)
{
}

PillionHttpChallenge *
pillion_http_challenge_new (const PillionAuthChallenge *challenge,
                            const char *origin,
                            gboolean is_proxy,
                            guint n_refused)
{
  PillionHttpChallenge *self = g_object_new (PILLION_HTTP_TYPE_CHALLENGE, NULL);

  self->origin = g_strdup (origin);
  self->scheme = g_strdup (pillion_auth_scheme_get_name (challenge->scheme));
  self->is_proxy = is_proxy;
  self->n_refused = n_refused;
  for (guint i = 0; i < challenge->parameters.n; i += 2)
    {
      /* Servers may send anything */
      g_autofree char *value = g_utf8_make_valid (challenge->parameters.strv[i + 1], -1);

      pillion_field_list_append (&self->parameters, challenge->parameters.strv[i], value);
    }
  pillion_sync_release (self);

  return self;
}

/**
 * pillion_http_challenge_get_origin: (get-property origin)
 * @self: a challenge
 *
 * Gets the server or proxy that asks.
 *
 * Returns: scheme, host and port, such as `https://example.org:443`
 *
 * Since: 1.0
 */
const char *
pillion_http_challenge_get_origin (PillionHttpChallenge *self)
{
  g_return_val_if_fail (PILLION_HTTP_IS_CHALLENGE (self), NULL);

  return self->origin;
}

/**
 * pillion_http_challenge_get_scheme: (get-property scheme)
 * @self: a challenge
 *
 * Tells the best scheme that is offered.
 *
 * Returns: `Digest`, `Basic` or `Bearer`
 *
 * Since: 1.0
 */
const char *
pillion_http_challenge_get_scheme (PillionHttpChallenge *self)
{
  g_return_val_if_fail (PILLION_HTTP_IS_CHALLENGE (self), NULL);

  return self->scheme;
}

/**
 * pillion_http_challenge_get_realm: (get-property realm)
 * @self: a challenge
 *
 * Gets the name of what the credentials are for, to be shown. The server chooses it.
 *
 * Returns: (nullable): the realm, or %NULL if the server gives none
 *
 * Since: 1.0
 */
const char *
pillion_http_challenge_get_realm (PillionHttpChallenge *self)
{
  g_return_val_if_fail (PILLION_HTTP_IS_CHALLENGE (self), NULL);

  return pillion_field_list_get (&self->parameters, "realm");
}

/**
 * pillion_http_challenge_get_parameter:
 * @self: a challenge
 * @name: a name, such as `scope`, in any case
 *
 * Gets a parameter of the challenge, with the scheme [property@PillionHttp.Challenge:scheme].
 *
 * Returns: (nullable): its value, or %NULL if there is none
 *
 * Since: 1.0
 */
const char *
pillion_http_challenge_get_parameter (PillionHttpChallenge *self,
                                      const char *name)
{
  g_return_val_if_fail (PILLION_HTTP_IS_CHALLENGE (self), NULL);
  g_return_val_if_fail (name != NULL, NULL);

  return pillion_field_list_get (&self->parameters, name);
}

/**
 * pillion_http_challenge_get_is_proxy: (get-property is-proxy)
 * @self: a challenge
 *
 * Tells whether a proxy asks.
 *
 * Returns: %TRUE if it is a proxy, %FALSE if it is the server
 *
 * Since: 1.0
 */
gboolean
pillion_http_challenge_get_is_proxy (PillionHttpChallenge *self)
{
  g_return_val_if_fail (PILLION_HTTP_IS_CHALLENGE (self), FALSE);

  return self->is_proxy;
}

/**
 * pillion_http_challenge_get_n_refused: (get-property n-refused)
 * @self: a challenge
 *
 * Tells how many credentials were refused before.
 *
 * Returns: how many; 0 if none were sent
 *
 * Since: 1.0
 */
guint
pillion_http_challenge_get_n_refused (PillionHttpChallenge *self)
{
  g_return_val_if_fail (PILLION_HTTP_IS_CHALLENGE (self), 0);

  return self->n_refused;
}
