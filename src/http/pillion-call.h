/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <pillion-http/pillion-http.h>

#include "core/pillion-private.h"
#include "http/pillion-cache-store.h"
#include "http/pillion-decoder.h"
#include "http/pillion-hop.h"
#include "http/pillion-http-engine.h"
#include "http/pillion-pause.h"
#include "http/pillion-http-request-private.h"
#include "http/pillion-progress.h"
#include "http/pillion-proxy.h"
#include "http/pillion-refusal.h"
#include "http/pillion-renewal.h"
#include "http/pillion-sink.h"
#include "http/pillion-stage.h"
#include "http/pillion-throttle.h"

/* No body in memory can be larger: a GByteArray counts with 32 bits, and doubles */
#define PILLION_CALL_MAX_IN_MEMORY (1 << 30)

/* What the user asked for, until its task is done: one task, one cancellable, and as many hops as it takes. A
 * call is made on the loop's thread, and belongs to the I/O thread once it is submitted. */
struct _PillionCall
{
  int n_references; /* atomic */
  PillionHttpEngine *engine;
  PillionTask *task;
  PillionHttpRequest *request; /* the call's own, which does not change */
  char *given_url;             /* with base URL and parameters */
  char *url;                   /* without user and password: for files, results and messages; on the I/O thread */
  char *other_url; /* likewise, of the URL that the call went to instead, or NULL: for messages */

  void (*add_stages) (PillionStages *stages); /* called before anything else is done on the I/O thread */
  PillionStages stages;
  PillionSink *sink;
  PillionFieldList fields; /* of the request that is being sent */

  GUri *uri; /* where the request goes now */
  GRefString *origin;
  PillionProxy *proxy;     /* that it goes through, or NULL */
  char *proxy_authorization; /* the authorization that it gets when a tunnel is made, or NULL */
  const char *method;      /* interned */
  PillionSource *body;     /* what is sent, or NULL */
  gboolean body_opened;    /* whether some of it may have been sent */
  GPtrArray *history;      /* of the responses that led to another request, or NULL */
  gint64 begun;            /* when it was submitted, in µs of the monotonic clock */
  gint64 started;          /* when the current request left the queue */
  const char *key;         /* lets others share the hop's exchange, or NULL; set by the coalescing stage */
  gboolean parted;         /* sharing failed, and is not tried again */
  gboolean bulk;           /* the body turned out to be large; set by the bulk stage */
  gint64 offset;           /* the offset at which the body continues, likewise; 0 for a new body */
  PillionCacheStore *store; /* of the cache, or NULL if it takes no part; set by the cache stage */
  gboolean no_folder;      /* there is no store, because its folder is made only if something may have to be stored; likewise */
  GPtrArray *found;        /* what the store had for the URL when the cache was asked, or NULL */
  gsize found_size;        /* its share of the engine's found_size */
  gboolean past_cache;     /* it was, and has no answer to the next request */
  gboolean answered;       /* whether the last exchange had a head */
  gboolean from_store;     /* the last response came from it */
  gboolean from_part;      /* its beginning did */
  gboolean after_error;    /* the server has failed: what is stale may do */
  guint error_status;      /* the status that it failed with, or 0 if there was no answer */
  GError *network_error;   /* why the server could not be reached, once the cache answers for it; or NULL */
  gboolean unreadable;     /* reading what is stored has failed: nothing of it is used any more */
  PillionHop *hop;         /* NULL while nothing is queued or in flight */
  PillionRefusal *refusal; /* while its body is received, else NULL */
  gboolean has_connected;  /* whether the last exchange had a connection to the server or its proxy */
  gboolean has_sent;       /* whether the last exchange had begun to send its request */
  gint64 last_activity;    /* when something last arrived, or the request left the queue */
  PillionDecoder *decoder; /* of the body that is being received, or NULL */
  GError *coding_error;    /* why there can be none, or NULL */
  gboolean paused;         /* the sink has no credit, or the rate limit leaves none */
  PillionSource *throttled;  /* the body of a request that is sent at a limited rate, or NULL */
  PillionThrottle *throttle; /* of what is received; NULL unless there is a limit */
  guint64 n_received;      /* bytes of all bodies, as they were sent */
  gint64 n_answer;         /* the same of the current one */
  gint64 announced;        /* how many that is going to be, or -1 */
  gint64 n_decoded;        /* the same, without its coding */
  PillionProgress progress;

  gboolean can_ask; /* whether a handler gives credentials */
  PillionRenewal *renewal; /* that the call is part of, or NULL */
  gboolean submitted;
  gboolean cancel_seen; /* maybe before it was submitted */
  gboolean waiting;     /* for pillion_call_resume () */
  PillionPause *pause;  /* NULL if the call can't be paused */
  gboolean on_virtual_clock; /* the loop's clock waits for the network */
  gboolean held;        /* by pillion_call_pause () */
  gboolean due;         /* the next request is to be sent once the call is no longer held */
  gint64 held_since;    /* in µs of the engine's clock */
  GTimeSpan held_for;   /* earlier, in µs */
  gboolean failed;      /* the task is to end with an error */
  gboolean done;
};

/* On the loop's thread. @task is pending; a reference is taken. @request and @url are taken, and nobody else
 * may have a reference to @request. @url is made from the request's URL and parameters and the client's base
 * URL. */
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

