/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-xxh64.h"

#include <string.h>

#define PRIME_1 G_GUINT64_CONSTANT (0x9E3779B185EBCA87)
#define PRIME_2 G_GUINT64_CONSTANT (0xC2B2AE3D27D4EB4F)
#define PRIME_3 G_GUINT64_CONSTANT (0x165667B19E3779F9)
#define PRIME_4 G_GUINT64_CONSTANT (0x85EBCA77C2B2AE63)
#define PRIME_5 G_GUINT64_CONSTANT (0x27D4EB2F165667C5)

#define STRIPE 32

static inline guint64
rotate (guint64 value,
        guint bits)
{
  return (value << bits) | (value >> (64 - bits));
}

static inline guint64
read_64 (const guint8 *bytes)
{
  guint64 value;

  memcpy (&value, bytes, sizeof value);
  return GUINT64_FROM_LE (value);
}

static inline guint64
read_32 (const guint8 *bytes)
{
  guint32 value;

  memcpy (&value, bytes, sizeof value);
  return GUINT32_FROM_LE (value);
}

static inline guint64
round_lane (guint64 lane,
            guint64 input)
{
  return rotate (lane + input * PRIME_2, 31) * PRIME_1;
}

static inline guint64
merge_lane (guint64 sum,
            guint64 lane)
{
  return (sum ^ round_lane (0, lane)) * PRIME_1 + PRIME_4;
}

guint64
pillion_xxh64 (const void *data,
               gsize length,
               guint64 seed)
{
  const guint8 *bytes = data;
  const guint8 *end = bytes + length;
  guint64 sum = seed + PRIME_5;

  if (length >= STRIPE)
    {
      guint64 first = seed + PRIME_1 + PRIME_2;
      guint64 second = seed + PRIME_2;
      guint64 third = seed;
      guint64 fourth = seed - PRIME_1;

      for (; end - bytes >= STRIPE; bytes += STRIPE)
        {
          first = round_lane (first, read_64 (bytes));
          second = round_lane (second, read_64 (bytes + 8));
          third = round_lane (third, read_64 (bytes + 16));
          fourth = round_lane (fourth, read_64 (bytes + 24));
        }

      sum = rotate (first, 1) + rotate (second, 7) + rotate (third, 12) + rotate (fourth, 18);
      sum = merge_lane (merge_lane (merge_lane (merge_lane (sum, first), second), third), fourth);
    }

  sum += length;
  for (; end - bytes >= 8; bytes += 8)
    sum = rotate (sum ^ round_lane (0, read_64 (bytes)), 27) * PRIME_1 + PRIME_4;
  if (end - bytes >= 4)
    {
      sum = rotate (sum ^ (read_32 (bytes) * PRIME_1), 23) * PRIME_2 + PRIME_3;
      bytes += 4;
    }
  for (; bytes < end; bytes++)
    sum = rotate (sum ^ (*bytes * PRIME_5), 11) * PRIME_1;

  sum = (sum ^ (sum >> 33)) * PRIME_2;
  sum = (sum ^ (sum >> 29)) * PRIME_3;
  return sum ^ (sum >> 32);
}
