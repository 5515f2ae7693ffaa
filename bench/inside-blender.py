# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""What is measured inside Blender: blender … --python inside-blender.py -- WHAT [ARGUMENT…]. It prints one JSON object after the word
RESULT, or names what is missing after MISSING. `blender.py` starts it; a side without Pillion runs without the add-on."""

import ctypes
import importlib.util
import json
import os
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path
from time import monotonic

import bpy
import imbuf

what, *arguments = sys.argv[sys.argv.index("--") + 1:]
folder = tempfile.mkdtemp()
bpy.context.preferences.view.show_splash = False

IDLE_WINDOW = 2  # s

# How long Blender may take until it is ready: a busy machine has no quick rounds
SETTLE_PATIENCE = 60  # s


def finish(value, **more):
    print("RESULT", json.dumps({"value": value, **more}), flush=True)
    os._exit(0)


def end_without(thing):
    print("MISSING", thing, flush=True)
    os._exit(0)


def percentile(values, part):
    return sorted(values)[min(len(values) - 1, int(len(values) * part))]


def drive(generator):
    """Goes on with a generator in each round of Blender's main loop."""
    def step():
        try:
            next(generator)
        except StopIteration:
            return None
        except BaseException:
            import traceback
            traceback.print_exc()
            os._exit(1)
        return 0

    bpy.app.timers.register(step, persistent=True)


def redraw(area_type=None):
    """Has all areas drawn, or those of one type."""
    for window in bpy.context.window_manager.windows:
        for area in window.screen.areas:
            if area_type in (None, area.type):
                area.tag_redraw()


def settle(seconds=3):
    """Waits until Blender has compiled its shaders."""
    begun = monotonic()
    last, quick = begun, 0
    while monotonic() < begun + seconds or quick < 10:
        now = monotonic()
        if now > begun + SETTLE_PATIENCE:
            raise TimeoutError(f"within {SETTLE_PATIENCE} s, Blender's main loop had no ten rounds in a row of less than 0.1 s: "
                               "the machine is too busy")
        quick = quick + 1 if now - last < 0.1 else 0
        last = now
        yield


def get_pillion():
    import pillion.hosts
    from gi.repository import Pillion, PillionHttp
    loop = pillion.hosts.blender.install()
    return pillion, Pillion, PillionHttp, loop


class Kicks:
    """The times of all kicks, in ms: on the wall, and of the processor."""

    def __init__(self):
        from pillion.hosts.blender._host import host
        self.wall, self.processor = [], []
        self.kick = host.kick
        host.kick = self.timed

    def timed(self):
        start, start_processor = time.perf_counter(), time.thread_time()
        self.kick()
        self.processor.append((time.thread_time() - start_processor) * 1000)
        self.wall.append((time.perf_counter() - start) * 1000)


# The processor that an idle Blender takes

def idle(mode, seconds):
    """With the hook and without it, in turn: two runs of Blender differ more than that. No timer of the bench runs meanwhile."""
    _, _, _, loop = get_pillion()
    from pillion.hosts import blender
    if mode == "pending":
        loop.sleep(3600_000_000)
    with_hook, without = [], []

    def begin(used):
        (blender.install if used is with_hook else blender.remove)()
        bpy.app.timers.register(lambda: measure(used), first_interval=1)

    def measure(used):
        start, begun = time.process_time(), monotonic()

        def end():
            used.append(100 * (time.process_time() - start) / (monotonic() - begun))
            if len(without) * IDLE_WINDOW >= float(seconds):
                finish(statistics.mean(with_hook), without=statistics.mean(without))
            begin(without if used is with_hook else with_hook)

        bpy.app.timers.register(end, first_interval=IDLE_WINDOW)

    bpy.app.timers.register(lambda: begin(with_hook), first_interval=5)


# The first minute

