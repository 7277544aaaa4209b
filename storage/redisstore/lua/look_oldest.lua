-- When the longest waiting job of each line became enqueued, as far as the order of the
-- line tells: the first of each priority is looked at.
-- ARGV: N8 of the queue and four zero bytes, or the number of a held line, of each line.
-- Answers N8 of the queue and the time in ms of each line that has jobs.
-- keys: state line held
local out = {}

local function oldest(line)
  local best, low = 0, '[' .. line
  while true do
    local first = redis.call('ZRANGEBYLEX', k_line, low, '(' .. line .. '\4', 'LIMIT', 0, 1)[1]
    if not first then return best end
    local r = redis.call('HGET', k_state, string.sub(first, 20, 35))
    local at = r and struct.unpack('>I6', r, string.byte(r) == 131 and 33 or 108) or 0
    if at ~= 0 and (best == 0 or at < best) then best = at end
    low = '[' .. line .. string.char(string.byte(first, 13) + 1)
  end
end

for i = 2, #ARGV do
  local line = ARGV[i]
  if #line == 4 then
    local held = redis.call('HGET', k_held, line)
    line = held and cmsgpack.unpack(held).q .. line
  end
  local at = line and oldest(line) or 0
  if at ~= 0 then
    out[#out + 1] = string.sub(line, 1, 8)
    out[#out + 1] = at
  end
end
return out
