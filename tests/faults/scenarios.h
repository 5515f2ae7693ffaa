/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <pillion-http/pillion-http.h>

/* What the server has under /content and /large: the first one is the beginning of the second one */
#define SCENARIO_CONTENT_SIZE 200000
#define SCENARIO_LARGE_SIZE (17 * 1024 * 1024)
#define SCENARIO_JSON "{\"name\":\"pillion\",\"seats\":2}"
#define SCENARIO_EVENTS "data: one\n\ndata: two\n\ndata: three\n\n"

/* Those of /event, one at a time */
#define SCENARIO_EVENT_DATA "one", "two", "three"

/* A header field that has the server send only the first half of the content, and then close the connection, or do nothing more */
#define SCENARIO_CUT "X-Cut"
#define SCENARIO_CUT_CLOSE "close"
#define SCENARIO_CUT_HOLD "hold"

/* One that has it send /large as fast as it can, whether there are further connections or not */
#define SCENARIO_FAST "X-Fast"

/* What one try uses */
typedef struct
{
  const char *url;     /* of the server, without a path */
  const char *tls_url; /* of the one with TLS */
  const char *folder;  /* what one try leaves in here, the next one finds */
  const guint8 *content;
  int error;           /* what calls fail with; 0: nothing fails */
  guint n_tries;       /* with this one */
  PillionLoop *loop;
  PillionHttpClient *client;
} Scene;

typedef struct
{
  const char *name;
  /* What happens before anything fails, or NULL */
  void (*prepare) (Scene *scene);
  /* FALSE and the error, or TRUE: then it has checked what it got */
  gboolean (*run) (Scene   *scene,
                   GError **error);
  /* What is wrong with the folder after a try, whether it was a success or not, or NULL */
  const char *(*check) (Scene   *scene,
                        gboolean succeeded);
  gboolean over_tls;
  gboolean waits; /* most of the time, so that many can run at once */
  gboolean dies; /* a process of its own prepares it, and is killed by that */
} Scenario;

/* NULL after the last one */
const Scenario *scenario_get (guint i);
