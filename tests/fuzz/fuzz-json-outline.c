/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* A byte for the size of parts, and a JSON text. If the text is valid, so is each part; and together they say what the whole does. */

#include <string.h>

#include "base/pillion-json-outline.h"
#include "fuzz.h"
#include "http/pillion-http-json.h"

typedef struct
{
  const char *text;
  const guint64 *next;
  const guint64 *end;
  gsize position; /* where the steps have come to */
} Reader;

static JsonNode *
parse (const char *before,
       const char *text,
       gsize length,
       const char *after)
{
  g_autofree char *part = g_strndup (text, length);
  g_autofree char *whole = g_strconcat (before, part, after, NULL);
  g_autoptr (GBytes) bytes = g_bytes_new (whole, strlen (whole));
  g_autoptr (JsonParser) parser = pillion_http_parse_json (bytes, NULL);

  return parser != NULL ? json_node_copy (json_parser_get_root (parser)) : NULL;
}

static PillionJsonStep
take (Reader *self,
      gsize *start,
      gsize *end)
{
  PillionJsonStep step;

  g_assert_true (self->next < self->end);
  step = (PillionJsonStep) self->next[0];
  *start = self->next[1];
  *end = self->next[2];
  self->next += 3;
  /* Parts follow one another; only a string's end is told before its parts */
  g_assert_cmpuint (*start, >=, self->position);
  g_assert_cmpuint (*end, >=, *start);
  self->position = step == PILLION_JSON_STRING ? *start : *end;

  return step;
}

static void
add_member (JsonObject *object,
            const char *name,
            JsonNode *node,
            gpointer target)
{
  json_object_set_member (target, name, json_node_copy (node));
}

static JsonNode *read_value (Reader *self);

static JsonNode *
read_string (Reader *self)
{
  g_autoptr (GString) string = g_string_new (NULL);
  JsonNode *node = json_node_new (JSON_NODE_VALUE);
  gsize start, end;

  while (take (self, &start, &end) == PILLION_JSON_PART)
    {
      g_autoptr (JsonNode) part = parse ("[\"", self->text + start, end - start, "\"]");

      g_assert_nonnull (part);
      g_string_append (string, json_array_get_string_element (json_node_get_array (part), 0));
    }
  json_node_set_string (node, string->str);

  return node;
}

static JsonNode *
read_array (Reader *self)
{
  JsonNode *node = json_node_new (JSON_NODE_ARRAY);
  JsonArray *array = json_array_new ();
  gsize start, end;

  json_node_take_array (node, array);
  while (self->next[0] != PILLION_JSON_END)
    {
      if (self->next[0] == PILLION_JSON_MEMBERS)
        {
          g_autoptr (JsonNode) part = NULL;

          take (self, &start, &end);
          part = parse ("[", self->text + start, end - start, "]");
          g_assert_nonnull (part);
          g_assert_cmpuint (json_array_get_length (json_node_get_array (part)), >, 0);
          for (guint i = 0; i < json_array_get_length (json_node_get_array (part)); i++)
            json_array_add_element (array, json_array_dup_element (json_node_get_array (part), i));
        }
      else
        json_array_add_element (array, read_value (self));
    }
  take (self, &start, &end);

  return node;
}

static JsonNode *
read_object (Reader *self)
{
  JsonNode *node = json_node_new (JSON_NODE_OBJECT);
  JsonObject *object = json_object_new ();
  gsize start, end;

  json_node_take_object (node, object);
  while (self->next[0] != PILLION_JSON_END)
    {
      PillionJsonStep step = take (self, &start, &end);
      g_autoptr (JsonNode) part = NULL;

      if (step == PILLION_JSON_MEMBERS)
        {
          part = parse ("{", self->text + start, end - start, "}");
          g_assert_nonnull (part);
          json_object_foreach_member (json_node_get_object (part), add_member, object);
        }
      else
        {
          g_assert_cmpint (step, ==, PILLION_JSON_KEY);
          part = parse ("[", self->text + start, end - start, "]");
          g_assert_nonnull (part);
          json_object_set_member (object, json_array_get_string_element (json_node_get_array (part), 0), read_value (self));
        }
    }
  take (self, &start, &end);

  return node;
}

static JsonNode *
read_value (Reader *self)
{
  gsize start, end;

  switch (take (self, &start, &end))
    {
    case PILLION_JSON_VALUE:
      return parse ("", self->text + start, end - start, "");
    case PILLION_JSON_STRING:
      return read_string (self);
    case PILLION_JSON_ARRAY:
      return read_array (self);
    case PILLION_JSON_OBJECT:
      return read_object (self);
    default:
      g_assert_not_reached ();
    }
}

int
LLVMFuzzerTestOneInput (const guint8 *data,
                        gsize size)
{
  gsize max_part = fuzz_take_number (&data, &size, 60);
  g_autofree char *text = fuzz_take_text (&data, &size);
  gsize length = strlen (text);
  g_autofree char *exact = NULL;
  g_autoptr (GArray) steps = NULL;
  g_autoptr (JsonNode) whole = NULL;
  const guint64 *numbers;

  if (!g_utf8_validate (text, (gssize) length, NULL))
    return 0;

  /* Without the zero, so that reading past the end is noticed */
  exact = g_memdup2 (text, length);
  steps = pillion_json_outline (exact, length, max_part);
  g_assert_cmpuint (steps->len, >, 0);
  g_assert_cmpuint (steps->len % 3, ==, 0);
  numbers = (const guint64 *) (gpointer) steps->data;
  for (guint i = 0; i < steps->len; i += 3)
    {
      g_assert_cmpuint (numbers[i], <=, PILLION_JSON_ERROR);
      g_assert_cmpuint (numbers[i + 1], <=, numbers[i + 2]);
      g_assert_cmpuint (numbers[i + 2], <=, length);
      g_assert_true (numbers[i] != PILLION_JSON_ERROR || i + 3 == steps->len);
    }

  whole = parse ("", text, length, "");
  if (whole != NULL)
    {
      Reader reader = { text, numbers, numbers + steps->len, 0 };
      g_autoptr (JsonNode) node = read_value (&reader);

      g_assert_true (reader.next == reader.end);
      g_assert_nonnull (node);
      g_assert_true (json_node_equal (node, whole));
    }

  return 0;
}
