-- What the end of a parent, or its start after an end, still has to do with its children.
-- A step does its notes itself for up to a thousand jobs; what is left goes to todo, for
-- Tick. The notes of one parent are done in order. Port of memstore/notes.go. A note:
-- parent, restore (1: started again, 2: it is gone), ended, run, last child done.
-- keys: todo kid
-- lazy:
-- uses: jobs edges batch
local work = {}
L.most = 1000

-- tell notes the end of a parent.
function L.tell(n)
  if n.kids > 0 then
    local state, run = L.ended(n)
    L.note({parent = n.id, restore = 0, ended = state, run = run})
  end
end

function L.note(n)
  local parent = L.node(n.parent)
  if parent and parent.kids > 0 then
    L.tell_note(parent, n)
    work[#work + 1] = n
  end
end

local function pack(n) return cmsgpack.pack({n.parent, n.restore, n.ended, n.run, n.last or ''}) end

-- later leaves a note to Tick.
function L.later(n)
  local parent = L.node(n.parent)
  if parent and not parent.gone then
    L.touch_node(parent)
    parent.notes = parent.notes + 1
  end
  call('RPUSH', k_todo, pack(n))
end

-- advance does n for at most budget jobs: how many it took, and whether it is done.
local function advance(n, budget)
  local parent, took = L.node(n.parent), 0
  while took < budget do
    local size = math.min(budget - took, 200)
    local members = L.range(k_kid, n.parent, size, n.last and n.last ~= '' and n.parent .. n.last)
    local ids = {}
    for i, member in ipairs(members) do ids[i] = sub(member, 17) end
    L.load(ids)
    for _, id in ipairs(ids) do
      n.last = id
      took = took + 1
      local c = L.job(id)
      if c then L.apply(n, c, parent) end
      if n.restore == 2 then call('ZREM', k_kid, n.parent .. id) end
    end
    if #members < size then return took, true end
  end
  local more = L.range(k_kid, n.parent, 1, n.last and n.last ~= '' and n.parent .. n.last)
  return took, #more == 0
end

-- spend does noted work for at most budget jobs and tells how many it took.
function L.spend(budget)
  local left, at = budget, 1
  while true do
    local n = work[at]
    if n then
      at = at + 1
      local done, took = false, 0
      if L.node(n.parent).notes == 0 then
        took, done = advance(n, left)
        left = left - took
      end
      if not done then L.later(n) end
    elseif L.batches_changed() then
      L.end_batches()
    else
      break
    end
  end
  work = {}
  return budget - left
end

-- flush ends a step: it does what the step noted, as far as one step may, and leaves the
-- rest to Tick.
function L.flush()
  if #work > 0 or L.batches_changed() then L.spend(L.most) end
end

-- relay does what steps left, for at most budget jobs, and tells how many it took.
function L.relay(budget)
  local left = budget
  while left > 0 do
    local packed = call('LINDEX', k_todo, 0)
    if not packed then break end
    local t = cmsgpack.unpack(packed)
    local n = {parent = t[1], restore = t[2], ended = t[3], run = t[4], last = t[5]}
    local took, done = advance(n, left)
    left = left - took
    if not done then
      call('LSET', k_todo, 0, pack(n))
      break
    end
    call('LPOP', k_todo)
    local parent = L.node(n.parent)
    if parent then
      L.touch_node(parent)
      parent.notes = parent.notes - 1
      L.keep(parent)
    end
    left = left - L.spend(left)
  end
  left = left - L.spend(left)
  return budget - left
end
