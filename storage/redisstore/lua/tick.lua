-- Tick. Port of memstore/tick.go and sweep.go.
-- ARGV: session, budget, recurring jobs after this id, 1 when somebody waits, for how long
-- the server is to know that (ms).
-- Answers what Go takes apart in tick.go, or nothing for a session that does not live.
-- keys: all
-- uses: losing inserting recurring promoting
local session = L.session(ARGV[2])
if not session then return L.done({'lost'}) end
local budget, moved = tonumber(ARGV[3]), 0

-- contact notes a sign of life. It breaks with a gap of more than half the lease.
if L.now - math.min(session.seen, L.now) > session.lease / 2 then session.contact = L.now end
session.contact, session.seen = math.min(session.contact, L.now), L.now
L.put_session(session)
L.forget_calls(session)
if ARGV[5] == '1' then call('SET', k_wake, '1', 'PX', ARGV[6]) end

-- Sessions that have been silent for longer than their lease are dead, as far as this one
-- has been in unbroken contact for as long.
local dead = {}
for _, s in ipairs(L.all_sessions()) do
  if s.seen > L.now then
    s.seen = L.now
    L.put_session(s)
  end
  if (L.now - s.seen > s.lease --[[ need: lease is over ]]) and (L.now - session.contact >= s.lease --[[ need: own contact ]]) then dead[#dead + 1] = s end
end
table.sort(dead, function(a, b) return a.seen < b.seen end)
for _, s in ipairs(dead) do L.bury(s, s.maxlost) end

local cancelled = {}
for i, member in ipairs(L.range(k_set, 'c' .. session.id, 1000)) do cancelled[i] = sub(member, 18) end

-- due_in gives the ids that are due in a sorted set, at most limit.
local function due_in(key, limit)
  local ids = call('ZRANGEBYSCORE', key, '-inf', L.now, 'LIMIT', 0, limit)
  L.load(ids)
  return ids
end

-- promote makes enqueued what is due.
local function promote(limit)
  local ids = call('ZRANGEBYSCORE', k_due, '-inf', L.now, 'LIMIT', 0, math.min(limit, 1000))
  if #ids == 0 then return 0 end
  local others = L.promote_plain(ids)
  L.load(others)
  for _, id in ipairs(others) do
    local j = L.job(id)
    if j and j.state == SCHEDULED then
      L.leave(j)
      L.enqueue(j, 'its time came')
      L.flush()
    end
  end
  return #ids
end

-- expire deletes what was not started in time.
local function expire(limit)
  local ids = due_in(k_expire, limit)
  for _, id in ipairs(ids) do
    local j = L.job(id)
    if j and j.state == ENQUEUED and j.expires ~= 0 and j.expires <= L.now then
      L.leave(j)
      L.finish(j, DELETED, 'expired', nil, 0)
      L.flush()
    end
  end
  return #ids
end

local function sweep_job(id)
  local j = L.job(id)
  if not j or j.gone or j.state < SUCCEEDED or j.retained > L.now or j.waiting > 0 or j.notes > 0 then return 0 end
  local s = L.more(j).s
  if s and L.node(s) then return 0 end
  L.forget(j)
  return 1
end

local function sweep_batch(id)
  local b = L.getbatch(id)
  if not b or b.gone or b.state < SUCCEEDED or b.waiting > 0 or b.notes > 0 then return 0 end
  if b.jobs > 0 or b.inner > 0 or b.finished + 86400000 > L.now then return 0 end
  L.forget_batch(b)
  return 1
end

-- sweep removes what is past its retention. What the set holds are hints.
local function sweep(limit)
  local swept = 0
  while swept < limit do
    local hints = call('ZRANGEBYSCORE', k_retain, '-inf', L.now, 'LIMIT', 0, 20)
    if #hints == 0 then break end
    for _, hint in ipairs(hints) do
      call('ZREM', k_retain, hint)
      if #hint == 17 then
        swept = swept + sweep_batch(sub(hint, 2))
      else
        local ids = {}
        for at = 1, #hint, 16 do ids[#ids + 1] = sub(hint, at, at + 15) end
        L.load(ids)
        for i, id in ipairs(ids) do
          if swept == limit then
            L.hint(L.now, sub(hint, (i - 1) * 16 + 1))
            break
          end
          swept = swept + sweep_job(id)
        end
      end
      if swept >= limit then break end
    end
    L.save()
  end
  return swept
end

local function any_due(key)
  return #call('ZRANGEBYSCORE', key, '-inf', L.now, 'LIMIT', 0, 1) > 0
end

-- forget_small drops what is neither job nor batch and is past its time.
local function forget_small()
  L.forget_rates(20)
  L.forget_twins()
  L.recurring_forget()
  L.forget_prepared()
  L.unpin()
  local minute = math.floor(L.now / 60000)
  for step, kept in pairs({m = 48 * 60 + 1, h = 90 * 24 * 60 + 60}) do
    local to = minute - kept
    if to > 0 then
      local old = call('ZRANGEBYLEX', k_step, '[' .. step, '(' .. step .. spack('>I4', to), 'LIMIT', 0, 100)
      local fields = {}
      for _, s in ipairs(old) do
        for letter in string.gmatch('sfdrt', '.') do fields[#fields + 1] = s .. letter end
      end
      many('HDEL', k_stat, fields)
      many('ZREM', k_step, old)
    end
  end
  call('ZREMRANGEBYSCORE', k_ended, '-inf', '(' .. L.now - 86400000)
  L.forget_kinds()
end

-- forget_kinds looks at some of the kinds and owners, taken at random.
function L.forget_kinds()
  local month = 30 * 86400000
  local published
  for _, field in ipairs(call('HRANDFIELD', k_kind, 5)) do
    local v = call('HGET', k_kind, field)
    if L.now - sunpack('>I6', v) > month then
      published = published or L.published()
      if not published[field] then call('HDEL', k_kind, field) end
    end
  end
  for _, owner in ipairs(call('HRANDFIELD', k_owner, 5)) do
    if L.now - tonumber(call('HGET', k_owner, owner)) > month then call('HDEL', k_owner, owner) end
  end
end

function L.published()
  local set, all = {}, call('HVALS', k_info)
  for _, info in ipairs(all) do
    local kinds = cjson.decode(info).Kinds
    if type(kinds) == 'table' then
      for _, k in ipairs(kinds) do set[k.kind .. '\0' .. (k.fingerprint or '')] = true end
    end
  end
  return set
end

for _, share in ipairs({L.reclaim, promote, L.relay, expire, sweep}) do
  moved = moved + share(budget - moved)
  L.save()
end
local more = call('LLEN', k_dying) > 0 or call('LLEN', k_todo) > 0 or any_due(k_due) or any_due(k_expire) or any_due(k_retain)
forget_small()
local due, recurring = L.recurring_due(session.owner, ARGV[4])
local nextdue = -1
local first = call('ZRANGE', k_due, 0, 0, 'WITHSCORES')
if first[2] then nextdue = math.max(tonumber(first[2]) - L.now, 0) end
if recurring and (nextdue < 0 or recurring - L.now < nextdue) then nextdue = recurring - L.now end
L.old_mail()

-- Some slots of limits that were taken a while ago, for Go to see whether their runs go on.
local slots = {}
for _, member in ipairs(call('ZRANDMEMBER', k_slot, 5)) do
  if L.now - sunpack('>I6', member, #member - 5) > 60000 then
    slots[#slots + 1] = sub(member, -42, -27)
    slots[#slots + 1] = sub(member, -26, -23)
    slots[#slots + 1] = sub(member, 1, -44)
  end
end
return L.done({L.now, moved, more and 1 or 0, nextdue, cancelled, due, slots})
