# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""What each option of `pillion fetch` sends, saves and shows."""

import base64
import contextlib
import functools
import hashlib
import http.server
import json
import os
import re
import signal
import socketserver
import subprocess
import sys
import threading

import tooltest
from tooltest import Terminal, run

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
import loopback


class OptionsTest(tooltest.ToolTest):
    @classmethod
    def setUpClass(cls):
        cls.loopback = loopback.Server()
        cls.base = cls.loopback.__enter__()

    @classmethod
    def tearDownClass(cls):
        cls.loopback.__exit__()

    def url(self, path):
        return f"{self.base}/{path}"

    def fetch(self, *args, status=0, **changes):
        done = run("fetch", *args, cwd=self.folder, **changes)
        self.assertEqual(done.returncode, status, done.stderr)
        return done

    def echo(self, *args, **changes):
        """What the server got: method, path, headers, body."""
        return json.loads(self.fetch("-o", "-", *args, self.url("echo"), **changes).stdout)

    def headers(self, *args, **changes):
        return {name.lower(): value for name, value in self.echo(*args, **changes)["headers"]}

    def write(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)
        return name

    def read(self, *parts):
        with open(self.path(*parts), "rb") as file:
            return file.read()


class Source(OptionsTest):
    def test_list(self):
        self.write("list", f"# two of them\n{self.url('hello.txt')}\n\n  {self.url('file.bin')}  \r\n")
        self.fetch("-i", "list", "-P", "got", self.url("data.json"))
        self.assertEqual(sorted(os.listdir(self.path("got"))), ["data.json", "file.bin", "hello.txt"])

    def test_list_on_standard_input(self):
        self.fetch("-i", "-", input=self.url("hello.txt") + "\n")
        self.assertEqual(self.read("hello.txt"), b"Hello from loopback\n")

    def test_list_that_is_not_there(self):
        self.assertIn("nowhere", self.fetch("-i", "nowhere", status=26).stderr)
        self.assertIn("No such file", self.fetch("-i", self.url("echo"), status=26).stderr)  # -i is for a list, as for wget

    def test_mirrors_in_a_list(self):
        self.write("list", f"{self.url('nowhere')}\thttp://127.0.0.1:1/\t{self.url('hello.txt')}\n{self.url('data.json')}\n")
        self.fetch("-i", "list", "-o", "a")
        self.assertEqual(self.read("a"), b"Hello from loopback\n")
        self.assertIn(b"pillion", self.read("data.json"))
        self.fetch("-i", "list", "-o", "-", status=2)

    def test_mirror(self):
        done = self.fetch(self.url("nowhere"), "--mirror", self.url("also-not"), "--mirror", self.url("hello.txt"), "-o", "a")
        self.assertEqual(self.read("a"), b"Hello from loopback\n")
        self.assertRegex(done.stderr, "^done    a  ")
        self.fetch(self.url("nowhere"), "--mirror", self.url("also-not"), "-o", "b", status=22)

    def test_empty_list(self):
        self.assertIn("missing URL", self.fetch("-i", self.write("list", "# nothing\n"), status=2).stderr)

    def test_jobs_bound_how_many_run_at_once(self):
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                nonlocal most
                with lock:
                    now.append(self)
                    most = max(most, len(now))
                    full.notify_all()
                with lock:
                    full.wait_for(lambda: most >= 3)
                    now.remove(self)
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args):
                pass

        lock = threading.Lock()
        full = threading.Condition(lock)
        now = []
        most = 0
        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
            thread = threading.Thread(target=server.serve_forever)
            thread.start()
            self.fetch("-j3", *(f"http://127.0.0.1:{server.server_address[1]}/{i}" for i in range(12)))
            server.shutdown()
            thread.join()
        self.assertEqual(most, 3)


