/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <pillion-http/pillion-http.h>

#include "core/pillion-private.h"
#include "http/pillion-http-engine.h"
#include "http/pillion-sink.h"

struct _PillionHttpClient
{
  GObject parent_instance;

  PillionLoop *loop;
  PillionHttpEngine *engine; /* NULL before the first call */
  PillionHttpConfig config;
  PillionHttpNameConflict name_conflict;
  GError *invalid;                      /* what no call can be made with, or NULL */
  char *base_url;                       /* or NULL */
  PillionHttpTestTransport *transport;  /* or NULL */
  PillionHttpCookieJar *cookie_jar;     /* or NULL */
};

/* Whether the calling thread may use the client */
static inline gboolean
pillion_http_client_on_thread (PillionHttpClient *self)
{
  return pillion_private_loop_on_thread (self->loop);
}

/* Has the calls of the client use what changed in its configuration, and notifies @property unless it is NULL */
void pillion_http_client_configure (PillionHttpClient *self,
                                    const char        *property);

/* Sends a request, whose reference it takes, and returns the task. @sink is taken too, and makes the result. The name of the task is @verb, or else
 * the method, and the URL. */
PillionTask *pillion_http_client_submit (PillionHttpClient  *self,
                                         PillionHttpRequest *request,
                                         const char         *verb,
                                         PillionSink        *sink,
                                         GCancellable       *cancellable);

/* Whether somebody gives credentials when a server asks */
gboolean     pillion_http_client_can_ask (PillionHttpClient *self);

/* Asks for them: a task of a PillionHttpCredentials, or NULL */
PillionTask *pillion_http_client_ask     (PillionHttpClient    *self,
                                          PillionHttpChallenge *challenge);
