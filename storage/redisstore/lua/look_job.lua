-- One job with all that is known of it.
-- ARGV: id, how many children at most.
-- Answers nothing, or its row, its failures by run (fetch in 4 bytes, JSON), what its
-- parents are, its children and 1 where there are more.
-- keys: state
-- uses: claim lookrow lookkin
local id, most = ARGV[2], tonumber(ARGV[3])
local x = claim.read(id)
if not x then return false end
local r, row = x.r, look.whole(id, x)

-- The failures of the runs in its history.
local failures = {}
local at, fetch, n = 168 + string.byte(r, 167), '', #r
while at < n do
  local size, marks = struct.unpack('>I2B', r, at)
  local place = at + 10
  if bit.band(marks, 1) ~= 0 then place = place + 2 + struct.unpack('>I2', r, place) end
  if bit.band(marks, 2) ~= 0 then fetch = string.sub(r, place + 3, place + 6) end
  if bit.band(marks, 16) ~= 0 then
    kin.put(failures, fetch, redis.call('HGET', k_part, 'f' .. id .. fetch))
  end
  at = at + 2 + size
end

local parents = {}
local more = row[6] or {}
for i = 3, #more, 5 do kin.put(parents, kin.is(more[i])) end
local children, many = kin.children(id, most)
return {row, failures, parents, children, many}
