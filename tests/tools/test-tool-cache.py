# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""What `pillion cache` shows and removes."""

import importlib.util
import os
import subprocess
import sys
import unittest

import tooltest
from tooltest import run

# Stores a response for each further argument, which is a URL and a body
STORE = """
import sys

import gi
gi.require_version('PillionHttp', '1')
from gi.repository import PillionHttp
import pillion


async def main(path, responses):
    async with PillionHttp.Client(cache=path) as client:
        transport = PillionHttp.TestTransport()
        client.set_transport(transport)
        for url, body in responses:
            def answer(exchange, body=body):
                exchange.add_header('Cache-Control', 'max-age=1000')
                exchange.set_text(body)
            transport.add_handler(url, answer)
            await client.get(url)

pillion.run(main(sys.argv[1], [argument.split(' ') for argument in sys.argv[2:]]))
"""


class CacheTest(tooltest.ToolTest):
    def cache(self, *args, status=0):
        done = run("cache", *args, cwd=self.folder)
        self.assertEqual(done.returncode, status, done.stderr)
        return done

    def make_cache(self):
        """An empty cache, as the library marks it"""
        os.mkdir(self.path("cache"))
        with open(self.path("cache", "pillion-cache"), "w", encoding="utf-8"):
            pass

    def test_a_folder_that_is_no_cache_is_left_alone(self):
        os.mkdir(self.path("folder"))
        for command in (["list"], ["show", "http://example.org/"], ["verify"], ["clear"]):
            done = self.cache(*command, "folder", status=1)
            self.assertIn("is not a cache: it has no valid file 'pillion-cache'", done.stderr)
            self.assertEqual(os.listdir(self.path("folder")), [])
            done = self.cache(*command, "missing", status=1)
            self.assertFalse(os.path.exists(self.path("missing")))

    def test_an_empty_cache_has_nothing(self):
        self.make_cache()
        done = self.cache("list", "cache")
        self.assertEqual(done.stdout, "")
        self.assertIn("the cache is empty", done.stderr)
        self.assertIn("nothing is stored", self.cache("show", "http://example.org/", "cache", status=1).stderr)
        self.assertIn("Verified: 0 responses", self.cache("verify", "cache").stdout)
        self.assertIn("Removed: 0 responses", self.cache("clear", "cache").stdout)

    @unittest.skipUnless("GI_TYPELIB_PATH" in os.environ and importlib.util.find_spec("gi"), "there is no PyGObject, or no binding for it")
    def test_the_list_ends_with_the_total(self):
        for responses, total in ((["http://a.example/ xyz"], "1 response (3 B)"),
                                 (["http://a.example/ xyz", "http://b.example/ wxyz"], "2 responses (7 B)")):
            subprocess.run([sys.executable, "-c", STORE, self.path("cache"), *responses], check=True)
            done = self.cache("list", "cache")
            self.assertEqual(len(done.stdout.splitlines()), len(responses))
            self.assertEqual(done.stderr, f"pillion: {total}\n")

    def test_files_of_others_stay(self):
        self.make_cache()
        self.cache("list", "cache")
        for name in ("precious", os.path.join("entries", "precious")):
            with open(self.path("cache", name), "w", encoding="utf-8") as file:
                file.write("x")
        self.cache("clear", "cache")
        for name in ("precious", os.path.join("entries", "precious")):
            self.assertTrue(os.path.exists(self.path("cache", name)))

    def test_a_damaged_entry_is_removed_once(self):
        self.make_cache()
        self.cache("list", "cache")
        with open(self.path("cache", "entries", "00112233445566778899aabbccddeeff"), "wb") as file:
            file.write(b"?" * 100)
        self.assertIn("removed 1 damaged", self.cache("verify", "cache", status=1).stderr)
        self.cache("verify", "cache")

    def test_wrong_usage_is_refused(self):
        self.cache(status=2)
        self.cache("burn", status=2)
        self.cache("show", status=2)
        os.mkdir(self.path("folder"))
        self.assertIn("missing URL: it comes before the folder 'folder'", self.cache("show", "folder", status=2).stderr)
        self.cache("list", "one", "two", status=2)


if __name__ == "__main__":
    tooltest.main()
