-- What stands beside the record of a job: the claim of a plain fetch, which a plain settle
-- makes longer by the end of the run. See claim.go, which does the same with what the
-- fetch answered, and short.go for the short form of a record.
-- keys: state claim
local claim = {}
local NONE6 = '\0\0\0\0\0\0'

-- expand is a short record in full, and the body that is behind it.
function claim.expand(r)
  local rep, at6 = string.rep, string.sub(r, 33, 38)
  return '\3\128' .. rep('\0', 66) .. '\1\3' .. string.sub(r, 2, 32) .. at6 .. at6 .. rep('\0', 14) .. '\1' .. rep('\0', 39)
    .. '\0\8\0\3' .. at6, string.sub(r, 39)
end

-- apply is the record of a job as it runs or has succeeded, made of the one that waits,
-- and with its end the result.
function claim.apply(r, c)
  local char, sub, byte = string.char, string.sub, string.byte
  local session, at6, start6, fetch4, n = sub(c, 1, 16), sub(c, 17, 22), sub(c, 23, 28), sub(c, 29, 32), byte(c, 39)
  local name, ended = sub(c, 39, 39 + n), #c > 39 + n
  local bits, expires6 = bit.band(byte(r, 2), 127), sub(r, 120, 125)
  local history = sub(r, 168 + byte(r, 167))
    .. struct.pack('>I2BB', 32 + n, 2, 4) .. at6 .. sub(r, 126, 128) .. fetch4 .. session .. name
  if ended then
    local result, finished6 = sub(c, 60 + n), sub(c, 40 + n, 45 + n)
    local flags = bit.bor(byte(r, 3), result ~= '' and 16 or 0)
    return char(5, bit.bor(bit.band(bits, 231), 3), flags) .. fetch4 .. string.rep('\0', 16) .. start6 .. sub(c, 40 + n, 51 + n)
      .. session .. fetch4 .. '\1' .. NONE6 .. char(byte(r, 69) + 2) .. sub(r, 70, 119) .. NONE6 .. sub(r, 126, 166) .. name
      .. history .. '\0\17\12\5' .. finished6 .. '\1' .. sub(c, 52 + n, 59 + n), result
  end
  if start6 == NONE6 then
    bits = bit.bor(bits, 8)
    start6 = sub(r, 24, 29)
  else
    bits = bit.bor(bits, 1)
    expires6 = NONE6
  end
  return char(4, bits, byte(r, 3)) .. fetch4 .. session .. start6 .. NONE6 .. NONE6 .. sub(r, 42, 62) .. NONE6
    .. char(byte(r, 69) + 1) .. sub(r, 70, 119) .. expires6 .. sub(r, 126, 166) .. name .. history
end

-- whole is what is known of a job by its value in state: its record in full, and as far as
-- there are body, claim and result.
function claim.whole(id, r)
  if not r then return nil end
  local x, state = {r = r}, string.byte(r, 1)
  if state == 131 then
    x.r, x.body = claim.expand(r)
  elseif state ~= 3 then
    return x
  end
  x.claim = redis.call('HGET', k_claim, id)
  if x.claim then x.r, x.result = claim.apply(x.r, x.claim) end
  return x
end

-- read is the same, of an id.
function claim.read(id) return claim.whole(id, redis.call('HGET', k_state, id) or unwritten and unwritten[id]) end