def first(url, certificate, seconds):
    """The longest time that Blender is kept: by a kick, or by a call that starts something."""
    from pillion.hosts import blender
    kicks = Kicks()
    calls = []

    def timed(function, *values):
        start, start_processor = time.perf_counter(), time.thread_time()
        result = function(*values)
        calls.append(((time.perf_counter() - start) * 1000, (time.thread_time() - start_processor) * 1000))
        return result

    client = None

    async def request(number):
        nonlocal client
        if client is None:
            from gi.repository import Gio, PillionHttp
            client = timed(PillionHttp.Client.new, blender.install())
            client.set_tls_database(Gio.TlsFileDatabase.new(certificate))
        await timed(client.get_bytes, url)
        await timed(client.download, url, os.path.join(folder, str(number)))

    def run():
        import pillion
        start, number, tasks = monotonic(), 0, []
        while monotonic() < start + float(seconds):
            if monotonic() > start + 1 + number / 2:
                tasks.append(timed(pillion.ensure_future, request(number)))
                number += 1
            yield
        for task in tasks[:-1]:
            task.result()
        finish(max(kicks.wall + [call[0] for call in calls]), processor=max(kicks.processor + [call[1] for call in calls]))

    drive(run())


# Ending

def disable(url, count):
    pillion, Pillion, PillionHttp, loop = get_pillion()
    count = int(count)

    def run():
        yield from settle()
        scope = Pillion.Scope("add-on", loop, cancel_on_error=False)
        client = PillionHttp.Client.new(loop)
        client.set_max_connections(count)
        client.set_max_connections_per_host(count)
        for number in range(count):
            scope.add(client.download(url, f"{folder}/{number}"))
        tasks = list(loop.observe_tasks())
        while sum(task.get_completed() > 0 for task in tasks) < count:
            yield
        yield
        start, start_processor = time.perf_counter(), time.process_time()
        scope.close(5_000_000)
        took, processor = (time.perf_counter() - start) * 1000, (time.process_time() - start_processor) * 1000
        if loop.get_live_tasks():
            raise RuntimeError(f"{loop.get_live_tasks()} tasks are left")
        finish(took, processor=processor)

    drive(run())


def quit(url=None, count=0):
    count = int(count)
    tasks = []
    if url is not None:
        pillion, Pillion, PillionHttp, loop = get_pillion()
        client = PillionHttp.Client.new(loop)
        client.set_max_connections(count)
        client.set_max_connections_per_host(count)

    def run():
        yield from settle()
        for number in range(count):
            tasks.append(client.download(url, f"{folder}/{number}"))
        while not all(task.get_completed() > 0 for task in tasks):
            yield
        print("RESULT", json.dumps({"value": monotonic()}), flush=True)
        bpy.ops.wm.quit_blender()
        yield

    drive(run())


# Thumbnails

class Pointer(threading.Thread):
    """Moves the pointer every 20 ms, by the X server, and notes when."""

    def __init__(self):
        super().__init__(daemon=True)
        x11, self.xtst = ctypes.CDLL("libX11.so.6"), ctypes.CDLL("libXtst.so.6")
        x11.XOpenDisplay.restype = ctypes.c_void_p
        self.display, self.x11 = ctypes.c_void_p(x11.XOpenDisplay(None)), x11
        self.sent = {}
        self.latencies = []

    def run(self):
        number = 0
        while True:
            number = (number + 1) % 400
            self.sent[100 + number] = monotonic()
            self.xtst.XTestFakeMotionEvent(self.display, -1, 100 + number, 200, ctypes.c_ulong(0))
            self.x11.XFlush(self.display)
            time.sleep(0.02)

    def got(self, x):
        sent = self.sent.pop(x, None)
        if sent is not None:
            self.latencies.append((monotonic() - sent) * 1000)


pointer = None


class BENCH_OT_watch(bpy.types.Operator):
    bl_idname = "bench.watch"
    bl_label = "Watch"

    def invoke(self, context, event):
        context.window_manager.modal_handler_add(self)
        return {"RUNNING_MODAL"}

    def modal(self, context, event):
        if event.type == "MOUSEMOVE":
            pointer.got(event.mouse_x)
        return {"PASS_THROUGH"}


