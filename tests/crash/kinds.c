/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "kinds.h"

#include <string.h>

#include "base/pillion-sync.h"

#define MIB (1024 * 1024)

/* Content begins at different places of the same bytes */
#define STEP 4099

/* The range of numbers that content is made for */
#define MAX_NUMBER 256

const CrashKind crash_kinds[] = {
  { .name = "plain", .n_victims = 1, .lengths = { 200000, 9 * MIB + 5, 3 * MIB, MIB }, .has_digest = TRUE, .has_old = TRUE },
  { .name = "resumed", .n_victims = 1, .lengths = { 6 * MIB + 1, 3 * MIB }, .is_cut = TRUE, .is_named_by_server = TRUE },
  { .name = "large", .n_victims = 1, .lengths = { 76 * MIB }, .is_large = TRUE },
  { .name = "split", .n_victims = 1, .lengths = { 17 * MIB + 12345 }, .is_split = TRUE },
  { .name = "cached", .n_victims = 1, .lengths = { 4 * MIB, MIB }, .is_cached = TRUE },
  { .name = "shared", .n_victims = 3, .lengths = { 4 * MIB, MIB }, .is_cached = TRUE },
  { .name = "jar", .n_victims = 2, .has_jar = TRUE },
};
const guint crash_n_kinds = G_N_ELEMENTS (crash_kinds);

const CrashKind *
crash_kind_find (const char *name)
{
  for (guint i = 0; i < crash_n_kinds; i++)
    if (strcmp (crash_kinds[i].name, name) == 0)
      return &crash_kinds[i];

  g_error ("there is no kind '%s'", name);
}

guint
crash_kind_get_n_files (const CrashKind *self)
{
  guint n = 0;

  while (n < CRASH_MAX_FILES && self->lengths[n] > 0)
    n++;

  return n;
}

guint
crash_kind_get_share (const CrashKind *self,
                      guint n)
{
  guint n_small = 0;

  for (guint i = 0; i < crash_n_kinds; i++)
    n_small += !crash_kinds[i].is_large;

  n = (n + n_small - 1) / n_small;
  return self->is_large ? (n + 3) / 4 : n;
}

const guint8 *
crash_content_get (guint number,
                   gsize length)
{
  static guint8 *bytes;
  static gsize n_made;
  static guint64 state = 88172645463325252u;
  const gsize n_needed = STEP * MAX_NUMBER + 76 * MIB;
  const gsize start = (gsize) (number % MAX_NUMBER) * STEP;
  static GMutex lock;

  g_assert (start + length <= n_needed);
  pillion_mutex_lock (&lock);
  if (bytes == NULL)
    bytes = g_malloc (n_needed);
  /* A victim needs the beginning only */
  for (; n_made < start + length && n_made < n_needed; n_made += sizeof state)
    {
      state ^= state << 13;
      state ^= state >> 7;
      state ^= state << 17;
      memcpy (bytes + n_made, &state, MIN (sizeof state, n_needed - n_made));
    }
  pillion_mutex_unlock (&lock);

  return bytes + start;
}

gboolean
crash_body_is_fixed (guint number)
{
  return number % 3 == 0;
}

const guint8 *
crash_body_get (guint number,
                guint version,
                gsize *length)
{
  *length = number % 5 == 0 ? 150000 + number : 2000 + number * 37;
  return crash_content_get (number * 5 + version * 7, *length);
}

char *
crash_cookie_get_value (guint number)
{
  return g_strnfill (20 + number * 30, (char) ('a' + number));
}
