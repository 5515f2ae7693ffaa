/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "http/pillion-call.h"
#include "http/pillion-part-record.h"

/* What the head of a response says about a downloaded file, and about the part of it that the response's body has. Offsets and lengths are in
 * bytes of the file. */
typedef struct
{
  gint64 begun;       /* where the body begins */
  gint64 end;         /* where it ends, or -1 if the server did not say */
  gint64 total;       /* how long the file is, or -1 */
  gboolean delimited; /* whether a truncated body would be noticed */
  char *coding;       /* the content coding that the body is decoded from, or NULL */
  char *etag;         /* of any kind, or NULL; so are these: */
  char *last_modified;
  char *content_type;
} PillionFileBody;

void     pillion_file_body_init        (PillionFileBody         *self);
void     pillion_file_body_clear       (PillionFileBody         *self);

/* Notes the content coding. If the file itself is compressed, its coding is kept: @call no longer decodes it. */
void     pillion_file_body_take_coding (PillionFileBody         *self,
                                        const PillionHead       *head,
                                        PillionCall             *call);

/* Whether a 206 has the bytes of the recorded file from @asked on, and notes which. @foreign: it comes from another URL than the record, so
 * that validators say nothing. */
gboolean pillion_file_body_take_rest   (PillionFileBody         *self,
                                        const PillionHead       *head,
                                        const PillionPartRecord *record,
                                        gint64                   asked,
                                        gboolean                 foreign);

/* Notes that the body is the whole file. @etag and @last_modified are set to the validators that a later request for the rest can rely on, or
 * NULL; they are owned by @head. */
void     pillion_file_body_take_whole  (PillionFileBody         *self,
                                        const PillionHead       *head,
                                        const char             **etag,
                                        const char             **last_modified);

/* Notes the other fields. What a 206 leaves out stays as an earlier response said. */
void     pillion_file_body_take_fields (PillionFileBody         *self,
                                        const PillionHead       *head);