def make_picture():
    """A PNG that can't be compressed, of about 390 KB."""
    import numpy
    image = bpy.data.images.new("noise", 360, 360)
    pixels = numpy.random.default_rng(1).random((360, 360, 4), dtype=numpy.float32)
    pixels[..., 3] = 1
    image.pixels.foreach_set(pixels.ravel())
    image.filepath_raw = os.path.join(folder, "picture.png")
    image.file_format = "PNG"
    image.save()
    bpy.data.images.remove(image)
    return os.path.join(folder, "picture.png")


def decode(path):
    """As an image of the blend file, uploaded to the graphics card. Each one has Blender look through its whole file in the next round."""
    start, start_processor = time.perf_counter(), time.thread_time()
    image = bpy.data.images.load(path)
    image.gl_load()
    times = (time.perf_counter() - start) * 1000, (time.thread_time() - start_processor) * 1000
    image.gl_free()
    bpy.data.images.remove(image)
    return times


def decode_outside(path):
    """As pixels that are not part of the blend file."""
    start, start_processor = time.perf_counter(), time.thread_time()
    imbuf.load(path).free()
    return (time.perf_counter() - start) * 1000, (time.thread_time() - start_processor) * 1000


def picture(path):
    def run():
        yield
        os.replace(make_picture(), path)
        finish(os.path.getsize(path))

    drive(run())


def thumbs(url, count, at_once, what):
    """Thumbnails arrive and are decoded in coroutines, while the whole WINDOW or one AREA is redrawn all the time."""
    global pointer
    pillion, Pillion, PillionHttp, loop = get_pillion()
    kicks = Kicks()
    bpy.utils.register_class(BENCH_OT_watch)
    decodes = []
    warm = make_picture()
    area_type, decode_it = {"window": (None, decode), "area": ("PROPERTIES", decode_outside)}[what]

    async def fetch(client, number):
        path = f"{folder}/{number}.png"
        await client.download(f"{url}?{number}", path)
        decodes.append((len(kicks.wall), *decode_it(path)))

    def beyond_decode(times, column):
        """By how much a kick takes longer than the longest decode in it, at most."""
        longest = dict.fromkeys(range(len(times)), 0)
        for decoded in decodes:
            longest[decoded[0]] = max(longest[decoded[0]], decoded[column])
        return max(time - longest[number] for number, time in enumerate(times))

    def redrawing(until):
        while not until():
            redraw(area_type)
            yield

    def run():
        global pointer
        yield from settle()
        with bpy.context.temp_override(window=bpy.context.window_manager.windows[0]):
            bpy.ops.bench.watch("INVOKE_DEFAULT")
        pointer = Pointer()
        pointer.start()
        end = monotonic() + 3
        yield from redrawing(lambda: monotonic() > end)
        decode_it(warm)  # the first one sets up the graphics, which takes as long as ten others
        before, pointer.latencies = pointer.latencies, []
        kicks.wall.clear()
        kicks.processor.clear()
        client = PillionHttp.Client.new(loop)
        client.set_max_connections_per_host(int(at_once))
        start = monotonic()
        tasks = [pillion.ensure_future(fetch(client, number)) for number in range(int(count))]
        yield from redrawing(lambda: all(task.done() for task in tasks))
        took = monotonic() - start
        for task in tasks:
            task.result()
        during = pointer.latencies
        finish(took, beyond=beyond_decode(kicks.wall, 1), beyond_processor=beyond_decode(kicks.processor, 2),
               p50=statistics.median(during), p95=percentile(during, 0.95), p50_before=statistics.median(before),
               p95_before=percentile(before, 0.95), n=[len(before), len(during)])

    drive(run())


# In bulk

