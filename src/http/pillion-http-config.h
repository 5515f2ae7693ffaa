/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>

#include <pillion-http/pillion-http.h>

#include "http/pillion-cache-location.h"
#include "http/pillion-connection-options.h"
#include "http/pillion-field-list.h"
#include "http/pillion-netrc.h"
#include "http/pillion-proxy-rules.h"
#include "http/pillion-jar.h"

/* The settings of a client, for its calls on the I/O thread */
typedef struct
{
  guint max_connections;
  guint max_connections_per_host;
  guint max_connections_per_download;
  guint max_lasting_connections;
  guint max_lasting_connections_per_host;
  GTimeSpan idle_timeout;       /* these five: 0 for none */
  GTimeSpan connect_timeout;
  GTimeSpan first_byte_timeout;
  GTimeSpan total_timeout;
  gint64 lowest_rate; /* bytes per second */
  gint64 rate_limit;  /* likewise, in each direction; 0 for none */
  gint64 max_body_size;
  guint max_retries;
  char *user_agent;
  PillionFieldList fields; /* sent with every request */
  gboolean http2;
  PillionConnectionOptions connection;
  PillionJar *jar; /* or NULL */
  PillionCacheLocation *cache; /* or NULL */
  gboolean offline;          /* nothing but the cache is used */
  PillionHttpCredentials *credentials; /* or NULL */
  PillionNetrc *netrc;                 /* or NULL */
  char *proxy;                         /* for all requests, or NULL for what follows */
  GProxyResolver *proxy_resolver;      /* or NULL for what follows */
  PillionProxyRules *proxy_rules;      /* of the environment, or NULL for GIO's resolver */
} PillionHttpConfig;

void pillion_http_config_init  (PillionHttpConfig       *self);
void pillion_http_config_copy  (PillionHttpConfig       *self,
                                const PillionHttpConfig *source);
void pillion_http_config_clear (PillionHttpConfig       *self);

/* Whether the fields, with the user agent, can be sent; else PILLION_HTTP_ERROR_INVALID_REQUEST */
gboolean pillion_http_config_check_fields (const PillionHttpConfig *self,
                                           GError                 **error);
