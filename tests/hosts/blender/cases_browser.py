# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""The texture browser, clicked through."""

import pathlib
import subprocess
import tempfile
import types

import addon_utils
import bpy

from driver import in_area, rounds, take_picture, until
from pillion import async_loop

folder = pathlib.Path(tempfile.mkdtemp())
KILLED = pathlib.Path(__file__).with_name('killed_download.py')

# The last operator that has drawn into a view
drawn = []


def get_window():
    return bpy.context.window_manager.windows[0]


def press(kind, **details):
    get_window().event_simulate(kind, 'PRESS', **details)
    get_window().event_simulate(kind, 'RELEASE', **{name: value for name, value in details.items() if name != 'unicode'})


def get_region():
    area = next(area for area in get_window().screen.areas if area.type == 'VIEW_3D')
    return next(region for region in area.regions if region.type == 'WINDOW')


def click(operator, index):
    """Clicks into the middle of what is shown at this place."""
    (left, bottom, width, height), _ = operator.cells[index]
    x, y = get_region().x + left + width // 2, get_region().y + bottom + height // 2
    get_window().event_simulate('MOUSEMOVE', 'NOTHING', x=x, y=y)
    yield from rounds(2)
    press('LEFTMOUSE', x=x, y=y)
    yield from rounds(2)


def browse():
    """Opens the overlay. Returns the operator, which draws into it."""
    import pillion_texture_browser.views as views
    original = views.TEXTURES_OT_browse.draw_overlay

    def draw(self):
        drawn[:] = [self]
        original(self)

    drawn.clear()
    views.TEXTURES_OT_browse.draw_overlay = draw
    with in_area('VIEW_3D'):
        bpy.ops.textures.browse('INVOKE_DEFAULT')
    yield from until(lambda: drawn, 'the overlay')
    views.TEXTURES_OT_browse.draw_overlay = original
    yield from until(lambda: len(drawn[0].cells) == 6, 'the folders')
    return drawn[0]


def until_closed(operator):
    """Waits until Blender has destroyed the operator. Nothing may draw any more."""
    yield from until(lambda: is_destroyed(operator), 'the end of the overlay')
    drawn.clear()
    with in_area('VIEW_3D'):
        bpy.context.area.tag_redraw()
    yield from rounds(10)
    assert not drawn


def is_destroyed(operator):
    try:
        return operator.browser is None
    except ReferenceError:
        return True


def get_browser():
    import pillion_texture_browser.browser as browsing
    return browsing.browser


def save_blend(name):
    path = folder / name / 'scene.blend'
    path.parent.mkdir()
    bpy.ops.wm.save_as_mainfile(filepath=str(path))
    return path.parent / 'textures'


def case_browse_search_and_download():
    """Folders open by a click, thumbnails arrive, typing searches, a click downloads the set and loads its images, Esc closes."""
    addon_utils.enable('pillion_texture_browser', default_set=True)
    assert 'pillion_texture_browser' in bpy.context.preferences.addons
    operator = yield from browse()
    browser = get_browser()
    yield from click(operator, 0)
    yield from until(lambda: len(browser.items) == 12 and all(item.picture for item in browser.items), 'the thumbnails')
    yield from until(lambda: len(operator.cells) > 4, 'a frame')
    yield from rounds(10)
    take_picture('texture-browser')
    assert browser.path == ['Bricks'] and not any(item.error for item in browser.items)

    press('BACK_SPACE')
    yield from until(lambda: browser.path == [] and len(operator.cells) == 6, 'the folders again')
    for letter in 'wood 03':
        press(letter.upper() if letter.isalpha() else {'0': 'ZERO', '3': 'THREE', ' ': 'SPACE'}[letter], unicode=letter)
        yield from rounds(1)
    yield from until(lambda: [item.texture.name for item in browser.items] == ['wood-03'] and len(operator.cells) == 1, 'what was searched')

    # Without a folder beside the blend file, it says so
    yield from click(operator, 0)
    assert browser.downloads == []
    textures = save_blend('first')
    yield from click(operator, 0)
    yield from until(lambda: browser.downloads and browser.downloads[0].future.done(), 'the set')
    job, = browser.downloads
    assert job.is_done and job.error == '', job.error
    assert sorted(path.name for path in textures.iterdir()) == ['wood-03-v1'], list(textures.iterdir())
    names = {path.name for path in (textures / 'wood-03-v1').iterdir()}
    assert names == {f'wood-03-v1_{kind}.png' for kind in ('color', 'normal', 'roughness', 'height')}, names
    spaces = {image.name: image.colorspace_settings.name for image in bpy.data.images if image.name in names}
    assert spaces['wood-03-v1_color.png'] == 'sRGB' and spaces['wood-03-v1_normal.png'] == 'Non-Color', spaces
    assert bpy.data.images['wood-03-v1_color.png'].filepath.startswith('//textures')

    press('ESC')
    yield from until_closed(operator)


def case_closing_cancels():
    """What is only for showing ends with the overlay, at once."""
    operator = yield from browse()
    browser = get_browser()
    for path in browser.catalogue.cache.iterdir():
        path.unlink()
    # So slowly that they can't all arrive between two looks of a busy Blender
    browser.catalogue.client.set_rate_limit(10_000)
    yield from click(operator, 0)
    yield from until(lambda: sum(item.picture is not None for item in browser.items) > 2, 'some thumbnails')
    browser.catalogue.client.set_rate_limit(2000)
    yield from until(lambda: any(item.picture is None and item.progress.fraction > 0 for item in browser.items), 'some progress')
    yield from rounds(10)
    take_picture('texture-browser-progress')
    press('ESC')
    yield from until_closed(operator)
    yield from until(lambda: async_loop.guest.get_live_tasks() == 0, 'the end of all tasks', 2)
    browser.catalogue.client.set_rate_limit(0)
    bpy.ops.textures.close()
    assert get_browser() is None


