-- What an insert gave to a session that waited is noted in one place first (plain_hand.lua),
-- and becomes here as what a fetch gave. Every script begins by that which does not say that
-- handed ones may stay. A note, by job: its place in the call (1 byte), N8 of queue and kind, claim.
-- keys: hand claim gave run index shelf count
if redis.call('EXISTS', k_hand) == 1 then
  local call, sub, byte, calls = redis.call, string.sub, string.byte, {}
  local all = call('HGETALL', k_hand)
  -- This first: a server that is full lets go on who began. One that takes no writes at all may
  -- still be looked at: as if they had not been given.
  local began = redis.pcall('DEL', k_hand)
  if type(began) == 'table' then
    if not looks then return began end
    all = {}
  end
  for i = 1, #all, 2 do
    local id, note = all[i], all[i + 1]
    local names, claim = sub(note, 2, 17), sub(note, 18)
    local call_of = sub(claim, 1, 16) .. sub(claim, 33, 38)
    calls[call_of] = calls[call_of] or {}
    calls[call_of][byte(note)] = id .. '\0\0\0\1'
    local shelf = '\3' .. names .. sub(id, 1, 5) .. string.char(bit.band(byte(id, 6), 248))
    call('HSET', k_claim, id, claim)
    call('ZADD', k_index, '0', shelf .. id)
    call('HINCRBY', k_shelf, shelf, '1')
    call('HINCRBY', k_count, '\4' .. names, '1')
  end
  for call_of, jobs in pairs(calls) do
    call('ZADD', k_run, '0', call_of)
    call('HSET', k_gave, call_of, table.concat(jobs), call_of .. 'n', #jobs, call_of .. 'h', '1')
  end
end
