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
  GError *invalid;                      /* the setting that prevents every call, or NULL */
  char *base_url;                       /* or NULL */
  PillionHttpTestTransport *transport;  /* or NULL */
  PillionHttpCookieJar *cookie_jar;     /* or NULL */
  PillionHttpCache *cache;              /* or NULL */
};

/* Whether the calling thread may use the client */
static inline gboolean
pillion_http_client_on_thread (PillionHttpClient *self)
{
  return pillion_private_loop_on_thread (self->loop);
}

/* Makes the client's calls use its changed configuration, and notifies @property unless it is NULL */
void pillion_http_client_configure (PillionHttpClient *self,
                                    const char        *property);

/* Sends a request and returns the task. Takes @request, and @sink, which makes the result. The task is named
 * after @verb, or else the method, and the URL. */
PillionTask *pillion_http_client_submit (PillionHttpClient  *self,
                                         PillionHttpRequest *request,
                                         const char         *verb,
                                         PillionSink        *sink,
                                         GCancellable       *cancellable);

/* Whether a handler gives credentials when a server asks */
gboolean     pillion_http_client_can_ask (PillionHttpClient *self);

/* Asks the handler: returns a task with a PillionHttpCredentials, or NULL */
PillionTask *pillion_http_client_ask     (PillionHttpClient    *self,
                                          PillionHttpChallenge *challenge);
