-- Fetch where all that comes first is plain: no held line that could give, no job with more
-- than a record, a body and parts. Answers 'full' when the full script has to do it, with
-- nothing written; else microseconds until a rate has room (0) and more (0), as fetch.lua
-- does, the time in ms, the name of the session's server, and of each job its id, its record
-- as it waited, and its body or row. The claims are those that claim.go makes of that.
-- ARGV: as fetch.lua.
-- keys: session gave paused line turn state body run count held more part claim
-- uses: lookrow
local call, spack, sunpack, sub, byte, char = redis.call, struct.pack, struct.unpack, string.sub, string.byte, string.char
local band = bit.band
local id, number, refs = ARGV[2], tonumber(ARGV[3]), ARGV[4]
local start, ahead = tonumber(ARGV[5]), tonumber(ARGV[6])
local FF = string.rep('\255', 40)

local session = call('HGET', k_session, id)
if not session then return {'lost'} end
local before = sunpack('>I6', session, 29)
if number < before then return {0, 0, 0, ''} end -- guard: late fetch
if number == before then return 'full' end -- guard: repeated fetch

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
    if call('ZRANGEBYLEX', k_turn, prefix, prefix .. FF, 'LIMIT', '0', '1')[1] then return false end
  end
  local prefix = '[k' .. queue
  local lines = call('ZRANGEBYLEX', k_turn, prefix, prefix .. FF, 'LIMIT', '0', '20')
  if #lines == 20 then return false end
  for _, member in ipairs(lines) do
    local l = cmsgpack.unpack(call('HGET', k_held, sub(member, 10)))
    if call('HEXISTS', k_paused, 'k' .. l.k) == 0 and (l.c == 'p' or reads(l.k .. l.p)) then return false end
  end
  return true
end

local ids, records, counts, runs, cuts, want = {}, {}, {}, {}, {}, start + ahead
local n = 0
for at = 1, #ARGV[7], 8 do
  if n >= want then break end
  local queue = sub(ARGV[7], at, at + 7)
  if not pauses or call('HEXISTS', k_paused, 'q' .. queue) == 0 then
    if turns and not idle(queue) then return 'full' end
    local from = '[' .. queue .. '\0\0\0\0'
    local to = from .. FF
    while n < want do
      local members = call('ZRANGEBYLEX', k_line, from, to, 'LIMIT', '0', math.min(want - n, 1000))
      local m = #members
      if m == 0 then break end
      local some = {}
      for i = 1, m do
        local member = members[i]
        local job = sub(member, 20)
        some[i], ids[n + i] = job, job
        runs[2 * (n + i) - 1], runs[2 * (n + i)] = '0', id .. sub(member, 14)
      end
      local found = call('HMGET', k_state, unpack(some))
      for i = 1, m do
        local r = found[i]
        -- Not: more than a record, progress to forget, a history that is full.
        if not r or byte(r, 1) ~= 3 or band(byte(r, 3), 33) ~= 0 or byte(r, 69) >= 48 then return 'full' end
        local ref = sub(r, 80, 95)
        if not readable[ref] and not reads(ref) then return 'full' end
        if pauses and call('HEXISTS', k_paused, 'k' .. sub(r, 80, 87)) == 1 then return 'full' end
        if n + i > start and band(byte(r, 2), 16) ~= 0 then return 'full' end
        counts[ref] = counts[ref] or {queue = queue, n = 0}
        if counts[ref].queue ~= queue then
          ref = ref .. queue
          counts[ref] = counts[ref] or {queue = queue, n = 0}
        end
        counts[ref].n = counts[ref].n + 1
        records[n + i] = r
      end
      cuts[#cuts + 1] = {members[1], members[m]}
      n = n + m
      if m < 1000 then break end
      from = '(' .. members[m]
    end
  end
end

local time = call('TIME')
local now = math.floor((time[1] * 1000000 + time[2]) / 1000) + ARGV[1]
local server = sub(session, 36, 35 + byte(session, 35))
local answer, gave = {0, 0, now, server}, {spack('>I6B', 0, 0)}
if n > 0 then
  local now6 = spack('>I6', now)
  local claims, cache = {}, {{}, {}}
  for i = 1, n do
    local job, fetch = ids[i], sub(records[i], 4, 7)
    local held = i > start and 2 or 1
    local made = cache[held][fetch]
    if not made then
      local fetch4 = spack('>I4', sunpack('>I4', fetch) + 1)
      made = {fetch4, id .. now6 .. (held == 2 and '\0\0\0\0\0\0' or now6) .. fetch4 .. server}
      cache[held][fetch] = made
    end
    claims[2 * i - 1], claims[2 * i] = job, made[2]
    gave[i + 1] = job .. made[1]
  end
  for _, cut in ipairs(cuts) do call('ZREMRANGEBYLEX', k_line, '[' .. cut[1], '[' .. cut[2]) end
  for i = 1, 2 * n, 4000 do
    local to = math.min(i + 3999, 2 * n)
    call('HSET', k_claim, unpack(claims, i, to))
    call('ZADD', k_run, unpack(runs, i, to))
  end
  for ref, c in pairs(counts) do
    local names = c.queue .. sub(ref, 1, 8)
    if call('HINCRBY', k_count, '\3' .. names, -c.n) <= 0 then call('HDEL', k_count, '\3' .. names) end
    call('HINCRBY', k_count, '\4' .. names, c.n)
  end
  for i = 1, n, 5000 do
    local to = math.min(i + 4999, n)
    local bodies = call('HMGET', k_body, unpack(ids, i, to))
    for k = i, to do
      local r = records[k]
      answer[3 * k + 2], answer[3 * k + 3] = ids[k], r
      if band(byte(r, 3), 124) == 0 and sub(r, 145, 148) == '\0\0\0\0' then
        answer[3 * k + 4] = bodies[k - i + 1]
      else
        answer[3 * k + 4] = look.whole(ids[k], r)
      end
    end
  end
end
call('HSET', k_gave, id, table.concat(gave))
call('HSET', k_session, id, sub(session, 1, 28) .. spack('>I6', number) .. sub(session, 35))
return answer
