-- Claims: what a plain fetch puts beside the records of jobs that it gives. See claim.go,
-- which does the same with what the fetch answered.
-- keys: claim
local claim = {}

-- apply is the record of the job as it runs, made of the one that waits.
function claim.apply(r, c)
  local char, sub, byte = string.char, string.sub, string.byte
  local session, at6, start6, fetch4, server = sub(c, 1, 16), sub(c, 17, 22), sub(c, 23, 28), sub(c, 29, 32), sub(c, 33)
  local none6, bits, expires6 = '\0\0\0\0\0\0', byte(r, 2), sub(r, 120, 125)
  local name = char(#server) .. server
  if start6 == none6 then
    bits = bit.bor(bits, 8)
    start6 = sub(r, 24, 29)
  else
    bits = bit.bor(bits, 1)
    expires6 = none6
  end
  return char(4, bits, byte(r, 3)) .. fetch4 .. session .. start6 .. none6 .. none6 .. sub(r, 42, 62) .. none6
    .. char(byte(r, 69) + 1) .. sub(r, 70, 119) .. expires6 .. sub(r, 126, 166) .. name .. sub(r, 168 + byte(r, 167))
    .. struct.pack('>I2BB', 32 + #server, 2, 4) .. at6 .. sub(r, 126, 128) .. fetch4 .. session .. name
end

-- record is the record of a job as it stands, and whether a claim was taken into it.
function claim.record(id, r)
  if r and string.byte(r, 1) == 3 then
    local c = redis.call('HGET', k_claim, id)
    if c then return claim.apply(r, c), true end
  end
  return r, false
end
