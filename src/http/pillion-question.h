/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <pillion-http/pillion-http.h>

#include "http/pillion-call.h"

/* Asks the program for credentials, on the loop's thread, while the calls that need them wait on the I/O
 * thread. Everything here belongs to the I/O thread. */
typedef struct _PillionQuestion PillionQuestion;

/* Receives the answer, which ends the question: both are NULL if there are no credentials */
typedef void (*PillionAnswerFunc) (gpointer                data,
                                   PillionHttpCredentials *credentials,
                                   const GError           *error);

/* A call waits for an answer that itself waits for the call, so it can't have one */
typedef void (*PillionCircleFunc) (gpointer     data,
                                   PillionCall *call);

/* Asks in the loop of @handle. Takes @challenge, or @renewal if it is to get a token. @call waits for the
 * answer: see below. */
PillionQuestion *pillion_question_new  (PillionHttpEngine    *engine,
                                        PillionLoopHandle    *handle,
                                        PillionHttpChallenge *challenge,
                                        PillionRenewal       *renewal,
                                        PillionCall          *call,
                                        PillionAnswerFunc     func,
                                        PillionCircleFunc     circle,
                                        gpointer              data);

/* @call waits for the answer, too. Its task no longer waits for the network, so it doesn't stop a virtual
 * clock: the handler may wait for that clock. */
void             pillion_question_join (PillionQuestion      *self,
                                        PillionCall          *call);

/* Nobody wants the answer any more. Cancels the handler's task. */
void             pillion_question_drop (PillionQuestion      *self);
