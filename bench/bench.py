#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Measures Pillion against its peers and prints a table. README.md says what each row means."""

import argparse
import contextlib
import filecmp
import functools
import hashlib
import importlib.util
import json
import math
import os
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import blender

HERE = Path(__file__).resolve().parent
PYTHON = "/usr/bin/python3" if os.path.exists("/usr/bin/python3") else sys.executable

LARGE = 300 * 1000 * 1000
BODY = 200 * 1000 * 1000
HUGE = 1000 * 1000 * 1000
MEGABYTE = 1 << 20
CACHE_HITS, CACHE_LARGE_HITS, CACHE_ENTRIES = 2000, 300, 100_000
GETS, AT_ONCE = 2000, 32
QUEUE_FEW, QUEUE_MANY = 1000, 8000
THUMBNAILS, THUMBNAIL_SIZE, THUMBNAIL_TIME, THUMBNAILS_AT_ONCE = 50, 390_000, 0.19, 8
N_BESIDE = 4
STREAMS, STREAM = 64, 100 * 1000 * 1000
UPLOAD = 1000 * 1000 * 1000
SCOPE_FEW, SCOPE_SOME, SCOPE_MANY = 1000, 10_000, 100_000
CONNECTIONS, TASKS = 1000, 100_000
TICK_CLIENTS, PEER_TICK_CLIENTS = 50, 10
MARKED_KICKS, PEER_MARKED_KICKS = 1_000_000, 10_000
PATIENCE = 120


class Failure(Exception):
    """A side failed, or did not do what it should have."""


class Missing(Exception):
    """Something that a side needs is missing: its rows are skipped."""


