-- Continuations: an edge joins a child to one parent and keeps how that ended. Port of
-- memstore/edges.go and rules.Judge. An edge: parent, ended, run, gone, is a batch.
-- keys: kid part
-- lazy:
-- uses: jobs life

-- node is the job or batch with an id.
function L.node(id) return L.job(id) or L.getbatch(id) end

function L.touch_node(n)
  if n.isbatch then L.dirty_batch(n) else L.touch(n) end
end

-- ended is how a parent ended and by which run; no state while it is not final.
function L.ended(n)
  local run = n.isbatch and n.ends or n.fetches
  if n.state < SUCCEEDED then return 0, run end
  return n.state, run
end

local conditions = {[0] = SUCCEEDED, [1] = FAILED, [2] = DELETED}
-- met reports whether an end satisfies a condition.
local function met(on, state)
  if on == 3 then return state >= SUCCEEDED end
  return conditions[on] == state
end

-- judge_edges says what becomes of a child: 'free', 'wait', or 'skip' with the edge that
-- skips it.
function L.judge_edges(m)
  local verdict = 'free'
  for _, e in ipairs(m.e) do
    if e[2] ~= 0 and not met(m.on, e[2]) or e[2] == 0 and e[4] == 1 and m.on ~= 3 then return 'skip', e end
    if e[2] == 0 and e[4] == 0 then verdict = 'wait' end
  end
  return verdict
end

function L.skip_reason(e)
  if e[2] == 0 then return 'a parent is gone' end
  return 'skipped by run ' .. e[3] .. ' of ' .. L.text(e[1])
end

-- set_edge writes the end of a parent into an edge of a child, and with it the input that
-- the child takes from that parent. A met edge stays met; another is set by the first end
-- and by those of higher runs.
function L.set_edge(c, e, ended, run)
  local m = L.more(c)
  if e[2] ~= 0 and (met(m.on, e[2]) or run <= e[3]) then return end
  L.touch_more(c)
  e[2], e[3], e[4] = ended, run, 0
  if ended == SUCCEEDED and e[5] == 0 and m.f == e[1] then
    L.setpart(c, 'i', 4, L.result(e[1]) or 'null')
  end
end

local function reset_edge(c, e)
  if e[2] == 0 or met(L.more(c).on, e[2]) then return end
  L.touch_more(c)
  e[2], e[3] = 0, 0
end

function L.edge_to(c, parent)
  for _, e in ipairs(L.more(c).e) do
    if e[1] == parent then return e end
  end
end

