/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-http-download-private.h"

#include <string.h>

#include "core/pillion-private.h"

/**
 * PillionHttpDownload:
 *
 * The result of a download: the file, and how certain it is that it is complete.
 *
 * It is the result of the tasks of [method@PillionHttp.Client.download] and [method@PillionHttp.Client.download_into]:
 *
 * ```c
 * g_autoptr (PillionHttpDownload) download = pillion_task_get_object (task, &error);
 *
 * if (download != NULL)
 *   g_print ("%s\n", g_file_peek_path (pillion_http_download_get_file (download)));
 * ```
 *
 * It never changes, and may be used from any thread.
 *
 * Since: 1.0
 */

struct _PillionHttpDownload
{
  GObject parent_instance;

  PillionHttpDownloadFacts facts;
};

enum
{
  PROP_URL = 1,
  PROP_FILE,
  PROP_SIZE,
  PROP_RESUMED_FROM,
  PROP_DIGEST,
  PROP_SHA256,
  PROP_ETAG,
  PROP_CONTENT_TYPE,
  PROP_CONTENT_CODING,
  PROP_INTEGRITY,
  PROP_OUTCOME,
  PROP_RESPONSE,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (PillionHttpDownload, pillion_http_download, G_TYPE_OBJECT)

static void
pillion_http_download_finalize (GObject *object)
{
  PillionHttpDownload *self = PILLION_HTTP_DOWNLOAD (object);

  pillion_sync_acquire (self);

  g_free (self->facts.url);
  g_clear_object (&self->facts.file);
  g_free (self->facts.digest);
  g_free (self->facts.etag);
  g_free (self->facts.content_type);
  g_free (self->facts.content_coding);
  g_clear_object (&self->facts.response);

  G_OBJECT_CLASS (pillion_http_download_parent_class)->finalize (object);
}

static void
pillion_http_download_get_property (GObject *object,
                                    guint prop_id,
                                    GValue *value,
                                    GParamSpec *pspec)
{
  PillionHttpDownload *self = PILLION_HTTP_DOWNLOAD (object);

  switch (prop_id)
    {
    case PROP_URL:
      g_value_set_string (value, self->facts.url);
      break;
    case PROP_FILE:
      g_value_set_object (value, self->facts.file);
      break;
    case PROP_SIZE:
      g_value_set_int64 (value, self->facts.size);
      break;
    case PROP_RESUMED_FROM:
      g_value_set_int64 (value, self->facts.resumed_from);
      break;
    case PROP_DIGEST:
      g_value_set_string (value, self->facts.digest);
      break;
    case PROP_SHA256:
      g_value_set_string (value, pillion_http_download_get_sha256 (self));
      break;
    case PROP_ETAG:
      g_value_set_string (value, self->facts.etag);
      break;
    case PROP_CONTENT_TYPE:
      g_value_set_string (value, self->facts.content_type);
      break;
    case PROP_CONTENT_CODING:
      g_value_set_string (value, self->facts.content_coding);
      break;
    case PROP_INTEGRITY:
      g_value_set_enum (value, self->facts.integrity);
      break;
    case PROP_RESPONSE:
      g_value_set_object (value, self->facts.response);
      break;
    case PROP_OUTCOME:
      g_value_set_enum (value, self->facts.outcome);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
pillion_http_download_class_init (PillionHttpDownloadClass *klass)
{
  const GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->finalize = pillion_http_download_finalize;
  object_class->get_property = pillion_http_download_get_property;

  /**
   * PillionHttpDownload:url: (getter get_url)
   *
   * The URL that was asked for, without user and password.
   *
   * Since: 1.0
   */
  properties[PROP_URL] = g_param_spec_string ("url", NULL, NULL, NULL, flags);

  /**
   * PillionHttpDownload:file: (getter get_file)
   *
   * The file.
   *
   * Since: 1.0
   */
  properties[PROP_FILE] = g_param_spec_object ("file", NULL, NULL, G_TYPE_FILE, flags);

  /**
   * PillionHttpDownload:size: (getter get_size)
   *
   * The size of the file in bytes.
   *
   * Since: 1.0
   */
  properties[PROP_SIZE] = g_param_spec_int64 ("size", NULL, NULL, 0, G_MAXINT64, 0, flags);

  /**
   * PillionHttpDownload:resumed-from: (getter get_resumed_from)
   *
   * How many bytes came from an earlier, unfinished download; 0 if there were none, or if this one started over.
   *
   * Since: 1.0
   */
  properties[PROP_RESUMED_FROM] = g_param_spec_int64 ("resumed-from", NULL, NULL, 0, G_MAXINT64, 0, flags);

  /**
   * PillionHttpDownload:digest: (getter get_digest)
   *
   * The digest that was verified, in hexadecimal digits, if one was asked for or the server sent one.
   *
   * Since: 1.0
   */
  properties[PROP_DIGEST] = g_param_spec_string ("digest", NULL, NULL, NULL, flags);

  /**
   * PillionHttpDownload:sha256: (getter get_sha256)
   *
   * The SHA-256 of the file, if one was asked for.
   *
   * Since: 1.0
   */
  properties[PROP_SHA256] = g_param_spec_string ("sha256", NULL, NULL, NULL, flags);

  /**
   * PillionHttpDownload:etag: (getter get_etag)
   *
   * The entity tag that the server sent.
   *
   * Since: 1.0
   */
  properties[PROP_ETAG] = g_param_spec_string ("etag", NULL, NULL, NULL, flags);

  /**
   * PillionHttpDownload:content-type: (getter get_content_type)
   *
   * The media type that the server sent.
   *
   * Since: 1.0
   */
  properties[PROP_CONTENT_TYPE] = g_param_spec_string ("content-type", NULL, NULL, NULL, flags);

  /**
   * PillionHttpDownload:content-coding: (getter get_content_coding)
   *
   * What the server had coded the body with although it was asked not to, such as `gzip`, or %NULL. The file has the decoded body.
   *
   * Since: 1.0
   */
  properties[PROP_CONTENT_CODING] = g_param_spec_string ("content-coding", NULL, NULL, NULL, flags);

  /**
   * PillionHttpDownload:integrity: (getter get_integrity)
   *
   * How far the file was verified.
   *
   * Since: 1.0
   */
  properties[PROP_INTEGRITY] =
    g_param_spec_enum ("integrity", NULL, NULL, PILLION_HTTP_TYPE_INTEGRITY, PILLION_HTTP_INTEGRITY_UNKNOWN, flags);

  /**
   * PillionHttpDownload:outcome: (getter get_outcome)
   *
   * Whether the file was downloaded, or the one that was there was left as it is.
   *
   * Since: 1.0
   */
  properties[PROP_OUTCOME] = g_param_spec_enum ("outcome", NULL, NULL, PILLION_HTTP_TYPE_DOWNLOAD_OUTCOME,
                                                PILLION_HTTP_DOWNLOAD_OUTCOME_SAVED, flags);

  /**
   * PillionHttpDownload:response: (getter get_response)
   *
   * What the server answered, without the body; after an interruption, the answer to the last request. %NULL if nothing was requested.
   *
   * Since: 1.0
   */
  properties[PROP_RESPONSE] = g_param_spec_object ("response", NULL, NULL, PILLION_HTTP_TYPE_RESPONSE, flags);

  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
pillion_http_download_init (PillionHttpDownload *self)
{
}

PillionHttpDownload *
pillion_http_download_new (const PillionHttpDownloadFacts *facts)
{
  PillionHttpDownload *self = g_object_new (PILLION_HTTP_TYPE_DOWNLOAD, NULL);

  self->facts = *facts;

  return self;
}

/**
 * pillion_http_download_get_url: (get-property url)
 * @self: a download
 *
 * Gets the URL that was asked for, before any redirect.
 *
 * Returns: the URL
 *
 * Since: 1.0
 */
const char *
pillion_http_download_get_url (PillionHttpDownload *self)
{
  g_return_val_if_fail (PILLION_HTTP_IS_DOWNLOAD (self), NULL);

  return self->facts.url;
}

/**
 * pillion_http_download_get_file: (get-property file)
 * @self: a download
 *
 * Gets the file.
 *
 * Returns: (transfer none): the file
 *
 * Since: 1.0
 */
GFile *
pillion_http_download_get_file (PillionHttpDownload *self)
{
  g_return_val_if_fail (PILLION_HTTP_IS_DOWNLOAD (self), NULL);

  return self->facts.file;
}

/**
 * pillion_http_download_get_size: (get-property size)
 * @self: a download
 *
 * Gets the size of the file.
 *
 * Returns: the size in bytes
 *
 * Since: 1.0
 */
gint64
pillion_http_download_get_size (PillionHttpDownload *self)
{
  g_return_val_if_fail (PILLION_HTTP_IS_DOWNLOAD (self), 0);

  return self->facts.size;
}

/**
 * pillion_http_download_get_resumed_from: (get-property resumed-from)
 * @self: a download
 *
 * Gets how many bytes of the file an earlier, unfinished download had left. What arrived before a retry of this download doesn't count.
 *
 * Returns: that many bytes, 0 if there were none, or if the download started over
 *
 * Since: 1.0
 */
gint64
pillion_http_download_get_resumed_from (PillionHttpDownload *self)
{
  g_return_val_if_fail (PILLION_HTTP_IS_DOWNLOAD (self), 0);

  return self->facts.resumed_from;
}

/**
 * pillion_http_download_get_outcome: (get-property outcome)
 * @self: a download
 *
 * Gets whether the file was downloaded, or the one that was there was left as it is.
 *
 * Returns: what the download came to
 *
 * Since: 1.0
 */
PillionHttpDownloadOutcome
pillion_http_download_get_outcome (PillionHttpDownload *self)
{
  g_return_val_if_fail (PILLION_HTTP_IS_DOWNLOAD (self), PILLION_HTTP_DOWNLOAD_OUTCOME_SAVED);

  return self->facts.outcome;
}

/**
 * pillion_http_download_get_digest: (get-property digest)
 * @self: a download
 *
 * Gets the digest of the file that was verified. Its length says which one it is: see [property@PillionHttp.DownloadOptions:digest].
 *
 * Returns: (nullable): hexadecimal digits in lower case, or %NULL if none was verified
 *
 * Since: 1.0
 */
const char *
pillion_http_download_get_digest (PillionHttpDownload *self)
{
  g_return_val_if_fail (PILLION_HTTP_IS_DOWNLOAD (self), NULL);

  return self->facts.digest;
}

/**
 * pillion_http_download_get_sha256: (get-property sha256)
 * @self: a download
 *
 * Gets the SHA-256 digest of the file, if that is the digest that was verified.
 *
 * Returns: (nullable): 64 hexadecimal digits in lower case, or %NULL
 *
 * Since: 1.0
 */
const char *
pillion_http_download_get_sha256 (PillionHttpDownload *self)
{
  g_return_val_if_fail (PILLION_HTTP_IS_DOWNLOAD (self), NULL);

  return self->facts.digest != NULL && strlen (self->facts.digest) == 64 ? self->facts.digest : NULL;
}

/**
 * pillion_http_download_get_etag: (get-property etag)
 * @self: a download
 *
 * Gets the entity tag that the server sent, including its quotes.
 *
 * Returns: (nullable): the tag, or %NULL
 *
 * Since: 1.0
 */
const char *
pillion_http_download_get_etag (PillionHttpDownload *self)
{
  g_return_val_if_fail (PILLION_HTTP_IS_DOWNLOAD (self), NULL);

  return self->facts.etag;
}

/**
 * pillion_http_download_get_content_type: (get-property content-type)
 * @self: a download
 *
 * Gets the media type that the server sent, with its parameters.
 *
 * Returns: (nullable): the type, or %NULL
 *
 * Since: 1.0
 */
const char *
pillion_http_download_get_content_type (PillionHttpDownload *self)
{
  g_return_val_if_fail (PILLION_HTTP_IS_DOWNLOAD (self), NULL);

  return self->facts.content_type;
}

/**
 * pillion_http_download_get_content_coding: (get-property content-coding)
 * @self: a download
 *
 * Gets what the server had coded the body with although it was asked not to.
 *
 * Returns: (nullable): the coding, such as `gzip`, or %NULL
 *
 * Since: 1.0
 */
const char *
pillion_http_download_get_content_coding (PillionHttpDownload *self)
{
  g_return_val_if_fail (PILLION_HTTP_IS_DOWNLOAD (self), NULL);

  return self->facts.content_coding;
}

/**
 * pillion_http_download_get_integrity: (get-property integrity)
 * @self: a download
 *
 * Gets how far the file was verified.
 *
 * Returns: what is known
 *
 * Since: 1.0
 */
PillionHttpIntegrity
pillion_http_download_get_integrity (PillionHttpDownload *self)
{
  g_return_val_if_fail (PILLION_HTTP_IS_DOWNLOAD (self), PILLION_HTTP_INTEGRITY_UNKNOWN);

  return self->facts.integrity;
}

/**
 * pillion_http_download_get_response: (get-property response)
 * @self: a download
 *
 * Gets what the server answered, without the body; after an interruption, the answer to the last request.
 *
 * Returns: (transfer none) (nullable): the response, or %NULL if nothing was requested
 *
 * Since: 1.0
 */
PillionHttpResponse *
pillion_http_download_get_response (PillionHttpDownload *self)
{
  g_return_val_if_fail (PILLION_HTTP_IS_DOWNLOAD (self), NULL);

  return self->facts.response;
}