class Target(OptionsTest):
    def test_output(self):
        self.fetch("-o", "a", self.url("hello.txt"), "--output=b", self.url("data.json"), self.url("file.bin"))
        self.assertEqual(sorted(os.listdir(self.folder)), ["a", "b", "file.bin"])
        self.assertEqual(self.read("a"), b"Hello from loopback\n")
        self.assertIn(b"pillion", self.read("b"))

    def test_output_replaces(self):
        self.write("a", "old")
        self.fetch("-o", "a", self.url("hello.txt"))
        self.assertEqual(self.read("a"), b"Hello from loopback\n")

    def test_output_in_folder(self):
        self.fetch("-P", "deep/er", "-o", "a", self.url("hello.txt"))
        self.assertEqual(self.read("deep", "er", "a"), b"Hello from loopback\n")
        self.fetch("-P", "deep", "-o", self.path("absolute"), self.url("hello.txt"))
        self.assertEqual(self.read("absolute"), b"Hello from loopback\n")

    def test_remote_name(self):
        self.fetch("-OLJ", self.url("hello.txt"))
        self.assertEqual(os.listdir(self.folder), ["hello.txt"])

    def test_standard_output(self):
        done = subprocess.run([tooltest.TOOL, "fetch", "-o", "-", self.url("file.bin")], cwd=self.folder, capture_output=True,
                              env=tooltest.environment(), timeout=tooltest.PATIENCE)
        self.assertEqual(done.returncode, 0)
        self.assertEqual(done.stderr, b"")
        self.assertEqual(done.stdout, loopback.FILE)
        self.assertEqual(os.listdir(self.folder), [])

    def test_several_on_standard_output_come_in_order(self):
        done = self.fetch("-o-", "-o-", "-o-", self.url("hello.txt"), self.url("data.json"), self.url("hello.txt"))
        hello = "Hello from loopback\n"
        self.assertEqual(done.stdout, hello + json.dumps(json.loads(loopback.PAGES["/data.json"][1])) + hello)

    def test_standard_output_that_is_a_file(self):
        with open(self.path("out"), "wb") as out:
            subprocess.run([tooltest.TOOL, "fetch", "-o", "-", self.url("file.bin")], stdout=out, env=tooltest.environment(),
                           timeout=tooltest.PATIENCE, check=True)
        self.assertEqual(self.read("out"), loopback.FILE)

    def test_a_reader_that_has_had_enough(self):
        with subprocess.Popen([tooltest.TOOL, "fetch", "-o", "-", self.url("file.bin")], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, env=tooltest.environment()) as process:
            process.stdout.read(10)
            process.stdout.close()
            self.assertEqual(process.wait(tooltest.PATIENCE), 23)
            self.assertEqual(process.stderr.read(), b"")

    def test_a_full_disk_behind_standard_output(self):
        with open("/dev/full", "wb") as full:
            done = subprocess.run([tooltest.TOOL, "fetch", "-o", "-", self.url("hello.txt")], stdout=full, stderr=subprocess.PIPE,
                                  text=True, env=tooltest.environment(), timeout=tooltest.PATIENCE)
        self.assertEqual(done.returncode, 23)
        self.assertRegex(done.stderr, "^failed  .*hello.txt: ")

    def test_digest_on_standard_output(self):
        self.fetch("-o-", "--sha256", hashlib.sha256(b"Hello from loopback\n").hexdigest(), self.url("hello.txt"))
        self.fetch("-o-", "--sha256", "0" * 64, self.url("hello.txt"), status=32)

    def test_more_digests_than_urls(self):
        digests = ["--sha256", "0" * 64] * 3
        self.assertIn("given 3 times, but there is only 1 URL\n", self.fetch(*digests, self.url("a"), status=2).stderr)
        self.assertIn("given 3 times, but there are only 2 URLs\n", self.fetch(*digests, self.url("a"), self.url("b"), status=2).stderr)

    def test_no_clobber(self):
        self.write("a", "old")
        done = self.fetch("--no-clobber", "-o", "a", self.url("nowhere"), "-o", "b", self.url("hello.txt"))
        self.assertRegex(done.stderr, "(?m)^kept    a  ")
        self.assertEqual(self.read("a"), b"old")
        self.assertEqual(self.read("b"), b"Hello from loopback\n")


