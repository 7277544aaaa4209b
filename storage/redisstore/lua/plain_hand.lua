-- The first part of plain_few: such jobs may be what a session waits for, whose next call is
-- parked. It gets them then as a plain fetch would give them to it: nothing may come before them.
-- Here every step counts: the server was idle, and what it does first takes ten times as long as
-- what it does again. So one job has steps of its own, without tables, numbers are texts where
-- they may be, and what nobody looks at before the job ends is left to handed.lua, by which every
-- other script begins.
-- A parked call, by session: session and number of the call (22 bytes), the first of as many
-- places in line as are given at most (6), how many jobs it takes (1), lengths of channel (1),
-- queues (2) and of the server's name (1), that name, channel, queues, and what it reads. It is
-- there while the call before it is the session's last one and what came for it is not noted
-- in hand, nothing is paused and no line is held. Where a session lives, one member of line is no job (open.lua).
-- keys: park wake batch line name hand state
local call, spack, sunpack, sub, byte, unpack = redis.call, struct.pack, struct.unpack, string.sub, string.byte, unpack
local middle, number, all = ARGV[2], ARGV[3], ARGV[5]
local count, queue = tonumber(number), sub(middle, 2, 9)

local time = call('TIME')
local now = math.floor((time[1] * 1000000 + time[2]) / 1000) + ARGV[1]
local at6 = spack('>I6', now)

-- A parked call counts once, who waits twice, batches four times.
local there = call('EXISTS', k_park, k_wake, k_wake, k_batch, k_batch, k_batch, k_batch)
local batches = there > 3

if there % 2 == 1 then
  local one, find = call('HRANDFIELD', k_park, '1', 'WITHVALUES'), string.find
  local id, p = one[1], one[2]
  local max, name, q1, q2, server = byte(p, 29, 33)
  local queues = 34 + server + name
  local refs = queues + 8 * (256 * q1 + q2)
  local listed, read = find(p, queue, queues, true), find(p, sub(middle, 10, 25), refs, true)
  local fits = count <= max and listed and listed < refs and (listed - queues) % 8 == 0 and read and (read - refs) % 16 == 0
    and (call('ZCARD', k_line) < 2 or not call('ZRANGEBYLEX', k_line, '[' .. queue, '[' .. queue .. '\255', 'LIMIT', '0', '1')[1])
  local channel = sub(p, 34 + server, queues - 1)
  -- Asked before anything is written: what is published is heard on replicas, too, which nobody counts.
  if fits and call('PUBSUB', 'NUMSUB', channel)[2] == 0 then -- guard: somebody listens
    fits = false
    call('HDEL', k_park, id)
  end
  local front = sub(p, 1, 22) .. at6 .. sub(p, 33, 33 + server) .. string.char(count) .. all
  local noted = fits and call('HSETNX', k_hand, id, front .. sub(middle, 2, 17))
  if noted == 0 then -- guard: one hand
    call('HDEL', k_park, id)
  elseif fits then
    local before, records, values = '\131' .. middle, '', {}
    if count == 1 then
      records = before .. sub(p, 23, 28) .. at6 .. ARGV[6]
      if (batches and call('HEXISTS', k_batch, all) == 1 --[[ guard: batch id ]]) or call('HSETNX', k_state, all, records) == 0 then
        call('HDEL', k_hand, id)
        return 0
      end
    else
      local sizes, ids = '', {}
      local place = sunpack('>I6', p, 23) - 1
      for i = 1, count do
        local job, r = sub(all, 16 * i - 15, 16 * i), before .. spack('>I6', place + i) .. at6 .. ARGV[5 + i]
        ids[i], values[2 * i - 1], values[2 * i] = job, job, r
        sizes, records = sizes .. spack('>I4', #r), records .. r
      end
      records = sizes .. records
      local found, batches = call('HMGET', k_state, unpack(ids)), batches and call('HMGET', k_batch, unpack(ids)) or {}
      for i = 1, count do
        if found[i] or batches[i] then call('HDEL', k_hand, id) return 0 end -- guard: known id
      end
      call('HSET', k_state, unpack(values))
    end
    call('PUBLISH', channel, front .. records)
    if ARGV[6 + count] then call('HSET', k_name, unpack(ARGV, 6 + count)) end
    return 2
  end
end
