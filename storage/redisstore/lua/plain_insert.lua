-- Insert of plain jobs: no parents, batch, unique key, limits, recurrence or expiry. Everything
-- but the check is one command for all.
-- ARGV: count of names and counters that follow, names (N8, name), counters (field, jobs),
-- queues (N8, one behind the other), jobs; then runs of jobs that share the middle of their
-- records (priority, N8 of queue, kind and fingerprint): that, their number, then id and body
-- of each; of scheduled ones the number is negative, and each has its due time behind: ms, or
-- + and ms from now. Answers 1, or 0 when something is stored already or twice in the call,
-- or due by now: nothing is written then.
-- keys: state body batch index line due count name meta wake
local call, spack, sub, unpack = redis.call, struct.pack, string.sub, unpack
local names, counters, total = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local queues, at = ARGV[5], 6 + names + counters

local time = call('TIME')
local now = math.floor((time[1] * 1000000 + time[2]) / 1000) + ARGV[1]

-- due_of is a due time in ms.
local function due_of(text)
  if string.byte(text) == 43 then return now + sub(text, 2) end
  return tonumber(text)
end

local ids, seen, n = {}, {}, 0
do
  local i = at
  while i <= #ARGV do
    local count = tonumber(ARGV[i + 1])
    local scheduled = count < 0
    i = i + 2
    for _ = 1, math.abs(count) do
      n = n + 1
      local id = ARGV[i]
      if seen[id] then return 0 end
      seen[id] = true
      ids[n] = id
      i = i + 2
      if scheduled then
        if due_of(ARGV[i]) <= now then return 0 end
        i = i + 1
      end
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

local seq = total > 0 and call('HINCRBY', k_meta, 'seq', total) - total
local at6 = spack('>I6', now)
-- The parts of a record that all of them share: see codec.lua for their order.
local head = '\3' .. string.rep('\0', 67) .. '\1\3'
local head1 = '\1' .. string.rep('\0', 67) .. '\1\1'
local middle1 = string.rep('\0', 6) .. at6 .. string.rep('\0', 6)
local tail1 = string.rep('\0', 8) .. '\1' .. string.rep('\0', 39) .. '\0\8\0\1' .. at6
local tail = at6 .. at6 .. string.rep('\0', 14) .. '\1' .. string.rep('\0', 39) .. '\0\8\0\3' .. at6

local states, lines, index, k = {}, {}, {}, 0
local function flush()
  if k == 0 then return end
  call('HSET', k_state, unpack(states, 1, k))
  call('ZADD', k_line, unpack(lines, 1, k))
  call('ZADD', k_index, unpack(index, 1, k))
  k = 0
end

-- enqueued stores a run of jobs that wait for a worker.
local function enqueued(middle, count)
  local place, class = sub(middle, 2, 9) .. '\0\0\0\0' .. sub(middle, 1, 1), '\3' .. sub(middle, 2, 17)
  local before = head .. middle
  for i = at, at + count * 2 - 1, 5000 do call('HSET', k_body, unpack(ARGV, i, math.min(i + 4999, at + count * 2 - 1))) end
  for _ = 1, count do
    local id = ARGV[at]
    at = at + 2
    seq = seq + 1
    local seq6 = spack('>I6', seq)
    states[k + 1], states[k + 2] = id, before .. seq6 .. tail
    lines[k + 1], lines[k + 2] = '0', place .. seq6 .. id
    index[k + 1], index[k + 2] = '0', class .. id
    k = k + 2
    if k == 4000 then flush() end
  end
  flush()
end

-- scheduled stores a run of jobs that wait for their time.
local function scheduled(middle, count)
  local class, before = '\1' .. sub(middle, 2, 17), head1 .. middle .. middle1
  for from = 1, count, 1000 do
    local bodies, dues, m = {}, {}, 0
    for _ = from, math.min(from + 999, count) do
      local id, due = ARGV[at], due_of(ARGV[at + 2])
      states[m + 1], states[m + 2] = id, before .. spack('>I6', due) .. tail1
      bodies[m + 1], bodies[m + 2] = id, ARGV[at + 1]
      index[m + 1], index[m + 2] = '0', class .. id
      dues[m + 1], dues[m + 2] = due, id
      at, m = at + 3, m + 2
    end
    call('HSET', k_body, unpack(bodies, 1, m))
    call('HSET', k_state, unpack(states, 1, m))
    call('ZADD', k_index, unpack(index, 1, m))
    call('ZADD', k_due, unpack(dues, 1, m))
  end
end

while at <= #ARGV do
  local middle, count = ARGV[at], tonumber(ARGV[at + 1])
  at = at + 2
  if count < 0 then scheduled(middle, -count) else enqueued(middle, count) end
end
call('HSET', k_name, unpack(ARGV, 6, 5 + names))
for i = 6 + names, 5 + names + counters, 2 do call('HINCRBY', k_count, ARGV[i], ARGV[i + 1]) end
if queues ~= '' and call('EXISTS', k_wake) == 1 then call('PUBLISH', k_wake, queues) end
return 1
