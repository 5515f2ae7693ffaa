/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <pillion-http/pillion-http.h>

/* What the server has under /content */
#define SCENARIO_CONTENT_SIZE 200000
#define SCENARIO_JSON "{\"name\":\"pillion\",\"seats\":2}"
#define SCENARIO_EVENTS "data: one\n\ndata: two\n\ndata: three\n\n"

/* A header field that has the server send only the first half of a body */
#define SCENARIO_CUT "X-Cut"

/* What one try uses */
typedef struct
{
  const char *url;     /* of the server, without a path */
  const char *tls_url; /* of the one with TLS */
  const char *folder;  /* what one try leaves in here, the next one finds */
  const guint8 *content;
  int error;           /* what a call fails with; 0: nothing fails */
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
} Scenario;

extern const Scenario scenarios[];
extern const guint n_scenarios;
