/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* What all the programs of this folder do: PROGRAM [--stay] FOLDER URL... */

#pragma once

#include <pillion-http/pillion-http.h>

#define N_FRAMES 120 /* of which the times are kept */

typedef struct
{
  PillionLoop *loop;
  PillionHttpClient *client;
  GListStore *tasks;   /* in the order of the command line */
  gboolean stay;       /* whether to go on until SIGTERM comes, or the window is closed */
  gboolean quit;
  guint n_pending;
  guint n_failed;
  int status;          /* what the program returns */

  GTimeSpan frame_usec[N_FRAMES]; /* how long the last frames took, kicks included; a ring */
  GTimeSpan kick_usec[N_FRAMES];
  guint n_frames;
} Downloads;

/* Fills a rectangle, in pixels from the top left, with a colour 0xRRGGBB */
typedef void (*FillFunc) (int x, int y, int width, int height, guint colour, gpointer user_data);

void     downloads_start         (Downloads *self, PillionLoop *loop, PillionHost *host, int argc, char **argv);
gboolean downloads_are_over      (Downloads *self);
double   downloads_get_fraction  (PillionTask *task);
void     downloads_add_frame     (Downloads *self, GTimeSpan frame_usec, GTimeSpan kick_usec);
char    *downloads_describe      (Downloads *self);
void     downloads_draw          (Downloads *self, int width, int height, FillFunc fill, gpointer user_data);
int      downloads_end           (Downloads *self);
