-- Takes messages of another shard, those that came already left out. What is before the
-- first of them came: it is removed there only when it has.
-- ARGV: the shard they come from, then number in 6 bytes and message of each.
-- Answers the number of the last that came.
-- keys: meta
-- uses: inserting lanes
local from = 'i' .. spack('>I2', tonumber(ARGV[2]))
local last = tonumber(call('HGET', k_meta, from) or 0)
for i = 3, #ARGV do
  local number = sunpack('>I6', ARGV[i])
  if number > last then
    local message = cmsgpack.unpack(sub(ARGV[i], 7))
    L['on_' .. message[1]](message)
    L.flush()
    L.save()
    last = number
  end
end
call('HSET', k_meta, from, last)
return L.done(last)
