-- OpenSession. ARGV: id, lease in ms, MaxLost, server, owner, JSON of the session, its kinds
-- as a cmsgpack list of field in the key kind and JSON. Answers 1, or 0 when it has ended.
-- keys: ended info kind run line index
-- uses: codec jobs sessions
local id = ARGV[2]
if L.session(id) then return {1, ''} end
if call('ZSCORE', k_ended, id) then return {0, ''} end
-- A new session goes on from the contact of those that gave a sign just now.
local contact = L.now
for _, other in ipairs(L.all_sessions()) do
  if L.now - other.seen <= math.floor(other.lease / 2) and other.contact < contact then contact = other.contact end
end
-- One long member keeps a sorted set from being the server's small form, in which every
-- change looks through all of it, whenever few jobs are there.
local long = string.rep('\255', 70)
for _, key in ipairs({k_run, k_line, k_index}) do call('ZADD', key, '0', long) end
L.put_session({id = id, seen = L.now, contact = contact, started = L.now, lease = tonumber(ARGV[3]),
  maxlost = tonumber(ARGV[4]), call = 0, server = ARGV[5], owner = ARGV[6]})
call('HSET', k_info, id, ARGV[7])
for _, k in ipairs(cmsgpack.unpack(ARGV[8])) do
  call('HSET', k_kind, k[1], spack('>I6', L.now) .. k[2])
end
return {1, ''}
