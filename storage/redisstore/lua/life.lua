-- The life of a job: leave, then one of the functions that give it a state and end in
-- arrive. Port of memstore/jobs.go and history.
-- keys: part log set kid fired
-- lazy:
-- uses: jobs

-- cut drops what is over in a history: the first 10 entries and the newest stay.
local function cut(j)
  local list = L.entries(j.history)
  while #list > 50 do
    local gone, following = table.remove(list, 11), list[11]
    local run, marks = L.run_of(gone), string.byte(gone, 3)
    if band(marks, 16) ~= 0 then
      local of = run or L.run_of(list[10])
      if of and of.fetch ~= j.failed then call('HDEL', k_part, 'f' .. j.id .. spack('>I4', of.fetch)) end
    end
    if run and band(string.byte(following, 3), 4) ~= 0 then
      local m, at = string.byte(following, 3), 11
      if band(m, 1) ~= 0 then at = at + 2 + sunpack('>I2', following, at) end
      local text = char(m - 4 + 2) .. sub(following, 4, at - 1) .. sub(gone, run.from, run.to) .. sub(following, at)
      list[11] = spack('>I2', #text) .. text
    end
    j.dropped = j.dropped + 1
  end
  j.history, j.entries = concat(list), #list
end

local function append(j, e)
  j.history = j.history .. e
  j.entries = j.entries + 1
  if j.entries > 50 then cut(j) end
end
L.append = append

-- dropfailure forgets which run failed last, where that has left no failure.
function L.dropfailure(j)
  local fetch = j.failed
  if fetch == 0 then return end
  j.failed = 0
  if j.dropped > 0 then
    local run
    for _, e in ipairs(L.entries(j.history)) do
      run = L.run_of(e) or band(string.byte(e, 3), 4) ~= 0 and run or nil
      if run and run.fetch == fetch and band(string.byte(e, 3), 16) ~= 0 then return end
    end
    call('HDEL', k_part, 'f' .. j.id .. spack('>I4', fetch))
  end
end

-- setfailure keeps the failure of the present run as the job's last.
function L.setfailure(j, text)
  L.dropfailure(j)
  j.failed = j.fetches
  call('HSET', k_part, 'f' .. j.id .. spack('>I4', j.fetches), text)
end

-- leave takes a job out of everything its state has put it in.
function L.leave(j)
  L.touch(j)
  local s = j.state
  if s == SCHEDULED then
    j.due, j.retried = 0, false
  elseif s == AWAITING then
    L.stop_awaiting(j)
  elseif s == ENQUEUED then
    if j.line ~= 0 then L.unhold(j) end
  elseif s == PROCESSING then
    j.session, j.ahead = ZERO, false
    L.free_slots(j)
  elseif s ~= 0 then
    j.finished, j.retained = 0, 0
    L.back_in_batch(j)
  end
end

local function arrive(j, state, reason, e)
  j.state = state
  append(j, L.entry(state, reason, e))
end
L.arrive = arrive

-- enqueue_in_place makes a job wait for a worker at the place it was given before; in a
-- cancelled batch it is deleted instead.
function L.enqueue_in_place(j, reason, e)
  if L.cancelled_batch(j, e) then return end
  j.enqueued = L.now
  local x = L.more(j).x
  if x and not j.begun and j.expires == 0 then j.expires = L.now + x end
  arrive(j, ENQUEUED, reason, e)
  L.wake(j.queue)
end

-- enqueue does it behind all others of its priority.
function L.enqueue(j, reason, e)
  j.seq = L.seq()
  L.enqueue_in_place(j, reason, e)
end

function L.schedule(j, due, reason, e)
  if L.cancelled_batch(j, e) then return end
  j.due = math.min(due, 281474976710655)
  arrive(j, SCHEDULED, reason, e)
end

function L.await(j, reason)
  arrive(j, AWAITING, reason)
  for _, e in ipairs(L.more(j).e or {}) do
    local parent = L.node(e[1])
    if parent then
      L.touch_node(parent)
      parent.waiting = parent.waiting + 1
    end
  end
end

function L.stop_awaiting(j)
  for _, e in ipairs(L.more(j).e or {}) do
    local parent = L.node(e[1])
    if parent then
      L.touch_node(parent)
      parent.waiting = parent.waiting - 1
      L.keep(parent)
    end
  end
end

-- cancelled_batch deletes a job that has come into a cancelled batch.
function L.cancelled_batch(j, e)
  local b = L.batch_of(j)
  if not b or b.cancelled == 0 then return false end
  L.finish(j, DELETED, L.batch_reason(b), e, 0)
  return true
end

local DAY = 86400000
-- retained_to is when a job that ends now is swept; retain in ms, 0: the default.
function L.retained_to(state, retain)
  if retain > 0 then return L.now + retain end
  if state == FAILED then return L.now + 30 * DAY end
  return L.now + DAY
end

function L.finish(j, state, reason, e, retain) L.finish_at(j, state, reason, e, L.retained_to(state, retain)) end

local letters = {[SUCCEEDED] = 's', [FAILED] = 'f', [DELETED] = 'd'}
-- finish_at makes a job final: its key is free, its batch counts it, its retention
-- starts, and what waits for it is released by the running step.
function L.finish_at(j, state, reason, e, to)
  L.free_key(j)
  j.finished, j.retained = L.now, math.min(to, 281474976710655)
  if j.cancel then
    j.cancel = false
    call('HDEL', k_part, 'k' .. j.id)
  end
  arrive(j, state, reason, e)
  L.keep(j)
  L.stat(j.queue, j.kind, letters[state], 1)
  L.end_in_batch(j)
  L.tell(j)
end

-- begin marks the present run as started at a time.
function L.begin(j, at)
  L.touch(j)
  j.ahead, j.begun, j.started, j.expires = false, true, at, 0
end

-- cancel deletes a job that waits, and asks for the end of one that runs.
function L.cancel(j, reason)
  if j.state ~= PROCESSING then
    L.leave(j)
    L.finish(j, DELETED, reason, nil, 0)
  elseif not j.cancel then
    L.touch(j)
    j.cancel = true
    call('HSET', k_part, 'k' .. j.id, reason)
  end
end

function L.cancel_reason(j) return call('HGET', k_part, 'k' .. j.id) or '' end

-- forget removes a final job with all that is kept for it.
function L.forget(j)
  L.touch(j)
  j.gone = true
  local id, m = j.id, L.more(j)
  for _, e in ipairs(m.e or {}) do
    call('ZREM', k_kid, e[1] .. id)
    local parent = L.node(e[1])
    if parent then
      L.touch_node(parent)
      parent.kids = parent.kids - 1
    end
  end
  L.orphan(j)
  if m.b then
    call('ZREM', k_set, 'j' .. m.b .. id)
    local b = L.getbatch(m.b)
    if b then
      L.dirty_batch(b)
      b.jobs = b.jobs - 1
      L.keep(b)
    end
  end
  if m.rec then
    call('ZREM', k_set, 'm' .. m.rec .. '\0' .. id)
    if m.occ then call('HDEL', k_fired, m.rec .. '\0' .. m.occ) end
  end
  L.forget_parts(j)
end

function L.forget_parts(j)
  local id, gone = j.id, {}
  if band(j.flags, 124) ~= 0 then
    for _, letter in ipairs({'i', 'c', 'r', 'p', 'y'}) do gone[#gone + 1] = letter .. id end
  end
  if j.failed ~= 0 then gone[#gone + 1] = 'f' .. id .. spack('>I4', j.failed) end
  if j.failed ~= 0 or j.retries > 0 or j.attempt > 1 then
    local run
    for _, e in ipairs(L.entries(j.history)) do
      local marks = string.byte(e, 3)
      run = L.run_of(e) or band(marks, 4) ~= 0 and run or nil
      if run and band(marks, 16) ~= 0 then gone[#gone + 1] = 'f' .. id .. spack('>I4', run.fetch) end
    end
  end
  many('HDEL', k_part, gone)
  if j.lines > 0 then
    local lines = {}
    for n = 1, j.lines do lines[n] = id .. spack('>I4', n) end
    many('HDEL', k_log, lines)
  end
end
