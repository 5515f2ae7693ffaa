/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <libsoup/soup.h>
#include <pillion-http/pillion-http.h>

/* The thread of a test server, which an exchange may outlive */
typedef struct
{
  GMainContext *context;
  GMutex lock;
  gboolean closed; /* under the lock: nobody iterates the context any more */
} PillionHttpTestThread;

PillionHttpTestThread   *pillion_http_test_thread_new   (void);
PillionHttpTestThread   *pillion_http_test_thread_ref   (PillionHttpTestThread   *self);
void                     pillion_http_test_thread_unref (PillionHttpTestThread   *self);

/* Any thread. Calls @func on the server's thread after @delay, or @destroy here if that has ended. */
void                     pillion_http_test_thread_post  (PillionHttpTestThread   *self,
                                                         GTimeSpan                delay,
                                                         GSourceFunc              func,
                                                         gpointer                 data,
                                                         GDestroyNotify           destroy);

/* On the server's thread. Pauses @message. */
PillionHttpTestExchange *pillion_http_test_exchange_new (PillionHttpTestThread   *thread,
                                                         SoupServerMessage       *message);

/* On the loop's thread, once: sends the response */
void                     pillion_http_test_exchange_send (PillionHttpTestExchange *self);

/* On the loop's thread. Makes it a response of status 500, whatever it was. */
void                     pillion_http_test_exchange_fail (PillionHttpTestExchange *self,
                                                          const char              *message);

/* On the server's thread. @content_type may be NULL. */
void                     pillion_http_test_set_body       (SoupServerMessage       *message,
                                                          GBytes                  *body,
                                                          const char              *content_type);