def case_the_panel_draws():
    """The panel shows the same state, with and without a browser."""
    bpy.ops.textures.go()
    browser = get_browser()
    yield from until(lambda: len(browser.folders) == 6, 'the folders')
    with in_area('VIEW_3D'):
        bpy.context.space_data.show_region_ui = True
    area = next(area for area in get_window().screen.areas if area.type == 'VIEW_3D')
    region = next(region for region in area.regions if region.type == 'UI')
    bpy.ops.textures.go(path='Metal')
    yield from until(lambda: len(browser.items) == 12 and all(item.picture for item in browser.items), 'the thumbnails')
    bpy.context.window_manager.texture_search = 'stone 1'
    yield from until(lambda: [item.texture.name for item in browser.items] == ['stone-01', 'stone-10', 'stone-11', 'stone-12'], 'the search')
    try:
        region.active_panel_category = 'Textures'  # Blender 4.2
    except AttributeError:
        pass
    yield from rounds(20)
    bpy.context.window_manager.texture_search = ''
    bpy.ops.textures.go(up=True)
    yield from until(lambda: len(browser.folders) == 6, 'the folders')


def case_a_catalogue_that_lies():
    """Names that lead elsewhere, answers of another form, and a server that is gone are told, and write nothing."""
    browser = get_browser()
    server = browser.server
    answers = [
        {'title': 'x', 'folders': [], 'textures': [{'name': '../x', 'title': 'x', 'thumbnail': 'x', 'set': 'x'}]},
        {'title': 'x', 'folders': [], 'textures': 5},
        {},
        {'title': 'x', 'folders': [['a']], 'textures': []},
    ]
    for answer in answers:
        server.answer = lambda exchange, **_: type(server).answer(server, exchange, **answer)
        browser.go([])
        yield from until(lambda: 'catalogue' in browser.status, 'a message')
        del server.answer
        assert browser.items == []
    browser.go(['nowhere'])
    yield from until(lambda: '404' in browser.status, 'a message')
    browser.go([])
    yield from until(lambda: len(browser.folders) == 6, 'the folders')


def case_no_server_is_asked_while_online_access_is_off():
    """The one in the same Blender needs no network."""
    from pillion_texture_browser import browser as browsing
    own = get_browser()
    other = browsing.Browser(own.catalogue.url, folder / 'offline')
    original, browsing.is_online = browsing.is_online, lambda: False
    try:
        other.go([])
        yield from until(lambda: 'Online access' in other.status, 'a message')
        assert not other.folders
        own.go([])
        yield from until(lambda: len(own.folders) == 6, 'the folders')
        item = types.SimpleNamespace(texture=types.SimpleNamespace(title='a set'))
        job = other.download(item, folder)
        yield from until(lambda: job.future.done(), 'the end of a download')
        assert 'Online access' in job.error, job.error
    finally:
        browsing.is_online = original
    other.go([])
    yield from until(lambda: len(other.folders) == 6, 'the folders')
    other.close()


def case_a_set_goes_on_after_blender_was_killed():
    """What a killed Blender got is not fetched again, and a set has one version."""
    textures = save_blend('killed')
    browser = get_browser()
    child = subprocess.Popen(
        ['blender', '-b', '--factory-startup', '--python-use-system-env', '--python-exit-code', '1', '--addons', 'pillion,pillion_texture_browser',
         '--python', str(KILLED), '--', browser.catalogue.url, str(textures)],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    yield from until(lambda: child.poll() is not None, 'the end of the other Blender', 50)
    assert child.returncode == -9, child.stdout.read().decode(errors='replace')
    assert [path.name for path in textures.iterdir()] == ['.stone-05-v1'], list(textures.iterdir())

    browser.go(['Stone'])
    yield from until(lambda: len(browser.items) == 12 and all(item.picture for item in browser.items), 'the thumbnails')
    item = next(item for item in browser.items if item.texture.name == 'stone-05')
    job = browser.download(item, textures)
    yield from until(lambda: job.future.done(), 'the set')
    assert job.is_done, job.error
    assert [path.name for path in textures.iterdir()] == ['stone-05-v1'], list(textures.iterdir())
    assert 0 < job.progress.resumed_from < job.progress.total, (job.progress.resumed_from, job.progress.total)

    # It was killed when all of it had arrived
    (textures / 'stone-05-v1').rename(textures / '.stone-05-v1')
    job = browser.download(item, textures)
    yield from until(lambda: job.future.done(), 'the set again')
    assert job.is_done, job.error
    assert job.progress.fraction == 1 and job.progress.resumed_from == job.progress.total, (job.progress.fraction, job.progress.resumed_from)
    bpy.ops.textures.close()


def case_nothing_is_left():
    """Disabling the add-on ends everything, the overlay too."""
    operator = yield from browse()
    addon_utils.disable('pillion_texture_browser', default_set=True)
    yield from until_closed(operator)
    yield from until(lambda: async_loop.guest.get_live_tasks() == 0, 'the end of all tasks', 2)
    assert not hasattr(bpy.types.WindowManager, 'texture_search')