/* Sets where the next request goes. The error says why the URL can't be used. */
gboolean     pillion_call_set_uri        (PillionCall       *self,
                                          GUri              *uri,
                                          GError           **error);

/* Sets the next request. @body is NULL, the request's own, or what that was resolved to; no reference is
 * taken. */
void         pillion_call_set_method     (PillionCall       *self,
                                          const char        *method,
                                          PillionSource     *body);

/* Whether another request can be sent; else PILLION_HTTP_ERROR_NOT_REWINDABLE */
gboolean     pillion_call_can_send_again (PillionCall       *self,
                                          GError           **error);

/* Whether a body may be this large, coded or decoded */
gboolean     pillion_call_check_size     (PillionCall       *self,
                                          gint64             size,
                                          GError           **error);

/* Whether a response with this status can be the result */
gboolean     pillion_call_accepts_status (PillionCall       *self,
                                          guint              status);

/* What a sink for any content does with a head: PASS, REFUSED, or FAIL, if only a part of the content comes but all was asked for */
PillionVerdict       pillion_call_check_head    (PillionCall       *self,
                                                 const PillionHead *head,
                                                 GError           **error);

/* Makes a response without a body from a head */
PillionHttpResponse *pillion_call_make_response (PillionCall       *self,
                                                 const PillionHead *head);

/* Adds it to the responses that led to another request; the reference is taken */
void         pillion_call_add_to_history (PillionCall         *self,
                                          PillionHttpResponse *response);

/* A time limit of the request's, or the client's, or PILLION_DEADLINE_NEVER */
static inline GTimeSpan
pillion_call_get_timeout (GTimeSpan requests,
                          GTimeSpan clients)
{
  GTimeSpan timeout = requests != 0 ? requests : clients;

  /* Longer than a lifetime is no limit, and would overflow when added to a time */
  return timeout > 0 && timeout < G_MAXINT64 / 4 ? timeout : PILLION_DEADLINE_NEVER;
}

/* Sends another request to the place where requests go now; the current one is dropped */
void         pillion_call_send           (PillionCall       *self);

/* Holds the call: no request is sent or in flight until pillion_call_unpause (). What has arrived can still
 * be finished, and the call can fail. */
void         pillion_call_pause          (PillionCall       *self);
void         pillion_call_unpause        (PillionCall       *self);

/* After PILLION_VERDICT_WAIT: sends a request soon, but never inside this function */
void         pillion_call_resume         (PillionCall       *self);

/* Ends the exchange: the body is complete if @error (transfer full) is NULL. A stage may have the request
 * sent again. */
void         pillion_call_end_exchange   (PillionCall       *self,
                                          GError            *error);

/* Whether the body that is being received is decoded */
gboolean     pillion_call_is_decoding    (PillionCall       *self);

/* Whether bodies are sent and received at a limited rate */
gboolean     pillion_call_is_throttled   (PillionCall       *self);

/* Whether nothing but the cache may answer */
gboolean     pillion_call_forbids_network (PillionCall      *self);

/* The same if there is a cache: without one, a directive that says so is for those on the way to the server */
gboolean     pillion_call_asks_cache_alone (PillionCall     *self);

/* Leaves the body coded; for the sink's head () */
void         pillion_call_keep_coding    (PillionCall       *self);

/* The sink has credit again after it had none. Must not be called inside the sink's functions. */
void         pillion_call_resume_body    (PillionCall       *self);

/* Gives the task to the sink, for an outcome before the call ends. Returns it like pillion_call_finish (),
 * which then returns NULL. */
PillionTask *pillion_call_take_task      (PillionCall       *self);

/* Whether the task's progress counts the request's body: it does if that is a file, or large. That of a download counts what it receives
 * afterwards; the body of a response in memory isn't counted then. */
gboolean     pillion_call_is_upload      (PillionCall       *self);

/* Reports how much of the body has arrived. Reports that come too soon have to wait, because each would wake the host; only the last of them
 * is made. */
void         pillion_call_set_progress   (PillionCall       *self,
                                          gint64             completed,
                                          gint64             total);

/* The same at once, for the first and the last report */
void         pillion_call_report_progress (PillionCall      *self,
                                          gint64             completed,
                                          gint64             total);

/* Sends the next request to another URL, in the same way as the first one */
gboolean     pillion_call_set_url        (PillionCall       *self,
                                          const char        *url,
                                          GError           **error);

/* Removes what the cache has for the current URL: it must not be what the next request gets */
void         pillion_call_forget         (PillionCall       *self);

/* Like pillion_call_fail (), but the sink can't prevent it */
void         pillion_call_abort          (PillionCall       *self,
                                          GError            *error);

/* Ends the call with an error (transfer full), to which the URL is added. Does nothing if the call has ended
 * or is ending. If the sink can recover, another request is sent soon instead. */
void         pillion_call_fail           (PillionCall       *self,
                                          GError            *error);

/* For the sink's fail () */
void         pillion_call_finish_failure (PillionCall       *self,
                                          GError            *error);

/* Ends the call and frees the sink. Returns the task, without a reference: the loop keeps it until it has an
 * outcome. Give it one last of all, because the task and its loop may be gone right after that. */
PillionTask *pillion_call_finish         (PillionCall       *self);
