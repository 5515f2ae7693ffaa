# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""The command in pipes: what it fetches, what it prints, and how it ends."""

import contextlib
import glob
import hashlib
import os
import re
import signal
import socket
import struct
import subprocess
import xml.etree.ElementTree
import zlib

import tooltest
from tooltest import run

SOURCE = os.environ["PILLION_SOURCE_DIR"]
WRONG = "0" * 64
SVG = "{http://www.w3.org/2000/svg}"


def digest(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def parse_png(data):
    """Width, height and the inflated rows of a PNG, with every checksum checked."""
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    position, header, rows = 8, None, b""
    while position < len(data):
        length, kind = struct.unpack(">I4s", data[position:position + 8])
        body = data[position + 8:position + 8 + length]
        (crc,) = struct.unpack(">I", data[position + 8 + length:position + 12 + length])
        assert crc == zlib.crc32(kind + body)
        if kind == b"IHDR":
            header = struct.unpack(">IIBBBBB", body)
        elif kind == b"IDAT":
            rows += body
        position += 12 + length
    assert kind == b"IEND"
    return header, zlib.decompress(rows)


class Fetch(tooltest.ToolTest):
    def fetch(self, *args, **changes):
        return run("fetch", "-P", self.path("out"), *args, cwd=self.folder, **changes)

    def out(self, name):
        return self.path("out", name)

    def test_several_files(self):
        thumbnails = self.server.catalogue()["thumbnails"][:12]
        done = self.fetch(*(self.url(thumbnail["path"]) for thumbnail in thumbnails), "--jobs", "3")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(done.stdout, "")
        for thumbnail in thumbnails:
            name = os.path.basename(thumbnail["path"])
            self.assertEqual(digest(self.out(name)), thumbnail["sha256"])
            self.assertRegex(done.stderr, rf"(?m)^done    {re.escape(name)}  [0-9.]+ k?B(  [0-9.]+ [kM]?B/s)?$")
        self.assertEqual(sorted(os.listdir(self.path("out"))), sorted(os.path.basename(t["path"]) for t in thumbnails))
        self.assertRegex(done.stderr, r"(?m)^12 files, [0-9.]+ kB in [0-9.]+ m?s: [0-9.]+ [kM]B/s$")
        self.assertEqual(len(done.stderr.splitlines()), 13)
        self.assertNotIn("\x1b", done.stderr)

    def test_here_if_no_folder_is_given(self):
        done = run("fetch", self.url("thumbnails/004.png"), cwd=self.folder)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(os.listdir(self.folder), ["004.png"])

    def test_thumbnail_is_png(self):
        header, rows = parse_png(self.server.get("thumbnails/042.png"))
        self.assertEqual(header, (64, 64, 8, 2, 0, 0, 0))
        self.assertEqual(len(rows), 64 * (1 + 64 * 3))

    def test_digest_right(self):
        big = self.server.catalogue()["big"]
        done = self.fetch(self.url("thumbnails/000.png"), self.url("big.bin"), "--sha256", "-", "--sha256", big["sha256"])
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(os.path.getsize(self.out("big.bin")), big["bytes"])
        self.assertEqual(digest(self.out("big.bin")), big["sha256"])
        self.assertRegex(done.stderr, r"(?m)^done    big\.bin  200 MB .*SHA-256 verified$")

    def test_digest_wrong(self):
        os.mkdir(self.path("out"))
        with open(self.out("000.png"), "w", encoding="utf-8") as file:
            file.write("was here before")
        done = self.fetch(self.url("thumbnails/000.png"), self.url("thumbnails/001.png"), "--sha256", WRONG)
        self.assertEqual(done.returncode, 32)
        self.assertIn(f"failed  {self.url('thumbnails/000.png')}: ", done.stderr)
        self.assertIn(WRONG, done.stderr)
        self.assertIn("1 file failed", done.stderr)
        with open(self.out("000.png"), encoding="utf-8") as file:
            self.assertEqual(file.read(), "was here before")
        self.assertTrue(os.path.exists(self.out("001.png")))

    def test_failures(self):
        with socket.socket() as closed:
            closed.bind(("127.0.0.1", 0))
            refused = f"http://127.0.0.1:{closed.getsockname()[1]}/refused.bin"
            bad = [self.url("failing.bin"), self.url("truncated.bin"), self.url("not-there"), refused, "http://no URL",
                   "ftp://127.0.0.1/x"]
            done = self.fetch(*bad, self.url("thumbnails/000.png"))
        self.assertEqual(done.returncode, 22, "the status of the first that failed")
        self.assertEqual(done.stderr.count("\n"), len(bad) + 3)
        for url in bad:
            self.assertRegex(done.stderr, rf"(?m)^failed  {re.escape(url)}: \S+")
        self.assertIn("503", done.stderr)
        self.assertIn("404", done.stderr)
        self.assertIn("6 files failed", done.stderr)
        self.assertRegex(done.stderr, r"(?m)^1 file, ")
        names = [name for name in os.listdir(self.path("out")) if not name.startswith(".") and "part" not in name]
        self.assertEqual(names, ["000.png"])

    def test_empty_url(self):
        done = self.fetch("", self.url("thumbnails/000.png"))
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertIn("failed  http://: the URL has no host\n", done.stderr)
        self.assertTrue(os.path.exists(self.out("000.png")), "the other one is fetched")

    def test_closed_streams(self):
        """What is opened next doesn't take the place of standard streams that the caller closed."""
        def fetch(*args):
            script = 'exec "$0" "$@" <&- >&- 2>&-'
            return subprocess.run(["sh", "-c", script, tooltest.TOOL, "fetch", *args, self.url("thumbnails/000.png")],
                                  cwd=self.folder, timeout=tooltest.PATIENCE, env=tooltest.environment()).returncode

        self.assertEqual(fetch("-P", self.path("out")), 0)
        self.assertTrue(os.path.exists(self.out("000.png")))
        self.assertEqual(fetch("-o", "-"), 23, "nobody got what was written")

    def test_passwords_stay_out(self):
        """In a URL that works, in one that fails, and in what only looks like a URL."""
        secret = "s3cret"
        good, missing = (self.url(name).replace("//", f"//me:{secret}@") for name in ("thumbnails/000.png", "not-there"))
        urls = [good, missing, f"http://me:{secret}/x@127.0.0.1/a", f"me:{secret}@127.0.0.1/a"]
        done = self.fetch("--verbose", *urls)
        self.assertEqual(done.returncode, 22)
        self.assertIn("not-there", done.stderr)
        self.assertNotIn(secret, done.stdout + done.stderr)
        for name in os.listdir(self.path("out")):
            self.assertNotIn(secret, name)

    def test_two_of_one_name(self):
        """Both files are kept."""
        done = self.fetch(self.url("thumbnails/000.png?first"), self.url("thumbnails/000.png?second"))
        self.assertEqual(done.returncode, 0)
        self.assertEqual(sorted(os.listdir(self.path("out"))), ["000 (1).png", "000.png"])

    def test_folder_that_is_a_file(self):
        with open(self.path("out"), "w", encoding="utf-8") as file:
            file.write("a file")
        done = self.fetch(self.url("thumbnails/000.png"))
        self.assertEqual(done.returncode, 23)
        self.assertIn(self.path("out"), done.stderr)

    def test_quiet(self):
        done = self.fetch("--quiet", self.url("thumbnails/000.png"), self.url("failing.bin"))
        self.assertEqual(done.returncode, 22)
        self.assertEqual(done.stdout, "")
        self.assertRegex(done.stderr, rf"^failed  {re.escape(self.url('failing.bin'))}: .*503.*\n$")

    def test_control_characters_stay_out(self):
        done = self.fetch("http://127.0.0.1:1/\x1b[31m\x07x")
        self.assertEqual(done.returncode, 3)
        self.assertIn("failed", done.stderr)
        self.assertNotRegex(done.stdout + done.stderr, r"[\x00-\x09\x0b-\x1f]")

    def test_frames(self):
        done = self.fetch("--frames", self.url("thumbnails/000.png"))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(done.stdout, "")
        self.assertRegex(done.stderr, r"(?m)^\d+ frames? at 60 Hz: p50 .*, p99 .*, max .*; \d+ late frames?$")
        self.assertRegex(done.stderr, r"(?m)^\d+ kicks? with a budget of 2.00 ms: the longest took .*, (none exceeded|overshoot up to .*, \d+ time)")

    def test_budgets(self):
        """What sets a host's frames asks for them."""
        done = self.fetch("--budget", "500us", "--hz", "100", "--work", "2", self.url("thumbnails/000.png"))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("with a budget of 500 µs", done.stderr)
        self.assertIn("at 100 Hz", done.stderr)
        done = self.fetch("--budget", "auto", self.url("thumbnails/000.png"))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("with an automatic budget", done.stderr)

    def test_report(self):
        report = self.path("frames.svg")
        done = self.fetch("--report", report, self.url("big.bin?rate=400M"))
        self.assertEqual(done.returncode, 0, done.stderr)
        frames = int(re.search(r"(?m)^(\d+) frames? at", done.stderr)[1])
        root = xml.etree.ElementTree.parse(report).getroot()
        self.assertEqual(root.tag, SVG + "svg")
        kinds = [rectangle.get("class", "") for rectangle in root.iter(SVG + "rect")]
        self.assertGreaterEqual(sum(kind.startswith("bar ") for kind in kinds), 2)
        self.assertGreaterEqual(sum(kind.startswith("frame ") for kind in kinds), 2)
        counts = [int(text.text) for text in root.iter(SVG + "text") if text.get("class") == "count"]
        self.assertEqual(sum(counts), frames)
        titles = {text.text for text in root.iter(SVG + "text")}
        self.assertLessEqual({"time since start (s)", "frame time (logarithmic)", "number of frames"}, titles)
        with open(report, encoding="utf-8") as file:
            svg = file.read()
        self.assertEqual(re.findall(r"https?://[^\"]*", svg), ["http://www.w3.org/2000/svg"])

    def test_report_that_cannot_be_written(self):
        done = self.fetch("--report", self.path("no", "such", "folder.svg"), self.url("thumbnails/000.png"))
        self.assertEqual(done.returncode, 1)
        self.assertIn("folder.svg", done.stderr)


class Interrupt(tooltest.ToolTest):
    """Ctrl-C, and continuing afterwards."""

    def start(self, *args):
        return subprocess.Popen([tooltest.TOOL, "fetch", *args], cwd=self.folder, env=tooltest.environment(), text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def biggest(self):
        sizes = [0]
        for path in glob.glob(self.path("*")) + glob.glob(self.path(".*")):
            with contextlib.suppress(FileNotFoundError):  # a record that was just renamed
                sizes.append(os.path.getsize(path))
        return max(sizes)

    def test_resume(self):
        big = self.server.catalogue()["big"]
        for number, frames in ((signal.SIGINT, []), (signal.SIGTERM, []), (signal.SIGINT, ["--frames"])):
            args = [*frames, "--sha256", big["sha256"], self.url("big.bin?rate=100M")]
            process = self.start(*args)
            tooltest.wait_for(lambda: self.biggest() > 5_000_000, "a part of the file")
            process.send_signal(number)
            stdout, stderr = process.communicate(timeout=tooltest.PATIENCE)
            self.assertEqual(process.returncode, 128 + number, stderr)
            self.assertIn("Ctrl-C again", stderr)
            self.assertIn("to resume it", stderr)
            self.assertEqual(stdout, "")
            self.assertFalse(os.path.exists(self.path("big.bin")))
            kept = self.biggest()
            self.assertGreater(kept, 5_000_000)
            self.assertLess(kept, big["bytes"])

            process = self.start(*args)
            stdout, stderr = process.communicate(timeout=tooltest.PATIENCE)
            self.assertEqual(process.returncode, 0, stderr)
            self.assertRegex(stderr, r"(?m)^done    big\.bin  200 MB .*resumed at [0-9.]+ MB  SHA-256 verified$")
            self.assertEqual(os.listdir(self.folder), ["big.bin"])
            self.assertEqual(digest(self.path("big.bin")), big["sha256"])
            os.unlink(self.path("big.bin"))

    def test_those_that_wait_never_start(self):
        process = self.start("-j1", "--progress", self.url("slow.bin"), self.url("thumbnails/000.png"))
        self.assertTrue(process.stderr.readline().startswith("start"))
        process.send_signal(signal.SIGINT)
        _, stderr = process.communicate(timeout=tooltest.PATIENCE)
        self.assertEqual(process.returncode, 130, stderr)
        self.assertIn("2 files were stopped", stderr)
        self.assertFalse(os.path.exists(self.path("000.png")))

    def test_nothing_came(self):
        process = self.start("--progress", self.url("big.bin?rate=1"))
        self.assertTrue(process.stderr.readline().startswith("start"))
        process.send_signal(signal.SIGINT)
        stdout, stderr = process.communicate(timeout=tooltest.PATIENCE)
        self.assertEqual(process.returncode, 130, stderr)
        self.assertFalse(os.path.exists(self.path("big.bin")))

    def test_while_standard_output_is_stuck(self):
        process = self.start("-o", "-", self.url("big.bin"))
        process.stdout.buffer.read(1)
        with open(f"/proc/{process.pid}/stat", "rb") as stat:
            tooltest.wait_for(lambda: stat.seek(0) == 0 and stat.read().split(b") ")[1].startswith(b"S"), "a sleeping command")
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(tooltest.PATIENCE), 130)
        process.stdout.close()
        process.stderr.close()

    def test_twice_quits_at_once(self):
        # This host is busy for a minute in each frame, so it can't end in an orderly way
        process = self.start("--work", "60000", "--progress", self.url("slow.bin"))
        self.assertTrue(process.stderr.readline().startswith("start"))
        with open(f"/proc/{process.pid}/stat", "rb") as stat:
            def ticks():
                stat.seek(0)
                return int(stat.read().split(b") ")[1].split()[11])
            before = ticks()
            tooltest.wait_for(lambda: ticks() > before + 5, "a busy host")
        process.send_signal(signal.SIGINT)
        with open(f"/proc/{process.pid}/status", encoding="ascii") as status:
            def is_taken():
                status.seek(0)
                return "SigPnd:\t0000000000000000\nShdPnd:\t0000000000000000" in status.read()
            tooltest.wait_for(is_taken, "the first signal's handler")
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=20)
        self.assertEqual(process.returncode, 130)