class Conditions(tooltest.ToolTest):
    """What is there already, with the command's own server, whose big file has an entity tag."""

    def fetch(self, *args):
        done = run("fetch", *args, cwd=self.folder)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stderr

    def test_no_clobber_for_a_name_of_the_server(self):
        with open(self.path("000.png"), "w", encoding="ascii") as file:
            file.write("old")
        self.assertRegex(self.fetch("--no-clobber", self.url("thumbnails/000.png")), "^kept    000.png  ")
        self.assertEqual(os.listdir(self.folder), ["000.png"])
        self.assertEqual(os.path.getsize(self.path("000.png")), 3)

    def test_timestamping(self):
        for target in ([], ["-o", "a"]):
            self.assertRegex(self.fetch("-N", *target, self.url("big.bin")), "^done    ")
            self.assertRegex(self.fetch("-N", *target, self.url("big.bin")), "^kept    .*  same as on the server\n$")
        self.assertEqual(sorted(os.listdir(self.folder)), ["a", "big.bin"])
        os.truncate(self.path("a"), 10)
        self.assertRegex(self.fetch("-N", "-o", "a", self.url("big.bin")), "^done    ")
        self.assertEqual(os.path.getsize(self.path("a")), 200_000_000)

    def leave_part(self):
        with subprocess.Popen([tooltest.TOOL, "fetch", "-o", "a", self.url("big.bin?rate=150M")], cwd=self.folder,
                              env=tooltest.environment(), stderr=subprocess.DEVNULL) as process:
            part = self.path(".a.pillion-part")
            tooltest.wait_for(lambda: os.path.exists(part) and os.path.getsize(part) > 0, "a part")
            process.send_signal(signal.SIGINT)

    def test_continue(self):
        for option in ("-c", "--continue", "-q"):
            self.leave_part()
            said = self.fetch("-o", "a", self.url("big.bin?rate=150M"), option)
            if option != "-q":
                self.assertIn("resumed at", said)
            os.unlink(self.path("a"))

    def test_split(self):
        def count_sockets():
            """Connections of the command: it has no other sockets."""
            n = 0
            for name in os.listdir(f"/proc/{process.pid}/fd"):
                with contextlib.suppress(OSError):
                    n += os.readlink(f"/proc/{process.pid}/fd/{name}").startswith("socket:")
            return n

        part = self.path(".a.pillion-part")
        for n in ("4", "1"):
            with subprocess.Popen([tooltest.TOOL, "fetch", "--split", n, "-o", "a", self.url("big.bin?rate=40M")], cwd=self.folder,
                                  env=tooltest.environment(), stderr=subprocess.DEVNULL) as process:
                if n == "4":
                    tooltest.wait_for(lambda: count_sockets() > 1, "a second connection")
                else:
                    most = 0

                    def has_come():
                        nonlocal most
                        most = max(most, count_sockets())
                        return os.path.exists(part) and os.path.getsize(part) > 80_000_000

                    tooltest.wait_for(has_come, "much of the file")
                    self.assertEqual(most, 1)
                process.send_signal(signal.SIGINT)
            run("fetch", "--clean", self.folder, "--yes")

    def test_no_continue(self):
        self.leave_part()
        self.assertNotIn("resumed at", self.fetch("--no-continue", "-o", "a", self.url("big.bin?rate=150M")))
        self.assertEqual(os.listdir(self.folder), ["a"])


class RemoteTime(OptionsTest):
    def test_remote_time(self):
        class Handler(http.server.SimpleHTTPRequestHandler):
            def log_message(self, *args):
                pass

        os.utime(self.path(self.write("old", "text")), (784111777, 784111777))
        os.mkdir(self.path("got"))
        handler = functools.partial(Handler, directory=self.folder)
        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
            thread = threading.Thread(target=server.serve_forever)
            thread.start()
            url = f"http://127.0.0.1:{server.server_address[1]}/old"
            self.fetch("-P", "got", "-R", url, "-o", "with")
            self.fetch("-P", "got", url, "-o", "without")
            server.shutdown()
            thread.join()
        self.assertEqual(os.path.getmtime(self.path("got", "with")), 784111777)
        self.assertGreater(os.path.getmtime(self.path("got", "without")), 1e9)


