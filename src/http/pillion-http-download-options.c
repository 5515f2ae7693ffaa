/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-http-download-options-private.h"

#include "core/pillion-private.h"

/**
 * PillionHttpDownloadOptions:
 *
 * How a download treats its file: for [method@PillionHttp.Client.send_to_file] and [method@PillionHttp.Client.send_into].
 *
 * ```c
 * g_autoptr (PillionHttpRequest) request = pillion_http_request_new ("GET", "https://example.org/assets.json");
 * g_autoptr (GFile) target = g_file_new_for_path ("assets.json");
 * g_autoptr (PillionHttpDownloadOptions) options = pillion_http_download_options_new ();
 * g_autoptr (PillionTask) task = NULL;
 *
 * pillion_http_download_options_set_only_if_changed (options, TRUE);
 * task = pillion_http_client_send_to_file (client, request, target, options, NULL);
 * ```
 *
 * Options can be used for any number of downloads. Each download takes a copy when it starts. They belong to the thread that uses them.
 *
 * Since: 1.0
 */

enum
{
  PROP_DIGEST = 1,
  PROP_MIRRORS,
  PROP_NAME_CONFLICT,
  PROP_ONLY_IF_CHANGED,
  PROP_PRESERVE_TIME,
  PROP_RESUME,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (PillionHttpDownloadOptions, pillion_http_download_options, G_TYPE_OBJECT)

static void
pillion_http_download_options_finalize (GObject *object)
{
  PillionHttpDownloadOptions *self = PILLION_HTTP_DOWNLOAD_OPTIONS (object);

  pillion_sync_acquire (self);

  g_free (self->digest);
  g_strfreev (self->mirrors);

  G_OBJECT_CLASS (pillion_http_download_options_parent_class)->finalize (object);
}

static void
pillion_http_download_options_get_property (GObject *object,
                                            guint prop_id,
                                            GValue *value,
                                            GParamSpec *pspec)
{
  PillionHttpDownloadOptions *self = PILLION_HTTP_DOWNLOAD_OPTIONS (object);

  switch (prop_id)
    {
    case PROP_DIGEST:
      g_value_set_string (value, self->digest);
      break;
    case PROP_MIRRORS:
      g_value_set_boxed (value, self->mirrors);
      break;
    case PROP_NAME_CONFLICT:
      g_value_set_enum (value, self->name_conflict);
      break;
    case PROP_ONLY_IF_CHANGED:
      g_value_set_boolean (value, self->only_if_changed);
      break;
    case PROP_PRESERVE_TIME:
      g_value_set_boolean (value, self->preserve_time);
      break;
    case PROP_RESUME:
      g_value_set_boolean (value, self->resume);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
pillion_http_download_options_set_property (GObject *object,
                                            guint prop_id,
                                            const GValue *value,
                                            GParamSpec *pspec)
{
  PillionHttpDownloadOptions *self = PILLION_HTTP_DOWNLOAD_OPTIONS (object);

  switch (prop_id)
    {
    case PROP_DIGEST:
      pillion_http_download_options_set_digest (self, g_value_get_string (value));
      break;
    case PROP_MIRRORS:
      pillion_http_download_options_set_mirrors (self, g_value_get_boxed (value));
      break;
    case PROP_NAME_CONFLICT:
      pillion_http_download_options_set_name_conflict (self, g_value_get_enum (value));
      break;
    case PROP_ONLY_IF_CHANGED:
      pillion_http_download_options_set_only_if_changed (self, g_value_get_boolean (value));
      break;
    case PROP_PRESERVE_TIME:
      pillion_http_download_options_set_preserve_time (self, g_value_get_boolean (value));
      break;
    case PROP_RESUME:
      pillion_http_download_options_set_resume (self, g_value_get_boolean (value));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
pillion_http_download_options_class_init (PillionHttpDownloadOptionsClass *klass)
{
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY;
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->finalize = pillion_http_download_options_finalize;
  object_class->get_property = pillion_http_download_options_get_property;
  object_class->set_property = pillion_http_download_options_set_property;

  /**
   * PillionHttpDownloadOptions:digest: (getter get_digest) (setter set_digest)
   *
   * The digest that the file must have, in hexadecimal digits, or %NULL. How many digits there are says which one it is: 32 are an MD5, 40 a
   * SHA-1, 64 a SHA-256, 96 a SHA-384, and 128 a SHA-512.
   *
   * Since: 1.0
   */
  properties[PROP_DIGEST] = g_param_spec_string ("digest", NULL, NULL, NULL, flags);

  /**
   * PillionHttpDownloadOptions:mirrors: (getter get_mirrors) (setter set_mirrors)
   *
   * Further URLs of the same file, or %NULL. They are tried in order if the download would fail because of the server, the network, or what the
   * server sent: see [method@PillionHttp.DownloadOptions.set_mirrors].
   *
   * Since: 1.0
   */
  properties[PROP_MIRRORS] = g_param_spec_boxed ("mirrors", NULL, NULL, G_TYPE_STRV, flags);

  /**
   * PillionHttpDownloadOptions:name-conflict: (getter get_name_conflict) (setter set_name_conflict)
   *
   * What to do if a file has the name already.
   *
   * Since: 1.0
   */
  properties[PROP_NAME_CONFLICT] = g_param_spec_enum ("name-conflict", NULL, NULL, PILLION_HTTP_TYPE_NAME_CONFLICT,
                                                      PILLION_HTTP_NAME_CONFLICT_DEFAULT, flags);

  /**
   * PillionHttpDownloadOptions:only-if-changed: (getter get_only_if_changed) (setter set_only_if_changed)
   *
   * Whether to fetch nothing if the file is there already and is still what the server has.
   *
   * The server is asked with `If-None-Match` and `If-Modified-Since`. For that, the file gets the server's modification time, as with
   * [property@PillionHttp.DownloadOptions:preserve-time], and the extended attribute `user.pillion.origin` with the server's validators and the
   * SHA-256 of the URL. The attribute doesn't count if the file was changed since, or came from another URL. If there is no such attribute, the
   * file's modification time and size decide alone, as with `wget -N`.
   *
   * With [property@PillionHttp.DownloadOptions:digest], a file that already has the digest is not even asked for.
   *
   * If nothing was fetched, [property@PillionHttp.Download:outcome] is [enum@PillionHttp.DownloadOutcome.NOT_MODIFIED]. A file that is no longer
   * current is replaced, unless [property@PillionHttp.DownloadOptions:name-conflict] was set to something else.
   *
   * Since: 1.0
   */
  properties[PROP_ONLY_IF_CHANGED] = g_param_spec_boolean ("only-if-changed", NULL, NULL, FALSE, flags);

  /**
   * PillionHttpDownloadOptions:preserve-time: (getter get_preserve_time) (setter set_preserve_time)
   *
   * Whether the file's modification time becomes the one that the server has for it (`Last-Modified`), if the server tells it.
   *
   * Since: 1.0
   */
  properties[PROP_PRESERVE_TIME] = g_param_spec_boolean ("preserve-time", NULL, NULL, FALSE, flags);

  /**
   * PillionHttpDownloadOptions:resume: (getter get_resume) (setter set_resume)
   *
   * Whether to continue what an earlier download of the same URL left. If not, it is dropped as soon as
   * something new arrives. A retry of the same download continues in any case.
   *
   * Since: 1.0
   */
  properties[PROP_RESUME] = g_param_spec_boolean ("resume", NULL, NULL, TRUE, flags);

  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
pillion_http_download_options_init (PillionHttpDownloadOptions *self)
{
  self->name_conflict = PILLION_HTTP_NAME_CONFLICT_DEFAULT;
  self->resume = TRUE;
}

/**
 * pillion_http_download_options_new:
 *
 * Makes options with their defaults.
 *
 * Returns: (transfer full): options
 *
 * Since: 1.0
 */
PillionHttpDownloadOptions *
pillion_http_download_options_new (void)
{
  return g_object_new (PILLION_HTTP_TYPE_DOWNLOAD_OPTIONS, NULL);
}

PillionHttpDownloadOptions *
pillion_http_download_options_copy (PillionHttpDownloadOptions *self)
{
  PillionHttpDownloadOptions *copy = pillion_http_download_options_new ();

  if (self != NULL)
    {
      copy->digest = g_strdup (self->digest);
      copy->name_conflict = self->name_conflict;
      copy->only_if_changed = self->only_if_changed;
      copy->preserve_time = self->preserve_time;
      copy->resume = self->resume;
      copy->mirrors = g_strdupv (self->mirrors);
    }

  return copy;
}

/* NULL is a list too */
static gboolean
are_equal (char **list,
           char **other)
{
  if (list == NULL || other == NULL)
    return list == other;

  return g_strv_equal ((const char *const *) list, (const char *const *) other);
}

gboolean
pillion_http_download_options_equal (PillionHttpDownloadOptions *self,
                                     PillionHttpDownloadOptions *other)
{
  return g_strcmp0 (self->digest, other->digest) == 0 && self->name_conflict == other->name_conflict &&
         self->only_if_changed == other->only_if_changed && self->preserve_time == other->preserve_time &&
         self->resume == other->resume && are_equal (self->mirrors, other->mirrors);
}

/**
 * pillion_http_download_options_get_digest: (get-property digest)
 * @self: options
 *
 * Gets the digest that the file must have.
 *
 * Returns: (nullable): hexadecimal digits in lower case, or %NULL
 *
 * Since: 1.0
 */
const char *
pillion_http_download_options_get_digest (PillionHttpDownloadOptions *self)
{
  g_return_val_if_fail (PILLION_HTTP_IS_DOWNLOAD_OPTIONS (self), NULL);

  return self->digest;
}

/**
 * pillion_http_download_options_set_digest: (set-property digest)
 * @self: options
 * @digest: (nullable): hexadecimal digits, or %NULL
 *
 * Sets the digest that the file must have. A download with one that isn't valid fails with `G_IO_ERROR_INVALID_ARGUMENT`, and one of a file that
 * has another digest with [error@PillionHttp.Error.DIGEST_MISMATCH].
 *
 * Since: 1.0
 */
void
pillion_http_download_options_set_digest (PillionHttpDownloadOptions *self,
                                          const char *digest)
{
  g_autofree char *lower = NULL;

  g_return_if_fail (PILLION_HTTP_IS_DOWNLOAD_OPTIONS (self));

  lower = digest != NULL ? g_ascii_strdown (digest, -1) : NULL;
  if (g_strcmp0 (self->digest, lower) == 0)
    return;

  g_free (self->digest);
  self->digest = g_steal_pointer (&lower);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_DIGEST]);
}

/**
 * pillion_http_download_options_get_name_conflict: (get-property name-conflict)
 * @self: options
 *
 * Gets what happens if a file has the name already.
 *
 * Returns: what is done
 *
 * Since: 1.0
 */
PillionHttpNameConflict
pillion_http_download_options_get_name_conflict (PillionHttpDownloadOptions *self)
{
  g_return_val_if_fail (PILLION_HTTP_IS_DOWNLOAD_OPTIONS (self), PILLION_HTTP_NAME_CONFLICT_DEFAULT);

  return self->name_conflict;
}

/**
 * pillion_http_download_options_set_name_conflict: (set-property name-conflict)
 * @self: options
 * @conflict: what to do
 *
 * Sets what happens if a file has the name already, whether the program or the server chose the name.
 *
 * Since: 1.0
 */
void
pillion_http_download_options_set_name_conflict (PillionHttpDownloadOptions *self,
                                                 PillionHttpNameConflict conflict)
{
  g_return_if_fail (PILLION_HTTP_IS_DOWNLOAD_OPTIONS (self));
  g_return_if_fail (conflict >= PILLION_HTTP_NAME_CONFLICT_DEFAULT && conflict <= PILLION_HTTP_NAME_CONFLICT_KEEP);

  if (self->name_conflict == conflict)
    return;

  self->name_conflict = conflict;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_NAME_CONFLICT]);
}

/**
 * pillion_http_download_options_get_only_if_changed: (get-property only-if-changed)
 * @self: options
 *
 * Gets whether nothing is fetched if the file is still what the server has.
 *
 * Returns: %TRUE if so
 *
 * Since: 1.0
 */
gboolean
pillion_http_download_options_get_only_if_changed (PillionHttpDownloadOptions *self)
{
  g_return_val_if_fail (PILLION_HTTP_IS_DOWNLOAD_OPTIONS (self), FALSE);

  return self->only_if_changed;
}

/**
 * pillion_http_download_options_set_only_if_changed: (set-property only-if-changed)
 * @self: options
 * @only_if_changed: whether to ask first
 *
 * Sets whether nothing is fetched if the file is still what the server has.
 *
 * Since: 1.0
 */
void
pillion_http_download_options_set_only_if_changed (PillionHttpDownloadOptions *self,
                                                   gboolean only_if_changed)
{
  g_return_if_fail (PILLION_HTTP_IS_DOWNLOAD_OPTIONS (self));

  only_if_changed = !!only_if_changed;
  if (self->only_if_changed == only_if_changed)
    return;

  self->only_if_changed = only_if_changed;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_ONLY_IF_CHANGED]);
}

