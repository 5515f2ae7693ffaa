/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>

#include "http/pillion-field-list.h"
#include "http/pillion-test-upgrade.h"

typedef enum
{
  PILLION_TEST_FAULT_NONE,
  PILLION_TEST_FAULT_CUT,
  PILLION_TEST_FAULT_RESET
} PillionTestFault;

/* Called after each piece of a body: returns how long to wait before the next one, in µs, or something negative to cut the
 * connection */
typedef GTimeSpan (*PillionTestPace) (gsize    n_bytes,
                                      gpointer data);

/* The response of a test: made on the loop's thread, and then given to its sender */
typedef struct
{
  guint status; /* 0 until one is set */
  PillionFieldList fields;
  GBytes *body; /* NULL if there is none */
  char *content_type;
  GTimeSpan delay;
  PillionTestFault fault;
  gsize n_bytes; /* what is sent of the body before the fault */
  PillionTestPace pace; /* or NULL; only without a network */
  gpointer pace_data;
  GTimeSpan linger; /* how long its connection takes to close; only without a network */
  gboolean is_set;
  PillionTestUpgrade *upgrade; /* if it opens a WebSocket, until pillion_test_answer_upgrade () */
} PillionTestAnswer;

PillionTestAnswer *pillion_test_answer_new      (void);
void               pillion_test_answer_free     (PillionTestAnswer *self);

/* @body may be NULL for none, @content_type too */
void               pillion_test_answer_set_body (PillionTestAnswer *self,
                                                 GBytes            *body,
                                                 const char        *content_type);

/* Turns it into a status of 500 with a text as its body, whatever it was */
void               pillion_test_answer_fail     (PillionTestAnswer *self,
                                                 const char        *message);

/* The head that opens the WebSocket was sent, and the rest of the connection (transfer full) belongs to that. NULL if the client has left. */
void               pillion_test_answer_upgrade  (PillionTestAnswer *self,
                                                 GIOStream         *stream);

/* It is about to be sent: an answer that nobody has set is a failure */
void               pillion_test_answer_complete (PillionTestAnswer *self);
