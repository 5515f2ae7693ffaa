/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* A line with a host, and a netrc file */

#include <pillion-http/pillion-http.h>

#include "fuzz.h"
#include "http/pillion-netrc.h"

int
LLVMFuzzerTestOneInput (const guint8 *data,
                        gsize size)
{
  g_autofree char *host = fuzz_take_line (&data, &size);
  g_autofree char *text = fuzz_take_text (&data, &size);
  PillionNetrc *netrc = pillion_netrc_parse (text);

  pillion_netrc_find (netrc, host);
  pillion_netrc_unref (netrc);
  return 0;
}
