/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "base/pillion-json-outline.h"

#include <string.h>

/* Deeper than parsers go */
#define MAX_DEPTH 10000

#define NOWHERE G_MAXSIZE

/* An open container */
typedef struct
{
  gboolean is_object;
  gboolean told;      /* whether the outline lists it as a container; until then it is part of a part */
  gboolean alone;     /* whether nothing but a key precedes it in its element */
  gsize start;        /* where its bracket is */

  /* Complete elements that are not in the outline yet */
  gsize run_start;    /* NOWHERE if there are no such elements */
  gsize run_end;

  /* The element that is being read */
  gsize element;      /* NOWHERE before its first byte */
  gsize key_end;      /* in an object, the end of the key; NOWHERE before that */
  gboolean colon;
  gboolean has_more;  /* whether it has more than a key and a colon */
  gboolean has_value; /* whether the outline already lists its container or long string: nothing may follow */
  gboolean comma;     /* whether a comma came before it */
} Level;

typedef struct
{
  const char *text;
  gsize length;
  gsize max_part;
  GArray *levels;
  GArray *steps;
} Outline;

static void
say (Outline *self,
     PillionJsonStep step,
     gsize start,
     gsize end)
{
  const guint64 triple[] = { step, start, end };

  g_array_append_vals (self->steps, triple, G_N_ELEMENTS (triple));
}

static Level *
get_level (Outline *self,
           guint depth)
{
  return &g_array_index (self->levels, Level, depth);
}