class Request(OptionsTest):
    def test_method(self):
        self.assertEqual(self.echo("-X", "DELETE")["method"], "DELETE")
        self.assertEqual(self.echo("-XPUT", "-d", "x")["method"], "PUT")

    def test_headers(self):
        headers = self.echo("-H", "X-One:  1 ", "-H", "x-two;", "-H", "X-One: 2", "-H", "User-Agent: me")["headers"]
        self.assertEqual([value for name, value in headers if name.lower() == "x-one"], ["1", "2"])
        self.assertEqual([value for name, value in headers if name.lower() == "x-two"], [""])
        self.assertEqual([value for name, value in headers if name.lower() == "user-agent"], ["me"])

    def test_data(self):
        got = self.echo("-d", "a=1", "--data", "b=2")
        self.assertEqual((got["method"], got["body"]), ("POST", "a=1&b=2"))
        self.assertEqual(self.headers("-d", "a")["content-type"], "application/x-www-form-urlencoded")
        self.assertEqual(self.headers("-d", "a", "-H", "Content-Type: text/plain")["content-type"], "text/plain")

    def test_data_of_a_file(self):
        self.write("body", "one\r\ntwo\n")
        self.assertEqual(self.echo("-d", "@body")["body"], "one\r\ntwo\n")
        self.assertEqual(self.echo("-d", "@-", input="typed\n")["body"], "typed\n")
        self.assertIn("nowhere", self.fetch("-d", "@nowhere", self.url("echo"), status=26).stderr)

    def test_the_answer_to_a_post_is_saved_like_any_other(self):
        self.fetch("-d", "a=1", self.url("echo"))
        self.assertEqual(json.loads(self.read("echo.json"))["body"], "a=1")

    def test_json(self):
        got = self.echo("--json", '{"a": 1}')
        self.assertEqual((got["method"], got["body"]), ("POST", '{"a": 1}'))
        headers = self.headers("--json", "{}")
        self.assertEqual((headers["content-type"], headers["accept"]), ("application/json", "application/json"))
        self.assertEqual(self.headers("--json", "{}", "-H", "Accept: text/csv")["accept"], "text/csv")

    def test_form(self):
        self.write("note.txt", "hello\n")
        got = self.echo("-F", "title=Monkey", "-F", "file=@note.txt")
        self.assertEqual(got["method"], "POST")
        self.assertIn('name="title"\r\n\r\nMonkey\r\n', got["body"])
        self.assertRegex(got["body"], r'name="file"; filename="note.txt"\r\nContent-Type: text/plain\r\n\r\nhello\n\r\n')
        self.assertRegex(self.headers("-F", "title=Monkey")["content-type"], "^multipart/form-data; boundary=")
        self.fetch("-F", "file=@nowhere", self.url("echo"), status=26)

    def test_head(self):
        done = self.fetch("-I", self.url("file.bin"), self.url("hello.txt"))
        first, second = done.stdout.split("\n\n")[:2]
        self.assertRegex(first, r"^HTTP/1.1 200 OK\n")
        self.assertIn(f"\nContent-Length: {len(loopback.FILE)}", first)
        self.assertIn("\nContent-Type: text/plain", second)
        self.assertEqual(os.listdir(self.folder), [])
        self.assertRegex(self.fetch("-X", "HEAD", self.url("nowhere"), status=22).stdout, r"^HTTP/1.1 404 ")

    def test_user_agent(self):
        self.assertEqual(self.headers("-A", "me/1")["user-agent"], "me/1")

    def basic(self, text):
        return "Basic " + base64.b64encode(text.encode()).decode()

    def test_user(self):
        self.assertEqual(self.headers("-u", "me:p@ss:/?#")["authorization"], self.basic("me:p@ss:/?#"))
        self.assertEqual(self.headers("-u", "me:")["authorization"], self.basic("me:"))
        # It replaces what the URL says
        url = self.url("echo").replace("//", "//you:old@")
        got = json.loads(self.fetch("-o-", "-u", "me:new", url).stdout)
        self.assertIn(self.basic("me:new"), dict(got["headers"]).values())

    def test_netrc(self):
        path = os.path.join(self.folder, "netrc")
        with open(path, "w", encoding="utf-8") as file:
            file.write("machine 127.0.0.1 login me password s3cret\n")
        headers = json.loads(self.fetch("-o-", "-n", self.url("echo"), NETRC=path).stdout)["headers"]
        self.assertIn(self.basic("me:s3cret"), dict(headers).values())
        headers = json.loads(self.fetch("-o-", self.url("echo"), NETRC=path).stdout)["headers"]
        self.assertNotIn(self.basic("me:s3cret"), dict(headers).values())

    def test_user_where_the_server_wants_digest(self):
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                given = self.headers.get("Authorization", "")
                values = dict(re.findall(r'(\w+)="?([^",]*)"?', given.partition(" ")[2]))
                known = md5("me:here:s3cret"), values.get("nonce"), values.get("nc"), values.get("cnonce"), values.get("qop"), \
                    md5("GET:/secret.txt")
                right = given.startswith("Digest ") and values["response"] == md5(":".join(map(str, known)))
                self.send_response(200 if right else 401)
                if not right:
                    self.send_header("WWW-Authenticate", 'Digest realm="here", nonce="abc", qop="auth", algorithm=MD5')
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args):
                pass

        def md5(text):
            return hashlib.md5(text.encode()).hexdigest()

        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
            thread = threading.Thread(target=server.serve_forever)
            thread.start()
            url = f"http://127.0.0.1:{server.server_address[1]}/secret.txt"
            self.fetch("-u", "me:s3cret", url)
            self.fetch("-u", "me:wrong", url, status=22)
            server.shutdown()
            thread.join()

    def test_cookie_jar(self):
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                got.append(self.headers.get("Cookie"))
                self.send_response(200)
                self.send_header("Set-Cookie", "id=abc; Path=/")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args):
                pass

        got = []
        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
            thread = threading.Thread(target=server.serve_forever)
            thread.start()
            for _ in range(2):
                self.fetch("--cookie-jar", "cookies.txt", "-o", "a", f"http://127.0.0.1:{server.server_address[1]}/")
            server.shutdown()
            thread.join()
        self.assertEqual(got, [None, "id=abc"])
        self.assertIn(b"abc", self.read("cookies.txt"))

    def test_proxy(self):
        class Proxy(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                body = self.path.encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_CONNECT(self):
                self.send_error(403)

            def log_message(self, *args):
                pass

        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Proxy) as server:
            thread = threading.Thread(target=server.serve_forever)
            thread.start()
            proxy = f"127.0.0.1:{server.server_address[1]}"
            url = "http://nowhere.invalid/x"
            self.assertEqual(self.fetch("-o-", "-x", proxy, url).stdout, url)
            self.assertEqual(self.fetch("-o-", "--proxy", f"http://{proxy}", url).stdout, url)
            self.assertEqual(self.fetch("-o-", url, http_proxy=f"http://{proxy}", GIO_USE_PROXY_RESOLVER=None).stdout, url)
            self.fetch("-x", "", url, status=6, http_proxy=f"http://{proxy}", GIO_USE_PROXY_RESOLVER=None)
            self.fetch("-x", proxy, "https://nowhere.invalid/x", status=97)
            server.shutdown()
            thread.join()
        self.fetch("-x", "gopher://127.0.0.1", url, status=97)

    def test_unix_socket(self):
        class Server(socketserver.ThreadingUnixStreamServer):
            def get_request(self):
                connection, _ = super().get_request()
                return connection, ("local", 0)

        with Server(self.path("socket"), loopback.Handler) as server:
            thread = threading.Thread(target=server.serve_forever)
            thread.start()
            self.fetch("--unix-socket", "socket", "http://whatever.invalid/hello.txt")
            server.shutdown()
            thread.join()
        self.assertEqual(self.read("hello.txt"), b"Hello from loopback\n")

    def test_user_without_a_terminal(self):
        done = subprocess.run([tooltest.TOOL, "fetch", "-u", "me", self.url("echo")], stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, env=tooltest.environment(), start_new_session=True)
        self.assertEqual(done.returncode, 2)
        self.assertIn("no terminal", done.stderr)

    def test_password_from_the_terminal(self):
        terminal = Terminal("fetch", "-o", "out", "-u", "me", self.url("echo"), cwd=self.folder)
        terminal.read_until(b"Password for me: ")
        os.write(terminal.master, "wrong\x15s3cré\x7fex\x7ft\n".encode())
        self.assertEqual(terminal.finish(), 0)
        self.assertNotIn(b"s3c", terminal.output)
        got = json.loads(self.read("out"))
        self.assertIn(self.basic("me:s3cret"), dict(got["headers"]).values())

    def test_ctrl_c_at_the_password(self):
        terminal = Terminal("fetch", "-u", "me", self.url("echo"), cwd=self.folder)
        terminal.read_until(b"Password for me: ")
        os.write(terminal.master, b"\x03")
        self.assertEqual(terminal.finish(), 130)
        self.assertEqual(os.listdir(self.folder), [])

    def test_terminated_at_the_password(self):
        terminal = Terminal("fetch", "-u", "me", self.url("echo"), cwd=self.folder)
        terminal.read_until(b"Password for me: ")
        terminal.process.send_signal(signal.SIGTERM)
        self.assertEqual(terminal.finish(), 143)


