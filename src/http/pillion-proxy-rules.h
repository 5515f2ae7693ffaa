/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>

/* The proxies that the environment names, read as by curl: http_proxy, https_proxy, all_proxy and no_proxy.
 * Immutable, so any thread may use them. */
typedef struct _PillionProxyRules PillionProxyRules;

/* Returns NULL if no proxy is named, so that the system may be asked. Reads the environment, which no thread may change at the same time. */
PillionProxyRules *pillion_proxy_rules_new   (void);
PillionProxyRules *pillion_proxy_rules_ref   (PillionProxyRules *self);
void               pillion_proxy_rules_unref (PillionProxyRules *self);

/* The environment's proxy for a URL, or NULL for none */
const char        *pillion_proxy_rules_find  (PillionProxyRules *self,
                                              GUri              *uri);

/* Whether no_proxy excepts a host */
gboolean           pillion_proxy_is_excepted (const char        *no_proxy,
                                              const char        *host);
