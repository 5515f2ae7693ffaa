# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""The exit status of `pillion fetch` for each kind of failure."""

import base64
import contextlib
import hashlib
import os
import socket
import ssl
import struct
import subprocess
import threading

import tooltest
from tooltest import run

DATA = os.path.join(os.environ["PILLION_SOURCE_DIR"], "tests", "http", "data")
CERTIFICATE = os.path.join(DATA, "cert.pem")


@contextlib.contextmanager
def server(*answers, context=None, end=b"\r\n\r\n", reset=False):
    """Answers one connection after another with bytes, or with nothing while it is open (None). @reset ends it with a reset."""
    listener = socket.create_server(("127.0.0.1", 0))
    held = []

    def answer_all():
        for answer in answers:
            try:
                connection, _ = listener.accept()
                held.append(connection)
                if context is not None:
                    connection = context.wrap_socket(connection, server_side=True)
                    held.append(connection)
                request = b""
                while end not in request:
                    got = connection.recv(65536)
                    if not got:
                        break
                    request += got
                if answer is not None:
                    connection.sendall(answer)
                    if reset:
                        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    else:
                        connection.shutdown(socket.SHUT_RDWR)
                    connection.close()
            except OSError:
                pass

    thread = threading.Thread(target=answer_all, daemon=True)
    thread.start()
    yield f"{'https' if context is not None else 'http'}://127.0.0.1:{listener.getsockname()[1]}/file"
    # Not just closed, or the thread would go on with the next socket that gets the same number
    listener.shutdown(socket.SHUT_RDWR)
    for connection in held:
        with contextlib.suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)
    thread.join()
    listener.close()
    for connection in held:
        connection.close()


def response(status="200 OK", body=b"", **fields):
    fields = {"Content-Length": len(body), **{name.replace("_", "-"): value for name, value in fields.items()}}
    lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"HTTP/1.1 {status}\r\n{lines}\r\n".encode() + body


def tls(certificate=CERTIFICATE):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, os.path.join(DATA, "key.pem"))
    return context


