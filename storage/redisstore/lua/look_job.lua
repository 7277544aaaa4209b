-- One job with all that is known of it.
-- ARGV: id, how many children at most.
-- Answers nothing, or its row, its failures by run (fetch in 4 bytes, JSON), what its
-- parents are, its children and 1 where there are more.
-- keys: state batch kid
-- uses: lookrow
local id, most = ARGV[2], tonumber(ARGV[3])
local r = redis.call('HGET', k_state, id)
if not r then return false end
local row = look.whole(id, r)

-- is says what a parent or child is: N8 of its kind, its state, 1 for a batch.
local function is(other)
  local o = redis.call('HGET', k_state, other)
  if o then return string.sub(o, 80, 87), string.byte(o), 0 end
  local b = redis.call('HGET', k_batch, other)
  if b then return '', cmsgpack.unpack(b).state, 1 end
  return '', 0, 0
end

local function put(list, ...)
  for _, v in ipairs({...}) do list[#list + 1] = v end
end

-- The failures of the runs in its history.
local failures = {}
local at, fetch, n = 168 + string.byte(r, 167), '', #r
while at < n do
  local size, marks = struct.unpack('>I2B', r, at)
  local place = at + 10
  if bit.band(marks, 1) ~= 0 then place = place + 2 + struct.unpack('>I2', r, place) end
  if bit.band(marks, 2) ~= 0 then fetch = string.sub(r, place + 3, place + 6) end
  if bit.band(marks, 16) ~= 0 then
    put(failures, fetch, redis.call('HGET', k_part, 'f' .. id .. fetch))
  end
  at = at + 2 + size
end

local parents = {}
local more = row[6] or {}
for i = 3, #more, 5 do put(parents, is(more[i])) end

local children, many = {}, 0
for i, member in ipairs(redis.call('ZRANGEBYLEX', k_kid, '[' .. id, '(' .. id .. string.rep('\255', 17), 'LIMIT', 0, most + 1)) do
  if i > most then
    many = 1
    break
  end
  local child = string.sub(member, 17)
  local kind, state = is(child)
  local on, ended, run = 0, 0, 0
  local m = redis.call('HGET', k_more, child)
  m = m and cmsgpack.unpack(m) or {}
  for _, e in ipairs(m.e or {}) do
    if e[1] == id then ended, run = e[2], e[3] end
  end
  put(children, child, kind, state, m.on or 0, ended, run)
end
return {row, failures, parents, children, many}
