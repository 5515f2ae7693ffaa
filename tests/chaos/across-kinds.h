/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "kinds.h"

typedef struct _AcrossKind AcrossKind;

/* A kind of request that leaves a connection, or takes one over */
struct _AcrossKind
{
  const char *name;

  /* Runs in a fiber before anything else, so that there is something to resume or to validate. NULL if that is not needed. */
  gboolean (*prepare) (ChaosCell *cell,
                       GError   **error);

  /* Runs in a fiber. Returns the content, or NULL and the error. */
  GBytes *(*request) (ChaosCell *cell,
                      GError   **error);

  /* Appends the answer to @request, with @body as its content. @fields are more lines of the head. If @trailer is not NULL and the answer has a body
   * in one piece, that body is chunked, and the trailer follows the last chunk's line. */
  void (*answer) (GByteArray *out,
                  const char *request,
                  GBytes     *body,
                  const char *fields,
                  GByteArray *trailer);

  gboolean caches;    /* needs a client with a cache */
  gboolean on_disk;   /* needs a folder */
  gboolean may_chunk; /* the answer has a body, which can be chunked */
  gboolean leaves;    /* the connection can be used again */
  gboolean safe;      /* a GET, which can be repeated */
};

extern const AcrossKind across_kinds[];
extern const guint      across_n_kinds;

/* Appends the answer to a preparation; the connection is to be closed after it */
void across_append_preparation (GByteArray *out,
                                const AcrossKind *kind);
