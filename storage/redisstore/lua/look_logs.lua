-- Lines of the log of a job. Numbers of lines that were not kept are missing.
-- ARGV: id, behind which number, of which run (0: all), how many lines, how many numbers.
-- Answers nothing, or the number up to which it looked, 1 when that was the last, then
-- number and line of each.
-- keys: state log
-- uses: claim
local id, after, run, limit, looks = ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
local x = claim.read(id)
if not x then return false end
local lines = struct.unpack('>I4', x.r, 152)
local to = math.min(after + looks, lines)
local out, found = {0, 0}, 0
while after < to and found < limit do
  local fields = {}
  for n = after + 1, math.min(after + 100, to) do
    fields[#fields + 1] = id .. struct.pack('>I4', n)
  end
  local values = redis.call('HMGET', k_log, unpack(fields))
  for i = 1, #fields do
    if found == limit then break end
    after = after + 1
    local line = values[i]
    if line and (run == 0 or run == struct.unpack('>I4', line)) then
      found = found + 1
      out[#out + 1] = after
      out[#out + 1] = line
    end
  end
end
out[1] = after
if after >= lines or found == limit then out[2] = 1 end
return out
