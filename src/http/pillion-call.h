/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <pillion-http/pillion-http.h>

#include "core/pillion-private.h"
#include "http/pillion-decoder.h"
#include "http/pillion-hop.h"
#include "http/pillion-http-engine.h"
#include "http/pillion-pause.h"
#include "http/pillion-http-request-private.h"
#include "http/pillion-proxy.h"
#include "http/pillion-refusal.h"
#include "http/pillion-renewal.h"
#include "http/pillion-sink.h"
#include "http/pillion-stage.h"
#include "http/pillion-throttle.h"

/* No body in memory can be larger: a GByteArray counts with 32 bits, and doubles */
#define PILLION_CALL_MAX_IN_MEMORY (1 << 30)

/* What the user asked for, until its task is done: one task, one cancellable, and as many hops as it takes. It is made on the loop's thread;
 * once it was submitted it belongs to the I/O thread. */
struct _PillionCall
{
  int n_references; /* atomic */
  PillionHttpEngine *engine;
  PillionTask *task;
  PillionHttpRequest *request; /* the call's own, which does not change */
  char *given_url;             /* with base URL and parameters */
  char *url;                   /* without user and password: for files, results and messages; on the I/O thread */
  char *other_url; /* the same of where the call went instead, or NULL: for messages */

  void (*add_stages) (PillionStages *stages); /* called before anything else is done on the I/O thread */
  PillionStages stages;
  PillionSink *sink;
  PillionFieldList fields; /* of the request that is being sent */

  GUri *uri; /* where the request goes now */
  GRefString *origin;
  PillionProxy *proxy;     /* that it goes through, or NULL */
  char *proxy_authorization; /* what that is told when a tunnel is made, or NULL */
  const char *method;      /* interned */
  PillionSource *body;     /* what is sent, or NULL */
  gboolean body_opened;    /* whether some of it may have been sent */
  GPtrArray *history;      /* of the responses that led to another request, or NULL */
  gint64 begun;            /* when it was submitted, in µs of the monotonic clock */
  gint64 started;          /* when the current request left the queue */
  const char *key;         /* under which others may share the hop's exchange, or NULL; of the stage that coalesces */
  gboolean parted;         /* it could not share one, and tries no more */
  gboolean bulk;           /* the body turned out to be large; of the stage that sees to that */
  gint64 offset;           /* where the body that comes goes on, of the same stage; 0 if it is a new one */
  PillionHop *hop;         /* NULL while nothing is queued or on its way */
  PillionRefusal *refusal; /* while its body comes, else NULL */
  gboolean has_connected;  /* whether the exchange that ended last had a connection, to the server or its proxy */
  gboolean has_sent;       /* whether the exchange that ended last had begun to send its request */
  gint64 last_activity;    /* when something arrived last, or the request left the queue */
  PillionDecoder *decoder; /* of the body that comes, or NULL */
  GError *coding_error;    /* why there can be none, or NULL */
  gboolean paused;         /* the sink has no credit, or there is none at the rate that is allowed */
  PillionSource *throttled;  /* the body of a request that is sent at a limited rate, or NULL */
  PillionThrottle *throttle; /* of what comes; NULL unless there is a rate */
  guint64 n_received;      /* bytes of all bodies, as they were sent */
  gint64 n_answer;         /* the same of the current one */
  gint64 n_decoded;        /* the same, without its coding */
  gint64 last_progress;

  gboolean can_ask; /* whether a handler gives credentials */
  PillionRenewal *renewal; /* that the call is part of, or NULL */
  gboolean submitted;
  gboolean cancel_seen; /* maybe before it was submitted */
  gboolean waiting;     /* for pillion_call_resume () */
  PillionPause *pause;  /* NULL if the call can't be paused */
  gboolean held;        /* by pillion_call_pause () */
  gboolean due;         /* the next request is to be sent once the call is no longer held */
  gint64 held_since;    /* in µs of the engine's clock */
  GTimeSpan held_for;   /* earlier, in µs */
  gboolean failed;      /* the task is to end with an error */
  gboolean done;
};

/* On the loop's thread. @task is pending; a reference is taken. @request and @url are taken, and nobody else may have @request. @url is made from
 * that one's URL and parameters and the client's base. */
PillionCall *pillion_call_new            (PillionHttpEngine  *engine,
                                          PillionTask        *task,
                                          PillionHttpRequest *request,
                                          char               *url);

/* Takes the sink, which the call needs */
void         pillion_call_set_sink       (PillionCall       *self,
                                          PillionSink       *sink);

