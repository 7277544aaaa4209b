-- What lists and Job read of a job beside its record.
-- keys: body more part held
local look = {}

-- more is what a job that is not plain has in a list: batch, parent that gives the input,
-- then parent, state and run of its end, 1 when it is gone, 1 for a batch, of each edge.
function look.more(packed)
  local m = packed and cmsgpack.unpack(packed) or {}
  local out = {m.b or '', m.f or ''}
  for _, e in ipairs(m.e or {}) do
    for i = 1, 5 do out[#out + 1] = e[i] or 0 end
  end
  return out
end

-- whole is a row with what lists leave out: input, checkpoint, result. x is what is known
-- of the job: r its record, and where they are not in their keys body and result.
function look.whole(id, x)
  local row = look.row(id, x)
  local flags = string.byte(x.r, 3)
  for i, part in ipairs({{4, 'i'}, {8, 'c'}, {16, 'r'}}) do
    row[7 + i] = bit.band(flags, part[1]) ~= 0 and redis.call('HGET', k_part, part[2] .. id)
  end
  if x.result and x.result ~= '' then row[10] = x.result end
  return row
end

-- row is what a list shows of a job: record, body, failure, progress, text of its held
-- line, more.
function look.row(id, x)
  local r = x.r
  local flags, held = string.byte(r, 3), string.sub(r, 163, 166)
  local failed = string.sub(r, 145, 148)
  local row = {r, x.body or redis.call('HGET', k_body, id), false, false, false, false, false}
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
