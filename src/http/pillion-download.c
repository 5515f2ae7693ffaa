/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-download-private.h"

#include "base/pillion-sync.h"

/**
 * PillionDownload:
 *
 * What came of a download: the file, and how sure it is that it is whole.
 *
 * It is the result of the tasks of [method@Pillion.HttpClient.download] and [method@Pillion.HttpClient.download_into]:
 *
 * ```c
 * g_autoptr (PillionDownload) download = pillion_task_get_object (task, &error);
 *
 * if (download != NULL)
 *   g_print ("%s\n", g_file_peek_path (pillion_download_get_file (download)));
 * ```
 *
 * It never changes, and may be used from any thread.
 *
 * Since: 1.0
 */

struct _PillionDownload
{
  GObject parent_instance;

  PillionDownloadFacts facts;
};

enum
{
  PROP_URL = 1,
  PROP_FILE,
  PROP_SIZE,
  PROP_RESUMED_FROM,
  PROP_SHA256,
  PROP_ETAG,
  PROP_CONTENT_TYPE,
  PROP_INTEGRITY,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (PillionDownload, pillion_download, G_TYPE_OBJECT)

static void
pillion_download_finalize (GObject *object)
{
  PillionDownload *self = PILLION_DOWNLOAD (object);

  pillion_sync_acquire (self);

  g_free (self->facts.url);
  g_clear_object (&self->facts.file);
  g_free (self->facts.sha256);
  g_free (self->facts.etag);
  g_free (self->facts.content_type);

  G_OBJECT_CLASS (pillion_download_parent_class)->finalize (object);
}

static void
pillion_download_get_property (GObject *object,
                               guint prop_id,
                               GValue *value,
                               GParamSpec *pspec)
{
  PillionDownload *self = PILLION_DOWNLOAD (object);

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
    case PROP_SHA256:
      g_value_set_string (value, self->facts.sha256);
      break;
    case PROP_ETAG:
      g_value_set_string (value, self->facts.etag);
      break;
    case PROP_CONTENT_TYPE:
      g_value_set_string (value, self->facts.content_type);
      break;
    case PROP_INTEGRITY:
      g_value_set_enum (value, self->facts.integrity);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
pillion_download_class_init (PillionDownloadClass *klass)
{
  const GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->finalize = pillion_download_finalize;
  object_class->get_property = pillion_download_get_property;

  /**
   * PillionDownload:url: (getter get_url)
   *
   * The URL that was asked for.
   *
   * Since: 1.0
   */
  properties[PROP_URL] = g_param_spec_string ("url", NULL, NULL, NULL, flags);

  /**
   * PillionDownload:file: (getter get_file)
   *
   * The file.
   *
   * Since: 1.0
   */
  properties[PROP_FILE] = g_param_spec_object ("file", NULL, NULL, G_TYPE_FILE, flags);

  /**
   * PillionDownload:size: (getter get_size)
   *
   * The size of the file in bytes.
   *
   * Since: 1.0
   */
  properties[PROP_SIZE] = g_param_spec_int64 ("size", NULL, NULL, 0, G_MAXINT64, 0, flags);

  /**
   * PillionDownload:resumed-from: (getter get_resumed_from)
   *
   * How many bytes were there already from an earlier attempt, 0 where it began anew.
   *
   * Since: 1.0
   */
  properties[PROP_RESUMED_FROM] = g_param_spec_int64 ("resumed-from", NULL, NULL, 0, G_MAXINT64, 0, flags);

  /**
   * PillionDownload:sha256: (getter get_sha256)
   *
   * The SHA-256 of the file, where one was asked for.
   *
   * Since: 1.0
   */
  properties[PROP_SHA256] = g_param_spec_string ("sha256", NULL, NULL, NULL, flags);

  /**
   * PillionDownload:etag: (getter get_etag)
   *
   * The entity tag that the server gave.
   *
   * Since: 1.0
   */
  properties[PROP_ETAG] = g_param_spec_string ("etag", NULL, NULL, NULL, flags);

  /**
   * PillionDownload:content-type: (getter get_content_type)
   *
   * The media type that the server gave.
   *
   * Since: 1.0
   */
  properties[PROP_CONTENT_TYPE] = g_param_spec_string ("content-type", NULL, NULL, NULL, flags);

  /**
   * PillionDownload:integrity: (getter get_integrity)
   *
   * What is known about the file being whole.
   *
   * Since: 1.0
   */
  properties[PROP_INTEGRITY] =
    g_param_spec_enum ("integrity", NULL, NULL, PILLION_TYPE_INTEGRITY, PILLION_INTEGRITY_UNKNOWN, flags);

  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
pillion_download_init (PillionDownload *self)
{
}

PillionDownload *
pillion_download_new (const PillionDownloadFacts *facts)
{
  PillionDownload *self = g_object_new (PILLION_TYPE_DOWNLOAD, NULL);

  self->facts = *facts;

  return self;
}

/**
 * pillion_download_get_url: (get-property url)
 * @self: a download
 *
 * Gives the URL that was asked for, before any redirect.
 *
 * Returns: the URL
 *
 * Since: 1.0
 */
const char *
pillion_download_get_url (PillionDownload *self)
{
  g_return_val_if_fail (PILLION_IS_DOWNLOAD (self), NULL);

  return self->facts.url;
}

/**
 * pillion_download_get_file: (get-property file)
 * @self: a download
 *
 * Gives the file.
 *
 * Returns: (transfer none): the file
 *
 * Since: 1.0
 */
GFile *
pillion_download_get_file (PillionDownload *self)
{
  g_return_val_if_fail (PILLION_IS_DOWNLOAD (self), NULL);

  return self->facts.file;
}

/**
 * pillion_download_get_size: (get-property size)
 * @self: a download
 *
 * Tells the size of the file.
 *
 * Returns: the size in bytes
 *
 * Since: 1.0
 */
gint64
pillion_download_get_size (PillionDownload *self)
{
  g_return_val_if_fail (PILLION_IS_DOWNLOAD (self), 0);

  return self->facts.size;
}

/**
 * pillion_download_get_resumed_from: (get-property resumed-from)
 * @self: a download
 *
 * Tells how much of the file came from an earlier attempt.
 *
 * Returns: that many bytes, 0 where the download began anew
 *
 * Since: 1.0
 */
gint64
pillion_download_get_resumed_from (PillionDownload *self)
{
  g_return_val_if_fail (PILLION_IS_DOWNLOAD (self), 0);

  return self->facts.resumed_from;
}

/**
 * pillion_download_get_sha256: (get-property sha256)
 * @self: a download
 *
 * Gives the SHA-256 of the file. It is computed only where the download was to be held against one.
 *
 * Returns: (nullable): 64 hexadecimal digits in lower case, or %NULL
 *
 * Since: 1.0
 */
const char *
pillion_download_get_sha256 (PillionDownload *self)
{
  g_return_val_if_fail (PILLION_IS_DOWNLOAD (self), NULL);

  return self->facts.sha256;
}

/**
 * pillion_download_get_etag: (get-property etag)
 * @self: a download
 *
 * Gives the entity tag that the server gave, quotes and all.
 *
 * Returns: (nullable): the tag, or %NULL
 *
 * Since: 1.0
 */
const char *
pillion_download_get_etag (PillionDownload *self)
{
  g_return_val_if_fail (PILLION_IS_DOWNLOAD (self), NULL);

  return self->facts.etag;
}

/**
 * pillion_download_get_content_type: (get-property content-type)
 * @self: a download
 *
 * Gives the media type that the server gave, with its parameters.
 *
 * Returns: (nullable): the type, or %NULL
 *
 * Since: 1.0
 */
const char *
pillion_download_get_content_type (PillionDownload *self)
{
  g_return_val_if_fail (PILLION_IS_DOWNLOAD (self), NULL);

  return self->facts.content_type;
}

/**
 * pillion_download_get_integrity: (get-property integrity)
 * @self: a download
 *
 * Tells what is known about the file being whole.
 *
 * Returns: what is known
 *
 * Since: 1.0
 */
PillionIntegrity
pillion_download_get_integrity (PillionDownload *self)
{
  g_return_val_if_fail (PILLION_IS_DOWNLOAD (self), PILLION_INTEGRITY_UNKNOWN);

  return self->facts.integrity;
}
