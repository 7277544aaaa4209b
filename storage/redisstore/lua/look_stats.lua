-- Some of the counters of a span of time.
-- ARGV: low and high bound in step, N8 of queue and kind or nothing, how many.
-- Answers where to go on or nothing, then the step's place in time (4 bytes) and the
-- five counters of each.
-- keys: stat step
local steps = redis.call('ZRANGEBYLEX', k_step, ARGV[2], ARGV[3], 'LIMIT', 0, ARGV[6])
local out = {#steps == tonumber(ARGV[6]) and steps[#steps] or ''}
for _, step in ipairs(steps) do
  if (ARGV[4] == '' or ARGV[4] == string.sub(step, 6, 13)) and (ARGV[5] == '' or ARGV[5] == string.sub(step, 14)) then
    local n = redis.call('HMGET', k_stat, step .. 's', step .. 'f', step .. 'd', step .. 'r', step .. 't')
    out[#out + 1] = string.sub(step, 2, 5)
    for i = 1, 5 do out[#out + 1] = n[i] or '0' end
  end
end
return out
