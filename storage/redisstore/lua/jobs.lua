-- Jobs as tables: read once, changed, and written by L.save with all that follows from
-- the change: lists, counters, times. Port of memstore/jobs.go.
-- keys: claim state more part index shelf run gave due expire retain count name set line log meta wake fired kid body stat step session
-- uses: codec
local jobs, dirty, dirtyb = {}, {}, {}
local cuts, puts, hdels, hsets = {}, {}, {}, {}
local counts, stats, woken, hints = {}, {}, {}, {}
local opens, taken, shelves = {}, {}, {}

local function add(to, key, a, b)
  local list = to[key]
  if not list then
    list = {}
    to[key] = list
  end
  list[#list + 1] = a
  if b then list[#list + 1] = b end
end

function L.range(key, prefix, limit, after)
  return call('ZRANGEBYLEX', key, after and '(' .. after or '[' .. prefix, '[' .. prefix .. FF, 'LIMIT', 0, limit)
end

function L.text(id)
  local hex = string.gsub(id, '.', function(c) return string.format('%02x', string.byte(c)) end)
  return sub(hex, 1, 8) .. '-' .. sub(hex, 9, 12) .. '-' .. sub(hex, 13, 16) .. '-' .. sub(hex, 17, 20) .. '-' .. sub(hex, 21)
end

-- read takes a record, with the claim that may be beside it.
function L.read(id, r)
  local j, x = false, claim.whole(id, r)
  if x then
    j = L.decode(id, x.r)
    j.body, j.claim, j.result = x.body, x.claim, x.result
  end
  jobs[id] = j
  return j or nil
end

-- load reads the jobs with these ids that are not read yet.
function L.load(ids)
  local missing = {}
  for _, id in ipairs(ids) do
    if jobs[id] == nil then missing[#missing + 1] = id end
  end
  for i = 1, #missing, 500 do
    local to = math.min(i + 499, #missing)
    local records = call('HMGET', k_state, unpack(missing, i, to))
    for k = i, to do L.read(missing[k], records[k - i + 1]) end
  end
end

function L.job(id)
  local j = jobs[id]
  if j == nil then return L.read(id, call('HGET', k_state, id)) end
  return j or nil
end

-- more is what a job has that is not plain: b batch, on condition, e edges (parent, ended,
-- run, gone, is a batch), f InputFrom, d delay and at (ms) of a continuation, x expiry in ms,
-- uk, uf (ms), uu unique key, l limits (key, max, per in us), rec, occ (8 bytes), s parent
-- that skipped it and sr the run of that. Empty for a plain job, then it must not be changed.
local PLAIN = {}
function L.more(j)
  if not j.m then
    if band(j.flags, 1) == 0 then return PLAIN end
    j.m = cmsgpack.unpack(call('HGET', k_more, j.id))
  end
  return j.m
end

-- touch has to come before any change of a job.
function L.touch(j)
  if not j.o then
    j.o = {state = j.kept and j.state or 0, line = j.line, prio = j.prio, seq = j.seq, due = j.due,
      expires = j.expires, session = j.session, cancel = j.cancel, retried = j.retried}
    dirty[#dirty + 1] = j
  end
end

function L.touch_more(j)
  L.touch(j)
  j.mdirty = true
end

function L.newjob(id)
  local j = {id = id, state = 0, flags = 0, fetches = 0, session = ZERO, started = 0, finished = 0, retained = 0,
    dsession = ZERO, dfetch = 0, dkind = 0, report = 0, entries = 0, born = 0, seq = 0, created = L.now,
    enqueued = 0, due = 0, expires = 0, attempt = 1, retries = 0, lost = 0, kids = 0, waiting = 0, notes = 0,
    failed = 0, dropped = 0, lines = 0, logof = 0, logged = 0, line = 0, server = '', history = '',
    begun = false, counted = false, retried = false, ahead = false, noahead = false, keyed = false,
    slots = false, cancel = false}
  jobs[id] = j
  L.touch(j)
  return j
end

function L.setflag(j, flag) if band(j.flags, flag) == 0 then j.flags = j.flags + flag end end
function L.clearflag(j, flag) if band(j.flags, flag) ~= 0 then j.flags = j.flags - flag end end

-- result is the result of a job, or of a far one.
function L.result(id)
  local j = L.job(id)
  return j and j.result or call('HGET', k_part, 'r' .. id)
end

-- setpart writes a part of a job, droppart removes it.
function L.setpart(j, letter, flag, value)
  L.touch(j)
  L.setflag(j, flag)
  if flag == 16 then j.result = nil end
  call('HSET', k_part, letter .. j.id, value)
end
function L.droppart(j, letter, flag)
  if band(j.flags, flag) == 0 then return end
  L.touch(j)
  L.clearflag(j, flag)
  if flag == 16 then j.result = nil end
  call('HDEL', k_part, letter .. j.id)
end

-- class is where a job stands in the index.
local function class(state, line, retried)
  if state == ENQUEUED then return line ~= 0 and '\8' or '\3' end
  if state == PROCESSING then return '\3' end
  if state == SCHEDULED and retried then return '\9' end
  return char(state)
end

local function place(queue, line, prio, seq, id) return queue .. spack('>I4BI6', line, prio, seq) .. id end

local function bump(field, n) counts[field] = (counts[field] or 0) + n end

-- count changes the number of jobs of a queue and kind (names) in a state.
function L.count(names, state, n) bump(char(state) .. names, n) end

function L.count_held(queue, cause, n) bump('H' .. queue .. cause, n) end

-- unclaim drops the claim of a job whose record is written now.
local function unclaim(j, given, s)
  add(hdels, k_claim, j.id)
  if given then
    local of = sub(j.claim, 1, 16) .. sub(j.claim, 33, 38)
    opens[of] = (opens[of] or 0) + 1
  end
  if j.result and j.result ~= '' and s ~= 0 then add(hsets, k_part, 'r' .. j.id, j.result) end
  j.claim, j.result = nil, nil
end

-- savejob notes what has to be written for one job.
local function savejob(j)
  local o, id, s = j.o, j.id, j.state
  local os, names = o.state, j.queue .. j.kind
  j.o = nil
  if j.gone then s = 0 end
  local given = j.claim and os == PROCESSING
  if j.claim then unclaim(j, given, s) end
  if j.body and s ~= 0 then add(hsets, k_body, id, j.body) end
  j.body = nil
  local oc = os ~= 0 and class(os, o.line, o.retried) or ''
  local nc = s ~= 0 and class(s, j.line, j.retried) or ''
  if oc ~= nc then
    if oc == '\3' or oc == '\5' then L.unshelve(oc .. names, id) elseif oc ~= '' then add(cuts, k_index, oc .. names .. id) end
    if nc == '\3' or nc == '\5' then L.shelve(nc .. names, id) elseif nc ~= '' then add(puts, k_index, '0', nc .. names .. id) end
  end
  if os ~= s then
    if os ~= 0 then bump(char(os) .. names, -1) end
    if s ~= 0 then bump(char(s) .. names, 1) end
  end
  local ol = os == ENQUEUED and place(j.queue, o.line, o.prio, o.seq, id)
  local nl = s == ENQUEUED and place(j.queue, j.line, j.prio, j.seq, id)
  if j.packed then
    if ol then taken[#taken + 1] = {ol, id} end
    ol, j.packed = nil, nil
  end
  if ol ~= nl then
    if ol then add(cuts, k_line, ol) end
    if nl then add(puts, k_line, '0', nl) end
  end
  local orun = os == PROCESSING and not given and o.session .. spack('>I6', o.seq) .. id
  local nrun = s == PROCESSING and j.session .. spack('>I6', j.seq) .. id
  if orun ~= nrun then
    if orun then add(cuts, k_run, orun) end
    if nrun then add(puts, k_run, '0', nrun) end
  end
  local oc2 = os == PROCESSING and o.cancel and 'c' .. o.session .. id
  local nc2 = s == PROCESSING and j.cancel and 'c' .. j.session .. id
  if oc2 ~= nc2 then
    if oc2 then add(cuts, k_set, oc2) end
    if nc2 then add(puts, k_set, '0', nc2) end
  end
  if os == SCHEDULED and s ~= SCHEDULED then add(cuts, k_due, id) end
  if s == SCHEDULED and (os ~= SCHEDULED or o.due ~= j.due) then add(puts, k_due, j.due, id) end
  local oexp, nexp = os == ENQUEUED and o.expires ~= 0, s == ENQUEUED and j.expires ~= 0
  if oexp and not nexp then add(cuts, k_expire, id) end
  if nexp and (not oexp or o.expires ~= j.expires) then add(puts, k_expire, j.expires, id) end
  if s == 0 then
    if j.kept then
      add(hdels, k_state, id)
      add(hdels, k_body, id)
      if band(j.flags, 1) ~= 0 then add(hdels, k_more, id) end
    end
    jobs[id] = false
    return
  end
  if j.m and j.mdirty then
    L.setflag(j, 1)
    add(hsets, k_more, id, cmsgpack.pack(j.m))
    j.mdirty = false
  end
  j.kept = true
  add(hsets, k_state, id, L.encode(j))
end

-- hint notes when a node may be swept.
function L.hint(at, what)
  local list = hints[at]
  if not list then
    list = {}
    hints[at] = list
  end
  list[#list + 1] = what
end

local function savehints()
  for at, list in pairs(hints) do
    for i = 1, #list, 64 do
      add(puts, k_retain, at, concat(list, '', i, math.min(i + 63, #list)))
    end
  end
  hints = {}
end

-- A shelf is a part of the index that holds many jobs: by buckets, whose members each hold
-- ids of one bucket. A member may hold jobs that have left: how many are on the shelf says
-- the key shelf, and with the last of a bucket its members go.
function L.bucket(id) return sub(id, 1, 5) .. char(band(string.byte(id, 6), 248)) end

function L.shelf(prefix, n) shelves[prefix] = (shelves[prefix] or 0) + n end

function L.shelve(class, id)
  local prefix = class .. L.bucket(id)
  L.shelf(prefix, 1)
  add(puts, k_index, '0', prefix .. id)
end

function L.unshelve(class, id)
  local prefix = class .. L.bucket(id)
  L.shelf(prefix, -1)
  add(cuts, k_index, prefix .. id)
end

local function saveshelves()
  for prefix, n in pairs(shelves) do
    if n ~= 0 and call('HINCRBY', k_shelf, prefix, n) <= 0 then
      call('HDEL', k_shelf, prefix)
      call('ZREMRANGEBYLEX', k_index, '[' .. prefix, '[' .. prefix .. FF)
    end
  end
  shelves = {}
end

-- saveline takes jobs out of the packs of the line: the jobs before and behind one in its
-- pack stay. A pack is a member of the line with the ids of jobs that follow each other;
-- it has the place of its first one.
local function saveline()
  for _, t in ipairs(taken) do
    local at, id = sub(t[1], 1, 19), t[2]
    local member = call('ZREVRANGEBYLEX', k_line, '[' .. at .. FF, '[' .. sub(at, 1, 13), 'LIMIT', '0', '1')[1]
    local seq = sunpack('>I6', at, 14)
    local i = member and 20 + 16 * (seq - sunpack('>I6', member, 14))
    if i and sub(member, i, i + 15) == id then
      call('ZREM', k_line, member)
      if i > 20 then call('ZADD', k_line, '0', sub(member, 1, i - 1)) end
      if i + 16 <= #member then call('ZADD', k_line, '0', sub(at, 1, 13) .. spack('>I6', seq + 1) .. sub(member, i + 16)) end
    end
  end
  taken = {}
end

-- keep_calls drops what is kept of calls of a session before one, and notes that another is kept.
function L.keep_calls(session, from, number6)
  local kept, left = call('HGET', k_gave, session .. 'k') or '', number6
  for at = 1, #kept, 6 do
    local one = sub(kept, at, at + 5)
    if sunpack('>I6', one) < from then call('HDEL', k_gave, session .. one, session .. one .. 'h') else left = one .. left end
  end
  if number6 == '' and #left == #kept then return end
  if left ~= '' then call('HSET', k_gave, session .. 'k', left) else call('HDEL', k_gave, session .. 'k') end
end

-- given notes that n jobs that a plain fetch (session, number of the call) gave run no more,
-- or have a record that says so. Which they were is kept for as long as the session may make
-- the call again, since it may not have heard of them: two calls at most, till L.forget_calls.
function L.given(call_of, n)
  if call('HINCRBY', k_gave, call_of .. 'n', -n) > 0 then return end
  call('HDEL', k_gave, call_of .. 'n')
  call('ZREM', k_run, call_of)
  local session, number6 = sub(call_of, 1, 16), sub(call_of, 17)
  local r = call('HGET', k_session, session)
  local least = r and sunpack('>I6', r, 29) - 1
  if r and sunpack('>I6', number6) >= least then -- guard: answer not heard
    L.keep_calls(session, least, number6)
  else
    call('HDEL', k_gave, call_of, call_of .. 'h')
  end
end

local function savecounts()
  for field, n in pairs(counts) do
    if n ~= 0 and call('HINCRBY', k_count, field, n) <= 0 then call('HDEL', k_count, field) end
  end
  counts = {}
end

-- stat counts something that happened to a job now.
function L.stat(queue, kind, letter, n)
  local names = queue .. kind
  local s = stats[names]
  if not s then
    s = {}
    stats[names] = s
  end
  s[letter] = (s[letter] or 0) + n
end

local function savestats()
  local minute = math.floor(L.now / 60000)
  for _, step in ipairs({'m' .. spack('>I4', minute), 'h' .. spack('>I4', minute - minute % 60)}) do
    for names, s in pairs(stats) do
      call('ZADD', k_step, 0, step .. names)
      for letter, n in pairs(s) do call('HINCRBY', k_stat, step .. names .. letter, string.format('%.0f', n)) end
    end
  end
  stats = {}
end

-- save writes all that was changed. It may be called several times in a script.
function L.save()
  local list, listb = dirty, dirtyb
  dirty, dirtyb = {}, {}
  for i = 1, #list do savejob(list[i]) end
  for i = 1, #listb do L.savebatch(listb[i]) end
  savehints()
  saveline()
  local c, p, hd, hs = cuts, puts, hdels, hsets
  cuts, puts, hdels, hsets = {}, {}, {}, {}
  for key, args in pairs(c) do many('ZREM', key, args) end
  for key, args in pairs(hd) do many('HDEL', key, args) end
  for key, args in pairs(p) do many('ZADD', key, args) end
  for key, args in pairs(hs) do many('HSET', key, args) end
  saveshelves()
  for of, n in pairs(opens) do L.given(of, n) end
  opens = {}
  savecounts()
  savestats()
  L.stand_all()
end

function L.dirty_batch(b)
  if not b.dirty then
    b.dirty = true
    dirtyb[#dirtyb + 1] = b
  end
end

-- wake tells that a fetch of a queue may give more than before.
function L.wake(queue) woken[queue] = true end

-- done ends a script: it writes what is left and tells who waits.
function L.done(answer)
  L.save()
  local list = {}
  for queue in pairs(woken) do list[#list + 1] = queue end
  local queues = concat(list)
  if queues ~= '' and call('EXISTS', k_wake) == 1 then call('PUBLISH', k_wake, queues) end
  local mail = rawget(L, 'mail')
  return {answer, queues, mail and mail()}
end

function L.seq() return call('HINCRBY', k_meta, 'seq', 1) end
