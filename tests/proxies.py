# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Proxies on loopback, for tests: HTTP with tunnels, and SOCKS, with and without credentials, and some that misbehave."""

import base64
import hashlib
import re
import select
import socket
import socketserver
import struct
import threading
import urllib.parse


def read_head(connection):
    """Returns the head of a request, or b'' if there is none."""
    data = b''
    while b'\r\n\r\n' not in data:
        piece = connection.recv(65536)
        if not piece:
            return b''
        data += piece
    return data


def relay(one, other):
    """Passes everything on in both directions until one side closes."""
    while True:
        for side in select.select([one, other], [], [])[0]:
            try:
                data = side.recv(65536)
            except OSError:
                data = b''
            if not data:
                return
            (other if side is one else one).sendall(data)


def read_exactly(connection, size):
    data = b''
    while len(data) < size:
        piece = connection.recv(size - len(data))
        if not piece:
            raise EOFError
        data += piece
    return data


def read_text(connection):
    text = b''
    while (byte := read_exactly(connection, 1)) != b'\0':
        text += byte
    return text.decode()


class Proxy:
    """A proxy that connects to `target`, whatever server it is asked for. `asked` has what it was asked for, and `authorizations` what
    it was authorized with."""

    def __init__(self, target, handle):
        self.target = target
        self.asked = []
        self.authorizations = []
        self.handle = handle
        proxy = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self):
                try:
                    proxy.handle(proxy, self.request)
                except (OSError, EOFError):
                    pass

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads = True
            block_on_close = False

        self.server = Server(('127.0.0.1', 0), Handler)
        self.address = '127.0.0.1:%d' % self.server.server_address[1]
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={'poll_interval': 0.02})
        self.thread.start()

    def close(self):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()

    def connect(self):
        return socket.create_connection(self.target)


def parameters(value):
    return {name: quoted or plain for name, quoted, plain in re.findall(r'(\w+)=(?:"([^"]*)"|([^",\s]+))', value)}


class Authority:
    """Decides whether a request is authorized. Returns None, or the answer that asks for credentials."""

    def __init__(self, scheme=None, user='me', password='secret', keep_open=True):
        self.scheme = scheme
        self.user = user
        self.password = password
        self.close = b'' if keep_open else b'Connection: close\r\n'

    def is_right(self, method, value):
        if self.scheme == 'Basic':
            return value == 'Basic ' + base64.b64encode(f'{self.user}:{self.password}'.encode()).decode()
        if not value.startswith('Digest '):
            return False
        sent = parameters(value)

        def md5(*parts):
            return hashlib.md5(':'.join(parts).encode()).hexdigest()

        secret = md5(self.user, 'proxy', self.password)
        wanted = md5(secret, 'abc', sent['nc'], sent['cnonce'], 'auth', md5(method, sent['uri']))
        return sent['nonce'] == 'abc' and sent['response'] == wanted

    def refuse(self, method, value):
        if self.scheme is None or self.is_right(method, value):
            return None
        challenge = b'Basic realm="proxy"' if self.scheme == 'Basic' else b'Digest realm="proxy", nonce="abc", qop="auth"'
        return (b'HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: ' + challenge + b'\r\nSet-Cookie: spy=1\r\n' + self.close +
                b'Content-Length: 12\r\n\r\nwho are you?')


def http_proxy(authority=Authority()):
    """Returns a function for Proxy that passes requests on, and makes tunnels."""
    def handle(proxy, connection):
        while head := read_head(connection):
            lines = head.decode('latin-1').split('\r\n')
            method, target, _ = lines[0].split(' ')
            fields = {name.lower(): value for name, _, value in (line.partition(': ') for line in lines[1:])}
            authorization = fields.get('proxy-authorization', '')
            proxy.asked.append(f'{method} {target}')
            proxy.authorizations.append(authorization.partition(' ')[0])
            answer = authority.refuse(method, authorization)
            if answer:
                connection.sendall(answer)
                if authority.close:
                    return
                continue

            with proxy.connect() as server:
                if method == 'CONNECT':
                    connection.sendall(b'HTTP/1.1 200 Connection established\r\nServer: a proxy\r\n\r\n')
                else:
                    url = urllib.parse.urlsplit(target)
                    path = url.path + ('?' + url.query if url.query else '')
                    rest = [line for line in lines[1:] if not line.lower().startswith('proxy-')]
                    server.sendall('\r\n'.join([f'{method} {path} HTTP/1.1', *rest]).encode('latin-1'))
                relay(connection, server)
                return

    return handle


def lying_proxy(answer, then_close=True):
    """Returns a function for Proxy that gives the same answer to everything, and says nothing more."""
    def handle(proxy, connection):
        proxy.asked.append(read_head(connection).decode('latin-1').partition('\r\n')[0])
        connection.sendall(answer)
        if not then_close:
            while connection.recv(65536):
                pass

    return handle


def socks5_proxy(user=None, password=None, result=0):
    def handle(proxy, connection):
        _, n_methods = read_exactly(connection, 2)
        methods = read_exactly(connection, n_methods)
        if user is None:
            connection.sendall(b'\5\0')
        elif 2 not in methods:
            connection.sendall(b'\5\xff')
            return
        else:
            connection.sendall(b'\5\2')
            read_exactly(connection, 1)
            name = read_exactly(connection, read_exactly(connection, 1)[0]).decode()
            secret = read_exactly(connection, read_exactly(connection, 1)[0]).decode()
            right = (name, secret) == (user, password)
            connection.sendall(b'\1' + (b'\0' if right else b'\1'))
            if not right:
                return
        kind = read_exactly(connection, 4)[3]
        if kind == 3:
            host = read_exactly(connection, read_exactly(connection, 1)[0]).decode()
        else:
            host = socket.inet_ntop(*((socket.AF_INET, read_exactly(connection, 4)) if kind == 1
                                      else (socket.AF_INET6, read_exactly(connection, 16))))
        port, = struct.unpack('>H', read_exactly(connection, 2))
        proxy.asked.append(f'{host}:{port}')
        connection.sendall(bytes([5, result, 0, 1, 0, 0, 0, 0, 0, 0]))
        if result == 0:
            with proxy.connect() as server:
                relay(connection, server)

    return handle


def socks4_proxy(result=90):
    def handle(proxy, connection):
        _, _, port, address = struct.unpack('>BBH4s', read_exactly(connection, 8))
        read_text(connection)
        host = read_text(connection) if address[:3] == b'\0\0\0' and address[3] else socket.inet_ntoa(address)
        proxy.asked.append(f'{host}:{port}')
        connection.sendall(bytes([0, result, 0, 0, 0, 0, 0, 0]))
        if result == 90:
            with proxy.connect() as server:
                relay(connection, server)

    return handle
