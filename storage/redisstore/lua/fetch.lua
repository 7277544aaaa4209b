-- Fetch with all its rules: held lines, limits, expiry, cancelled batches. Port of
-- memstore/fetch.go.
-- ARGV: session, call, what it reads (N8 of kind and fingerprint, one behind the other), jobs
-- to start, jobs ahead, queues (N8, one behind the other), and with several shards: 1 when
-- the call goes on, cmsgpack map by job id of what the shards of its limits said: fetch, 0
-- when all gave, else which did not, when it has room (us), number of the last slot freed.
-- Answers microseconds until a rate has room (0: unknown), 1 when there is more, and id,
-- fetch, 1 when held ready and row of each job; or nothing for a dead session. With several
-- shards also jobs that have to be asked for: id, fetch, key, max, per, shard of its limits.
-- keys: paused gave name line turn park
-- uses: lib sessions lookrow
local session, number = L.session(ARGV[2]), tonumber(ARGV[3])
if not session then return L.done({'lost'}) end
local goes_on = ARGV[8] == '1'
local said, asked, no_more = cmsgpack.unpack(ARGV[9]), {}, {}
local function row(j) return look.whole(j.id, {r = L.encode(j), body = j.body, result = j.result}) end

-- A call that an insert answered while it was parked is not the session's last one yet.
local handed = session.id .. spack('>I6', session.call) .. 'h'
if number < session.call and (number + 1 < session.call or not call('HGET', k_gave, handed)) then return L.done({0, 0}) end -- guard: late fetch

