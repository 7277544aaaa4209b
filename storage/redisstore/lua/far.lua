-- Parents and batches that live in other shards. A far node stands for one in the shard of
-- its children or members: it is kept with the batches, with far: the shard of the node itself;
-- own: this shard; isjob; gen: by which it is known there; pin (ms): kept until then at least; kindof: N8 of its
-- kind; told: 1 while the node knows that something awaits it. The node's shard has in set
-- 'W', id, shard in 2 bytes, gen in 6, 1 where the result is wanted, and tells what happens to it.
-- keys: set batch part meta
-- lazy:
-- uses: jobs edges batch mail
local COUNTERS = {'total', 'pending', 'succeeded', 'failed', 'deleted', 'nested', 'nopen', 'nfailed', 'ndeleted', 'jobs', 'inner'}

-- watchers of a node of this shard: shard, gen and whether the result is wanted.
local function watchers(id)
  local list = {}
  for i, member in ipairs(L.range(k_set, 'W' .. id, 1000)) do
    local shard, gen, want = sunpack('>I2I6B', member, 18)
    list[i] = {shard = shard, gen = gen, want = want, member = member}
  end
  return list
end

-- tell_watchers posts a message to each shard that has children or members of a node.
function L.tell_watchers(n, letter, ...)
  if n.far then return end
  for _, w in ipairs(watchers(n.id)) do L.post(w.shard, {letter, n.id, w.gen, ...}) end
end

-- tell_note posts what a note says: the end of a node, or its start after an end.
function L.tell_note(n, note)
  if n.far then return end
  for _, w in ipairs(watchers(n.id)) do
    if note.restore == 1 then
      L.post(w.shard, {'r', n.id, w.gen, note.run})
    else
      local result = w.want == 1 and not n.isbatch and L.result(n.id) or ''
      L.post(w.shard, {'e', n.id, w.gen, note.ended, note.run, n.finished, n.retained or 0, result})
    end
  end
end

-- forget_watchers tells that a node is gone.
function L.forget_watchers(n)
  if n.far then return end
  for _, w in ipairs(watchers(n.id)) do
    L.post(w.shard, {'g', n.id, w.gen})
    call('ZREM', k_set, w.member)
  end
end

-- watch registers a shard with a node; it answers how the node stands.
function L.watch(n, shard, gen, want)
  local prefix, found = 'W' .. n.id .. spack('>I2I6', shard, gen), false
  for flag = 0, 1 do
    if call('ZSCORE', k_set, prefix .. char(flag)) then
      found = true
      if want == 1 and flag == 0 then
        call('ZREM', k_set, prefix .. '\0')
        call('ZADD', k_set, 0, prefix .. '\1')
      end
    end
  end
  if not found then
    call('ZADD', k_set, 0, prefix .. char(want))
    L.touch_node(n)
    n.kids = n.kids + 1
  end
  local result = want == 1 and not n.isbatch and n.state == SUCCEEDED and L.result(n.id) or ''
  return {n.isbatch and 0 or 1, n.state, n.isbatch and n.ends or n.fetches, n.finished, n.retained or 0,
    n.cancelled or 0, n.by or '', n.depth or 0, n.isbatch and '' or n.kind, result}
end

-- pin makes or keeps the far node of an id for half a minute at least, and gives its gen.
function L.pin(id, home, own)
  local b = L.getbatch(id)
  if not b then
    b = L.newfar(id, home, L.rising('gen'))
    b.own = own
  end
  if b.pin < L.now + 30000 then
    L.dirty_batch(b)
    b.pin = L.now + 60000
    call('ZADD', k_set, 0, 'Y' .. spack('>I6', b.pin) .. id)
  end
  return b.gen
end

-- unpin looks at the far nodes that are not held any more.
function L.unpin()
  for _, member in ipairs(call('ZRANGEBYLEX', k_set, '[Y', '(Y' .. spack('>I6', L.now), 'LIMIT', 0, 1000)) do
    call('ZREM', k_set, member)
    local b = L.getbatch(sub(member, 8))
    if b and b.far then L.dirty_batch(b) end
  end
end