class Curl(OptionsTest):
    """Further options of curl"""

    def test_data_in_the_url(self):
        self.write("text", "a b&c\n")
        sent = self.echo("-G", "-d", "x=1", "--data-urlencode", "y=ä &=", "--data-urlencode", "z@text", "--data-urlencode", "=raw+")
        self.assertEqual(sent["method"], "GET")
        self.assertEqual(sent["path"], "/echo?x=1&y=%C3%A4+%26%3D&z=a+b%26c%0A&raw%2B")
        self.assertEqual(sent["body"], "")
        sent = json.loads(self.fetch("-o", "-", "-G", "-d", "y=2", self.url("echo?x=1#part")).stdout)
        self.assertEqual(sent["path"], "/echo?x=1&y=2")
        self.fetch("-G", "-I", "-d", "y=2", self.url("echo"))

    def test_data(self):
        sent = self.echo("-d", "x=1", "--data-raw", "@y", "--data-urlencode", "z=a b", "--data-binary", "q")
        self.assertEqual((sent["method"], sent["body"]), ("POST", "x=1&@y&z=a+b&q"))
        self.assertIn("nowhere", self.fetch("--data-urlencode", "x@nowhere", self.url("echo"), status=26).stderr)

    def test_upload(self):
        self.write("file", "content")
        sent = json.loads(self.fetch("-T", "file", self.url("echo")).stdout)
        self.assertEqual((sent["method"], sent["body"]), ("PUT", "content"))
        self.assertIn(["Content-Length", "7"], sent["headers"])
        sent = json.loads(self.fetch("-T", "-", "-X", "POST", self.url("echo"), input="piped").stdout)
        self.assertEqual((sent["method"], sent["body"]), ("POST", "piped"))
        self.fetch("-T", "file", "-o", "answer", self.url("echo"))
        self.assertIn(b"content", self.read("answer"))
        self.assertIn("/file", self.fetch("-v", "-T", "file", self.url(""), status=22).stderr)
        self.fetch("-T", "nowhere", self.url("echo"), status=26)
        self.fetch("-T", "file", "-d", "x", self.url("echo"), status=2)
        self.fetch("-T", "-", self.url("echo"), self.url("echo"), status=2)

    def test_range(self):
        whole = self.fetch("-o", "-", self.url("hello.txt")).stdout
        self.assertEqual(self.fetch("-r", "0-4", "-o", "-", self.url("ranged")).stdout, whole[:5])
        self.write("got", "old")
        self.fetch("-r", "6-", "-o", "got", self.url("ranged"))
        self.assertEqual(self.read("got").decode(), whole[6:])
        # What was there stays if nothing came
        self.fetch("-r", "6-", "-o", "got", self.url("nowhere"), status=22)
        self.assertEqual(self.read("got").decode(), whole[6:])
        shown = self.fetch("-v", "-r", "0-4", "-b", "a=secret", "--json", "{}", "-o", "-", self.url("ranged")).stderr
        self.assertIn("> Range: bytes=0-4\n", shown)
        self.assertIn("> Cookie: …\n", shown)
        self.assertIn("> Accept: application/json\n", shown)
        self.assertEqual(self.fetch("-v", "-H", "range: bytes=0-1", "-o", "-", self.url("ranged")).stderr.lower().count("> range:"), 1)
        self.fetch("-r", "6-", self.url("ranged"), status=2)
        for text in "", "x", "5", "-", "5-2", "1-2-3", "0-1,", "0-1,7-3":
            self.fetch("-r", text, "-o", "-", self.url("ranged"), status=2)

    def test_cookies(self):
        self.assertEqual(self.headers("-b", "a=1", "-b", "b=2; c=3")["cookie"], "a=1; b=2; c=3")
        text = "# Netscape HTTP Cookie File\n127.0.0.1\tFALSE\t/\tFALSE\t4102444800\tkind\toatmeal\n"
        self.write("cookies", text)
        self.assertEqual(self.headers("-b", "cookies")["cookie"], "kind=oatmeal")
        self.assertEqual(self.headers("-b", "cookies", "--cookie-jar", "jar")["cookie"], "kind=oatmeal")
        self.assertIn(b"oatmeal", self.read("jar"))
        self.assertEqual(self.read("cookies").decode(), text)
        self.assertNotIn("cookie", self.headers("-b", "nowhere"))

    def test_redirects(self):
        self.fetch("--max-redirs", "3", "-o", "-", self.url("redirect/3"))
        self.assertIn("more than 2 times", self.fetch("--max-redirs", "2", "-o", "-", self.url("redirect/3"), status=47).stderr)
        self.fetch("--max-redirs", "0", "-o", "-", self.url("redirect/1"), status=47)
        self.fetch("--max-redirs", "-1", self.url("echo"), status=2)

    def test_resolve(self):
        port = self.base.rsplit(":", 1)[1]
        url = f"http://somewhere.invalid:{port}/hello.txt"
        self.assertIn("Hello", self.fetch("-o", "-", "--resolve", f"somewhere.invalid:{port}:127.0.0.1", url).stdout)
        self.assertIn("Hello", self.fetch("-o", "-", "--resolve", f"*:{port}:[::1],127.0.0.1", url).stdout)
        self.fetch("-o", "-", "--resolve", f"elsewhere.invalid:{port}:127.0.0.1", url, status=6)
        for rule in "somewhere", "a:b:127.0.0.1", "a:80:nonsense", "a:80:":
            self.fetch("--resolve", rule, url, status=2)

    def test_ip_version(self):
        self.assertIn("Hello", self.fetch("-4", "-o", "-", self.url("hello.txt")).stdout)
        self.assertNotEqual(run("fetch", "-6", "-o", "-", self.url("hello.txt"), cwd=self.folder).returncode, 0)
        self.fetch("-4", "-6", self.url("hello.txt"), status=2)

    def test_write_out(self):
        text = "%{http_code}|%{url_effective}|%{num_redirects}|%{size_download}|%{content_type}|%header{content-length}|100%%|%{nonsense}\\n"
        done = self.fetch("-q", "-w", text, "-o", "got", self.url("redirect/1"))
        self.assertEqual(done.stdout, f"200|{self.url('hello.txt')}|1|20|text/plain|20|100%|\n")
        done = self.fetch("-q", "-w", "%{response_code} %{exitcode} %{method} %{scheme} %{http_version}", "-o", "-", self.url("nowhere"), status=22)
        self.assertEqual(done.stdout, "404 22 GET http 1.1")
        done = self.fetch("-q", "-w", "%{filename_effective}\\t%{remote_ip}:%{remote_port}%{stderr}to stderr", "-o", "got", self.url("hello.txt"))
        self.assertEqual(done.stdout, f"got\t{self.base.removeprefix('http://')}")
        self.assertEqual(done.stderr, "to stderr")
        names = "time_queue", "time_namelookup", "time_connect", "time_appconnect", "time_pretransfer", "time_starttransfer", "time_total"
        times = [float(text) for text in self.fetch("-q", "-w", " ".join(f"%{{{name}}}" for name in names), "-o", "got",
                                                    self.url("hello.txt")).stdout.split()]
        self.assertEqual(len(times), len(names))
        self.assertLessEqual(times[2], times[5])
        self.assertGreater(times[5], 0)
        self.assertEqual(self.fetch("-q", "-w", "%{http_code};", "-o", "a", "-o", "b", self.url("hello.txt"), self.url("data.json")).stdout,
                         "200;200;")


