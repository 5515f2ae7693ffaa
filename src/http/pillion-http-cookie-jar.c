/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-http-cookie-jar-private.h"

#include "http/pillion-cookie-store.h"
#include "http/pillion-http-url.h"

/**
 * PillionHttpCookieJar:
 *
 * Keeps the cookies of one or several clients, in memory and, if you like, in a file.
 *
 * ```c
 * g_autoptr (GFile) file = g_file_new_for_path ("cookies.txt");
 * g_autoptr (PillionHttpCookieJar) jar = pillion_http_cookie_jar_new_for_file (file);
 *
 * pillion_http_client_set_cookie_jar (client, jar);
 * ```
 *
 * A client without a jar forgets the cookies of a call at its end: see [property@PillionHttp.Client:cookie-jar].
 *
 * Which cookies are taken, and which are sent, is as in [RFC 6265](https://www.rfc-editor.org/rfc/rfc6265) and its revision
 * ([RFC 6265bis](https://datatracker.ietf.org/doc/draft-ietf-httpbis-rfc6265bis/)): a server can set cookies for itself and for the
 * domains above it, but not for a public suffix, such as `com` or `co.uk`. A `Secure` cookie is only taken and sent over HTTPS, and plain HTTP
 * can't replace it. Names that begin with `__Secure-` and `__Host-` are kept to their rules. There can be 180 cookies for a domain and 3,000 in
 * all, of 4,096 bytes each; what was not used for the longest time makes room for others. Other cookies are ignored.
 *
 * ## The file
 *
 * Its format is that of Netscape's `cookies.txt`, which curl, wget, yt-dlp and Python's `http.cookiejar` read and write. A new
 * file can be read only by its owner. `SameSite` is kept in a comment, which other programs drop.
 *
 * The file is read before the first request, by a worker. Changes are written by a worker too, within a fraction of a
 * second, and in one step: there is always a whole file. Call [method@PillionHttp.CookieJar.save] before the program ends.
 *
 * Several jars, also in several processes, can have the same file: what others have written is taken over with each write, and only
 * what changed here is changed there. On a file system without locks (`flock ()`), two writes at the same moment can lose one of them.
 *
 * If something in the file is not a cookie, the file gets a name that ends with `.broken`, and the other cookies are used and written to a new
 * file. [method@PillionHttp.CookieJar.load] says so. A file that can't be read is an error of every call.
 *
 * ## Threads
 *
 * A jar can be used on any thread.
 *
 * Since: 1.0
 */

struct _PillionHttpCookieJar
{
  GObject parent_instance;

  GFile *file; /* or NULL */
  PillionJar *jar;
};

