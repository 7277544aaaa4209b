-- Batches as tables, read once and written by L.save. Port of memstore/batches.go. A batch:
-- info (JSON of its name and metadata), up (parent or ''), depth, total, pending, succeeded,
-- failed, deleted, nested, nopen, nfailed, ndeleted, state, created, finished, ends, sealed,
-- cancelled (0 or 1), by, kids, waiting, notes as of a job, jobs and inner: its jobs and
-- nested batches that are stored.
-- keys: batch set
-- lazy:
-- uses: jobs life
local batches, changed = {}, {}

function L.getbatch(id)
  local b = batches[id]
  if b == nil then
    local packed = call('HGET', k_batch, id)
    b = false
    if packed then
      b = cmsgpack.unpack(packed)
      b.id, b.isbatch = id, true
      if b.far then L.loadfar(b) end
    end
    batches[id] = b
  end
  return b or nil
end

local function fresh(id, info)
  return {id = id, isbatch = true, info = info, up = '', depth = 0, total = 0, pending = 0, succeeded = 0,
    failed = 0, deleted = 0, nested = 0, nopen = 0, nfailed = 0, ndeleted = 0, state = PROCESSING,
    created = L.now, finished = 0, ends = 0, sealed = 0, cancelled = 0, by = '', kids = 0, waiting = 0,
    notes = 0, jobs = 0, inner = 0}
end

-- newfar makes the far node of an id: see far.lua.
function L.newfar(id, home, gen)
  local b = fresh(id, '')
  b.state, b.far, b.isjob, b.gen, b.pin, b.told, b.retained, b.kindof = 0, home, 0, gen, 0, 0, 0, ''
  batches[id] = b
  return b
end

function L.newbatch(id, info)
  local b = fresh(id, info)
  batches[id] = b
  L.dirty_batch(b)
  call('ZADD', k_set, 0, 'b' .. id)
  return b
end

function L.savebatch(b)
  b.dirty = nil
  if b.far and L.savefar(b) then b.gone = true end
  if b.gone then
    call('HDEL', k_batch, b.id)
    batches[b.id] = false
    return
  end
  local id = b.id
  b.id, b.isbatch, b.looked = nil, nil, nil
  call('HSET', k_batch, id, cmsgpack.pack(b))
  b.id, b.isbatch = id, true
  if b.far then L.loadfar(b) end
end

function L.batch_of(j)
  local id = L.more(j).b
  return id and L.getbatch(id)
end

-- look makes the running step look whether b is final, once it has done the rest.
local function look(b)
  if not b.looked then
    b.looked = true
    changed[#changed + 1] = b
  end
end
L.look = look

local counters = {[SUCCEEDED] = 'succeeded', [FAILED] = 'failed', [DELETED] = 'deleted'}

-- join_batch counts a new job in its batch, which starts again when it was final.
function L.join_batch(j)
  local b = L.batch_of(j)
  if not b then return end
  L.dirty_batch(b)
  b.total, b.pending, b.jobs = b.total + 1, b.pending + 1, b.jobs + 1
  call('ZADD', k_set, 0, 'j' .. b.id .. j.id, 0, 'o' .. b.id .. j.id)
  L.reopen(b)
end

function L.end_in_batch(j)
  local b = L.batch_of(j)
  if not b then return end
  L.dirty_batch(b)
  local counter = counters[j.state]
  b.pending = b.pending - 1
  b[counter] = b[counter] + 1
  call('ZREM', k_set, 'o' .. b.id .. j.id)
  look(b)
end

-- back_in_batch takes the end of a job back.
function L.back_in_batch(j)
  local b = L.batch_of(j)
  if not b then return end
  L.dirty_batch(b)
  local counter = counters[j.state]
  b.pending = b.pending + 1
  b[counter] = b[counter] - 1
  call('ZADD', k_set, 0, 'o' .. b.id .. j.id)
  L.reopen(b)
end

local function count_nested(b, state, n)
  L.dirty_batch(b)
  b.nopen = b.nopen - n
  if state == FAILED then b.nfailed = b.nfailed + n end
  if state == DELETED then b.ndeleted = b.ndeleted + n end
end

-- end_batches makes final what is complete of the batches the step has changed.
function L.end_batches()
  local list = changed
  changed = {}
  for _, b in ipairs(list) do
    b.looked = nil
    if b.state == PROCESSING and not b.far and b.sealed == 1 and b.pending + b.nopen == 0 then
      L.dirty_batch(b)
      b.state = SUCCEEDED
      if b.failed + b.nfailed > 0 then
        b.state = FAILED
      elseif b.deleted + b.ndeleted > 0 then
        b.state = DELETED
      end
      b.finished, b.ends = L.now, b.ends + 1
      L.keep(b)
      L.tell(b)
      local up = b.up ~= '' and L.getbatch(b.up)
      if up then
        count_nested(up, b.state, 1)
        look(up)
      end
    end
  end
end

function L.batches_changed() return #changed > 0 end

-- reopen makes a final batch start again, and those around it, and restores what their
-- ends skipped.
function L.reopen(b)
  while b and b.state ~= PROCESSING and not b.far do
    L.dirty_batch(b)
    local up = b.up ~= '' and L.getbatch(b.up)
    if up then count_nested(up, b.state, -1) end
    b.state, b.finished = PROCESSING, 0
    L.note({parent = b.id, restore = 1, ended = 0, run = b.ends})
    b = up
  end
end

-- nest puts a new batch into the one around it.
function L.nest(b, up)
  L.dirty_batch(b)
  L.dirty_batch(up)
  b.up = up.id
  call('ZADD', k_set, 0, 'n' .. up.id .. b.id)
  up.nested, up.nopen, up.inner = up.nested + 1, up.nopen + 1, up.inner + 1
  L.reopen(up)
  if up.cancelled == 1 then L.mark_cancelled(b, up.by) end
end

-- uncancel clears the mark of b and of those around it.
function L.uncancel(b)
  while b do
    L.dirty_batch(b)
    b.cancelled, b.by = 0, ''
    if b.far then L.post(b.far, {'u2', b.id}) else L.tell_watchers(b, 'n') end
    b = b.up ~= '' and L.getbatch(b.up)
  end
end

function L.batch_reason(b)
  local by = b.by ~= '' and ' by ' .. b.by or ''
  return L.cut_text('cancelled with batch ' .. L.text(b.id) .. by)
end

-- cut_text cuts to what a reason may have, never within a character.
function L.cut_text(s)
  if #s <= 500 then return s end
  local n = 500
  while n > 0 and band(string.byte(s, n + 1), 192) == 128 do n = n - 1 end
  return sub(s, 1, n)
end

function L.mark_cancelled(b, by)
  L.dirty_batch(b)
  b.cancelled, b.by, b.sealed = 1, by, 1
  L.tell_watchers(b, 'c', by)
  look(b)
  for _, member in ipairs(call('ZRANGEBYLEX', k_set, '[n' .. b.id, '[n' .. b.id .. FF)) do
    local nested = L.getbatch(sub(member, 18))
    if nested then L.mark_cancelled(nested, by) end
  end
end

-- forget_batch removes a final batch of which no job is left.
function L.forget_batch(b)
  L.dirty_batch(b)
  b.gone = true
  call('ZREM', k_set, 'b' .. b.id)
  L.orphan(b)
  local up = b.up ~= '' and L.getbatch(b.up)
  if up then
    call('ZREM', k_set, 'n' .. up.id .. b.id)
    L.dirty_batch(up)
    up.inner = up.inner - 1
    L.keep(up)
  end
end
