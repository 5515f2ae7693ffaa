/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "png.h"
#include "thumbnail.h"

#include <math.h>

#define SIZE 64

/* A ball in front of a sky, with a different colour for each index */
GBytes *
thumbnail_draw (guint index,
                guint count)
{
  g_autofree guint8 *rgb = g_new (guint8, SIZE * SIZE * 3);
  double hue = 2 * G_PI * index / count;
  guint8 *pixel = rgb;

  for (guint y = 0; y < SIZE; y++)
    for (guint x = 0; x < SIZE; x++, pixel += 3)
      {
        double across = (x + 0.5) / SIZE * 2 - 1;
        double down = (y + 0.5) / SIZE * 2 - 1;
        double square = (across * across + down * down) / 0.64;

        for (guint channel = 0; channel < 3; channel++)
          {
            double colour = 0.5 + 0.5 * cos (hue - channel * 2 * G_PI / 3);
            double light = 0.85 - 0.25 * down;

            if (square < 1)
              /* Lit from the upper left */
              light = colour * CLAMP (0.35 + 0.65 * (sqrt (1 - square) - (across + down) * 0.6), 0, 1);
            pixel[channel] = (guint8) CLAMP (light * 255, 0, 255);
          }
      }
  return png_encode (rgb, SIZE, SIZE);
}