-- stands takes how a node stands, unless it is known from its messages.
function L.stands(id, s)
  local b = L.getbatch(id)
  if not b or not b.far or b.state ~= 0 then return end
  L.dirty_batch(b)
  b.isjob, b.state, b.ends, b.finished, b.retained, b.cancelled, b.by, b.depth, b.kindof =
    s[1], s[2], s[3], s[4], s[5], s[6], s[7], s[8], s[9]
  if s[10] ~= '' then call('HSET', k_part, 'r' .. id, s[10]) end
end

-- savefar tells the node what changed with its far one, and drops the far one when nothing
-- is left of it. It reports whether it did.
function L.savefar(b)
  local delta, changed = {'d', b.id}, false
  for i, name in ipairs(COUNTERS) do
    delta[2 + i] = b[name] - (b.was and b.was[i] or 0)
    changed = changed or delta[2 + i] ~= 0
  end
  b.was = nil
  if changed then L.post(b.far, delta) end
  local awaited = b.waiting > 0 and 1 or 0
  if awaited ~= b.told then
    L.post(b.far, {'w', b.id, awaited == 1 and 1 or -1})
    b.told = awaited
  end
  if b.kids > 0 or b.jobs > 0 or b.inner > 0 or b.notes > 0 or b.pin > L.now then return false end
  if not b.lost then L.post(b.far, {'x', b.id, b.own, b.gen}) end
  call('HDEL', k_part, 'r' .. b.id)
  return true
end

-- loadfar notes the counters of a far node as they were told.
function L.loadfar(b)
  b.was = {}
  for i, name in ipairs(COUNTERS) do b.was[i] = b[name] end
end

local function far(m)
  local b = L.getbatch(m[2])
  if b and b.far and b.gen == m[3] then
    L.dirty_batch(b)
    return b
  end
end

-- e: a node ended. r: it started again. g: it is gone. c, n: a batch was cancelled, or is
-- not any more.
function L.on_e(m)
  local b = far(m)
  if not b then return end
  b.state, b.ends, b.finished, b.retained = m[4], m[5], m[6], m[7]
  if m[8] ~= '' then call('HSET', k_part, 'r' .. b.id, m[8]) end
  L.tell(b)
end

function L.on_r(m)
  local b = far(m)
  if not b then return end
  b.state, b.finished = PROCESSING, 0
  L.note({parent = b.id, restore = 1, ended = 0, run = m[4]})
end

function L.on_g(m)
  local b = far(m)
  if not b then return end
  b.lost = 1
  L.orphan(b)
end

function L.on_c(m)
  local b = far(m)
  if b then L.mark_cancelled(b, m[4]) end
end

function L.on_n(m)
  local b = far(m)
  if b then b.cancelled, b.by = 0, '' end
end

-- u2: a member of a batch was requeued in another shard.
function L.on_u2(m)
  local b = L.getbatch(m[2])
  if b then L.uncancel(b) end
end

-- d: members of a batch changed in another shard. w: something there awaits the node, or
-- nothing any more. x: nothing is left of the far node. s: a batch is sealed.
function L.on_d(m)
  local b = L.getbatch(m[2])
  if not b or b.far then return end
  L.dirty_batch(b)
  for i, name in ipairs(COUNTERS) do b[name] = b[name] + m[2 + i] end
  if b.pending + b.nopen > 0 then L.reopen(b) end
  L.look(b)
  L.keep(b)
end

function L.on_w(m)
  local n = L.node(m[2])
  if not n then return end
  L.touch_node(n)
  n.waiting = n.waiting + m[3]
  L.keep(n)
end

function L.on_x(m)
  local prefix = 'W' .. m[2] .. spack('>I2I6', m[3], m[4])
  local removed = call('ZREM', k_set, prefix .. '\0', prefix .. '\1')
  local n = L.node(m[2])
  if n and removed > 0 then
    L.touch_node(n)
    n.kids = n.kids - 1
  end
end

function L.on_s(m)
  local b = L.getbatch(m[2])
  if not b then return end
  L.dirty_batch(b)
  b.sealed = 1
  L.look(b)
end
