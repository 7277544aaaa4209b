-- Writes recurring jobs, each if it still is what the caller has read.
-- ARGV: id, value as read (empty: none), Next, Last, LastJob, 1 for paused, heard, owner,
-- JSON of each.
-- Answers 1 for each that was written, else 0.
-- uses: recurring
local out = {}
for i = 2, #ARGV, 9 do
  local id, was = ARGV[i], call('HGET', k_cron, ARGV[i]) or ''
  if was == ARGV[i + 1] then
    L.cron_write(id, was ~= '' and cron_unpack(was), {
      next = tonumber(ARGV[i + 2]), last = tonumber(ARGV[i + 3]), lastjob = ARGV[i + 4], paused = tonumber(ARGV[i + 5]),
      heard = tonumber(ARGV[i + 6]), owner = ARGV[i + 7], rest = ARGV[i + 8]})
    out[#out + 1] = 1
  else
    out[#out + 1] = 0
  end
end
return out
