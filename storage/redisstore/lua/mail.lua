-- Messages to other shards, each delivered exactly once and in order: see mail.go. out has
-- target shard in 2 bytes, number in 6, message. meta counts them by target ('o', target)
-- and those that came by source ('i', source).
-- keys: meta out
-- lazy:
-- uses: jobs rising
local mailed = {}

-- post leaves a message (a table whose first field is a letter) for another shard, which
-- may be the same.
function L.post(shard, message)
  local to = spack('>I2', shard)
  local n = L.rising('o' .. to)
  call('ZADD', k_out, 0, to .. spack('>I6', n) .. cmsgpack.pack(message))
  mailed[to] = true
end

-- mail is for whom this script left messages.
function L.mail()
  local list = {}
  for to in pairs(mailed) do list[#list + 1] = to end
  return concat(list)
end

-- old_mail adds those for whom others left messages.
function L.old_mail()
  local from = '-'
  while true do
    local first = call('ZRANGEBYLEX', k_out, from, '+', 'LIMIT', 0, 1)[1]
    if not first then return end
    local to = sub(first, 1, 2)
    mailed[to] = true
    from = '(' .. to .. FF
  end
end
