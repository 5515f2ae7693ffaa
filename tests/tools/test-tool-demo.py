# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""The whole demo: in a pipe, on a terminal, and interrupted."""

import os
import re
import signal
import subprocess
import xml.etree.ElementTree

import tooltest
from tooltest import Terminal, run

SVG = "{http://www.w3.org/2000/svg}"


class Demo(tooltest.ToolTest):
    @classmethod
    def setUpClass(cls):
        pass

    @classmethod
    def tearDownClass(cls):
        pass

    def test_demo(self):
        report = self.path("demo.svg")
        done = run("demo", "--report", report, TMPDIR=self.folder)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual(done.stderr, "")
        self.assertNotIn("\x1b", done.stdout)
        for run_name in ("blocking", "kicked"):
            part = re.search(rf"(?ms)^{run_name}: the job took .*?(?=^\S|\Z|^$)", done.stdout)[0]
            self.assertEqual(part.count("✓"), 6, part)
            self.assertRegex(part, r"thumbnails +200 of 200")
            self.assertRegex(part, r"big file +200 MB, SHA-256 verified")
            self.assertRegex(part, r"slow\.bin +\S")
            self.assertRegex(part, r"failing\.bin +.*503")
            self.assertRegex(part, r"truncated\.bin +\S")
        self.assertRegex(done.stdout, r"(?m)^frame time +blocking +kicked$")
        self.assertRegex(done.stdout, r"(?m)^── late above 25\.0 ms ─")
        self.assertRegex(done.stdout, r"(?m)^max +[\d.]+ s +[\d.]+ m?s$")
        self.assertRegex(done.stdout, r"(?m)^Blocking, the window froze for [\d.]+ s in total")
        self.assertRegex(done.stdout, r"(?m)^Kicked, the same job took [\d.]+ s")
        self.assertLessEqual(max(map(len, done.stdout.splitlines())), 99)
        # The counts of the histograms are those of the pictures
        root = xml.etree.ElementTree.parse(report).getroot()
        rows = re.findall(r"(?m)^(?:up to [\d.]+ \S+|[\d.]+ \S+ to [\d.]+ \S+) +(\d+) [ █▏▎▍▌▋▊▉]+ +(\d+)", done.stdout)
        drawn = [int(text.text) for text in root.iter(SVG + "text") if text.get("class") == "count"]
        self.assertEqual(drawn, [int(row[0]) for row in rows] + [int(row[1]) for row in rows])
        self.assertEqual(os.listdir(self.folder), ["demo.svg"])

    def test_terminal(self):
        terminal = Terminal("demo", "--seconds", "0", width=100, TMPDIR=self.folder)
        self.assertEqual(terminal.finish(), 0, terminal.output)
        pictures = terminal.pictures()
        self.assertTrue(any(re.match(r"·*●·*$", picture[1]) for picture in pictures))
        self.assertTrue(any("thumbnails 200 of 200" in picture[2] for picture in pictures))
        self.assertIn("Kicked, the same job took", terminal.output.decode())
        self.assertGreater(terminal.output.rfind(b"\x1b[?25h"), terminal.output.rfind(b"\x1b[?25l"))
        self.assertEqual(os.listdir(self.folder), [])

    def test_interrupt(self):
        for wanted in ("blocking: the host", "kicked: the host"):
            with self.subTest(run=wanted):
                process = subprocess.Popen([tooltest.TOOL, "demo"], stdout=subprocess.PIPE, text=True, encoding="utf-8",
                                           env=tooltest.environment(TMPDIR=self.folder))
                while not process.stdout.readline().startswith(wanted):
                    self.assertIsNone(process.poll())
                process.send_signal(signal.SIGINT)
                process.communicate(timeout=tooltest.PATIENCE)
                self.assertEqual(process.returncode, 130)
                self.assertEqual(os.listdir(self.folder), [])

    def test_port_taken(self):
        server = tooltest.Server()
        port = server.url.rstrip("/").rsplit(":", 1)[1]
        done = run("demo", "--port", port)
        self.assertEqual(server.stop(), 0)
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, r"^pillion: .+")


if __name__ == "__main__":
    tooltest.main()
