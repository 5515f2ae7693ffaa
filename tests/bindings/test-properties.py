#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Every property of both namespaces: what docs/conventions.md says of them, found in the GIRs and tried on live objects.

A property that can be set is tried with values made from its GParamSpec. One that changes by itself needs a scenario in CHANGES; one that
never changes is in CONSTANT. A new property that is in neither fails the test.
"""

import base64
import contextlib
import os
import pathlib
import sys
import threading
import unittest

import gi
gi.require_version('Pillion', '1')
gi.require_version('PillionHttp', '1')
from gi.repository import GLib, GObject, Gio, Pillion, PillionHttp

for folder in ('..', '../project'):
    sys.path.insert(0, os.path.join(os.path.dirname(__file__), folder))
import girfile
import tap
from girfile import C, CORE

# Set once and for all when the object is made
CONSTANT = {
    'PillionCompletions:loop', 'PillionScope:loop', 'PillionScope:name', 'PillionScope:parent', 'PillionTask:loop',
    'PillionHttpTestServer:loop', 'PillionHttpTestServer:url', 'PillionHttpTestTransport:loop', 'PillionHttpCredentials:user',
}

CERTIFICATE = pathlib.Path(os.environ['PILLION_SOURCE_DIR'], 'tests/http/data/client-cert.pem')
CERTIFICATE_FILE = Gio.File.new_for_path(str(CERTIFICATE))

# Types whose objects only the library makes: when it knows all that their properties tell
RESULTS = {owner.get(C + 'type') for library in girfile.LIBRARIES for owner in girfile.namespace(library).findall(CORE + 'class')
           if owner.find(CORE + 'constructor') is None}

# A fresh object has another value than the GParamSpec's default, because that depends on what else it was made with
NO_DEFAULT = {
    'PillionLoop:context': 'the context of the thread',
    'PillionGlibHost:context': 'the default context',
    'PillionSemaphore:available': 'all permits',
    'PillionHttpRequest:method': 'GET, since null is no method',
    'PillionHttpRequest:url': 'empty, since null is no URL',
}


MODULES = {'Pillion': Pillion, 'PillionHttp': PillionHttp}


def properties():
    """(the class, the element) of each property that the GIRs have."""
    for library in girfile.LIBRARIES:
        for owner in girfile.namespace(library).findall(CORE + 'class'):
            getattr(MODULES[library.namespace], owner.get('name'))  # PyGObject registers a type when it is first asked for
            for element in owner.findall(CORE + 'property'):
                yield owner.get(C + 'type'), element


def is_constant(key):
    return key in CONSTANT or key.split(':')[0] in RESULTS


class Watch:
    """Tells whether properties change without notification, between one look and the next."""

    def __init__(self, one):
        self.one = one
        self.names = [pspec.name for pspec in one.list_properties() if pspec.flags & GObject.ParamFlags.READABLE]
        self.values = self.read()
        self.notified = {}
        self.id = one.connect('notify', self.on_notify)

    def read(self):
        return {name: self.one.get_property(name) for name in self.names}

    def on_notify(self, one, pspec):
        self.notified.setdefault(pspec.name, []).append(one.get_property(pspec.name))

    def look(self):
        """Returns the names of those that have changed, and those that changed unheard."""
        values = self.read()
        changed = {name for name in self.names if values[name] != self.values[name]}
        # Whoever reads the value when told has what it is now
        unheard = {name for name in changed if self.notified.get(name, [None])[-1] != values[name]}
        self.values, self.notified = values, {}
        return changed, unheard

    def stop(self):
        self.one.disconnect(self.id)


class Case(unittest.TestCase):
    def setUp(self):
        self.loop = Pillion.Loop.new(GLib.MainContext.new(), Pillion.LoopFlags.DEFAULT)
        self.addCleanup(self.close)

    def close(self):
        with contextlib.suppress(GLib.Error):  # something was left running
            self.loop.close(0)

    def kick(self):
        for _ in range(3):
            self.loop.kick()

    def make(self, type_name):
        """An object of a class, as its usual constructor makes it."""
        loop = self.loop
        return {
            'PillionCallbackHost': lambda: Pillion.CallbackHost.new('properties'),
            'PillionCompletions': lambda: Pillion.Completions.new(loop, []),
            'PillionEvent': lambda: Pillion.Event.new(loop),
            'PillionGlibHost': lambda: Pillion.GlibHost.new('properties', None),
            'PillionLoop': lambda: loop,
            'PillionPollSource': lambda: Pillion.PollSource.new(loop, -1),
            'PillionQueue': lambda: Pillion.Queue.new(loop, 2),
            'PillionRetry': Pillion.Retry.new,
            'PillionScope': lambda: Pillion.Scope.new(loop, 'properties'),
            'PillionSemaphore': lambda: Pillion.Semaphore.new(loop, 2),
            'PillionTask': lambda: Pillion.Task.new(loop, 'properties', None),
            'PillionTickHost': lambda: Pillion.TickHost.new('properties', 60),
            'PillionHttpClient': lambda: PillionHttp.Client.new(loop),
            'PillionHttpRequest': lambda: PillionHttp.Request.new('GET', 'http://127.0.0.1/'),
            'PillionHttpTestServer': lambda: PillionHttp.TestServer.new(loop),
            'PillionHttpTestTransport': lambda: PillionHttp.TestTransport.new(loop),
        }.get(type_name, lambda: GObject.new(GObject.type_from_name(type_name)))()


def values_for(pspec, loop):
    """Two values that the property can have, in an object of the loop."""
    kind = pspec.value_type
    if kind == GObject.TYPE_BOOLEAN:
        return [True, False]
    if kind == GObject.TYPE_STRING:
        return ['one', 'another']
    if kind.is_a(GObject.TYPE_ENUM):
        return [value for value in pspec.enum_class.__enum_values__.values() if value >= 0][:2]
    if kind in (GObject.TYPE_UINT, GObject.TYPE_INT, GObject.TYPE_INT64, GObject.TYPE_DOUBLE):
        low = max(pspec.minimum, 0)
        return [low, low + 1] if low + 1 <= pspec.maximum else [low, pspec.maximum]
    if kind.name == 'GTlsDatabase':
        return [Gio.TlsBackend.get_default().get_default_database(), None]
    makers = {
        'GInetSocketAddress': lambda: Gio.InetSocketAddress.new_from_string('127.0.0.1', 0),
        'GProxyResolver': lambda: Gio.SimpleProxyResolver.new('http://127.0.0.1:3128', None),
        'GTlsCertificate': lambda: Gio.TlsCertificate.new_from_pem(CERTIFICATE.read_text(), -1),
        'PillionHttpCache': lambda: PillionHttp.Cache.new('cache'),
        'PillionHttpCookieJar': PillionHttp.CookieJar.new,
        'PillionHttpCredentials': lambda: PillionHttp.Credentials.new('user', 'password'),
        'PillionHttpTestTransport': lambda: PillionHttp.TestTransport.new(loop),
    }
    if kind.name in makers:
        return [makers[kind.name](), None]
    if kind.name == 'GStrv':
        text = 'https://example.org/a' if pspec.name == 'mirrors' else 'sha256//' + base64.b64encode(bytes(32)).decode()
        return [[text], []]
    raise NotImplementedError(f'no values for {pspec.name}, a {kind.name}')


class Settable(Case):
    def settable(self):
        for type_name, element in properties():
            if element.get('writable') == '1' and element.get('construct-only') != '1':
                self.close()
                self.loop = Pillion.Loop.new(GLib.MainContext.new(), Pillion.LoopFlags.DEFAULT)
                one = self.make(type_name)
                yield f'{type_name}:{element.get("name")}', one, one.find_property(element.get('name'))

    def test_each_notifies_once_for_each_change(self):
        count = 0
        for key, one, pspec in self.settable():
            with self.subTest(key):
                values = values_for(pspec, self.loop)
                one.set_property(pspec.name, values[0])
                told = []
                one.connect('notify::' + pspec.name, lambda one, pspec: told.append(one.get_property(pspec.name)))
                for value in (values[1], values[0]):
                    del told[:]
                    one.set_property(pspec.name, value)
                    self.assertEqual(one.get_property(pspec.name), value)
                    self.assertEqual(told, [value])
                count += 1
        self.assertGreater(count, 15)

    def test_each_keeps_quiet_when_nothing_changes(self):
        for key, one, pspec in self.settable():
            with self.subTest(key):
                value = values_for(pspec, self.loop)[0]
                one.set_property(pspec.name, value)
                told = []
                one.connect('notify::' + pspec.name, lambda one, pspec: told.append(pspec.name))
                one.set_property(pspec.name, value)
                self.assertEqual(told, [])

    def test_no_other_property_changes_unheard(self):
        for key, one, pspec in self.settable():
            with self.subTest(key):
                watch = Watch(one)
                for value in values_for(pspec, self.loop):
                    one.set_property(pspec.name, value)
                    self.assertEqual(watch.look()[1], set())
                watch.stop()

    def test_setters_do_what_the_property_does(self):
        for key, one, pspec in self.settable():
            with self.subTest(key):
                name = pspec.name.replace('-', '_')
                for value in values_for(pspec, self.loop):
                    getattr(one, 'set_' + name)(value)
                    self.assertEqual(one.get_property(pspec.name), value)


class Readable(Case):
    def test_getters_return_what_the_property_has(self):
        count = 0
        for type_name, element in properties():
            if element.get('getter') is None or type_name in RESULTS:
                continue
            with self.subTest(f'{type_name}:{element.get("name")}'):
                one = self.make(type_name)
                self.assertEqual(getattr(one, element.get('getter'))(), one.get_property(element.get('name')))
                count += 1
                if type_name == 'PillionScope':
                    one.close(0)
        self.assertGreater(count, 40)

    def test_fresh_objects_have_the_defaults(self):
        for type_name, element in properties():
            key = f'{type_name}:{element.get("name")}'
            if key in NO_DEFAULT or type_name in RESULTS:
                continue
            with self.subTest(key):
                one = GObject.new(GObject.type_from_name(type_name))
                pspec = one.find_property(element.get('name'))
                value = one.get_property(pspec.name)
                if type_name == 'PillionTask' and pspec.name == 'name':
                    continue
                if pspec.value_type.is_a(GObject.TYPE_OBJECT) and value is not None:
                    # A binding may leave the loop out
                    self.assertEqual((pspec.name, value), ('loop', Pillion.Loop.get_default()))
                elif pspec.value_type.name == 'GStrv':
                    self.assertEqual(value, [])  # PyGObject has no null for it
                elif hasattr(pspec, 'default_value'):
                    self.assertEqual(value, pspec.default_value)
                else:
                    self.assertIsNone(value)


class Changing(Case):
    """What changes by itself. Each scenario is a generator, which makes a change and yields what is to have changed in which object."""

    def scenario_loop(self):
        host = Pillion.TickHost.new('properties', 1000)
        loop = self.loop
        yield loop, set()
        loop.ensure(host)
        yield loop, {'host', 'riding'}
        task = Pillion.Task.new(loop, 'one', None)
        self.kick()
        yield loop, {'live-tasks'}
        task.return_boolean(True)
        self.kick()
        yield loop, {'live-tasks', 'riding'}
        loop.stop()
        yield loop, {'host'}
        loop.ensure(Pillion.GlibHost.new('properties', loop.get_context()))
        yield loop, {'host', 'riding', 'passenger'}
        loop.close(-1)
        yield loop, {'host', 'riding', 'passenger'}

    def scenario_scope(self):
        scope = Pillion.Scope.new(self.loop, 'properties')
        child = Pillion.Scope.new_child(scope, 'child')
        yield scope, set()
        yield child, set()
        task = Pillion.Task.new(self.loop, 'one', None)
        child.add(task)
        self.kick()
        yield scope, {'live-tasks'}
        yield child, {'live-tasks'}
        task.return_boolean(True)
        self.kick()
        yield scope, {'live-tasks'}
        yield child, {'live-tasks'}
        scope.close(0)
        yield scope, {'closed'}
        yield child, {'closed'}

    def scenario_scope_of_a_closed_loop(self):
        scope = Pillion.Scope.new(self.loop, 'properties')
        yield scope, set()
        scope.add(Pillion.Task.new(self.loop, 'one', None))
        self.kick()
        yield scope, {'live-tasks'}
        with contextlib.suppress(GLib.Error):
            self.loop.close(0)
        yield scope, {'closed', 'live-tasks'}

    def scenario_queue(self):
        queue = Pillion.Queue.new(self.loop, 1)
        yield queue, set()
        queue.put('one')
        yield queue, {'length'}
        waits = queue.put('two')
        yield queue, set()
        self.assertEqual(queue.try_get().result(), 'one')
        yield queue, set()
        self.assertTrue(waits.is_done())
        task = queue.get()
        yield queue, {'length'}
        task.cancel()
        self.kick()
        yield queue, {'length'}

    def scenario_semaphore(self):
        semaphore = Pillion.Semaphore.new(self.loop, 2)
        yield semaphore, set()
        semaphore.try_acquire()
        yield semaphore, {'available'}
        task = semaphore.acquire()
        yield semaphore, {'available'}
        task.cancel()
        self.kick()
        yield semaphore, {'available'}
        semaphore.release()
        yield semaphore, {'available'}

    def scenario_task(self):
        task = Pillion.Task.new(self.loop, 'one', None)
        yield task, set()
        task.set_progress(5, 10)
        task.set_unit('files')
        task.set_message('reading')
        self.kick()
        yield task, {'completed', 'total', 'unit', 'message'}
        task.set_progress(10, 10)
        task.return_boolean(True)
        self.kick()
        yield task, {'completed', 'state'}

    def scenario_task_with_a_rate(self):
        task = Pillion.Task.new(self.loop, 'one', None)
        yield task, set()
        while task.get_rate() == 0:
            task.set_progress(task.get_completed() + 1, -1)
            self.kick()
        yield task, {'completed', 'rate'}
        task.cancel()
        task.return_if_cancelled()
        self.kick()
        yield task, {'state'}

    def scenario_poll_source(self):
        source = Pillion.PollSource.new(self.loop, -1)
        yield source, set()
        source.set_busy(True)
        yield source, {'busy'}
        source.close()
        yield source, {'busy'}

    def scenario_event_stream(self):
        server = PillionHttp.TestServer.new(self.loop)
        server.add_bytes('/', GLib.Bytes.new(b'id: 1\nretry: 5\ndata: a\n\n'), 'text/event-stream')
        stream = PillionHttp.EventStream.new(PillionHttp.Client.new(self.loop), PillionHttp.Request.new('GET', server.get_url()))
        yield stream, set()
        task = stream.next(None)
        self.loop.run_until_complete(task)
        yield stream, {'last-event-id', 'retry-interval-usec'}
        stream.close()
        server.close()

    def scenarios(self):
        return {name: getattr(self, name) for name in dir(self) if name.startswith('scenario_')}

    def play(self, scenario):
        """Returns the keys of the properties that changed."""
        watches, keys = {}, set()
        for one, expected in scenario():
            if one not in watches:
                watches[one] = Watch(one)
                continue
            changed, unheard = watches[one].look()
            self.assertEqual(unheard, set(), f'changed without notification; changed: {changed}')
            self.assertEqual(changed, expected)
            keys |= {f'{one.__gtype__.name}:{name}' for name in changed}
        for watch in watches.values():
            watch.stop()
        return keys

    def test_each_change_notifies(self):
        keys = set()
        for name, scenario in self.scenarios().items():
            with self.subTest(name):
                self.loop = Pillion.Loop.new(GLib.MainContext.new(), Pillion.LoopFlags.DEFAULT)
                keys |= self.play(scenario)
                self.close()

        for type_name, element in properties():
            key = f'{type_name}:{element.get("name")}'
            if element.get('writable') != '1' and not is_constant(key):
                with self.subTest(key):
                    self.assertIn(key, keys, 'no scenario changes it: add one, or say that it is constant')
        self.assertEqual([key for key in keys if is_constant(key)], [])

    def test_nobody_who_looks_later_sees_more(self):
        """Many changes between two kicks notify, too, and those of a task once a kick."""
        task = Pillion.Task.new(self.loop, 'many', None)
        watch = Watch(task)
        for i in range(100):
            task.set_progress(i + 1, 100)
        self.kick()
        self.assertEqual(watch.notified['completed'], [100])
        watch.stop()


class Threads(Case):
    """A function that has an error to return says on a wrong thread that it is one."""

    # From any thread, or about no loop
    ELSEWHERE = {'Task', 'CallbackHost', 'GlibHost', 'TestHost', 'TickHost', 'Host', 'Response', 'CookieJar'}

    def arguments(self, function):
        known = {
            'loop': self.loop, 'name': 'other', 'key': 'key', 'tasks': [], 'timeout': 0, 'parent': self.scope, 'host': None,
            'task': self.task, 'protocol': None, 'file': CERTIFICATE_FILE, 'certificate': CERTIFICATE_FILE,
        }
        elements = function.element.findall(f'{CORE}parameters/{CORE}parameter')
        if function.owner == 'Client':
            known['key'] = CERTIFICATE_FILE
        return [known[element.get('name')] for element in elements if element.get('name') not in ('n_tasks', 'error')]

    def take_exchange(self):
        """An exchange whose handler has not answered yet."""
        exchanges = []
        transport = PillionHttp.TestTransport.new(self.loop)
        transport.add_handler('/', lambda exchange: exchanges.append(exchange) or Pillion.Task.new(self.loop, 'answer', None))
        client = PillionHttp.Client(loop=self.loop, transport=transport)
        self.call = client.get_bytes('http://example.org/', None)
        while not exchanges:
            self.kick()
        return exchanges[0]

    def test_wrong_thread_is_an_error(self):
        self.scope = Pillion.Scope.new(self.loop, 'mine')
        self.task = Pillion.Task.new(self.loop, 'mine', None)
        things = {'Loop': self.loop, 'Scope': self.scope, 'Semaphore': Pillion.Semaphore.new(self.loop, 1),
                  'Completions': Pillion.Completions.new(self.loop, []), 'Client': PillionHttp.Client.new(self.loop),
                  'TestExchange': self.take_exchange()}
        tried = []

        def attempt(call, arguments, said):
            try:
                said.append(call(*arguments))
            except GLib.Error as error:
                said.append(error)
            except RuntimeError as error:  # what the override makes of it
                said.append(error)

        functions = [(library, symbol, function) for library in girfile.LIBRARIES
                     for symbol, function in girfile.functions(library).items()]
        for library, symbol, function in functions:
            if function.element.get('throws') != '1' or not function.introspectable or function.owner in self.ELSEWHERE:
                continue
            with self.subTest(symbol):
                owner = things[function.owner] if function.kind == 'method' else getattr(MODULES[library.namespace], function.owner)
                said = []
                thread = threading.Thread(target=attempt, args=(getattr(owner, function.name), self.arguments(function), said))
                thread.start()
                thread.join()
                self.assertIsInstance(said[0], GLib.Error)
                self.assertTrue(said[0].matches(Pillion.error_quark(), Pillion.Error.WRONG_THREAD), said[0])
                tried.append(symbol)
        self.assertGreater(len(tried), 10)
        self.assertFalse(self.loop.is_closed())


if __name__ == '__main__':
    tap.main()
