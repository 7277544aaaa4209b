-- A page of recurring jobs by id. ARGV: behind which id, how many. Answers id and value of
-- each.
-- keys: cron set
local out = {}
for _, member in ipairs(redis.call('ZRANGEBYLEX', k_set, '(R' .. ARGV[2], '(S', 'LIMIT', 0, ARGV[3])) do
  local id = string.sub(member, 2)
  out[#out + 1] = id
  out[#out + 1] = redis.call('HGET', k_cron, id)
end
return out