enum
{
  PROP_FILE = 1,
  PROP_SAVE_SESSION_COOKIES,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (PillionHttpCookieJar, pillion_http_cookie_jar, G_TYPE_OBJECT)

PillionJar *
pillion_http_cookie_jar_get_jar (PillionHttpCookieJar *self)
{
  return self->jar;
}

static void
pillion_http_cookie_jar_finalize (GObject *object)
{
  PillionHttpCookieJar *self = PILLION_HTTP_COOKIE_JAR (object);

  pillion_jar_unref (self->jar);
  g_clear_object (&self->file);

  G_OBJECT_CLASS (pillion_http_cookie_jar_parent_class)->finalize (object);
}

static void
pillion_http_cookie_jar_get_property (GObject *object,
                                      guint prop_id,
                                      GValue *value,
                                      GParamSpec *pspec)
{
  PillionHttpCookieJar *self = PILLION_HTTP_COOKIE_JAR (object);

  switch (prop_id)
    {
    case PROP_FILE:
      g_value_set_object (value, self->file);
      break;
    case PROP_SAVE_SESSION_COOKIES:
      g_value_set_boolean (value, pillion_jar_get_save_session (self->jar));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
pillion_http_cookie_jar_set_property (GObject *object,
                                      guint prop_id,
                                      const GValue *value,
                                      GParamSpec *pspec)
{
  PillionHttpCookieJar *self = PILLION_HTTP_COOKIE_JAR (object);

  switch (prop_id)
    {
    case PROP_FILE:
      self->file = g_value_dup_object (value);
      break;
    case PROP_SAVE_SESSION_COOKIES:
      pillion_http_cookie_jar_set_save_session_cookies (self, g_value_get_boolean (value));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
pillion_http_cookie_jar_constructed (GObject *object)
{
  PillionHttpCookieJar *self = PILLION_HTTP_COOKIE_JAR (object);

  G_OBJECT_CLASS (pillion_http_cookie_jar_parent_class)->constructed (object);

  self->jar = pillion_jar_new (self->file);
}

static void
pillion_http_cookie_jar_class_init (PillionHttpCookieJarClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->constructed = pillion_http_cookie_jar_constructed;
  object_class->finalize = pillion_http_cookie_jar_finalize;
  object_class->get_property = pillion_http_cookie_jar_get_property;
  object_class->set_property = pillion_http_cookie_jar_set_property;

  /**
   * PillionHttpCookieJar:file: (getter get_file)
   *
   * The file that the cookies are kept in; %NULL to keep them in memory only. It has to have a path.
   *
   * Since: 1.0
   */
  properties[PROP_FILE] =
    g_param_spec_object ("file", NULL, NULL, G_TYPE_FILE, G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS);

  /**
   * PillionHttpCookieJar:save-session-cookies: (getter get_save_session_cookies) (setter set_save_session_cookies)
   *
   * Whether cookies that end with the session are written to the file too.
   *
   * Since: 1.0
   */
  properties[PROP_SAVE_SESSION_COOKIES] =
    g_param_spec_boolean ("save-session-cookies", NULL, NULL, FALSE, G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY);

  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
pillion_http_cookie_jar_init (PillionHttpCookieJar *self)
{
}

/**
 * pillion_http_cookie_jar_new:
 *
 * Creates a jar that keeps its cookies in memory only.
 *
 * Returns: (transfer full): a jar
 *
 * Since: 1.0
 */
PillionHttpCookieJar *
pillion_http_cookie_jar_new (void)
{
  return g_object_new (PILLION_HTTP_TYPE_COOKIE_JAR, NULL);
}

/**
 * pillion_http_cookie_jar_new_for_file:
 * @file: a file that has a path; it need not exist
 *
 * Creates a jar that keeps its cookies in a file. The file is read when it is needed.
 *
 * Returns: (transfer full): a jar
 *
 * Since: 1.0
 */
PillionHttpCookieJar *
pillion_http_cookie_jar_new_for_file (GFile *file)
{
  g_return_val_if_fail (G_IS_FILE (file), NULL);

  return g_object_new (PILLION_HTTP_TYPE_COOKIE_JAR, "file", file, NULL);
}

/**
 * pillion_http_cookie_jar_get_file: (get-property file)
 * @self: a jar
 *
 * Gets the file that the cookies are kept in.
 *
 * Returns: (transfer none) (nullable): the file, or %NULL if they are kept in memory only
 *
 * Since: 1.0
 */
GFile *
pillion_http_cookie_jar_get_file (PillionHttpCookieJar *self)
{
  g_return_val_if_fail (PILLION_HTTP_IS_COOKIE_JAR (self), NULL);

  return self->file;
}

/**
 * pillion_http_cookie_jar_get_save_session_cookies: (get-property save-session-cookies)
 * @self: a jar
 *
 * Gets whether cookies that end with the session are written to the file too.
 *
 * Returns: whether they are
 *
 * Since: 1.0
 */
gboolean
pillion_http_cookie_jar_get_save_session_cookies (PillionHttpCookieJar *self)
{
  g_return_val_if_fail (PILLION_HTTP_IS_COOKIE_JAR (self), FALSE);

  return pillion_jar_get_save_session (self->jar);
}

/**
 * pillion_http_cookie_jar_set_save_session_cookies: (set-property save-session-cookies)
 * @self: a jar
 * @save: whether to write them
 *
 * Sets whether cookies that end with the session are written to the file too, if they are set from now on.
 *
 * Since: 1.0
 */
void
pillion_http_cookie_jar_set_save_session_cookies (PillionHttpCookieJar *self,
                                                  gboolean save)
{
  g_return_if_fail (PILLION_HTTP_IS_COOKIE_JAR (self));

  save = save != FALSE;
  if (pillion_jar_get_save_session (self->jar) == save)
    return;

  pillion_jar_set_save_session (self->jar, save);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_SAVE_SESSION_COOKIES]);
}

static void
load_in_thread (PillionTask *task,
                GCancellable *cancellable,
                gpointer data)
{
  PillionHttpCookieJar *self = data;
  GError *error = NULL;

  if (pillion_jar_load (self->jar, &error))
    error = pillion_jar_copy_broken (self->jar);

  if (error != NULL)
    pillion_task_return_error (task, error);
  else
    pillion_task_return_boolean (task, TRUE);
}

static PillionTask *
run (PillionHttpCookieJar *self,
     PillionLoop *loop,
     const char *verb,
     GCancellable *cancellable,
     PillionThreadFunc func)
{
  g_autofree char *name = self->file != NULL ? g_file_get_parse_name (self->file) : g_strdup ("cookies");
  g_autofree char *title = g_strconcat (verb, " ", name, NULL);

  if (loop == NULL)
    loop = pillion_loop_get_default ();
  g_return_val_if_fail (loop != NULL, NULL);

  return pillion_loop_run_in_thread (loop, title, cancellable, func, g_object_ref (self), g_object_unref);
}

/**
 * pillion_http_cookie_jar_load:
 * @self: a jar
 * @loop: (nullable): the loop of the task, or %NULL for the calling thread's default loop
 * @cancellable: (nullable): cancels the task when it is cancelled
 *
 * Reads the file, if no call has done so. This happens by itself when it is needed; call this to learn of a broken file, or
 * before [method@PillionHttp.CookieJar.list], so that this need not wait for the disk.
 *
 * The task's result is %TRUE. It fails with [error@PillionHttp.Error.INVALID_COOKIE] if something in the file was not a cookie: the jar
 * can be used then, with the rest. Other errors mean that it can't: those of `G_IO_ERROR`, [error@PillionHttp.Error.TOO_LARGE], and
 * [error@PillionHttp.Error.UNAVAILABLE].
 *
 * Returns: (transfer full): a task
 *
 * Since: 1.0
 */
PillionTask *
pillion_http_cookie_jar_load (PillionHttpCookieJar *self,
                              PillionLoop *loop,
                              GCancellable *cancellable)
{
  g_return_val_if_fail (PILLION_HTTP_IS_COOKIE_JAR (self), NULL);
  g_return_val_if_fail (loop == NULL || PILLION_IS_LOOP (loop), NULL);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), NULL);

  return run (self, loop, "load", cancellable, load_in_thread);
}

static void
save_in_thread (PillionTask *task,
                GCancellable *cancellable,
                gpointer data)
{
  PillionHttpCookieJar *self = data;
  GError *error = NULL;

  if (pillion_jar_save (self->jar, &error))
    pillion_task_return_boolean (task, TRUE);
  else
    pillion_task_return_error (task, error);
}

/**
 * pillion_http_cookie_jar_save:
 * @self: a jar
 * @loop: (nullable): the loop of the task, or %NULL for the calling thread's default loop
 * @cancellable: (nullable): cancels the task when it is cancelled
 *
 * Writes what has changed to the file. This happens by itself, at the latest when the program exits (`exit ()`), but not if it is killed.
 *
 * The task's result is %TRUE. It fails with an error of `G_IO_ERROR` if the file can't be written; the next change tries again.
 *
 * Returns: (transfer full): a task
 *
 * Since: 1.0
 */
PillionTask *
pillion_http_cookie_jar_save (PillionHttpCookieJar *self,
                              PillionLoop *loop,
                              GCancellable *cancellable)
{
  g_return_val_if_fail (PILLION_HTTP_IS_COOKIE_JAR (self), NULL);
  g_return_val_if_fail (loop == NULL || PILLION_IS_LOOP (loop), NULL);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), NULL);

