/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#if !defined (PILLION_HTTP_INSIDE) && !defined (PILLION_HTTP_COMPILATION)
#error "Only <pillion-http/pillion-http.h> can be included directly."
#endif

#include <pillion/pillion.h>

#include <pillion-http/pillion-http-cache.h>
#include <pillion-http/pillion-http-cookie-jar.h>
#include <pillion-http/pillion-http-credentials.h>
#include <pillion-http/pillion-http-download-options.h>
#include <pillion-http/pillion-http-download.h>
#include <pillion-http/pillion-http-request.h>
#include <pillion-http/pillion-http-test-transport.h>
#include <pillion-http/pillion-http-version.h>

G_BEGIN_DECLS

#define PILLION_HTTP_TYPE_CLIENT (pillion_http_client_get_type ())
PILLION_HTTP_AVAILABLE_IN_1_0
G_DECLARE_FINAL_TYPE (PillionHttpClient, pillion_http_client, PILLION_HTTP, CLIENT, GObject)

PILLION_HTTP_AVAILABLE_IN_1_0
PillionHttpClient *pillion_http_client_new                          (PillionLoop       *loop);
PILLION_HTTP_AVAILABLE_IN_1_0
PillionLoop       *pillion_http_client_get_loop                     (PillionHttpClient *self);

PILLION_HTTP_AVAILABLE_IN_1_0
PillionTask       *pillion_http_client_send                         (PillionHttpClient  *self,
                                                                     PillionHttpRequest *request,
                                                                     GCancellable       *cancellable);
PILLION_HTTP_AVAILABLE_IN_1_0
PillionTask       *pillion_http_client_request                      (PillionHttpClient *self,
                                                                     const char        *method,
                                                                     const char        *url,
                                                                     GBytes            *body,
                                                                     const char        *content_type,
                                                                     GCancellable      *cancellable);
PILLION_HTTP_AVAILABLE_IN_1_0
PillionTask       *pillion_http_client_open                         (PillionHttpClient  *self,
                                                                     PillionHttpRequest *request,
                                                                     GCancellable       *cancellable);
PILLION_HTTP_AVAILABLE_IN_1_0
PillionTask       *pillion_http_client_open_web_socket              (PillionHttpClient  *self,
                                                                     PillionHttpRequest *request,
                                                                     const char *const  *protocols,
                                                                     GCancellable       *cancellable);
PILLION_HTTP_AVAILABLE_IN_1_0
PillionTask       *pillion_http_client_head                         (PillionHttpClient *self,
                                                                     const char        *url,
                                                                     GCancellable      *cancellable);
PILLION_HTTP_AVAILABLE_IN_1_0
PillionTask       *pillion_http_client_post_json                    (PillionHttpClient *self,
                                                                     const char        *url,
                                                                     const char        *json,
                                                                     GCancellable      *cancellable);
PILLION_HTTP_AVAILABLE_IN_1_0
PillionTask       *pillion_http_client_upload                       (PillionHttpClient *self,
                                                                     const char        *url,
                                                                     GFile             *file,
                                                                     GCancellable      *cancellable);
PILLION_HTTP_AVAILABLE_IN_1_0
PillionTask       *pillion_http_client_get_bytes                    (PillionHttpClient *self,
                                                                     const char        *url,
                                                                     GCancellable      *cancellable);
PILLION_HTTP_AVAILABLE_IN_1_0
PillionTask       *pillion_http_client_get_json                     (PillionHttpClient *self,
                                                                     const char        *url,
                                                                     GCancellable      *cancellable);
PILLION_HTTP_AVAILABLE_IN_1_0
PillionTask       *pillion_http_client_download                     (PillionHttpClient *self,
                                                                     const char        *url,
                                                                     GFile             *target,
                                                                     const char        *sha256,
                                                                     GCancellable      *cancellable);
PILLION_HTTP_AVAILABLE_IN_1_0
PillionTask       *pillion_http_client_download_into                (PillionHttpClient *self,
                                                                     const char        *url,
                                                                     GFile             *folder,
                                                                     const char        *sha256,
                                                                     GCancellable      *cancellable);
