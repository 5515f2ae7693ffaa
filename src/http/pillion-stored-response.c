/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-stored-response.h"

#include <string.h>

/* Changes with the format. Entries of another version are of no use, and are replaced. */
#define VERSION 2

/* No time is later, in s since the epoch: so ages can be calculated */
#define MAX_TIME (G_GINT64_CONSTANT (1) << 40)

/* Nor does a part begin later: so it has an end */
#define MAX_FIRST (G_MAXINT64 / 2)

/* All numbers are little-endian. The strings follow, each with its terminating zero: the reason, the version of HTTP, and the names and
 * values of both lists. They need not be text: a server may send any bytes. */
typedef struct
{
  guint32 format;
  guint32 status;
  gint64 requested;
  gint64 received;
  gint64 first;
  gint64 total;
  guint32 n_fields; /* strings in each list */
  guint32 n_selecting;
} Fixed;

G_STATIC_ASSERT (sizeof (Fixed) == 48);

void
pillion_stored_response_changed (PillionStoredResponse *self)
{
  g_autofree char *value = pillion_field_list_join (&self->fields, "Cache-Control");

  pillion_cache_control_clear (&self->control);
  pillion_cache_control_init (&self->control, value);
}

static gboolean
is_time (gint64 time)
{
  return time >= 0 && time <= MAX_TIME;
}

/* Returns the next string, or NULL if there is none */
static const char *
take_string (const char **next,
             const char *end)
{
  const char *start = *next;
  const char *zero = memchr (start, '\0', (gsize) (end - start));

  if (zero == NULL)
    return NULL;

  *next = zero + 1;
  return start;
}

static gboolean
take_fields (PillionFieldList *fields,
             guint32 n,
             const char **next,
             const char *end)
{
  for (guint32 i = 0; i < n; i += 2)
    {
      const char *name = take_string (next, end);
      const char *value = name != NULL ? take_string (next, end) : NULL;

      if (value == NULL)
        return FALSE;
      pillion_field_list_borrow (fields, name, value);
    }

  return n % 2 == 0;
}

PillionStoredResponse *
pillion_stored_response_parse (GBytes *bytes)
{
  g_autoptr (PillionStoredResponse) self = NULL;
  gsize length;
  const char *next = g_bytes_get_data (bytes, &length);
  const char *end;
  Fixed fixed;

  if (length < sizeof fixed)
    return NULL;

  memcpy (&fixed, next, sizeof fixed);
  end = next + length;
  next += sizeof fixed;
  self = g_new0 (PillionStoredResponse, 1);
  self->bytes = g_bytes_ref (bytes);
  self->status = GUINT32_FROM_LE (fixed.status);
  self->requested = GINT64_FROM_LE (fixed.requested);
  self->received = GINT64_FROM_LE (fixed.received);
  self->first = GINT64_FROM_LE (fixed.first);
  self->total = GINT64_FROM_LE (fixed.total);
  if (GUINT32_FROM_LE (fixed.format) != VERSION || self->status < 200 || self->status > 999 || !is_time (self->requested) ||
      !is_time (self->received) || self->first < 0 || self->first > MAX_FIRST || self->total < -1)
    return NULL;

  self->reason = g_strdup (take_string (&next, end));
  self->version = self->reason != NULL ? g_strdup (take_string (&next, end)) : NULL;
  if (self->version == NULL || !take_fields (&self->fields, GUINT32_FROM_LE (fixed.n_fields), &next, end) ||
      !take_fields (&self->selecting, GUINT32_FROM_LE (fixed.n_selecting), &next, end) || next != end)
    return NULL;

  pillion_stored_response_changed (self);
  return g_steal_pointer (&self);
}

static gsize
measure_fields (const PillionFieldList *fields)
{
  gsize size = 0;

  for (guint i = 0; i < fields->n; i++)
    size += strlen (fields->strv[i]) + 1;

  return size;
}

/* Returns where the next one goes */
static char *
put_string (char *to,
            const char *string)
{
  return stpcpy (to, string) + 1;
}

static char *
put_fields (char *to,
            const PillionFieldList *fields)
{
  for (guint i = 0; i < fields->n; i++)
    to = put_string (to, fields->strv[i]);

  return to;
}

GBytes *
pillion_stored_response_serialize (const PillionStoredResponse *self)
{
  const Fixed fixed = {
    .format = GUINT32_TO_LE (VERSION),
    .status = GUINT32_TO_LE (self->status),
    .requested = GINT64_TO_LE (self->requested),
    .received = GINT64_TO_LE (self->received),
    .first = GINT64_TO_LE (self->first),
    .total = GINT64_TO_LE (self->total),
    .n_fields = GUINT32_TO_LE (self->fields.n),
    .n_selecting = GUINT32_TO_LE (self->selecting.n),
  };
  const gsize size = sizeof fixed + strlen (self->reason) + 1 + strlen (self->version) + 1 + measure_fields (&self->fields) +
                     measure_fields (&self->selecting);
  char *bytes = g_malloc (size);
  char *next = bytes + sizeof fixed;

  memcpy (bytes, &fixed, sizeof fixed);
  next = put_string (next, self->reason);
  next = put_string (next, self->version);
  next = put_fields (next, &self->fields);
  next = put_fields (next, &self->selecting);
  g_assert (next == bytes + size);

  return g_bytes_new_take (bytes, size);
}

void
pillion_stored_response_free (PillionStoredResponse *self)
{
  g_free (self->reason);
  g_free (self->version);
  pillion_field_list_clear (&self->fields);
  pillion_field_list_clear (&self->selecting);
  pillion_cache_control_clear (&self->control);
  g_clear_pointer (&self->bytes, g_bytes_unref);
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
    if (pillion_field_is_named (self->fields.strv[i], name))
      {
        if (value != NULL)
          return NULL;
        value = self->fields.strv[i + 1];
      }

  return value;
}
