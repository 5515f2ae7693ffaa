/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-file-body.h"

#include <string.h>

#include "http/pillion-http-date.h"
#include "http/pillion-http-fields.h"

void
pillion_file_body_init (PillionFileBody *self)
{
  *self = (PillionFileBody) { .end = -1, .total = -1 };
}

void
pillion_file_body_clear (PillionFileBody *self)
{
  g_free (self->coding);
  g_free (self->etag);
  g_free (self->last_modified);
  g_free (self->content_type);
}

/* A server may send any bytes, but results are UTF-8 */
static char *
get_text (const PillionHead *head,
          const char *name)
{
  const char *value = head->get_field (head, name);

  return value != NULL ? g_utf8_make_valid (value, -1) : NULL;
}

/* Many servers declare an archive's own compression as a content coding. Decoding that would unpack the file, and its name would be wrong. */
static gboolean
is_compressed_file (const PillionHead *head)
{
  static const char *const types[] = {
    "application/gzip", "application/x-gzip", "application/x-gtar", "application/x-tar", "application/x-tgz", "application/x-compressed-tar",
  };
  const char *type = head->get_field (head, "Content-Type");

  for (guint i = 0; type != NULL && i < G_N_ELEMENTS (types); i++)
    if (g_ascii_strncasecmp (type, types[i], strlen (types[i])) == 0 && strchr ("; \t", type[strlen (types[i])]) != NULL)
      return TRUE;

  return FALSE;
}

void
pillion_file_body_take_coding (PillionFileBody *self,
                               const PillionHead *head,
                               PillionCall *call)
{
  g_clear_pointer (&self->coding, g_free);
  if (pillion_call_is_decoding (call) && is_compressed_file (head))
    pillion_call_keep_coding (call);
  else if (pillion_call_is_decoding (call))
    self->coding = get_text (head, "Content-Encoding");
}

/* Two versions of a file are never mixed: everything that the response says has to match */
gboolean
pillion_file_body_take_rest (PillionFileBody *self,
                             const PillionHead *head,
                             const PillionPartRecord *record,
                             gint64 asked,
                             gboolean foreign)
{
  const char *range = head->get_field (head, "Content-Range");
  gint64 first;
  gint64 last;
  gint64 total;

  if (range == NULL || !pillion_http_parse_content_range (range, &first, &last, &total))
    return FALSE;

  /* If the length of the file is unknown, so is whether this is all of the rest */
  if (total < 0 && record->length < 0)
    return FALSE;

  if (first != asked || (total >= 0 && record->length >= 0 && total != record->length) ||
      (record->length >= 0 && last >= record->length))
    return FALSE;

  if (!foreign && !pillion_part_record_is_of (record, head->get_field (head, "ETag"), head->get_field (head, "Last-Modified")))
    return FALSE;

  if (head->length >= 0 && head->length != last - first + 1)
    return FALSE;

  self->begun = first;
  self->end = last + 1;
  self->total = total >= 0 ? total : record->length;
  return TRUE;
}

void
pillion_file_body_take_whole (PillionFileBody *self,
                              const PillionHead *head,
                              const char **etag,
                              const char **last_modified)
{
  /* Content-Length is that of the coded body */
  self->begun = 0;
  self->end = self->coding == NULL ? head->length : -1;
  self->total = self->end;

  /* The rest of a coded body can't be decoded on its own */
  *etag = self->coding == NULL ? head->get_field (head, "ETag") : NULL;
  *last_modified = self->coding == NULL ? head->get_field (head, "Last-Modified") : NULL;
  if (!pillion_http_is_strong_etag (*etag))
    *etag = NULL;
  if (!pillion_http_is_strong_date (*last_modified, head->get_field (head, "Date")))
    *last_modified = NULL;
}

void
pillion_file_body_take_fields (PillionFileBody *self,
                               const PillionHead *head)
{
  const struct
  {
    const char *name;
    char **value;
  } fields[] = {
    { "ETag", &self->etag },
    { "Last-Modified", &self->last_modified },
    { "Content-Type", &self->content_type },
  };

  self->delimited = head->delimited;
  for (guint i = 0; i < G_N_ELEMENTS (fields); i++)
    {
      char *text = get_text (head, fields[i].name);

      if (text != NULL || head->status != 206)
        {
          g_free (*fields[i].value);
          *fields[i].value = text;
        }
    }
}