class Status(tooltest.ToolTest):
    @classmethod
    def setUpClass(cls):
        pass

    @classmethod
    def tearDownClass(cls):
        pass

    def check(self, status, *args, says="", **changes):
        # The first connection with TLS reads all authorities of the system, which takes long under a sanitizer on a busy machine
        done = run("fetch", "--connect-timeout", str(tooltest.PATIENCE), *args, cwd=self.folder, **changes)
        self.assertEqual(done.returncode, status, done.stderr)
        self.assertIn(says, done.stderr)
        self.assertEqual(done.stdout, "")
        return done

    def test_0_fetched(self):
        with server(response(body=b"hello")) as url:
            self.check(0, url)

    def test_2_a_request_that_cannot_be_sent(self):
        self.check(2, "-H", "Bad Name: x", "http://127.0.0.1:1/")
        self.check(2, "--pinnedpubkey", "no pin", "http://127.0.0.1:1/", says="no pin")
        self.check(2, "-X", "A B", "http://127.0.0.1:1/")

    def test_3_not_a_url(self):
        self.check(3, "no URL")
        self.check(3, "http://127.0.0.1:port/")
        self.check(3, "ftp://127.0.0.1/x")

    def test_6_name(self):
        self.check(6, "http://nowhere.invalid/x", says="nowhere.invalid")

    def test_7_connection(self):
        with socket.socket() as closed:
            closed.bind(("127.0.0.1", 0))
            self.check(7, f"http://127.0.0.1:{closed.getsockname()[1]}/x", says="refused")

    def test_8_protocol(self):
        with server(b"SSH-2.0-OpenSSH\r\n\r\n") as url:
            self.check(8, url)

    def test_18_partial(self):
        for target in ([], ["-o", "-"]):
            with server(response(body=b"") .replace(b": 0", b": 10")) as url:
                self.check(18, *target, url)
        for answer in (b"", response().replace(b": 0", b": 10")):
            with server(answer, reset=True) as url:
                self.check(18, url)

    def test_22_http(self):
        for args in ([], ["-o", "-"], ["-f"]):
            with server(response("503 Service Unavailable", b"sorry")) as url:
                self.check(22, *args, url, says="503")
        self.assertEqual(os.listdir(self.folder), [])

    def test_22_with_the_body(self):
        with server(response("404 Not Found", b'{"error": 7}')) as url:
            done = run("fetch", "-o", "-", "--fail-with-body", url)
        self.assertEqual((done.returncode, done.stdout), (22, '{"error": 7}'))
        self.assertIn("404", done.stderr)

    def test_0_with_the_body(self):
        with server(response(body=b"hello")) as url:
            done = run("fetch", "-o", "-", "--fail-with-body", url)
        self.assertEqual((done.returncode, done.stdout), (0, "hello"))

    def test_0_no_content(self):
        for args in (["-X", "DELETE"], ["-X", "DELETE", "-o", "a"], ["-o", "-"]):
            with server(b"HTTP/1.1 204 No Content\r\n\r\n") as url:
                self.check(0, *args, url)
        self.assertEqual(os.listdir(self.folder), [])

    def test_0_without_a_scheme(self):
        with server(response(body=b"hello")) as url:
            self.check(0, url.removeprefix("http://"))
        with server(response(body=b"hello")) as url:
            self.check(0, url.removeprefix("http://") + "?from=https://example.org/")

    def test_23_write(self):
        with server(response(body=b"hello")) as url:
            self.check(23, "-o", "no/such/folder", url)
        with open(self.path("file"), "w"):
            pass
        with server(response(body=b"hello")) as url:
            self.check(23, "-o", "file/name", url, says="file/name")

    def test_28_time(self):
        with server(None) as url:
            self.check(28, "--max-time", "0.2", url)
        with server(None) as url:
            self.check(28, "-m", "200ms", "-o", "-", url)

    def test_28_connecting(self):
        # Nobody accepts, and the queue of those that wait is full
        with socket.socket() as full:
            full.bind(("127.0.0.1", 0))
            full.listen(0)
            held = [socket.socket() for _ in range(4)]
            for one in held:
                one.setblocking(False)
                one.connect_ex(full.getsockname())
            self.check(28, "--connect-timeout", "0.2", f"http://127.0.0.1:{full.getsockname()[1]}/x")
            for one in held:
                one.close()

    def test_32_digest(self):
        with server(response(body=b"hello")) as url:
            self.check(32, "--sha256", "0" * 64, url)

    def test_35_tls(self):
        # It is tried more than once: a server might want to speak HTTP/2 only
        with server(*[b"this is not TLS\r\n\r\n"] * 4, end=b"") as url:
            self.check(35, url.replace("http:", "https:"))

    def test_47_redirect(self):
        with server(response("302 Found", Location="http://127.0.0.1:1/"), context=tls()) as url:
            self.check(47, "--cacert", CERTIFICATE, url)

    def test_60_certificate(self):
        with server(response(body=b"hello"), context=tls()) as url:
            self.check(60, url)
        with server(response(body=b"hello"), context=tls()) as url:
            self.check(0, "--cacert", CERTIFICATE, url)

    def test_0_insecure(self):
        with server(response(body=b"hello"), context=tls()) as url:
            self.check(0, "-k", url)

    def test_58_own_certificate(self):
        self.check(58, "--cert", "nowhere.pem", "https://127.0.0.1:1/", says="nowhere.pem")
        self.check(58, "--cert", CERTIFICATE, "https://127.0.0.1:1/", says="key")

    def test_own_certificate(self):
        context = tls()
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(os.path.join(DATA, "client-cert.pem"))
        own = ["--cert", os.path.join(DATA, "client-cert.pem"), "--key", os.path.join(DATA, "client-key.pem")]
        with server(response(body=b"hello"), context=context) as url:
            self.check(0, "--cacert", CERTIFICATE, *own, url)

    def test_90_pin(self):
        key = subprocess.run(["openssl", "x509", "-in", CERTIFICATE, "-noout", "-pubkey"], capture_output=True, check=True).stdout
        body = b"".join(key.splitlines()[1:-1])
        pin = "sha256//" + base64.b64encode(hashlib.sha256(base64.b64decode(body)).digest()).decode()
        other = "sha256//" + base64.b64encode(bytes(32)).decode()
        with server(response(body=b"hello"), context=tls()) as url:
            self.check(90, "--cacert", CERTIFICATE, "--pinnedpubkey", other, url)
        with server(response(body=b"hello"), context=tls()) as url:
            self.check(0, "--cacert", CERTIFICATE, "--pinnedpubkey", f"{other};{pin}", url)

    def test_77_authorities(self):
        with open(self.path("broken.pem"), "w", encoding="ascii") as file:
            file.write("-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----\n")
        self.check(77, "--cacert", "broken.pem", "https://127.0.0.1:1/", says="broken.pem")
        self.check(77, "--cacert", "nowhere.pem", "https://127.0.0.1:1/", says="nowhere.pem")

    def test_retry(self):
        with server(response("503 Busy", Retry_After="0"), response(body=b"hello")) as url:
            self.check(0, "--retry", "1", url)
        with server(response("503 Busy", Retry_After="0"), response("503 Busy", Retry_After="0")) as url:
            self.check(22, "--retry=1", url)

    def test_the_first_that_failed_decides(self):
        with server(response("404 No")) as url:
            self.check(22, url, "http://nowhere.invalid/x")
        with server(response("404 No")) as url:
            self.check(6, "http://nowhere.invalid/x", url)

    def test_frames_change_nothing(self):
        with server(response("404 No")) as url:
            self.check(22, "--frames", url)


if __name__ == "__main__":
    tooltest.main()
