-- Fetch where all that comes first is plain: no held line that could give, no job with more
-- than a record and a body to it but parts. Answers as fetch.lua, but each job is its id,
-- record, and body or row, one behind the other; or 'full' when the full script has to do it,
-- with nothing written.
-- ARGV: as fetch.lua.
-- keys: session gave paused line turn state body run count held more part
-- uses: lookrow
local call, spack, sunpack, sub, byte, char = redis.call, struct.pack, struct.unpack, string.sub, string.byte, string.char
local band, bor = bit.band, bit.bor
local id, number, refs = ARGV[2], tonumber(ARGV[3]), ARGV[4]
local start, ahead = tonumber(ARGV[5]), tonumber(ARGV[6])
local FF = string.rep('\255', 40)
local NONE16, NONE8, NONE6 = string.rep('\0', 16), string.rep('\0', 8), string.rep('\0', 6)

local session = call('HGET', k_session, id)
if not session then return {'lost'} end
local before = sunpack('>I6', session, 29)
if number < before then return {0, 0} end
if number == before then return 'full' end

local readable = {}
local function reads(ref)
  local ok = readable[ref]
  if ok == nil then
    ok = false
    local at = string.find(refs, ref, 1, true)
    while at do
      if at % 16 == 1 then
        ok = true
        break
      end
      at = string.find(refs, ref, at + 1, true)
    end
    readable[ref] = ok
  end
  return ok
end

local turns = call('EXISTS', k_turn) == 1
local pauses = call('EXISTS', k_paused) == 1

-- idle reports whether no held line of a queue can give anything now.
local function idle(queue)
  for _, letter in ipairs({'r', 'a'}) do
    local prefix = '[' .. letter .. queue
    if call('ZRANGEBYLEX', k_turn, prefix, prefix .. FF, 'LIMIT', 0, 1)[1] then return false end
  end
  local prefix = '[k' .. queue
  local lines = call('ZRANGEBYLEX', k_turn, prefix, prefix .. FF, 'LIMIT', 0, 20)
  if #lines == 20 then return false end
  for _, member in ipairs(lines) do
    local l = cmsgpack.unpack(call('HGET', k_held, sub(member, 10)))
    if call('HEXISTS', k_paused, 'k' .. l.k) == 0 and (l.c == 'p' or reads(l.k .. l.p)) then return false end
  end
  return true
end

local ids, records, cuts, want = {}, {}, {}, start + ahead
local n = 0
for at = 1, #ARGV[7], 8 do
  if n >= want then break end
  local queue = sub(ARGV[7], at, at + 7)
  if not pauses or call('HEXISTS', k_paused, 'q' .. queue) == 0 then
    if turns and not idle(queue) then return 'full' end
    local prefix = '[' .. queue .. '\0\0\0\0'
    local members = call('ZRANGEBYLEX', k_line, prefix, prefix .. FF, 'LIMIT', 0, math.min(want - n, 1000))
    local m = #members
    if m > 0 then
      local some = {}
      for i = 1, m do
        some[i] = sub(members[i], 20)
        ids[n + i] = some[i]
      end
      local found = call('HMGET', k_state, unpack(some))
      for i = 1, m do
        local r = found[i]
        if not r or byte(r, 1) ~= 3 or band(byte(r, 3), 1) ~= 0 or byte(r, 69) >= 50 then return 'full' end
        if not reads(sub(r, 80, 95)) then return 'full' end
        if pauses and call('HEXISTS', k_paused, 'k' .. sub(r, 80, 87)) == 1 then return 'full' end
        if n + i > start and band(byte(r, 2), 16) ~= 0 then return 'full' end
        records[n + i] = r
      end
      cuts[#cuts + 1] = {members[1], members[m], m}
      n = n + m
    end
  end
end

local answer, gave = {0, 0}, {spack('>I6B', 0, 0)}
if n > 0 then
  local time = call('TIME')
  local now = math.floor((time[1] * 1000000 + time[2]) / 1000) + ARGV[1]
  local now6 = spack('>I6', now)
  local server = sub(session, 36, 35 + byte(session, 35))
  local name = char(#server) .. server
  local entry1 = spack('>I2BBI6', 32 + #server, 2, 4, now)
  local entry2 = id .. name
  local states, runs, counts, dropped = {}, {}, {}, {}
  for i = 1, n do
    local r, job = records[i], ids[i]
    local bits, flags = byte(r, 2), byte(r, 3)
    local began = sub(r, 24, 29)
    if i <= start then
      bits = bor(bits, 1)
      began = now6
    else
      bits = bor(bits, 8)
    end
    if band(flags, 32) ~= 0 then
      flags = flags - 32
      dropped[#dropped + 1] = 'p' .. job
    end
    local fetch4 = spack('>I4', sunpack('>I4', r, 4) + 1)
    local new = char(4, bits, flags) .. fetch4 .. id .. began .. NONE6 .. NONE6 .. sub(r, 42, 62) .. NONE6
      .. char(byte(r, 69) + 1) .. sub(r, 70, 166) .. name .. sub(r, 168 + byte(r, 167), -2)
      .. entry1 .. sub(r, 126, 128) .. fetch4 .. entry2 .. sub(r, -1)
    states[2 * i - 1], states[2 * i] = job, new
    runs[2 * i - 1], runs[2 * i] = '0', id .. sub(r, 96, 101) .. job
    local names = sub(r, 72, 87)
    counts[names] = (counts[names] or 0) + 1
    gave[i + 1] = job .. fetch4
    records[i] = new
  end
  for _, cut in ipairs(cuts) do call('ZREMRANGEBYLEX', k_line, '[' .. cut[1], '[' .. cut[2]) end
  for i = 1, 2 * n, 4000 do
    local to = math.min(i + 3999, 2 * n)
    call('HSET', k_state, unpack(states, i, to))
    call('ZADD', k_run, unpack(runs, i, to))
  end
  for names, c in pairs(counts) do
    if call('HINCRBY', k_count, '\3' .. names, -c) <= 0 then call('HDEL', k_count, '\3' .. names) end
    call('HINCRBY', k_count, '\4' .. names, c)
  end
  for _, field in ipairs(dropped) do call('HDEL', k_part, field) end
  for i = 1, n, 5000 do
    local to = math.min(i + 4999, n)
    local bodies = call('HMGET', k_body, unpack(ids, i, to))
    for k = i, to do
      local r = records[k]
      answer[3 * k], answer[3 * k + 1] = ids[k], r
      if band(byte(r, 3), 124) == 0 and sub(r, 145, 148) == '\0\0\0\0' then
        answer[3 * k + 2] = bodies[k - i + 1]
      else
        answer[3 * k + 2] = look.whole(ids[k], r)
      end
    end
  end
end
call('HSET', k_gave, id, table.concat(gave))
call('HSET', k_session, id, sub(session, 1, 28) .. spack('>I6', number) .. sub(session, 35))
return answer
