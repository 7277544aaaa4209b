-- Reads recurring jobs by id.
-- ARGV: the ids. Answers the clock in ms, then value or nothing, and 1 when its owner has
-- a living session, of each.
-- uses: recurring
local out = {L.now}
for i = 2, #ARGV do
  local v = call('HGET', k_cron, ARGV[i])
  out[#out + 1] = v
  out[#out + 1] = v and owner_oldest(cron_unpack(v).owner) and 1 or 0
end
return out