/* Hands the call over to the I/O thread, with the reference. @add_stages is called there, which is cheaper for the host. */
void         pillion_call_submit         (PillionCall       *self,
                                          void             (*add_stages) (PillionStages *stages));

PillionCall *pillion_call_ref            (PillionCall       *self);
void         pillion_call_unref          (PillionCall       *self);

/* The rest is for the I/O thread */

/* Where the next request goes. The error is one of a URL that can't be used. */
gboolean     pillion_call_set_uri        (PillionCall       *self,
                                          GUri              *uri,
                                          GError           **error);

/* What the next request is. @body is NULL, the request's own, or what it was resolved to; no reference is taken. */
void         pillion_call_set_method     (PillionCall       *self,
                                          const char        *method,
                                          PillionSource     *body);

/* Whether another request can be sent; else PILLION_HTTP_ERROR_NOT_REWINDABLE */
gboolean     pillion_call_can_send_again (PillionCall       *self,
                                          GError           **error);

/* Whether a body may be so large, as it is sent or decoded */
gboolean     pillion_call_check_size     (PillionCall       *self,
                                          gint64             size,
                                          GError           **error);

/* A response without a body, made of a head */
PillionHttpResponse *pillion_call_make_response (PillionCall       *self,
                                                 const PillionHead *head);

/* Keeps it among those that led to the next request; the reference is taken */
void         pillion_call_add_to_history (PillionCall         *self,
                                          PillionHttpResponse *response);

/* A time limit of the request's, or the client's, or PILLION_DEADLINE_NEVER */
static inline GTimeSpan
pillion_call_get_timeout (GTimeSpan requests,
                          GTimeSpan clients)
{
  GTimeSpan timeout = requests != 0 ? requests : clients;

  /* What is longer than anybody lives is no limit, and can't be added to a time */
  return timeout > 0 && timeout < G_MAXINT64 / 4 ? timeout : PILLION_DEADLINE_NEVER;
}

/* Sends another request to the place where requests go now; the current one is dropped */
void         pillion_call_send           (PillionCall       *self);

/* Holds the call: no request is sent or on its way until pillion_call_unpause (). What has come can be finished, and the call can fail. */
void         pillion_call_pause          (PillionCall       *self);
void         pillion_call_unpause        (PillionCall       *self);

/* After PILLION_VERDICT_WAIT: sends a request soon, and never inside this call */
void         pillion_call_resume         (PillionCall       *self);

/* Ends the exchange: with its body being whole if @error is NULL, else with that (transfer full). A stage may have it sent again. */
void         pillion_call_end_exchange   (PillionCall       *self,
                                          GError            *error);

/* Whether the body that comes is being decoded */
gboolean     pillion_call_is_decoding    (PillionCall       *self);

/* Whether bodies are sent and received at a limited rate */
gboolean     pillion_call_is_throttled   (PillionCall       *self);

/* Takes the body as it is sent; for the sink's head () */
void         pillion_call_keep_coding    (PillionCall       *self);

/* The sink has credit again, after it had none. Not to be called by its own functions. */
void         pillion_call_resume_body    (PillionCall       *self);

/* Gives the task to the sink, for an outcome before the call has ended. Returns it as pillion_call_finish () does, and that returns NULL
 * then. */
PillionTask *pillion_call_take_task      (PillionCall       *self);

/* Whether the task's progress counts the request's body, and not the response's: if that one is a file, or large */
gboolean     pillion_call_is_upload      (PillionCall       *self);

/* Tells how much of the body has come, unless the progress counts what is sent, or that was told a moment ago: the host would be woken for each piece */
void         pillion_call_set_progress   (PillionCall       *self,
                                          gint64             completed,
                                          gint64             total);

/* Goes to another URL with the next request, which is sent as the first one was */
gboolean     pillion_call_set_url        (PillionCall       *self,
                                          const char        *url,
                                          GError           **error);

/* The same as pillion_call_fail (), and the sink can't prevent it */
void         pillion_call_abort          (PillionCall       *self,
                                          GError            *error);

/* Ends the call with an error (transfer full), to which the URL is added. Nothing happens if it has ended or is ending. If the sink knows what to do,
 * another request is sent instead, soon. */
void         pillion_call_fail           (PillionCall       *self,
                                          GError            *error);

/* For the sink's fail () */
void         pillion_call_finish_failure (PillionCall       *self,
                                          GError            *error);

/* Ends the call. Returns its task, without a reference: the loop keeps it as long as it has no outcome. To give it one is the last thing to
 * do, because the task and its loop may be gone right after that. The sink is freed in here. */
PillionTask *pillion_call_finish         (PillionCall       *self);