def fetch_by_curl(url, target):
    """A libcurl easy handle on a thread, to a file or to memory, with the C library's own fwrite ()."""
    curl, libc = ctypes.CDLL("libcurl.so.4"), ctypes.CDLL(None)  # Blender may bring a malloc () of its own
    curl.curl_easy_init.restype = ctypes.c_void_p
    for function in (libc.fopen, libc.open_memstream):
        function.restype = ctypes.c_void_p
    memory, size = ctypes.c_void_p(), ctypes.c_size_t()
    part = (target or "") + ".part"
    file = ctypes.c_void_p(libc.fopen(part.encode(), b"wb") if target else libc.open_memstream(ctypes.byref(memory), ctypes.byref(size)))
    handle = ctypes.c_void_p(curl.curl_easy_init())
    curl.curl_easy_setopt(handle, 10002, ctypes.c_char_p(url.encode()))
    curl.curl_easy_setopt(handle, 10001, file)
    curl.curl_easy_setopt(handle, 98, ctypes.c_long(256 * 1024))
    status = curl.curl_easy_perform(handle)
    libc.fflush(file)
    if target:
        os.fsync(libc.fileno(file))
    libc.fclose(file)
    curl.curl_easy_cleanup(handle)
    if target:
        os.rename(part, target)
    else:
        libc.free(memory)
    if status != 0:
        raise RuntimeError(f"libcurl: {status}")


def bulk(side, where, ui, url):
    if side == "ours":
        pillion, Pillion, PillionHttp, loop = get_pillion()
        client = PillionHttp.Client.new(loop)
        client.set_max_body_size(1 << 30)
    target = os.path.join(os.environ["BENCH_FOLDER"], "bulk") if where == "disk" else None

    def start():
        if side == "ours":
            task = client.download(url, target) if target else client.get_bytes(url)
            return task.is_done, task.result
        failures = []

        def fetch():
            try:
                fetch_by_curl(url, target)
            except Exception as error:
                failures.append(error)

        thread = threading.Thread(target=fetch, daemon=True)
        thread.start()

        def check():
            if failures:
                raise failures[0]

        return lambda: not thread.is_alive(), check

    def run():
        yield from settle()
        os.sync()
        begun = monotonic()
        is_done, check = start()
        while not is_done():
            if ui == "busy":
                redraw()
            yield
        took = monotonic() - begun
        check()
        if target:
            os.remove(target)
        finish(took)

    drive(run())


# Previews, by a background downloader

def previews(side, url, count, size):
    count, size = int(count), int(size)
    target = Path(folder)
    # The process gets the path of this Python
    if side == "process" and importlib.util.find_spec("requests") is None:
        end_without("requests for Blender's Python")

    def make():
        if side == "process":
            sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
            import peer_background_process
            return peer_background_process.BackgroundDownloader(30)
        from pillion.hosts.blender import downloader
        provider = downloader.MetadataProviderFilesystem(target / "metadata")
        return downloader.BackgroundDownloader(downloader.DownloaderOptions(provider, 30), lambda *values: os._exit(1))

    def run():
        yield from settle()
        # A busy machine makes fewer rounds a second
        begun, used, rounds = monotonic(), time.thread_time(), 0
        while monotonic() < begun + 3:
            rounds += 1
            yield
        idle = (time.thread_time() - used) / rounds

        begun, used, rounds = monotonic(), time.thread_time(), 0
        arrived = []
        downloads = make()
        downloads.start()
        for number in range(count):
            downloads.queue_download(f"{url}{number}", target / f"{number}.bin", lambda *values: arrived.append(values))
        while downloads.num_pending_downloads:
            rounds += 1
            yield
            downloads.update()
        took = monotonic() - begun
        host = time.thread_time() - used - idle * rounds
        downloads.shutdown()
        if len(arrived) != count or any((target / f"{number}.bin").stat().st_size != size for number in range(count)):
            raise RuntimeError(f"{len(arrived)} of {count} have arrived")
        finish(took, host=host * 1000 / (count * size / 1e6))

    drive(run())


# The strip of times

def strip():
    get_pillion()
    from pillion.hosts.blender import _overlay
    times = []

    def run():
        yield from settle()
        _overlay.show(True)
        strip = _overlay._strip
        bpy.types.SpaceView3D.draw_handler_remove(strip.handle, "WINDOW")

        def draw():
            start = time.thread_time()
            strip.draw()
            times.append((time.thread_time() - start) * 1000)

        bpy.types.SpaceView3D.draw_handler_add(draw, (), "WINDOW", "POST_PIXEL")
        while len(times) < 200:
            redraw()
            yield
        finish(statistics.mean(sorted(times[20:])[:-10]))

    drive(run())


globals()[what](*arguments)
