-- Fires a recurring job. Port of memstore/fire.go.
-- ARGV: id, 1 for a trigger, 1 for unless running, Expected, Next and Last (ms), the group of
-- its jobs or nothing (unless running: of the last one only), id of the last of them,
-- and where the last job that was stored lies in another shard its id, and 1 while it is open.
-- Answers -1 when there is none, 0 when nothing happened, 1 when it moved on, or what is
-- wrong with its jobs.
-- uses: inserting recurring
local id, trigger, unless = ARGV[2], ARGV[3] == '1', ARGV[4] == '1'
local expected, following, last = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7])
local group, final = ARGV[8], ARGV[9]

local v = call('HGET', k_cron, id)
if not v then return L.done(-1) end
local old, c = cron_unpack(v), cron_unpack(v)
if not trigger and (c.paused ~= 0 or c.next == 0 or (c.next ~= expected --[[ guard: expected occurrence ]])) then return L.done(0) end

-- While the last job is not final, none is stored of one that must not overlap, but for
-- the repetition of a trigger.
if unless and group ~= '' then
  local before = L.job(c.lastjob)
  local open = before and before.state < SUCCEEDED or c.lastjob == ARGV[10] and ARGV[11] == '1'
  if open and not L.job(final) then group = '' end
end
if trigger and group == '' then return L.done(0) end
if group ~= '' then
  local answers, wrong = L.insert(cmsgpack.unpack(group))
  if not answers then return L.done(wrong) end
  local newest = answers[#answers][1]
  if newest ~= '' then c.lastjob = newest end
end
if not trigger then c.last, c.next = last, following end
L.cron_write(id, old, c)
return L.done(1)