class Clean(tooltest.ToolTest):
    """What unfinished downloads left"""

    def leave_part(self, name):
        process = subprocess.Popen([tooltest.TOOL, "fetch", "-o", name, self.url("big.bin?rate=50M")], cwd=self.folder,
                                   env=tooltest.environment(), stderr=subprocess.DEVNULL)
        tooltest.wait_for(lambda: glob.glob(self.path(f".{name}.pillion-part.info")), "a part")
        tooltest.wait_for(lambda: os.path.getsize(self.path(f".{name}.pillion-part")) > 0, "something in it")
        return process

    def clean(self, *args, status=0):
        done = run("fetch", "--clean", self.folder, *args)
        self.assertEqual(done.returncode, status, done.stderr)
        return done

    def test_nothing(self):
        self.assertEqual(self.clean("--yes").stdout, "")
        done = run("fetch", "--clean", self.path("nowhere"))
        self.assertEqual(done.returncode, 23)
        self.assertIn("nowhere", done.stderr)

    def test_listed_and_removed(self):
        for name in ("a", "b"):
            process = self.leave_part(name)
            process.send_signal(signal.SIGINT)
            self.assertEqual(process.wait(tooltest.PATIENCE), 130)
        with open(self.path(".other.pillion-part"), "w", encoding="ascii") as file:
            file.write("of another program")
        url = re.escape(self.url("big.bin?rate=50M"))
        listed = rf"^a  [\d.]+ [kM]B/200 MB  \d{{4}}-\d\d-\d\d \d\d:\d\d  {url}\nb  .*\n$"
        self.assertRegex(self.clean("--dry-run").stdout, listed)
        self.assertEqual(len(os.listdir(self.folder)), 5)

        # Nobody is there to ask
        with subprocess.Popen([tooltest.TOOL, "fetch", "--clean", self.folder], stdout=subprocess.DEVNULL, start_new_session=True,
                              stderr=subprocess.PIPE, text=True, env=tooltest.environment()) as process:
            self.assertIn("--yes", process.stderr.read())
        self.assertEqual(process.returncode, 2)
        terminal = tooltest.Terminal("fetch", "--clean", self.folder)
        terminal.read_until(rb"Remove all 2\? \[y/N\] ")
        os.write(terminal.master, b"\n")
        self.assertEqual(terminal.finish(), 1)
        self.assertEqual(len(os.listdir(self.folder)), 5)

        terminal = tooltest.Terminal("fetch", "--clean", self.folder)
        terminal.read_until(rb"\[y/N\] ")
        os.write(terminal.master, b"y\n")
        self.assertEqual(terminal.finish(), 0)
        self.assertEqual(os.listdir(self.folder), [".other.pillion-part"])

    def test_what_is_being_written_is_kept(self):
        process = self.leave_part("a")
        self.assertRegex(self.clean("--yes").stderr, "^kept    a  ")
        self.assertTrue(os.path.exists(self.path(".a.pillion-part")))
        process.send_signal(signal.SIGINT)
        process.wait(tooltest.PATIENCE)
        self.assertEqual(self.clean("-yq").stdout, "")
        self.assertEqual(os.listdir(self.folder), [])


