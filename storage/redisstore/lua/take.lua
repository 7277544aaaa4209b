-- Takes slots of limits and starts of rates for jobs of another shard. The key slot has:
-- limit key, 0, job, fetch in 4 bytes, session, ms in 6: two sessions may be about to give
-- one job.
-- ARGV: that shard, session, then job, fetch, limit key, max, per (us, 0: a limit) of each.
-- Answers 1 and what to give back, or 0, when a rate has room (us, 0: a limit) and the number
-- of the last slot that became free, of each.
-- keys: slot
-- uses: keys lanes
local out = {}

-- wait_for notes that a shard waits for a key.
local function wait_for(key, shard)
  local waiting = call('HGET', k_limit, 'w' .. key) or ''
  local mark = spack('>I2', shard)
  for at = 1, #waiting, 2 do
    if sub(waiting, at, at + 1) == mark then return end
  end
  call('HSET', k_limit, 'w' .. key, waiting .. mark)
end

local session = ARGV[3]
for i = 4, #ARGV, 5 do
  local job, fetch, key, max, per = ARGV[i], spack('>I4', ARGV[i + 1]), ARGV[i + 2], tonumber(ARGV[i + 3]), tonumber(ARGV[i + 4])
  local prefix = key .. '\0'
  if per > 0 then
    local free = L.rate_free({key = key, max = max, per = per})
    if free == 0 then
      local longest = math.max(tonumber(call('HGET', k_limit, 'r' .. key) or 0), per)
      call('HSET', k_limit, 'r' .. key, string.format('%.0f', longest))
      out[#out + 1] = {1, L.count_start(key, longest)}
    else
      out[#out + 1] = {0, free, 0}
    end
  elseif #L.range(k_slot, prefix .. job .. fetch .. session, 1) > 0 then
    out[#out + 1] = {1, ''}
  elseif call('ZLEXCOUNT', k_slot, '[' .. prefix, '[' .. prefix .. FF) < max then
    call('ZADD', k_slot, 0, prefix .. job .. fetch .. session .. spack('>I6', L.now))
    out[#out + 1] = {1, ''}
  else
    wait_for(key, tonumber(ARGV[2]))
    out[#out + 1] = {0, 0, tonumber(call('HGET', k_meta, 'freed') or 0)}
  end
end
return L.done(out)
