/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <pillion-http/pillion-http.h>

#include "behaviours.h"

typedef struct _ChaosKind ChaosKind;

/* The client's limit for bodies in memory, in bytes */
#define CHAOS_MAX_BODY (8 << 20)

/* One behaviour with one kind of request */
typedef struct
{
  const ChaosKind *kind;
  const ChaosBehaviour *behaviour;
  PillionHttpClient *client;
  PillionHttpClient *patient; /* for what has to go well before */
  PillionHttpCache *cache;
  char *url;
  char *folder; /* which nothing else uses; it does not exist yet */
  const char *fault; /* that the request itself found, or NULL */
} ChaosCell;

struct _ChaosKind
{
  const char *name;
  /* Runs in a fiber. Returns the content, or NULL and the error. */
  GBytes *(*request) (ChaosCell *cell,
                      GError   **error);
  gsize memory;         /* how much of the heap it may take at most, whatever the server does, in bytes; 0 if it keeps what it gets */
  gboolean in_memory;   /* so that it has a limit */
  gboolean to_file;
  gboolean from_file;
  gboolean is_json;
  gboolean resumes;     /* after half an ordinary answer */
  gboolean retries;     /* after a failure that may pass */
  gboolean asks_twice;  /* whatever comes first */
  gboolean sends_once;  /* because its body can't be read again */
  const char *only;     /* the behaviours that it is tried with begin like that; NULL for all */
  gboolean refuses_all; /* because none of the behaviours is what it wants */
};

/* Ends with one that has no name */
extern const ChaosKind chaos_kinds[];

const ChaosKind *chaos_kind_find (const char *name);

/* Whether there is anything but the parts of downloads in the folder */
gboolean chaos_cell_has_file (ChaosCell *cell);
