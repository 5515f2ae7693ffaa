/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "http-support.h"

#define TEST_OLD "what was there before"
#define TEST_SIZE 100000

/* How a server serves one file */
typedef struct
{
  const guint8 *bytes;
  gsize length;
  const char *fields;      /* more lines of the head, or NULL */
  const char *validator;   /* the If-Range that gets a range, like none at all; NULL: no range is served */
  gsize cut;               /* how much of the body is sent before the connection ends, 0 for all */
  gboolean chunked;
  gboolean without_length;
  const char *range;       /* the Content-Range of a 206, NULL for the right one */
  gsize piece;             /* how much of a range is sent at most, 0 for all */
  gboolean lies;           /* the Content-Range of a piece has all that was asked for */
  gsize shift;             /* a range has the bytes that begin so much earlier */
  guint refuse_range;      /* the status of anything with a range, 0 for the right one */
  gboolean gated;          /* the second half waits for the gate */
  guint status;            /* of all answers, 0 for the right one */
} TestBehaviour;

/* A server with one file of TEST_SIZE bytes, at any path */
typedef struct
{
  TestServer *server;
  char *url;
  guint8 *bytes;

  GMutex lock; /* for the rest */
  TestBehaviour behaviour;
  GPtrArray *requests;
} TestResource;

TestResource *test_resource_new            (void);
void          test_resource_free           (TestResource  *self);

/* Sets how the file is served from now on, and forgets the requests. Without bytes, the file's own are served. */
void          test_resource_behave         (TestResource  *self,
                                            TestBehaviour  behaviour);

/* A field of a request since the last test_resource_behave () */
char         *test_resource_get_field      (TestResource  *self,
                                            guint          request,
                                            const char    *name);
guint         test_resource_count_requests (TestResource  *self);

/* Downloads to the file @name of the fixture's folder */
PillionTask         *test_fixture_start         (TestFixture  *self,
                                                 const char   *url,
                                                 const char   *name,
                                                 const char   *sha256);
PillionHttpDownload *test_fixture_download      (TestFixture  *self,
                                                 const char   *url,
                                                 const char   *name,
                                                 const char   *sha256,
                                                 GError      **error);

/* Downloads what is at @path of the server into the fixture's folder */
PillionHttpDownload *test_fixture_download_into (TestFixture  *self,
                                                 TestResource *resource,
                                                 const char   *path,
                                                 GError      **error);

void  test_fixture_assert_content (TestFixture *self,
                                   const char  *name,
                                   const void  *bytes,
                                   gsize        length);

/* The size of a file, 0 if there is none */
gsize test_fixture_get_size       (TestFixture *self,
                                   const char  *name);

/* Downloads to `file`, which is whole afterwards, and alone */
void  test_fixture_assert_whole   (TestFixture          *self,
                                   TestResource         *resource,
                                   const char           *sha256,
                                   gint64                resumed_from,
                                   PillionHttpIntegrity  integrity);

/* Downloads to `file`, which stays what it was, and leaves a part of that size */
void  test_fixture_assert_fails   (TestFixture  *self,
                                   TestResource *resource,
                                   const char   *sha256,
                                   GQuark        domain,
                                   int           code,
                                   gsize         part_size);

/* Leaves 60,000 bytes of what has the tag "one" behind */
TestResource *test_fixture_begin_partly       (TestFixture  *self);

/* Downloads to `file`, without asking for the rest of a part */
void          test_fixture_assert_starts_over (TestFixture  *self,
                                               TestResource *resource);
