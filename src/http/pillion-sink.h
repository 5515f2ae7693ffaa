/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "http/pillion-stage.h"

typedef struct _PillionSink PillionSink;
typedef struct _PillionSinkClass PillionSinkClass;

/* Receives the body of a call's response, and makes the task's result from it. A call has one sink, and frees
 * it. All of it runs on the I/O thread. */
struct _PillionSinkClass
{
  gboolean bulk;      /* a large body is expected */
  gboolean pausable;  /* the call can be paused if its method is GET, because the body, or the rest of it, can
                       * be requested again */
  gboolean web_socket; /* the request is the handshake of a WebSocket */
  gboolean in_memory; /* the limit for bodies in memory applies */
  gboolean only_success; /* a response with a status of 300 or more can't be the result, even if the request accepts it */
  const char *accept_encoding;

  /* Before each request joins the queue, when all stages have let it pass. PASS, WAIT or FAIL. Optional. */
  PillionVerdict (*begin)   (PillionSink       *self,
                             GError           **error);

  /* A request, which need not be the first one, is about to be sent: adds fields. PASS, WAIT, DONE or FAIL.
   * Optional. */
  PillionVerdict (*request) (PillionSink       *self,
                             PillionFieldList  *fields,
                             GError           **error);

  /* The head of a response that all stages have let pass. If the body is coded it will be decoded: see
   * pillion_call_is_decoding () and pillion_call_keep_coding (). */
  PillionVerdict (*head)    (PillionSink       *self,
                             const PillionHead *head,
                             GError           **error);

  /* The credit for the next piece of the body: sets @size, without limit at first, to how many bytes are
   * wanted at most, and returns where to write them, or NULL for anywhere. 0 stops the body until
   * pillion_call_resume_body () is called. Optional. */
  guint8        *(*room)    (PillionSink       *self,
                             gsize             *size);

  /* A piece of the body. FALSE: the error was set, or the sink itself has ended the exchange
   * (pillion_call_end_exchange ()), and perhaps the call. */
  gboolean       (*body)    (PillionSink       *self,
                             const guint8      *bytes,
                             gsize              length,
                             GError           **error);

  /* The call is paused: whatever is in flight is dropped. Optional. */
  void           (*hold)    (PillionSink       *self);

  /* The call waits without an exchange, perhaps for long, and will send another request: gives back what that one can get
   * again. Optional. */
  void           (*rest)    (PillionSink       *self);

  /* The body is complete: finishes the call, now or later */
  void           (*whole)   (PillionSink       *self);

  /* An error ended the exchange, and no stage tries again. PASS: the call fails. WAIT: it goes on without an
   * exchange until pillion_call_resume () is called. Optional. */
  PillionVerdict (*lost)    (PillionSink       *self,
                             const GError      *error);

  /* The call is about to fail with @error. TRUE: another request is sent instead. Optional. */
  gboolean       (*recover) (PillionSink       *self,
                             const GError      *error);

  /* The call fails: passes @error (transfer full) to pillion_call_finish_failure (), now or later. Optional. */
  void           (*fail)    (PillionSink       *self,
                             GError            *error);

  void           (*free)    (PillionSink       *self);
};

/* Begins the struct of each sink */
struct _PillionSink
{
  const PillionSinkClass *klass;
  PillionCall *call; /* which owns it */
};
