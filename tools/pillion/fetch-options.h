/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What the command line of "pillion fetch" asks for */
typedef struct
{
  char **urls;
  char **digests;
  char *folder;
  char *report;
  int jobs;
  double rate;
  gint64 budget;
  gint64 work;
  gboolean quiet;
} FetchOptions;

GOptionContext *fetch_options_new_context (FetchOptions  *self);
gboolean        fetch_options_parse       (FetchOptions  *self,
                                           int            argc,
                                           char         **argv);
void            fetch_options_clear       (FetchOptions  *self);

G_END_DECLS
