-- Numbers that rise.
-- keys: meta
-- uses: codec

-- rising is the next number of a field of meta: never below the time in ms, so that it
-- rises also over a failover that has lost the last ones.
function L.rising(field)
  local n = math.max(tonumber(call('HGET', k_meta, field) or 0) + 1, L.now)
  call('HSET', k_meta, field, n)
  return n
end
