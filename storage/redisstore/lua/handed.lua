-- What an insert gave to a session that waited is in one place first (plain_hand.lua), as the
-- answer of its call, and becomes here as what a fetch gave. Every script begins by that which
-- does not say that handed ones may stay. An answer, by session: session and number of the call
-- (22 bytes), time (6), name of the server behind its length (1), number of jobs (1), their ids,
-- where there are several the lengths of their records (4 each), and those.
-- A server that takes no writes at all may still be looked at: unwritten are the records then.
-- Each of these jobs is found by its id, as if it had not been given; lists and counts miss it.
-- keys: hand state claim gave run index shelf count session park
local unwritten
if redis.call('EXISTS', k_hand) == 1 then
  local call, sub, byte = redis.call, string.sub, string.byte
  local all = call('HGETALL', k_hand)
  local began = redis.pcall('DEL', k_hand) -- this first: a server that is full lets go on who began
  if type(began) == 'table' then
    if not looks then return began end
    unwritten = {}
  end
  for i = 1, #all, 2 do
    local id, answer, jobs = all[i], all[i + 1], {}
    local call_of, number6, at6 = sub(answer, 1, 22), sub(answer, 17, 22), sub(answer, 23, 28)
    local ids = 30 + byte(answer, 29)
    local n = byte(answer, ids)
    local sizes = ids + 16 * n
    local from, names = n == 1 and sizes + 1 or sizes + 4 * n + 1, nil
    local claim = id .. at6 .. at6 .. '\0\0\0\1' .. number6 .. sub(answer, 29, ids - 1)
    for k = 1, n do
      local job, size = sub(answer, ids + 16 * k - 15, ids + 16 * k), n == 1 and #answer or struct.unpack('>I4', answer, sizes + 4 * k - 3)
      local record = sub(answer, from, from + size - 1)
      from, names = from + size, sub(record, 3, 18)
      if unwritten then
        unwritten[job] = record
      else
        local shelf = '\3' .. names .. sub(job, 1, 5) .. string.char(bit.band(byte(job, 6), 248))
        call('HSET', k_state, job, record)
        call('HSET', k_claim, job, claim)
        call('ZADD', k_index, '0', shelf .. job)
        call('HINCRBY', k_shelf, shelf, '1')
      end
      jobs[k] = job .. '\0\0\0\1'
    end
    if not unwritten then
      call('HINCRBY', k_count, '\4' .. names, n)
      call('ZADD', k_run, '0', call_of)
      call('HSET', k_gave, call_of, table.concat(jobs), call_of .. 'n', n, call_of .. 'h', '1')
      local session = call('HGET', k_session, id)
      if session then call('HSET', k_session, id, sub(session, 1, 28) .. number6 .. sub(session, 35)) end
      call('HDEL', k_park, id)
    end
  end
end
