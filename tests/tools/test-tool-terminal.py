# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""The command on a terminal: bars, their colours and letters, resizing, and the cursor."""

import os
import re
import signal

import tooltest
from tooltest import Terminal

HIDE, SHOW = b"\x1b[?25l", b"\x1b[?25h"


class Bars(tooltest.ToolTest):
    def fetch(self, *args, **changes):
        return Terminal("fetch", *args, cwd=self.folder, **changes)

    def check_cursor(self, terminal):
        self.assertIn(HIDE, terminal.output)
        self.assertGreater(terminal.output.rfind(SHOW), terminal.output.rfind(HIDE))
        self.assertEqual(terminal.output.count(b"\x1b[?2026h"), terminal.output.count(b"\x1b[?2026l"))

    def test_bars(self):
        terminal = self.fetch("--frames", self.url("big.bin?rate=200M"), self.url("thumbnails/000.png"))
        self.assertEqual(terminal.finish(), 0)
        self.check_cursor(terminal)
        pictures = terminal.pictures()
        self.assertGreater(len(pictures), 5)
        half = [line for picture in pictures for line in picture if re.match(r"big\.bin +▕█+[▏▎▍▌▋▊▉]? +▏", line)]
        self.assertTrue(half)
        self.assertTrue(any(re.search(r"\d+ %  +[\d.]+ MB/200 MB +[\d.]+ MB/s +\d:\d\d$", line) for line in half), half)
        # The last picture: both whole, the total, and the host's frames
        last = pictures[-1]
        self.assertEqual(len(last), 4)
        self.assertRegex(last[0], r"^big\.bin +▕█+▏ +100 % +200 MB")
        self.assertRegex(last[1], r"^000\.png +▕█+▏ +100 %")
        self.assertRegex(last[2], r"^2 of 2 +▕█+▏ +100 %")
        self.assertRegex(last[3], r"^frames +[▁▂▃▄▅▆▇█]+  p50 [\d.]+ ms  max [\d.]+ ms$")
        self.assertRegex(terminal.output.decode(), r"2 files, 200 MB in ")
        self.assertLessEqual(max(len(line) for picture in pictures for line in picture), 79)

    def test_no_frames_unless_asked_for(self):
        terminal = self.fetch(self.url("thumbnails/000.png"))
        self.assertEqual(terminal.finish(), 0)
        self.check_cursor(terminal)
        self.assertEqual(len(terminal.pictures()[-1]), 1)
        self.assertNotIn(b"frames", terminal.output)

    def test_no_bars_if_not_wanted(self):
        for args in (["--no-progress"], ["--quiet"], ["-o", "-"], ["--head"]):
            with self.subTest(args=args):
                terminal = self.fetch(*args, self.url("thumbnails/000.png"))
                self.assertEqual(terminal.finish(), 0)
                self.assertNotIn(b"\x1b[?2026h", terminal.output)

    def test_colours(self):
        terminal = self.fetch(self.url("thumbnails/000.png"))
        self.assertEqual(terminal.finish(), 0)
        self.assertIn(b"\x1b[36m", terminal.output)
        terminal = self.fetch(self.url("thumbnails/000.png"), NO_COLOR="1")
        self.assertEqual(terminal.finish(), 0)
        self.assertNotRegex(terminal.output, rb"\x1b\[[1-9]\d*m")

    def test_ascii(self):
        terminal = self.fetch(self.url("big.bin?rate=400M"), LC_ALL="C")
        self.assertEqual(terminal.finish(), 0)
        self.assertTrue(terminal.output.isascii())
        self.assertRegex(terminal.pictures()[-1][0], r"^big\.bin +\[=+\] +100 %")

    def test_dumb_terminal_gets_lines(self):
        terminal = self.fetch(self.url("thumbnails/000.png"), TERM="dumb")
        self.assertEqual(terminal.finish(), 0)
        self.assertNotIn(b"\x1b", terminal.output)
        self.assertIn(b"done    000.png", terminal.output)

    def test_failure_stays_above(self):
        terminal = self.fetch(self.url("failing.bin"), self.url("thumbnails/000.png"))
        self.assertEqual(terminal.finish(), 22)
        text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", terminal.output.decode())
        self.assertEqual(len(re.findall(rf"failed  {re.escape(self.url('failing.bin'))}: .*503", text)), 1)
        self.assertRegex(terminal.pictures()[-1][-3], r"^failing\.bin +failed")

    def test_many(self):
        paths = [thumbnail["path"] for thumbnail in self.server.catalogue()["thumbnails"]]
        terminal = self.fetch("--jobs", "6", *map(self.url, paths))
        self.assertEqual(terminal.finish(), 0)
        pictures = terminal.pictures()
        self.assertLessEqual(max(map(len, pictures)), 6 + 1)
        self.assertTrue(any(re.match(r"[1-9]\d* of 200 ", picture[-1]) for picture in pictures[:-1]))
        self.assertRegex(pictures[-1][-1], r"^200 of 200 +▕█+▏ +100 %")

    def test_resize(self):
        terminal = self.fetch(self.url("big.bin?rate=200M"), width=100)
        terminal.read_until(rb"MB/200")
        before = len(terminal.pictures())
        terminal.resize(40, 24)
        tooltest.wait_for(lambda: terminal.read() and len(terminal.pictures()) > before + 10, "more pictures")
        terminal.finish()
        self.assertTrue(any(len(line) > 60 for line in terminal.pictures()[before - 1]))
        self.assertLessEqual(max(len(line) for picture in terminal.pictures()[before + 3:] for line in picture), 39)

    def test_tiny(self):
        for width in (1, 2, 9, 15, 24):
            with self.subTest(width=width):
                terminal = self.fetch(self.url("thumbnails/000.png"), self.url("big.bin?rate=800M"), width=width, height=2)
                self.assertEqual(terminal.finish(), 0)
                self.assertLessEqual(max(len(line) for picture in terminal.pictures() for line in picture), max(width - 1, 1))
                for name in os.listdir(self.folder):
                    os.unlink(self.path(name))

    def test_interrupt(self):
        terminal = self.fetch(self.url("big.bin?rate=20M"))
        terminal.read_until(rb"MB/200")
        os.write(terminal.master, b"\x03")
        status = terminal.finish()
        self.assertEqual(status, 130)
        self.check_cursor(terminal)

    def test_cursor_is_back_when_it_quits_at_once(self):
        terminal = self.fetch("--work", "60000", self.url("slow.bin"))
        terminal.read_until(re.escape(HIDE))
        terminal.process.send_signal(signal.SIGINT)
        with open(f"/proc/{terminal.process.pid}/status", encoding="ascii") as file:
            def is_taken():
                file.seek(0)
                return "SigPnd:\t0000000000000000\nShdPnd:\t0000000000000000" in file.read()
            tooltest.wait_for(is_taken, "the first signal's handler")
        terminal.process.send_signal(signal.SIGINT)
        self.assertEqual(terminal.finish(), 130)
        self.assertTrue(terminal.output.endswith(SHOW), terminal.output[-50:])

    def test_stop_and_go_on(self):
        terminal = self.fetch(self.url("big.bin?rate=200M"))
        terminal.read_until(rb"MB/200")
        terminal.process.send_signal(signal.SIGTSTP)
        pid, status = os.waitpid(terminal.process.pid, os.WUNTRACED)
        self.assertTrue(os.WIFSTOPPED(status))
        length = len(terminal.output)
        tooltest.wait_for(lambda: terminal.read() and SHOW in terminal.output[length:], "the cursor")
        terminal.process.send_signal(signal.SIGCONT)
        self.assertEqual(terminal.finish(), 0)
        self.assertIn(HIDE, terminal.output[terminal.output.index(SHOW):])


if __name__ == "__main__":
    tooltest.main()
