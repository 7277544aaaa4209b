-- Control: an action on jobs, each atomically with what it releases. Port of
-- memstore/control.go.
-- ARGV: action, state expected (0: any), reason, due (ms, or -1 and an offset in ms), payload
-- part or '', N8 of its fingerprint, the fingerprint, states of a filter one behind the other, cmsgpack map of the
-- stamps of unique keys that were reserved by id, ids.
-- Answers the reason why not of each, '' where it was done, false where the filter does
-- not match any more.
-- keys: part name
-- uses: lib prepared
local action, expect, reason = tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4]
local stamps = cmsgpack.unpack(ARGV[11])
local REQUEUE, RUN, RESCHEDULE, CANCEL, REMOVE = 1, 2, 3, 4, 5
local names = {'scheduled', 'awaiting', 'enqueued', 'processing', 'succeeded', 'failed', 'deleted'}

local function in_state(j) return 'it is ' .. names[j.state] end

local function reschedule(j)
  if j.state ~= SCHEDULED and j.state ~= ENQUEUED then return in_state(j) end
  local due, retried = tonumber(ARGV[5]), j.retried
  if due < 0 then due = L.now + tonumber(ARGV[6]) end
  L.leave(j)
  L.schedule(j, due, reason)
  j.retried = retried and j.state == SCHEDULED
  return ''
end

local function remove(j)
  if j.state < SUCCEEDED then
    L.cancel(j, reason)
    return ''
  end
  if j.waiting > 0 then return 'an awaiting job waits for it' end
  if j.notes > 0 then return 'its last end still releases others' end
  L.forget(j)
  return ''
end

-- requeue makes a final job run again, and restores what its end skipped.
local function requeue(j)
  if j.state < SUCCEEDED then return in_state(j) end
  if j.notes > 0 then return 'its last end still releases others' end
  local holder = L.blocked_by(j)
  if holder then return 'its unique key is held by ' .. L.text(holder.id) end
  local m = L.more(j)
  if m.ur then
    local stamp = stamps[j.id]
    if not stamp or not L.unprepare(j.id) then return 'its unique key is being taken' end
    L.touch_more(j)
    m.ust = stamp
  end
  local verdict, by
  if m.e and #m.e > 0 then
    verdict, by = L.judge_edges(m)
    if verdict == 'skip' then return L.skip_reason(by) end
  end
  local b = L.batch_of(j)
  if b then L.uncancel(b) end
  local succeeded, run = j.state == SUCCEEDED, j.fetches
  L.leave(j)
  L.afresh(j)
  L.take_key(j)
  L.droppart(j, 'r', 16)
  if succeeded then L.droppart(j, 'c', 8) end
  if ARGV[7] ~= '' then
    L.setpart(j, 'y', 64, ARGV[7])
    j.print = ARGV[8]
    if ARGV[9] ~= '' then call('HSET', k_name, ARGV[8], ARGV[9]) end
  end
  L.note({parent = j.id, restore = 1, ended = 0, run = run})
  if verdict == 'wait' then L.await(j, reason) else L.enqueue(j, reason) end
  return ''
end

local function control(j)
  if not j then return 'not found' end
  if expect ~= 0 and j.state ~= expect then return in_state(j) end
  if action == REQUEUE then return requeue(j) end
  if action == RESCHEDULE then return reschedule(j) end
  if action == REMOVE then return remove(j) end
  if action == RUN then
    if j.state ~= SCHEDULED then return in_state(j) end
    L.leave(j)
    L.enqueue(j, reason)
  elseif action == CANCEL then
    if j.state >= SUCCEEDED then return in_state(j) end
    L.cancel(j, reason)
  end
  return ''
end

local answer, ids, states = {}, {}, {}
for at = 1, #ARGV[10] do states[string.byte(ARGV[10], at)] = true end
for i = 12, #ARGV do ids[i - 11] = ARGV[i] end
L.load(ids)
for i, id in ipairs(ids) do
  local j = L.job(id)
  if next(states) and not (j and states[j.state]) then
    answer[i] = 0
  else
    answer[i] = control(j)
  end
  L.flush()
end
return L.done(answer)
