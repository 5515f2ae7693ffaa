# SPDX-FileCopyrightText: 2026 The Pillion authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""The panel in the sidebar of 3D views, and the overlay that fills one."""

import blf
import bpy
import gpu
from gpu_extras.batch import batch_for_shader
from gpu_extras.presets import draw_texture_2d

from pillion.hosts.blender import AsyncModalOperatorMixin

from . import browser as browsing

CELL = 150  # pixels, with the margins
PICTURE = 128
LINE = 20
BACK = 0.08, 0.08, 0.09, 0.93
BAR = 0.25, 0.55, 0.95, 1
EMPTY = 0.2, 0.2, 0.22, 1
CHOSEN = 0.35, 0.35, 0.4, 1
TEXT = 0.9, 0.9, 0.9, 1
SCROLL = {'WHEELUPMOUSE': -1, 'WHEELDOWNMOUSE': 1}


def get_browser():
    addon = bpy.context.preferences.addons.get(__package__)
    return browsing.open(addon.preferences.url if addon is not None and addon.preferences is not None else '')


def redraw():
    for window in bpy.context.window_manager.windows:
        for area in window.screen.areas:
            if area.type == 'VIEW_3D':
                area.tag_redraw()


def download(operator, name):
    """Starts the download of a texture that is shown. Reports what is in the way."""
    browser = get_browser()
    folder = browsing.get_folder()
    item = next((item for item in browser.items if item.texture.name == name), None)
    if folder is None:
        operator.report({'WARNING'}, 'Save the blend file first: textures go into a folder beside it')
    elif item is not None:
        browser.download(item, folder)
        return {'FINISHED'}
    return {'CANCELLED'}


class TEXTURES_OT_go(bpy.types.Operator):
    """Show a folder of the catalogue"""

    bl_idname = 'textures.go'
    bl_label = 'Show Folder'
    bl_options = {'INTERNAL'}

    path: bpy.props.StringProperty()
    up: bpy.props.BoolProperty()

    def execute(self, context):
        browser = get_browser()
        browser.views.add(redraw)
        if self.up:
            browser.go_up()
        else:
            browser.go(browser.path + [self.path] if self.path else [])
        return {'FINISHED'}


class TEXTURES_OT_download(bpy.types.Operator):
    """Download all maps of this texture into the folder textures beside the blend file"""

    bl_idname = 'textures.download'
    bl_label = 'Download Texture'
    bl_options = {'INTERNAL'}

    name: bpy.props.StringProperty()

    def execute(self, context):
        return download(self, self.name)


class TEXTURES_OT_cancel(bpy.types.Operator):
    """Cancel this download. The next time, it goes on where it stopped"""

    bl_idname = 'textures.cancel'
    bl_label = 'Cancel Download'
    bl_options = {'INTERNAL'}

    index: bpy.props.IntProperty()

    def execute(self, context):
        get_browser().downloads[self.index].future.cancel()
        return {'FINISHED'}


class TEXTURES_OT_close(bpy.types.Operator):
    """Close the browser, and cancel what it is doing"""

    bl_idname = 'textures.close'
    bl_label = 'Close'

    def execute(self, context):
        browsing.close()
        redraw()
        return {'FINISHED'}


class TEXTURES_PT_browser(bpy.types.Panel):
    bl_label = 'Textures'
    bl_space_type = 'VIEW_3D'
    bl_region_type = 'UI'
    bl_category = 'Textures'

    def draw(self, context):
        layout = self.layout
        browser = browsing.browser
        row = layout.row(align=True)
        row.operator('textures.browse', icon='IMAGE_DATA')
        if browser is None:
            row.operator('textures.go', text='Here').path = ''
            return
        row.operator('textures.close', text='', icon='X')
        layout.prop(context.window_manager, 'texture_search', text='', icon='VIEWZOOM')
        if browser.path:
            layout.operator('textures.go', text=browser.title, icon='FILE_PARENT').up = True
        if browser.status:
            layout.label(text=browser.status)
        column = layout.column(align=True)
        for title, path in browser.folders:
            column.operator('textures.go', text=title, icon='FILE_FOLDER').path = path
        grid = layout.grid_flow(columns=2, even_columns=True, align=True)
        for item in browser.items:
            cell = grid.column(align=True)
            if item.picture is not None:
                cell.template_icon(icon_value=item.picture.icon_id, scale=4)
            else:
                cell.label(text=item.error or f'{item.progress.fraction:.0%}')
            cell.operator('textures.download', text=item.texture.title).name = item.texture.name
        for index, job in enumerate(browser.downloads):
            row = layout.row()
            row.label(text=f'{job.title}: {job.status}')
            if not job.future.done():
                row.operator('textures.cancel', text='', icon='X').index = index


