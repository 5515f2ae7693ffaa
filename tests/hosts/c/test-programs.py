#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""What the programs in hosts/c have in common: test-programs.py PROGRAM [PICTURE]

With the file of a picture, the program has a window, which is shown in it.
"""

import hashlib
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest

sys.path[:0] = [os.path.join(os.path.dirname(__file__), *up) for up in (['..'], ['..', '..'])]
import loopback
import plug
import tap
import window

PROGRAM = sys.argv.pop(1)
PICTURE = sys.argv.pop(1) if len(sys.argv) > 1 and sys.argv[1].endswith('.png') else None
NAME = os.path.basename(PROGRAM)
PATIENCE = 60  # s
WATCH = 3  # s: how long an idle program is watched
ENDED = 0, 1  # on a busy machine a transfer may not end within the second that it has
SAMPLE = 1  # ways of ending it among many transfers
HALF = len(loopback.FILE) // 2
MSEC = 100  # for each of many files


class Handler(loopback.Handler):
    """/slow.bin is /file.bin, but can be resumed. While `held`, it stops in the middle."""

    held = threading.Event()
    asked = []  # the first byte that was asked for
    half = threading.Event()  # set when half of it was sent

    def do_GET(self):
        if not self.path.startswith('/slow.bin'):
            super().do_GET()
            return
        match = re.fullmatch(r'bytes=(\d+)-(\d*)', self.headers.get('Range', ''))
        first = int(match.group(1)) if match else 0
        end = int(match.group(2)) + 1 if match and match.group(2) else len(loopback.FILE)
        self.asked.append(first)
        self.send_response(206 if match else 200)
        if match:
            self.send_header('Content-Range', f'bytes {first}-{end - 1}/{len(loopback.FILE)}')
        self.send_header('ETag', '"slow"')
        self.send_header('Content-Length', str(end - first))
        self.end_headers()
        try:
            if self.held.is_set():
                self.wfile.write(loopback.FILE[first:min(end, HALF)])
                self.half.set()
                self.rfile.read(1)  # until the client goes
                self.close_connection = True
            else:
                self.wfile.write(loopback.FILE[first:end])
        except OSError:
            self.close_connection = True


def wake_ups(pid):
    """How often the host's thread and the I/O thread have gone to sleep."""
    n = 0
    for folder in pathlib.Path(f'/proc/{pid}/task').iterdir():
        try:
            status = (folder / 'status').read_text(encoding='ascii')
        except OSError:  # that thread has ended since
            continue
        if folder.name == str(pid) or 'pillion' in status.splitlines()[0]:
            n += int(re.search(r'^voluntary_ctxt_switches:\s*(\d+)', status, re.MULTILINE).group(1))
    return n


