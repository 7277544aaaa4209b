-- insert stores one group. Port of memstore/insert.go, plan.go and connect.go. A group is
-- the map that insert.go makes: j jobs, b batches, s batches to seal, n names. A job: id, q,
-- k, p, pr, kn (its kind), body, y (a large payload with its fingerprint), at (ms), d (ms),
-- x (ms), pa (parents), on, f, b, uk, uf (ms), uu, l, rec, occ. A batch: id, up, open, info.
-- keys: state body part name fired twin twins set batch
-- lazy:
-- uses: lib prepared

-- repeated answers a group of which something is stored: then all of it was.
local function repeated(g)
  local known, ids = false, {}
  for i, n in ipairs(g.j) do ids[i] = n.id end
  L.load(ids)
  for _, n in ipairs(g.b) do
    local j = L.job(n.id)
    if j then return nil, {'conflict', n.id, call('HGET', k_name, j.kind) or '', 'batch'} end
    known = known or L.getbatch(n.id) ~= nil
  end
  for _, n in ipairs(g.j) do
    if g.batched and L.getbatch(n.id) then return nil, {'conflict', n.id, 'batch', n.kn} end
    local j = L.job(n.id)
    if j then
      if j.kind ~= n.k then return nil, {'conflict', n.id, call('HGET', k_name, j.kind) or '', n.kn} end -- guard: id taken
      known = true
    end
  end
  if not known then return nil end -- need: repeated insert
  local answer = {}
  for i, n in ipairs(g.j) do
    local j = L.job(n.id)
    if j then
      answer[i] = {n.id, j.born, 0}
    else
      local holder = call('HGET', k_twin, n.id) or ''
      local h = holder ~= '' and L.job(holder)
      answer[i] = {holder, h and h.state or 0, 1}
    end
  end
  return answer
end

-- plan finds the duplicates: stored, or earlier in the group.
local function plan(g)
  local same, kind, keys, times, dup = {}, {}, {}, {}, g.dup or {}
  for _, n in ipairs(g.b) do kind[n.id] = 'batch' end
  for _, n in ipairs(g.j) do
    local holder
    local occ = n.occ and n.rec .. '\0' .. n.occ
    if occ then holder = times[occ] or call('HGET', k_fired, occ) end -- guard: one job for an occurrence
    if not holder and dup[n.id] then
      holder = dup[n.id][1]
    elseif not holder and n.uk then -- guard: unique
      local h = L.holder(n.uk)
      holder = keys[n.uk] or h and h.id
    end
    if holder then
      same[n.id] = holder
    else
      kind[n.id] = 'job'
      if n.uk then keys[n.uk] = n.id end
      if occ then times[occ] = n.id end
    end
  end
  return same, kind
end

-- depth is how many batches are around a new one.
local function depth(g, kind, n)
  local d, up = 0, n.up
  while up and up ~= '' do
    if kind[up] ~= 'batch' then
      local stored = L.getbatch(up)
      return d + 1 + (stored and stored.depth or 0)
    end
    d = d + 1
    up = g.ups[up]
  end
  return d
end

-- check refuses the group for what is stored or is not.
local function check(g, same, kind)
  local function is(id)
    local b = not kind[id] and L.getbatch(id)
    if b and b.state == 0 then return nil end
    if b then return b.isjob == 1 and 'job' or 'batch' end
    return kind[id] or L.job(id) and 'job'
  end
  for _, n in ipairs(g.j) do
    if not same[n.id] then
      for _, id in ipairs(n.pa or {}) do
        local what = is(same[id] or id)
        if not what then return {'parent', id} end
        if what == 'batch' and id == n.f then return {'from', id} end
      end
      if n.b and is(n.b) ~= 'batch' then return {'batch', n.b} end
    end
  end
  for _, n in ipairs(g.b) do
    if n.up and is(n.up) ~= 'batch' then return {'up', n.up} end
    if depth(g, kind, n) > 16 then return {'depth', depth(g, kind, n)} end
  end
  for _, id in ipairs(g.s) do
    if is(id) ~= 'batch' then return {'seal', id} end
  end
end

