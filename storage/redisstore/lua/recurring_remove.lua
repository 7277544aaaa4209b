-- Removes a recurring job. ARGV: id. Answers 1, or 0 when there is none.
-- uses: recurring
local v = call('HGET', k_cron, ARGV[2])
if not v then return 0 end
L.cron_remove(ARGV[2], cron_unpack(v))
return 1
