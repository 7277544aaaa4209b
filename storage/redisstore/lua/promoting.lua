-- Promotion of plain jobs, many with a few commands: those that have no more than a record
-- and a body, and no continuations.
-- keys: state due index line count meta
-- lazy:
-- uses: jobs
local byte = string.byte
-- maxpack is how many jobs a pack of the line has at most: see jobs.lua.
local maxpack = 32

-- packs are the members of the line for jobs that follow each other.
local function packs(line)
  local args, pack, place = {}, {}, nil
  for i, job in ipairs(line) do
    if not place or place ~= job[1] or #pack > maxpack then
      if place then args[#args + 1] = concat(pack) end
      args[#args + 1] = '0'
      pack, place = {job[1] .. job[2]}, job[1]
    end
    pack[#pack + 1] = job[3]
    if i == #line then args[#args + 1] = concat(pack) end
  end
  return args
end

-- packed are the members of shelves for jobs that come onto them.
local function packed(shelves)
  local args = {}
  for shelf, ids in pairs(shelves) do
    L.shelf(shelf, #ids)
    for i = 1, #ids, maxpack do
      args[#args + 1] = '0'
      args[#args + 1] = shelf .. concat(ids, '', i, math.min(i + maxpack - 1, #ids))
    end
  end
  return args
end

-- promote_plain makes enqueued those of the jobs that are scheduled and plain, and gives the
-- others.
function L.promote_plain(ids)
  local others, plain, n = {}, {}, 0
  local found = call('HMGET', k_state, unpack(ids))
  for i, id in ipairs(ids) do
    local r = found[i]
    if r and byte(r, 1) == 1 and band(byte(r, 3), 1) == 0 and sub(r, 134, 137) == '\0\0\0\0' and byte(r, 69) < 50 then
      n = n + 1
      plain[n] = {id, r}
    else
      others[#others + 1] = id
    end
  end
  if n == 0 then return others end
  local seq = call('HINCRBY', k_meta, 'seq', n) - n
  local now6, none6 = spack('>I6', L.now), '\0\0\0\0\0\0'
  local entry = L.entry(ENQUEUED, 'its time came')
  local states, gone, due, counts = {}, {}, {}, {}
  local line, shelves = {}, {}
  for i = 1, n do
    local id, r = plain[i][1], plain[i][2]
    local bits, names = byte(r, 2), sub(r, 72, 87)
    local seq6 = spack('>I6', seq + i)
    due[i] = id
    gone[i] = (band(bits, 4) ~= 0 and '\9' or '\1') .. names .. id
    states[2 * i - 1] = id
    states[2 * i] = char(3, bor(band(bits, 251), 128)) .. sub(r, 3, 68) .. char(byte(r, 69) + 1) .. sub(r, 70, 95) .. seq6
      .. sub(r, 102, 107) .. now6 .. none6 .. sub(r, 120) .. entry
    line[i] = {sub(names, 1, 8) .. '\0\0\0\0' .. sub(r, 71, 71), seq6, id}
    local shelf = '\3' .. names .. L.bucket(id)
    shelves[shelf] = shelves[shelf] or {}
    table.insert(shelves[shelf], id)
    counts[names] = (counts[names] or 0) + 1
  end
  many('HSET', k_state, states)
  many('ZADD', k_line, packs(line))
  many('ZREM', k_index, gone)
  many('ZADD', k_index, packed(shelves))
  many('ZREM', k_due, due)
  for names, c in pairs(counts) do
    L.count(names, SCHEDULED, -c)
    L.count(names, ENQUEUED, c)
    L.wake(sub(names, 1, 8))
  end
  return others
end
