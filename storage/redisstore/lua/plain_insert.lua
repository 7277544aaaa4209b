-- Insert of plain jobs: no parents, batch, unique key, limits, recurrence or expiry. Everything
-- but the check is one command for all. Few jobs alike take plain_few.
-- ARGV: count of names and counters that follow, names (N8, name), counters (field, jobs),
-- queues (N8, one behind the other), jobs; then runs of jobs that share the middle of their
-- records (priority, N8 of queue, kind and fingerprint): that and their number. Behind them how
-- many follow each other in a bucket (bucket, number in 2 bytes), one string; all ids, one
-- string; all bodies. Of scheduled jobs the number is negative; behind them id, body and due time of each:
-- ms, or + and ms from now. No id is there twice. Answers 1, or 0 when something is stored
-- already or due by now: nothing is written then.
-- keys: state body batch index shelf line due count name meta wake
local call, spack, sunpack, sub, byte, unpack = redis.call, struct.pack, struct.unpack, string.sub, string.byte, unpack
local min, ARGV = math.min, ARGV
local names, counters, queues, maxpack = tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[5], 32
local first = 6 + names + counters

local time = call('TIME')
local now = math.floor((time[1] * 1000000 + time[2]) / 1000) + ARGV[1]
local at6 = spack('>I6', now)

-- Whether somebody waits counts once, batches twice.
local there = call('EXISTS', k_wake, k_batch, k_batch)
local heard, batches = there % 2 == 1, there > 1

-- known reports whether any of these is stored.
local function known(key, ids)
  for i = 1, #ids, 5000 do
    local found = call('HMGET', key, unpack(ids, i, min(i + 4999, #ids)))
    for k = 1, #found do
      if found[k] then return true end
    end
  end
end

-- due_of is a due time in ms.
local function due_of(text)
  if byte(text) == 43 then return now + sub(text, 2) end
  return tonumber(text)
end

local at, split, later = first, {}, false
while at <= #ARGV do
  local count, ids = tonumber(ARGV[at + 1]), {}
  if count > 0 then
    local all = ARGV[at + 3]
    for i = 1, count do ids[i] = sub(all, 16 * i - 15, 16 * i) end
    split[at] = ids
    at = at + 4 + count
  else
    later = true
    for i = 1, -count do
      ids[i] = ARGV[at + 3 * i - 1]
      if due_of(ARGV[at + 3 * i + 1]) <= now then return 0 end
    end
    at = at + 2 - 3 * count
  end
  if known(k_state, ids) then return 0 end -- guard: known id
  if batches and known(k_batch, ids) then return 0 end -- guard: batch id
end

local seq = ARGV[4] ~= '0' and call('HINCRBY', k_meta, 'seq', ARGV[4]) - ARGV[4]
local lines, index, l, x = {}, {}, 0, 0

-- enqueued stores a run of jobs that wait for a worker: with short records, in packs.
local function enqueued(middle, count)
  local place, class = sub(middle, 2, 9) .. '\0\0\0\0' .. sub(middle, 1, 1), '\3' .. sub(middle, 2, 17)
  local before, buckets, ids, all, values, k = '\131' .. middle, ARGV[at + 2], split[at], ARGV[at + 3], {}, 0
  for i = 1, count do
    values[k + 1] = ids[i]
    values[k + 2] = before .. spack('>I6', seq + i) .. at6 .. ARGV[at + 3 + i]
    k = k + 2
    if k == 4000 or i == count then
      call('HSET', k_state, unpack(values, 1, k))
      if i < count then k = 0 end
    end
  end
  for i = 1, count, maxpack do
    lines[l + 1], lines[l + 2] = '0', place .. spack('>I6', seq + i) .. sub(all, 16 * i - 15, 16 * (i + maxpack - 1))
    l = l + 2
  end
  local i = 1
  for b = 1, #buckets, 8 do
    local n, shelf = sunpack('>I2', buckets, b + 6), class .. sub(buckets, b, b + 5)
    for k = i, i + n - 1, maxpack do
      index[x + 1], index[x + 2] = '0', shelf .. sub(all, 16 * k - 15, 16 * (min(k + maxpack, i + n) - 1))
      x = x + 2
    end
    call('HINCRBY', k_shelf, shelf, n == count and ARGV[at + 1] or n)
    i = i + n
  end
  seq, at = seq + count, at + 4 + count
end

local scheduled
if later then
  -- scheduled stores a run of jobs that wait for their time.
  function scheduled(middle, count)
    local class, before = '\1' .. sub(middle, 2, 17), '\1' .. string.rep('\0', 67) .. '\1\1' .. middle .. string.rep('\0', 6) .. at6 .. string.rep('\0', 6)
    local tail = string.rep('\0', 8) .. '\1' .. string.rep('\0', 39) .. '\0\8\0\1' .. at6
    at = at + 2
    for from = 1, count, 1000 do
      local states, bodies, index, dues, m = {}, {}, {}, {}, 0
      for _ = from, min(from + 999, count) do
        local id, due = ARGV[at], due_of(ARGV[at + 2])
        states[m + 1], states[m + 2] = id, before .. spack('>I6', due) .. tail
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
end

at = first
while at <= #ARGV do
  local middle, count = ARGV[at], tonumber(ARGV[at + 1])
  if count < 0 then scheduled(middle, -count) else enqueued(middle, count) end
end
for i = 1, l, 2000 do call('ZADD', k_line, unpack(lines, i, min(i + 1999, l))) end
for i = 1, x, 2000 do call('ZADD', k_index, unpack(index, i, min(i + 1999, x))) end
if names > 0 then
  call('HSET', k_name, unpack(ARGV, 6, 5 + names))
  call('HSETNX', k_shelf, string.rep('\255', 70), '0') -- as plain_few does
end
for i = 6 + names, 5 + names + counters, 2 do
  call('HINCRBY', k_count, ARGV[i], ARGV[i + 1])
end
if heard and queues ~= '' then call('PUBLISH', k_wake, queues) end
return 1
