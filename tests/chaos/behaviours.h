/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

/* What becomes of the connection when everything has been sent */
typedef enum
{
  CHAOS_KEEP,    /* it waits for another request */
  CHAOS_CLOSE,
  CHAOS_RESET,
  CHAOS_SILENCE, /* it stays open, and nothing more comes until the client closes it */
  CHAOS_FLOOD,   /* the last bytes again and again, until the client closes it */
} ChaosEnd;

typedef enum
{
  CHAOS_GOOD,   /* the content arrives */
  CHAOS_FAILS,
  CHAOS_EITHER, /* either is right, but no other content may arrive */
} ChaosOutcome;

/* What a server does with each request, and what has to come of it */
typedef struct
{
  char *name;
  GByteArray *bytes;
  gsize n_repeated;    /* how many bytes of the end a flood repeats */
  gboolean trickles;   /* byte by byte */
  ChaosEnd end;
  ChaosOutcome outcome;
  gboolean no_content; /* a success that leaves nothing to save */
  GBytes *content;     /* what a GET may give, decoded */
} ChaosBehaviour;

/* Valid JSON, so that every kind of request can use it */
GBytes    *chaos_get_body       (void);

/* An ordinary answer with the body */
GBytes    *chaos_get_answer     (void);

/* Of ChaosBehaviours; the same ones in the same order each time */
GPtrArray *chaos_behaviours_new (void);
