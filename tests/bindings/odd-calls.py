#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Calls every function of a group of a namespace with odd arguments: odd-calls.py NAMESPACE GROUP SEED LOG.

A group is the name of a type, or `functions` for functions that belong to no type. Each call is logged before it is made, so the
last line names the one that crashed or hung. It does not matter what a call raises or logs, only that the process survives.
"""

import gc
import importlib
import itertools
import os
import random
import sys
import threading
import time
import warnings

import gi

NAMESPACE, GROUP, SEED, LOG = sys.argv[1:5]
gi.require_version('Pillion', '1')
gi.require_version(NAMESPACE, '1')
from gi import Repository
from gi.repository import Gio, GLib, GObject, Pillion

importlib.import_module(f'gi.repository.{NAMESPACE}')

warnings.simplefilter('ignore')

# How many calls of a function have only odd arguments, in addition to those with one odd argument, and how many of them are
# made on another thread
N_RANDOM = 25
N_RANDOM_ELSEWHERE = 3

# After how long a waiting call gets help to end, in seconds
PATIENCE = 0.05

INT_LIMITS = {'gint8': (-2**7, 2**7 - 1), 'guint8': (0, 2**8 - 1), 'gint16': (-2**15, 2**15 - 1), 'guint16': (0, 2**16 - 1),
              'gint32': (-2**31, 2**31 - 1), 'guint32': (0, 2**32 - 1), 'gint64': (-2**63, 2**63 - 1), 'guint64': (0, 2**64 - 1),
              'gunichar': (0, 2**32 - 1)}


def naked(kind):
    return lambda: GObject.new(kind)


class Cast:
    """Objects to call with. They are created for each call, so that no call finds what another has done."""

    def __init__(self):
        self.cast = []

    def remember(self, made):
        self.cast.append(made)
        return made

    def loop(self):
        return self.remember(Pillion.Loop.new(GLib.MainContext.new(), Pillion.LoopFlags.DEFAULT))

    def closed_loop(self):
        loop = self.loop()
        loop.close(0)
        return loop

    def default_loop(self):
        return self.remember(Pillion.Loop.get_default())

    def task(self):
        return self.remember(Pillion.Task.new(self.default_loop(), 'odd'))

    def done_task(self):
        task = self.task()
        task.return_boolean(True)
        return task

    def failed_task(self):
        task = self.task()
        task.return_error(GLib.Error('odd', 'g-io-error-quark', 1))
        return task

    def foreign_task(self):
        return self.remember(Pillion.Task.new(self.loop(), 'odd'))

    def tick_host(self):
        return Pillion.TickHost.new('odd', 60)

    def end(self):
        """Helps a waiting call to end, on the thread of a loop."""
        for one in self.cast:
            if isinstance(one, Pillion.Task) and one.get_loop() is not None and not one.is_done():
                one.cancel()
                one.return_if_cancelled()
            elif isinstance(one, Pillion.PollSource):
                one.close()

    def help(self):
        """From another thread."""
        for one in list(self.cast):
            if isinstance(one, Pillion.Loop) and not one.is_closed():
                one.call_soon_threadsafe(self.end)


class OddHost(GObject.Object, Pillion.Host):
    """A host that implements nothing."""


class WorseHost(GObject.Object, Pillion.Host):
    """A host that fails at everything."""

    def do_get_name(self):
        return None

    def do_install(self, loop):
        raise RuntimeError('no')

    do_remove = do_install

    def do_wake(self):
        raise RuntimeError('no')

    do_get_now = do_wake


cast = Cast()


def after_close(way):
    """A way of making an object whose loop is closed by now."""
    def make():
        loop = cast.loop()
        made = way(lambda: loop)
        loop.close(0)
        return made
    return make


def closed(way):
    def make():
        made = way()
        made.close(*([0] if isinstance(made, Pillion.Scope) else []))
        return made
    return make


def of_loop(name):
    """Ways of making a good object of a class for a loop, by the name of the class. They are called with what gives the loop."""
    ways = {
        'PillionTask': [lambda loop: Pillion.Task.new(loop(), 'odd')],
        'PillionScope': [lambda loop: Pillion.Scope.new(loop(), 'odd')],
        'PillionQueue': [lambda loop: Pillion.Queue.new(loop(), 1)],
        'PillionSemaphore': [lambda loop: Pillion.Semaphore.new(loop(), 1)],
        'PillionEvent': [lambda loop: Pillion.Event.new(loop())],
        'PillionCompletions': [lambda loop: Pillion.Completions.new(loop(), [])],
        'PillionPollSource': [lambda loop: cast.remember(Pillion.PollSource.new(loop(), -1))],
    }
    if NAMESPACE == 'PillionHttp':
        from gi.repository import PillionHttp
        ways['PillionHttpClient'] = [lambda loop: PillionHttp.Client.new(loop())]
        ways['PillionHttpTestServer'] = [lambda loop: PillionHttp.TestServer.new(loop())]
    return ways.get(name, [])


def good(name):
    """Ways to create a good object of a class, by the name of the class; the first is the usual one."""
    default = cast.default_loop
    made = [lambda way=way: way(default) for way in of_loop(name)]
    late = [after_close(way) for way in of_loop(name)]
    if name in ('PillionScope', 'PillionQueue', 'PillionPollSource', 'PillionHttpTestServer'):
        late += [closed(way) for way in made]
    ways = {
        'PillionLoop': [cast.loop, cast.closed_loop, default],
        'PillionTask': [cast.task, cast.done_task, cast.failed_task, cast.foreign_task],
        'PillionScope': [*made, lambda: Pillion.Scope.new(cast.loop(), 'odd')],
        'PillionCompletions': [lambda: Pillion.Completions.new(default(), [cast.task()])],
        'PillionRetry': [Pillion.Retry],
        'PillionPollSource': [*made, lambda: cast.remember(Pillion.PollSource.new(cast.loop(), os.dup(0)))],
        'PillionCallbackHost': [lambda: Pillion.CallbackHost.new('odd')],
        'PillionGlibHost': [lambda: Pillion.GlibHost.new('odd', None)],
        'PillionTickHost': [cast.tick_host],
        'PillionTestHost': [Pillion.TestHost.new],
        'PillionHost': [lambda: Pillion.CallbackHost.new('odd'), cast.tick_host, OddHost, WorseHost],
        'GCancellable': [Gio.Cancellable],
        'GFile': [lambda: Gio.File.new_for_path('odd'), lambda: Gio.File.new_for_uri('odd://odd/odd')],
        'GObject': [Gio.Cancellable, cast.task],
    }
    if NAMESPACE == 'PillionHttp':
        from gi.repository import PillionHttp
        ways['PillionHttpRequest'] = [lambda: PillionHttp.Request.new('GET', 'http://127.0.0.1:1/')]
    return [*ways.get(name, made), *late]


def fails(*args):
    raise RuntimeError('odd')


FUNCTIONS = [lambda *args: None, lambda *args: cast.task(), lambda *args: True, fails, None, 5]
STRINGS = ['odd', '', 'http://127.0.0.1:1/', '%s%n\x01\u2028', 'x' * 100000, None, 5]


def objects(gtype):
    ways = list(good(gtype.name))
    kind = gtype.pytype
    if not ways and kind is not None:
        for name in [child.name for child in gtype.children]:
            ways += good(name)
    if kind is not None and gtype.is_classed() and not gtype.is_abstract():
        ways.append(naked(gtype))
    return [*ways, lambda: None, lambda: Gio.SimpleAction.new('odd', None), lambda: 5, lambda: 'odd']


def constant(values):
    return [lambda value=value: value for value in values]


def candidates(kind):
    """Ways to create an argument; the first is the usual one."""
    tag = kind.get_tag_as_string()
    if tag == 'gboolean':
        return constant([True, False, None, 'odd'])
    if tag in INT_LIMITS:
        low, high = INT_LIMITS[tag]
        return constant([1, 0, low, high, low + 1, 1000, 'odd', None])
    if tag in ('gfloat', 'gdouble'):
        return constant([1.0, 0.0, -1.0, float('inf'), float('-inf'), float('nan'), 1e-300, None])
    if tag in ('utf8', 'filename'):
        return constant(STRINGS)
    if tag in ('array', 'glist', 'gslist'):
        items = candidates(kind.get_param_type(0))
        return [lambda: [items[0]()], lambda: [], lambda: [item() for item in items[:3]], lambda: [items[-3]()], lambda: None,
                lambda: b'odd', lambda: 5]
    if tag == 'ghash':
        return constant([{}, {'odd': 'odd'}, None, 5])
    if tag == 'error':
        return constant([GLib.Error('odd', 'g-io-error-quark', 1), GLib.Error(), None, 5])
    if tag == 'GType':
        return constant([GObject.TYPE_OBJECT, GObject.TYPE_INVALID, GObject.TYPE_NONE, GObject.TYPE_STRING, GLib.Bytes, None])
    if tag == 'void':
        return constant([None, 5, object()])
    if tag != 'interface':
        return constant([None, 5, 'odd'])
    interface = kind.get_interface()
    sort = type(interface).__name__
    if sort == 'CallbackInfo':
        return constant(FUNCTIONS)
    if sort in ('EnumInfo', 'FlagsInfo'):
        return constant([1, 0, 2**31 - 1, -1, 'odd', None])
    gtype = interface.get_g_type()
    if gtype.name == 'GClosure':
        return constant(FUNCTIONS)
    if gtype.name == 'GValue':
        return constant(['odd', 1, None, 2**70, 'a\0b', [1], GObject.Value(GObject.TYPE_INT, 3), GObject.Value()])
    if gtype.name == 'GBytes':
        return [lambda: GLib.Bytes.new(b'odd'), lambda: GLib.Bytes.new(b''), lambda: None, lambda: 5]
    if gtype.name == 'GVariant':
        return [lambda: GLib.Variant('s', 'odd'), lambda: GLib.Variant('a{sv}', {}), lambda: None, lambda: 5]
    if gtype.name == 'GMainContext':
        return [GLib.MainContext.new, GLib.MainContext.default, lambda: None, lambda: 5]
    if sort in ('ObjectInfo', 'InterfaceInfo'):
        return objects(gtype)
    kind = getattr(sys.modules.get('gi.repository.' + interface.get_namespace()), interface.get_name(), None)
    return [*([kind] if callable(kind) else []), lambda: None, lambda: 5]


def in_arguments(function):
    """The arguments that a Python caller passes."""
    arguments = function.get_arguments()
    hidden = set()
    for argument in arguments:
        kind = argument.get_type()
        if kind.get_tag_as_string() == 'array':
            hidden.add(kind.get_array_length())
        hidden.add(argument.get_destroy())
    result = function.get_return_type()
    if result is not None and result.get_tag_as_string() == 'array':
        hidden.add(result.get_array_length())
    return [argument for index, argument in enumerate(arguments) if index not in hidden and argument.get_direction() != 1]


class Watcher(threading.Thread):
    """Ends calls that wait for what the objects of the cast do."""

    def __init__(self):
        super().__init__(daemon=True)
        self.since = None

    def run(self):
        while True:
            time.sleep(PATIENCE / 2)
            since = self.since
            if since is not None and time.monotonic() - since > PATIENCE:
                cast.help()


watcher = Watcher()
kept = []  # PyGObject's closures use data of the function that they were passed to
log = os.open(LOG, os.O_WRONLY | os.O_APPEND)
n_calls = 0


def settle():
    """Lets whatever a call has started continue."""
    cast.end()
    loops = {id(one): one for one in cast.cast if isinstance(one, Pillion.Loop)}
    for loop in loops.values():
        if loop.is_on_thread() and not loop.is_closed():
            loop.kick()
            loop.kick()
    for loop in loops.values():
        if loop.is_on_thread() and loop.get_context() not in (None, GLib.MainContext.default()):
            loop.close(0)


def call(title, function, ways, on_thread=False):
    """Creates the arguments and makes the call."""
    global n_calls
    n_calls += 1
    cast.cast = [cast.default_loop()]
    watcher.since = time.monotonic()
    try:
        arguments = [way() for way in ways]
        os.write(log, f'{title} ({", ".join(repr(argument)[:60] for argument in arguments)})'
                      f'{" on another thread" if on_thread else ""}\n'.encode(errors='replace'))
        for argument in arguments:
            if isinstance(argument, (Pillion.Task, Pillion.Loop, Pillion.PollSource)):
                cast.remember(argument)
            elif isinstance(argument, Pillion.TickHost):
                argument.connect('frame', lambda host, frame: host.quit())
        if on_thread:
            thread = threading.Thread(target=attempt, args=(function, arguments))
            thread.start()
            thread.join()
        else:
            attempt(function, arguments)
        del arguments
        settle()
    except BaseException:  # CancelledError is no Exception
        pass
    finally:
        watcher.since = None
    if n_calls % 50 == 0:
        gc.collect()


def attempt(function, arguments):
    try:
        function(*arguments)
    except BaseException:  # CancelledError is no Exception
        pass


def exercise(title, function, ways, luck):
    first = [way[0] for way in ways]
    call(title, function, first)
    if not ways:
        return
    for index, others in enumerate(ways):
        for other in others[1:]:
            call(title, function, [*first[:index], other, *first[index + 1:]])
    for _ in range(N_RANDOM):
        call(title, function, [luck.choice(way) for way in ways])
    if title.split('.')[-1] not in ('run', 'wait'):
        call(title, function, first, on_thread=True)
        for _ in range(N_RANDOM_ELSEWHERE):
            call(title, function, [luck.choice(way) for way in ways], on_thread=True)


def exercise_properties(owner, luck):
    gtype = owner.get_g_type()
    values = [None, 0, -1, 2**31 - 1, 2**63 - 1, -2**63, 0.0, float('nan'), 'odd', '', True, cast.task, cast.loop, cast.closed_loop,
              GLib.Bytes.new(b'odd'), []]

    def get(one, name):
        return one.get_property(name)

    def put(one, name, value):
        one.set_property(name, value)

    def make(name, value):
        cast.remember(GObject.new(gtype, **{name: value}))

    def make_many(names, values):
        cast.remember(GObject.new(gtype, **dict(zip(names, values))))

    pspecs = gtype.pytype.list_properties() if hasattr(gtype.pytype, 'list_properties') else ()
    for pspec in pspecs:
        for way in objects(gtype)[:-4]:
            title = f'{owner.get_name()}.props.{pspec.name}'
            call(title, get, [way, lambda: pspec.name])
            for value in values:
                make_value = value if callable(value) else lambda: value
                call(f'{title} = ', put, [way, lambda: pspec.name, make_value])
        for value in values:
            make_value = value if callable(value) else lambda: value
            call(f'{owner.get_name()}({pspec.name})', make, [lambda: pspec.name.replace('-', '_'), make_value])

    # Objects made with many odd properties at once
    names = [pspec.name.replace('-', '_') for pspec in pspecs]
    for _ in range(N_RANDOM if names else 0):
        chosen = luck.sample(names, luck.randint(1, len(names)))
        picked = [luck.choice(values) for _ in chosen]
        call(f'{owner.get_name()}({", ".join(chosen)})', make_many, [
            lambda: chosen, lambda: [value() if callable(value) else value for value in picked]])


def exercise_signals(owner, luck):
    """Signals that somebody emits who is not meant to, and handlers that fail."""
    gtype = owner.get_g_type()

    def emit(one, name, *arguments):
        one.connect(name, luck.choice([fails, lambda *args: None]))
        one.emit(name, *arguments)

    for info in owner.get_signals():
        ways = [objects(gtype), [info.get_name], *(candidates(one.get_type()) for one in info.get_arguments())]
        exercise(f'{GROUP}::{info.get_name()}', emit, ways, luck)


def exercise_type(owner):
    """What is not meant to be made, or derived from."""
    gtype = owner.get_g_type()
    call(f'GObject.new ({GROUP})', lambda: GObject.new(gtype), [])
    call(f'{GROUP} ()', gtype.pytype, [])
    call(f'class ({GROUP})', lambda: type('Odd' + GROUP, (gtype.pytype,), {})(), [])
    call(f'interface ({GROUP})', lambda: type('Odder' + GROUP, (GObject.Object, gtype.pytype), {})(), [])


def exercise_fields(owner, luck):
    """The fields of a boxed type that was made by hand."""
    kind = getattr(sys.modules['gi.repository.' + NAMESPACE], GROUP)
    for info in owner.get_fields():
        exercise(f'{GROUP}.{info.get_name()}', lambda one: getattr(one, info.get_name()), [[kind]], luck)
        exercise(f'{GROUP}.{info.get_name()} =', lambda one, value: setattr(one, info.get_name(), value),
                 [[kind], candidates(info.get_type())], luck)


def main():
    luck = random.Random(f'{SEED} {GROUP}')
    watcher.start()
    cast.default_loop()
    repository = Repository.get_default()
    for info in repository.get_infos(NAMESPACE):
        sort = type(info).__name__
        if sort == 'FunctionInfo':
            if GROUP == 'functions':
                kept.append(info)
                exercise(info.get_name(), info, [candidates(one.get_type()) for one in in_arguments(info)], luck)
        elif info.get_name() == GROUP:
            gtype = info.get_g_type()
            for function in info.get_methods():
                if function.get_name() in ('ref', 'unref', 'free'):
                    continue
                kept.append(function)
                title = f'{GROUP}.{function.get_name()}'
                ways = [candidates(one.get_type()) for one in in_arguments(function)]
                if function.is_method():
                    if sort in ('ObjectInfo', 'InterfaceInfo'):
                        ways.insert(0, objects(gtype))
                    else:
                        kind = getattr(sys.modules['gi.repository.' + NAMESPACE], GROUP)
                        ways.insert(0, [kind, lambda: None])
                exercise(title, function, ways, luck)
                # What the override puts in its place
                replaced = getattr(gtype.pytype, function.get_name(), None)
                if callable(replaced) and not isinstance(replaced, type(function)) and hasattr(replaced, '__code__'):
                    exercise(title, replaced, ways, luck)
            if sort == 'ObjectInfo':
                exercise_properties(info, luck)
                exercise_signals(info, luck)
            if sort in ('ObjectInfo', 'InterfaceInfo'):
                exercise_type(info)
            if sort == 'StructInfo':
                exercise_fields(info, luck)
    gc.collect()
    os.write(log, f'done {n_calls}\n'.encode())


if __name__ == '__main__':
    main()
