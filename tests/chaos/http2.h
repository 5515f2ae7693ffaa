/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <nghttp2/nghttp2.h>

#include "behaviours.h"

/* Frames are put together by hand, because a session of nghttp2 doesn't break the rules */

/* Appends what is sent */
typedef void (*ChaosFrames) (GByteArray *out,
                             guint32     stream,
                             guint32     detail);

typedef struct
{
  ChaosFrames frames;
  guint32 detail;
  ChaosFrames greeting; /* instead of an empty SETTINGS; or NULL */
  guint32 greeting_detail;
  gboolean early;       /* answers before the body of the request */
  gboolean stalls;      /* takes no more of a body than the first window */
  gboolean mute;        /* acknowledges nothing */
} ChaosHttp2;

/* Serves a connection; the behaviour's plan is a ChaosHttp2 */
void chaos_http2_serve   (ChaosLine            *line,
                          const ChaosBehaviour *behaviour);

/* These append a frame. The numbers are in the byte order of the host. */
void chaos_frame         (GByteArray           *out,
                          guint8                type,
                          guint8                flags,
                          guint32               stream,
                          const void           *payload,
                          gsize                 length);
void chaos_frame_header  (GByteArray           *out,
                          guint8                type,
                          guint8                flags,
                          guint32               stream,
                          guint32               length);
void chaos_frame_number  (GByteArray           *out,
                          guint8                type,
                          guint32               stream,
                          guint32               number);
void chaos_frame_setting (GByteArray           *out,
                          guint16               id,
                          guint32               value);
void chaos_frame_goaway  (GByteArray           *out,
                          guint32               last,
                          guint32               code);

/* The fields are names and values, up to a NULL */
void chaos_append_block  (GByteArray           *out,
                          const char *const    *fields);
void chaos_frame_fields  (GByteArray           *out,
                          guint8                flags,
                          guint32               stream,
                          const char *const    *fields);
