/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Downloads files in a program on sd-event: sd-event [--stay] FOLDER URL... */

#include "downloads.h"
#include "sd-event-host.h"

int
main (int argc, char **argv)
{
  g_autoptr(PillionLoop) loop = pillion_loop_new (NULL, PILLION_LOOP_DEFAULT);
  Downloads downloads;
  sd_event *event;
  SdEventHost host;
  int status;

  if (sd_event_default (&event) < 0)
    g_error ("There is no sd-event");
  sd_event_host_init (&host, event, loop);
  downloads_start (&downloads, loop, host.host, argc, argv);
  while (!downloads_are_over (&downloads))
    sd_event_run (event, G_MAXUINT64);
  status = downloads_end (&downloads);

  sd_event_host_clear (&host);
  sd_event_unref (event);
  return status;
}
