-- The second part of plain_few: such jobs may be what a session waits for, whose next call is
-- parked. It gets them then as a plain fetch would give them to it: nothing may come before them.
-- Here every step counts: the server was idle, and what it does first takes ten times as long as
-- what it does again. So one job has steps of its own, without tables, numbers are texts where
-- they may be, and one string is all that is written: the answer that is published. What follows
-- from it is left to handed.lua, by which every other script begins.
-- A parked call, by session: session and number of the call (22 bytes), the first of as many
-- places in line as are given at most (6), how many jobs it takes (1), lengths of channel (1),
-- queues (2) and of the server's name (1), that name, channel, queues, and what it reads. It is
-- there while the call before it is the session's last one, what came for it is not in hand,
-- nothing is paused, and no line is held. Where a session lives, one member of line is no job
-- (open.lua). What is in hand has to be looked through by each insert: there is little of it.
-- keys: park line hand name
if there % 2 == 1 and (not notes or #notes < 4) then
  local one = call('HRANDFIELD', k_park, '1', 'WITHVALUES')
  local id, p = one[1], one[2]
  local max, name, q1, q2, server = byte(p, 29, 33)
  local queues = 34 + server + name
  local refs = queues + 8 * (256 * q1 + q2)
  local listed, read = find(p, queue, queues, true), find(p, sub(middle, 10, 25), refs, true)
  local fits = count <= max and listed and listed < refs and (listed - queues) % 8 == 0 and read and (read - refs) % 16 == 0
  if fits and call('ZCARD', k_line) > 1 then -- guard: turn of queues
    for at = queues, listed, 8 do
      local before = '[' .. sub(p, at, at + 7)
      if call('ZRANGEBYLEX', k_line, before, before .. '\255', 'LIMIT', '0', '1')[1] then fits = false end
    end
  end
  local channel = sub(p, 34 + server, queues - 1)
  -- Asked before anything is written: what is published is heard on replicas, too, which nobody counts.
  if fits and call('PUBSUB', 'NUMSUB', channel)[2] == 0 then -- guard: somebody listens
    fits = false
    call('HDEL', k_park, id)
  end
  if fits then
    local answer
    if count == 1 then
      answer = sub(p, 1, 22) .. at6 .. sub(p, 33, 33 + server) .. '\1' .. all .. '\131' .. middle .. sub(p, 23, 28) .. at6 .. ARGV[6]
    else
      local sizes, records, place = {}, {}, sunpack('>I6', p, 23) - 1
      for i = 1, count do
        records[i] = '\131' .. middle .. spack('>I6', place + i) .. at6 .. ARGV[5 + i]
        sizes[i] = spack('>I4', #records[i])
      end
      answer = sub(p, 1, 22) .. at6 .. sub(p, 33, 33 + server) .. string.char(count) .. all .. table.concat(sizes) .. table.concat(records)
    end
    if #answer > 16384 then
      -- It goes the usual way: what is in hand is read by each insert.
    elseif call('HSETNX', k_hand, id, answer) == 0 then -- guard: one hand
      call('HDEL', k_park, id)
    else
      call('PUBLISH', channel, answer)
      if ARGV[6 + count] then call('HSET', k_name, unpack(ARGV, 6 + count)) end
      return 2
    end
  end
end
