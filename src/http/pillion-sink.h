/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "http/pillion-stage.h"

typedef struct _PillionSink PillionSink;
typedef struct _PillionSinkClass PillionSinkClass;

/* Where the body of a call's answer goes, and what makes the task's result of it. A call has one, and frees it. All of it runs on the I/O
 * thread. */
struct _PillionSinkClass
{
  gboolean bulk;      /* a large body is expected */
  gboolean pausable;  /* the call can be paused if its method is GET, because the body can be asked for again, or the rest of it */
  gboolean web_socket; /* the request is the handshake of a WebSocket */
  gboolean in_memory; /* the limit for bodies in memory holds */
  const char *accept_encoding;

  /* Before each request asks for its place in the queue, once all stages let it pass. PASS, WAIT or FAIL. Optional. */
  PillionVerdict (*begin)   (PillionSink       *self,
                             GError           **error);

  /* The request leaves now, and may not be the first one: adds fields. PASS, WAIT, DONE or FAIL. Optional. */
  PillionVerdict (*request) (PillionSink       *self,
                             PillionFieldList  *fields,
                             GError           **error);

  /* The head of an answer that all stages let pass. A coded body is decoded: pillion_call_is_decoding () tells so, and
   * pillion_call_keep_coding () prevents it. */
  PillionVerdict (*head)    (PillionSink       *self,
                             const PillionHead *head,
                             GError           **error);

  /* The credit for the next piece of the body: how many bytes are wanted at most, and where they are to be written to, or NULL if that does not
   * matter. @size is without limit at first; 0 lets nothing come until pillion_call_resume_body () is called. Optional. */
  guint8        *(*room)    (PillionSink       *self,
                             gsize             *size);

  /* A piece of the body. FALSE: the error was set, or the sink has ended the exchange itself (pillion_call_end_exchange ()), and with it maybe the
   * call. */
  gboolean       (*body)    (PillionSink       *self,
                             const guint8      *bytes,
                             gsize              length,
                             GError           **error);

  /* The call is paused: whatever else is on its way is dropped. Optional. */
  void           (*hold)    (PillionSink       *self);

  /* All of the body has come: the call is finished from here, or later */
  void           (*whole)   (PillionSink       *self);

  /* An error ended the exchange, and no stage tries again. PASS: the call fails. WAIT: it goes on without, until pillion_call_resume () is called.
   * Optional. */
  PillionVerdict (*lost)    (PillionSink       *self,
                             const GError      *error);

  /* The call is about to fail with @error. TRUE: another request is to be sent instead. Optional. */
  gboolean       (*recover) (PillionSink       *self,
                             const GError      *error);

  /* The call fails with @error (transfer full), which is to be passed to pillion_call_finish_failure (), now or later; optional */
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
