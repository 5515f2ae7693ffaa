/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "demo.h"
#include "demo-blocking.h"
#include "demo-histogram.h"
#include "demo-kicked.h"
#include "demo-picture.h"
#include "interrupt.h"
#include "options.h"
#include "server.h"
#include "summary.h"
#include "svg-report.h"
#include "units.h"

#include <glib/gi18n.h>
#include <glib/gstdio.h>
#include <unistd.h>

/* Frames that are shown before the job starts and after it has ended */
#define LEAD_SECONDS 0.3
#define CLOSE_TIMEOUT (5 * G_TIME_SPAN_SECOND)

static double rate;
static double seconds;
static int port;
static char *report;

/* One of the two runs */
typedef struct
{
  const char *title;
  const char *base_url;
  const char *folder;
  gboolean blocking;
  Stage *stage;
  Term *term;
  DemoBlocking *naive;
  DemoKicked *kicked;
  DemoResult *result;
  gint64 started;
  gboolean interrupted;
} Run;

GOptionContext *
demo_new_context (void)
{
  const GOptionEntry entries[] = {
    { "hz", 0, 0, G_OPTION_ARG_DOUBLE, &rate, N_("Frames per second to animate (60)"), N_("RATE") },
    { "seconds", 0, 0, G_OPTION_ARG_DOUBLE, &seconds, N_("Animate each run for at least this many seconds (3)"),
      N_("N") },
    { "report", 0, 0, G_OPTION_ARG_FILENAME, &report, N_("Write a chart of the frame times"), N_("FILE.svg") },
    { "port", 0, 0, G_OPTION_ARG_INT, &port, N_("Port for the demo's server (any free port)"),
      N_("PORT") },
    { NULL },
  };

  rate = 60;
  seconds = 3;
  return options_new_context (NULL,
                              N_("Do the same job twice while a host animates, first blocking on the network in its frames,\n"
                                 "then with a kicked loop, and show the frame times of both."),
                              entries, NULL);
}

static void
start_job (Run *self)
{
  self->result->started = g_get_monotonic_time ();
  if (self->blocking)
    self->naive = demo_blocking_new (self->base_url, self->folder, self->result);
  else
    self->kicked = demo_kicked_new (self->stage->loop, self->base_url, self->folder, self->result);
}

static gboolean
has_ended (Run *self)
{
  gint64 now = g_get_monotonic_time ();

  if (self->result->ended == 0)
    return FALSE;
  return self->interrupted
         || (now - self->result->ended >= LEAD_SECONDS * G_USEC_PER_SEC
             && now - self->started >= seconds * G_USEC_PER_SEC);
}

static void
interrupt (Run *self)
{
  self->interrupted = TRUE;
  if (self->kicked != NULL)
    demo_kicked_cancel (self->kicked);
  else if (self->result->ended == 0)
    demo_result_end (self->result);
}

static void
on_frame (guint    frame,
          gpointer user_data)
{
  Run *self = user_data;

  if (self->term != NULL)
    {
      term_begin (self->term);
      demo_picture_draw (self->term, self->stage, self->title, self->result);
      term_end (self->term);
    }
  if (interrupt_get_signal () != 0 && !self->interrupted)
    interrupt (self);
  if (self->naive == NULL && self->kicked == NULL && self->result->ended == 0
      && g_get_monotonic_time () - self->started >= LEAD_SECONDS * G_USEC_PER_SEC)
    start_job (self);
  if (self->naive != NULL && self->result->ended == 0 && !demo_blocking_step (self->naive))
    demo_result_end (self->result);
  if (has_ended (self))
    stage_quit (self->stage);
}

/* %NULL with @error if the run could not even be tried */
static DemoResult *
run_once (Run     *self,
          GError **error)
{
  g_autoptr (DemoResult) result = demo_result_new ();

  self->stage = stage_new (self->blocking ? "pillion-demo-blocking" : "pillion-demo-kicked", rate, 2000, 0, error);
  if (self->stage == NULL)
    return NULL;
  self->result = result;
  self->term = term_new (STDOUT_FILENO);
  if (self->term == NULL)
    g_print ("%s\n", self->title);
  self->started = g_get_monotonic_time ();
  stage_run (self->stage, on_frame, self);
  g_clear_pointer (&self->term, term_free);
  result->stats = stage_get_stats (self->stage);
  return g_steal_pointer (&result);
}

static gboolean
end_run (Run     *self,
         GError **error)
{
  gboolean closed = self->stage == NULL || pillion_loop_close (self->stage->loop, CLOSE_TIMEOUT, error);

  g_clear_pointer (&self->naive, demo_blocking_free);
  g_clear_pointer (&self->kicked, demo_kicked_free);
  g_clear_pointer (&self->stage, stage_free);
  return closed;
}