-- again answers a repeated call: with what is still the session's.
if number < session.call or number == session.call and not goes_on then -- guard: repeated fetch
  if number == session.call then call('HDEL', k_gave, handed) end
  local gave = call('HGET', k_gave, session.id)
  if not gave or sunpack('>I6', gave) ~= number then gave = spack('>I6I6B', number, 0, 0) end
  local answer = {select(2, sunpack('>I6I6B', gave))}
  answer[2], answer[3] = 1, nil -- what came since the first answer is not in it
  gave = gave .. (call('HGET', k_gave, session.id .. spack('>I6', number)) or '')
  for at = 14, #gave, 20 do
    local id, fetch = sub(gave, at, at + 15), sunpack('>I4', gave, at + 16)
    local j = L.job(id)
    if j and j.state == PROCESSING and j.session == session.id and j.fetches == fetch then
      answer[#answer + 1] = {id, fetch, j.ahead and 1 or 0, row(j)}
    end
  end
  return L.done(answer)
end

local start, ahead, looks, over = tonumber(ARGV[5]), tonumber(ARGV[6]), 1000, 1000
local again, more, given = 0, 0, {}
local reads, pausedkinds = {}, {}
for at = 1, #ARGV[4], 16 do reads[sub(ARGV[4], at, at + 15)] = true end

local function paused(kind)
  if pausedkinds[kind] == nil then pausedkinds[kind] = call('HEXISTS', k_paused, 'k' .. kind) == 1 end
  return pausedkinds[kind]
end

-- turn is where a member stands in its queue: priority, then sequence.
local function turn(member, at)
  local prio, seq = sunpack('>BI6', member, at)
  return prio * 281474976710656 + seq
end

-- window reads the next jobs of a source. Each job of a pack stands there by itself.
local function window(c)
  local members, jobs, ended = L.range(k_line, c.prefix, 100, c.last), {}, true
  for _, member in ipairs(members) do
    if #jobs >= 100 then
      ended = false
      break
    end
    local seq = sunpack('>I6', member, 14)
    for at = 20, #member, 16 do
      jobs[#jobs + 1] = sub(member, 1, 13) .. spack('>I6', seq) .. sub(member, at, at + 15)
      seq = seq + 1
    end
  end
  c.window, c.i, c.done = jobs, 1, ended and #members < 100
end

-- next_of is the member of a source that is next, or nil.
local function next_of(c)
  if c.i > #c.window then
    if c.done then return nil end
    window(c)
    local ids = {}
    for i, member in ipairs(c.window) do ids[i] = sub(member, 20) end
    L.load(ids)
    if #c.window == 0 then return nil end
  end
  return c.window[c.i]
end

local function source(prefix) return {prefix = prefix, window = {}, i = 1} end

-- sources are the rows of a queue but for the lines of limits and rates.
local function sources(queue)
  local list = {source(queue .. '\0\0\0\0')}
  for _, member in ipairs(call('ZRANGEBYLEX', k_turn, '[k' .. queue, '[k' .. queue .. FF)) do
    local no = sub(member, 10)
    local l = L.held_line(sunpack('>I4', no))
    if not paused(l.k) and (l.c == 'p' or reads[l.k .. l.p]) then list[#list + 1] = source(queue .. no) end
  end
  return list
end

local function ready_of(queue)
  for _, member in ipairs(L.range(k_turn, 'r' .. queue, 1 + #asked)) do
    local no = sub(member, 17)
    if not no_more[no] then
      return L.range(k_line, queue .. no, 1)[1], turn(member, 10)
    end
  end
end

-- first is the job whose turn it is, as its member and source.
local function first(queue, list)
  local best, from, at
  for _, c in ipairs(list) do
    local member = next_of(c)
    if member then
      local t = turn(member, 13)
      if not best or t < at then best, from, at = member, c, t end
    end
  end
  if start > #asked then
    local member, t = ready_of(queue)
    if member and (not best or t < at) then return member, nil end
  end
  return best, from
end

-- far_limit judges a job by what the shards of its limits said; it gives 'ask' when they
-- were not asked.
local function far_limit(j, ls)
  local s, l = said[j.id], nil
  if s and s[1] == j.fetches + 1 then
    if s[2] == 0 then return nil end
    l = ls[s[2]]
  else
    for _, one in ipairs(ls) do
      s = said['k' .. one[1] .. '\0' .. one[2] .. '\0' .. string.format('%.0f', one[3])]
      if s then
        l = one
        break
      end
    end
    if not l then return 'ask' end
  end
  if l[3] > 0 then return {h = 'rate:' .. l[1], c = 'r', key = l[1], max = l[2], per = l[3], shard = l[4], free = s[3]} end
  local freed = tonumber(call('HGET', k_meta, 'O' .. l[4]) or 0)
  return {h = 'limit:' .. l[1], c = 'l', key = l[1], max = l[2], per = 0, shard = l[4], room = freed > s[4] and 1 or 0}
end

-- held says which line j has to wait on, or nil.
local function held(j)
  if paused(j.kind) then
    return {h = 'paused-kind:' .. (call('HGET', k_name, j.kind) or ''), c = 'p', k = j.kind, p = j.print}
  end
  if not reads[j.kind .. j.print] then
    local print = j.print ~= '\0\0\0\0\0\0\0\0' and call('HGET', k_name, j.print) or ''
    return {h = 'kind:' .. (call('HGET', k_name, j.kind) or '') .. '@' .. print, c = 'k', k = j.kind, p = j.print}
  end
  local ls = L.more(j).l
  if ls and ls[1][4] then return far_limit(j, ls) end
  local l = L.exhausted(j)
  if l and l[3] > 0 then return {h = 'rate:' .. l[1], c = 'r', key = l[1], max = l[2], per = l[3]} end
  if l then return {h = 'limit:' .. l[1], c = 'l', key = l[1], max = l[2], per = 0} end
end

local function give(j)
  local line = j.line
  L.leave(j)
  if L.more(j).uu == 1 then L.free_key(j) end
  j.fetches, j.session, j.server, j.report = j.fetches + 1, session.id, session.server, 0
  L.droppart(j, 'p', 32)
  L.take_slots(j)
  L.arrive(j, PROCESSING, '', {attempt = j.attempt, fetch = j.fetches, session = session.id, server = session.server})
  if start > #asked then
    start = start - 1
    L.begin(j, L.now)
  else
    ahead = ahead - 1
    j.ahead = true
  end
  given[#given + 1] = j
  if line ~= 0 or j.slots then L.save() end
end

-- consider gives j, or moves it to where it belongs.
local function consider(j)
  local b, line = L.batch_of(j), nil
  if not j.begun and j.expires ~= 0 and j.expires <= L.now then
    L.leave(j)
    L.finish(j, DELETED, 'expired', nil, 0)
  elseif b and b.cancelled == 1 then
    L.cancel(j, L.batch_reason(b))
  else
    line = held(j)
    if not line then return give(j) end
    if line == 'ask' then
      local ls = {}
      for _, l in ipairs(L.more(j).l) do
        for k = 1, 4 do ls[#ls + 1] = l[k] end
      end
      asked[#asked + 1] = {j.id, j.fetches + 1, ls}
      if j.line ~= 0 then no_more[spack('>I4', j.line)] = true end
      return
    end
    L.hold(j, line)
  end
  looks = looks - 1
  L.flush()
  L.save()
end

-- take gives jobs of a queue while any are wanted. A job that may not be held ready is
-- passed over once nothing more is to be started.
local function take(queue)
  L.arise(queue)
  local list = sources(queue)
  while start > #asked or ahead > 0 do
    local member, from = first(queue, list)
    if not member then break end
    local j = L.job(sub(member, 20))
    if looks == 0 then
      more = 1
      break
    end
    if from then from.i, from.last = from.i + 1, member end
    if start <= #asked and (j.noahead or L.more(j).l) then
      if over == 0 then break end
      over = over - 1
    else
      consider(j)
    end
  end
  local asleep = L.range(k_turn, 'a' .. queue, 1)[1]
  if asleep then
    local d = math.max(sunpack('>I8', asleep, 10) - L.exact, 1)
    if again == 0 or d < again then again = d end
  end
end

for at = 1, #ARGV[7], 8 do
  local queue = sub(ARGV[7], at, at + 7)
  if call('HEXISTS', k_paused, 'q' .. queue) == 0 then take(queue) end
end
L.save()
local answer, gave = {again, more}, {spack('>I6I6B', number, again, more)}
if goes_on then
  local before = call('HGET', k_gave, session.id)
  if before and sunpack('>I6', before) == number then gave[1] = before end
end
for _, j in ipairs(given) do
  answer[#answer + 1] = {j.id, j.fetches, j.ahead and 1 or 0, row(j)}
  gave[#gave + 1] = j.id .. spack('>I4', j.fetches)
end
for _, a in ipairs(asked) do answer[#answer + 1] = a end
call('HSET', k_gave, session.id, concat(gave))
if number > session.call then call('HDEL', k_park, session.id) end -- guard: park of a full fetch
session.call = number
L.put_session(session)
return L.done(answer)
