-- What an insert gave to a session that waited is noted in one place first (plain_hand.lua),
-- and becomes here as what a fetch gave. Every script begins by that which does not say that
-- handed ones may stay. A note, by session: session and number of the call (22 bytes), time (6),
-- name of the server behind its length (1), number of jobs (1), their ids, N8 of queue and kind.
-- keys: hand claim gave run index shelf count session park
if redis.call('EXISTS', k_hand) == 1 then
  local call, sub, byte = redis.call, string.sub, string.byte
  local all = call('HGETALL', k_hand)
  -- This first: a server that is full lets go on who began. One that takes no writes at all may
  -- still be looked at: as if they had not been given.
  local began = redis.pcall('DEL', k_hand)
  if type(began) == 'table' then
    if not looks then return began end
    all = {}
  end
  for i = 1, #all, 2 do
    local id, note, jobs = all[i], all[i + 1], {}
    local call_of, number6, at6 = sub(note, 1, 22), sub(note, 17, 22), sub(note, 23, 28)
    local ids = 30 + byte(note, 29)
    local names = sub(note, -16)
    local claim = id .. at6 .. at6 .. '\0\0\0\1' .. number6 .. sub(note, 29, ids - 1)
    for k = 1, byte(note, ids) do
      local job = sub(note, ids + 16 * k - 15, ids + 16 * k)
      local shelf = '\3' .. names .. sub(job, 1, 5) .. string.char(bit.band(byte(job, 6), 248))
      call('HSET', k_claim, job, claim)
      call('ZADD', k_index, '0', shelf .. job)
      call('HINCRBY', k_shelf, shelf, '1')
      jobs[k] = job .. '\0\0\0\1'
    end
    call('HINCRBY', k_count, '\4' .. names, #jobs)
    call('ZADD', k_run, '0', call_of)
    call('HSET', k_gave, call_of, table.concat(jobs), call_of .. 'n', #jobs, call_of .. 'h', '1')
    local session = call('HGET', k_session, id)
    if session then call('HSET', k_session, id, sub(session, 1, 28) .. number6 .. sub(session, 35)) end
    call('HDEL', k_park, id)
  end
end
