-- Recurring jobs: the value in cron (recurring.go says its bytes) and where they are
-- listed: in set as 'R' id, and as 'F' ms id for when to look whether it is forgotten; in
-- next by Next as owner 0 id, from where those that are due move to set as 'D' owner 0 id.
-- keys: cron next set session owner
-- uses: codec
local CRON = '>I6I6c16BI6I6B'
local FORGET_DECLARED, FORGET_OWNER, LOOK_AGAIN = 600000, 2592000000, 60000

local function cron_unpack(v)
  local c, n = {}
  c.next, c.last, c.lastjob, c.paused, c.heard, c.look, n = sunpack(CRON, v)
  c.owner = sub(v, 43, 42 + n)
  c.rest = sub(v, 43 + n)
  return c
end

-- unlist takes a recurring job out of the lists by time.
local function unlist(id, c)
  local member = c.owner .. '\0' .. id
  if c.next ~= 0 then
    call('ZREM', k_next, member)
    call('ZREM', k_set, 'D' .. member)
  end
  if c.look ~= 0 then call('ZREM', k_set, 'F' .. spack('>I6', c.look) .. id) end
end

-- cron_write writes what became of a recurring job; old is what it was, if it was.
function L.cron_write(id, old, c)
  if old then
    unlist(id, old)
  else
    call('ZADD', k_set, 0, 'R' .. id)
  end
  c.look = c.owner ~= '' and c.heard + FORGET_DECLARED + 1 or 0
  if c.look ~= 0 then call('ZADD', k_set, 0, 'F' .. spack('>I6', c.look) .. id) end
  if c.paused == 0 and c.next ~= 0 then call('ZADD', k_next, c.next, c.owner .. '\0' .. id) end
  call('HSET', k_cron, id,
    spack(CRON, c.next, c.last, c.lastjob, c.paused, c.heard, c.look, #c.owner) .. c.owner .. c.rest)
end

function L.cron_remove(id, c)
  unlist(id, c)
  call('ZREM', k_set, 'R' .. id)
  call('HDEL', k_cron, id)
end

-- owner_oldest is since when the longest living session of an owner lives; nil: none does.
local oldest
local function owner_oldest(owner)
  if not oldest then
    oldest = {}
    for _, r in ipairs(call('HVALS', k_session)) do
      local started = sunpack('>I6', r, 13)
      local of = sub(r, 36 + string.byte(r, 35))
      if not oldest[of] or started < oldest[of] then oldest[of] = started end
    end
  end
  return oldest[owner]
end

local function forgotten(c)
  local since = owner_oldest(c.owner)
  if since then return L.now - c.heard > FORGET_DECLARED and L.now - since > FORGET_DECLARED end
  local seen = tonumber(call('HGET', k_owner, c.owner) or 0)
  return L.now - c.heard > FORGET_OWNER and L.now - seen > FORGET_OWNER
end

-- recurring_forget removes what was declared in code and is not any more.
function L.recurring_forget()
  local due = call('ZRANGEBYLEX', k_set, '[F', '(F' .. spack('>I6', L.now + 1), 'LIMIT', 0, 100)
  for _, member in ipairs(due) do
    local id = sub(member, 8)
    local v = call('HGET', k_cron, id)
    if not v then
      call('ZREM', k_set, member)
    else
      local c = cron_unpack(v)
      if forgotten(c) then
        L.cron_remove(id, c)
      else
        call('ZREM', k_set, member)
        c.look = L.now + LOOK_AGAIN
        call('ZADD', k_set, 0, 'F' .. spack('>I6', c.look) .. id)
        call('HSET', k_cron, id, sub(v, 1, 35) .. spack('>I6', c.look) .. sub(v, 42))
      end
    end
  end
end

local function due_of(out, owner, after)
  local list = call('ZRANGEBYLEX', k_set, '(D' .. owner .. '\0' .. after, '(D' .. owner .. '\1', 'LIMIT', 0, 100)
  for _, member in ipairs(list) do
    local id = sub(member, 3 + #owner)
    local v = call('HGET', k_cron, id)
    if v then
      out[#out + 1] = id
      out[#out + 1] = v
    end
  end
end

-- recurring_due lists what is due for an owner behind an id, or from the start when there is
-- nothing behind it: id and value of at most 100 of the owner and 100 of none. The second
-- result is the ms of the next that is not due, nil when none is known.
function L.recurring_due(owner, after)
  local arrived = call('ZRANGEBYSCORE', k_next, '-inf', string.format('%.0f', L.now), 'LIMIT', 0, 1000)
  if #arrived > 0 then
    local listed = {}
    for i, member in ipairs(arrived) do listed[2 * i - 1], listed[2 * i] = 0, 'D' .. member end
    call('ZREM', k_next, unpack(arrived))
    call('ZADD', k_set, unpack(listed))
  end
  local out = {}
  for _, from in ipairs({after, after ~= '' and '' or nil}) do
    if #out == 0 then
      due_of(out, '', from)
      if owner ~= '' then due_of(out, owner, from) end
    end
  end
  local upcoming = call('ZRANGE', k_next, 0, 199, 'WITHSCORES')
  for i = 1, #upcoming, 2 do
    local member = upcoming[i]
    if sub(member, 1, 1) == '\0' or sub(member, 1, #owner + 1) == owner .. '\0' or i == 399 then
      return out, tonumber(upcoming[i + 1])
    end
  end
  return out, nil
end
