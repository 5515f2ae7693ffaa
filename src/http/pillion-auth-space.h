/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <pillion-http/pillion-http.h>

#include "http/pillion-digest-auth.h"
#include "http/pillion-question.h"
#include "http/pillion-stage.h"

/* Something that credentials are for: the realm of a server (RFC 9110, section 11.5). It lasts as long as the client. All of it belongs to
 * the I/O thread. */
typedef struct
{
  guint n_references;
  char *realm;
  char *prefix;             /* of the paths that are known to be in it */
  PillionAuthScheme scheme; /* that the server wants */
  PillionDigestAuth *digest;    /* what answers its challenge, or NULL */
  gpointer place;           /* of a token that a function gets: the engine that works in a loop, or NULL for the I/O thread */

  PillionHttpCredentials *credentials; /* what a handler gave, or NULL */
  guint serial;                        /* how often they changed */
  guint n_refused;                     /* how many of them in a row were wrong */
  PillionQuestion *question;           /* while a handler is asked, else NULL */
  GQueue waiting;                      /* for its answer */
} PillionAuthSpace;

/* A call that waits for the answer; all zero if it doesn't. */
typedef struct
{
  PillionAuthSpace *space; /* NULL once there is the answer */
  PillionCall *call;
  GList link;
  gboolean declined; /* the answer: there are none */
  GError *error;     /* or that */
} PillionAuthWaiter;

PillionAuthSpace *pillion_auth_space_ref   (PillionAuthSpace           *self);
void              pillion_auth_space_unref (PillionAuthSpace           *self);

/* Prepares it for the answer to a challenge. @digest is taken. */
void              pillion_auth_space_meet  (PillionAuthSpace           *self,
                                            PillionAuthScheme           scheme,
                                            PillionDigestAuth              *digest,
                                            const char                 *path);

/* The value of the field for a request, or NULL if the credentials are not sent like this. @self is NULL if nobody has asked. */
char             *pillion_auth_space_authorize (PillionAuthSpace       *self,
                                                PillionHttpCredentials *credentials,
                                                const char             *method,
                                                const char             *target);

/* The credentials are wrong, unless there are others by now */
void              pillion_auth_space_refuse (PillionAuthSpace          *self,
                                             guint                      serial);

/* Has a handler asked, or waits for the answer that another call waits for. Then the call is resumed. */
void              pillion_auth_space_ask   (PillionAuthSpace           *self,
                                            PillionAuthWaiter          *waiter,
                                            PillionCall                *call,
                                            const PillionAuthChallenge *challenge,
                                            const char                 *origin,
                                            gboolean                    is_proxy);

/* The space of a token that a function gets, without a challenge. All engines on the I/O thread share it. */
PillionAuthSpace *pillion_auth_space_of_renewal (PillionHttpEngine      *engine,
                                                 PillionHttpCredentials *renewing);

/* Has the function called, or waits for what another call waits for */
void              pillion_auth_space_renew (PillionAuthSpace          *self,
                                            PillionAuthWaiter         *waiter,
                                            PillionCall               *call,
                                            PillionHttpCredentials    *renewing);

/* Also if it doesn't wait. If no call is left that does, the handler's task is cancelled. */
void              pillion_auth_waiter_clear (PillionAuthWaiter         *self);

/* The space of a server that a path is known to be in, or NULL. Of several, the one whose folder is nearest, or else that asked last. */
PillionAuthSpace *pillion_auth_space_find   (PillionHttpEngine *engine,
                                             const char        *origin,
                                             const char        *path);

/* The space of this name, which asks just now. It is made if there is none. */
PillionAuthSpace *pillion_auth_space_ensure (PillionHttpEngine *engine,
                                             const char        *origin,
                                             const char        *realm);
