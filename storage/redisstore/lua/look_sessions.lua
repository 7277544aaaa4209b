-- The living sessions: id, record, JSON of storage.Session, how many jobs it runs, of each.
-- keys: session info run gave
local out = {}
local all = redis.call('HGETALL', k_session)
for i = 1, #all, 2 do
  local id, n = all[i], #out
  out[n + 1], out[n + 2] = id, all[i + 1]
  out[n + 3] = redis.call('HGET', k_info, id)
  out[n + 4] = 0
  for _, member in ipairs(redis.call('ZRANGEBYLEX', k_run, '[' .. id, '(' .. id .. string.rep('\255', 23))) do
    out[n + 4] = out[n + 4] + (#member == 22 and tonumber(redis.call('HGET', k_gave, member .. 'n') or 0) or 1)
  end
end
return out
