/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>

#include "behaviours.h"

#define CHAOS_BODY_LENGTH 2000
#define CHAOS_TAGGED "ETag: \"chaos\"\r\n"

/* The forms that an answer has */
typedef enum
{
  CHAOS_FORM_LENGTH,
  CHAOS_FORM_CHUNKED,
  CHAOS_FORM_TRAILER,
  CHAOS_FORM_UNTIL_CLOSE,
  CHAOS_FORM_GZIP_LENGTH,
  CHAOS_FORM_GZIP_CHUNKED,
  CHAOS_FORM_GZIP_UNTIL_CLOSE,
  CHAOS_N_FORMS,
} ChaosForm;

extern const char *const chaos_form_names[];

const guint8   *chaos_get_body_data  (void);

/* These return the array */
GByteArray     *chaos_append         (GByteArray     *array,
                                      const char     *text);
GByteArray     *chaos_append_body    (GByteArray     *array);
GByteArray     *chaos_append_gzip    (GByteArray     *array,
                                      const guint8   *data,
                                      gsize           length);
/* @format is gzip, zlib (which HTTP calls deflate) or raw deflate */
GByteArray     *chaos_append_coded   (GByteArray     *array,
                                      GZlibCompressorFormat format,
                                      const guint8   *data,
                                      gsize           length);
/* In chunks of @size bytes, without the last one */
GByteArray     *chaos_append_chunks  (GByteArray     *array,
                                      const guint8   *data,
                                      gsize           length,
                                      gsize           size);

/* A good answer, and where its body begins */
GByteArray     *chaos_make_answer    (ChaosForm       form,
                                      gsize          *head_length);

/* These return the behaviour that they add; it takes the bytes */
ChaosBehaviour *chaos_add            (GPtrArray      *list,
                                      const char     *name,
                                      GByteArray     *bytes,
                                      ChaosEnd        end,
                                      ChaosOutcome    outcome);
/* The head, and the body after it */
ChaosBehaviour *chaos_add_head       (GPtrArray      *list,
                                      const char     *name,
                                      const char     *head,
                                      ChaosEnd        end,
                                      ChaosOutcome    outcome);
ChaosBehaviour *chaos_add_text       (GPtrArray      *list,
                                      const char     *name,
                                      const char     *text,
                                      ChaosEnd        end,
                                      ChaosOutcome    outcome);
/* Serves connections by itself */
ChaosBehaviour *chaos_add_served     (GPtrArray      *list,
                                      const char     *name,
                                      ChaosGround     ground,
                                      ChaosServe      serve,
                                      gpointer        plan,
                                      ChaosOutcome    outcome);
/* Adds what it does with the next request; returns that */
ChaosBehaviour *chaos_then           (ChaosBehaviour *self,
                                      GByteArray     *bytes,
                                      ChaosEnd        end);
ChaosBehaviour *chaos_then_text      (ChaosBehaviour *self,
                                      const char     *text,
                                      ChaosEnd        end);

void            chaos_set_content    (ChaosBehaviour *self,
                                      const void     *data,
                                      gsize           length);
void            chaos_set_no_content (ChaosBehaviour *self);

/* Does what a good proxy does until there is a line to the server behind it; that one takes over then. FALSE if the client closes. */
gboolean        chaos_proxy_pass     (ChaosLine            *line,
                                      const ChaosBehaviour *behaviour);

/* One file of the table each */
void            chaos_add_answers    (GPtrArray      *list);
void            chaos_add_steps      (GPtrArray      *list);
void            chaos_add_uploads    (GPtrArray      *list);
void            chaos_add_tls        (GPtrArray      *list);
void            chaos_add_http2      (GPtrArray      *list);
void            chaos_add_proxies    (GPtrArray      *list);
