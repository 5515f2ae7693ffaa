/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-http-credentials-private.h"

#include <string.h>

#include <glib/gi18n-lib.h>

#include "core/pillion-private.h"

/**
 * PillionHttpCredentials:
 *
 * A user and a password, or a token, for a server or a proxy.
 *
 * ```c
 * g_autoptr (PillionHttpCredentials) credentials = pillion_http_credentials_new ("me", "secret");
 *
 * pillion_http_client_set_credentials (client, credentials);
 * ```
 *
 * | what | when it is sent |
 * | --- | --- |
 * | [ctor@PillionHttp.Credentials.new] | once the server has asked for it, with the scheme Digest or Basic |
 * | [ctor@PillionHttp.Credentials.new_basic] | at once, with the scheme Basic; with Digest if the server wants that instead |
 * | [ctor@PillionHttp.Credentials.new_bearer] | at once, with the scheme Bearer |
 * | [ctor@PillionHttp.Credentials.new_renewing] | the same, with a token that a function gets and renews |
 *
 * They are given to a client ([property@PillionHttp.Client:credentials]) or a request ([property@PillionHttp.Request:credentials]), or are the answer
 * of a handler of [signal@PillionHttp.Client::authenticate].
 *
 * Credentials never change, and any thread may use them.
 *
 * Since: 1.0
 */

/* How long before it expires a token is no longer used, in µs: clocks differ, and requests take time */
#define EXPIRY_MARGIN (10 * G_USEC_PER_SEC)