def write_random(path, size):
    with open(path, "wb") as file:
        for _ in range(size // 1_000_000):
            file.write(os.urandom(1_000_000))


class Nginx:
    """The server of all HTTP rows: one worker, on loopback, with its own port and folder"""

    CONFIG = """
        daemon off;
        {user}
        worker_processes 1;
        worker_rlimit_nofile 8192;
        pid {root}/nginx.pid;
        error_log {root}/error.log;
        events {{ worker_connections 4096; }}
        http {{
          access_log off;
          sendfile on;
          tcp_nopush on;
          keepalive_timeout 3600s;
          keepalive_requests 1000000000;
          client_body_temp_path {root}/t1;
          proxy_temp_path {root}/t2;
          fastcgi_temp_path {root}/t3;
          uwsgi_temp_path {root}/t4;
          scgi_temp_path {root}/t5;
          default_type application/octet-stream;
          server {{
            listen 127.0.0.1:{port} backlog=4096;
            root {root}/www;
            location = /slow {{ limit_rate 1000; }}
            location = /trickle {{ alias {root}/www/medium; limit_rate 1000; }}
            location = /limited {{ alias {root}/www/huge; limit_rate 10m; }}
            location = /post {{ return 200 "thanks"; }}
            location = /cached {{ alias {root}/www/small; add_header Cache-Control max-age=86400; }}
            location = /cached-megabyte {{ alias {root}/www/megabyte; add_header Cache-Control max-age=86400; }}
            location = /validated {{ alias {root}/www/small; add_header Cache-Control no-cache; }}
            location = /count {{ return 200 "$connection_requests {padding}"; }}
          }}
          server {{
            listen 127.0.0.1:{tls_port} ssl http2;
            ssl_certificate {data}/cert.pem;
            ssl_certificate_key {data}/key.pem;
            sendfile_max_chunk 16k;
            root {root}/www;
          }}
        }}
    """
    DATA = HERE.parent / "tests" / "http" / "data"

    def __init__(self, folder):
        program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/sbin")
        if program is None:
            raise Missing("nginx")

        self.root = Path(tempfile.mkdtemp(prefix="nginx-", dir=folder))
        www = self.root / "www"
        www.mkdir()
        (www / "small").write_bytes(os.urandom(1024))
        (www / "megabyte").write_bytes(os.urandom(MEGABYTE))
        (www / "slow").write_bytes(os.urandom(3000))
        (www / "middling").write_bytes(os.urandom(50 << 20))
        (www / "json").write_text(json.dumps([{"id": n, "name": f"item {n}", "tags": ["a", "b", str(n)], "size": n * 1.5}
                                              for n in range(240_000)]))
        (www / "medium").write_bytes(os.urandom(20_000_000))
        self.large = www / "large"
        write_random(self.large, LARGE)
        with open(www / "body", "wb") as file, open(self.large, "rb") as source:
            file.write(source.read(BODY))
        with open(www / "stream", "wb") as file, open(self.large, "rb") as source:
            file.write(source.read(STREAM))

        for _ in range(5):
            if self._start(program):
                return
        raise Failure(f"nginx does not start: {(self.root / 'error.log').read_text()[-500:]}")

    def _start(self, program):
        # Another process may take the port in between; then try another.
        with socket.socket() as free, socket.socket() as free_tls:
            free.bind(("127.0.0.1", 0))
            free_tls.bind(("127.0.0.1", 0))
            self.port, self.tls_port = free.getsockname()[1], free_tls.getsockname()[1]

        config = self.root / "nginx.conf"
        config.write_text(
            self.CONFIG.format(
                root=self.root,
                port=self.port,
                tls_port=self.tls_port,
                data=self.DATA,
                padding="." * 1022,
                # The workers run as another user and must be able to read the folder.
                user="user root;" if os.geteuid() == 0 else "",
            )
        )
        (self.root / "error.log").touch()
        self.process = subprocess.Popen(
            [program, "-p", self.root, "-c", config, "-e", self.root / "error.log"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        end = time.monotonic() + 10
        while time.monotonic() < end and self.process.poll() is None:
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return True
            time.sleep(0.01)
        self.stop()
        return False

    @functools.cached_property
    def huge(self):
        path = self.root / "www" / "huge"
        write_random(path, HUGE)
        return path

    @functools.cached_property
    def large_sha256(self):
        with open(self.large, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    def url(self, name):
        return f"http://127.0.0.1:{self.port}/{name}"

    def tls_url(self, name):
        """Over HTTP/2"""
        return f"https://127.0.0.1:{self.tls_port}/{name}"

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


class Receiver:
    """The server of the uploads, a process of its own"""

    def __init__(self, program):
        self.process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.url = f"http://127.0.0.1:{int(self.process.stdout.readline())}/"

    def stop(self):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()


class Bench(blender.Sides):
    """Runs the sides: each method named in LINES is one run of one side, and returns what it printed."""

    def __init__(self, build_dir, folder):
        self.programs = build_dir / "bench"
        self.folder = folder
        self._nginx = None
        self._receiver = None
        self._blender = None

    def close(self):
        for server in (self._nginx, self._receiver, self._blender):
            if server is not None:
                server.stop()

    @property
    def nginx(self):
        if self._nginx is None:
            self._nginx = Nginx(self.folder)
        return self._nginx

    @property
    def blender(self):
        if self._blender is None:
            self._blender = blender.Blender(self.programs.parent, self.folder, self.tree, Failure, Missing)
        return self._blender

    @property
    def receiver(self):
        if self._receiver is None:
            self._receiver = Receiver(self.programs / "receiver")
        return self._receiver

    def run(self, *command, **env):
        try:
            done = subprocess.run(
                [str(word) for word in command],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=PATIENCE,
                check=False,
                env={**os.environ, **{name: str(value) for name, value in env.items()}},
            )
        except subprocess.TimeoutExpired as error:
            raise Failure(f"{command[0]} {command[1]}: not done after {PATIENCE} s") from error
        if done.returncode != 0:
            reason = done.stderr.strip().splitlines()[-1:] or [""]
            raise Failure(f"{Path(command[0]).name} {' '.join(map(str, command[1:]))}: "
                          f"status {done.returncode}: {reason[0]}")
        return json.loads(done.stdout)

    def ours(self, name, *arguments, **env):
        return self.run(self.programs / f"bench-{name}", *arguments, **env)

    def peer(self, name, *arguments):
        program = self.programs / f"peer-{name}"
        if not program.exists():
            raise Missing({"curl": "libcurl"}.get(name, str(program)))
        return self.run(program, *arguments)

    def python(self, name, loop, *arguments, modules=()):
        for module in [*modules, *(["uvloop"] if loop == "uvloop" else [])]:
            if importlib.util.find_spec(module) is None:
                raise Missing(f"{module} for Python")
        return self.run(PYTHON, HERE / f"peer-{name}.py", loop, *arguments)

    @property
    def tree(self):
        """What Python needs to find the package and the library of the build"""
        source = str(self.programs.parent / "src")
        python = f"{HERE.parent / 'python'}:{self.programs.parent / 'python'}"
        return {"LD_LIBRARY_PATH": source, "GI_TYPELIB_PATH": source, "PYTHONPATH": python}

    def asyncio(self, side, what, *arguments, modules=()):
        for module in ("gi", *modules):
            if importlib.util.find_spec(module) is None:
                raise Missing(f"{module} for Python")
        return self.run(PYTHON, HERE / "python.py", side, what, *arguments, **self.tree)

    # kicks

    def kick_empty(self):
        return self.ours("kick", "ours")

    def kick_fd(self):
        return self.ours("kick", "fd")

    def kick_nested(self):
        return self.ours("kick", "nested")

    def kick_glib(self):
        return self.ours("kick", "theirs")

    def kick_loaded(self):
        result = self.ours("kick", "loaded", self.nginx.url("slow"))
        if result["sockets"] < CONNECTIONS or result["tasks"] < TASKS:
            raise Failure(f"{result['sockets']} connections and {result['tasks']} tasks instead of "
                          f"{CONNECTIONS} and {TASKS}")
        return result

    def marked(self, side, kicks):
        """System calls of all threads between the two marks, for a million kicks"""
        if shutil.which("strace") is None:
            raise Missing("strace")
        log = self.folder / "strace.log"
        self.run("strace", "-f", "-o", log, self.programs / "bench-kick", "marked", side, kicks)
        counting, calls = False, 0
        with open(log, errors="replace") as lines:
            for line in lines:
                if "mark: begin" in line:
                    counting = True
                elif "mark: end" in line:
                    return {"value": calls * (MARKED_KICKS // kicks)}
                elif counting and re.match(r"\d+ +\w+\(", line):
                    calls += 1
        raise Failure("the marks are missing from the trace")

    def marked_ours(self):
        return self.marked("ours", MARKED_KICKS)

    def marked_theirs(self):
        return self.marked("theirs", PEER_MARKED_KICKS)

    # tasks, budget, wake

    def task_batch(self):
        return self.ours("task", "batch", "ours")

    def task_batch_gtask(self):
        return self.ours("task", "batch", "theirs")

    def task_batch_asyncio(self):
        return self.python("asyncio", "asyncio")

    def task_batch_uvloop(self):
        return self.python("asyncio", "uvloop")

    def task_all(self):
        return self.ours("combinators", "all")

    def task_all_asyncio(self):
        return self.python("gather", "asyncio", "all")

    def task_all_uvloop(self):
        return self.python("gather", "uvloop", "all")

    def task_all_whole(self):
        return self.ours("combinators", "whole")

    def task_all_whole_asyncio(self):
        return self.python("gather", "asyncio", "whole")

    def task_memory(self):
        return self.ours("task", "memory", "ours")

    def task_memory_gtask(self):
        return self.ours("task", "memory", "theirs")

    def scope_settle_many(self):
        return self.ours("scope", "settle", SCOPE_MANY)

    def scope_settle(self):
        return self.ours("scope", "settle", SCOPE_SOME)

    def scope_settle_few(self):
        return self.ours("scope", "settle", SCOPE_FEW)

    def scope_close(self):
        return self.ours("scope", "close")

    def budget_p99(self):
        return self.ours("budget", "p99", "ours")

    def budget_p99_glib(self):
        return self.ours("budget", "p99", "theirs")

    def budget_auto(self):
        return self.ours("budget", "auto", "ours")

    def budget_fixed(self):
        return self.ours("budget", "auto", "theirs")

    def wake(self):
        return self.ours("wake", "ours", "same")

    def wake_eventfd(self):
        return self.ours("wake", "theirs", "same")

    def wake_apart(self):
        return self.ours("wake", "ours", "apart")

    def wake_eventfd_apart(self):
        return self.ours("wake", "theirs", "apart")

    def host_wake(self, name, side, *command, **env):
        program = self.programs / f"bench-host-wake-{name}"
        if not program.exists():
            raise Missing(f"what hosts/c/{name}.c needs")
        return self.run(*command, program, side, **env)

    def host_wake_in_window(self, name, side):
        if shutil.which("xvfb-run") is None:
            raise Missing("Xvfb")
        return self.host_wake(name, side, "xvfb-run", "-a", GDK_BACKEND="x11", GSK_RENDERER="cairo", GTK_A11Y="none")

    def host_wake_epoll(self):
        return self.host_wake("epoll", "ours")

    def host_wake_epoll_own(self):
        return self.host_wake("epoll", "theirs")

    def host_wake_uv(self):
        return self.host_wake("uv", "ours")

    def host_wake_uv_own(self):
        return self.host_wake("uv", "theirs")

    def host_wake_sdl(self):
        return self.host_wake_in_window("sdl", "ours")

    def host_wake_sdl_own(self):
        return self.host_wake_in_window("sdl", "theirs")

    def host_wake_glfw(self):
        return self.host_wake_in_window("glfw", "ours")

    def host_wake_glfw_own(self):
        return self.host_wake_in_window("glfw", "theirs")

    def host_wake_gtk(self):
        return self.host_wake_in_window("gtk", "ours")

    def host_wake_gtk_own(self):
        return self.host_wake_in_window("gtk", "theirs")

    def passenger(self):
        return self.ours("passenger", "ours")

    def passenger_invoke(self):
        return self.ours("passenger", "theirs")

    def deadline_many(self):
        return self.ours("deadline", 1000)

    def deadline_none(self):
        return self.ours("deadline", 0)

    # fibers

    def fiber_spawn(self):
        return self.ours("fiber", "spawn")

    def fiber_spawn_asyncio(self):
        return self.python("asyncio-fiber", "asyncio", "spawn")

    def fiber_await(self):
        return self.ours("fiber", "await", 1)

    def fiber_await_asyncio(self):
        return self.python("asyncio-fiber", "asyncio", "await", 1)

    def fiber_await_500(self):
        return self.ours("fiber", "await", 500)

    def fiber_await_500_asyncio(self):
        return self.python("asyncio-fiber", "asyncio", "await", 500)

    def fiber_yield(self):
        return self.ours("fiber", "yield")

    def fiber_swapcontext(self):
        return self.ours("fiber", "swapcontext")

    def fiber_parked(self):
        result = self.ours("fiber", "parked")
        if result["maps"] > 60000:
            raise Failure(f"{result['maps']} mappings are too near the system's limit")
        return result

    def fiber_parked_asyncio(self):
        return self.python("asyncio-fiber", "asyncio", "parked")

    def fiber_live(self):
        return self.ours("fiber", "live", 1000)

    def fiber_live_one(self):
        return self.ours("fiber", "live", 1)

    # downloads

    def download(self, runner, *arguments, folder=None, after=(), file="large", location=None, **env):
        """Each run starts with clean disk caches, and its file is compared afterwards."""
        folder = folder or self.folder
        target = Path(folder) / "target"
        target.unlink(missing_ok=True)
        source = getattr(self.nginx, file)
        url = self.nginx.url(location or file)
        os.sync()
        try:
            result = runner(*arguments, url, target, *after, **env)
            if not filecmp.cmp(target, source, shallow=False):
                raise Failure(f"{arguments}: the file differs from the server's")
            return result
        finally:
            target.unlink(missing_ok=True)

    def memory_folder(self):
        if not os.access("/dev/shm", os.W_OK) or shutil.disk_usage("/dev/shm").free < 2 * LARGE:
            raise Missing("a /dev/shm with room")
        return contextlib.closing(MemoryFolder())

    def download_tick(self):
        return self.download(self.ours, "download", "tick")

    def download_nosync(self):
        return self.download(self.ours, "download", "tick", LD_PRELOAD=self.programs / "libnosync.so")

    def download_sha256(self):
        return self.download(self.ours, "download", "tick", after=[self.nginx.large_sha256])

    def download_curl_sha256(self):
        if shutil.which("curl") is None:
            raise Missing("curl")
        start = time.monotonic()
        with subprocess.Popen(["curl", "-sS", self.nginx.url("large")], stdout=subprocess.PIPE) as curl:
            digest = subprocess.run(["sha256sum"], stdin=curl.stdout, capture_output=True, text=True, check=True).stdout
        if not digest.startswith(self.nginx.large_sha256):
            raise Failure("curl | sha256sum: another digest")
        return {"value": time.monotonic() - start}

    def download_split(self):
        return self.download(self.ours, "download", "split", file="huge", location="limited")

    def aria2(self, url, target):
        if shutil.which("aria2c") is None:
            raise Missing("aria2c")
        start = time.monotonic()
        subprocess.run(["aria2c", "-q", "--no-conf", "-x16", "-s16", "-d", target.parent, "-o", target.name, url], check=True)
        return {"value": time.monotonic() - start}

    def download_split_aria2(self):
        return self.download(self.aria2, file="huge", location="limited")

    def download_unlimited(self):
        return self.download(self.ours, "download", "split", file="huge")

    def download_one(self):
        return self.download(self.ours, "download", "one", file="huge")

    def download_stalled(self):
        return self.download(self.ours, "download", "stalled")

    def download_curl(self):
        return self.download(self.peer, "curl", "download", after=["sync"])

    def download_curl_nosync(self):
        return self.download(self.peer, "curl", "download", after=["nosync"])

    def download_soup(self):
        return self.download(self.peer, "soup", "download")

    def download_memory(self):
        with self.memory_folder() as memory:
            return self.download(self.ours, "download", "tick", folder=memory.path)

    def download_memory_curl(self):
        with self.memory_folder() as memory:
            return self.download(self.peer, "curl", "download", folder=memory.path, after=["sync"])

    def transfers(self):
        with tempfile.TemporaryDirectory(dir=self.folder) as folder:
            return self.ours("transfers", self.nginx.url("medium"), folder, 64, 10)

    def transfers_wall(self):
        result = self.transfers()
        return {**result, "value": result["wall"]}

    # small responses

    def get_poll(self):
        return self.ours("get", "poll", self.nginx.url("small"), GETS, AT_ONCE)

    def get_tick(self):
        return self.ours("get", "tick", self.nginx.url("small"), GETS, AT_ONCE)

    def get_curl(self):
        return self.peer("curl", "reuse", self.nginx.url("small"), GETS, AT_ONCE)

    def get_curl_queue(self):
        return self.peer("curl", "queue", self.nginx.url("small"), GETS, AT_ONCE)

    def get_large(self):
        return self.ours("get", "large", self.nginx.url("body"), BODY)

    def get_large_curl(self):
        return self.peer("curl", "memory", self.nginx.url("body"), BODY)

    def aiohttp(self, loop, what, *arguments):
        return self.python("aiohttp", loop, what, *arguments, modules=["aiohttp"])

    def get_aiohttp(self):
        return self.aiohttp("asyncio", "get", self.nginx.url("small"), GETS, AT_ONCE)

    def get_uvloop(self):
        return self.aiohttp("uvloop", "get", self.nginx.url("small"), GETS, AT_ONCE)

    # the cache

    def cache_hit(self, name, size, n):
        with tempfile.TemporaryDirectory(dir=self.folder) as folder:
            return self.ours("cache", "hit", folder, self.nginx.url(name), size, n)

    def cache_hit_small(self):
        return self.cache_hit("cached", 1024, CACHE_HITS)

    def cache_hit_large(self):
        return self.cache_hit("cached-megabyte", MEGABYTE, CACHE_LARGE_HITS)

    def cache_file_small(self):
        return self.ours("cache", "file", self.nginx.root / "www" / "small", 1024, CACHE_HITS)

    def cache_file_large(self):
        return self.ours("cache", "file", self.nginx.root / "www" / "megabyte", MEGABYTE, CACHE_LARGE_HITS)

    def cache_gets(self, folder, name, n=GETS):
        return self.ours("cache", "gets", folder, self.nginx.url(name), n, AT_ONCE)

    def cache_fill(self):
        # Removed at the end: ext4 passes over the inodes of files that were deleted in the last half minute, one by one.
        return self.cache_gets(tempfile.mkdtemp(prefix="cache-", dir=self.folder), "cached")

    def cache_none(self):
        return self.cache_gets("-", "cached")

    @functools.cached_property
    def filled_cache(self):
        folder = Path(tempfile.mkdtemp(prefix="cache-", dir=self.folder))
        self.cache_gets(folder, "cached", CACHE_ENTRIES)
        return folder

    def cache_open(self):
        return self.ours("cache", "open", self.filled_cache, f"{self.nginx.url('cached')}?{CACHE_ENTRIES // 2}")

    def cache_open_small(self):
        with tempfile.TemporaryDirectory(dir=self.folder) as folder:
            self.cache_gets(folder, "cached", 10)
            return self.ours("cache", "open", folder, f"{self.nginx.url('cached')}?5")

    @functools.cached_property
    def validated_cache(self):
        folder = Path(tempfile.mkdtemp(prefix="cache-", dir=self.folder))
        self.cache_gets(folder, "validated")
        return folder

    def cache_revalidate(self):
        return self.cache_gets(self.validated_cache, "validated")

    # calls beside others

    def queue_many(self):
        return self.ours("calls", "queue", self.nginx.url("small"), QUEUE_MANY)

    def queue_few(self):
        return self.ours("calls", "queue", self.nginx.url("small"), QUEUE_FEW)

    def thumbnails(self):
        with self.delayed(THUMBNAIL_SIZE, THUMBNAIL_TIME) as url:
            return self.ours("calls", "thumbnails", url, THUMBNAILS, THUMBNAIL_SIZE)

    def delayed(self, body, seconds):
        return blender.delayed(PYTHON, body, seconds)

    def thumbnails_ideal(self):
        return {"value": math.ceil(THUMBNAILS / THUMBNAILS_AT_ONCE) * THUMBNAIL_TIME}

    def beside(self, n):
        return self.ours("calls", "beside", self.nginx.tls_url("small"), self.nginx.tls_url("large"), n, Nginx.DATA / "cert.pem")

    def beside_large(self):
        return self.beside(N_BESIDE)

    def beside_none(self):
        return self.beside(0)

    def get_ticks(self):
        return self.ours("get", "ticks", self.nginx.url("count"), TICK_CLIENTS)

    def get_ticks_soup(self):
        return self.peer("soup", "ticks", self.nginx.url("count"), PEER_TICK_CLIENTS)

    # streams and uploads

    def stream_tick(self):
        return self.ours("stream", "tick", self.nginx.url("large"), LARGE)

    def stream_poll(self):
        return self.ours("stream", "poll", self.nginx.url("large"), LARGE)

    def stream_python(self):
        return self.asyncio("outside", "stream", self.nginx.url("large"), LARGE)

    def stream_curl(self):
        return self.peer("curl", "stream", self.nginx.url("large"), LARGE)

    def stream_aiohttp(self):
        return self.aiohttp("asyncio", "stream", self.nginx.url("large"), LARGE)

    def stream_uvloop(self):
        return self.aiohttp("uvloop", "stream", self.nginx.url("large"), LARGE)

    def stalled_memory(self):
        return self.ours("stream", "stalled", self.nginx.url("stream"), STREAMS, self.nginx.url("small"))

    def stalled_memory_one(self):
        return self.ours("stream", "stalled", self.nginx.url("stream"), 1, self.nginx.url("small"))

    @property
    def to_upload(self):
        file = self.folder / "upload"
        if not file.exists():
            piece = os.urandom(1_000_000)
            with open(file, "wb") as out:
                for _ in range(UPLOAD // len(piece)):
                    out.write(piece)
            os.sync()
        return file

    def upload(self):
        return self.ours("upload", self.receiver.url, self.to_upload)

    def upload_curl(self):
        if shutil.which("curl") is None:
            raise Missing("curl")
        return {"value": self.run("curl", "-sSf", "-o", os.devnull, "-w", "%{time_total}", "-T", self.to_upload, self.receiver.url)}

    # asyncio

    def py_ticks(self, side):
        return self.asyncio(side, "ticks", self.nginx.url("small"), modules=["aiohttp"])

    def py_ticks_kicked(self):
        return self.py_ticks("kicked")

    def py_ticks_standard(self):
        return self.py_ticks("standard")

    def py_kick_max_kicked(self):
        return self.asyncio("kicked", "kick-max", self.nginx.url("middling"), self.nginx.url("json"))

    def py_kick_max_standard(self):
        return self.asyncio("standard", "kick-max")

    def py_bytes_ours(self):
        return self.asyncio("outside", "bytes")

    def py_bytes_standard(self):
        return self.asyncio("standard", "bytes")

    def py_get_outside(self):
        return self.asyncio("outside", "get", self.nginx.url("small"), GETS, AT_ONCE)

    def py_get_kicked(self):
        return self.asyncio("kicked", "get", self.nginx.url("small"), GETS, AT_ONCE)

    def py_get_bytes(self):
        return self.asyncio("outside", "get-bytes", self.nginx.url("small"), GETS, AT_ONCE)

    def py_post_outside(self):
        return self.asyncio("outside", "post", self.nginx.url("post"), GETS, AT_ONCE)

    def py_post_aiohttp(self):
        return self.aiohttp("asyncio", "post", self.nginx.url("post"), GETS, AT_ONCE)

    def py_conform(self, *ways):
        """How many of CPython's own tests fail"""
        value = 0
        for way in ways:
            done = subprocess.run([PYTHON, HERE.parent / "tests" / "python" / "conformance.py", way], text=True,
                                  stdin=subprocess.DEVNULL, capture_output=True, check=False,
                                  env={**os.environ, **self.tree})
            count = re.search(r"; (\d+) failed", done.stdout)
            if count is None:
                raise Missing("CPython's tests (libpython3.11-testsuite)")
            value += int(count[1])
        return {"value": value}

    def py_conform_ours(self):
        return self.py_conform("outside", "kicked")

    def py_conform_standard(self):
        return self.py_conform("standard")


PYTHON_HOSTS = {"asyncio": "asyncio", "gtk": "gi", "pygame": "pygame", "qt": "PyQt5", "tk": "tkinter", "trio": "trio"}


def add_python_host_side(host, side, what):
    def measure(bench):
        for module in ("gi", PYTHON_HOSTS[host]):
            if importlib.util.find_spec(module) is None:
                raise Missing(f"{module} for Python")
        if shutil.which("xvfb-run") is None:
            raise Missing("Xvfb")
        return bench.run("xvfb-run", "-a", PYTHON, HERE / "hosts.py", host, side, what,
                         GDK_BACKEND="x11", GSK_RENDERER="cairo", GTK_A11Y="none", **bench.tree)
    setattr(Bench, f"python_{host}_{what}_{side}", measure)


for _host in PYTHON_HOSTS:
    for _side in ("ours", "theirs"):
        for _what in ("wake", "kick"):
            add_python_host_side(_host, _side, _what)


def add_asyncio_side(what, side):
    modules = ["aiohttp"] if what == "http" else []
    setattr(Bench, f"py_{what.replace('-', '_')}_{side}",
            lambda bench: bench.asyncio(side, what, modules=modules))


for _what in ("call-soon", "spawn", "sleep0", "timers", "tcp", "http", "idle", "idle-pending", "await", "await-done", "run", "run-heap"):
    for _side in ("standard", "outside", "kicked"):
        add_asyncio_side(_what, _side)


class MemoryFolder:
    def __init__(self):
        self.path = tempfile.mkdtemp(prefix="pillion-bench-", dir="/dev/shm")

    def close(self):
        shutil.rmtree(self.path, ignore_errors=True)


def median_of(key):
    return lambda samples: statistics.median(sample[key] for sample in samples)


def ratio_of(key, other):
    return lambda samples: statistics.median(sample[key] / sample[other] for sample in samples)


def difference_of(key, other):
    return lambda samples: statistics.median(sample[key] - sample[other] for sample in samples)


def p99_of_kicks(samples):
    """Over the frames of all runs: a single run has too few for a 99th percentile."""
    kicks = sorted(kick for sample in samples for kick in sample["kicks"])
    return kicks[math.ceil(0.99 * len(kicks)) - 1]


class Line:
    """One row of the table. Its bar applies to ours/theirs, to ours if `absolute`, or to how much more ours is if `difference`."""

    def __init__(self, id, ours, theirs, peer, unit, bar=None, absolute=False, value=None, difference=False):
        self.id = id
        self.sides = (ours, theirs)
        self.peer = peer
        self.unit = unit
        self.bar = bar
        self.absolute = absolute
        self.difference = difference
        self.value = value or median_of("value")

    def is_selected(self, wanted):
        return not wanted or any(self.id == id or self.id.startswith(f"{id}-") for id in wanted)


# The sides run in turn, so that other load on the machine affects them alike.
THEMES = [
    [
        Line("kick-empty", "kick_empty", "kick_glib", "g_main_context_iteration", "ns", "≤ 0.15"),
        Line("kick-empty-fd", "kick_fd", "kick_glib", "g_main_context_iteration", "ns"),
        Line("nested-kick", "kick_nested", "kick_empty", "the empty kick", "ns", "≤ 2"),
        Line("kick-loaded", "kick_loaded", "kick_empty", "the empty kick", "ns", "≤ 1.3"),
    ],
    [
        Line("kick-empty-syscalls", "marked_ours", "marked_theirs", "g_main_context_iteration", "calls/1M",
             "≤ 0", absolute=True),
    ],
    [
        Line("task-batch", "task_batch", "task_batch_gtask", "GTask", "ns", "≤ 0.6"),
        Line("task-batch-asyncio", "task_batch", "task_batch_asyncio", "asyncio future", "ns"),
        Line("task-batch-uvloop", "task_batch", "task_batch_uvloop", "uvloop future", "ns"),
    ],
    [
        Line("task-all", "task_all", "task_all_asyncio", "asyncio.gather", "ns", "≤ 0.15"),
        Line("task-all-uvloop", "task_all", "task_all_uvloop", "gather on uvloop", "ns"),
        Line("task-all-whole", "task_all_whole", "task_all_whole_asyncio", "asyncio.gather", "ns"),
    ],
    [
        Line("scope-growth", "scope_settle_many", "scope_settle_few", "1,000 in the scope", "ns", "≤ 1.3"),
        Line("scope-growth-10k", "scope_settle", "scope_settle_few", "1,000 in the scope", "ns"),
        Line("scope-close", "scope_close", "scope_settle_few", "(ns a scope adds)", "ms", absolute=True),
    ],
    [Line("task-memory", "task_memory", "task_memory_gtask", "GTask", "bytes", "≤ 1.0")],
    [Line("fiber-spawn", "fiber_spawn", "fiber_spawn_asyncio", "asyncio task", "ns", "≤ 0.3")],
    [
        Line("fiber-await", "fiber_await", "fiber_await_asyncio", "asyncio future", "ns", "≤ 0.25"),
    ],
    [
        Line("fiber-await-500", "fiber_await_500", "fiber_await_500_asyncio", "asyncio, 500 pairs", "ns", "≤ 0.3"),
    ],
    [Line("fiber-yield", "fiber_yield", "fiber_swapcontext", "swapcontext", "ns", "≤ 0.25")],
    [Line("fiber-parked", "fiber_parked", "fiber_parked_asyncio", "asyncio task", "bytes", "≤ 8192", absolute=True)],
    [Line("fiber-live", "fiber_live", "fiber_live_one", "one by one", "ns", "≤ 1.5")],
    [
        Line("budget-p99", "budget_p99", "budget_p99_glib", "g_main_context_iteration", "ms", "≤ 2.2",
             absolute=True),
        Line("budget-auto", "budget_auto", "budget_fixed", "a fixed budget of 2 ms", "ms", "≥ 50",
             absolute=True),
    ],
    [
        Line("wake-latency", "wake", "wake_eventfd", "eventfd + poll", "µs", "≤ 2"),
        Line("wake-latency-apart", "wake_apart", "wake_eventfd_apart", "eventfd + poll", "µs"),
    ],
    [Line("passenger-wake", "passenger", "passenger_invoke", "g_main_context_invoke", "µs", "≤ 2")],
    [Line("host-wake-epoll", "host_wake_epoll", "host_wake_epoll_own", "an eventfd", "µs", "≤ 300", absolute=True)],
    [Line("host-wake-uv", "host_wake_uv", "host_wake_uv_own", "uv_async_send", "µs", "≤ 300", absolute=True)],
    [Line("host-wake-sdl", "host_wake_sdl", "host_wake_sdl_own", "SDL_PushEvent", "µs", "≤ 300", absolute=True)],
    [Line("host-wake-glfw", "host_wake_glfw", "host_wake_glfw_own", "glfwPostEmptyEvent", "µs", "≤ 300", absolute=True)],
    [Line("host-wake-gtk", "host_wake_gtk", "host_wake_gtk_own", "g_main_context_invoke", "µs", "≤ 300", absolute=True)],
    *([Line(f"host-wake-py-{host}", f"python_{host}_wake_ours", f"python_{host}_wake_theirs", peer, "µs", "≤ 300", absolute=True)]
      for host, peer in (("asyncio", "call_soon_threadsafe"), ("gtk", "GLib.idle_add"), ("pygame", "pygame.event.post"),
                         ("qt", "a queued signal"), ("tk", "a pipe"), ("trio", "run_sync_soon"))),
    *([Line(f"host-adapter-{host}", f"python_{host}_kick_ours", f"python_{host}_kick_theirs", "loop.kick ()", "µs", "≤ 1.5")]
      for host in ("asyncio", "qt", "tk", "trio")),
    [Line("deadline-1000", "deadline_many", "deadline_none", "no descriptor", "ns", "≤ 1.5")],
    [
        Line("http-bulk", "download_tick", "download_curl", "curl easy in a thread", "s", "≤ 1.05"),
        Line("http-bulk-nosync", "download_nosync", "download_curl_nosync", "curl easy, no fsync", "s", "≤ 1.15"),
        Line("http-bulk-sha256", "download_sha256", "download_curl_sha256", "curl | sha256sum, no file", "s", "≤ 1.3"),
        Line("download-stalled", "download_stalled", "download_tick", "the ticking host", "s", "≤ 1.1"),
    ],
    [
        Line("kick-download-p99", "transfers", "transfers_wall", "the same on the wall", "µs", "≤ 50", absolute=True),
        Line("kick-download-one", "download_tick", "download_soup", "libsoup in the kicks", "µs", absolute=True,
             value=p99_of_kicks),
    ],
    [Line("http-split", "download_split", "download_split_aria2", "aria2c -x16 -s16", "s", "≤ 1.1")],
    [Line("http-split-unlimited", "download_unlimited", "download_one", "one connection", "s", "≤ 1.02")],
    [Line("http-bulk-memory", "download_memory", "download_memory_curl", "curl easy, to tmpfs", "s")],
    [
        Line("http-small-aiohttp", "get_poll", "get_aiohttp", "aiohttp", "s", "≤ 0.5"),
        Line("http-small-uvloop", "get_poll", "get_uvloop", "aiohttp on uvloop", "s"),
        Line("http-small-curl", "get_poll", "get_curl", "curl_multi", "s", "≤ 3"),
        Line("http-small-curl-queue", "get_poll", "get_curl_queue", "curl_multi's own queue", "s"),
        Line("http-small-60hz", "get_tick", "get_aiohttp", "aiohttp, not at 60 Hz", "s"),
    ],
    [
        Line("cache-hit-1k", "cache_hit_small", "cache_file_small", "a file through GIO", "µs", "≤ 1.5"),
        Line("cache-hit-1m", "cache_hit_large", "cache_file_large", "a file through GIO", "µs", "≤ 1.5"),
    ],
    [Line("cache-fill", "cache_fill", "cache_none", "no cache", "s", "≤ 1.3")],
    [Line("cache-open", "cache_open", "cache_open_small", "10 entries", "ms", "≤ 50", absolute=True)],
    [Line("cache-revalidate", "cache_revalidate", "cache_none", "no cache", "s", "≤ 1.1")],
    [Line("get-large", "get_large", "get_large_curl", "curl easy in a thread", "s", "≤ 1.2")],
    [Line("http-queue-growth", "queue_many", "queue_few", "1,000 at once", "µs", "≤ 1.2")],
    [Line("http-thumbnails", "thumbnails", "thumbnails_ideal", "the server's time", "s", "≤ 1.1")],
    [
        Line("http-h2-beside", "beside_large", "beside_none", "alone", "ms", "≤ 3"),
        Line("http-h2-beside-p99", "beside_large", "beside_none", "alone", "ms", value=median_of("p99")),
    ],
    [
        Line("http-stream", "stream_tick", "stream_curl", "curl easy in a thread", "s", "≤ 1.3"),
        Line("http-stream-woken", "stream_poll", "stream_curl", "curl easy in a thread", "s", "≤ 1.3"),
        Line("http-stream-python", "stream_python", "stream_curl", "curl easy in a thread", "s", "≤ 2"),
        Line("py-stream", "stream_python", "stream_aiohttp", "aiohttp", "s", "≤ 0.6"),
        Line("py-stream-uvloop", "stream_python", "stream_uvloop", "aiohttp on uvloop", "s"),
    ],
    [Line("http-stalled-memory", "stalled_memory", "stalled_memory_one", "one stream", "MiB", "≤ 80", absolute=True)],
    [Line("http-upload", "upload", "upload_curl", "curl -T", "s", "≤ 1.1")],
    [
        Line("get-ticks", "get_ticks", "get_ticks_soup", "libsoup in the kicks", "ticks", "≤ 2",
             absolute=True),
        Line("get-ticks-keepalive", "get_ticks", "get_ticks_soup", "libsoup in the kicks", "ticks", "≤ 2",
             absolute=True, value=median_of("keepalive")),
    ],
]

# asyncio's rates, outermost and kicked, against the standard library's loop: more is better
for _what in ("call-soon", "spawn", "sleep0", "timers", "tcp", "http"):
    _name = f"py_{_what.replace('-', '_')}"
    THEMES.append([
        Line(f"py-{_what}", f"{_name}_outside", f"{_name}_standard", "asyncio", "/s", "≥ 0.97"),
        Line(f"py-{_what}-kicked", f"{_name}_kicked", f"{_name}_standard", "asyncio", "/s", "≥ 0.75"),
    ])
THEMES += [
    [
        Line("py-run", "py_run_outside", "py_run_standard", "asyncio.run ()", "µs", "≤ 1.5"),
        Line("py-run-heap", "py_run_heap_outside", "py_run_heap_standard", "asyncio.run ()", "µs", "≤ 1.5"),
    ],
    [Line("py-bytes", "py_bytes_ours", "py_bytes_standard", "one copy of a memoryview", "ms", "≤ 1.5")],
    [
        Line("py-kick-idle", "py_idle_kicked", "py_idle_standard", "stop () and run_forever ()", "µs", "≤ 0.5"),
        Line("py-kick-idle-pending", "py_idle_pending_kicked", "py_idle_pending_standard",
             "stop () and run_forever ()", "µs", "≤ 0.5"),
    ],
    [
        Line("py-kick-max", "py_kick_max_kicked", "py_kick_max_standard", "stop () and run_forever ()", "ms", "≤ 2", absolute=True),
        Line("py-kick-max-wall", "py_kick_max_kicked", "py_kick_max_standard", "stop () and run_forever ()", "ms", absolute=True,
             value=median_of("wall")),
    ],
    [
        Line("py-get-ticks", "py_ticks_kicked", "py_ticks_standard", "stop () and run_forever ()", "ticks", "≤ 2",
             absolute=True),
    ],
    [
        Line("py-await", "py_await_outside", "py_await_standard", "a future of asyncio", "µs", "≤ 2"),
        Line("py-await-kicked", "py_await_kicked", "py_await_standard", "a future of asyncio", "µs", "≤ 2.5"),
        Line("py-await-done", "py_await_done_outside", "py_await_standard", "a future of asyncio", "µs", "≤ 0.5"),
    ],
    [
        Line("py-get", "py_get_outside", "get_aiohttp", "aiohttp", "s", "≤ 0.55"),
        Line("py-get-kicked", "py_get_kicked", "get_aiohttp", "aiohttp", "s"),
        Line("py-get-bytes", "py_get_bytes", "get_aiohttp", "aiohttp", "s"),
    ],
    [Line("py-post", "py_post_outside", "py_post_aiohttp", "aiohttp", "s", "≤ 0.55")],
    [Line("py-conform", "py_conform_ours", "py_conform_standard", "asyncio", "failures", "≤ 0", absolute=True)],
]

# In Blender
THEMES += [
    [
        Line("blender-thumbs", "blender_thumbs", "blender_thumbs_ideal", "the server's time", "s", "≤ 1.5"),
        Line("blender-thumbs-area", "blender_thumbs_area", "blender_thumbs_ideal", "the server's time", "s", "≤ 1.5"),
    ],
    [
        Line("blender-kick", "blender_thumbs", "blender_thumbs", "beyond one decode", "ms", "≤ 4", absolute=True,
             value=median_of("beyond")),
        Line("blender-kick-area", "blender_thumbs_area", "blender_thumbs_area", "beyond one decode", "ms", "≤ 4", absolute=True,
             value=median_of("beyond")),
        Line("blender-kick-processor", "blender_thumbs", "blender_thumbs", "beyond one decode", "ms", absolute=True,
             value=median_of("beyond_processor")),
        Line("blender-input", "blender_thumbs", "blender_thumbs", "nothing running", "×", "≤ 1.4", absolute=True,
             value=ratio_of("p50", "p50_before")),
        Line("blender-input-area", "blender_thumbs_area", "blender_thumbs_area", "nothing running", "×", "≤ 1.4", absolute=True,
             value=ratio_of("p50", "p50_before")),
        Line("blender-input-p95", "blender_thumbs", "blender_thumbs", "nothing running", "×", "≤ 2.0", absolute=True,
             value=ratio_of("p95", "p95_before")),
    ],
    [
        Line("blender-first", "blender_first", "blender_first", "the same", "ms", "≤ 10", absolute=True),
        Line("blender-first-processor", "blender_first", "blender_first", "the same", "ms", absolute=True, value=median_of("processor")),
    ],
    [
        Line("blender-idle", "blender_idle", "blender_idle", "no hook, in turn", "%", "≤ 0.2", absolute=True,
             value=difference_of("value", "without")),
        Line("blender-idle-pending", "blender_idle_pending", "blender_idle_pending", "no hook, in turn", "%", absolute=True,
             value=difference_of("value", "without")),
    ],
    [
        Line("blender-previews", "blender_previews", "blender_previews_process", "a process, one by one", "s", "≤ 0.125"),
        Line("blender-previews-host", "blender_previews", "blender_previews_process", "a process, one by one", "ms/MB", "≤ 0.1",
             value=median_of("host")),
    ],
    [
        Line("blender-disable", "blender_disable", "blender_disable_few", "50 transfers", "ms", "≤ 30", absolute=True),
        Line("blender-disable-processor", "blender_disable", "blender_disable_few", "50 transfers", "ms", absolute=True,
             value=median_of("processor")),
    ],
    [Line("blender-quit", "blender_quit", "blender_quit_without", "no add-on", "ms", "≤ 200", difference=True)],
    [Line("blender-strip", "blender_strip", "blender_strip", "the same", "ms", "≤ 0.1", absolute=True)],
]
for _where in ("disk", "memory"):
    for _ui in ("idle", "busy"):
        THEMES.append([
            Line(f"blender-bulk-{_where}-{_ui}", f"blender_bulk_ours_{_where}_{_ui}", f"blender_bulk_curl_{_where}_{_ui}",
                 "curl easy in a thread", "s", "≤ 1.15"),
        ])

# Fewer runs for rows that don't vary, or that take long and have no bar
MOST_RUNS = {"blender_first": 3, "blender_previews_process": 1, "marked_ours": 1, "marked_theirs": 1, "transfers": 3, "transfers_wall": 3, "download_soup": 3, "get_ticks_soup": 3,
             "fiber_parked": 3, "fiber_parked_asyncio": 3, "stalled_memory": 3, "stalled_memory_one": 3, "py_conform_ours": 1, "py_conform_standard": 1}


def figure(number):
    """Three significant digits, never an exponent"""
    if number == 0:
        return "0"
    return f"{number:,.{max(0, 2 - math.floor(math.log10(abs(number))))}f}"


def spread(samples):
    values = [sample["value"] for sample in samples]
    return f"{figure(min(values))}–{figure(max(values))}"


def is_reached(bar, ratio):
    sign, limit = bar.split()
    return ratio <= float(limit) if sign == "≤" else ratio >= float(limit)


ROW = "{:<21} {:<25} {:>9} {:>9}  {:<8} {:>7} {:>7}  {}"


def run_theme(bench, lines, runs, verbose):
    """Returns the objects of the rows that ran, and whether nothing failed."""
    sides = list(dict.fromkeys(side for line in lines for side in line.sides))
    samples = {side: [] for side in sides}
    gone, failed = {}, False

    for number in range(runs):
        for side in sides:
            if side in gone or number >= MOST_RUNS.get(side, runs):
                continue
            try:
                samples[side].append(getattr(bench, side)())
            except Missing as error:
                gone[side] = f"skipped: needs {error}"
            except Failure as error:
                gone[side] = f"failed: {error}"
                failed = True

    results = []
    for line in lines:
        reason = next((gone[side] for side in line.sides if side in gone), None)
        if reason is not None:
            print(f"{line.id:<21} {line.peer:<25} {reason}", flush=True)
            continue
        ours, theirs = (line.value(samples[side]) for side in line.sides)
        ratio = ours if line.absolute else ours - theirs if line.difference else ours / theirs
        ok = "" if line.bar is None else "yes" if is_reached(line.bar, ratio) else "NO"
        print(ROW.format(line.id, line.peer, figure(ours), figure(theirs), line.unit, figure(ratio),
                         line.bar or "", ok), flush=True)
        results.append({
            "id": line.id,
            "peer": line.peer,
            "ours": ours,
            "theirs": theirs,
            "unit": line.unit,
            "ratio": ratio,
            "runs": min(len(samples[side]) for side in line.sides),
        })
    if verbose:
        for side in sides:
            if samples[side]:
                print(f"    {side}: {spread(samples[side])} in {len(samples[side])} runs", flush=True)
    return results, not failed


def positive(text):
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return number


def main():
    ids = [line.id for theme in THEMES for line in theme]
    parser = argparse.ArgumentParser(
        prog="./run bench",
        usage="./run bench [ID ...] [--json FILE] [--runs N] [--verbose]",
        description="Measures Pillion against its peers.",
        epilog="IDs: " + ", ".join(ids) + ". An ID also selects the lines whose IDs go on after it.",
    )
    parser.add_argument("build_dir", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("ids", metavar="ID", nargs="*", help="lines to measure (default: all)")
    parser.add_argument("--json", metavar="FILE", help="also write the lines to FILE")
    parser.add_argument("--runs", metavar="N", type=positive, default=7,
                        help="runs of each side (default: 7)")
    parser.add_argument("--verbose", action="store_true",
                        help="also print the least and the most of each side")
    options = parser.parse_intermixed_args()

    for id in options.ids:
        if not any(line.is_selected([id]) for theme in THEMES for line in theme):
            parser.error(f"{id} is not one of {', '.join(ids)}")
    if not (options.build_dir / "bench" / "bench-kick").exists():
        parser.error(f"{options.build_dir} has no benchmarks; set it up with -Dbench=true and build it")

    # Make a signal an exception, so that the server is stopped, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))

    print(f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.2f}, medians of {options.runs} runs\n")
    print(ROW.format("id", "peer", "ours", "theirs", "unit", "ratio", "bar", "ok"), flush=True)

    results, good = [], True
    folder = Path(tempfile.mkdtemp(prefix="bench-", dir=options.build_dir.resolve()))
    bench = Bench(options.build_dir.resolve(), folder)
    try:
        for theme in THEMES:
            lines = [line for line in theme if line.is_selected(options.ids)]
            if lines:
                lines_done, theme_good = run_theme(bench, lines, options.runs, options.verbose)
                results += lines_done
                good = good and theme_good
    finally:
        bench.close()
        shutil.rmtree(folder, ignore_errors=True)

    if options.json:
        Path(options.json).write_text(json.dumps(results, ensure_ascii=False, indent=2) + "\n")
    return 0 if good else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
