-- SPDX-FileCopyrightText: 2026 The Pillion authors
-- SPDX-License-Identifier: LGPL-2.1-or-later

-- Downloads files while a frame loop in Lua draws: lua5.3 downloads.lua FOLDER URL...
--
-- In LÖVE, love.update () would kick, and love.quit () close the loop. lgi knows Lua 5.1 to 5.3, and LuaJIT.

local lgi = require 'lgi'
local GLib, GObject, Gio = lgi.GLib, lgi.GObject, lgi.Gio
local Pillion = lgi.require ('Pillion', '1')
local PillionHttp = lgi.require ('PillionHttp', '1')

local FRAME = 1000000 // 60 -- µs

if #arg < 2 then
  io.stderr:write ('Usage: ' .. arg[0] .. ' FOLDER URL...\n')
  os.exit (2)
end

local loop = Pillion.Loop.new (nil, 'DEFAULT')
local client = PillionHttp.Client.new (loop)
local folder = Gio.File.new_for_path (arg[1])
local pending, failed, longest = 0, false, 0

-- lgi doesn't turn a function into a closure by itself
local function on_done (task, func)
  task:add_done_callback (GObject.Closure (func))
end

local function download (url)
  local task = client:download_into (url, folder, nil, nil)

  pending = pending + 1
  task.on_progress = function ()
    if task.total > 0 then
      print (string.format ('%s: %d %%', url, 100 * task.completed // task.total))
    end
  end
  on_done (task, function (done)
    local result, err = done:get_object ()

    pending = pending - 1
    if result then
      print (string.format ('%s: %d bytes', result.file:get_path (), result.size))
    else
      failed = true
      io.stderr:write (string.format ('%s: %s\n', url, err))
    end
  end)
end

for i = 2, #arg do
  download (arg[i])
end

local due = GLib.get_monotonic_time ()
while pending > 0 do
  local start = GLib.get_monotonic_time ()

  -- A program would draw here
  loop:kick ()
  longest = math.max (longest, GLib.get_monotonic_time () - start)
  due = math.max (due + FRAME, start)
  GLib.usleep (math.max (0, due - GLib.get_monotonic_time ()))
end
print (string.format ('The longest kick took %.1f ms', longest / 1000))

loop:close (1000000)
os.exit (not failed, true)
