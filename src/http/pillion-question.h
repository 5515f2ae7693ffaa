/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <pillion-http/pillion-http.h>

#include "http/pillion-call.h"

/* Asks the program for credentials, on the loop's thread, while the calls that need them wait on the I/O thread. What is here belongs to the
 * I/O thread. */
typedef struct _PillionQuestion PillionQuestion;

/* The answer: both are NULL if there are none. The question is over with that. */
typedef void (*PillionAnswerFunc) (gpointer                data,
                                   PillionHttpCredentials *credentials,
                                   const GError           *error);

/* A call waits for an answer that waits for the call: it can't have one */
typedef void (*PillionCircleFunc) (gpointer     data,
                                   PillionCall *call);

/* Asks in the loop of @handle. Takes @challenge, or @renewal, if that is to get a token. @call waits for the answer; see below. */
PillionQuestion *pillion_question_new  (PillionHttpEngine    *engine,
                                        PillionLoopHandle    *handle,
                                        PillionHttpChallenge *challenge,
                                        PillionRenewal       *renewal,
                                        PillionCall          *call,
                                        PillionAnswerFunc     func,
                                        PillionCircleFunc     circle,
                                        gpointer              data);

/* @call waits for the answer, too. It is not the network that its task waits for now, so a virtual clock need not stand still for it:
 * whoever is asked may wait for that clock. */
void             pillion_question_join (PillionQuestion      *self,
                                        PillionCall          *call);

/* Nobody wants the answer any more. The task of whoever is asked is cancelled. */
void             pillion_question_drop (PillionQuestion      *self);
