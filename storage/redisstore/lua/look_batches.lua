-- Batches: one, or a page of them, newest first.
-- ARGV: id of the one, or nothing and: low and high bound in set, how many.
-- Answers id and what is in the key batch of each.
-- keys: batch set
local ids = {ARGV[2]}
if ARGV[2] == '' then
  ids = redis.call('ZREVRANGEBYLEX', k_set, ARGV[4], ARGV[3], 'LIMIT', 0, ARGV[5])
end
local out = {}
for _, id in ipairs(ids) do
  id = string.sub(id, -16)
  local packed = redis.call('HGET', k_batch, id)
  if packed then
    local b = cmsgpack.unpack(packed)
    out[#out + 1] = id
    out[#out + 1] = {b.info or "", b.up or "", b.created, b.finished, b.total, b.pending, b.succeeded, b.failed, b.deleted, b.nested,
      b.nopen, b.state, b.ends, b.sealed, b.cancelled}
  end
end
return out
