/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>
#include <gnutls/gnutls.h>

/* One connection with a client, on which every byte can be decided, those of TLS too */
typedef struct
{
  int fd;
  gnutls_session_t session; /* NULL before the handshake */
  gnutls_session_t outer;   /* that of a proxy around it, or NULL */
  GByteArray *input;        /* what was read and not taken */
  gsize n_sent;             /* bytes on the wire */
  gsize limit;              /* how many may be sent: then the line is cut, and every call fails */
  gboolean trickles;        /* sends byte by byte */
  int pace;                 /* and waits so long after each one, in ms */
  gboolean wants_certificate; /* of the client, in the handshake */
  gboolean sends_tickets;     /* after the handshake, when it is told to */
} ChaosLine;

void     chaos_line_init       (ChaosLine                        *self,
                                int                               fd);
void     chaos_line_clear      (ChaosLine                        *self);

/* From here on everything goes through TLS, inside of that which there may be already. @protocol is the only one that is spoken; NULL for none. */
gboolean chaos_line_secure     (ChaosLine                        *self,
                                gnutls_certificate_credentials_t  credentials,
                                const char                       *priorities,
                                const char                       *protocol);

/* Exactly so many bytes */
gboolean chaos_line_read       (ChaosLine                        *self,
                                void                             *bytes,
                                gsize                             length);
/* Up to the empty line; NULL if it does not come */
char    *chaos_line_read_head  (ChaosLine                        *self);
/* Waits for input that was not taken. FALSE if the client closes. */
gboolean chaos_line_await_input (ChaosLine                       *self);
/* The body of that request, which is thrown away */
gboolean chaos_line_skip_body  (ChaosLine                        *self,
                                const char                       *head);

gboolean chaos_line_write      (ChaosLine                        *self,
                                const void                       *bytes,
                                gsize                             length);
/* Around TLS */
gboolean chaos_line_write_raw  (ChaosLine                        *self,
                                const void                       *bytes,
                                gsize                             length);

/* The same again and again until the client closes, as fast as it takes it */
void     chaos_line_flood      (ChaosLine                        *self,
                                const void                       *bytes,
                                gsize                             length);
void     chaos_line_flood_raw  (ChaosLine                        *self,
                                const void                       *bytes,
                                gsize                             length);
/* For other floods, after a few times each. FALSE if the client has closed. */
gboolean chaos_line_is_open    (ChaosLine                        *self);

/* Returns when everything that was sent is in the client's socket, or the client has closed */
void     chaos_line_await_arrival (ChaosLine                     *self);

/* Says that nothing more comes */
void     chaos_line_finish     (ChaosLine                        *self);
/* The same, and waits until the client has closed */
void     chaos_line_close      (ChaosLine                        *self);
/* When the behaviour returns, the client gets ECONNRESET */
void     chaos_line_reset      (ChaosLine                        *self);
/* Waits until the client has closed */
void     chaos_line_wait       (ChaosLine                        *self);
/* The same, and reads nothing */
void     chaos_line_hold       (ChaosLine                        *self);
