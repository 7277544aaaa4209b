-- Insert of plain jobs that become enqueued at once: no parents, batch, unique key, limits,
-- recurrence or expiry. Everything but the check is one command for all.
-- ARGV: count of names and counters that follow, names (N8, name), counters (field, jobs),
-- queues (N8, one behind the other), jobs; then runs of jobs that share the middle of their
-- records (priority, N8 of queue, kind and fingerprint): that, their number, then id and body
-- of each. Answers 1, or 0 when something is stored already or twice in
-- the call: nothing is written then.
-- keys: state body batch index line count name meta wake
local call, spack, sub, unpack = redis.call, struct.pack, string.sub, unpack
local names, counters, total = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local queues, at = ARGV[5], 6 + names + counters

local ids, seen, n = {}, {}, 0
do
  local i = at
  while i <= #ARGV do
    local count = tonumber(ARGV[i + 1])
    i = i + 2
    for _ = 1, count do
      n = n + 1
      local id = ARGV[i]
      if seen[id] then return 0 end
      seen[id] = true
      ids[n] = id
      i = i + 2
    end
  end
end
local batches = call('EXISTS', k_batch) == 1
for i = 1, n, 5000 do
  local to = i + 4999
  if to > n then to = n end
  for _, known in ipairs(call('HMGET', k_state, unpack(ids, i, to))) do
    if known then return 0 end
  end
  if batches then
    for _, known in ipairs(call('HMGET', k_batch, unpack(ids, i, to))) do
      if known then return 0 end
    end
  end
end

local time = call('TIME')
local now = math.floor((time[1] * 1000000 + time[2]) / 1000) + ARGV[1]
local seq = call('HINCRBY', k_meta, 'seq', total) - total
local at6 = spack('>I6', now)
-- The parts of a record that all of them share: see codec.lua for their order.
local head = '\3' .. string.rep('\0', 67) .. '\1\3'
local tail = at6 .. at6 .. string.rep('\0', 14) .. '\1' .. string.rep('\0', 39) .. '\0\8\0\3' .. at6

local states, lines, index, k = {}, {}, {}, 0
local function flush()
  if k == 0 then return end
  call('HSET', k_state, unpack(states, 1, k))
  call('ZADD', k_line, unpack(lines, 1, k))
  call('ZADD', k_index, unpack(index, 1, k))
  k = 0
end

while at <= #ARGV do
  local middle, count = ARGV[at], tonumber(ARGV[at + 1])
  local queue = sub(middle, 2, 9)
  local place, class = queue .. '\0\0\0\0' .. sub(middle, 1, 1), '\3' .. sub(middle, 2, 17)
  local before = head .. middle
  at = at + 2
  for i = at, at + count * 2 - 1, 5000 do
    local to = i + 4999
    if to > at + count * 2 - 1 then to = at + count * 2 - 1 end
    call('HSET', k_body, unpack(ARGV, i, to))
  end
  for _ = 1, count do
    local id = ARGV[at]
    at = at + 2
    seq = seq + 1
    local seq6 = spack('>I6', seq)
    states[k + 1], states[k + 2] = id, before .. seq6 .. tail .. sub(seq6, 6)
    lines[k + 1], lines[k + 2] = '0', place .. seq6 .. id
    index[k + 1], index[k + 2] = '0', class .. id
    k = k + 2
    if k == 4000 then flush() end
  end
end
flush()
call('HSET', k_name, unpack(ARGV, 6, 5 + names))
for i = 6 + names, 5 + names + counters, 2 do call('HINCRBY', k_count, ARGV[i], ARGV[i + 1]) end
if call('EXISTS', k_wake) == 1 then call('PUBLISH', k_wake, queues) end
return 1
