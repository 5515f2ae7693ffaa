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
  char *list;
  char **mirrors;
  int jobs;
  int split; /* 0 if not given */

  char **outputs;
  gboolean remote_name;
  char *folder;
  char **digests;
  gboolean no_clobber;
  gboolean only_if_newer;
  gboolean remote_time;
  gboolean resume;

  char *method;
  char **headers;
  GPtrArray *data; /* of FetchData, or NULL */
  gboolean get;
  char *upload;
  char *range;
  char **json;
  char **form;
  gboolean head;
  gboolean fail_with_body;
  gboolean ignored; /* what is always done, for those who ask for it */
  char *user_agent;
  char *user;

  int retries;
  gint64 connect_timeout_usec; /* 0 if not given, like the other limits */
  gint64 max_time_usec;
  gint64 lowest_rate;
  gint64 rate_limit;
  char *ca_file;
  char *certificate;
  char *key;
  char *pins;
  gboolean insecure;
  gboolean netrc;
  gboolean http1;
  char *unix_socket;
  char *proxy;
  char *cookie_jar;
  char **cookies;
  int max_redirects;
  gboolean ipv4;
  gboolean ipv6;
  char **resolve;

  gboolean quiet;
  gboolean verbose;
  char *write_out;
  gboolean progress;
  gboolean no_progress;

  gboolean frames;
  double rate;
  gint64 budget_usec;
  gint64 work_usec;
  char *report;

  char *clean;
  gboolean dry_run;
  gboolean yes;
} FetchOptions;

GOptionContext *fetch_options_new_context (FetchOptions  *self);
gboolean        fetch_options_parse       (FetchOptions  *self,
                                           int            argc,
                                           char         **argv);

/* The path that an --output means */
char           *fetch_options_make_path   (const FetchOptions *self,
                                           const char         *output);
void            fetch_options_clear       (FetchOptions  *self);

G_END_DECLS
