-- Settle of successes of plain jobs that nobody waits for, and what started.
-- ARGV: session, tokens that started (id, fetch in 4 bytes, one behind the other), then of each
-- outcome its id, fetch in 4 bytes with duration in 8 (ns) and retention in 6 (ms, 0: the
-- default), and result. Answers the places (from 0) of the outcomes that the full script has to
-- judge, one behind the other in 2 bytes; of those nothing was written.
-- keys: session state run index count retain part stat step
local call, spack, sunpack, sub, byte, char = redis.call, struct.pack, struct.unpack, string.sub, string.byte, string.char
local band, bor = bit.band, bit.bor
local id, started = ARGV[2], ARGV[3]
local n = (#ARGV - 3) / 3
local left = {}

if call('EXISTS', k_session) == 0 or not call('HGET', k_session, id) then
  for i = 0, n - 1 do left[i + 1] = spack('>I2', i) end
  return table.concat(left)
end
local time = call('TIME')
local now = math.floor((time[1] * 1000000 + time[2]) / 1000) + ARGV[1]
local now6 = spack('>I6', now)
local NONE16, NONE6 = string.rep('\0', 16), string.rep('\0', 6)

local ids, records = {}, {}
for i = 1, n do ids[i] = ARGV[1 + 3 * i] end
local tokens = #started / 20
for i = 1, tokens do ids[n + i] = sub(started, 20 * i - 19, 20 * i - 4) end
for i = 1, #ids, 5000 do
  local to = math.min(i + 4999, #ids)
  local found = call('HMGET', k_state, unpack(ids, i, to))
  for k = i, to do records[ids[k]] = found[k - i + 1] end
end

-- mine reports whether a record is of the run that a token is about.
local function mine(r, fetch4)
  return r and byte(r, 1) == 4 and sub(r, 4, 7) == fetch4 and sub(r, 8, 23) == id
end

local begun = {}
for i = 1, tokens do
  local job, fetch4 = ids[n + i], sub(started, 20 * i - 3, 20 * i)
  local r = records[job]
  if mine(r, fetch4) and band(byte(r, 2), 8) ~= 0 then
    records[job] = sub(r, 1, 1) .. char(bor(byte(r, 2) - 8, 1)) .. sub(r, 3, 23) .. now6 .. sub(r, 30, 119) .. NONE6 .. sub(r, 126)
    begun[job] = true
  end
end

local states, ends, runs, gone, parts, k = {}, {}, {}, {}, {}, 0
local sums, retained = {}, {}
local entry = spack('>I2BBI6', 17, 12, 5, now) .. '\1'
for i = 1, n do
  local job, about, result = ids[i], ARGV[2 + 3 * i], ARGV[3 + 3 * i]
  local r, fetch4 = records[job], sub(about, 1, 4)
  -- Not: more than a record, a request to cancel, continuations, a full history.
  if mine(r, fetch4) and band(byte(r, 3), 3) == 0 and sub(r, 134, 137) == '\0\0\0\0' and byte(r, 69) < 50 then
    local bits, flags, began = byte(r, 2), byte(r, 3), sub(r, 24, 29)
    local dur = sunpack('>I8', about, 5)
    if band(bits, 8) ~= 0 then
      bits = bor(bits - 8, 1)
      began = spack('>I6', now - math.ceil(dur / 1000000))
    end
    if band(bits, 16) ~= 0 then bits = bits - 16 end
    if result ~= '' then
      flags = bor(flags, 16)
      parts[#parts + 1] = 'r' .. job
      parts[#parts + 1] = result
    end
    local retain = sunpack('>I6', about, 13)
    if retain == 0 then retain = 86400000 end
    local hints = retained[retain]
    if not hints then
      hints = {}
      retained[retain] = hints
    end
    hints[#hints + 1] = job
    local names = sub(r, 72, 87)
    local sum = sums[names]
    if not sum then
      sum = {0, 0}
      sums[names] = sum
    end
    sum[1], sum[2] = sum[1] + 1, sum[2] + dur
    k = k + 1
    states[2 * k - 1] = job
    states[2 * k] = char(5, bor(bits, 2), flags) .. fetch4 .. NONE16 .. began .. now6 .. spack('>I6', math.min(now + retain, 281474976710655))
      .. id .. fetch4 .. '\1' .. sub(r, 63, 68) .. char(byte(r, 69) + 1) .. sub(r, 70, 119) .. NONE6 .. sub(r, 126, -2) .. entry .. sub(about, 5, 12) .. sub(r, -1)
    gone[k] = '\3' .. names .. job
    ends[2 * k - 1], ends[2 * k] = '0', '\5' .. names .. job
    runs[k] = id .. sub(r, 96, 101) .. job
    records[job] = states[2 * k]
    begun[job] = nil
  else
    left[#left + 1] = spack('>I2', i - 1)
  end
end
local m = 2 * k
for job in pairs(begun) do
  states[m + 1], states[m + 2] = job, records[job]
  m = m + 2
end
for i = 1, m, 4000 do call('HSET', k_state, unpack(states, i, math.min(i + 3999, m))) end
if k == 0 then return table.concat(left) end
for i = 1, k, 2000 do
  local to = math.min(i + 1999, k)
  call('ZREM', k_index, unpack(gone, i, to))
  call('ZADD', k_index, unpack(ends, 2 * i - 1, 2 * to))
  call('ZREM', k_run, unpack(runs, i, to))
end
for i = 1, #parts, 4000 do call('HSET', k_part, unpack(parts, i, math.min(i + 3999, #parts))) end
for retain, hints in pairs(retained) do
  for i = 1, #hints, 64 do
    call('ZADD', k_retain, now + retain, table.concat(hints, '', i, math.min(i + 63, #hints)))
  end
end
local minute = math.floor(now / 60000)
local steps = {'m' .. spack('>I4', minute), 'h' .. spack('>I4', minute - minute % 60)}
for names, sum in pairs(sums) do
  if call('HINCRBY', k_count, '\4' .. names, -sum[1]) <= 0 then call('HDEL', k_count, '\4' .. names) end
  call('HINCRBY', k_count, '\5' .. names, sum[1])
  local dur = string.format('%.0f', sum[2])
  for _, step in ipairs(steps) do
    step = step .. names
    if call('HINCRBY', k_stat, step .. 's', sum[1]) == sum[1] then call('ZADD', k_step, 0, step) end
    call('HINCRBY', k_stat, step .. 't', dur)
  end
end
return table.concat(left)