class Rate(OptionsTest):
    def test_limit_rate(self):
        """1 MiB at 1 MB/s is not there after 200 ms, and with no limit it is."""
        self.fetch("--limit-rate", "1m", "--max-time", "0.2", self.url("file.bin"), status=28)
        self.fetch("--limit-rate", "500M", self.url("file.bin"))


class ServerDigest(OptionsTest):
    def test_said_if_it_was_verified(self):
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                digest = base64.b64encode(hashlib.sha256(b"hello").digest()).decode()
                self.send_response(200)
                self.send_header("Content-Length", "5")
                self.send_header("Repr-Digest", f"sha-256=:{digest}:")
                self.end_headers()
                self.wfile.write(b"hello" if self.path == "/right" else b"hullo")

            def log_message(self, *args):
                pass

        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
            thread = threading.Thread(target=server.serve_forever)
            thread.start()
            url = f"http://127.0.0.1:{server.server_address[1]}"
            self.assertIn("verified against the server's digest", self.fetch("-o", "a", f"{url}/right").stderr)
            self.fetch("-o", "b", f"{url}/wrong", status=32)
            server.shutdown()
            thread.join()
        self.assertEqual(os.listdir(self.folder), ["a"])


class Shown(OptionsTest):
    def test_verbose(self):
        done = self.fetch("-v", "-o", "-", "-u", "me:s3cret", "-H", "Cookie: id=s3cret", "-H", "X-Mine: yes", self.url("hello.txt"))
        self.assertEqual(done.stdout, "Hello from loopback\n")
        self.assertRegex(done.stderr, rf"(?m)^> GET {re.escape(self.url('hello.txt'))}$")
        self.assertIn("> Authorization: Basic …\n", done.stderr)
        self.assertIn("> Cookie: …\n", done.stderr)
        self.assertIn("> X-Mine: yes\n", done.stderr)
        self.assertIn("< HTTP/1.1 200 OK\n", done.stderr)
        self.assertIn("< Content-Type: text/plain\n", done.stderr)
        self.assertNotIn("s3cret", done.stderr)
        self.assertIn("< Content-Type: text/plain\n", self.fetch("-v", self.url("hello.txt")).stderr)
        self.assertIn("< HTTP/1.1 404 ", self.fetch("-v", self.url("nowhere"), status=22).stderr)

    def test_quiet(self):
        for option in ("-q", "--quiet", "-s", "--silent", "-sS"):
            self.assertEqual(self.fetch(option, self.url("hello.txt")).stderr, "")

    def test_progress_in_a_pipe(self):
        with tooltest.OwnServer() as url:
            done = self.fetch("--progress", "-o", "a", url + "big.bin?rate=100M")
        lines = done.stderr.splitlines()
        self.assertRegex(lines[0], "^start   http")
        self.assertRegex(lines[1], r"^so far  a  [\d.]+ MB/200 MB  \d+ %  [\d.]+ MB/s  \d:\d\d$")
        self.assertRegex(lines[-1], r"^done    a  200 MB  ")


if __name__ == "__main__":
    tooltest.main()
