-- Reserves unique keys. A reservation is a job's id and a stamp of 8 bytes.
-- ARGV: key, job, and the reservation to replace or nothing, of each.
-- Answers the stamp of each, or the reservation that is in the way.
-- keys: reserve meta
-- uses: codec rising
local out = {}
for i = 2, #ARGV, 3 do
  local key, id, old = ARGV[i], ARGV[i + 1], ARGV[i + 2]
  local was = call('HGET', k_reserve, key)
  if not was or sub(was, 1, 16) == id or was == old then
    local stamp = spack('>I8', L.rising('stamp'))
    call('HSET', k_reserve, key, id .. stamp)
    out[#out + 1] = stamp
  else
    out[#out + 1] = was
  end
end
return out
