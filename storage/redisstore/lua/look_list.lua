-- One page of a list, or a part of one: see list.go.
-- ARGV: source and its name, low and high bound of the ids, 1 for oldest first, the states
-- wanted (a byte each), N8 of queue and kind or nothing, server or nothing, h for held
-- and r for retrying, how many ids, how many to look at, 1 for rows, then what every job
-- must have in set besides.
-- Answers how many match, 1 when one more matches, the id where it stopped to look or
-- nothing, then id and row of each.
-- keys: state index count run gave set kid
-- uses: claim lookrow lookmerge
local source, name, low, high, oldest = ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6] == '1'
local states, queue, kind, server = ARGV[7], ARGV[8], ARGV[9], ARGV[10]
local held, retrying = string.find(ARGV[11], 'h') ~= nil, string.find(ARGV[11], 'r') ~= nil
local limit, looks, rows = tonumber(ARGV[12]), tonumber(ARGV[13]), ARGV[14] == '1'

local wanted = {}
for i = 1, #states do wanted[string.byte(states, i)] = true end

-- shelves are the parts of the index in which jobs may match: those that have jobs. Held
-- jobs (8) and retrying ones (9) have shelves of their own, running ones are with those
-- that wait. It also gives how many jobs there are in them, at most.
local function shelves()
  local classes = {{'\1', '\9'}, {'\2'}, {'\3', '\8'}, {'\3'}, {'\5'}, {'\6'}, {'\7'}}
  if held then classes[3] = {'\8'} end
  if retrying then classes[1] = {'\9'} end
  local list, seen, total, all = {}, {}, 0, redis.call('HGETALL', k_count)
  for i = 1, #all, 2 do
    local field = all[i]
    local state, names = string.byte(field), string.sub(field, 2)
    if #field == 17 and wanted[state] and (queue == '' or string.sub(names, 1, 8) == queue)
      and (kind == '' or string.sub(names, 9) == kind) then
      total = total + tonumber(all[i + 1])
      for _, class in ipairs(classes[state]) do
        if not seen[class .. names] then
          seen[class .. names] = true
          list[#list + 1] = class .. names
        end
      end
    end
  end
  return list, total
end

-- runs is one list of the processing jobs: there are never many.
local function runs()
  local ids = {}
  for _, member in ipairs(redis.call('ZRANGE', k_run, 0, -1)) do
    local all, step = string.sub(member, 23), 16
    if #member == 22 then all, step = redis.call('HGET', k_gave, member) or '', 20 end
    for at = 1, #member <= 38 and #all or 0, step do
      local id = string.sub(all, at, at + 15)
      if merge.below(id, high) and not merge.below(id, low) then ids[#ids + 1] = id end
    end
  end
  merge.sort(ids, oldest)
  -- A job that a plain fetch gave and that was changed since is there twice.
  local n = 0
  return function()
    repeat n = n + 1 until not ids[n] or ids[n] ~= ids[n - 1]
    return ids[n]
  end
end

-- A few jobs of the index are looked at rather than many of a batch, parent or recurring
-- job: what they must have then is checked for each.
local shelved = false
local owner, musts = source == 'k' and k_kid or k_set, {}
for i = 15, #ARGV do musts[i - 14] = {k_set, ARGV[i]} end
local next
if source == 'r' then
  next = runs()
else
  local ranges, list, total = {}, shelves()
  if source ~= 'x' then
    if total < redis.call('ZLEXCOUNT', owner, '[' .. name .. low, '(' .. name .. high) then
      source = 'x'
      musts[#musts + 1] = {owner, name}
    else
      merge.first = math.min(limit + 1, 256)
      merge.range(ranges, owner, name)
    end
  end
  if source == 'x' then
    merge.first = math.max(2, math.min(limit + 1, math.floor(1000 / math.max(#list, 1))))
    for _, prefix in ipairs(list) do
      local class = string.byte(prefix)
      merge.range(ranges, k_index, prefix)
      if class == 3 or class == 5 then
        local r = ranges[#ranges]
        shelved, r.shelf, r.size = true, true, math.max(2, math.floor(r.size / 8))
      end
    end
  end
  local m = merge.open(ranges, low, high, oldest)
  next = function() return merge.next(m) end
end

-- The index knows state, queue, kind, held and retrying; of shelves the records decide.
local sure = source == 'x' and not shelved and server == '' and #musts == 0

local function matches(r)
  return wanted[string.byte(r)]
    and (queue == '' or string.sub(r, 72, 79) == queue)
    and (kind == '' or string.sub(r, 80, 87) == kind)
    and (not held or string.sub(r, 163, 166) ~= '\0\0\0\0')
    and (not retrying or bit.band(string.byte(r, 2), 4) ~= 0)
    and (server == '' or string.sub(r, 168, 167 + string.byte(r, 167)) == server)
end

local function member(id)
  for _, must in ipairs(musts) do
    if not redis.call('ZSCORE', must[1], must[2] .. id) then return false end
  end
  return true
end

local found, more, stopped, out = 0, 0, '', {}
while true do
  local id = next()
  if not id then break end
  local x = (rows or not sure) and claim.read(id)
  if sure and not rows or x and (sure or matches(x.r) and member(id)) then
    if found == limit then
      more = 1
      break
    end
    found = found + 1
    if rows then
      out[#out + 1] = id
      out[#out + 1] = look.row(id, x)
    else
      out[#out + 1] = id
    end
  end
  looks = looks - 1
  if looks == 0 then
    stopped = id
    break
  end
end
return {found, more, stopped, out}
