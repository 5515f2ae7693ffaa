/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-http-form-private.h"

#include <string.h>

#include <glib/gi18n-lib.h>

#include "core/pillion-private.h"
#include "http/pillion-bytes-source.h"
#include "http/pillion-pieces-source.h"

/**
 * PillionHttpForm:
 *
 * The fields of a form, as a browser sends them: [method@PillionHttp.Request.set_form].
 *
 * ```c
 * g_autoptr (PillionHttpForm) form = pillion_http_form_new ();
 * g_autoptr (GFile) render = g_file_new_for_path ("/tmp/render.png");
 * g_autoptr (PillionHttpRequest) request = pillion_http_request_new ("POST", "https://example.org/renders");
 *
 * pillion_http_form_add_field (form, "title", "Monkey");
 * pillion_http_form_add_file (form, "image", render, NULL, NULL);
 * pillion_http_request_set_form (request, form);
 * ```
 *
 * A form that only has fields ([method@PillionHttp.Form.add_field]) is sent as
 * `application/x-www-form-urlencoded`, any other as `multipart/form-data` ([RFC
 * 7578](https://www.rfc-editor.org/rfc/rfc7578)). Fields are sent in the order in which they were added; a
 * name may be added several times. Files are read while they are sent, and are never entirely in memory.
 *
 * In names and file names, `"`, carriage returns and line feeds are escaped as `%22`, `%0D` and `%0A`, as browsers do it. A form with an empty
 * name or a media type that can't be sent is an error of the call: [error@PillionHttp.Error.INVALID_REQUEST]. A file that can't be read is one
 * too: see [method@PillionHttp.Request.set_body_from_file].
 *
 * A form belongs to the thread that uses it. To change it after it was given to a request does not change the request.
 *
 * Since: 1.0
 */

/* The parts of a form */
typedef struct
{
  char *name;
  char *value;  /* of a field, else NULL */
  GBytes *bytes; /* or NULL */
  GFile *file;   /* or NULL */
  char *file_name; /* or NULL */
  char *content_type; /* or NULL */
} Entry;

struct _PillionHttpForm
{
  GObject parent_instance;

  GPtrArray *entries;
  gboolean multipart; /* not all of them are fields */
};

G_DEFINE_FINAL_TYPE (PillionHttpForm, pillion_http_form, G_TYPE_OBJECT)

static void
entry_free (gpointer data)
{
  Entry *self = data;

  g_free (self->name);
  g_free (self->value);
  g_clear_pointer (&self->bytes, g_bytes_unref);
  g_clear_object (&self->file);
  g_free (self->file_name);
  g_free (self->content_type);
  g_free (self);
}

/* As in the URL standard: application/x-www-form-urlencoded, including its percent-encode set */
static void
append_urlencoded (GString *body,
                   const char *text)
{
  for (const char *p = text; *p != '\0'; p++)
    if (g_ascii_isalnum (*p) || strchr ("*-._", *p) != NULL)
      g_string_append_c (body, *p);
    else if (*p == ' ')
      g_string_append_c (body, '+');
    else
      g_string_append_printf (body, "%%%02X", (guchar) *p);
}

/* As in the HTML standard: multipart/form-data encoding */
static void
append_quoted (GString *head,
               const char *text)
{
  g_string_append_c (head, '"');
  for (const char *p = text; *p != '\0'; p++)
    switch (*p)
      {
      case '"':
        g_string_append (head, "%22");
        break;
      case '\r':
        g_string_append (head, "%0D");
        break;
      case '\n':
        g_string_append (head, "%0A");
        break;
      default:
        g_string_append_c (head, *p);
      }
  g_string_append_c (head, '"');
}

/* What is wrong with an entry, or NULL */
static GError *
check_entry (Entry *entry)
{
  if (entry->name[0] == '\0')
    return g_error_new_literal (PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_INVALID_REQUEST, _("a field of the form has no name"));

  for (const char *p = entry->content_type; p != NULL && *p != '\0'; p++)
    if (((guchar) *p < ' ' && *p != '\t') || *p == 0x7f)
      return g_error_new (PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_INVALID_REQUEST,
                          _("the media type of the field '%s' of the form contains a line end or another control character"), entry->name);

  return NULL;
}

static void
add_bytes_piece (GArray *pieces,
                 GString *text)
{
  g_autoptr (GBytes) bytes = g_bytes_new (text->str, text->len);
  PillionPiece piece = pillion_piece_of_bytes (bytes);

  g_array_append_val (pieces, piece);
  g_string_truncate (text, 0);
}

static PillionSource *
make_multipart (PillionHttpForm *self)
{
  g_autofree char *random = g_uuid_string_random ();
  g_autofree char *boundary = g_strconcat ("pillion-", random, NULL);
  g_autofree char *content_type = g_strconcat ("multipart/form-data; boundary=", boundary, NULL);
  g_autoptr (GString) text = g_string_new (NULL);
  GArray *pieces = pillion_pieces_new ();

  for (guint i = 0; i < self->entries->len; i++)
    {
      Entry *entry = self->entries->pdata[i];

      g_string_append_printf (text, "--%s\r\nContent-Disposition: form-data; name=", boundary);
      append_quoted (text, entry->name);
      if (entry->file_name != NULL)
        {
          g_string_append (text, "; filename=");
          append_quoted (text, entry->file_name);
        }
      if (entry->content_type != NULL)
        g_string_append_printf (text, "\r\nContent-Type: %s", entry->content_type);
      g_string_append (text, "\r\n\r\n");

      if (entry->value != NULL)
        g_string_append (text, entry->value);
      else
        {
          PillionPiece piece = entry->file != NULL ? pillion_piece_of_file (entry->file) : pillion_piece_of_bytes (entry->bytes);

          add_bytes_piece (pieces, text);
          g_array_append_val (pieces, piece);
        }
      g_string_append (text, "\r\n");
    }
  g_string_append_printf (text, "--%s--\r\n", boundary);
  add_bytes_piece (pieces, text);

  return pillion_pieces_source_new (pieces, content_type);
}

