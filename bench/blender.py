# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""The sides of the rows that are measured inside Blender, on a display of their own."""

import contextlib
import json
import math
import os
import shutil
import subprocess
import tempfile
import time
import zipfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
PATIENCE = 150  # s

FIRST_SECONDS, IDLE_SECONDS = 60, 20
THUMBNAILS, THUMBNAIL_TIME, THUMBNAILS_AT_ONCE = 50, 0.19, 8
PREVIEWS, PREVIEW_SIZE, PREVIEW_TIME = 1000, 20_000, 0.05
DISABLED_FEW, DISABLED, UNDER_WAY = 50, 500, 100


class Blender:
    """Runs inside-blender.py. `Failure` and `Missing` are the exceptions to raise."""

    def __init__(self, build_dir, folder, tree, failure, missing):
        program = shutil.which("blender")
        if program is None:
            raise missing("Blender")
        if shutil.which("Xvfb") is None:
            raise missing("Xvfb")
        self.failure, self.missing = failure, missing
        self.folder = Path(tempfile.mkdtemp(prefix="blender-", dir=folder))
        add_ons = self.folder / "scripts" / "addons"
        add_ons.mkdir(parents=True)
        for path in (build_dir / "hosts" / "blender").glob("pillion-blender-*.zip"):
            zipfile.ZipFile(path).extractall(add_ons)
        self.env = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONDONTWRITEBYTECODE")}
        self.env.update(tree, HOME=str(self.folder), TMPDIR=str(self.folder), BLENDER_USER_SCRIPTS=str(self.folder / "scripts"),
                        BLENDER_USER_CONFIG=str(self.folder / "config"), BENCH_FOLDER=str(folder))
        self.env.pop("PYTHONPATH", None)  # the add-on has the package
        # Blender takes the first python3 for its own, with the modules that this one has
        self.env.pop("PYTHONHOME", None)
        self.env["PATH"] = os.pathsep.join([os.path.dirname(os.path.realpath(program)), self.env["PATH"]])
        reader, writer = os.pipe()
        self.server = subprocess.Popen(["Xvfb", "-displayfd", str(writer), "-screen", "0", "640x480x24", "-nolisten", "tcp"],
                                       stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, pass_fds=[writer])
        os.close(writer)
        with open(reader, encoding="ascii") as number:
            self.env["DISPLAY"] = ":" + number.readline().strip()

    def stop(self):
        self.server.terminate()
        self.server.wait()

    def run(self, what, *arguments, add_on=True):
        """Returns what it has printed, and the time of its end."""
        command = ["blender", "--factory-startup", "--window-geometry", "0", "0", "640", "480", "--python-exit-code", "1"]
        if add_on:
            command += ["--addons", "pillion"]
        command += ["--python", HERE / "inside-blender.py", "--", what, *arguments]
        try:
            done = subprocess.run([str(word) for word in command], env=self.env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, text=True, errors="replace", timeout=PATIENCE, check=False)
        except subprocess.TimeoutExpired as error:
            raise self.failure(f"Blender, {what}: not done after {PATIENCE} s") from error
        end = time.monotonic()
        for line in done.stdout.splitlines():
            if line.startswith("MISSING "):
                raise self.missing(line.removeprefix("MISSING "))
        line = next((line for line in done.stdout.splitlines() if line.startswith("RESULT ")), None)
        if line is None:
            raise self.failure(f"Blender, {what}: status {done.returncode}: {done.stdout.strip().splitlines()[-1:]}")
        return json.loads(line.removeprefix("RESULT ")), end


class Sides:
    """For Bench, whose `blender` is a Blender and whose `delayed` is a server."""

    def blender_thumbs(self, what="window"):
        picture = self.folder / "thumbnail.png"
        if not picture.exists():
            self.blender.run("picture", picture)
        with self.delayed(picture, THUMBNAIL_TIME) as url:
            return self.blender.run("thumbs", url, THUMBNAILS, THUMBNAILS_AT_ONCE, what)[0]

    def blender_thumbs_area(self):
        return self.blender_thumbs("area")

    def blender_thumbs_ideal(self):
        return {"value": math.ceil(THUMBNAILS / THUMBNAILS_AT_ONCE) * THUMBNAIL_TIME}

    def blender_first(self):
        return self.blender.run("first", self.nginx.tls_url("small"), self.nginx.DATA / "cert.pem", FIRST_SECONDS)[0]

    def blender_idle(self):
        return self.blender.run("idle", "installed", IDLE_SECONDS)[0]

    def blender_idle_pending(self):
        return self.blender.run("idle", "pending", IDLE_SECONDS)[0]

    def blender_disable(self):
        return self.blender.run("disable", self.nginx.url("trickle"), DISABLED)[0]

    def blender_disable_few(self):
        return self.blender.run("disable", self.nginx.url("trickle"), DISABLED_FEW)[0]

    def blender_quit(self):
        begun, end = self.blender.run("quit", self.nginx.url("trickle"), UNDER_WAY)
        return {"value": (end - begun["value"]) * 1000}

    def blender_quit_without(self):
        begun, end = self.blender.run("quit", add_on=False)
        return {"value": (end - begun["value"]) * 1000}

    def blender_previews(self, side="ours"):
        with self.delayed(PREVIEW_SIZE, PREVIEW_TIME) as url:
            return self.blender.run("previews", side, url, PREVIEWS, PREVIEW_SIZE, add_on=side == "ours")[0]

    def blender_previews_process(self):
        return self.blender_previews("process")

    def blender_strip(self):
        return self.blender.run("strip")[0]


def add_bulk(side, where, ui):
    def run(bench):
        return bench.blender.run("bulk", side, where, ui, bench.nginx.url("body"), add_on=side == "ours")[0]

    setattr(Sides, f"blender_bulk_{side}_{where}_{ui}", run)


for _side in ("ours", "curl"):
    for _where in ("disk", "memory"):
        for _ui in ("idle", "busy"):
            add_bulk(_side, _where, _ui)


@contextlib.contextmanager
def delayed(python, body, seconds):
    """A server that sends BODY, a size or a file, so slowly."""
    with subprocess.Popen([python, str(HERE / "server-delayed.py"), str(body), str(seconds)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          text=True) as server:
        yield f"http://127.0.0.1:{int(server.stdout.readline())}/"
        server.stdin.close()
