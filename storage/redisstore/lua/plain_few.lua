-- The second part of plain_insert: few jobs alike that wait for a worker, for whom nobody's
-- call is parked. They are one member of the line, and what plain_insert does for any number is
-- done here in as few steps of Lua as can be: most calls are such, and half of what they cost
-- the server is Lua's. It hashes every string that is made, byte by byte, and a table that grows
-- is made anew, so these begin with places for eight jobs.
-- keys: state batch index shelf line count name meta wake
if short then
  local middle, number, buckets, all = ARGV[first], ARGV[first + 1], ARGV[first + 2], ARGV[first + 3]
  local ids, values = {0, 0, 0, 0, 0, 0, 0, 0}, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}
  for i = 1, count do ids[i] = sub(all, 16 * i - 15, 16 * i) end
  local there = call('EXISTS', k_wake, k_batch, k_batch)
  local found = call('HMGET', k_state, unpack(ids, 1, count))
  for i = 1, count do
    if found[i] then return 0 end -- guard: known id
  end
  found = there > 1 and call('HMGET', k_batch, unpack(ids, 1, count)) or found
  for i = 1, count do
    if found[i] then return 0 end -- guard: batch id
  end
  local seq = call('HINCRBY', k_meta, 'seq', number) - count
  local before, queue = '\131' .. middle, sub(middle, 2, 9)
  for i = 1, count do
    values[2 * i - 1], values[2 * i] = ids[i], before .. spack('>I6', seq + i) .. at6 .. ARGV[first + 3 + i]
  end
  call('HSET', k_state, unpack(values, 1, 2 * count))
  call('ZADD', k_line, '0', queue .. '\0\0\0\0' .. sub(middle, 1, 1) .. spack('>I6', seq + 1) .. all)
  local class, i = '\3' .. sub(middle, 2, 17), 1
  for b = 1, #buckets, 8 do
    local n, shelf = sunpack('>I2', buckets, b + 6), class .. sub(buckets, b, b + 5)
    call('ZADD', k_index, '0', shelf .. sub(all, 16 * i - 15, 16 * (i + n - 1)))
    call('HINCRBY', k_shelf, shelf, n == count and number or n)
    i = i + n
  end
  local names = 5 + ARGV[2]
  if names > 5 then
    call('HSET', k_name, unpack(ARGV, 6, names))
    call('HSETNX', k_shelf, string.rep('\255', 70), '0')
  end
  call('HINCRBY', k_count, ARGV[names + 1], number)
  if there % 2 == 1 then call('PUBLISH', k_wake, queue) end
  return 1
end
