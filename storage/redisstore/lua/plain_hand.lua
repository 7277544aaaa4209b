-- The first part of plain_insert: a short call of jobs alike that wait for a worker may be what
-- a session waits for, whose next call is parked. It gets them then as a plain fetch would give
-- them to it: nothing may come before them. Here every step counts: the server was idle, and
-- what it does first takes ten times as long as what it does again. So one job has steps of its
-- own, without tables, numbers are texts where they may be, and what nobody looks at before the
-- job ends is left to handed.lua, by which every other script begins.
-- A parked call, by session: its number and that before it (6 bytes each), how many jobs it
-- takes (4), lengths of channel and queues (1 each), the first of as many places in line as are
-- given at most (6), channel, queues, and what it reads. Where a session lives, one member of
-- line is no job (open.lua).
-- keys: state batch line name park session hand turn paused
local call, spack, sunpack, sub, byte, unpack = redis.call, struct.pack, struct.unpack, string.sub, string.byte, unpack
local min, ARGV = math.min, ARGV
local first = 6 + ARGV[2] + ARGV[3]
local count = tonumber(ARGV[first + 1])

local time = call('TIME')
local now = math.floor((time[1] * 1000000 + time[2]) / 1000) + ARGV[1]
local at6 = spack('>I6', now)

local short = count > 0 and count <= 32 and (first + 3 + count == #ARGV --[[ need: one sort ]])
local one = short and call('HRANDFIELD', k_park, '1', 'WITHVALUES')
if short and one[1] then
  local id, p, middle, all = one[1], one[2], ARGV[first], ARGV[first + 3]
  local number6, names, queue = sub(p, 1, 6), sub(middle, 2, 17), sub(middle, 2, 9)
  local max, c, q = sunpack('>I4BB', p, 13)
  local queues = 25 + c
  local refs = queues + 8 * q
  local listed, read = string.find(p, queue, queues, true), string.find(p, sub(middle, 10, 25), refs, true)
  local session = call('HGET', k_session, id)
  local there = call('EXISTS', k_batch, k_turn, k_turn, k_paused, k_paused)
  if not session or (sub(session, 29, 34) ~= sub(p, 7, 12) --[[ guard: late park ]]) then
    call('HDEL', k_park, id)
  elseif count <= max and listed and listed < refs and (listed - queues) % 8 == 0 and read and (read - refs) % 16 == 0
    and there < 2 and (call('ZCARD', k_line) < 2 or not call('ZRANGEBYLEX', k_line, '[' .. queue, '[' .. queue .. '\255', 'LIMIT', '0', '1')[1]) then
    local server = sub(session, 35, 35 + byte(session, 35))
    local claim, before = id .. at6 .. at6 .. '\0\0\0\1' .. number6 .. server, '\131' .. middle
    local sizes, records, ids, values, hands
    if count == 1 then
      records = before .. sub(p, 19, 24) .. at6 .. ARGV[first + 4]
      sizes = spack('>I4', #records)
      if (there > 0 and call('HEXISTS', k_batch, all) == 1 --[[ guard: batch id ]]) or call('HSETNX', k_state, all, records) == 0 then return 0 end
    else
      sizes, records, ids, values, hands = '', '', {}, {}, {}
      local place = sunpack('>I6', p, 19) - 1
      for i = 1, count do
        local job, r = sub(all, 16 * i - 15, 16 * i), before .. spack('>I6', place + i) .. at6 .. ARGV[first + 3 + i]
        ids[i], values[2 * i - 1], values[2 * i], hands[2 * i - 1], hands[2 * i] = job, job, r, job, string.char(i) .. names .. claim
        sizes, records = sizes .. spack('>I4', #r), records .. r
      end
      local found, batches = call('HMGET', k_state, unpack(ids)), there > 0 and call('HMGET', k_batch, unpack(ids)) or {}
      for i = 1, count do
        if found[i] or batches[i] then return 0 end -- guard: known id
      end
      call('HSET', k_state, unpack(values))
    end
    local channel = sub(p, 25, 24 + c)
    if call('PUBLISH', channel, id .. number6 .. at6 .. spack('>I2', count) .. server .. all .. sizes .. records) > 0 then
      if count == 1 then call('HSET', k_hand, all, '\1' .. names .. claim) else call('HSET', k_hand, unpack(hands)) end
      call('HSET', k_session, id, sub(session, 1, 28) .. number6 .. sub(session, 35))
      if ARGV[2] ~= '0' then call('HSET', k_name, unpack(ARGV, 6, 5 + ARGV[2])) end
      return 2
    end
    call('HDEL', k_state, unpack(ids or {all})) -- nobody hears it any more
    call('HDEL', k_park, id)
  end
end
