-- Promotion of plain jobs, many with a few commands: those that have no more than a record
-- and a body, and no continuations.
-- keys: state due index line count meta
-- lazy:
-- uses: jobs
local byte = string.byte

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
  local states, lines, gone, index, due, counts = {}, {}, {}, {}, {}, {}
  for i = 1, n do
    local id, r = plain[i][1], plain[i][2]
    local bits, names = byte(r, 2), sub(r, 72, 87)
    local seq6 = spack('>I6', seq + i)
    due[i] = id
    gone[i] = (band(bits, 4) ~= 0 and '\9' or '\1') .. names .. id
    states[2 * i - 1] = id
    states[2 * i] = char(3, band(bits, 251)) .. sub(r, 3, 68) .. char(byte(r, 69) + 1) .. sub(r, 70, 95) .. seq6
      .. sub(r, 102, 107) .. now6 .. none6 .. sub(r, 120) .. entry
    index[2 * i - 1], index[2 * i] = '0', '\3' .. names .. id
    lines[2 * i - 1], lines[2 * i] = '0', sub(names, 1, 8) .. '\0\0\0\0' .. sub(r, 71, 71) .. seq6 .. id
    counts[names] = (counts[names] or 0) + 1
  end
  many('HSET', k_state, states)
  many('ZADD', k_line, lines)
  many('ZREM', k_index, gone)
  many('ZADD', k_index, index)
  many('ZREM', k_due, due)
  for names, c in pairs(counts) do
    L.count(names, SCHEDULED, -c)
    L.count(names, ENQUEUED, c)
    L.wake(sub(names, 1, 8))
  end
  return others
end
