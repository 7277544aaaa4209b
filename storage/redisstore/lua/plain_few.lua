-- Insert of few plain jobs (see plain_insert) that are alike and wait for a worker: they are one
-- member of the line. Most calls are such, and half of what they cost the server is Lua's. It
-- hashes every string that is made, byte by byte, and a table that grows is made anew: so there
-- is little of both here, and tables begin with places for eight jobs.
-- ARGV: middle of their records (priority, N8 of queue, kind and fingerprint), how many they are
-- (32 at most), how many follow each other in a bucket (bucket, number in 2 bytes), one string,
-- all ids, one string, the body of each; then names (N8, name). No id is there twice.
-- Answers 1; 2 when a session that waits was given the jobs; or 0 when something is stored
-- already: nothing is written then.
-- keys: state index shelf line count name meta wake
-- handed: stay
-- uses: plain_check plain_hand
local seq, before = call('HINCRBY', k_meta, 'seq', number) - count, '\131' .. middle
local values = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}
for i = 1, count do
  values[2 * i - 1], values[2 * i] = ids and ids[i] or all, before .. spack('>I6', seq + i) .. at6 .. ARGV[5 + i]
end
call('HSET', k_state, unpack(values, 1, 2 * count))
call('ZADD', k_line, '0', queue .. '\0\0\0\0' .. sub(middle, 1, 1) .. spack('>I6', seq + 1) .. all)

local class, buckets, i = '\3' .. sub(middle, 2, 17), ARGV[4], 1
for b = 1, #buckets, 8 do
  local n, shelf = sunpack('>I2', buckets, b + 6), class .. sub(buckets, b, b + 5)
  call('ZADD', k_index, '0', shelf .. sub(all, 16 * i - 15, 16 * (i + n - 1)))
  call('HINCRBY', k_shelf, shelf, n == count and number or n)
  i = i + n
end
call('HINCRBY', k_count, class, number)

if ARGV[6 + count] then
  call('HSET', k_name, unpack(ARGV, 6 + count))
  -- One long field keeps it from the server's small form, where each change looks through all.
  call('HSETNX', k_shelf, string.rep('\255', 70), '0')
end
if call('EXISTS', k_wake) == 1 then call('PUBLISH', k_wake, queue) end
return 1
