/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "http/pillion-backoff.h"
#include "http/pillion-claims.h"
#include "http/pillion-file-body.h"
#include "http/pillion-file-output.h"
#include "http/pillion-split.h"

/* What is left to fetch of a file: which bytes the next request is about, whether its response fits what is there already, and what further
 * connections fetch meanwhile. Embedded. All of it belongs to the I/O thread. */
typedef struct
{
  PillionFileOutput *output; /* where it goes; not owned, like the body and the call */
  PillionFileBody *body;     /* what the current response brings */
  PillionCall *call;         /* NULL before the first request */
  void (*written) (gpointer data);
  void (*changed) (gpointer data);
  gpointer data;

  char *source;          /* what the last request went to, and what a part of it came from */
  gboolean foreign;      /* what is in the part file came from another source, and only the digest can tell whether it fits */
  gboolean pieced;       /* the part file has bytes of several responses */
  gboolean anew;         /* nothing is to be continued any more, and no ranges are requested */
  gboolean afresh;       /* the next request begins at the beginning */
  gint64 asked;          /* the offset that the request is about, 0 if it is about all */
  char range[64];
  PillionSplit *split;   /* NULL without a part file */
  PillionClaim claim;    /* what the call's own connection fetches */
  gboolean idle;         /* other connections fetch everything that is left */
  gboolean undivided;    /* a rest was answered with all of the file: no further connections any more */
  gboolean divided;      /* the part file has bytes that a further connection received */
  gint64 had;            /* how much the part file had when the last request was sent */
  gint64 resumed_from;   /* how much it had when this download continued it */
  guint n_small_pieces;
  guint n_short_pieces;
  PillionBackoff backoff;
} PillionFileRest;

/* @written: a further connection has written something. @changed: a further connection has finished, or is lost; everything may be there. */
void           pillion_file_rest_init          (PillionFileRest   *self,
                                                PillionFileOutput *output,
                                                PillionFileBody   *body,
                                                void             (*written) (gpointer data),
                                                void             (*changed) (gpointer data),
                                                gpointer           data);
void           pillion_file_rest_clear         (PillionFileRest   *self);

/* Whether a response to the call's method can be continued at all: it can't unless the method is GET, because then it depends on more than the URL */
gboolean       pillion_file_rest_can_continue  (PillionCall       *call);

/* The call is about to send a request to where it goes now */
void           pillion_file_rest_prepare       (PillionFileRest   *self,
                                                PillionCall       *call);

/* The part file is open. If there are further connections, they are dropped; nothing is claimed. */
void           pillion_file_rest_open          (PillionFileRest   *self);
void           pillion_file_rest_close         (PillionFileRest   *self);

/* Finds out what the request is about. @resume: whether an earlier download is continued. FALSE: about nothing, because others fetch it, or are about
 * to notice that they have fetched everything. */
gboolean       pillion_file_rest_claim         (PillionFileRest   *self,
                                                gboolean           resume);
void           pillion_file_rest_add_fields    (PillionFileRest   *self,
                                                PillionFieldList  *fields);

/* Returns WAIT: other connections fetch everything that is left */
PillionVerdict pillion_file_rest_be_idle       (PillionFileRest   *self);

/* Resumes the call if it is idle */
void           pillion_file_rest_wake          (PillionFileRest   *self);

/* Whether a response to a request for the rest is of use: either it is the rest, and the body says which bytes, or all of the file */
gboolean       pillion_file_rest_accepts       (PillionFileRest   *self,
                                                const PillionHead *head);

/* Whether the rest comes from another source than what is there. Then it is foreign, or nothing can be continued (anew). */
gboolean       pillion_file_rest_has_moved     (PillionFileRest   *self,
                                                const PillionHead *head);

/* A server is busy, or has enough of us, which may be due to further connections. PASS: no, it isn't. */
PillionVerdict pillion_file_rest_be_refused    (PillionFileRest   *self,
                                                const PillionHead *head);

/* Prepares the part file for the body, which either continues what is there or is the whole file. @name: what the server calls it, or NULL. */
gboolean       pillion_file_rest_continue      (PillionFileRest   *self,
                                                GError           **error);
gboolean       pillion_file_rest_begin         (PillionFileRest   *self,
                                                const PillionHead *head,
                                                const char        *name,
                                                GError           **error);

/* A response was accepted: from now on, further connections may fetch some of what is left */
void           pillion_file_rest_follow        (PillionFileRest   *self,
                                                const PillionHead *head);

/* Writes what the call's own connection has received. @is_there: what follows is there, or comes over another connection. */
gboolean       pillion_file_rest_receive       (PillionFileRest   *self,
                                                const guint8      *bytes,
                                                gsize              length,
                                                gboolean          *is_there,
                                                GError           **error);

/* The response has ended. DONE: everything is there. AGAIN: another request is necessary. */
PillionVerdict pillion_file_rest_end           (PillionFileRest   *self,
                                                GError           **error);

/* An error ended the response. PASS: it is one of the call. */
PillionVerdict pillion_file_rest_lose          (PillionFileRest   *self,
                                                const GError      *error);

/* Whether an error about the content may be due to bytes of several responses that don't fit together. Then those of one may be good. */
gboolean       pillion_file_rest_may_not_fit   (PillionFileRest   *self,
                                                const GError      *error);

/* The call goes on after an error, perhaps elsewhere. @is_wrong: what is there is of no use. */
void           pillion_file_rest_recover       (PillionFileRest   *self,
                                                PillionCall       *call,
                                                gboolean           is_wrong);
