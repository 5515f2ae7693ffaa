/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#define PILLION_HTTP_INSIDE
#include <pillion-http/pillion-http-cache.h>
#include <pillion-http/pillion-http-challenge.h>
#include <pillion-http/pillion-http-client.h>
#include <pillion-http/pillion-http-cookie-jar.h>
#include <pillion-http/pillion-http-cookie.h>
#include <pillion-http/pillion-http-credentials.h>
#include <pillion-http/pillion-http-download-options.h>
#include <pillion-http/pillion-http-download.h>
#include <pillion-http/pillion-http-enums.h>
#include <pillion-http/pillion-http-error.h>
#include <pillion-http/pillion-http-event-stream.h>
#include <pillion-http/pillion-http-event.h>
#include <pillion-http/pillion-http-form.h>
#include <pillion-http/pillion-http-part.h>
#include <pillion-http/pillion-http-request.h>
#include <pillion-http/pillion-http-response.h>
#include <pillion-http/pillion-http-stream.h>
#include <pillion-http/pillion-http-test-exchange.h>
#include <pillion-http/pillion-http-test-server.h>
#include <pillion-http/pillion-http-test-transport.h>
#include <pillion-http/pillion-http-version.h>
#include <pillion-http/pillion-http-web-socket-message.h>
#include <pillion-http/pillion-http-web-socket.h>
#undef PILLION_HTTP_INSIDE
