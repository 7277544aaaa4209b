-- Parents and children of a job or batch, as far as this shard knows them.
-- keys: state batch kid more
-- uses: claim
local kin = {}

-- is says what a parent or child is: N8 of its kind, its state, 1 for a batch.
function kin.is(other)
  local o = claim.read(other)
  if o then return string.sub(o.r, 80, 87), string.byte(o.r), 0 end
  local b = redis.call('HGET', k_batch, other)
  b = b and cmsgpack.unpack(b) or {state = 0}
  return b.kindof or '', b.state, b.isjob == 1 and 0 or 1
end

function kin.put(list, ...)
  for _, v in ipairs({...}) do list[#list + 1] = v end
end

-- children of a parent: id, N8 of kind, state, condition, end and its run of each, at most
-- so many, and 1 where there are more.
function kin.children(id, most)
  local children = {}
  for i, member in ipairs(redis.call('ZRANGEBYLEX', k_kid, '[' .. id, '(' .. id .. string.rep('\255', 17), 'LIMIT', 0, most + 1)) do
    if i > most then return children, 1 end
    local child = string.sub(member, 17)
    local kind, state = kin.is(child)
    local ended, run = 0, 0
    local m = redis.call('HGET', k_more, child)
    m = m and cmsgpack.unpack(m) or {}
    for _, e in ipairs(m.e or {}) do
      if e[1] == id then ended, run = e[2], e[3] end
    end
    kin.put(children, child, kind, state, m.on or 0, ended, run)
  end
  return children, 0
end
