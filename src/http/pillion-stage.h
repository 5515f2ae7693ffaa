/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "http/pillion-field-list.h"
#include "http/pillion-transport.h"

typedef struct _PillionCall PillionCall;
typedef struct _PillionStage PillionStage;
typedef struct _PillionStageClass PillionStageClass;

/* What is to be done next */
typedef enum
{
  PILLION_VERDICT_PASS,    /* go on with the next stage, and after the last one with the call */
  PILLION_VERDICT_AGAIN,   /* send another request, beginning with the outermost stage's begin () */
  PILLION_VERDICT_WAIT,    /* the same, once pillion_call_resume () is called; no place in the queue is held until then */
  PILLION_VERDICT_REFUSED, /* read the body only for the error that the response becomes; for head () only */
  PILLION_VERDICT_DONE,    /* no body is needed: the call ends as if it were complete; for the sink's request
                            * () and head () only */
  PILLION_VERDICT_FAIL,    /* the error was set */
} PillionVerdict;

/* Something that a call does with its requests and responses: it follows redirects, adds credentials, tries
 * again. A call has a list of stages, outermost first. Each lives as long as its call, so it can count. All
 * of it runs on the I/O thread. A function that a stage does not need is NULL. */
struct _PillionStageClass
{
  /* Before a request joins the queue; outermost first */
  PillionVerdict (*begin)   (PillionStage      *self,
                             PillionCall       *call,
                             GError           **error);

  /* The request has its place and is about to be sent: adds fields; outermost first. PASS, WAIT or FAIL. */
  PillionVerdict (*request) (PillionStage      *self,
                             PillionCall       *call,
                             PillionFieldList  *fields,
                             GError           **error);

  /* The head of a response; innermost first */
  PillionVerdict (*head)    (PillionStage      *self,
                             PillionCall       *call,
                             const PillionHead *head,
                             GError           **error);

  /* More of the body has arrived, and was passed on; innermost first. PASS or AGAIN. */
  PillionVerdict (*body)    (PillionStage      *self,
                             PillionCall       *call);

  /* The exchange is over: the body is complete, or *@error tells what went wrong; innermost first. PASS,
   * AGAIN or WAIT; the error is freed unless it is PASS. */
  PillionVerdict (*end)     (PillionStage      *self,
                             PillionCall       *call,
                             const GError      *error);

  /* The call is over: releases what the stage holds. The stage's own memory belongs to the list. */
  void           (*clear)   (PillionStage      *self);
};

/* Begins the struct of each stage */
struct _PillionStage
{
  const PillionStageClass *klass;
  PillionStage *outer;
  PillionStage *inner;
};

/* The stages of a call. They are in one block of memory: every call has all of them. */
typedef struct
{
  PillionStage *outermost;
  PillionStage *innermost;
  guint8 *block; /* begins with the address of the one before, which is full */
  gsize n_used;  /* bytes of it */
} PillionStages;

/* Adds a stage as the innermost one. Its struct has @size bytes, which are zero after the PillionStage that it begins with. Returns the struct. */
gpointer       pillion_stages_add     (PillionStages           *self,
                                       const PillionStageClass *klass,
                                       gsize                    size);
void           pillion_stages_clear   (PillionStages     *self);

/* These ask one stage after another, until one does not return PASS */
PillionVerdict pillion_stages_begin   (PillionStages     *self,
                                       PillionCall       *call,
                                       GError           **error);
PillionVerdict pillion_stages_request (PillionStages     *self,
                                       PillionCall       *call,
                                       PillionFieldList  *fields,
                                       GError           **error);
PillionVerdict pillion_stages_head    (PillionStages     *self,
                                       PillionCall       *call,
                                       const PillionHead *head,
                                       GError           **error);
PillionVerdict pillion_stages_body    (PillionStages     *self,
                                       PillionCall       *call);
PillionVerdict pillion_stages_end     (PillionStages     *self,
                                       PillionCall       *call,
                                       const GError      *error);