  return run (self, loop, "save", cancellable, save_in_thread);
}

/**
 * pillion_http_cookie_jar_list:
 * @self: a jar
 * @url: (nullable): an absolute URL, or %NULL for all cookies
 * @error: return location for an error
 *
 * Lists the cookies that a request for @url would send, in that order, or all cookies in the order in which they came.
 *
 * If no call has read the file yet, this does, and waits for the disk. It fails with an error of `G_IO_ERROR` if the file can't be read,
 * with [error@PillionHttp.Error.TOO_LARGE] or [error@PillionHttp.Error.UNAVAILABLE], and with [error@PillionHttp.Error.INVALID_URL] or
 * [error@PillionHttp.Error.UNSUPPORTED_SCHEME] if @url is not a URL.
 *
 * Returns: (transfer container) (element-type PillionHttpCookie): copies of the cookies, which belong to the array
 *
 * Since: 1.0
 */
GPtrArray *
pillion_http_cookie_jar_list (PillionHttpCookieJar *self,
                              const char *url,
                              GError **error)
{
  g_autoptr (GUri) uri = NULL;

  g_return_val_if_fail (PILLION_HTTP_IS_COOKIE_JAR (self), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  if (url != NULL)
    {
      uri = pillion_http_parse_url (url, error);
      if (uri == NULL || !pillion_http_check_uri (uri, error))
        return NULL;
    }

  return pillion_jar_load (self->jar, error) ? pillion_jar_list (self->jar, uri) : NULL;
}

/**
 * pillion_http_cookie_jar_add:
 * @self: a jar
 * @cookie: a cookie, which is copied
 * @error: return location for an error
 *
 * Adds a cookie, in place of the one with the same name, domain and path. If it has expired, that one is only removed.
 *
 * It fails with [error@PillionHttp.Error.INVALID_COOKIE] if the cookie is not valid, and as
 * [method@PillionHttp.CookieJar.list] does.
 *
 * Returns: %TRUE, or %FALSE with an error
 *
 * Since: 1.0
 */
gboolean
pillion_http_cookie_jar_add (PillionHttpCookieJar *self,
                             const PillionHttpCookie *cookie,
                             GError **error)
{
  g_return_val_if_fail (PILLION_HTTP_IS_COOKIE_JAR (self), FALSE);
  g_return_val_if_fail (cookie != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (!pillion_jar_load (self->jar, error) || !pillion_cookie_check (cookie, error))
    return FALSE;

  pillion_jar_add (self->jar, cookie);
  return TRUE;
}

/**
 * pillion_http_cookie_jar_remove:
 * @self: a jar
 * @cookie: a cookie
 * @error: return location for an error
 *
 * Removes the cookie with the name, domain and path of @cookie. It fails as [method@PillionHttp.CookieJar.list] does.
 *
 * Returns: whether there was one; look at the error if it is %FALSE
 *
 * Since: 1.0
 */
gboolean
pillion_http_cookie_jar_remove (PillionHttpCookieJar *self,
                                const PillionHttpCookie *cookie,
                                GError **error)
{
  g_return_val_if_fail (PILLION_HTTP_IS_COOKIE_JAR (self), FALSE);
  g_return_val_if_fail (cookie != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return pillion_jar_load (self->jar, error) && pillion_jar_remove (self->jar, cookie);
}

/**
 * pillion_http_cookie_jar_clear:
 * @self: a jar
 * @error: return location for an error
 *
 * Removes all cookies, also those that other programs have put into the file. It fails as [method@PillionHttp.CookieJar.list] does.
 *
 * Returns: %TRUE, or %FALSE with an error
 *
 * Since: 1.0
 */
gboolean
pillion_http_cookie_jar_clear (PillionHttpCookieJar *self,
                               GError **error)
{
  g_return_val_if_fail (PILLION_HTTP_IS_COOKIE_JAR (self), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (!pillion_jar_load (self->jar, error))
    return FALSE;

  pillion_jar_clear (self->jar);
  return TRUE;
}
