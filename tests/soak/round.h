/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <pillion-http/pillion-http.h>

#include "content.h"
#include "meter.h"
#include "server-process.h"

typedef struct _Round Round;
typedef struct _Call Call;

/* What happens to a round in the middle */
typedef enum
{
  ENDING_FINISH, /* nothing */
  ENDING_CANCEL, /* all its calls are cancelled */
  ENDING_CLOSE,  /* its loop is closed */
  ENDING_DIE,    /* the server dies, and comes back */
  N_ENDINGS
} Ending;

/* What a round does */
typedef struct
{
  const char *name;

  /* Makes the calls, and says in round->goal how much there is to do */
  void (*start) (Round *round);
  /* If the host is not to tick for a while: whether that is long enough */
  gboolean (*is_stalled_enough) (Round *round);
  /* The host ticks again */
  void (*resume) (Round *round);
  /* While the round runs, seldom */
  void (*watch) (Round *round);
  /* When its loop is closed and nothing runs any more */
  void (*check) (Round *round);
} Scenario;

extern const Scenario scenario_gets, scenario_downloads, scenario_stalled, scenario_cached, scenario_lasting;

/* One round: a loop and a client of its own, and a thread that plays the host at 60 Hz */
struct _Round
{
  const Scenario *scenario;
  Ending ending;
  int number;
  ServerProcess *server;
  Meter *meter;
  GRand *rand;
  const guint8 *content;
  const char *folder; /* of the scenario, kept for its next round */
  guint max_descriptors; /* that may be left */
  gboolean retries;   /* so that the death of a server is no error */

  PillionLoop *loop;
  PillionHttpClient *client;
  GPtrArray *calls;
  guint n_done;
  guint n_succeeded;
  int n_live; /* tasks. Atomic */
  guint64 progress;
  guint64 goal;
  gboolean is_cancelled;
  gboolean has_died;
  gint64 n_bytes_before; /* that servers had sent before the round */
  gint64 rss_before;
  gint64 most_rss;
  gint64 close_usec; /* how long closing took */
};

/* Returns whether the result is what the server sends, or FALSE and the error */
typedef gboolean (*CallCheck) (Call    *call,
                               GError **error);

struct _Call
{
  Round *round;
  PillionTask *task;
  CallCheck check;
  char *path; /* of the file of a download, or NULL */
  guint index;
  guint64 length; /* of that file */
  guint n_outcomes;
  gboolean succeeded;
};

/* Runs a round from its first call to the last descriptor that is closed */
void      round_run           (Round        *self);

/* Takes the task. Each counts as one step of progress when it is done. */
Call     *round_add           (Round        *self,
                               PillionTask  *task,
                               guint         index,
                               CallCheck     check);

/* Adds a download of the content @index to the file NAME-INDEX in the folder. A small file is checked as soon as it is there; checking a large one
 * would hold up the host. */
void      round_add_download  (Round        *self,
                               const char   *name,
                               guint         index,
                               guint64       length);

/* The path of such a file */
char     *round_file          (Round        *self,
                               const char   *name,
                               guint         index);

/* Whether an error is what has to be expected in this round; stops the test if not */
void      round_accept_error  (Round        *self,
                               const GError *error);

char     *round_url           (Round        *self,
                               const char   *kind,
                               guint64       key,
                               guint64       length);
char     *round_path          (Round        *self,
                               const char   *name);
/* Whether there is a file; stops the test if it has anything but the content */
gboolean  round_check_file    (Round        *self,
                               const char   *path,
                               guint64       key,
                               guint64       length);
void      round_empty_folder  (const char   *path);

#define round_fail(self, ...) \
  G_STMT_START \
    { \
      g_autofree char *round_said = g_strdup_printf (__VA_ARGS__); \
\
      g_error ("round %d (%s, %s): %s", (self)->number, (self)->scenario->name, ending_names[(self)->ending], round_said); \
    } \
  G_STMT_END

extern const char *const ending_names[N_ENDINGS];
