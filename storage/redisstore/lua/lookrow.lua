-- What lists and Job read of a job beside its record.
-- keys: body more part held
local look = {}

-- row is what a list shows of a job with record r: record, body, failure, progress,
-- text of its held line, more.
function look.row(id, r)
  local flags, held = string.byte(r, 3), string.sub(r, 163, 166)
  local failed = string.sub(r, 145, 148)
  local row = {r, redis.call('HGET', k_body, id), false, false, false, false}
  if failed ~= '\0\0\0\0' then
    row[3] = redis.call('HGET', k_part, 'f' .. id .. failed)
  end
  if bit.band(flags, 32) ~= 0 then
    row[4] = redis.call('HGET', k_part, 'p' .. id)
  end
  if held ~= '\0\0\0\0' then
    local line = redis.call('HGET', k_held, held)
    row[5] = line and cmsgpack.unpack(line).h
  end
  if bit.band(flags, 64) ~= 0 then
    row[7] = redis.call('HGET', k_part, 'y' .. id)
  end
  if bit.band(flags, 1) ~= 0 then
    row[6] = look.more(redis.call('HGET', k_more, id))
  end
  return row
end
