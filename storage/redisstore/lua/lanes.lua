-- What shards tell each other about unique keys and limits.
-- keys: reserve slot limit meta
-- lazy:
-- uses: lib mail prepared

-- u: a unique key is free, unless its reservation is another by now.
function L.on_u(m)
  if call('HGET', k_reserve, m[2]) == m[3] then call('HDEL', k_reserve, m[2]) end
end

-- How a job that is restored takes its unique key again: k asks the key's shard; q asks the
-- shard of the job that reserved it whether that holds it; where not, h replaces it; y gives
-- the key. Each has key, job, its shard, the parent and the run that skipped it, the key's
-- shard, how many shards there are, and the reservation in the way or the stamp.
local function again(m, letter, extra)
  return {letter, m[2], m[3], m[4], m[5], m[6], m[7], m[8], extra}
end

local function give_key(m)
  local stamp = spack('>I8', L.rising('stamp'))
  call('HSET', k_reserve, m[2], m[3] .. stamp)
  L.post(m[4], again(m, 'y', stamp))
end

function L.on_k(m)
  local was = call('HGET', k_reserve, m[2])
  if not was or sub(was, 1, 16) == m[3] then return give_key(m) end
  local lane = sunpack('>I2', was, 15) % 16384
  L.post(math.floor(lane * m[8] / 16384), again(m, 'q', was))
end

function L.on_q(m)
  if L.holds(sub(m[9], 1, 16), m[2]) == 0 then L.post(m[7], again(m, 'h', m[9])) end
end

function L.on_h(m)
  if call('HGET', k_reserve, m[2]) == m[9] then give_key(m) end
end

function L.on_y(m)
  if not L.restore_keyed(m[3], m[9], m[5], m[6]) then L.post(m[7], {'u', m[2], m[3] .. m[9]}) end
end

-- f: a run is over that had a slot of a limit. Those who wait for one are told.
function L.on_f(m)
  local run = m[2] .. '\0' .. m[3] .. spack('>I4', m[4]) .. (m[6] or '')
  if call('ZREMRANGEBYLEX', k_slot, '[' .. run, '[' .. run .. FF) == 0 then return end
  local freed = L.rising('freed')
  local waiting = call('HGET', k_limit, 'w' .. m[2])
  if not waiting then return end
  call('HDEL', k_limit, 'w' .. m[2])
  for at = 1, #waiting, 2 do
    local to = sunpack('>I2', waiting, at)
    L.post(to, {'o', m[2], m[5], freed})
  end
end

-- o: a limit has room. The number of the slot is kept, for a fetch that was told before
-- that there is none.
function L.on_o(m)
  call('HSET', k_meta, 'O' .. m[3], m[4])
  for _, member in ipairs(L.range(k_turn, 'l' .. m[2] .. '\0', 1000)) do
    L.room(L.held_line(sunpack('>I4', member, #member - 3)))
  end
end
