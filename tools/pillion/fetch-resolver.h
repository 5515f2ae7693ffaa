/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Knows the addresses of some hosts, and asks the system for the others */
#define FETCH_TYPE_RESOLVER (fetch_resolver_get_type ())
G_DECLARE_FINAL_TYPE (FetchResolver, fetch_resolver, FETCH, RESOLVER, GResolver)

FetchResolver *fetch_resolver_new (void);

/* "HOST:PORT:ADDRESS[,ADDRESS…]", as curl has it: all ports of the host get the address. "*" stands for all hosts. %FALSE if it is not that. */
gboolean       fetch_resolver_add (FetchResolver *self,
                                   const char    *rule);

G_END_DECLS
