/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "http/pillion-soup-pool.h"
#include "http/pillion-soup-upload.h"
#include "http/pillion-transport.h"

/* The body of a request, as it is sent: past libsoup if that can be (PillionSoupUpload), else by libsoup. It
 * waits for the server's word if the request has the field Expect, and is opened again if libsoup sends the
 * request twice. */
typedef struct
{
  /* This many bytes were sent so far. The number starts again if the body is sent again. */
  void (*wrote) (gpointer data,
                 gint64   n_sent);

  /* No more is sent past libsoup, because everything was or @error (transfer full) says why the body can't be
   * read. Only with an error if libsoup sends it. */
  void (*over)  (gpointer data,
                 GError  *error);
} PillionSoupRequestBodyFuncs;

/* Embedded; all zero if the request has no body */
typedef struct
{
  const PillionSoupRequestBodyFuncs *funcs;
  gpointer data;
  SoupMessage *message; /* NULL if there is no body */
  GMainContext *context;
  PillionSoupConnection *connection;
  PillionSource *source;
  GInputStream *stream;      /* what is being sent of it */
  char *content_type;        /* once libsoup was told that there is no body */
  PillionSoupUpload *upload; /* what sends the body, unless libsoup does */
  GSource *expecting;        /* while that waits for the server's word, else NULL */
  gulong handlers[5];
  gint64 n_sent;             /* bytes */
  gint64 sent;               /* when all of it was sent, or 0 */
} PillionSoupRequestBody;

/* Gives the body of @request to @message, which must not have fields yet and has to outlive @self. Does
 * nothing if there is none. */
void     pillion_soup_request_body_init           (PillionSoupRequestBody            *self,
                                                   const PillionWireRequest          *request,
                                                   SoupMessage                       *message,
                                                   GMainContext                      *context,
                                                   const PillionSoupRequestBodyFuncs *funcs,
                                                   gpointer                           data);

/* When nothing more comes over the connection */
void     pillion_soup_request_body_clear          (PillionSoupRequestBody            *self);

/* Says which connection the request goes over, before it is sent */
void     pillion_soup_request_body_set_connection (PillionSoupRequestBody            *self,
                                                   PillionSoupConnection             *connection);

/* There is a response, while the body may not be sent yet, or not all of it */
void     pillion_soup_request_body_note_response  (PillionSoupRequestBody            *self);

/* Whether some of the body is still to be sent past libsoup */
gboolean pillion_soup_request_body_is_going       (PillionSoupRequestBody            *self);

/* Whether it was not the network that failed, but what the body is read from */
gboolean pillion_soup_request_body_has_failed     (PillionSoupRequestBody            *self);

/* Sends no more past libsoup */
void     pillion_soup_request_body_stop           (PillionSoupRequestBody            *self);
