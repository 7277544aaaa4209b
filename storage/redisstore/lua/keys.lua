-- Unique keys, limits and rates. Port of memstore/keys.go.
-- keys: unique limit rate meta
-- lazy:
-- uses: jobs queues mail

-- holder is the job that holds a unique key now, or nil.
function L.holder(key)
  local v = call('HGET', k_unique, key)
  if not v then return nil end
  local to = sunpack('>I6', v, 17)
  if to ~= 0 and to <= L.now then return nil end
  return L.job(sub(v, 1, 16))
end

-- blocked_by is the other job that holds the key of j, or nil.
function L.blocked_by(j)
  local m = L.more(j)
  if not m.uk then return nil end
  local h = L.holder(m.uk)
  if h and h ~= j then return h end -- guard: unique on return
end

-- take_key makes j the holder of its unique key, which is free. For counts from the
-- insert: after that there is nothing to hold.
function L.take_key(j)
  local m = L.more(j)
  if not m.uk then return end
  local to = 0
  if m.uf then
    to = j.created + m.uf
    if to <= L.now then return end
  end
  call('HSET', k_unique, m.uk, j.id .. spack('>I6', math.min(to, 281474976710655)))
  j.keyed = true
end

function L.free_key(j)
  if not j.keyed then return end
  j.keyed = false
  local m = L.more(j)
  local key = m.uk
  if m.ur then L.post(m.ur, {'u', key, j.id .. m.ust}) end
  local v = call('HGET', k_unique, key)
  if v and (sub(v, 1, 16) == j.id --[[ need: own key ]]) then call('HDEL', k_unique, key) end
end

function L.running(key) return tonumber(call('HGET', k_limit, 'l' .. key) or 0) end

-- rate_free is when a rate (key, max, per) has room for one more start: 0 for now.
function L.rate_free(l)
  local since = math.max(L.exact - l.per, 0)
  local from = '(' .. l.key .. '\0' .. spack('>I8', since) .. '\255\255\255\255'
  if call('ZLEXCOUNT', k_rate, from, '[' .. l.key .. '\0' .. FF) < l.max then return 0 end
  local at = call('ZREVRANGEBYLEX', k_rate, '[' .. l.key .. '\0' .. FF, '[' .. l.key .. '\0', 'LIMIT', l.max - 1, 1)[1]
  return sunpack('>I8', at, #l.key + 2) + l.per
end

-- exhausted finds the first limit of j that has no room.
function L.exhausted(j)
  for _, l in ipairs(L.more(j).l or {}) do
    if l[3] > 0 then
      if L.rate_free({key = l[1], max = l[2], per = l[3]}) ~= 0 then return l end
    elseif L.running(l[1]) >= l[2] then
      return l
    end
  end
end

-- same_before reports whether an earlier limit of the same sort has the key: a run has
-- one slot of a key, and starts once.
local function same_before(ls, i)
  for k = 1, i - 1 do
    if ls[k][1] == ls[i][1] and (ls[k][3] > 0) == (ls[i][3] > 0) then return true end
  end
  return false
end

-- count_start notes a start for a rate, and gives what notes it.
function L.count_start(key, per)
  local all = '[' .. key .. '\0'
  if L.exact > per then call('ZREMRANGEBYLEX', k_rate, all, all .. spack('>I8', L.exact - per) .. FF) end
  local over = call('ZLEXCOUNT', k_rate, all, all .. FF) - 9999
  if over > 0 then
    many('ZREM', k_rate, call('ZRANGEBYLEX', k_rate, all, all .. FF, 'LIMIT', 0, over))
  end
  local n = call('HINCRBY', k_meta, 'start', 1) % 4294967295
  local start = key .. '\0' .. spack('>I8I4', L.exact, n)
  call('ZADD', k_rate, 0, start)
  return start
end

-- take_slots gives the run that begins its slots and counts its starts. Where limits lie in
-- other shards (l[4]), fetch has asked there.
function L.take_slots(j)
  local ls = L.more(j).l
  if not ls then return end
  j.slots = true
  if ls[1][4] then return end
  local pers = {}
  for _, l in ipairs(ls) do
    if l[3] > 0 then
      local per = pers[l[1]] or tonumber(call('HGET', k_limit, 'r' .. l[1]) or 0)
      pers[l[1]] = math.max(per, l[3])
    end
  end
  for key, per in pairs(pers) do call('HSET', k_limit, 'r' .. key, string.format('%.0f', per)) end
  for i, l in ipairs(ls) do
    if not same_before(ls, i) then
      if l[3] > 0 then L.count_start(l[1], pers[l[1]]) else call('HINCRBY', k_limit, 'l' .. l[1], 1) end
    end
  end
end

function L.free_slots(j)
  if not j.slots then return end
  j.slots = false
  local ls = L.more(j).l
  for i, l in ipairs(ls) do
    if l[3] == 0 and l[4] and not same_before(ls, i) then
      L.post(l[4], {'f', l[1], j.id, j.fetches, l[4]})
    elseif l[3] == 0 and not same_before(ls, i) then
      if call('HINCRBY', k_limit, 'l' .. l[1], -1) <= 0 then call('HDEL', k_limit, 'l' .. l[1]) end
      L.ready_lines(l[1])
    end
  end
end

-- forget_rates drops some of the rate keys that are idle, taken at random, so that every
-- key has its turn.
function L.forget_rates(look)
  local fields = call('HRANDFIELD', k_limit, look)
  for _, field in ipairs(fields) do
    if sub(field, 1, 1) == 'r' then
      local key = sub(field, 2)
      local newest = call('ZREVRANGEBYLEX', k_rate, '[' .. key .. '\0' .. FF, '[' .. key .. '\0', 'LIMIT', 0, 1)[1]
      local per = tonumber(call('HGET', k_limit, field))
      if not newest or sunpack('>I8', newest, #key + 2) + per <= L.exact then
        call('ZREMRANGEBYLEX', k_rate, '[' .. key .. '\0', '[' .. key .. '\0' .. FF)
        call('HDEL', k_limit, field)
      end
    end
  end
end
