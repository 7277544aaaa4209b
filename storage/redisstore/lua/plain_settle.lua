-- Settle of successes of jobs that a plain fetch gave and that nothing has changed since:
-- their claims say so. The claim grows by the end of the run and stays beside the record.
-- Also starts of jobs that were held ready.
-- ARGV: session, number of the groups of starts, of the groups of outcomes, and of the hints;
-- then of each group of starts the claim, the new claim, how many, and their ids; of each group
-- of outcomes the claim, N8 of queue and kind, run time of all in ns, how many, how they go on
-- shelves (how many strings, each a bucket and ids of it), and of each its id and the claim with
-- its end; hints (time in ms, ids) of all. Answers the numbers (from 0) of the groups, starts
-- first, of which nothing was written, as a list.
-- keys: session claim index shelf run gave count retain stat step
local call, spack, sub, unpack, min = redis.call, struct.pack, string.sub, unpack, math.min
local id, starts, groups, hints = ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local alive, at, left = call('HEXISTS', k_session, id) == 1, 6, {}

-- same reports whether all jobs have this claim.
local function same(ids, claim)
  if not alive then return false end -- guard: session lives
  for i = 1, #ids, 5000 do
    local found = call('HMGET', k_claim, unpack(ids, i, min(i + 4999, #ids)))
    for k = 1, #found do
      if found[k] ~= claim then return false end -- guard: fence
    end
  end
  return true
end

for g = 1, starts do
  local claim, new, n = ARGV[at], ARGV[at + 1], tonumber(ARGV[at + 2])
  local ids, values = {}, {}
  for i = 1, n do
    ids[i] = ARGV[at + 2 + i]
    values[2 * i - 1], values[2 * i] = ids[i], new
  end
  at = at + 3 + n
  if same(ids, claim) then
    for i = 1, 2 * n, 4000 do call('HSET', k_claim, unpack(values, i, min(i + 3999, 2 * n))) end
  else
    left[#left + 1] = g - 1
  end
end

local time = call('TIME')
local minute = math.floor((math.floor((time[1] * 1000000 + time[2]) / 1000) + ARGV[1]) / 60000)
local steps = {'m' .. spack('>I4', minute), 'h' .. spack('>I4', minute - minute % 60)}

-- shelve moves jobs from the shelf of those that wait and run to that of the succeeded.
local function shelve(names, from, to)
  local args, k, moved = {}, 0, {}
  for i = from, to do
    local jobs = ARGV[i]
    local bucket = sub(jobs, 1, 6)
    moved[bucket] = (moved[bucket] or 0) + (#jobs - 6) / 16
    args[k + 1], args[k + 2] = '0', '\5' .. names .. jobs
    k = k + 2
  end
  for i = 1, k, 4000 do call('ZADD', k_index, unpack(args, i, min(i + 3999, k))) end
  for bucket, n in pairs(moved) do
    local old = '\3' .. names .. bucket
    call('HINCRBY', k_shelf, '\5' .. names .. bucket, n)
    if call('HINCRBY', k_shelf, old, -n) <= 0 then
      call('HDEL', k_shelf, old)
      call('ZREMRANGEBYLEX', k_index, '[' .. old, '[' .. old .. string.rep('\255', 17))
    end
  end
end

local none = true
for g = 1, groups do
  local claim, names, run_time, n, packs = ARGV[at], ARGV[at + 1], ARGV[at + 2], tonumber(ARGV[at + 3]), tonumber(ARGV[at + 4])
  local shelves, ids = at + 5, {}
  at = at + 5 + packs
  for i = 1, n do ids[i] = ARGV[at + 2 * i - 2] end
  if same(ids, claim) then
    none = false
    for i = 1, 2 * n, 4000 do call('HSET', k_claim, unpack(ARGV, at + i - 1, at + min(i + 3999, 2 * n) - 1)) end
    shelve(names, shelves, shelves + packs - 1)
    local call_of = id .. sub(claim, 33, 38)
    if call('HINCRBY', k_gave, call_of .. 'n', -n) <= 0 then
      call('HDEL', k_gave, call_of, call_of .. 'n', call_of .. 'h')
      call('ZREM', k_run, call_of)
    end
    if call('HINCRBY', k_count, '\4' .. names, -n) <= 0 then call('HDEL', k_count, '\4' .. names) end
    call('HINCRBY', k_count, '\5' .. names, n)
    for _, step in ipairs(steps) do
      step = step .. names
      if call('HINCRBY', k_stat, step .. 's', n) == n then call('ZADD', k_step, '0', step) end
      call('HINCRBY', k_stat, step .. 't', run_time)
    end
  else
    left[#left + 1] = starts + g - 1
  end
  at = at + 2 * n
end
if none then return left end
-- Hints for jobs that are not final are passed over by the sweep.
for i = at, at + hints - 1, 4000 do call('ZADD', k_retain, unpack(ARGV, i, min(i + 3999, at + hints - 1))) end
return left
