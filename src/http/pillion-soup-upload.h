/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>

/* Sends the body of a request past libsoup, straight into the connection. A quirk for libsoup 3.0 to 3.7; run with 3.2.3, and read in 3.0.8, 3.4.4,
 * 3.6.5 and 3.7.1.
 *
 * libsoup sends a body in steps of 8 KiB, each of which is a read and a write with a turn of the context, and it reads no answer before all is sent.
 * But its HTTP/1.1 holds back nothing of what it writes, and writes nothing after a head if there is no body. So once the head of a request whose length
 * is known was written, the message is told that there is no body: libsoup then waits for the answer, while the body is written here. Whatever is not as
 * it has to be for that is left to libsoup. */
typedef struct _PillionSoupUpload PillionSoupUpload;

typedef struct
{
  /* This many bytes were sent so far */
  void (*wrote) (gpointer data,
                 gint64   n_sent);

  /* No more is sent: everything was, or the connection is broken, or @error (transfer full) says why the body can't be read or sent. Called
   * once, and not after pillion_soup_upload_stop (). */
  void (*over)  (gpointer data,
                 GError  *error);
} PillionSoupUploadFuncs;

/* Prepares an upload, which pillion_soup_upload_begin () begins. Returns NULL if @stream can't be written to
 * in this way. */
PillionSoupUpload *pillion_soup_upload_new      (GIOStream                    *stream,
                                                 GInputStream                 *body,
                                                 gint64                        length,
                                                 const PillionSoupUploadFuncs *funcs,
                                                 gpointer                      data);

/* Sends what fits at once; calls the functions, as everything later does */
void               pillion_soup_upload_begin    (PillionSoupUpload            *self);

/* Whether there is more to send, and it can be */
gboolean           pillion_soup_upload_is_going (PillionSoupUpload            *self);

/* Sends no more. Can be called by the functions. */
void               pillion_soup_upload_stop     (PillionSoupUpload            *self);

/* Call this when nothing more comes over the connection, which is closed unless everything was sent */
void               pillion_soup_upload_free     (PillionSoupUpload            *self);