local function add(n)
  local j = L.newjob(n.id)
  j.queue, j.kind, j.print, j.prio = n.q, n.k, n.p, n.pr
  if n.b or n.pa or n.x or n.uk or n.l or n.rec then
    j.flags = 1
    j.mdirty = true
    j.m = {b = n.b, on = n.on, f = n.f, d = n.d, at = n.at, x = n.x, uk = n.uk, uf = n.uf, uu = n.uu, ur = n.ur, ust = n.ust, uo = n.uo, un = n.un, l = n.l, rec = n.rec, occ = n.occ}
    if n.pa then j.m.e = {} end
  end
  call('HSET', k_body, n.id, n.body)
  if n.y then L.setpart(j, 'y', 64, n.y) end
  L.take_key(j)
  if n.rec then
    call('ZADD', k_set, 0, 'm' .. n.rec .. '\0' .. n.id)
    if n.occ then call('HSET', k_fired, n.rec .. '\0' .. n.occ, n.id) end
  end
  return j
end

-- continues joins a job to its parents; one that two of its parents mean is one.
local function continues(j, n, same)
  local seen = {}
  if n.f then j.m.f = same[n.f] or n.f end
  for _, id in ipairs(n.pa) do
    id = same[id] or id
    if not seen[id] then
      seen[id] = true
      L.link(j, L.node(id))
    end
  end
  L.await(j, '')
end

local function starts(j, n)
  local due = n.at or n.d and L.now + n.d or 0
  if due > L.now then L.schedule(j, due, '') else L.enqueue(j, '') end
end

-- connect joins what was stored to batches and parents, and gives each job its state.
local function connect(g, same, kind, added)
  for _, n in ipairs(g.b) do
    local b = L.getbatch(n.id)
    b.depth = depth(g, kind, n)
    local up = n.up and L.getbatch(n.up)
    if up then L.nest(b, up) end
  end
  for _, a in ipairs(added) do
    if a.n.b then L.join_batch(a.j) end
  end
  for _, a in ipairs(added) do
    if a.n.pa then continues(a.j, a.n, same) else starts(a.j, a.n) end
  end
  -- Only now: a parent may stand behind its child in the group.
  for _, a in ipairs(added) do
    local j = a.j
    if j.state == AWAITING then
      local b = L.batch_of(j)
      if b and b.cancelled == 1 then
        L.cancel(j, L.batch_reason(b))
      else
        local e = j.m.e[#j.m.e]
        local parent = L.node(e[1])
        local _, run = L.ended(parent)
        L.judge(j, e[1], run)
      end
    end
  end
end

local function seal(id)
  local b = L.getbatch(id)
  L.dirty_batch(b)
  if b.far then return L.post(b.far, {'s', id}) end
  b.sealed = 1
  L.look(b)
end

local function remember_twin(id, holder)
  call('HSET', k_twin, id, holder)
  call('ZADD', k_twins, L.now + 60000, id)
end

-- insert stores one group, of which Go found no fault with what it says by itself. It
-- gives the answers of its jobs (id, state, duplicate), or nil and what is wrong.
function L.insert(g)
  local answer, wrong = repeated(g)
  local ready = true
  for _, id in ipairs(g.prep or {}) do ready = L.unprepare(id) and ready end
  if answer or wrong then return answer, wrong end
  if not ready then return nil, {'dropped'} end
  for id, stands in pairs(g.far or {}) do L.stands(id, stands) end
  g.ups = {}
  for _, n in ipairs(g.b) do g.ups[n.id] = n.up or '' end
  local same, kind = plan(g)
  wrong = check(g, same, kind)
  if wrong then return nil, wrong end
  if #g.n > 0 then many('HSET', k_name, g.n) end
  for _, n in ipairs(g.b) do L.newbatch(n.id, n.info) end
  local added = {}
  for _, n in ipairs(g.j) do
    if same[n.id] then remember_twin(n.id, same[n.id]) else added[#added + 1] = {j = add(n), n = n} end
  end
  connect(g, same, kind, added)
  for _, n in ipairs(g.b) do
    if n.open ~= 1 then seal(n.id) end
  end
  for _, id in ipairs(g.s) do seal(id) end
  L.flush()
  answer = {}
  for i, n in ipairs(g.j) do
    if same[n.id] then
      local h = L.job(same[n.id])
      answer[i] = {same[n.id], h and h.state or g.dup[n.id][2], 1}
    else
      local j = L.job(n.id)
      L.touch(j)
      j.born = j.state
      answer[i] = {n.id, j.state, 0}
    end
  end
  return answer
end

function L.forget_twins()
  local old = call('ZRANGEBYSCORE', k_twins, '-inf', '(' .. L.now, 'LIMIT', 0, 500)
  if #old == 0 then return end
  many('HDEL', k_twin, old)
  many('ZREM', k_twins, old)
end
