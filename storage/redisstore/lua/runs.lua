-- Whether a run goes on. ARGV: job, fetch. Answers 1 or 0.
-- uses: jobs
local j = L.job(ARGV[2])
return j and j.state == PROCESSING and j.fetches == tonumber(ARGV[3]) and 1 or 0
