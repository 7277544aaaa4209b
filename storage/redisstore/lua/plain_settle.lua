-- Settle of successes of jobs that a plain fetch gave and that nothing has changed since:
-- their claims say so. Go has made the records. Also starts of jobs that were held ready.
-- ARGV: session, number of the groups of starts, of the groups of outcomes, and of the hints;
-- then of each group of starts the claim, the new claim, how many, and their ids; of each group
-- of outcomes the claim, N8 of queue and kind, run time of all in ns, 1 when they have results,
-- how many, and of each its id and record, of each its member in run, and of each the name and
-- value of its result; hints (time in ms, ids) of all. Answers the numbers (from 0) of the groups, starts first, of which nothing was
-- written, as a list.
-- keys: session claim state run index count retain part stat step
local call, spack, sub, unpack = redis.call, struct.pack, string.sub, unpack
local id, starts, groups, hints = ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local alive, at, left = call('HEXISTS', k_session, id) == 1, 6, {}

-- same reports whether all jobs have this claim.
local function same(ids, claim)
  if not alive then return false end -- guard: session lives
  for i = 1, #ids, 5000 do
    local found = call('HMGET', k_claim, unpack(ids, i, math.min(i + 4999, #ids)))
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
    for i = 1, 2 * n, 4000 do call('HSET', k_claim, unpack(values, i, math.min(i + 3999, 2 * n))) end
  else
    left[#left + 1] = g - 1
  end
end

local time = call('TIME')
local minute = math.floor((math.floor((time[1] * 1000000 + time[2]) / 1000) + ARGV[1]) / 60000)
local steps = {'m' .. spack('>I4', minute), 'h' .. spack('>I4', minute - minute % 60)}
local none = true
for g = 1, groups do
  local claim, names, run_time, parts, n = ARGV[at], ARGV[at + 1], ARGV[at + 2], ARGV[at + 3] == '1', tonumber(ARGV[at + 4])
  local ids, runs, gone, done = {}, {}, {}, {}
  local from, to = '\3' .. names, '\5' .. names
  at = at + 5
  for i = 1, n do
    local k = at + 2 * (i - 1)
    local job = ARGV[k]
    ids[i], runs[i], gone[i] = job, ARGV[at + 2 * n + i - 1], from .. job
    done[2 * i - 1], done[2 * i] = '0', to .. job
  end
  if same(ids, claim) then
    none = false
    for i = 1, n, 2000 do
      local e = math.min(i + 1999, n)
      call('HDEL', k_claim, unpack(ids, i, e))
      call('HSET', k_state, unpack(ARGV, at + 2 * (i - 1), at + 2 * e - 1))
      if parts then call('HSET', k_part, unpack(ARGV, at + 3 * n + 2 * (i - 1), at + 3 * n + 2 * e - 1)) end
      call('ZREM', k_run, unpack(runs, i, e))
      call('ZREM', k_index, unpack(gone, i, e))
      call('ZADD', k_index, unpack(done, 2 * i - 1, 2 * e))
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
  at = at + (parts and 5 or 3) * n
end
if none then return left end
-- Hints for jobs that are not final are passed over by the sweep.
for i = at, at + hints - 1, 4000 do call('ZADD', k_retain, unpack(ARGV, i, math.min(i + 3999, at + hints - 1))) end
return left
