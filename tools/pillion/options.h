/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* How the command ends. The numbers that curl has are curl's, because scripts already know them. */
typedef enum
{
  EXIT_ALL_WELL = 0,
  EXIT_SOME_FAILED = 1,
  EXIT_USAGE = 2,
  EXIT_URL = 3,
  EXIT_NAME_LOOKUP = 6,
  EXIT_CONNECT = 7,
  EXIT_PROTOCOL = 8,
  EXIT_PARTIAL = 18,
  EXIT_HTTP_STATUS = 22,
  EXIT_WRITE = 23,
  EXIT_READ = 26,
  EXIT_TIMEOUT = 28,
  EXIT_DIGEST = 32, /* aria2's: curl has none */
  EXIT_TLS = 35,
  EXIT_REDIRECT = 47,
  EXIT_OWN_CERTIFICATE = 58,
  EXIT_CERTIFICATE = 60,
  EXIT_CA_FILE = 77,
  EXIT_PIN = 90,
  EXIT_PROXY = 97,
  EXIT_INTERRUPTED = 130,
} ExitCode;

GOptionContext *options_new_context (const char          *parameters,
                                     const char          *summary,
                                     const GOptionEntry  *entries,
                                     gpointer             user_data);
void            options_add_group   (GOptionContext      *context,
                                     const char          *title,
                                     const GOptionEntry  *entries,
                                     gpointer             user_data);
gboolean        options_parse       (GOptionContext      *context,
                                     int                  argc,
                                     char               **argv);
gboolean        options_refuse      (const char          *command,
                                     const char          *format,
                                     ...) G_GNUC_PRINTF (2, 3);

G_END_DECLS
