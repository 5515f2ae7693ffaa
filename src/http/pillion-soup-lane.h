/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "http/pillion-soup-library.h"

typedef struct _PillionSoupLanes PillionSoupLanes;
typedef struct _PillionSoupLane PillionSoupLane;
typedef struct _PillionSoupKey PillionSoupKey;

/* A session that has room for one connection. With every message that it has in its queue a SoupSession does work at each
 * step of each of them, and it checks each idle connection at each step too: one session for all would be quadratic, and
 * connects to one host one after the other. So a lane takes one exchange at a time, or a few where its connection turned
 * out to speak HTTP/2. */
struct _PillionSoupLane
{
  SoupSession *session;
  PillionSoupKey *key; /* whose connection it has */
  guint n_users;
  gboolean http2;
  gpointer connection; /* weak: the TLS connection that was made last, or NULL */
  guint generation; /* of the TLS database that it verifies with */
  GList free_link;  /* in the list of lanes that have room */
  GList key_link;   /* in the list of those of them with the same key */
};

PillionSoupLanes *pillion_soup_lanes_new              (void);
void              pillion_soup_lanes_free             (PillionSoupLanes *self);

/* A lane for an exchange with the key of this name, best one that has a connection already */
PillionSoupLane  *pillion_soup_lanes_take             (PillionSoupLanes *self,
                                                       const char       *name);

/* Says that the connection of a lane that was taken speaks HTTP/2 */
void              pillion_soup_lanes_set_http2        (PillionSoupLanes *self,
                                                       PillionSoupLane  *lane);

/* Says that a lane that was taken has made a TLS connection */
void              pillion_soup_lane_set_connection    (PillionSoupLane  *lane,
                                                       GIOStream        *connection);

void              pillion_soup_lanes_give_back        (PillionSoupLanes *self,
                                                       PillionSoupLane  *lane);

void              pillion_soup_lanes_set_tls_database (PillionSoupLanes *self,
                                                       GTlsDatabase     *database);

/* How many there may be while none of them is taken */
void              pillion_soup_lanes_set_max          (PillionSoupLanes *self,
                                                       guint             max);
