/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <pillion-http/pillion-http.h>

#include "http/pillion-http-engine.h"

/* Asks the program for credentials, on the loop's thread, while the calls that need them wait on the I/O thread. What is here belongs to the
 * I/O thread. */
typedef struct _PillionQuestion PillionQuestion;

/* The answer: both are NULL if there are none. The question is over with that. */
typedef void (*PillionAnswerFunc) (gpointer                data,
                                   PillionHttpCredentials *credentials,
                                   const GError           *error);

/* Takes @challenge, which is NULL if it is @renewing that is asked for a token. @task: what waits for the answer, or NULL; see below */
PillionQuestion *pillion_question_new  (PillionHttpEngine    *engine,
                                        PillionLoop          *loop,
                                        PillionHttpChallenge *challenge,
                                        PillionHttpCredentials *renewing,
                                        PillionTask          *task,
                                        PillionAnswerFunc     func,
                                        gpointer              data);

/* @task, of a call, waits for the answer, too. It is not the network that it waits for now, so a virtual clock need not stand still for it:
 * whoever is asked may wait for that clock. */
void             pillion_question_join (PillionQuestion      *self,
                                        PillionTask          *task);

/* Nobody wants the answer any more. The task of whoever is asked is cancelled. */
void             pillion_question_drop (PillionQuestion      *self);
