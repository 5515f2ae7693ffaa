/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <pillion-http/pillion-http.h>

#include "core/pillion-private.h"
#include "http/pillion-http-engine.h"
#include "http/pillion-http-queue.h"
#include "http/pillion-refusal.h"
#include "http/pillion-transport.h"

typedef struct _PillionTransferClass PillionTransferClass;
typedef struct _PillionTransferHop PillionTransferHop;

/* Fields of a request: name, value, name, value, … NULL */
typedef struct
{
  const char *v[2 * 8 + 1];
  guint n;
} PillionTransferFields;

typedef enum
{
  PILLION_VERDICT_READ,    /* the body is wanted */
  PILLION_VERDICT_AGAIN,   /* another request is to be sent instead */
  PILLION_VERDICT_REFUSED, /* the answer is of no use, but for the error that it becomes */
  PILLION_VERDICT_FAIL,    /* the error was set */
} PillionVerdict;

typedef enum
{
  PILLION_READINESS_SEND,
  PILLION_READINESS_LATER, /* pillion_transfer_prepare_again () will be called */
  PILLION_READINESS_FAIL,  /* the error was set */
} PillionReadiness;

/* What the user asked for, from the call until its task is done: redirects and further requests belong to it. It is made on
 * the loop's thread; once it was submitted it belongs to the I/O thread. */
struct _PillionTransfer
{
  const PillionTransferClass *klass;
  int n_references; /* atomic */
  PillionHttpEngine *engine;
  PillionTask *task;
  char *given_url;
  char *url; /* without user and password: for files, results and messages */
  GCancellable *cancellable;
  gulong cancelled_handler;

  GUri *uri; /* where the request goes now */
  char *origin;
  char *authorization;
  PillionTransferHop *hop;
  guint n_redirects;
  gboolean submitted;
  gboolean cancel_seen; /* maybe before it was submitted */
  gboolean failed;      /* the task is to end with an error */
  gboolean done;
  PillionRefusal *refusal; /* while its body comes, else NULL */
  GList watch_link;     /* in the engine's list, while the idle timeout counts */
  gboolean watched;
  gint64 last_activity;
  gint64 last_progress;
};

/* A request in the queue or on its way. It may outlast the interest of its transfer in it. */
struct _PillionTransferHop
{
  PillionHttpEngine *engine;
  PillionTransfer *transfer; /* NULL when that has gone on */
  PillionHttpQueueEntry entry;
  PillionExchange *exchange;
  gboolean inside;           /* one of the exchange's callbacks */
};

struct _PillionTransferClass
{
  gsize size;
  gboolean bulk;
  const char *accept_encoding;

  /* Before each request: may add fields. What they point to has to last until the next call of it. */
  PillionReadiness (*prepare) (PillionTransfer        *self,
                             PillionTransferFields  *fields,
                             GError                **error);

  /* An answer that is no redirect */
  PillionVerdict (*head)    (PillionTransfer        *self,
                             const PillionResponse  *response,
                             GError                **error);
  /* Where the next piece of the body is to be read to, or NULL; optional */
  guint8        *(*room)    (PillionTransfer        *self,
                             gsize                  *size);
  gboolean       (*body)    (PillionTransfer        *self,
                             const guint8           *bytes,
                             gsize                   length,
                             GError                **error);

  /* The body has come as a whole: the transfer is finished from here, or later */
  void           (*whole)   (PillionTransfer        *self);

  /* The transfer fails with @error (transfer full): to be passed to pillion_transfer_finish_failure (), now or later; optional */
  void           (*fail)    (PillionTransfer        *self,
                             GError                 *error);

  void           (*clear)   (PillionTransfer        *self);
};

/* On the loop's thread. @task is pending; a reference is taken. */
PillionTransfer *pillion_transfer_new            (const PillionTransferClass *klass,
                                                  PillionHttpEngine          *engine,
                                                  PillionTask                *task,
                                                  const char                 *url);
void             pillion_transfer_submit         (PillionTransfer            *self);
PillionTransfer *pillion_transfer_ref            (PillionTransfer            *self);
void             pillion_transfer_unref          (PillionTransfer            *self);

/* The rest is for the I/O thread */

void             pillion_transfer_add_field      (PillionTransferFields      *fields,
                                                  const char                 *name,
                                                  const char                 *value);

/* Sends another request to the same place, which is the transfer's own from now on */
void             pillion_transfer_send           (PillionTransfer            *self);

/* After PILLION_READINESS_LATER: calls prepare () again, soon */
void             pillion_transfer_prepare_again  (PillionTransfer            *self);

/* Tells how much of the body has come, unless that was told a moment ago: the host would be woken for each piece */
void             pillion_transfer_set_progress   (PillionTransfer            *self,
                                                  gint64                      completed,
                                                  gint64                      total);

/* Ends the transfer with an error (transfer full), to which the URL is added; nothing happens if it has ended or is ending */
void             pillion_transfer_fail           (PillionTransfer            *self,
                                                  GError                     *error);
void             pillion_transfer_finish_failure (PillionTransfer            *self,
                                                  GError                     *error);

/* Ends the transfer. Returns its task, without a reference: the loop keeps it as long as it has no outcome. To give it one is the last thing to
 * do, because the task and its loop may be gone right after that. */
PillionTask     *pillion_transfer_finish         (PillionTransfer            *self);

/* For the engine */
void             pillion_transfer_start_hop      (PillionTransferHop         *hop);
void             pillion_transfer_time_out       (PillionTransfer            *self,
                                                  guint                       seconds);
