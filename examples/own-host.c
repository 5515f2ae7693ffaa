/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* A host of your own: an event loop that sleeps in poll () until it is woken or something is due, and carries
 * a guest. It counts the words in files, each on a worker thread, and reports how often it woke up. */

#include <errno.h>
#include <limits.h>
#include <locale.h>
#include <poll.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <pillion/pillion.h>

#define POLL_TYPE_HOST (poll_host_get_type ())
G_DECLARE_FINAL_TYPE (PollHost, poll_host, POLL, HOST, GObject)

struct _PollHost
{
  GObject parent_instance;

  PillionLoop *rider; /* not owned: the loop holds its host */
  int bell;
  guint wake_ups;
};

static const char *
poll_host_get_name (PillionHost *host)
{
  return "poll-host";
}

static gboolean
poll_host_install (PillionHost *host, PillionLoop *loop, GError **error)
{
  PollHost *self = POLL_HOST (host);

  if (self->rider != NULL)
    {
      g_set_error (error, PILLION_ERROR, PILLION_ERROR_HOST, "This host carries one loop only");
      return FALSE;
    }
  self->rider = loop;
  return TRUE;
}

static void
poll_host_remove (PillionHost *host, PillionLoop *loop)
{
  POLL_HOST (host)->rider = NULL;
}

/* Called from any thread: it only wakes the host */
static void
poll_host_wake (PillionHost *host)
{
  const uint64_t one = 1;

  if (write (POLL_HOST (host)->bell, &one, sizeof one) < 0 && errno != EAGAIN)
    g_warning ("Can't ring: %s", g_strerror (errno));
}

static void
poll_host_iface_init (PillionHostInterface *iface)
{
  iface->get_name = poll_host_get_name;
  iface->install = poll_host_install;
  iface->remove = poll_host_remove;
  iface->wake = poll_host_wake;
}

G_DEFINE_FINAL_TYPE_WITH_CODE (PollHost, poll_host, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (PILLION_TYPE_HOST, poll_host_iface_init))

static void
poll_host_finalize (GObject *object)
{
  close (POLL_HOST (object)->bell);
  G_OBJECT_CLASS (poll_host_parent_class)->finalize (object);
}

static void
poll_host_class_init (PollHostClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = poll_host_finalize;
}

static void
poll_host_init (PollHost *self)
{
  self->bell = eventfd (0, EFD_NONBLOCK | EFD_CLOEXEC);
  g_return_if_fail (self->bell >= 0);
}

/* Runs until no loop rides any more */
static void
poll_host_run (PollHost *self)
{
  while (self->rider != NULL)
    {
      pillion_loop_kick (self->rider);
      if (self->rider == NULL)
        break;

      /* Right before sleeping, so that it sees what the kick's callbacks have attached to the context */
      GTimeSpan timeout;
      int fd;
      if (pillion_loop_prepare_sleep (self->rider, &fd, &timeout) == PILLION_SLEEP_KICK)
        continue;

      struct pollfd ears[] = {
        { .fd = self->bell, .events = POLLIN },
        { .fd = fd, .events = POLLIN },
      };
      int msec = timeout < 0 ? -1 : (int) MIN ((timeout + 999) / 1000, INT_MAX);
      if (poll (ears, G_N_ELEMENTS (ears), msec) < 0 && errno != EINTR)
        g_error ("poll: %s", g_strerror (errno));

      uint64_t rings;
      while (read (self->bell, &rings, sizeof rings) > 0)
        ;
      self->wake_ups++;
    }
}

static void
count_words (PillionTask *task, GCancellable *cancellable, gpointer user_data)
{
  g_autofree char *contents = NULL;
  GError *error = NULL;
  gsize length;
  gint64 words = 0;
  gboolean inside = FALSE;

  if (!g_file_get_contents (user_data, &contents, &length, &error))
    {
      pillion_task_return_error (task, error);
      return;
    }
  for (gsize i = 0; i < length; i++)
    {
      gboolean blank = g_ascii_isspace (contents[i]);

      words += !blank && !inside;
      inside = !blank;
    }
  pillion_task_return_int (task, words);
}

static void
on_done (PillionTask *task, gpointer user_data)
{
  g_autoptr(GError) error = NULL;
  gint64 words = pillion_task_get_int (task, &error);

  if (error != NULL)
    g_printerr ("%s\n", error->message);
  else
    g_print ("%s: %" G_GINT64_FORMAT " words\n", pillion_task_get_name (task), words);
}

int
main (int argc, char **argv)
{
  setlocale (LC_ALL, "");

  g_autoptr(PollHost) host = g_object_new (POLL_TYPE_HOST, NULL);
  g_autoptr(PillionLoop) loop = pillion_loop_new (NULL, PILLION_LOOP_DEFAULT);
  g_autoptr(GError) error = NULL;

  if (!pillion_loop_ensure (loop, PILLION_HOST (host), &error))
    {
      g_printerr ("%s\n", error->message);
      return 1;
    }

  for (int i = 1; i < argc; i++)
    {
      g_autoptr(PillionTask) task = pillion_loop_run_in_thread (loop, argv[i], NULL, count_words, argv[i], NULL);

      pillion_task_add_done_callback (task, on_done, NULL, NULL);
    }
  poll_host_run (host);
  g_print ("%u wake-ups\n", host->wake_ups);

  if (!pillion_loop_close (loop, G_TIME_SPAN_SECOND, &error))
    {
      g_printerr ("%s\n", error->message);
      return 1;
    }
  return 0;
}