/**
 * pillion_http_download_options_get_preserve_time: (get-property preserve-time)
 * @self: options
 *
 * Gets whether the file gets the server's modification time.
 *
 * Returns: %TRUE if so
 *
 * Since: 1.0
 */
gboolean
pillion_http_download_options_get_preserve_time (PillionHttpDownloadOptions *self)
{
  g_return_val_if_fail (PILLION_HTTP_IS_DOWNLOAD_OPTIONS (self), FALSE);

  return self->preserve_time;
}

/**
 * pillion_http_download_options_set_preserve_time: (set-property preserve-time)
 * @self: options
 * @preserve_time: whether to set the time
 *
 * Sets whether the file gets the server's modification time.
 *
 * Since: 1.0
 */
void
pillion_http_download_options_set_preserve_time (PillionHttpDownloadOptions *self,
                                                 gboolean preserve_time)
{
  g_return_if_fail (PILLION_HTTP_IS_DOWNLOAD_OPTIONS (self));

  preserve_time = !!preserve_time;
  if (self->preserve_time == preserve_time)
    return;

  self->preserve_time = preserve_time;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_PRESERVE_TIME]);
}

/**
 * pillion_http_download_options_get_resume: (get-property resume)
 * @self: options
 *
 * Gets whether to continue what an earlier download left.
 *
 * Returns: %TRUE if so
 *
 * Since: 1.0
 */
