-- Fetch where all that comes first is plain: no held line that could give, no job with more
-- than a record, a body and parts. Answers 'full' when the full script has to do it, with
-- nothing written; else microseconds until a rate has room (0) and more (0), as fetch.lua
-- does, the time in ms, the name of the session's server, and then of the jobs: the ids of
-- all, the lengths of their values in state in 4 bytes each, those values (the record as the
-- job waited, or a short one with its body), and for each that is not short its body or row,
-- in their order. The claims are those that claim.go makes of that.
-- With less to give than is to start it parks the next call, for an insert that comes first to
-- answer (plain_hand.lua); not beside held lines or while anything is paused.
-- ARGV: as fetch.lua; then the channel where the answer of a parked call is awaited, or nothing.
-- keys: session gave park paused line turn state body run count held more part claim meta
-- uses: lookrow
local call, spack, sunpack, sub, byte = redis.call, struct.pack, struct.unpack, string.sub, string.byte
local band, min, concat = bit.band, math.min, table.concat
local id, number, refs = ARGV[2], tonumber(ARGV[3]), ARGV[4]
local start, ahead = tonumber(ARGV[5]), tonumber(ARGV[6])
local FF = string.rep('\255', 40)

local session = call('HGET', k_session, id)
if not session then return {'lost'} end
local before = sunpack('>I6', session, 29)
if number <= before then return 'full' end -- guard: repeated fetch

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

local rare = call('EXISTS', k_turn, k_paused) > 0
local turns = rare and call('EXISTS', k_turn) == 1
local pauses = rare and call('EXISTS', k_paused) == 1

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

local ids, records, counts, cuts, want = {}, {}, {}, {}, start + ahead
local n, long = 0, false

-- plain reports whether job i can be given so, and counts it; r is its value in state.
local function plain(queue, i, r)
  local ref
  if not r then return false end
  if byte(r, 1) == 131 then
    ref = sub(r, 11, 26)
  else
    -- Not: more than a record, progress to forget, a history that is full.
    if byte(r, 1) ~= 3 or band(byte(r, 3), 33) ~= 0 or byte(r, 69) >= 48 then return false end
    ref = sub(r, 80, 95)
    if i > start and band(byte(r, 2), 16) ~= 0 then return false end
    long = true
  end
  if not readable[ref] and not reads(ref) then return false end
  local c = counts[ref]
  if not c or c.queue ~= queue then
    if pauses and call('HEXISTS', k_paused, 'k' .. sub(ref, 1, 8)) == 1 then return false end
    if c then ref = ref .. queue end
    c = counts[ref] or {queue = queue, n = 0}
    counts[ref] = c
  end
  c.n = c.n + 1
  return true
end

-- take adds jobs of a queue while they are wanted; false when one is not plain.
local function take(queue)
  local from, size = '[' .. queue .. '\0\0\0\0', math.ceil(min(want - n, 1000) / 8)
  local to = from .. FF
  while n < want do
    local members = call('ZRANGEBYLEX', k_line, from, to, 'LIMIT', '0', size)
    local had, used, rest = n, 0, nil
    for k = 1, #members do
      local member = members[k]
      used = k
      local jobs = (#member - 19) / 16
      if jobs > want - n then
        jobs = want - n
        rest = sub(member, 1, 13) .. spack('>I6', sunpack('>I6', member, 14) + jobs) .. sub(member, 20 + 16 * jobs)
      end
      for at = 20, 4 + 16 * jobs, 16 do
        n = n + 1
        ids[n] = sub(member, at, at + 15)
      end
      if n == want then break end
    end
    if used == 0 then break end
    for i = had + 1, n, 1000 do
      local last = min(i + 999, n)
      local found = call('HMGET', k_state, unpack(ids, i, last))
      for k = i, last do
        local r = found[k - i + 1]
        if not plain(queue, k, r) then return false end
        records[k] = r
      end
    end
    cuts[#cuts + 1] = {members[1], members[used], rest}
    if #members < size then break end
    from, size = '(' .. members[used], min(2 * size, 1000)
  end
  return true
end

for at = 1, #ARGV[7], 8 do
  if n >= want then break end
  local queue = sub(ARGV[7], at, at + 7)
  if not pauses or call('HEXISTS', k_paused, 'q' .. queue) == 0 then
    if turns and not idle(queue) then return 'full' end
    if not take(queue) then return 'full' end
  end
end

local time = call('TIME')
local now = math.floor((time[1] * 1000000 + time[2]) / 1000) + ARGV[1]
local server = sub(session, 36, 35 + byte(session, 35))
local answer, number6 = {0, 0, now, server}, spack('>I6', number)
if n > 0 then
  local now6, claims, gave, made = spack('>I6', now), {}, {}, {{}, {}}
  for i = 1, n do
    local job, r = ids[i], records[i]
    local held, fetch = i > start and 2 or 1, byte(r, 1) == 131 and '' or sub(r, 4, 7)
    local m = made[held][fetch]
    if not m then
      local fetch4 = spack('>I4', fetch == '' and 1 or sunpack('>I4', fetch) + 1)
      m = {fetch4, id .. now6 .. (held == 2 and '\0\0\0\0\0\0' or now6) .. fetch4 .. number6 .. sub(session, 35, 35) .. server}
      made[held][fetch] = m
    end
    claims[2 * i - 1], claims[2 * i] = job, m[2]
    gave[2 * i - 1], gave[2 * i] = job, m[1]
  end
  for _, cut in ipairs(cuts) do
    call('ZREMRANGEBYLEX', k_line, '[' .. cut[1], '[' .. cut[2])
    if cut[3] then call('ZADD', k_line, '0', cut[3]) end
  end
  for i = 1, 2 * n, 4000 do call('HSET', k_claim, unpack(claims, i, min(i + 3999, 2 * n))) end
  call('ZADD', k_run, '0', id .. number6)
  call('HSET', k_gave, id .. number6, concat(gave), id .. number6 .. 'n', n)
  for ref, c in pairs(counts) do
    local names = c.queue .. sub(ref, 1, 8)
    if call('HINCRBY', k_count, '\3' .. names, -c.n) <= 0 then call('HDEL', k_count, '\3' .. names) end
    call('HINCRBY', k_count, '\4' .. names, c.n)
  end
  local sizes = {}
  for i = 1, n do sizes[i] = spack('>I4', #records[i]) end
  answer[5], answer[6], answer[7] = concat(ids), concat(sizes), concat(records)
  for i = 1, long and n or 0 do
    local r = records[i]
    if byte(r, 1) == 131 then
      -- its body is behind it
    elseif band(byte(r, 3), 124) == 0 and sub(r, 145, 148) == '\0\0\0\0' then
      answer[#answer + 1] = call('HGET', k_body, ids[i])
    else
      answer[#answer + 1] = look.whole(ids[i], {r = r})
    end
  end
end
local channel = ARGV[8]
local parks = channel ~= '' and n < start and (not rare --[[ need: nothing held or paused ]])
if not parks then call('HDEL', k_park, id) end -- guard: late park
if parks then
  -- Those that will be given have their places in line now: an insert that gives them need not ask.
  local places = min(start - n, 32)
  local about = spack('>I6I6BBI2', number + 1, call('HINCRBY', k_meta, 'seq', places) - places + 1, places, #channel, #ARGV[7] / 8)
  call('HSET', k_park, id, id .. about .. sub(session, 35, 35) .. server .. channel .. ARGV[7] .. refs)
end
call('HSET', k_session, id, sub(session, 1, 28) .. number6 .. sub(session, 35))
return answer