PILLION_HTTP_AVAILABLE_IN_1_0
PillionTask       *pillion_http_client_send_to_file                 (PillionHttpClient  *self,
                                                                     PillionHttpRequest *request,
                                                                     GFile              *target,
                                                                     PillionHttpDownloadOptions *options,
                                                                     GCancellable       *cancellable);
PILLION_HTTP_AVAILABLE_IN_1_0
PillionTask       *pillion_http_client_send_into                    (PillionHttpClient  *self,
                                                                     PillionHttpRequest *request,
                                                                     GFile              *folder,
                                                                     PillionHttpDownloadOptions *options,
                                                                     GCancellable       *cancellable);
PILLION_HTTP_AVAILABLE_IN_1_0
gboolean           pillion_http_client_pause_download               (PillionHttpClient *self,
                                                                     PillionTask       *task);
PILLION_HTTP_AVAILABLE_IN_1_0
void               pillion_http_client_resume_download              (PillionHttpClient *self,
                                                                     PillionTask       *task);
PILLION_HTTP_AVAILABLE_IN_1_0
gboolean           pillion_http_client_is_download_paused           (PillionHttpClient *self,
                                                                     PillionTask       *task);

PILLION_HTTP_AVAILABLE_IN_1_0
guint              pillion_http_client_get_max_connections          (PillionHttpClient *self);
PILLION_HTTP_AVAILABLE_IN_1_0
void               pillion_http_client_set_max_connections          (PillionHttpClient *self,
                                                                     guint              max);
PILLION_HTTP_AVAILABLE_IN_1_0
guint              pillion_http_client_get_max_connections_per_host (PillionHttpClient *self);
PILLION_HTTP_AVAILABLE_IN_1_0
void               pillion_http_client_set_max_connections_per_host (PillionHttpClient *self,
                                                                     guint              max);
PILLION_HTTP_AVAILABLE_IN_1_0
guint              pillion_http_client_get_max_connections_per_download (PillionHttpClient *self);
PILLION_HTTP_AVAILABLE_IN_1_0
void               pillion_http_client_set_max_connections_per_download (PillionHttpClient *self,
                                                                         guint              max);
PILLION_HTTP_AVAILABLE_IN_1_0
guint              pillion_http_client_get_max_lasting_connections  (PillionHttpClient *self);
PILLION_HTTP_AVAILABLE_IN_1_0
void               pillion_http_client_set_max_lasting_connections  (PillionHttpClient *self,
                                                                     guint              max);
PILLION_HTTP_AVAILABLE_IN_1_0
guint              pillion_http_client_get_max_lasting_connections_per_host (PillionHttpClient *self);
PILLION_HTTP_AVAILABLE_IN_1_0
void               pillion_http_client_set_max_lasting_connections_per_host (PillionHttpClient *self,
                                                                             guint              max);
PILLION_HTTP_AVAILABLE_IN_1_0
GTimeSpan          pillion_http_client_get_idle_timeout_usec        (PillionHttpClient *self);
PILLION_HTTP_AVAILABLE_IN_1_0
void               pillion_http_client_set_idle_timeout_usec        (PillionHttpClient *self,
                                                                     GTimeSpan          timeout);
PILLION_HTTP_AVAILABLE_IN_1_0
const char        *pillion_http_client_get_user_agent               (PillionHttpClient *self);
PILLION_HTTP_AVAILABLE_IN_1_0
void               pillion_http_client_set_user_agent               (PillionHttpClient *self,
                                                                     const char        *user_agent);
PILLION_HTTP_AVAILABLE_IN_1_0
gboolean           pillion_http_client_get_use_netrc                (PillionHttpClient *self);
PILLION_HTTP_AVAILABLE_IN_1_0
void               pillion_http_client_set_use_netrc                (PillionHttpClient *self,
                                                                     gboolean           use);
PILLION_HTTP_AVAILABLE_IN_1_0
const char        *pillion_http_client_get_proxy                    (PillionHttpClient *self);
PILLION_HTTP_AVAILABLE_IN_1_0
void               pillion_http_client_set_proxy                    (PillionHttpClient *self,
                                                                     const char        *url);