/* What the viewer has just seen, in a sentence */
static void
print_sentence (const DemoResult *blocking,
                const DemoResult *kicked)
{
  g_autofree char *still = units_format_usec (blocking->stats->late_total);
  g_autofree char *longest = units_format_usec (blocking->stats->max);
  g_autofree char *time = units_format_usec (kicked->ended - kicked->started);
  g_autofree char *kicked_max = units_format_usec (kicked->stats->max);

  if (blocking->stats->late == 0)
    g_print ("%s\n", _("The server was too fast for the blocking host to miss a frame."));
  else
    g_print (_("Blocking, the window froze for %s in total, for up to %s at a time.\n"), still, longest);
  if (kicked->stats->late == 0)
    g_print (_("Kicked, the same job took %s and no frame was late: the longest took %s.\n"), time, kicked_max);
  else
    g_print (ngettext ("Kicked, the same job took %s and %u frame was late: the longest took %s.\n",
                       "Kicked, the same job took %s and %u frames were late: the longest took %s.\n",
                       kicked->stats->late),
             time, kicked->stats->late, kicked_max);
}

static gboolean
write_report (const DemoColumn *columns,
              GError          **error)
{
  SvgRun runs[] = { { columns[0].name, columns[0].stats }, { columns[1].name, columns[1].stats } };

  return svg_report_write (report, _("The same job twice: the host's frame times"), runs, G_N_ELEMENTS (runs), error);
}

static void
print_histograms (const DemoColumn *columns)
{
  Term *term = term_new (STDOUT_FILENO);
  g_autofree char *text
    = demo_histogram_draw (columns, 2, term != NULL ? term_get_width (term) - 1 : 79,
                           term != NULL && term_has_colours (term));

  g_clear_pointer (&term, term_free);
  g_print ("\n%s\n", text);
}

static gboolean
run_both (Server     *server,
          const char *folder,
          GError    **error)
{
  Run first = { .title = _("blocking: the host waits for the network in its frames"),
                .base_url = server_get_url (server),
                .folder = folder,
                .blocking = TRUE };
  Run second = { .title = _("kicked: the host kicks a guest loop once per frame"),
                 .base_url = server_get_url (server),
                 .folder = folder };
  g_autoptr (DemoResult) blocking = NULL;
  g_autoptr (DemoResult) kicked = NULL;
  StageKicks kicks;
  g_autofree char *described = NULL;
  DemoColumn columns[2];

  blocking = run_once (&first, error);
  if (!end_run (&first, blocking != NULL ? error : NULL) || blocking == NULL || first.interrupted)
    return FALSE;
  kicked = run_once (&second, error);
  kicks = kicked != NULL ? second.stage->kicks : (StageKicks) { 0 };
  if (!end_run (&second, kicked != NULL ? error : NULL) || kicked == NULL || second.interrupted)
    return FALSE;

  g_print ("\n");
  demo_result_print (blocking, _("blocking"), server_get_url (server));
  demo_result_print (kicked, _("kicked"), server_get_url (server));
  columns[0] = (DemoColumn) { _("blocking"), blocking->stats };
  columns[1] = (DemoColumn) { _("kicked"), kicked->stats };
  print_histograms (columns);
  described = summary_describe_kicks (&kicks, 2000);
  g_print ("%s", described);
  print_sentence (blocking, kicked);
  if (report != NULL && !write_report (columns, error))
    return FALSE;
  return demo_result_is_well (blocking) && demo_result_is_well (kicked)
         && kicked->stats->max < blocking->stats->max;
}

/* Removes the folder that the runs saved into, with everything in it */
static void
remove_folder (const char *folder)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (folder, name, NULL);

      g_unlink (path);
    }
  g_rmdir (folder);
}

static gboolean
check (void)
{
  if (!(rate >= 1 && rate <= 1000))
    return options_refuse ("pillion demo", _("--hz must be between %d and %d"), 1, 1000);
  if (!(seconds >= 0 && seconds <= 3600))
    return options_refuse ("pillion demo", _("--seconds must be between %d and %d"), 0, 3600);
  if (port < 0 || port > 65535)
    return options_refuse ("pillion demo", _("--port must be between %d and %d"), 0, 65535);
  return TRUE;
}

int
demo_main (int    argc,
           char **argv)
{
  g_autoptr (GOptionContext) context = demo_new_context ();
  g_autoptr (GError) error = NULL;
  g_autoptr (Server) server = NULL;
  g_autofree char *folder = NULL;
  gboolean well = FALSE;

  if (!options_parse (context, argc, argv) || !check ())
    return EXIT_USAGE;
  folder = g_dir_make_tmp ("pillion-demo-XXXXXX", &error);
  if (folder != NULL)
    server = server_start ((guint) port, &error);
  if (server != NULL)
    {
      interrupt_init ();
      well = run_both (server, folder, &error);
    }
  if (folder != NULL)
    remove_folder (folder);
  g_clear_pointer (&report, g_free);
  if (error != NULL)
    g_printerr ("pillion: %s\n", error->message);
  if (interrupt_get_signal () != 0)
    return 128 + interrupt_get_signal ();
  if (!well && error == NULL)
    g_printerr ("%s\n", _("pillion: not everything went as expected"));
  return well ? EXIT_ALL_WELL : EXIT_SOME_FAILED;
}
