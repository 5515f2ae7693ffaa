/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "await-support.h"

#define SECRET "Basic bWU6c2VjcmV0" /* me:secret */

/* A server that accepts only me:secret, and a client of it */
typedef struct
{
  PillionLoop *loop;
  PillionHttpTestServer *server;
  PillionHttpClient *client;
  const char *challenge;
  const char *accepted; /* value of the field, or how it begins */
  guint n_requests;
  guint n_refused;      /* of them */
  GString *sent;        /* what each request was authorized with */

  /* What the handler answers with */
  PillionHttpCredentials *answers[4];
  guint n_asked;
  gboolean later;      /* not at once: it leaves its task in @asked */
  PillionTask *asked;
  PillionHttpChallenge *seen;
} Fixture;

/* Uses what @self has already for @challenge and @accepted */
void fixture_init    (Fixture     *self,
                      PillionLoop *loop);
void fixture_clear   (Fixture     *self);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Fixture, fixture_clear)

/* What the server does, for other handlers of @data, a Fixture */
PillionTask *on_request (PillionHttpTestExchange *exchange,
                         gpointer                 data);

/* Has a handler answer with what @self says */
void connect_handler (Fixture     *self);

/* Adds an answer, and connects the handler with the first one */
void answer_with     (Fixture     *self,
                      const char  *user,
                      const char  *password);

/* @n_requests: how many the server has seen afterwards, in all */
void assert_gets     (Fixture     *self,
                      const char  *path,
                      guint        n_requests);
void assert_refused  (Fixture     *self,
                      guint        n_requests);
