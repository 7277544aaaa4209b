-- Jobs that are about to hold unique keys of other shards: the key prep has their ids and
-- since when, set 'P', ms, id.
-- keys: prep set
-- lazy:
-- uses: jobs

-- prepare marks a job.
function L.prepare(id)
  L.unprepare(id)
  local at = spack('>I6', L.now)
  call('HSET', k_prep, id, at)
  call('ZADD', k_set, 0, 'P' .. at .. id)
end

-- unprepare drops the mark of a job; it tells whether there was one.
function L.unprepare(id)
  local at = call('HGET', k_prep, id)
  if not at then return false end
  call('HDEL', k_prep, id)
  call('ZREM', k_set, 'P' .. at .. id)
  return true
end

-- forget_prepared drops what a caller left.
function L.forget_prepared()
  local old = call('ZRANGEBYLEX', k_set, '[P', '(P' .. spack('>I6', math.max(L.now - 60000, 0)), 'LIMIT', 0, 100)
  for _, member in ipairs(old) do
    call('HDEL', k_prep, sub(member, 8))
    call('ZREM', k_set, member)
  end
end

-- holds says whether a job holds a unique key (1), is about to (2), or not (0).
function L.holds(id, key)
  local j = L.job(id)
  local m = j and L.more(j) or {}
  if j and j.keyed and m.uk == key and not (m.uf and m.uf > 0 and j.created + m.uf <= L.now) then return 1 end
  return call('HEXISTS', k_prep, id) == 1 and 2 or 0
end