enum
{
  PROP_USER = 1,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (PillionHttpCredentials, pillion_http_credentials, G_TYPE_OBJECT)

/* So that it can't be found in a core dump later */
static void
free_secret (char *secret)
{
  if (secret != NULL)
    explicit_bzero (secret, strlen (secret));
  g_free (secret);
}

static void
pillion_http_credentials_finalize (GObject *object)
{
  PillionHttpCredentials *self = PILLION_HTTP_CREDENTIALS (object);

  pillion_sync_acquire (self);
  g_free (self->user);
  free_secret (self->password);
  free_secret (self->token);
  /* Everything that waits for a token has a reference to the credentials */
  g_slist_free_full (self->renewals, self->free_renewal);
  g_mutex_clear (&self->lock);
  g_clear_pointer (&self->renewer, pillion_renewer_free);

  G_OBJECT_CLASS (pillion_http_credentials_parent_class)->finalize (object);
}

static void
pillion_http_credentials_get_property (GObject *object,
                                       guint prop_id,
                                       GValue *value,
                                       GParamSpec *pspec)
{
  PillionHttpCredentials *self = PILLION_HTTP_CREDENTIALS (object);

  switch (prop_id)
    {
    case PROP_USER:
      g_value_set_string (value, self->user);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
pillion_http_credentials_class_init (PillionHttpCredentialsClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->finalize = pillion_http_credentials_finalize;
  object_class->get_property = pillion_http_credentials_get_property;

  /**
   * PillionHttpCredentials:user: (getter get_user)
   *
   * The user; %NULL for a token.
   *
   * Since: 1.0
   */
  properties[PROP_USER] = g_param_spec_string ("user", NULL, NULL, NULL, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
pillion_http_credentials_init (PillionHttpCredentials *self)
{
  g_mutex_init (&self->lock);
  self->expires = G_MAXINT64;
}

gboolean
pillion_http_credentials_fit_basic (PillionHttpCredentials *self)
{
  /* The user ends at the first colon (RFC 7617, section 2) */
  return self->user != NULL && strchr (self->user, ':') == NULL;
}

char *
pillion_http_credentials_authorize (PillionHttpCredentials *self,
                                    gboolean basic)
{
  g_autofree char *both = NULL;
  g_autofree char *coded = NULL;

  if (self->token != NULL)
    return g_strconcat ("Bearer ", self->token, NULL);
  if ((self->kind != PILLION_CREDENTIALS_BASIC && !basic) || !pillion_http_credentials_fit_basic (self))
    return NULL;

  both = g_strconcat (self->user, ":", self->password, NULL);
  coded = g_base64_encode ((const guchar *) both, strlen (both));
  return g_strconcat ("Basic ", coded, NULL);
}

gboolean
pillion_http_credentials_check (PillionHttpCredentials *self,
                                GError **error)
{
  if (self->kind == PILLION_CREDENTIALS_BASIC && !pillion_http_credentials_fit_basic (self))
    {
      g_set_error_literal (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_INVALID_REQUEST,
                           _("the user name contains a colon, which the authentication scheme Basic does not allow"));
      return FALSE;
    }

  for (const char *p = self->token; p != NULL && *p != '\0'; p++)
    if (!g_ascii_isgraph (*p))
      {
        g_set_error_literal (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_INVALID_REQUEST,
                             _("the token contains a character that cannot be sent"));
        return FALSE;
      }

  return TRUE;
}

static PillionHttpCredentials *
new_with_password (PillionCredentialsKind kind,
                   const char *user,
                   const char *password)
{
  PillionHttpCredentials *self = g_object_new (PILLION_HTTP_TYPE_CREDENTIALS, NULL);

  self->kind = kind;
  self->user = g_strdup (user);
  self->password = g_strdup (password);
  pillion_sync_release (self);

  return self;
}

/**
 * pillion_http_credentials_new:
 * @user: the user
 * @password: the password
 *
 * Creates credentials that are sent once a server has asked for them.
 *
 * They are sent with the scheme Digest ([RFC 7616](https://www.rfc-editor.org/rfc/rfc7616)) if the server offers it, or else Basic
 * ([RFC 7617](https://www.rfc-editor.org/rfc/rfc7617)), both in UTF-8. A user with a colon in it can't be sent with Basic.
 *
 * Returns: (transfer full): credentials
 *
 * Since: 1.0
 */
PillionHttpCredentials *
pillion_http_credentials_new (const char *user,
                              const char *password)
{
  g_return_val_if_fail (user != NULL, NULL);
  g_return_val_if_fail (password != NULL, NULL);

  return new_with_password (PILLION_CREDENTIALS_PASSWORD, user, password);
}

/**
 * pillion_http_credentials_new_basic:
 * @user: the user, without a colon
 * @password: the password
 *
 * Creates credentials that are sent with every request, with the scheme Basic.
 *
 * This saves the request that the server would refuse first. Over plain `http` everybody on the way can read the password. If the server
 * answers that it wants Digest, they are sent with that.
 *
 * Returns: (transfer full): credentials
 *
 * Since: 1.0
 */
PillionHttpCredentials *
pillion_http_credentials_new_basic (const char *user,
                                    const char *password)
{
  g_return_val_if_fail (user != NULL, NULL);
  g_return_val_if_fail (password != NULL, NULL);

  return new_with_password (PILLION_CREDENTIALS_BASIC, user, password);
}

/**
 * pillion_http_credentials_new_bearer:
 * @token: the token
 * @lifetime: for how long it is valid from now on, in µs; 0 if that is not known
 *
 * Creates credentials of a token, which is sent with every request ([RFC 6750](https://www.rfc-editor.org/rfc/rfc6750)).
 *
 * From ten seconds before the end of its life, or earlier if that is short, a token counts as expired: it is renewed or asked for
 * before the next request is sent.
 *
 * Returns: (transfer full): credentials
 *
 * Since: 1.0
 */
PillionHttpCredentials *
pillion_http_credentials_new_bearer (const char *token,
                                     GTimeSpan lifetime)
{
  PillionHttpCredentials *self;

  g_return_val_if_fail (token != NULL, NULL);
  g_return_val_if_fail (lifetime >= 0, NULL);

  self = g_object_new (PILLION_HTTP_TYPE_CREDENTIALS, NULL);
  self->kind = PILLION_CREDENTIALS_BEARER;
  self->token = g_strdup (token);
  /* Longer than a lifetime would overflow when added to a time */
  if (lifetime > 0 && lifetime < G_MAXINT64 / 4)
    self->expires = g_get_monotonic_time () + lifetime - MIN (EXPIRY_MARGIN, lifetime / 10);
  pillion_sync_release (self);

  return self;
}

/**
 * pillion_http_credentials_new_renewing:
 * @loop: the loop that @func is called in; also that of the clients that use the credentials
 * @func: (scope notified) (closure user_data) (destroy destroy): gets a token
 * @user_data: data for @func
 * @destroy: frees @user_data, on the loop's thread, at the latest when the loop is closed
 *
 * Creates credentials with a token that a function gets, and gets again when it is no longer valid.
 *
 * ```c
 * static PillionTask *
 * renew (gpointer user_data)
 * {
 *   PillionLoop *loop = user_data;
 *   g_autoptr (PillionHttpCredentials) token = pillion_http_credentials_new_bearer ("abc", G_TIME_SPAN_HOUR);
 *   PillionTask *task = pillion_task_new (loop, "renew", NULL);
 *
 *   pillion_task_return_object (task, G_OBJECT (token));
 *   return task;
 * }
 * ```
 *
 * @func is called, in a kick, before the first request, once the token's life is over
 * ([ctor@PillionHttp.Credentials.new_bearer]), and when a server answers with 401, but for that only once in a call. It runs once at a
 * time: all calls that need the token wait for the same one, and hold no place in the queue. If the task fails, they fail with its error.
 *
 * Calls that @func itself makes are sent without the token, so it can use the client that has these credentials. The same goes for calls that it
 * makes later, as long as they are in a fiber or a combinator that its task waits for. With others that need the token, it would wait for
 * itself: set [property@PillionHttp.Request:use-credentials] to %FALSE for those.
 *
 * Returns: (transfer full): credentials
 *
 * Since: 1.0
 */
PillionHttpCredentials *
pillion_http_credentials_new_renewing (PillionLoop *loop,
                                       PillionHttpRenewFunc func,
                                       gpointer user_data,
                                       GDestroyNotify destroy)
{
  PillionHttpCredentials *self;

  g_return_val_if_fail (PILLION_IS_LOOP (loop), NULL);
  g_return_val_if_fail (func != NULL, NULL);

  self = g_object_new (PILLION_HTTP_TYPE_CREDENTIALS, NULL);
  self->kind = PILLION_CREDENTIALS_RENEWING;
  self->renewer = pillion_renewer_new (loop, func, user_data, destroy);
  pillion_sync_release (self);

  return self;
}

/* A closure and its argument: GObject's marshaller needs at least one */
typedef struct
{
  GClosure *closure;
  GWeakRef loop;
} ClosureCall;

static PillionTask *
call_closure (gpointer data)
{
  ClosureCall *self = data;
  g_autoptr (PillionLoop) loop = g_weak_ref_get (&self->loop);
  g_auto (GValue) result = G_VALUE_INIT;
  g_auto (GValue) argument = G_VALUE_INIT;

  g_value_init (&result, PILLION_TYPE_TASK);
  g_value_init (&argument, PILLION_TYPE_LOOP);
  g_value_set_object (&argument, loop);
  g_closure_invoke (self->closure, &result, 1, &argument, NULL);

  return g_value_dup_object (&result);
}

static void
let_go_of_closure (gpointer data)
{
  ClosureCall *self = data;

  g_closure_unref (self->closure);
  g_weak_ref_clear (&self->loop);
  g_free (self);
}

/**
 * pillion_http_credentials_new_renewing_closure: (rename-to pillion_http_credentials_new_renewing)
 * @loop: the loop that @closure is called in; also that of the clients that use the credentials
 * @closure: gets a token: it is called with the loop, and returns a [class@Pillion.Task] whose result is a [class@PillionHttp.Credentials], or nothing
 *
 * Like [ctor@PillionHttp.Credentials.new_renewing], but takes a closure. For language bindings.
 *
 * Returns: (transfer full): credentials
 *
 * Since: 1.0
 */
PillionHttpCredentials *
pillion_http_credentials_new_renewing_closure (PillionLoop *loop,
                                               GClosure *closure)
{
  ClosureCall *call;

  g_return_val_if_fail (PILLION_IS_LOOP (loop), NULL);
  g_return_val_if_fail (closure != NULL, NULL);

  g_closure_ref (closure);
  g_closure_sink (closure);
  if (G_CLOSURE_NEEDS_MARSHAL (closure))
    g_closure_set_marshal (closure, g_cclosure_marshal_generic);

  call = g_new0 (ClosureCall, 1);
  call->closure = closure;
  g_weak_ref_init (&call->loop, loop);
  return pillion_http_credentials_new_renewing (loop, call_closure, call, let_go_of_closure);
}

/**
 * pillion_http_credentials_get_user: (get-property user)
 * @self: credentials
 *
 * Gets the user.
 *
 * Returns: (nullable): the user, or %NULL for a token
 *
 * Since: 1.0
 */
const char *
pillion_http_credentials_get_user (PillionHttpCredentials *self)
{
  g_return_val_if_fail (PILLION_HTTP_IS_CREDENTIALS (self), NULL);

  return self->user;
}
