-- How the jobs of a session go back that died or was closed. Port of memstore/tick.go and
-- CloseSession.
-- keys: run dying
-- lazy:
-- uses: lib sessions

local function running(id, limit)
  local ids = {}
  for i, member in ipairs(L.range(k_run, id, limit)) do ids[i] = sub(member, 23) end
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
