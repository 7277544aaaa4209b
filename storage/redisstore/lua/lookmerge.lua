-- Ranges of ids that are read as one, in the order of the ids.
-- keys:
local merge = {first = 8}

-- range adds the members of a sorted set that begin with prefix and end with an id.
function merge.range(ranges, key, prefix)
  ranges[#ranges + 1] = {key = key, prefix = prefix, size = merge.first, at = 1, ids = {}}
end

-- below reports whether an id lies below a bound, which has 16 bytes or more.
function merge.below(id, bound)
  for at = 1, 11, 5 do
    local x, y = struct.unpack('>I5', id, at), struct.unpack('>I5', bound, at)
    if x ~= y then return x < y end
  end
  local x, y = string.byte(id, 16), string.byte(bound, 16)
  return x < y or x == y and #bound > 16
end

-- less compares ids as numbers, since Lua compares strings by the server's locale.
local function less(x, y)
  if x.a ~= y.a then return x.a < y.a end
  if x.b ~= y.b then return x.b < y.b end
  return x.c < y.c
end

-- sort puts ids in order.
function merge.sort(ids, oldest)
  local rows = {}
  for i, id in ipairs(ids) do
    local x = {id = id}
    x.a, x.b, x.c = struct.unpack('>I6I6I4', id)
    rows[i] = x
  end
  table.sort(rows, function(x, y)
    if oldest then return less(x, y) end
    return less(y, x)
  end)
  for i, x in ipairs(rows) do ids[i] = x.id end
end

-- bucket is that of an id on a shelf: see jobs.lua.
local function bucket(id) return string.sub(id, 1, 5) .. string.char(bit.band(string.byte(id, 6), 248)) end

-- members reads what is next of a range between two bounds.
local function members(m, r, low, high, limit)
  if m.oldest then return redis.call('ZRANGEBYLEX', r.key, low, high, 'LIMIT', 0, limit) end
  return redis.call('ZREVRANGEBYLEX', r.key, high, low, 'LIMIT', 0, limit)
end

-- fill_shelf reads the next buckets of a shelf, whole ones: inside, ids have no order.
local function fill_shelf(m, r)
  local last, cut = string.rep('\255', 17), #r.prefix + 7
  while not r.dry do
    local low, high = '[' .. r.prefix .. bucket(m.low), '[' .. r.prefix .. bucket(m.high) .. last
    if r.last and m.oldest then low = '(' .. r.last elseif r.last then high = '(' .. r.last end
    local list = members(m, r, low, high, r.size)
    r.dry = #list < r.size
    r.last = list[#list] or r.last
    if not r.dry then
      local shared = string.sub(r.last, 1, cut - 1)
      low, high = '[' .. shared, '[' .. shared .. last
      if m.oldest then low = '(' .. r.last else high = '(' .. r.last end
      for _, member in ipairs(members(m, r, low, high, -1)) do
        list[#list + 1] = member
        r.last = member
      end
    end
    local ids = {}
    for _, member in ipairs(list) do
      for at = cut, #member, 16 do
        local id = string.sub(member, at, at + 15)
        if merge.below(id, m.high) and not merge.below(id, m.low) then ids[#ids + 1] = id end
      end
    end
    merge.sort(ids, m.oldest)
    r.ids, r.at = ids, 1
    r.size = math.min(2 * r.size, 64)
    if #ids > 0 then return true end
  end
  return false
end

-- fill reads the next ids of a range, more each time.
local function fill(m, r)
  if r.dry then return false end
  if r.shelf then return fill_shelf(m, r) end
  local low, high = '[' .. r.prefix .. m.low, '(' .. r.prefix .. m.high
  if r.last and m.oldest then low = '(' .. r.last elseif r.last then high = '(' .. r.last end
  local list = members(m, r, low, high, r.size)
  r.dry = #list < r.size
  r.last = list[#list]
  r.ids, r.at = list, 1
  r.size = math.min(4 * r.size, 256)
  return #list > 0
end

-- head makes the next id of a range the one that it is compared by.
local function head(r)
  r.id = r.shelf and r.ids[r.at] or string.sub(r.ids[r.at], #r.prefix + 1)
  r.a, r.b, r.c = struct.unpack('>I6I6I4', r.id)
end

-- down restores the heap of ranges below place i: the one whose id comes first is on top.
local function down(m, i)
  local h, n = m.heap, #m.heap
  while true do
    local best, l = i, 2 * i
    for c = l, l + 1 do
      if c <= n and (m.oldest and less(h[c], h[best]) or not m.oldest and less(h[best], h[c])) then best = c end
    end
    if best == i then return end
    h[i], h[best] = h[best], h[i]
    i = best
  end
end

-- open begins to read ranges: ids at or above low and below high.
function merge.open(ranges, low, high, oldest)
  local m = {low = low, high = high, oldest = oldest, heap = {}}
  for _, r in ipairs(ranges) do
    if fill(m, r) then
      head(r)
      m.heap[#m.heap + 1] = r
    end
  end
  for i = math.floor(#m.heap / 2), 1, -1 do down(m, i) end
  return m
end

local function next(m)
  local r = m.heap[1]
  if not r then return nil end
  local id = r.id
  r.at = r.at + 1
  if r.at <= #r.ids or fill(m, r) then
    head(r)
  else
    m.heap[1] = m.heap[#m.heap]
    m.heap[#m.heap] = nil
  end
  down(m, 1)
  return id
end

-- next is the next id of all, nil at the end. Shelves may have an id several times.
function merge.next(m)
  local id = next(m)
  while id and id == m.last do id = next(m) end
  m.last = id
  return id
end