static PillionSource *
make_urlencoded (PillionHttpForm *self)
{
  GString *body = g_string_new (NULL);
  g_autoptr (GBytes) bytes = NULL;

  for (guint i = 0; i < self->entries->len; i++)
    {
      Entry *entry = self->entries->pdata[i];

      if (i > 0)
        g_string_append_c (body, '&');
      append_urlencoded (body, entry->name);
      g_string_append_c (body, '=');
      append_urlencoded (body, entry->value);
    }

  bytes = g_string_free_to_bytes (body);
  return pillion_bytes_source_new (bytes, "application/x-www-form-urlencoded");
}

PillionSource *
pillion_http_form_make_source (PillionHttpForm *self)
{
  PillionSource *source = self->multipart ? make_multipart (self) : make_urlencoded (self);

  for (guint i = 0; i < self->entries->len && source->invalid == NULL; i++)
    source->invalid = check_entry (self->entries->pdata[i]);

  return source;
}

static Entry *
add (PillionHttpForm *self,
     const char *name)
{
  Entry *entry = g_new0 (Entry, 1);

  entry->name = g_strdup (name);
  g_ptr_array_add (self->entries, entry);
  return entry;
}

static void
pillion_http_form_finalize (GObject *object)
{
  PillionHttpForm *self = PILLION_HTTP_FORM (object);

  pillion_sync_acquire (self);

  g_ptr_array_unref (self->entries);

  G_OBJECT_CLASS (pillion_http_form_parent_class)->finalize (object);
}

static void
pillion_http_form_class_init (PillionHttpFormClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = pillion_http_form_finalize;
}

static void
pillion_http_form_init (PillionHttpForm *self)
{
  self->entries = g_ptr_array_new_with_free_func (entry_free);
}

/**
 * pillion_http_form_new:
 *
 * Creates an empty form.
 *
 * Returns: (transfer full): a form
 *
 * Since: 1.0
 */
PillionHttpForm *
pillion_http_form_new (void)
{
  return g_object_new (PILLION_HTTP_TYPE_FORM, NULL);
}

/**
 * pillion_http_form_add_field:
 * @self: a form
 * @name: the name of the field, not empty
 * @value: its value
 *
 * Adds a field with a text.
 *
 * Since: 1.0
 */
void
pillion_http_form_add_field (PillionHttpForm *self,
                             const char *name,
                             const char *value)
{
  g_return_if_fail (PILLION_HTTP_IS_FORM (self));
  g_return_if_fail (name != NULL);
  g_return_if_fail (value != NULL);

  add (self, name)->value = g_strdup (value);
}

/**
 * pillion_http_form_add_bytes:
 * @self: a form
 * @name: the name of the field, not empty
 * @bytes: its value
 * @file_name: (nullable): a file name to send, or %NULL for a field that is not a file
 * @content_type: (nullable): the media type, or %NULL to send none
 *
 * Adds a field with bytes, which are sent as a file if they have a file name.
 *
 * Since: 1.0
 */
void
pillion_http_form_add_bytes (PillionHttpForm *self,
                             const char *name,
                             GBytes *bytes,
                             const char *file_name,
                             const char *content_type)
{
  Entry *entry;

  g_return_if_fail (PILLION_HTTP_IS_FORM (self));
  g_return_if_fail (name != NULL);
  g_return_if_fail (bytes != NULL);

  entry = add (self, name);
  entry->bytes = g_bytes_ref (bytes);
  entry->file_name = g_strdup (file_name);
  entry->content_type = g_strdup (content_type);
  self->multipart = TRUE;
}

/* The media type of a file if none was given */
static char *
guess_content_type (const char *file_name)
{
  g_autofree char *type = g_content_type_guess (file_name, NULL, 0, NULL);
  char *mime_type = g_content_type_get_mime_type (type);

  return mime_type != NULL ? mime_type : g_strdup ("application/octet-stream");
}

/**
 * pillion_http_form_add_file:
 * @self: a form
 * @name: the name of the field, not empty
 * @file: a regular file
 * @file_name: (nullable): the file name to send, or %NULL for the file's own
 * @content_type: (nullable): the media type, or %NULL for the one that the file name suggests
 *
 * Adds a field with a file. The file is read while the form is sent.
 *
 * Since: 1.0
 */
void
pillion_http_form_add_file (PillionHttpForm *self,
                            const char *name,
                            GFile *file,
                            const char *file_name,
                            const char *content_type)
{
  Entry *entry;

  g_return_if_fail (PILLION_HTTP_IS_FORM (self));
  g_return_if_fail (name != NULL);
  g_return_if_fail (G_IS_FILE (file));

  entry = add (self, name);
  entry->file = g_object_ref (file);
  if (file_name != NULL)
    entry->file_name = g_strdup (file_name);
  else
    {
      g_autofree char *own = g_file_get_basename (file);

      /* Names other than UTF-8 can't be sent in a form */
      entry->file_name = own != NULL ? g_filename_display_name (own) : g_strdup (name);
    }
  entry->content_type = content_type != NULL ? g_strdup (content_type) : guess_content_type (entry->file_name);
  self->multipart = TRUE;
}
