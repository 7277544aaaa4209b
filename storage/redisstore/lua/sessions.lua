-- Living sessions. A record: seen, contact, started (ms), lease (ms), MaxLost, last call; then
-- the name of the server with its length in 1 byte before it, and the owner.
-- keys: session owner ended dying kind info gave park run
-- lazy:
-- uses: jobs
local SESSION = '>I6I6I6I6I4I6B'
local sessions = {}

function L.session_of(id, r)
  local s, n = {id = id}
  s.seen, s.contact, s.started, s.lease, s.maxlost, s.call, n = sunpack(SESSION, r)
  s.server, s.owner = sub(r, 36, 35 + n), sub(r, 36 + n)
  return s
end

-- session is one that lives, or nil.
function L.session(id)
  local s = sessions[id]
  if s == nil then
    local r = call('HGET', k_session, id)
    s = r and L.session_of(id, r) or false
    sessions[id] = s
  end
  return s or nil
end

function L.all_sessions()
  local list, all = {}, call('HGETALL', k_session)
  for i = 1, #all, 2 do
    local s = L.session_of(all[i], all[i + 1])
    sessions[s.id] = s
    list[#list + 1] = s
  end
  return list
end

function L.put_session(s)
  call('HSET', k_session, s.id, spack(SESSION, s.seen, s.contact, s.started, s.lease, s.maxlost, s.call, #s.server) .. s.server .. s.owner)
end

-- forget_calls drops what L.given kept of calls of a session that it makes no more.
function L.forget_calls(s, all) L.keep_calls(s.id, all and math.huge or s.call - 1, '') end

-- bury takes a session out of the living; its tokens are dead from now on.
function L.bury(s, maxlost)
  sessions[s.id] = false
  call('HDEL', k_session, s.id)
  call('HDEL', k_gave, s.id)
  L.forget_calls(s, true)
  call('HDEL', k_park, s.id)
  local info = call('HGET', k_info, s.id)
  call('HDEL', k_info, s.id)
  call('ZADD', k_ended, L.now, s.id)
  call('HSET', k_owner, s.owner, L.now)
  if #L.range(k_run, s.id, 1) > 0 then call('RPUSH', k_dying, cmsgpack.pack({s.id, s.server, maxlost})) end
  if not info then return end
  local kinds = cjson.decode(info).Kinds
  if type(kinds) ~= 'table' then return end
  for _, k in ipairs(kinds) do
    local field = k.kind .. '\0' .. (k.fingerprint or '')
    local v = call('HGET', k_kind, field)
    if v and L.now > sunpack('>I6', v) then call('HSET', k_kind, field, spack('>I6', L.now) .. sub(v, 7)) end
  end
end

-- owner_oldest is since when the longest living session of an owner lives, or nil.
function L.owner_oldest(owner)
  local at
  for _, s in ipairs(L.all_sessions()) do
    if s.owner == owner and (not at or s.started < at) then at = s.started end
  end
  return at
end