gboolean
pillion_http_download_options_get_resume (PillionHttpDownloadOptions *self)
{
  g_return_val_if_fail (PILLION_HTTP_IS_DOWNLOAD_OPTIONS (self), TRUE);

  return self->resume;
}

/**
 * pillion_http_download_options_set_resume: (set-property resume)
 * @self: options
 * @resume: whether to continue
 *
 * Sets whether to continue what an earlier download left.
 *
 * Since: 1.0
 */
void
pillion_http_download_options_set_resume (PillionHttpDownloadOptions *self,
                                          gboolean resume)
{
  g_return_if_fail (PILLION_HTTP_IS_DOWNLOAD_OPTIONS (self));

  resume = !!resume;
  if (self->resume == resume)
    return;

  self->resume = resume;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_RESUME]);
}

/**
 * pillion_http_download_options_get_mirrors: (get-property mirrors)
 * @self: options
 *
 * Gets the further URLs of the file.
 *
 * Returns: (nullable) (array zero-terminated=1) (transfer none): URLs, or %NULL
 *
 * Since: 1.0
 */
const char *const *
pillion_http_download_options_get_mirrors (PillionHttpDownloadOptions *self)
{
  g_return_val_if_fail (PILLION_HTTP_IS_DOWNLOAD_OPTIONS (self), NULL);

  return (const char *const *) self->mirrors;
}