-- link joins j to a parent; a parent that ended already is judged by judge.
function L.link(j, parent)
  local m = L.more(j)
  L.touch_more(j)
  local e = {parent.id, 0, 0, 0, parent.isbatch and parent.isjob ~= 1 and 1 or 0}
  m.e[#m.e + 1] = e
  call('ZADD', k_kid, 0, parent.id .. j.id)
  L.touch_node(parent)
  parent.kids = parent.kids + 1
  local state, run = L.ended(parent)
  if state ~= 0 then L.set_edge(j, e, state, run) end
end

-- judge does with an awaiting child what its edges say. Last is the id of the parent
-- whose end let it be judged, run of which run.
function L.judge(c, last, run)
  local verdict, by = L.judge_edges(L.more(c))
  if verdict == 'free' then
    L.release(c, last, run)
  elseif verdict == 'skip' then
    L.leave(c)
    L.skip(c, by)
  end
end

-- release lets an awaiting child become enqueued or scheduled.
function L.release(c, last, run)
  local m = L.more(c)
  local due = m.at or m.d and L.now + m.d or 0
  local reason = 'released by run ' .. run .. ' of ' .. L.text(last)
  L.leave(c)
  if due > L.now then L.schedule(c, due, reason) else L.enqueue(c, reason) end
end

function L.node_retained(n)
  if n.isbatch and n.isjob ~= 1 then return n.finished + 86400000 end
  return n.retained
end

-- skip deletes a child, which has left its state, for the edge that is not met. It is
-- kept as long as that parent.
function L.skip(c, by)
  local m, parent = L.more(c), L.node(by[1])
  local to = L.now + 86400000
  L.touch_more(c)
  if parent then
    m.s, m.sr = parent.id, by[3]
    to = L.node_retained(parent)
  end
  L.finish_at(c, DELETED, L.skip_reason(by), nil, to)
end

-- skip_instead hands a skipped child over to another parent that skips it too.
local function skip_instead(c, by)
  local m, parent = L.more(c), L.node(by[1])
  L.touch_more(c)
  m.s, m.sr = parent and parent.id, by[3]
  if not parent then return L.keep(c) end
  c.retained = L.node_retained(parent)
  L.append(c, L.entry(DELETED, L.skip_reason(by)))
end

-- afresh gives a job that was final what a requeue gives it anew.
function L.afresh(j)
  L.touch(j)
  j.retries, j.lost, j.begun, j.expires = 0, 0, false, 0
  if band(j.flags, 1) ~= 0 then
    local m = L.more(j)
    if m.s then
      L.touch_more(j)
      m.s, m.sr = nil, nil
    end
  end
  if j.counted then
    j.counted = false
    j.attempt = j.attempt + 1
  end
end

-- restore makes a child that the last end of parent skipped awaiting again, and what was
-- skipped below it. It stays as it is where it would be skipped again at once by another
-- parent, where its key is taken, or in a cancelled batch.
local function restore(c, parent, stamp)
  local b, m = L.batch_of(c), L.more(c)
  if b and b.cancelled == 1 or not m.ur and L.blocked_by(c) then return end
  local verdict, by = L.judge_edges(m)
  if verdict == 'skip' then return skip_instead(c, by) end
  if m.ur and not stamp then
    L.prepare(c.id)
    return L.post(m.ur, {'k', m.uk, c.id, m.uo, parent.id, m.sr, m.ur, m.un})
  end
  local run = c.fetches
  L.leave(c)
  L.afresh(c)
  if stamp then
    L.touch_more(c)
    m.ust = stamp
  end
  L.take_key(c)
  L.await(c, 'restored with ' .. L.text(parent.id))
  L.note({parent = c.id, restore = 1, ended = 0, run = run})
  if verdict == 'free' then
    local _, prun = L.ended(parent)
    L.release(c, parent.id, prun)
  end
end

-- restore_keyed restores a child whose unique key was reserved in another shard. It reports
-- whether it did.
function L.restore_keyed(id, stamp, parent, run)
  local c, p = L.job(id), L.node(parent)
  local m = c and L.more(c)
  if not L.unprepare(id) or not p or not m or c.state ~= DELETED or m.s ~= parent or m.sr ~= run then return false end
  restore(c, p, stamp)
  return c.state ~= DELETED
end

-- apply does a note with one child.
function L.apply(n, c, parent)
  local e = L.edge_to(c, n.parent)
  if not e then return end
  if n.restore == 1 then
    reset_edge(c, e)
    local m = L.more(c)
    if c.state == DELETED and m.s == n.parent and m.sr == n.run then restore(c, parent) end
    return
  end
  if n.restore == 2 then
    L.orphan_child(c, e)
    return
  end
  L.set_edge(c, e, n.ended, n.run)
  if c.state == AWAITING then L.judge(c, n.parent, n.run) end
end

function L.orphan_child(c, e)
  local m = L.more(c)
  L.touch_more(c)
  if e[2] == 0 then e[4] = 1 end
  if m.s == e[1] then
    m.s, m.sr = nil, nil
    L.keep(c)
  end
end

-- orphan cuts the bonds of a parent that is removed to its children: up to a thousand at
-- once, the rest by Tick.
function L.orphan(n)
  if n.kids <= 0 then return end
  L.forget_watchers(n)
  local members = L.range(k_kid, n.id, 1000)
  local ids = {}
  for i, member in ipairs(members) do ids[i] = sub(member, 17) end
  L.load(ids)
  for _, id in ipairs(ids) do
    local c = L.job(id)
    if c then L.orphan_child(c, L.edge_to(c, n.id)) end
  end
  many('ZREM', k_kid, members)
  if #members == 1000 then L.later({parent = n.id, restore = 2, ended = 0, run = 0}) end
end

-- keep lets the retention of a final job or batch begin once nothing else keeps it.
function L.keep(n)
  if n.far or n.waiting > 0 or n.notes > 0 or n.state < SUCCEEDED then return end
  if n.isbatch then
    if n.jobs == 0 and n.inner == 0 then L.hint(n.finished + 86400000, 'B' .. n.id) end
  elseif not L.more(n).s then
    L.hint(n.retained, n.id)
  end
end
