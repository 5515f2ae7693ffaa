/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-file-state.h"

#include <string.h>

#include <glib/gi18n-lib.h>

void
pillion_file_state_prefix (GError **error,
                           GFile *file)
{
  g_autofree char *name = g_file_get_parse_name (file);

  /* Some of GIO's messages name the file already */
  if (error != NULL && *error != NULL && strstr ((*error)->message, name) == NULL)
    g_prefix_error (error, "%s: ", name);
}

gint64
pillion_file_state_get_modified (GFileInfo *info)
{
  return (gint64) g_file_info_get_attribute_uint64 (info, G_FILE_ATTRIBUTE_TIME_MODIFIED) * G_USEC_PER_SEC +
         g_file_info_get_attribute_uint32 (info, G_FILE_ATTRIBUTE_TIME_MODIFIED_USEC);
}

gboolean
pillion_file_state_query (GFile *file,
                          gint64 *size,
                          gint64 *modified,
                          GError **error)
{
  g_autoptr (GFileInfo) info = g_file_query_info (file, G_FILE_ATTRIBUTE_STANDARD_TYPE "," PILLION_FILE_STATE_ATTRIBUTES,
                                                  G_FILE_QUERY_INFO_NONE, NULL, error);
  GFileType type;

  if (info == NULL)
    {
      pillion_file_state_prefix (error, file);
      return FALSE;
    }

  type = g_file_info_get_attribute_uint32 (info, G_FILE_ATTRIBUTE_STANDARD_TYPE);
  if (type != G_FILE_TYPE_REGULAR)
    {
      g_autofree char *name = g_file_get_parse_name (file);

      if (type == G_FILE_TYPE_DIRECTORY)
        g_set_error (error, G_IO_ERROR, G_IO_ERROR_IS_DIRECTORY, _("%s is a folder, and can't be sent"), name);
      else
        g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_REGULAR_FILE, _("%s is not a regular file, and can't be sent"), name);
      return FALSE;
    }

  *size = g_file_info_get_size (info);
  *modified = pillion_file_state_get_modified (info);
  return TRUE;
}
