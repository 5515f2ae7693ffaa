/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

#include "line.h"

/* What stands between the client and what misbehaves */
typedef enum
{
  CHAOS_PLAIN,   /* nothing: one server for all behaviours, which answers requests over HTTP/1 */
  CHAOS_RAW,     /* nothing: a server of its own for the behaviour */
  CHAOS_TLS,     /* the same, with a URL of https */
  CHAOS_FORWARD, /* it is the proxy, and the URL is of http */
  CHAOS_TUNNEL,  /* it is the proxy, and the URL is of https */
} ChaosGround;

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

typedef struct _ChaosBehaviour ChaosBehaviour;

/* Serves one connection */
typedef void (*ChaosServe) (ChaosLine            *line,
                            const ChaosBehaviour *behaviour);

/* What a server does with each request, and what has to come of it */
struct _ChaosBehaviour
{
  char *name;
  ChaosGround ground;

  GByteArray *bytes;
  gsize n_repeated;    /* how many bytes of the end a flood repeats */
  gboolean trickles;   /* byte by byte */
  ChaosEnd end;
  ChaosBehaviour *next; /* what it does with the next request, or NULL for the same again; it lives as long as this one */

  const char *proxy;   /* the scheme of the proxy that it is; NULL for http */
  ChaosServe serve;    /* NULL if it is CHAOS_PLAIN */
  gpointer plan;       /* its own; freed by g_free () */

  ChaosOutcome outcome;
  gboolean no_content; /* a success that leaves nothing to save */
  gboolean hasty;      /* nothing but the client's limits ends it */
  gboolean floods_tls; /* with records that mean nothing, without end */
  gboolean then_good;  /* the next answer is good, and does not count as one to the same call */
  gboolean passes;     /* another attempt is due soon, and good */
  gboolean bomb;       /* is small, and becomes huge: a failure only for what has a limit */
  gsize upload;        /* the size of the file that is uploaded, or 0 for the usual one */
  GBytes *content;     /* what a GET may give, decoded */
};

/* Valid JSON, so that every kind of request can use it */
GBytes    *chaos_get_body       (void);

/* An ordinary answer with the body */
GBytes    *chaos_get_answer     (void);

/* libsoup warns of some of what servers do: that ends no test */
void       chaos_allow_warnings (void);

/* Of ChaosBehaviours; the same ones in the same order each time */
GPtrArray *chaos_behaviours_new (void);
