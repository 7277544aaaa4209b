-- How the jobs of a session go back that died or was closed. Port of memstore/tick.go and
-- CloseSession.
-- keys: run dying gave claim
-- lazy:
-- uses: lib sessions

-- open_of gives those jobs of a plain fetch that have its claim still, at most limit.
local function open_of(call_of, limit, ids)
  local gave, some = call('HGET', k_gave, call_of) or '', {}
  for at = 1, #gave, 20 do some[#some + 1] = sub(gave, at, at + 15) end
  local any = false
  for i = 1, #some, 1000 do
    local to = math.min(i + 999, #some)
    for k, c in ipairs(call('HMGET', k_claim, unpack(some, i, to))) do
      if c and #c == 39 + string.byte(c, 39) and sub(c, 1, 16) .. sub(c, 33, 38) == call_of then
        any = true
        if #ids == limit then return end
        ids[#ids + 1] = some[i + k - 1]
      end
    end
  end
  if not any then L.given(call_of, #some) end
end

local function running(id, limit)
  local ids = {}
  for _, member in ipairs(L.range(k_run, id, limit)) do
    if #ids == limit then break end
    if #member == 22 then open_of(member, limit, ids) else ids[#ids + 1] = sub(member, 23) end
  end
  L.load(ids)
  return ids
end

-- lose ends the run of j with its dead session.
local function lose(j, server, maxlost)
  local e, started = {same = true}, not j.ahead
  L.touch(j)
  if started then j.lost = j.lost + 1 else j.noahead = true end
  local state, reason = ENQUEUED, 'lost with server ' .. server
  if j.cancel then
    state, reason = DELETED, L.cancel_reason(j)
  elseif started and j.lost > maxlost then
    state, reason = FAILED, reason .. ': ' .. j.lost .. ' of its runs ended with their server'
  end
  L.leave(j)
  if state == ENQUEUED then
    if started then j.attempt = j.attempt + 1 end
    L.enqueue_in_place(j, reason, e)
    return
  end
  j.counted = started
  L.finish(j, state, reason, e, 0)
end

-- give_back ends the run of j with the close of its session.
local function give_back(j, server)
  local e = {same = true}
  if j.cancel then
    local reason = L.cancel_reason(j)
    L.leave(j)
    L.finish(j, DELETED, reason, e, 0)
  else
    L.leave(j)
    L.enqueue_in_place(j, 'released by server ' .. server, e)
  end
end

-- reclaim takes the jobs of ended sessions back, at most budget.
function L.reclaim(budget)
  local moved = 0
  while moved < budget do
    local packed = call('LINDEX', k_dying, 0)
    if not packed then break end
    local d = cmsgpack.unpack(packed)
    local id, server, maxlost = d[1], d[2], d[3]
    local want = budget - moved
    local ids = running(id, want)
    for _, job in ipairs(ids) do
      local j = L.job(job)
      if j and j.state == PROCESSING and j.session == id then
        if maxlost == 0 then give_back(j, server) else lose(j, server, maxlost) end
        L.flush()
      end
      moved = moved + 1
    end
    L.save()
    if #ids == want then break end
    call('LPOP', k_dying)
  end
  return moved
end