PILLION_HTTP_AVAILABLE_IN_1_0
GProxyResolver    *pillion_http_client_get_proxy_resolver           (PillionHttpClient *self);
PILLION_HTTP_AVAILABLE_IN_1_0
void               pillion_http_client_set_proxy_resolver           (PillionHttpClient *self,
                                                                     GProxyResolver    *resolver);
PILLION_HTTP_AVAILABLE_IN_1_0
GTlsDatabase      *pillion_http_client_get_tls_database             (PillionHttpClient *self);
PILLION_HTTP_AVAILABLE_IN_1_0
void               pillion_http_client_set_tls_database             (PillionHttpClient *self,
                                                                     GTlsDatabase      *database);
PILLION_HTTP_AVAILABLE_IN_1_0
PillionHttpNameConflict pillion_http_client_get_name_conflict       (PillionHttpClient *self);
PILLION_HTTP_AVAILABLE_IN_1_0
void               pillion_http_client_set_name_conflict            (PillionHttpClient       *self,
                                                                     PillionHttpNameConflict  conflict);

PILLION_HTTP_AVAILABLE_IN_1_0
const char        *pillion_http_client_get_base_url                 (PillionHttpClient *self);
PILLION_HTTP_AVAILABLE_IN_1_0
void               pillion_http_client_set_base_url                 (PillionHttpClient *self,
                                                                     const char        *url);
PILLION_HTTP_AVAILABLE_IN_1_0
gint64             pillion_http_client_get_max_body_size            (PillionHttpClient *self);
PILLION_HTTP_AVAILABLE_IN_1_0
void               pillion_http_client_set_max_body_size            (PillionHttpClient *self,
                                                                     gint64             max);
PILLION_HTTP_AVAILABLE_IN_1_0
GTimeSpan          pillion_http_client_get_connect_timeout_usec                     (PillionHttpClient *self);
PILLION_HTTP_AVAILABLE_IN_1_0
void               pillion_http_client_set_connect_timeout_usec                     (PillionHttpClient *self,
                                                                     GTimeSpan          timeout);
PILLION_HTTP_AVAILABLE_IN_1_0
GTimeSpan          pillion_http_client_get_first_byte_timeout_usec                  (PillionHttpClient *self);
PILLION_HTTP_AVAILABLE_IN_1_0
void               pillion_http_client_set_first_byte_timeout_usec                  (PillionHttpClient *self,
                                                                     GTimeSpan          timeout);
PILLION_HTTP_AVAILABLE_IN_1_0
GTimeSpan          pillion_http_client_get_total_timeout_usec                       (PillionHttpClient *self);
PILLION_HTTP_AVAILABLE_IN_1_0
void               pillion_http_client_set_total_timeout_usec                       (PillionHttpClient *self,
                                                                     GTimeSpan          timeout);
PILLION_HTTP_AVAILABLE_IN_1_0
gint64             pillion_http_client_get_lowest_rate                              (PillionHttpClient *self);
PILLION_HTTP_AVAILABLE_IN_1_0
void               pillion_http_client_set_lowest_rate              (PillionHttpClient *self,
                                                                     gint64             rate);
PILLION_HTTP_AVAILABLE_IN_1_0
gint64             pillion_http_client_get_rate_limit               (PillionHttpClient *self);
PILLION_HTTP_AVAILABLE_IN_1_0
void               pillion_http_client_set_rate_limit               (PillionHttpClient *self,
                                                                     gint64             rate);
PILLION_HTTP_AVAILABLE_IN_1_0
guint              pillion_http_client_get_max_retries              (PillionHttpClient *self);
PILLION_HTTP_AVAILABLE_IN_1_0
void               pillion_http_client_set_max_retries              (PillionHttpClient *self,
                                                                     guint              max);
PILLION_HTTP_AVAILABLE_IN_1_0
PillionHttpTestTransport *pillion_http_client_get_transport         (PillionHttpClient *self);
PILLION_HTTP_AVAILABLE_IN_1_0
void               pillion_http_client_set_transport                (PillionHttpClient *self,
                                                                     PillionHttpTestTransport *transport);
