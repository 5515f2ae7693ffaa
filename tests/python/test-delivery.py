#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Large results: the right values, whole, without holding up the host."""

import asyncio
import contextlib
import ctypes
import gc
import hashlib
import json
import os
import random
import sys
import unittest
import unittest.mock

from support import Case, all_ways, guest, run_hosted, run_kicked, run_outside, until

import gi
gi.require_version('PillionHttp', '1')
from gi.overrides import _pillion_delivery as delivery
from gi.repository import GLib, Pillion, PillionHttp

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..'))
import loopback
import tap

SEED = os.environ.get('PILLION_SEED') or str(random.SystemRandom().randrange(1000000))
ROWS = [{'id': number, 'name': f'thumbnäil {number}', 'tags': ['a', 'b', None, number / 7]} for number in range(30000)]


def build(text, part):
    """Parses a text like a large one, in parts of the given size; returns the value and the sizes of the parts."""
    sizes = []
    with unittest.mock.patch.object(delivery, 'PART', part):
        data, numbers = delivery.outline(GLib.Bytes.new(text))
        for step, start, end in zip(*[iter(numbers)] * 3):
            if step in (delivery.VALUE, delivery.MEMBERS, delivery.KEY, delivery.PART_OF_STRING):
                sizes.append(end - start)
        steps = delivery.build(data, numbers)
        while True:
            try:
                next(steps)
            except StopIteration as stop:
                return stop.value, sizes


def outcome(parse, *args):
    """A form that distinguishes -0.0 and 0, 1 and True, and the order in objects."""
    try:
        return repr(parse(*args))
    except (ValueError, RecursionError):
        return 'not valid'


class Texts:
    """Random JSON texts, most of them damaged."""

    def __init__(self, seed):
        self.luck = random.Random(seed)

    def value(self, depth=0):
        luck = self.luck
        sort = luck.random()
        if depth > 6 or sort < 0.5:
            return luck.choice([None, True, False, luck.randrange(-10**20, 10**20), luck.random() * 10**luck.randrange(-5, 5), '',
                                self.string()])
        if sort < 0.75:
            return [self.value(depth + 1) for _ in range(luck.randrange(6))]
        return {luck.choice(['a', 'b', 'k"', 'ä', '\ud83d', str(luck.randrange(20))]): self.value(depth + 1)
                for _ in range(luck.randrange(6))}

    def string(self):
        pieces = ['a', '"', '\\', 'ä', '\U0001f600', '\ud83d', '\ude00', '\0', '\n', '/', ',', ']', 'x' * 30]
        return ''.join(self.luck.choice(pieces) for _ in range(self.luck.randrange(20)))

    def text(self):
        luck = self.luck
        text = bytearray(json.dumps(self.value(), ensure_ascii=luck.random() < 0.5, indent=luck.choice([None, None, 1]))
                         .encode('utf-8', 'surrogatepass'))
        for _ in range(luck.choice([0, 0, 1, 2])):
            place = luck.randrange(len(text) + 1)
            if luck.random() < 0.4:
                del text[place:place + 1]
            else:
                text.insert(place, luck.choice(b'[]{},:"\\ 1au\xc3'))
        if luck.random() < 0.05:
            return text.decode('utf-8', 'replace').encode(luck.choice(['utf-16', 'utf-32', 'utf-16-le', 'utf-8-sig']))
        return bytes(text)


class Parts(unittest.TestCase):
    def test_are_what_the_whole_is(self):
        texts = Texts(SEED)
        for number in range(1000):
            text = texts.text()
            wanted = outcome(delivery.parse, text)
            for part in (1, 5, 40):
                with self.subTest(seed=SEED, number=number, part=part, text=text):
                    self.assertEqual(outcome(lambda: build(text, part)[0]), wanted)

    def test_are_small(self):
        for value in (ROWS[:3000], {'rows': ROWS[:3000]}, {str(number): row for number, row in enumerate(ROWS[:3000])},
                      [[[ROWS[:3000]]], {'a': {'b': ROWS[:3000]}}], 'ä\\"\U0001f600' * 100000, ['\ud83d\ude00' * 100000],
                      {'a': 'x' * 1000000, 'b': 1}):
            for ascii in (True, False):
                text = json.dumps(value, ensure_ascii=ascii).encode('utf-8', 'surrogatepass')
                built, sizes = build(text, 4096)
                self.assertEqual(built, json.loads(text))
                self.assertLess(max(sizes), 2 * 4096)

    def test_later_keys_win(self):
        text = b'{"a": [%s], "b": 1, "a": 2, "b": "%s"}' % (b','.join([b'1'] * 100), b'x' * 100)
        self.assertEqual(list(build(text, 10)[0].items()), [('a', 2), ('b', 'x' * 100)])

    def test_too_deep(self):
        for text in (b'[' * 100000, b'[' * 100000 + b']' * 100000, b'{"a":' * 100000):
            self.assertEqual(outcome(build, text, 10), 'not valid')


