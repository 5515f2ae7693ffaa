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
} PillionTestThread;

PillionTestThread       *pillion_test_thread_new       (void);
void                     pillion_test_thread_unref     (PillionTestThread *self);

/* On any thread. Calls @func on the server's thread after @delay, or @destroy right here if that thread has
 * ended. */
void                     pillion_test_thread_post      (PillionTestThread *self,
                                                        GTimeSpan          delay,
                                                        GSourceFunc        func,
                                                        gpointer           data,
                                                        GDestroyNotify     destroy);

/* The rest is for the server's thread. The first pauses @message until the exchange is answered; the
 * exchange has no place yet. */
PillionHttpTestExchange *pillion_test_message_exchange (SoupServerMessage *message,
                                                        PillionTestThread *thread);

/* @content_type may be NULL */
void                     pillion_test_message_set_body (SoupServerMessage *message,
                                                        GBytes            *body,
                                                        const char        *content_type);
