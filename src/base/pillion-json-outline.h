/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

/* What a step of an outline means. Each step has two numbers: where its part of the text begins and ends. */
typedef enum
{
  PILLION_JSON_VALUE,        /* a whole value */
  PILLION_JSON_ARRAY,        /* an array begins: values and members follow, up to its PILLION_JSON_END */
  PILLION_JSON_OBJECT,       /* an object begins, like an array */
  PILLION_JSON_MEMBERS,      /* whole members or elements of the innermost container, with commas between them */
  PILLION_JSON_KEY,          /* a string, the key of what follows */
  PILLION_JSON_STRING,       /* a string begins: parts follow, up to its PILLION_JSON_END */
  PILLION_JSON_PART,         /* the inside of a string, or a piece of it that can be read alone */
  PILLION_JSON_END,
  PILLION_JSON_ERROR,        /* the text is not valid here; nothing follows */
} PillionJsonStep;

/* Divides a JSON text into parts of about @max_part bytes that can be parsed one by one: triples of a step
 * and its numbers. It only looks at the structure; other errors are found when the parts are parsed. The text
 * is UTF-8. */
GArray *pillion_json_outline (const char *text,
                              gsize       length,
                              gsize       max_part);
