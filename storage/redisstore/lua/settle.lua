-- Settle and Report: what running handlers tell. Port of memstore/settle.go.
-- ARGV: session, a cmsgpack map: s tokens that started, o outcomes, r reports. A token is
-- job and fetch. An outcome: job, fetch, kind, storable, delay in ms (0: none), retain in ms,
-- duration (8 bytes, ns), reason, failure or '', result or '', number, progress or '', logs. A
-- report: job, fetch, storable, number, progress or '', checkpoint or false, logs.
-- Answers the verdicts.
-- keys: part log
-- uses: lib sessions
local id = ARGV[2]
local request = cmsgpack.unpack(ARGV[3])
local alive = L.session(id) ~= nil
local ACCEPTED, REFUSED, UNSTORABLE = 1, 2, 3
local SUCCEED, FAIL, DELETE, RETRY, SNOOZE, RELEASE = 1, 2, 3, 4, 5, 6

local function running(job, fetch)
  if not alive then return nil end
  local j = L.job(job)
  if j and j.state == PROCESSING and (j.session == id --[[ need: fence session ]])
    and (j.fetches == fetch --[[ need: fence ]]) then return j end
end

-- settled_before judges an outcome of a dead token: this very one was written, or not.
local function settled_before(o)
  local j = L.job(o[1])
  if not j or o[3] == 0 then return REFUSED end
  local was
  if j.dsession == id and j.dfetch == o[2] then
    was = j.dkind
  else
    local run
    for _, e in ipairs(L.entries(j.history)) do
      run = L.run_of(e) or band(string.byte(e, 3), 4) ~= 0 and run or nil
      local outcome = L.outcome_of(e)
      if run and outcome and outcome ~= 0 and run.fetch == o[2] and run.session == id then was = outcome end
    end
  end
  return (was == o[3] --[[ need: same outcome ]]) and ACCEPTED or REFUSED
end

-- record writes what a report tells, unless it is a repetition or came late.
local function record(j, number, progress, logs)
  if number <= j.report then return false end -- guard: late report
  L.touch(j)
  j.report = number
  if progress ~= '' then L.setpart(j, 'p', 32, progress) end
  if j.logof ~= j.attempt then j.logof, j.logged = j.attempt, 0 end
  local keep, args = 1000 - j.logged, {}
  for i, line in ipairs(logs) do
    j.lines = j.lines + 1
    if i <= keep then
      args[#args + 1] = j.id .. spack('>I4', j.lines)
      args[#args + 1] = spack('>I4', j.fetches) .. line
    end
  end
  many('HSET', k_log, args)
  j.logged = j.logged + #logs
  return true
end

local function wait(j, kind, delay, counted, retried, reason, e)
  if counted then j.attempt = j.attempt + 1 end
  if retried then j.retries = j.retries + 1 end
  if delay > 0 and kind ~= RELEASE then
    L.schedule(j, L.now + delay, reason, e)
    j.retried = retried and j.state == SCHEDULED
  elseif kind == RELEASE then
    L.enqueue_in_place(j, reason, e)
  else
    L.enqueue(j, reason, e)
  end
end

local finals = {[SUCCEED] = SUCCEEDED, [FAIL] = FAILED, [DELETE] = DELETED}

local function settle(o)
  local j, kind = running(o[1], o[2]), o[3]
  if not j then return settled_before(o) end
  if o[4] == 0 then return UNSTORABLE end
  if o[12] ~= '' or #o[13] > 0 then record(j, o[11], o[12], o[13]) end
  L.touch(j)
  local state, reason = finals[kind], o[8]
  local counted, retried = kind ~= SNOOZE and kind ~= RELEASE, kind == RETRY
  if not state and j.cancel then
    state, retried, reason = DELETED, false, L.cancel_reason(j)
  end
  local e = {same = true, outcome = kind, dur = o[7]}
  local ns = sunpack('>I8', o[7])
  if j.ahead and kind ~= RELEASE then L.begin(j, L.now - math.ceil(ns / 1000000)) end
  if kind == FAIL or kind == RETRY or kind == DELETE then
    if o[9] ~= '' then
      e.failed = true
      L.setfailure(j, o[9])
    elseif kind ~= DELETE then
      L.dropfailure(j)
    end
  end
  j.dsession, j.dfetch, j.dkind, j.noahead = id, o[2], kind, false
  L.stat(j.queue, j.kind, 't', ns)
  if retried then L.stat(j.queue, j.kind, 'r', 1) end
  L.leave(j)
  if state then
    j.counted = counted
    if kind == SUCCEED and o[10] ~= '' then L.setpart(j, 'r', 16, o[10]) end
    L.finish(j, state, reason, e, o[6])
  else
    wait(j, kind, o[5], counted, retried, reason, e)
  end
  L.flush()
  return ACCEPTED
end

local function report(r)
  local j = running(r[1], r[2])
  if not j then return REFUSED end
  if r[3] == 0 then return UNSTORABLE end
  if record(j, r[4], r[5], r[7]) and r[6] then L.setpart(j, 'c', 8, r[6]) end
  return ACCEPTED
end

local ids = {}
for _, o in ipairs(request.o) do ids[#ids + 1] = o[1] end
L.load(ids)
for _, t in ipairs(request.s) do
  local j = running(t[1], t[2])
  if j and j.ahead then L.begin(j, L.now) end
end
local verdicts = {}
for i, o in ipairs(request.o) do verdicts[i] = settle(o) end
for i, r in ipairs(request.r) do verdicts[i] = report(r) end
return L.done(verdicts)
