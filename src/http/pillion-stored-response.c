/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-stored-response.h"

/* Changes with the format. Entries of another version are of no use, and are replaced. */
#define VERSION 1

/* Not text: a server may send any bytes */
#define FORMAT "(yu@ay@ayxxxx@aay@aay)"

void
pillion_stored_response_changed (PillionStoredResponse *self)
{
  g_autofree char *value = pillion_field_list_join (&self->fields, "Cache-Control");

  pillion_cache_control_clear (&self->control);
  pillion_cache_control_init (&self->control, value);
}

static gboolean
take_fields (PillionFieldList *fields,
             GVariant *variant)
{
  g_autofree const char **strv = g_variant_get_bytestring_array (variant, NULL);
  guint n = g_strv_length ((char **) strv);

  for (guint i = 0; i + 1 < n; i += 2)
    pillion_field_list_append (fields, strv[i], strv[i + 1]);

  return n % 2 == 0;
}

PillionStoredResponse *
pillion_stored_response_parse (GBytes *bytes)
{
  g_autoptr (GVariant) untrusted = g_variant_ref_sink (g_variant_new_from_bytes (G_VARIANT_TYPE ("(yuayayxxxxaayaay)"), bytes, FALSE));
  g_autoptr (GVariant) swapped = G_BYTE_ORDER == G_BIG_ENDIAN ? g_variant_byteswap (untrusted) : g_variant_ref (untrusted);
  g_autoptr (GVariant) reason = NULL;
  g_autoptr (GVariant) version = NULL;
  g_autoptr (GVariant) fields = NULL;
  g_autoptr (GVariant) selecting = NULL;
  g_autoptr (PillionStoredResponse) self = NULL;
  guchar format;

  if (!g_variant_is_normal_form (swapped))
    return NULL;

  self = g_new0 (PillionStoredResponse, 1);
  g_variant_get (swapped, FORMAT, &format, &self->status, &reason, &version, &self->requested, &self->received, &self->first, &self->total,
                 &fields, &selecting);
  self->reason = g_strdup (g_variant_get_bytestring (reason));
  self->version = g_strdup (g_variant_get_bytestring (version));
  if (format != VERSION || self->status < 200 || self->status > 999 || self->first < 0 || self->total < -1 ||
      !take_fields (&self->fields, fields) || !take_fields (&self->selecting, selecting))
    return NULL;

  pillion_stored_response_changed (self);
  return g_steal_pointer (&self);
}

static GVariant *
make_fields (const PillionFieldList *fields)
{
  static const char *const none[] = { NULL };

  return g_variant_new_bytestring_array (fields->n > 0 ? (const char *const *) fields->strv : none, -1);
}

GBytes *
pillion_stored_response_serialize (const PillionStoredResponse *self)
{
  g_autoptr (GVariant) variant = g_variant_ref_sink (
    g_variant_new (FORMAT, VERSION, self->status, g_variant_new_bytestring (self->reason), g_variant_new_bytestring (self->version),
                   self->requested, self->received, self->first, self->total, make_fields (&self->fields), make_fields (&self->selecting)));
  g_autoptr (GVariant) swapped = G_BYTE_ORDER == G_BIG_ENDIAN ? g_variant_byteswap (variant) : g_variant_ref (variant);

  return g_variant_get_data_as_bytes (swapped);
}

void
pillion_stored_response_free (PillionStoredResponse *self)
{
  g_free (self->reason);
  g_free (self->version);
  pillion_field_list_clear (&self->fields);
  pillion_field_list_clear (&self->selecting);
  pillion_cache_control_clear (&self->control);
  g_free (self);
}

gboolean
pillion_stored_response_is_part (const PillionStoredResponse *self)
{
  return self->status == 206;
}

const char *
pillion_stored_response_get (const PillionStoredResponse *self,
                             const char *name)
{
  const char *value = NULL;

  for (guint i = 0; i < self->fields.n; i += 2)
    if (g_ascii_strcasecmp (self->fields.strv[i], name) == 0)
      {
        if (value != NULL)
          return NULL;
        value = self->fields.strv[i + 1];
      }

  return value;
}
