/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "builder.h"

#include <string.h>

#include <gio/gio.h>

GBytes *
chaos_get_body (void)
{
  static GBytes *body;

  if (g_once_init_enter (&body))
    {
      GString *text = g_string_new ("[\"");

      while (text->len < CHAOS_BODY_LENGTH - 2)
        g_string_append_c (text, (char) ('a' + text->len * 7 % 26));
      g_string_append (text, "\"]");
      g_once_init_leave (&body, g_string_free_to_bytes (text));
    }

  return body;
}

const guint8 *
chaos_get_body_data (void)
{
  return g_bytes_get_data (chaos_get_body (), NULL);
}

GByteArray *
chaos_append (GByteArray *array,
              const char *text)
{
  return g_byte_array_append (array, (const guint8 *) text, (guint) strlen (text));
}

GByteArray *
chaos_append_body (GByteArray *array)
{
  return g_byte_array_append (array, chaos_get_body_data (), CHAOS_BODY_LENGTH);
}

GByteArray *
chaos_append_gzip (GByteArray *array,
                   const guint8 *data,
                   gsize length)
{
  return chaos_append_coded (array, G_ZLIB_COMPRESSOR_FORMAT_GZIP, data, length);
}

GByteArray *
chaos_append_coded (GByteArray *array,
                    GZlibCompressorFormat format,
                    const guint8 *data,
                    gsize length)
{
  g_autoptr (GConverter) compressor = G_CONVERTER (g_zlib_compressor_new (format, 6));
  gsize room = length + 1000;
  g_autofree guint8 *coded = g_malloc (room);
  gsize n_read;
  gsize n_written;

  g_assert_cmpint (g_converter_convert (compressor, data, length, coded, room, G_CONVERTER_INPUT_AT_END, &n_read, &n_written, NULL),
                   ==, G_CONVERTER_FINISHED);
  return g_byte_array_append (array, coded, (guint) n_written);
}

/* In chunks of @size bytes, without the last one */
GByteArray *
chaos_append_chunks (GByteArray *array,
                     const guint8 *data,
                     gsize length,
                     gsize size)
{
  for (gsize position = 0; position < length; position += size)
    {
      gsize n = MIN (size, length - position);
      g_autofree char *line = g_strdup_printf ("%zx\r\n", n);

      chaos_append (array, line);
      g_byte_array_append (array, data + position, (guint) n);
      chaos_append (array, "\r\n");
    }

  return array;
}

ChaosBehaviour *
chaos_add (GPtrArray *list,
           const char *name,
           GByteArray *bytes,
           ChaosEnd end,
           ChaosOutcome outcome)
{
  ChaosBehaviour *self = g_new0 (ChaosBehaviour, 1);

  self->name = g_strdup (name);
  self->bytes = bytes;
  self->end = end;
  self->outcome = outcome;
  self->content = g_bytes_ref (chaos_get_body ());
  g_ptr_array_add (list, self);

  return self;
}

/* An answer that is text up to the body; NULL for no body */
ChaosBehaviour *
chaos_add_head (GPtrArray *list,
                const char *name,
                const char *head,
                ChaosEnd end,
                ChaosOutcome outcome)
{
  return chaos_add (list, name, chaos_append_body (chaos_append (g_byte_array_new (), head)), end, outcome);
}

ChaosBehaviour *
chaos_add_text (GPtrArray *list,
                const char *name,
                const char *text,
                ChaosEnd end,
                ChaosOutcome outcome)
{
  return chaos_add (list, name, chaos_append (g_byte_array_new (), text), end, outcome);
}

ChaosBehaviour *
chaos_add_served (GPtrArray *list,
                  const char *name,
                  ChaosGround ground,
                  ChaosServe serve,
                  gpointer plan,
                  ChaosOutcome outcome)
{
  ChaosBehaviour *self = chaos_add (list, name, g_byte_array_new (), CHAOS_KEEP, outcome);

  self->ground = ground;
  self->serve = serve;
  self->plan = plan;

  return self;
}

ChaosBehaviour *
chaos_then (ChaosBehaviour *self,
            GByteArray *bytes,
            ChaosEnd end)
{
  self->next = g_new0 (ChaosBehaviour, 1);
  self->next->bytes = bytes;
  self->next->end = end;

  return self->next;
}

ChaosBehaviour *
chaos_then_text (ChaosBehaviour *self,
                 const char *text,
                 ChaosEnd end)
{
  return chaos_then (self, chaos_append (g_byte_array_new (), text), end);
}

void
chaos_set_content (ChaosBehaviour *self,
                   const void *data,
                   gsize length)
{
  g_bytes_unref (self->content);
  self->content = g_bytes_new (data, length);
}

void
chaos_set_no_content (ChaosBehaviour *self)
{
  chaos_set_content (self, "", 0);
  self->no_content = TRUE;
}

const char *const chaos_form_names[] = {
  "length", "chunked", "trailer", "until-close", "gzip-length", "gzip-chunked", "gzip-until-close",
};

GByteArray *
chaos_make_answer (ChaosForm form,
                   gsize *head_length)
{
  GByteArray *answer = chaos_append (g_byte_array_new (), "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n" CHAOS_TAGGED);
  g_autoptr (GByteArray) content = g_byte_array_new ();
  gboolean is_gzip = form >= CHAOS_FORM_GZIP_LENGTH;
  gboolean is_chunked = form == CHAOS_FORM_CHUNKED || form == CHAOS_FORM_TRAILER || form == CHAOS_FORM_GZIP_CHUNKED;

  if (is_gzip)
    {
      chaos_append (answer, "Content-Encoding: gzip\r\n");
      chaos_append_gzip (content, chaos_get_body_data (), CHAOS_BODY_LENGTH);
    }
  else
    chaos_append_body (content);

  if (is_chunked)
    chaos_append (answer, "Transfer-Encoding: chunked\r\n\r\n");
  else if (form == CHAOS_FORM_LENGTH || form == CHAOS_FORM_GZIP_LENGTH)
    {
      g_autofree char *line = g_strdup_printf ("Content-Length: %u\r\n\r\n", content->len);

      chaos_append (answer, line);
    }
  else
    chaos_append (answer, "Connection: close\r\n\r\n");
  *head_length = answer->len;

  if (is_chunked)
    {
      chaos_append_chunks (answer, content->data, content->len, 700);
      chaos_append (answer, form == CHAOS_FORM_TRAILER ? "0\r\nX-Sum: 17\r\nX-Other: a b\r\n\r\n" : "0\r\n\r\n");
    }
  else
    g_byte_array_append (answer, content->data, content->len);

  return answer;
}

GBytes *
chaos_get_answer (void)
{
  static GBytes *answer;

  if (g_once_init_enter (&answer))
    {
      gsize head_length;

      g_once_init_leave (&answer, g_byte_array_free_to_bytes (chaos_make_answer (CHAOS_FORM_LENGTH, &head_length)));
    }

  return answer;
}
