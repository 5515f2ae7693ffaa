#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""A small HTTP server on loopback, for all tests of programs except the C tests of the HTTP client.

    loopback.py PROGRAM [ARGUMENT…]

runs the program with its address in PILLION_TEST_URL, and each `@URL@` in the arguments replaced by it. The server has

    /hello.txt       "Hello from loopback\\n"
    /data.json       {"name": "pillion", "seats": 2, "parts": ["seat", "rail", "strap"]}
    /file.bin        1 MiB, the same each time; its SHA-256 is in PILLION_TEST_SHA256
    /broken.json     a text that is not JSON
    /catalogue.json  {"thumbnails": [{"path": "/thumbnails/0.bin"}, …]}, 50 of them
    /thumbnails/N    2 KiB each, after a moment; three of them are missing, and those from N = 12 on are sent while `late` is set
    /echo            what was sent, by any method: {"method": …, "path": …, "headers": [[name, value], …], "body": "…"}
    anything else    404

Queries are ignored.
"""

import base64
import hashlib
import http.server
import json
import os
import subprocess
import sys
import threading
import time

FILE = b''.join(hashlib.sha256(b'%d' % i).digest() for i in range(1 << 15))
FILE_SHA256 = hashlib.sha256(FILE).hexdigest()

PAGES = {
    '/hello.txt': ('text/plain', b'Hello from loopback\n'),
    '/data.json': ('application/json',
                   json.dumps({'name': 'pillion', 'seats': 2, 'parts': ['seat', 'rail', 'strap']}).encode()),
    '/file.bin': ('application/octet-stream', FILE),
    '/broken.json': ('application/json', b'{"name": '),
}

THUMBNAILS = ['/thumbnails/%d.bin' % i for i in range(50)]
LATE = set(THUMBNAILS[12:])
MISSING = {THUMBNAILS[i] for i in (7, 20, 41)}
PAGES['/catalogue.json'] = ('application/json', json.dumps({'thumbnails': [{'path': path} for path in THUMBNAILS]}).encode())
PAGES.update((path, ('application/octet-stream', FILE[2048 * i:2048 * (i + 1)]))
             for i, path in enumerate(THUMBNAILS) if path not in MISSING)
late = threading.Event()
late.set()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def read_body(self):
        if 'chunked' not in self.headers.get('Transfer-Encoding', ''):
            return self.rfile.read(int(self.headers.get('Content-Length', 0)))
        body = b''
        while size := int(self.rfile.readline().split(b';')[0], 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def echo_messages(self):
        """A WebSocket that sends back what it gets, in frames of at most 64 KiB."""
        accept = hashlib.sha1(self.headers['Sec-WebSocket-Key'].encode() + b'258EAFA5-E914-47DA-95CA-C5AB0DC85B11').digest()
        self.send_response(101)
        self.send_header('Upgrade', 'websocket')
        self.send_header('Connection', 'Upgrade')
        self.send_header('Sec-WebSocket-Accept', base64.b64encode(accept).decode())
        self.end_headers()
        self.close_connection = True
        while len(header := self.rfile.read(2)) == 2:
            length = header[1] & 0x7f
            extended = self.rfile.read(2) if length == 126 else b''
            mask = self.rfile.read(4)
            payload = self.rfile.read(int.from_bytes(extended, 'big') if extended else length)
            payload = bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))
            self.wfile.write(bytes([header[0], header[1] & 0x7f]) + extended + payload)
            if header[0] == 0x88:
                break

    def do_GET(self):
        path = self.path.partition('?')[0]
        if path.endswith('/socket') and 'Sec-WebSocket-Key' in self.headers:
            self.echo_messages()
            return
        sent = self.read_body()
        kind, body = PAGES.get(path, (None, None))
        if path == '/echo':
            kind, body = 'application/json', json.dumps({
                'method': self.command, 'path': self.path, 'headers': self.headers.items(), 'body': sent.decode('latin-1'),
            }).encode()
        if path in THUMBNAILS:
            time.sleep(0.01)
        if path in LATE:
            late.wait()
        if path.startswith('/redirect/'):
            left = int(path.rpartition('/')[2])
            self.send_response(302)
            self.send_header('Location', '/hello.txt' if left == 1 else f'/redirect/{left - 1}')
            self.send_header('Content-Length', '0')
            self.end_headers()
            return
        if path == '/ranged':
            self.send_range(PAGES['/hello.txt'][1])
            return
        try:
            if kind is None:
                self.send_error(404)
                return
            self.send_response(200)
            self.send_header('Content-Type', kind)
            self.send_header('Content-Length', str(len(body)))
            self.end_headers()
            if self.command != 'HEAD':
                self.wfile.write(body)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True  # the client has cancelled

    def send_range(self, body):
        first, _, last = self.headers['Range'].removeprefix('bytes=').partition('-')
        first, last = int(first), min(int(last or len(body)), len(body) - 1)
        self.send_response(206)
        self.send_header('Content-Range', f'bytes {first}-{last}/{len(body)}')
        self.send_header('Content-Length', str(last + 1 - first))
        self.end_headers()
        self.wfile.write(body[first:last + 1])

    do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_GET

    def log_message(self, format, *args):
        pass


class Server:
    """`with Server () as url:` runs it."""

    def __init__(self, handler=Handler):
        self.handler = handler

    def __enter__(self):
        self.httpd = http.server.ThreadingHTTPServer(('127.0.0.1', 0), self.handler)
        self.httpd.daemon_threads = True
        self.thread = threading.Thread(target=self.httpd.serve_forever, kwargs={'poll_interval': 0.05})
        self.thread.start()
        return 'http://127.0.0.1:%d' % self.httpd.server_address[1]

    def __exit__(self, *args):
        self.httpd.shutdown()
        self.thread.join()
        self.httpd.server_close()


def main():
    with Server() as url:
        env = dict(os.environ, PILLION_TEST_URL=url, PILLION_TEST_SHA256=FILE_SHA256)
        command = [argument.replace('@URL@', url) for argument in sys.argv[1:]]
        status = subprocess.run(command, env=env, check=False).returncode
    sys.exit(status if status >= 0 else 128 - status)


if __name__ == '__main__':
    main()