static gboolean
is_space (char c)
{
  return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

static void
flush (Outline *self,
       Level *level)
{
  if (level->run_start != NOWHERE)
    say (self, PILLION_JSON_MEMBERS, level->run_start, level->run_end);
  level->run_start = NOWHERE;
}

/* Whether what begins now is the value of the current element, with nothing but its key before it */
static gboolean
begins_value (Level *level)
{
  return !level->has_more && (!level->is_object || (level->key_end != NOWHERE && level->colon));
}

/* The steps that follow describe the element's value */
static void
begin_value (Outline *self,
             Level *level)
{
  flush (self, level);
  if (level->is_object)
    say (self, PILLION_JSON_KEY, level->element, level->key_end);
  level->has_value = TRUE;
}

/* The containers down to @depth are too large to be parts of a part. Returns FALSE if they are not valid
 * there. */
static gboolean
tell_levels (Outline *self,
             guint depth)
{
  for (guint i = 0; i <= depth; i++)
    {
      Level *level = get_level (self, i);

      if (level->told)
        continue;
      if (!level->alone)
        return FALSE;
      if (i > 0)
        begin_value (self, get_level (self, i - 1));
      say (self, level->is_object ? PILLION_JSON_OBJECT : PILLION_JSON_ARRAY, level->start, level->start + 1);
      level->told = TRUE;
    }

  return TRUE;
}

/* An element ends before @end, at a comma or the closing bracket */
static gboolean
end_element (Outline *self,
             guint depth,
             gsize end)
{
  Level *level = get_level (self, depth);

  if (level->has_value)
    {
      level->run_start = NOWHERE;
    }
  else
    {
      if (level->run_start != NOWHERE && end - level->run_start > self->max_part)
        {
          if (!tell_levels (self, depth))
            return FALSE;
          flush (self, level);
        }
      if (level->run_start == NOWHERE)
        level->run_start = level->element;
      level->run_end = end;
    }

  level->element = level->key_end = NOWHERE;
  level->colon = level->has_more = level->has_value = FALSE;
  return TRUE;
}

/* Splits the inside of a string at a valid place: not inside an escape, a character, or a surrogate pair */
static void
say_string (Outline *self,
            gsize start,
            gsize end)
{
  const char *text = self->text;
  gsize part = start;
  gboolean in_pair = FALSE;

  say (self, PILLION_JSON_STRING, start, end);
  for (gsize i = start; i < end;)
    {
      gsize size = 1;

      if (i - part >= self->max_part && !in_pair)
        {
          say (self, PILLION_JSON_PART, part, i);
          part = i;
        }

      in_pair = FALSE;
      if (text[i] == '\\')
        {
          size = i + 1 < end && text[i + 1] == 'u' ? 6 : 2;
          /* The first half is \uD800 to \uDBFF */
          in_pair = size == 6 && i + 3 < end && (text[i + 2] | 0x20) == 'd' && strchr ("89abAB", text[i + 3]) != NULL;
        }
      else
        {
          while (i + size < end && (text[i + size] & 0xc0) == 0x80)
            size++;
        }
      i += size;
    }
  say (self, PILLION_JSON_PART, part, end);
  say (self, PILLION_JSON_END, end, end);
}

/* The end of the string that begins at @start, after its closing quotation mark; NOWHERE if it has no end */
static gsize
find_string_end (Outline *self,
                 gsize start)
{
  for (gsize i = start + 1; i < self->length; i++)
    {
      if (self->text[i] == '"')
        return i + 1;
      if (self->text[i] == '\\')
        i++;
    }

  return NOWHERE;
}

/* Reads the string at @start, inside a container. Returns its end, or NOWHERE if something is wrong. */
static gsize
read_string (Outline *self,
             guint depth,
             gsize start)
{
  Level *level = get_level (self, depth);
  gsize end = find_string_end (self, start);

  if (end == NOWHERE || level->has_value)
    return NOWHERE;
  if (level->is_object && level->element == NOWHERE)
    {
      level->element = start;
      level->key_end = end;
      return end;
    }

  if (level->element == NOWHERE)
    level->element = start;
  if (end - start > self->max_part && begins_value (level))
    {
      if (!tell_levels (self, depth))
        return NOWHERE;
      begin_value (self, level);
      say_string (self, start + 1, end - 1);
    }
  level->has_more = TRUE;

  return end;
}

/* Reads the container that begins at @at. Returns where it ends, or -1 on an error, which is at @wrong. */
static gssize
read_container (Outline *self,
                gsize at,
                gsize *wrong)
{
  for (gsize i = at; i < self->length;)
    {
      char c = self->text[i];
      Level *level = self->levels->len > 0 ? get_level (self, self->levels->len - 1) : NULL;

      *wrong = i;
      if (is_space (c))
        {
          i++;
          continue;
        }

      switch (c)
        {
        case '[':
        case '{':
          {
            Level inner = { .is_object = c == '{', .start = i, .run_start = NOWHERE, .element = NOWHERE, .key_end = NOWHERE };

            if (self->levels->len == MAX_DEPTH || (level != NULL && level->has_value))
              return -1;
            inner.alone = level == NULL || begins_value (level);
            if (level != NULL)
              {
                if (level->element == NOWHERE)
                  level->element = i;
                level->has_more = TRUE;
              }
            g_array_append_val (self->levels, inner);
            break;
          }

        case ']':
        case '}':
          if (level->is_object != (c == '}') || (level->element == NOWHERE && level->comma))
            return -1;
          if (level->element != NOWHERE && !end_element (self, self->levels->len - 1, i))
            return -1;
          if (level->told)
            {
              flush (self, level);
              say (self, PILLION_JSON_END, i, i + 1);
            }
          g_array_set_size (self->levels, self->levels->len - 1);
          if (self->levels->len == 0)
            return i + 1;
          break;

        case ',':
          if (level->element == NOWHERE || !end_element (self, self->levels->len - 1, i))
            return -1;
          level->comma = TRUE;
          break;

        case '"':
          i = read_string (self, self->levels->len - 1, i);
          if (i == NOWHERE)
            return -1;
          continue;

        case ':':
          if (level->element == NOWHERE || level->has_value)
            return -1;
          level->has_more |= level->colon;
          level->colon = TRUE;
          break;

        default:
          if (level->has_value)
            return -1;
          if (level->element == NOWHERE)
            level->element = i;
          level->has_more = TRUE;
        }
      i++;
    }

  *wrong = self->length;
  return -1;
}

GArray *
pillion_json_outline (const char *text,
                      gsize length,
                      gsize max_part)
{
  Outline self = { text, length, max_part };
  gsize start = 0, wrong = 0;

  self.steps = g_array_new (FALSE, FALSE, sizeof (guint64));
  /* A byte order mark */
  if (length >= 3 && memcmp (text, "\xef\xbb\xbf", 3) == 0)
    start = 3;
  while (start < self.length && is_space (text[start]))
    start++;
  while (self.length > start && is_space (text[self.length - 1]))
    self.length--;

  if (self.length - start > max_part && (text[start] == '[' || text[start] == '{'))
    {
      gssize end;

      self.levels = g_array_new (FALSE, FALSE, sizeof (Level));
      end = read_container (&self, start, &wrong);
      if (end >= 0 && (gsize) end < self.length)
        {
          wrong = end;
          end = -1;
        }
      if (end < 0)
        say (&self, PILLION_JSON_ERROR, wrong, wrong);
      else if (self.steps->len == 0)
        say (&self, PILLION_JSON_VALUE, start, end);
      g_array_unref (self.levels);
    }
  else if (self.length - start > max_part && text[start] == '"' && find_string_end (&self, start) == self.length)
    {
      say_string (&self, start + 1, self.length - 1);
    }
  else
    {
      say (&self, PILLION_JSON_VALUE, start, self.length);
    }

  return self.steps;
}
