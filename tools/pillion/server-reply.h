/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <libsoup/soup.h>

G_BEGIN_DECLS

/* What is served, created once */
typedef struct
{
  guint n_thumbnails;
  GBytes **thumbnails;
  GBytes *catalogue;
} ServerContent;

void server_content_init  (ServerContent       *self,
                           guint                n_thumbnails);
void server_content_clear (ServerContent       *self);
void server_reply         (SoupServerMessage   *message,
                           const char          *path,
                           GHashTable          *query,
                           const ServerContent *content);

G_END_DECLS
