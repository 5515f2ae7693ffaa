/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* How the command ends */
typedef enum
{
  EXIT_ALL_WELL = 0,
  EXIT_SOME_FAILED = 1,
  EXIT_USAGE = 2,
  EXIT_INTERRUPTED = 130,
} ExitCode;

GOptionContext *options_new_context (const char          *parameters,
                                     const char          *summary,
                                     const GOptionEntry  *entries,
                                     gpointer             user_data);
gboolean        options_parse       (GOptionContext      *context,
                                     int                  argc,
                                     char               **argv);
gboolean        options_refuse      (const char          *command,
                                     const char          *format,
                                     ...) G_GNUC_PRINTF (2, 3);

G_END_DECLS