PILLION_HTTP_AVAILABLE_IN_1_0
gboolean           pillion_http_client_load_authorities             (PillionHttpClient *self,
                                                                     GFile             *file,
                                                                     GError           **error);
PILLION_HTTP_AVAILABLE_IN_1_0
GTlsCertificate   *pillion_http_client_get_certificate              (PillionHttpClient *self);
PILLION_HTTP_AVAILABLE_IN_1_0
void               pillion_http_client_set_certificate              (PillionHttpClient *self,
                                                                     GTlsCertificate   *certificate);
PILLION_HTTP_AVAILABLE_IN_1_0
gboolean           pillion_http_client_load_certificate             (PillionHttpClient *self,
                                                                     GFile             *certificate,
                                                                     GFile             *key,
                                                                     GError           **error);
PILLION_HTTP_AVAILABLE_IN_1_0
const char *const *pillion_http_client_get_pinned_keys              (PillionHttpClient *self);
PILLION_HTTP_AVAILABLE_IN_1_0
void               pillion_http_client_set_pinned_keys              (PillionHttpClient *self,
                                                                     const char *const *pins);
PILLION_HTTP_AVAILABLE_IN_1_0
gboolean           pillion_http_client_get_insecure                 (PillionHttpClient *self);
PILLION_HTTP_AVAILABLE_IN_1_0
void               pillion_http_client_set_insecure                 (PillionHttpClient *self,
                                                                     gboolean           insecure);
PILLION_HTTP_AVAILABLE_IN_1_0
gboolean           pillion_http_client_get_http2                    (PillionHttpClient *self);
PILLION_HTTP_AVAILABLE_IN_1_0
void               pillion_http_client_set_http2                    (PillionHttpClient *self,
                                                                     gboolean           http2);
PILLION_HTTP_AVAILABLE_IN_1_0
const char        *pillion_http_client_get_unix_socket_path         (PillionHttpClient *self);
PILLION_HTTP_AVAILABLE_IN_1_0
void               pillion_http_client_set_unix_socket_path         (PillionHttpClient *self,
                                                                     const char        *path);
PILLION_HTTP_AVAILABLE_IN_1_0
GInetSocketAddress *pillion_http_client_get_local_address           (PillionHttpClient *self);
PILLION_HTTP_AVAILABLE_IN_1_0
void               pillion_http_client_set_local_address            (PillionHttpClient  *self,
                                                                     GInetSocketAddress *address);
PILLION_HTTP_AVAILABLE_IN_1_0
PillionHttpCache  *pillion_http_client_get_cache                    (PillionHttpClient *self);
PILLION_HTTP_AVAILABLE_IN_1_0
void               pillion_http_client_set_cache                    (PillionHttpClient *self,
                                                                     PillionHttpCache  *cache);
PILLION_HTTP_AVAILABLE_IN_1_0
gboolean           pillion_http_client_get_offline                  (PillionHttpClient *self);
PILLION_HTTP_AVAILABLE_IN_1_0
void               pillion_http_client_set_offline                  (PillionHttpClient *self,
                                                                     gboolean           offline);
PILLION_HTTP_AVAILABLE_IN_1_0
PillionHttpCookieJar *pillion_http_client_get_cookie_jar            (PillionHttpClient *self);
PILLION_HTTP_AVAILABLE_IN_1_0
void               pillion_http_client_set_cookie_jar               (PillionHttpClient    *self,
                                                                     PillionHttpCookieJar *jar);
PILLION_HTTP_AVAILABLE_IN_1_0
PillionHttpCredentials *pillion_http_client_get_credentials         (PillionHttpClient *self);
PILLION_HTTP_AVAILABLE_IN_1_0
void               pillion_http_client_set_credentials              (PillionHttpClient      *self,
                                                                     PillionHttpCredentials *credentials);
PILLION_HTTP_AVAILABLE_IN_1_0
void               pillion_http_client_set_header                   (PillionHttpClient *self,
                                                                     const char        *name,
                                                                     const char        *value);

PILLION_HTTP_AVAILABLE_IN_1_0
char              *pillion_http_redact_url                          (const char        *url);

G_END_DECLS
