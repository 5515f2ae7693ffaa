/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* What a server can say before it has read the request, which those that have a large body to send hear in the middle of it */

#include "builder.h"

#include <string.h>

/* Far more than fits between the two */
#define UPLOAD (8 << 20)

typedef struct
{
  const char *name;
  const char *answer;
  ChaosEnd end;
  ChaosOutcome outcome;
} Early;

static const Early earlies[] = {
  { "refusal-closed", "HTTP/1.1 413 Too Large\r\nConnection: close\r\nContent-Length: 2\r\n\r\nno", CHAOS_CLOSE, CHAOS_FAILS },
  { "refusal-silent", "HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno", CHAOS_SILENCE, CHAOS_FAILS },
  { "refusal-reset", "HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno", CHAOS_RESET, CHAOS_FAILS },
  { "refusal-cut", "HTTP/1.1 403 Forbidden\r\nContent-Length: 200\r\n\r\nno", CHAOS_CLOSE, CHAOS_FAILS },
  { "unauthorized-silent", "HTTP/1.1 401 No\r\nWWW-Authenticate: Basic realm=x\r\nContent-Length: 0\r\n\r\n", CHAOS_SILENCE, CHAOS_FAILS },
  { "redirect-silent", "HTTP/1.1 307 There\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n", CHAOS_SILENCE, CHAOS_FAILS },
  { "nothing-closed", "", CHAOS_CLOSE, CHAOS_FAILS },
  { "nothing-reset", "", CHAOS_RESET, CHAOS_FAILS },
  { "nothing-silent", "", CHAOS_SILENCE, CHAOS_FAILS },
  { "continue-silent", "HTTP/1.1 100 Continue\r\n\r\n", CHAOS_SILENCE, CHAOS_FAILS },
  { "half-head-silent", "HTTP/1.1 200 OK\r\nContent-", CHAOS_SILENCE, CHAOS_FAILS },
  { "rubbish-closed", "rubbish\r\n\r\n", CHAOS_CLOSE, CHAOS_FAILS },
};

static void
serve_early (ChaosLine *line,
             const ChaosBehaviour *behaviour)
{
  const Early *early = *(const Early *const *) behaviour->plan;
  g_autofree char *head = chaos_line_read_head (line);

  if (head == NULL || !chaos_line_write (line, early->answer, strlen (early->answer)))
    return;

  if (early->end == CHAOS_RESET)
    chaos_line_reset (line);
  else if (early->end == CHAOS_SILENCE)
    chaos_line_hold (line);
}


void
chaos_add_uploads (GPtrArray *list)
{
  for (guint i = 0; i < G_N_ELEMENTS (earlies); i++)
    {
      g_autofree char *name = g_strconcat ("early/", earlies[i].name, NULL);
      const Early *early = &earlies[i];
      ChaosBehaviour *self = chaos_add_served (list, name, CHAOS_RAW, serve_early, g_memdup2 (&early, sizeof early), early->outcome);

      self->upload = UPLOAD;
      /* The request may wait for ever */
      self->hasty = TRUE;
    }
}
