/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <pillion-http/pillion-http.h>

/* What a test answers on each path, and how often that was requested. On any thread. */
typedef struct _PillionTestRoutes PillionTestRoutes;

/* One of these: fixed bytes, a function, or an error */
typedef struct
{
  GBytes *body;
  char *content_type;
  GError *error;
  PillionHttpTestHandler func;
  gpointer data;
  GDestroyNotify destroy;
} PillionTestRoute;

PillionTestRoutes *pillion_test_routes_new         (void);
void               pillion_test_routes_free        (PillionTestRoutes       *self);

void               pillion_test_routes_add_bytes   (PillionTestRoutes       *self,
                                                    const char              *path,
                                                    GBytes                  *body,
                                                    const char              *content_type);
void               pillion_test_routes_add_error   (PillionTestRoutes       *self,
                                                    const char              *path,
                                                    const GError            *error);
void               pillion_test_routes_add_handler (PillionTestRoutes       *self,
                                                    const char              *path,
                                                    PillionHttpTestHandler   func,
                                                    gpointer                 data,
                                                    GDestroyNotify           destroy);
void               pillion_test_routes_add_closure (PillionTestRoutes       *self,
                                                    const char              *path,
                                                    GClosure                *closure);

/* Counts a request, and returns what answers it (transfer full), or NULL. @url is needed only if hosts
 * matter, and may be NULL. */
PillionTestRoute  *pillion_test_routes_take        (PillionTestRoutes       *self,
                                                    const char              *url,
                                                    const char              *path);

/* The name of a URL here: without its query, and with its port only if that isn't the usual one */
char              *pillion_test_routes_make_key    (GUri                    *uri);

/* How many requests there were for a path, or in all for NULL */
guint              pillion_test_routes_get_n       (PillionTestRoutes       *self,
                                                    const char              *path);

void               pillion_test_route_unref        (PillionTestRoute        *self);

/* Calls the function on the loop's thread, and sends the response that it sets. Takes both. */
void               pillion_test_route_call         (PillionTestRoute        *self,
                                                    PillionLoop             *loop,
                                                    PillionHttpTestExchange *exchange);