/**
 * pillion_http_download_options_set_mirrors: (set-property mirrors)
 * @self: options
 * @mirrors: (nullable) (array zero-terminated=1): absolute URLs, or %NULL
 *
 * Sets further URLs of the same file. If a server can't be reached, refuses, breaks off, or sends what doesn't have the announced length or the
 * wanted digest, and no retry is left, the next URL is tried.
 *
 * With a digest, from you or from the first server, the next server is asked only for what is missing: the digest tells if the two don't fit
 * together, and if so, the file is downloaded again from one server. Without a digest, it is asked for the whole file, because an entity tag, a date
 * and a length that are equal on two servers don't prove that the files are.
 *
 * A mirror gets no credentials that were meant for another server. A URL that isn't valid is skipped. The task fails with the error of the
 * last one. [property@PillionHttp.Download:response] says where the file came from.
 *
 * Since: 1.0
 */
void
pillion_http_download_options_set_mirrors (PillionHttpDownloadOptions *self,
                                           const char *const *mirrors)
{
  char **copy;

  g_return_if_fail (PILLION_HTTP_IS_DOWNLOAD_OPTIONS (self));

  copy = g_strdupv ((char **) mirrors);
  if (are_equal (self->mirrors, copy))
    {
      g_strfreev (copy);
      return;
    }

  g_strfreev (self->mirrors);
  self->mirrors = copy;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_MIRRORS]);
}
