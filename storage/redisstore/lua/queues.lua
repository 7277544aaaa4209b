-- Held lines: jobs of one queue that wait for the same. Port of memstore/queues.go.
-- A line: no number, q, h Job.Held, c cause letter (k, p, l, r), k and p of lines of kinds, key,
-- max, per (us), n jobs on it, t where it stands in turn. Where the limit lies in another
-- shard: shard, free (us: when a rate has room), room (1 when a limit may have).
-- keys: held turn line meta park
-- lazy:
-- uses: jobs
local lines, unsettled = {}, {}

function L.held_line(no)
  local l = lines[no]
  if not l then
    l = cmsgpack.unpack(call('HGET', k_held, spack('>I4', no)))
    l.no = no
    lines[no] = l
  end
  return l
end

local function line_name(queue, w)
  return 'n' .. queue .. w.h .. '\0' .. (w.max or 0) .. '\0' .. string.format('%.0f', w.per or 0)
end

-- turn notes what a line waits for. Beside held lines no call is parked: what is given to one
-- by an insert has to be what comes first.
local function turn(member)
  call('ZADD', k_turn, 0, member)
  call('DEL', k_park)
end

-- line_for finds or makes the line of a queue that w describes.
local function line_for(queue, w)
  local name = line_name(queue, w)
  local packed = call('HGET', k_held, name)
  if packed then return L.held_line(sunpack('>I4', packed)) end
  local no = call('HINCRBY', k_meta, 'line', 1)
  local l = {no = no, q = queue, h = w.h, c = w.c, k = w.k, p = w.p, key = w.key, max = w.max, per = w.per, n = 0}
  lines[no] = l
  local packed_no = spack('>I4', no)
  call('HSET', k_held, name, packed_no)
  if w.c == 'k' or w.c == 'p' then
    turn('k' .. queue .. packed_no)
  elseif w.c == 'l' then
    turn('l' .. w.key .. '\0' .. packed_no)
  end
  return l
end

local function unsettle(l) unsettled[l.no] = l end

-- hold moves an enqueued job to the line that w describes.
function L.hold(j, w)
  L.touch(j)
  if j.line ~= 0 then L.unhold(j) end
  local l = line_for(j.queue, w)
  if w.shard then l.shard, l.free, l.room = w.shard, w.free, w.room end
  l.n = l.n + 1
  L.count_held(j.queue, l.c, 1)
  j.line = l.no
  unsettle(l)
end

function L.unhold(j)
  local l = L.held_line(j.line)
  l.n = l.n - 1
  L.count_held(j.queue, l.c, -1)
  j.line = 0
  unsettle(l)
end

-- stand puts a line where it belongs after its jobs, or what it waits for, changed. A line
-- of a limit is ready while there is room for its jobs; one of a rate sleeps to the time
-- when there is. What is enqueued has to be written by then.
function L.stand(l)
  local no = spack('>I4', l.no)
  if l.t then call('ZREM', k_turn, l.t) end
  l.t = nil
  if l.n <= 0 then
    call('HDEL', k_held, no, line_name(l.q, l))
    if l.c == 'k' or l.c == 'p' then
      call('ZREM', k_turn, 'k' .. l.q .. no)
    elseif l.c == 'l' then
      call('ZREM', k_turn, 'l' .. l.key .. '\0' .. no)
    end
    lines[l.no] = nil
    return
  end
  local free = 0
  if l.c == 'l' then
    if l.shard then
      free = l.room == 1 and 0 or nil
    else
      free = L.running(l.key) < l.max and 0 or nil
    end
  elseif l.c == 'r' then
    free = L.rate_free(l)
    if l.shard then free = l.free > L.exact and l.free or 0 end
  else
    free = nil
  end
  if free == 0 then
    local first = L.range(k_line, l.q .. no, 1)[1]
    if first then l.t = 'r' .. l.q .. sub(first, 13, 19) .. no end
  elseif free then
    l.t = 'a' .. l.q .. spack('>I8', free) .. no
  end
  if l.t then turn(l.t) end
  call('HSET', k_held, no, cmsgpack.pack({q = l.q, h = l.h, c = l.c, k = l.k, p = l.p, key = l.key, max = l.max, per = l.per, n = l.n, t = l.t,
    shard = l.shard, free = l.free, room = l.room}))
end

-- room makes a line of a limit of another shard ready.
function L.room(l)
  l.room = 1
  unsettle(l)
  L.wake(l.q)
end

function L.stand_all()
  while next(unsettled) do
    local list = unsettled
    unsettled = {}
    for _, l in pairs(list) do L.stand(l) end
  end
end

-- ready_lines makes ready the lines that wait for a limit of which a slot is free.
function L.ready_lines(key)
  for _, member in ipairs(L.range(k_turn, 'l' .. key .. '\0', 1000)) do
    local l = L.held_line(sunpack('>I4', member, #member - 3))
    if not l.t and L.running(key) < l.max then
      unsettle(l)
      L.wake(l.q)
    end
  end
end

-- arise makes the lines of rates ready whose time has come.
function L.arise(queue)
  local due = call('ZRANGEBYLEX', k_turn, '[a' .. queue, '[a' .. queue .. spack('>I8', L.exact) .. FF, 'LIMIT', 0, 1000)
  for _, member in ipairs(due) do L.stand(L.held_line(sunpack('>I4', member, 18))) end
end