class TEXTURES_OT_browse(AsyncModalOperatorMixin, bpy.types.Operator):
    """Browse a catalogue of textures in this view"""

    bl_idname = 'textures.browse'
    bl_label = 'Browse Textures'

    handle = None

    @classmethod
    def poll(cls, context):
        return context.area is not None and context.area.type == 'VIEW_3D'

    async def async_execute(self, context):
        await self.browser.go([])

    def invoke(self, context, event):
        self.browser = get_browser()
        self.area, self.region = context.area, context.region
        self.text = ''
        self.cells = []  # rectangles and what a click in them does
        self.first_row = 0
        self.mouse = -1, -1
        self.browser.views.add(redraw)
        self.handle = bpy.types.SpaceView3D.draw_handler_add(self.draw_overlay, (), 'WINDOW', 'POST_PIXEL')
        redraw()
        return super().invoke(context, event)

    def modal(self, context, event):
        if self.browser is not browsing.browser:
            self.quit()  # the panel closed it
        elif event.type == 'ESC' and event.value == 'PRESS':
            self.quit()
        elif event.type == 'MOUSEMOVE':
            self.mouse = event.mouse_x - self.region.x, event.mouse_y - self.region.y
            redraw()
        elif event.type in SCROLL and self.browser.items:
            self.first_row = max(0, self.first_row + SCROLL[event.type])
            redraw()
            return {'RUNNING_MODAL'}
        elif event.type == 'LEFTMOUSE' and event.value == 'PRESS' and self.click(event):
            return {'RUNNING_MODAL'}
        elif event.type == 'BACK_SPACE' and event.value == 'PRESS':
            if self.text:
                self.search(self.text[:-1])
            elif self.browser.path:
                self.browser.go_up()
            return {'RUNNING_MODAL'}
        elif event.value == 'PRESS' and event.unicode and event.unicode.isprintable():
            self.search(self.text + event.unicode)
            return {'RUNNING_MODAL'}
        return super().modal(context, event)

    def cancel(self, context):
        self.put_away()
        super().cancel(context)

    def _finish(self, context):
        self.put_away()
        super()._finish(context)

    def put_away(self):
        """Closing ends what is only for showing. Downloads of sets go on, and are in the panel."""
        if self.handle is not None:
            bpy.types.SpaceView3D.draw_handler_remove(self.handle, 'WINDOW')
            self.handle = None
        self.browser.stop()
        redraw()

    def search(self, text):
        self.text = text
        self.browser.search(text)
        redraw()

    def click(self, event):
        x, y = event.mouse_x - self.region.x, event.mouse_y - self.region.y
        for (left, bottom, width, height), function in self.cells:
            if left <= x < left + width and bottom <= y < bottom + height:
                function()
                redraw()
                return True
        return False

    def draw_overlay(self):
        if bpy.context.region != self.region:
            return
        browser = self.browser
        self.cells = []
        fill(0, 0, self.region.width, self.region.height, BACK)
        margin, right, height = self.get_free_space()
        write(margin, height - 24, 14, ' / '.join(['Textures', *browser.path]))
        write((margin + right) // 2, height - 24, 14, f'Search: {self.text}▏' if self.text else 'Type to search, Esc to close')
        if browser.status:
            write(margin, height - 50, 14, browser.status)
        columns = max(1, (right - margin) // CELL)
        entries = [*browser.folders, *browser.items]
        self.first_row = min(self.first_row, max(0, (len(entries) - 1) // columns))
        for index, entry in enumerate(entries[self.first_row * columns:]):
            left = margin + index % columns * CELL
            bottom = height - 44 - (index // columns + 1) * (CELL + LINE)
            if bottom < 0:
                break
            self.draw_entry(entry, left, bottom)
        for index, job in enumerate(job for job in browser.downloads if not job.is_done):
            bottom = 10 + index * (LINE + 6)
            draw_bar(margin, bottom, 200, job.progress.fraction)
            write(margin + 210, bottom, 12, f'{job.title}: {job.status}')

    def get_free_space(self):
        """Returns the left, right and upper end of what Blender's own bars leave free."""
        left, right, top = 10, self.region.width - 10, self.region.height
        for region in self.area.regions:
            # The bars are drawn over the view if the user has not switched that off
            if bpy.context.preferences.system.use_region_overlap and region.width > 1 and region.height > 1:
                if region.type == 'TOOLS':
                    left += region.width
                elif region.type == 'UI':
                    right -= region.width
                elif region.type in ('HEADER', 'TOOL_HEADER'):
                    top -= region.height
        return left, right, top

    def draw_entry(self, entry, left, bottom):
        rectangle = left, bottom, CELL - 6, CELL + LINE - 6
        x, y = self.mouse
        if left <= x < left + rectangle[2] and bottom <= y < bottom + rectangle[3]:
            fill(*rectangle, CHOSEN)
        if isinstance(entry, tuple):
            title, path = entry
            fill(left + 30, bottom + LINE + 40, 84, 50, EMPTY)
            fill(left + 30, bottom + LINE + 90, 34, 10, EMPTY)
            write(left + 8, bottom + 8, 13, title)
            self.cells.append((rectangle, lambda: self.browser.go(self.browser.path + [path])))
            return
        place = left + 8, bottom + LINE + 4
        if entry.picture is not None and entry.picture.texture is not None:
            draw_texture_2d(entry.picture.texture, place, PICTURE, PICTURE)
        else:
            fill(*place, PICTURE, PICTURE, EMPTY)
            if entry.error:
                write(place[0] + 4, place[1] + PICTURE // 2, 11, entry.error[:22])
            else:
                draw_bar(place[0] + 14, place[1] + PICTURE // 2, PICTURE - 28, entry.progress.fraction)
        write(left + 8, bottom + 8, 13, entry.texture.title)
        self.cells.append((rectangle, lambda: download(self, entry.texture.name)))


def write(x, y, size, text):
    blf.size(0, size)
    blf.color(0, *TEXT)
    blf.position(0, x, y, 0)
    blf.draw(0, text)


def draw_bar(x, y, width, fraction):
    fill(x, y, width, 8, EMPTY if fraction else CHOSEN)
    if fraction:
        fill(x, y, round(width * fraction), 8, BAR)


def fill(x, y, width, height, color):
    # Blender 4 has dropped the older name
    name = 'UNIFORM_COLOR' if bpy.app.version >= (4, 0, 0) else '2D_UNIFORM_COLOR'
    shader = gpu.shader.from_builtin(name)
    corners = (x, y), (x + width, y), (x, y + height), (x + width, y + height)
    gpu.state.blend_set('ALPHA')
    shader.bind()
    shader.uniform_float('color', color)
    batch_for_shader(shader, 'TRI_STRIP', {'pos': corners}).draw(shader)
    gpu.state.blend_set('NONE')


CLASSES = (TEXTURES_OT_go, TEXTURES_OT_download, TEXTURES_OT_cancel, TEXTURES_OT_close, TEXTURES_OT_browse, TEXTURES_PT_browser)


def _on_search(self, context):
    browser = browsing.browser
    if browser is not None:
        browser.search(self.texture_search)


def register():
    bpy.types.WindowManager.texture_search = bpy.props.StringProperty(
        name='Search', description='Words in the titles of textures', update=_on_search, options={'TEXTEDIT_UPDATE', 'SKIP_SAVE'})
    for cls in CLASSES:
        bpy.utils.register_class(cls)


def unregister():
    for cls in reversed(CLASSES):
        bpy.utils.unregister_class(cls)
    del bpy.types.WindowManager.texture_search
    browsing.close()
