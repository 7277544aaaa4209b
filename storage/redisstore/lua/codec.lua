-- The record of a job as a table, and back. See record.go for the bytes.
-- keys:
-- uses: claim
local L = {}
local unpack, concat, char, sub = unpack, table.concat, string.char, string.sub
local spack, sunpack = struct.pack, struct.unpack
local band, bor, bnot = bit.band, bit.bor, bit.bnot
local call = redis.call
local ZERO, FF = string.rep('\0', 16), string.rep('\255', 40)

local time = call('TIME')
L.exact = tonumber(time[1]) * 1000000 + tonumber(time[2]) + tonumber(ARGV[1]) * 1000
L.now = math.floor(L.exact / 1000)

-- Names of the library that are not there yet come from the file that defines them: M has
-- those files, NAMES says which.
local M = {}
local NAMES = ''
local function find(prefix)
  return function(t, name)
    local _, at = string.find(NAMES, ';' .. prefix .. name .. '=', 1, true)
    local n = at and tonumber(sub(NAMES, at + 1, at + 2))
    local file = n and M[n]
    if not file then return nil end
    M[n] = nil
    file()
    return rawget(t, name)
  end
end
setmetatable(L, {__index = find('')})
-- on has what to do with a message of another shard, by its first field.
L.on = setmetatable({}, {__index = find('on.')})

-- many runs a command with a list of arguments in pieces that Lua can unpack.
local function many(cmd, key, args)
  local n = #args
  if n <= 1000 then
    if n > 0 then call(cmd, key, unpack(args)) end
    return
  end
  for i = 1, n, 1000 do call(cmd, key, unpack(args, i, math.min(i + 999, n))) end
end

local HEAD = '>BBBI4c16I6I6I6c16I4BI6BBBc8c8c8I6I6I6I6I6I3I3I2I4I4I3I4I3I4I3I4I4B'

-- decode makes the table of a record.
function L.decode(id, r)
  local j = {id = id, kept = true}
  local bits, flags, n
  j.state, bits, flags, j.fetches, j.session, j.started, j.finished, j.retained,
    j.dsession, j.dfetch, j.dkind, j.report, j.entries, j.born, j.prio, j.queue, j.kind, j.print,
    j.seq, j.created, j.enqueued, j.due, j.expires, j.attempt, j.retries, j.lost,
    j.kids, j.waiting, j.notes, j.failed, j.dropped, j.lines, j.logof, j.logged, j.line, n =
    sunpack(HEAD, r)
  j.begun, j.counted, j.retried = band(bits, 1) ~= 0, band(bits, 2) ~= 0, band(bits, 4) ~= 0
  j.ahead, j.noahead = band(bits, 8) ~= 0, band(bits, 16) ~= 0
  j.keyed, j.slots, j.packed = band(bits, 32) ~= 0, band(bits, 64) ~= 0, band(bits, 128) ~= 0
  j.cancel = band(flags, 2) ~= 0
  j.flags = flags
  j.server = sub(r, 168, 167 + n)
  j.history = sub(r, 168 + n)
  return j
end

local function bits(j)
  return (j.begun and 1 or 0) + (j.counted and 2 or 0) + (j.retried and 4 or 0) + (j.ahead and 8 or 0)
    + (j.noahead and 16 or 0) + (j.keyed and 32 or 0) + (j.slots and 64 or 0)
end

-- encode is the record of a table.
function L.encode(j)
  local flags = band(j.flags, bnot(2)) + (j.cancel and 2 or 0)
  return spack(HEAD, j.state, bits(j), flags, j.fetches, j.session, j.started, j.finished, j.retained,
    j.dsession, j.dfetch, j.dkind, j.report, j.entries, j.born, j.prio, j.queue, j.kind, j.print,
    j.seq, j.created, j.enqueued, j.due, j.expires, j.attempt, j.retries, j.lost,
    j.kids, j.waiting, j.notes, j.failed, j.dropped, j.lines, j.logof, j.logged, j.line, #j.server)
    .. j.server .. j.history
end

-- entry is one entry of a history. e has run (attempt, fetch, session, server) or same,
-- outcome and dur (8 bytes) and failed, as far as it has them.
function L.entry(state, reason, e)
  local marks, tail = 0, ''
  if reason ~= '' then
    marks = 1
    tail = spack('>I2', #reason) .. reason
  end
  if e then
    if e.same then
      marks = marks + 4
    elseif e.session then
      marks = marks + 2
      tail = tail .. spack('>I3I4c16B', e.attempt, e.fetch, e.session, #e.server) .. e.server
    end
    if e.outcome then
      marks = marks + 8
      tail = tail .. char(e.outcome) .. e.dur
    end
    if e.failed then marks = marks + 16 end
  end
  return spack('>I2BBI6', 8 + #tail, marks, state, L.now) .. tail
end

-- entries takes a history apart: a list of its entries as they are.
function L.entries(history)
  local list, at, n = {}, 1, 0
  while at < #history do
    local size = sunpack('>I2', history, at) + 2
    n = n + 1
    list[n] = sub(history, at, at + size - 1)
    at = at + size
  end
  return list
end

-- run_of takes apart what an entry says of its run: attempt, fetch, session, server, and
-- where they are in it. Nil when it says nothing.
function L.run_of(e)
  local marks, at = string.byte(e, 3), 11
  if band(marks, 2) == 0 then return nil end
  if band(marks, 1) ~= 0 then at = at + 2 + sunpack('>I2', e, at) end
  local attempt, fetch, session, n = sunpack('>I3I4c16B', e, at)
  return {attempt = attempt, fetch = fetch, session = session, server = sub(e, at + 24, at + 23 + n), from = at, to = at + 23 + n}
end

-- outcome_of is the outcome that an entry has, or nil.
function L.outcome_of(e)
  local marks, at = string.byte(e, 3), 11
  if band(marks, 8) == 0 then return nil end
  if band(marks, 1) ~= 0 then at = at + 2 + sunpack('>I2', e, at) end
  if band(marks, 2) ~= 0 then at = at + 24 + string.byte(e, at + 23) end
  return string.byte(e, at)
end