class Usage(tooltest.ToolTest):
    @classmethod
    def setUpClass(cls):
        pass

    @classmethod
    def tearDownClass(cls):
        pass

    def test_wrong(self):
        url = "http://127.0.0.1:1/x"
        for args in (
            [],
            ["steal"],
            ["help", "steal"],
            ["fetch"],
            ["fetch", "--no-such-option", url],
            ["fetch", "--sha256", "abc", url],
            ["fetch", "-o", "a", "-o", "b", url],
            ["fetch", "-o", "folder/", url],
            ["fetch", "-o", ".", url],
            ["fetch", "-P", "..", "-o", ".", url],
            ["fetch", "-o", "a", "-O", url],
            ["fetch", "-o", "-", "--no-clobber", url],
            ["fetch", "-o", "-", "-N", url],
            ["fetch", "--no-clobber", "-N", url],
            ["fetch", "-I", "-d", "x", url],
            ["fetch", "-I", "-o", "x", url],
            ["fetch", "-d", "x", "--json", "x", url],
            ["fetch", "-F", "x=y", "--json", "x", url],
            ["fetch", "-F", "x", url],
            ["fetch", "-H", "no field", url],
            ["fetch", "-H", "Empty:", url],
            ["fetch", "--clean", ".", url],
            ["fetch", "--clean", ".", "--dry-run", "--yes"],
            ["fetch", "--dry-run", url],
            ["fetch", "--yes", url],
            ["fetch", "--fail-with-body", url],
            ["fetch", "--key", "key.pem", url],
            ["fetch", "--insecure", "--cacert", "ca.pem", url],
            ["fetch", "-q", "-v", url],
            ["fetch", "--progress", "--no-progress", url],
            ["fetch", "--connect-timeout", "soon", url],
            ["fetch", "--max-time", "-1", url],
            ["fetch", "--speed-limit", "fast", url],
            ["fetch", "--limit-rate", "0", url],
            ["fetch", "--retry", "-1", url],
            ["fetch", "-u", ":secret", url],
            ["fetch", "--sha256", WRONG, "--sha256", WRONG, url],
            ["fetch", "--budget", "2", url],
            ["fetch", "--budget", "soon", url],
            ["fetch", "--work", "much", url],
            ["fetch", "--jobs", "0", url],
            ["fetch", "--jobs", "many", url],
            ["fetch", "--mirror", url, url, url],
            ["fetch", "--mirror", url, "-o", "-", url],
            ["fetch", "--proxy", url, "--unix-socket", "x", url],
            ["fetch", "--split", "65", url],
            ["fetch", "--split", "0", url],
            ["fetch", "--hz", "0", url],
            ["fetch", "--hz", "nan", url],
            ["demo", "--hz", "-1"],
            ["demo", "--port", "65536"],
            ["demo", "--seconds", "-1"],
            ["serve", "--port", "-1"],
            ["serve", "8080"],
            ["demo", "fast"],
        ):
            with self.subTest(args=args):
                done = run(*args, cwd=self.folder)
                self.assertEqual(done.returncode, 2, args)
                self.assertEqual(done.stdout, "")
                self.assertRegex(done.stderr, r"^pillion: .+\nTry 'pillion.* --help'\.\n$")
                self.assertEqual(os.listdir(self.folder), [])

    def test_a_time_that_is_none_is_told_with_its_option(self):
        for option in "--connect-timeout", "--max-time":
            for time in "soon", "0", "-1", "1e30", "2 hours":
                with self.subTest(option=option, time=time):
                    done = run("fetch", option, time, "http://127.0.0.1:1/")
                    self.assertIn(f"{option}: '{time}' is not a time: expected seconds", done.stderr)

    def test_help(self):
        for args in (["--help"], ["-h"], ["help"], ["help", "help"], ["fetch", "--help"], ["help", "fetch"], ["help", "demo"],
                     ["demo", "--help"], ["demo", "help"], ["help", "serve"], ["serve", "--help"], ["serve", "help"]):
            with self.subTest(args=args):
                done = run(*args)
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertRegex(done.stdout, r"^Usage:\n  pillion")
                ends = ["0  ended by Ctrl-C"] if "serve" in args else ["0  success", "130  interrupted"]
                for line in (*ends, "1  ", "2  wrong usage"):
                    self.assertIn(line, done.stdout)
                self.assertEqual("130" in done.stdout, "serve" not in args)

    def test_help_of_cache(self):
        for args in (["cache", "--help"], ["cache", "help"], ["help", "cache"]):
            self.assertRegex(run(*args).stdout, r"^Usage:\n  pillion cache ")

    def test_the_help_the_manual_and_the_completion_know_every_option(self):
        help = run("help", "fetch").stdout
        options = set(re.findall(r"(?m)^  (?:-\w, )?(--[a-z0-9.-]+)", help))
        self.assertGreater(len(options), 25)
        for option, text in re.findall(r"(?m)^  (?:-\w, )?(--[a-z0-9.-]+)(.*)", help):
            self.assertTrue(text.strip(), option)
        self.assertLess(max(map(len, help.splitlines())), 100)
        for name in ("tools/pillion/pillion.1", "tools/pillion/data/pillion.bash", "docs/command.md"):
            with open(os.path.join(SOURCE, name), encoding="utf-8") as file:
                text = file.read().replace("\\-", "-")
            for option in options:
                self.assertRegex(text, rf"{option}\b(?!-)", name)

    def test_short_options_may_have_their_values_attached(self):
        help = run("help", "fetch").stdout
        letters = re.findall(r"(?m)^  -(\w), --[a-z0-9-]+=", help)
        self.assertGreater(len(letters), 10)
        for letter in letters:
            done = run("fetch", f"-f{letter}x", cwd=self.folder)
            self.assertNotIn("Unknown option", done.stderr, letter)
            self.assertEqual(done.returncode, 26 if letter == "i" else 2, letter)

    def test_the_manual_and_the_page_know_every_exit_status(self):
        statuses = re.findall(r"(?m)^ +(\d+)  ", run("help", "fetch").stdout)
        self.assertGreater(len(statuses), 15)
        with open(os.path.join(SOURCE, "tools/pillion/pillion.1"), encoding="utf-8") as file:
            manual = file.read()
        with open(os.path.join(SOURCE, "docs/command.md"), encoding="utf-8") as file:
            page = file.read()
        for status in statuses:
            self.assertIn(f"\n.B {status}\n", manual)
            self.assertRegex(page, rf"(?m)^\|.*\b{status}\b.*\|")
        self.assertEqual(len(re.findall(r"(?m)^\.B \d+$", manual)), len(statuses))

    def test_version(self):
        done = run("--version")
        self.assertEqual(done.returncode, 0)
        self.assertRegex(done.stdout, r"^pillion \d+\.\d+\.\d+\n$")


if __name__ == "__main__":
    tooltest.main()