class Programs(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix='pillion-host-')
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)
        server = loopback.Server(Handler)
        self.url = server.__enter__()
        self.addCleanup(server.__exit__)
        Handler.held.clear()
        Handler.half.clear()
        Handler.asked.clear()

    def start(self, *arguments):
        process = subprocess.Popen([PROGRAM, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def start_and_finish(self, *urls):
        """Starts a program that stays, and waits until it has nothing left to do."""
        process = self.start('--stay', self.folder, *urls)
        for line in process.stdout:
            if line == 'All done\n':
                return process
        self.fail('it ended')

    def assert_has(self, name):
        self.assertEqual(hashlib.sha256((self.folder / name).read_bytes()).hexdigest(), loopback.FILE_SHA256)

    def test_the_right_bytes(self):
        process = self.start(self.folder, self.url + '/file.bin', self.url + '/hello.txt', self.url + '/data.json')
        said, _ = process.communicate(timeout=PATIENCE)
        self.assertEqual(process.returncode, 0, said)
        self.assertIn('All done\n', said)
        self.assert_has('file.bin')
        self.assertEqual((self.folder / 'hello.txt').read_bytes(), b'Hello from loopback\n')
        self.assertEqual(sorted(path.name for path in self.folder.iterdir()), ['data.json', 'file.bin', 'hello.txt'])

    def test_a_failure_is_told(self):
        process = self.start(self.folder, self.url + '/hello.txt', self.url + '/nothing')
        said, _ = process.communicate(timeout=PATIENCE)
        self.assertEqual(process.returncode, 1)
        self.assertIn('1 of 2 failed\n', said)
        self.assertNotIn('All done', said)

    def test_its_usage(self):
        process = self.start()
        process.communicate(timeout=PATIENCE)
        self.assertEqual(process.returncode, 2)

    @unittest.skipIf(NAME == 'game-loop', 'a game loop never sleeps')
    def test_idle_it_wakes_up_at_most_once_a_second(self):
        process = self.start_and_finish(self.url + '/hello.txt')
        # What its end and the server's have left to do is no business of an idle program
        while True:
            before = wake_ups(process.pid)
            time.sleep(WATCH)
            n = wake_ups(process.pid) - before
            if n <= WATCH or time.monotonic() > self.patience_ends():
                break
        self.assertLessEqual(n, WATCH)
        process.terminate()
        self.assertEqual(process.wait(PATIENCE), 0)

    def patience_ends(self):
        if not hasattr(self, 'end'):
            self.end = time.monotonic() + 3 * WATCH
        return self.end

    def get_part_size(self):
        return sum(path.stat().st_size for path in self.folder.glob('*.pillion-part'))

    def stop_in_the_middle(self, stop):
        Handler.held.set()
        process = self.start('--stay', self.folder, self.url + '/slow.bin')
        self.assertTrue(Handler.half.wait(PATIENCE))
        deadline = time.monotonic() + PATIENCE
        while self.get_part_size() < HALF // 2:
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.01)
        start = time.monotonic()
        stop(process)
        process.wait(PATIENCE)
        self.assertLess(time.monotonic() - start, plug.END)
        self.assertIn(process.returncode, ENDED)
        self.assertFalse((self.folder / 'slow.bin').exists())

        # The next one goes on where this one stopped
        Handler.held.clear()
        Handler.asked.clear()
        process = self.start(self.folder, self.url + '/slow.bin')
        process.communicate(timeout=PATIENCE)
        self.assertEqual(process.returncode, 0)
        self.assert_has('slow.bin')
        self.assertGreater(min(Handler.asked), 0)
        self.assertEqual([path.name for path in self.folder.iterdir()], ['slow.bin'])

    def test_sigterm_leaves_a_part_that_is_resumed(self):
        self.stop_in_the_middle(lambda process: process.send_signal(signal.SIGTERM))

    def test_ended_at_any_moment_it_leaves_what_can_be_resumed(self):
        ways = ['SIGTERM', 'SIGKILL'] + (['window'] if PICTURE else [])
        puller = plug.Plug()
        display = window.Display() if PICTURE else None
        for way in plug.choose(ways, SAMPLE, NAME):
            for moment in plug.get_moments(NAME, way):
                with self.subTest(way=way, moment=moment), tempfile.TemporaryDirectory(prefix='pillion-plug-') as folder:
                    urls = puller.begin(MSEC)
                    process = self.start('--stay', folder, *urls)
                    puller.wait_for(moment, lambda: process.poll() is not None)
                    end = time.monotonic() + plug.END
                    if way != 'window':
                        process.send_signal(getattr(signal, way))
                    while process.poll() is None:
                        if way == 'window':
                            display.close_windows(process.pid)
                        self.assertLess(time.monotonic(), end, 'it hangs')
                        time.sleep(0.01)
                    # Before the program handles the signal, it ends the process by itself
                    self.assertIn(process.returncode, {'window': ENDED, 'SIGTERM': (*ENDED, -signal.SIGTERM), 'SIGKILL': (-signal.SIGKILL,)}[way])
                    puller.check(folder, lambda: self.start(folder, *urls).communicate(timeout=PATIENCE))

    @unittest.skipUnless(PICTURE, 'it has no window')
    def test_closing_its_window_leaves_a_part_that_is_resumed(self):
        display = window.Display()

        def close(process):
            # It may not be there yet
            while process.poll() is None:
                display.close_windows(process.pid)
                time.sleep(0.05)

        self.stop_in_the_middle(close)

    @unittest.skipUnless(PICTURE, 'it has no window')
    @unittest.skipUnless(shutil.which('import'), 'ImageMagick is not installed')
    def test_its_picture(self):
        Handler.held.set()
        process = self.start('--stay', self.folder, *(self.url + f'/{name}' for name in ('file.bin', 'slow.bin', 'nothing')))
        self.assertTrue(Handler.half.wait(PATIENCE))
        # Whatever else it has to do, it has done when it sleeps
        before = None
        while before != (before := wake_ups(process.pid)):
            time.sleep(0.2)
        subprocess.run(['import', '-window', window.Display().get_largest_window(), PICTURE], check=True, timeout=PATIENCE)
        process.terminate()
        process.wait(PATIENCE)


if __name__ == '__main__':
    tap.main()