class Bodies(Case):
    def setUp(self):
        super().setUp()
        self.client = PillionHttp.Client()

    @contextlib.contextmanager
    def serve(self, body):
        with unittest.mock.patch.dict(loopback.PAGES, {'/body': ('application/json', body)}), loopback.Server() as url:
            yield url + '/body'

    @all_ways
    async def test_bytes(self):
        body = random.Random(1).randbytes(3000000)
        with self.serve(body) as url:
            task = self.client.get_bytes(url)
            received = await task
            self.assertIs(type(received), bytes)
            self.assertEqual(received, body)
            self.assertIs(task.result(), received)
        with self.serve(b'') as url:
            self.assertEqual(await self.client.get_bytes(url), b'')

    @all_ways
    async def test_buffers(self):
        for body in (b'', b'short', random.Random(1).randbytes(3000000)):
            with self.serve(body) as url:
                response = await self.client.get(url)
                buffer = response.buffer
                self.assertEqual(response.content, body)
                self.assertIs(type(response.content), bytes)
                self.assertEqual(response.peek_body(1000), body if len(body) <= 1000 else b'')
                self.assertEqual(response.peek_body(1), body if len(body) <= 1 else b'')
            self.assertIs(type(buffer), memoryview)
            self.assertTrue(buffer.readonly)
            self.assertEqual((buffer.format, buffer.itemsize, len(buffer)), ('B', 1, len(body)))
            if body:
                # Not a copy
                self.assertEqual(ctypes.addressof(buffer.obj), Pillion.bytes_get_address(response.get_body()))
            # Whatever becomes of the response
            del response
            gc.collect()
            self.assertEqual(buffer, body)
            self.assertEqual(hashlib.sha256(buffer).digest(), hashlib.sha256(body).digest())

    def test_bytes_of_any_task(self):
        for body in (b'', b'short', random.Random(1).randbytes(1000000)):
            task = Pillion.Task.new(guest, 'bytes')
            task.return_bytes(GLib.Bytes.new(body))
            self.assertEqual(task.result(), body)

    @all_ways
    async def test_json(self):
        for encoding in ('utf-8', 'utf-8-sig', 'utf-16', 'utf-32-be'):
            with self.serve(json.dumps(ROWS[:3000], ensure_ascii=False).encode(encoding)) as url:
                self.assertEqual(await self.client.get_json(url), ROWS[:3000])

    @all_ways
    async def test_json_that_is_not_valid(self):
        text = json.dumps(ROWS[:3000]).encode()
        for body in (text[:-1], text + b']', text.replace(b'"id": 2000', b'"id": NaN'), text.replace(b'1000"', b'\xff"'),
                     text.replace(b', null', b',, null')):
            with self.serve(body) as url:
                with self.assertRaises(GLib.Error) as caught:
                    await self.client.get_json(url)
                self.assertTrue(caught.exception.matches(PillionHttp.error_quark(), PillionHttp.Error.INVALID_JSON))
                self.assertIn(url, str(caught.exception))

    def test_others_have_their_turns(self):
        """While it is parsed, which is too long for one slice."""
        turns_of_others = 0

        def count():
            nonlocal turns_of_others
            turns_of_others += 1
            self.call = guest.call_soon(count)

        async def main(url):
            with unittest.mock.patch.object(delivery, 'build_in_slices', wraps=delivery.build_in_slices) as begin:
                task = self.client.get_json(url)
                await until(lambda: begin.called)
                count()
                self.assertEqual(await task, ROWS)
                guest.cancel_call(self.call)

        with self.serve(json.dumps(ROWS).encode()) as url:
            run_kicked(self, main(url))
        self.assertGreater(turns_of_others, 10)

    def test_cancelled_while_it_is_parsed(self):
        parts = 0

        def build(data, numbers):
            nonlocal parts
            while True:
                parts += 1
                yield

        async def main(url):
            nonlocal parts
            parts = 0
            task = self.client.get_json(url)
            await until(lambda: parts > 0)
            task.cancel()
            with self.assertRaises(asyncio.CancelledError):
                await task
            await until(lambda: guest.get_live_tasks() == 0)

        # Not with a virtual clock, which stands still while something is ready
        for run in (run_outside, run_kicked, run_hosted):
            with self.subTest(run.__name__), unittest.mock.patch.object(delivery, 'build', build):
                with self.serve(json.dumps(ROWS).encode()) as url:
                    run(self, main(url))

    @all_ways
    async def test_progress(self):
        with self.serve(json.dumps(ROWS).encode()) as url:
            for get in (self.client.get_json, self.client.get_bytes):
                task = get(url)
                seen = [(progress.completed, progress.unit) async for progress in task.progress()]
                await task
                self.assertEqual(seen[-1][1], 'bytes')
                self.assertGreater(seen[-1][0], 0)


if __name__ == '__main__':
    tap.main()
