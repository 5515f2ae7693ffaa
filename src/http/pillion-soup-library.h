/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <libsoup/soup.h>

/* libsoup, loaded when HTTP is first used. It is not linked, because it would end the process if libsoup 2 is
 * there already: a program with both gets an error that it can show. All calls of libsoup go through this
 * table; a function that is missing here does not link. */
#define PILLION_SOUP_FUNCTIONS(F) \
  F (auth_manager_get_type) \
  F (content_decoder_get_type) \
  F (date_time_new_from_http_string) \
  F (message_body_append_bytes) \
  F (message_body_flatten) \
  F (message_get_connection_id) \
  F (message_get_http_version) \
  F (message_get_metrics) \
  F (message_get_method) \
  F (message_get_reason_phrase) \
  F (message_get_remote_address) \
  F (message_get_request_headers) \
  F (message_get_response_headers) \
  F (message_get_status) \
  F (message_headers_append) \
  F (message_headers_foreach) \
  F (message_headers_free_ranges) \
  F (message_headers_get_content_length) \
  F (message_headers_get_encoding) \
  F (message_headers_get_list) \
  F (message_headers_get_ranges) \
  F (message_headers_header_contains) \
  F (message_headers_iter_init) \
  F (message_headers_iter_next) \
  F (message_headers_new) \
  F (message_headers_remove) \
  F (message_headers_replace) \
  F (message_headers_set_content_length) \
  F (message_headers_set_content_range) \
  F (message_headers_set_encoding) \
  F (message_headers_unref) \
  F (message_metrics_get_connect_end) \
  F (message_metrics_get_dns_end) \
  F (message_metrics_get_request_start) \
  F (message_metrics_get_response_body_bytes_received) \
  F (message_metrics_get_response_header_bytes_received) \
  F (message_metrics_get_response_start) \
  F (message_metrics_get_tls_start) \
  F (message_new_from_uri) \
  F (message_set_flags) \
  F (message_set_request_body) \
  F (server_accept_iostream) \
  F (server_add_handler) \
  F (server_disconnect) \
  F (server_message_get_method) \
  F (server_message_get_request_body) \
  F (server_message_get_request_headers) \
  F (server_message_get_response_body) \
  F (server_message_get_response_headers) \
  F (server_message_get_uri) \
  F (server_message_pause) \
  F (server_message_set_status) \
  F (server_message_steal_connection) \
  F (server_message_unpause) \
  F (server_new) \
  F (session_abort) \
  F (session_add_feature_by_type) \
  F (session_error_quark) \
  F (session_has_feature) \
  F (session_new_with_options) \
  F (session_remove_feature_by_type) \
  F (session_send_async) \
  F (session_send_finish) \
  F (session_set_tls_database) \
  F (session_websocket_connect_async) \
  F (session_websocket_connect_finish) \
  F (status_get_phrase) \
  F (tld_domain_is_public_suffix) \
  F (websocket_connection_get_io_stream) \
  F (websocket_error_quark) \
  F (websocket_extension_manager_get_type)

typedef struct
{
#define PILLION_SOUP_MEMBER(name) __typeof__ (soup_##name) *name;
  PILLION_SOUP_FUNCTIONS (PILLION_SOUP_MEMBER)
#undef PILLION_SOUP_MEMBER
} PillionSoupLibrary;

/* Filled when pillion_soup_library_load () returns TRUE */
extern PillionSoupLibrary pillion_soup;

/* On any thread. The error is PILLION_HTTP_ERROR_UNAVAILABLE. Each call tries again. */
gboolean pillion_soup_library_load (GError **error);
