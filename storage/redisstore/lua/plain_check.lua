-- The first part of plain_few: what the call says, the time, and whether something of it is stored.
-- keys: park hand batch state
local call, spack, sunpack, sub, byte, unpack = redis.call, struct.pack, struct.unpack, string.sub, string.byte, unpack
local middle, number, all = ARGV[2], ARGV[3], ARGV[5]
local count, queue, find = tonumber(number), sub(middle, 2, 9), string.find

local time = call('TIME')
local now = math.floor((time[1] * 1000000 + time[2]) / 1000) + ARGV[1]
local at6 = spack('>I6', now)

-- A parked call counts once, jobs in hand twice, batches four times.
local there = call('EXISTS', k_park, k_hand, k_hand, k_batch, k_batch, k_batch, k_batch)
local batches, ids = there > 3, nil

if count == 1 then
  if call('HEXISTS', k_state, all) == 1 then return 0 end -- guard: known id
  if batches and call('HEXISTS', k_batch, all) == 1 then return 0 end -- guard: batch id
else
  ids = {0, 0, 0, 0, 0, 0, 0, 0}
  for i = 1, count do ids[i] = sub(all, 16 * i - 15, 16 * i) end
  local found = call('HMGET', k_state, unpack(ids, 1, count))
  for i = 1, count do
    if found[i] then return 0 end -- guard: known id
  end
  found = batches and call('HMGET', k_batch, unpack(ids, 1, count)) or {}
  for i = 1, count do
    if found[i] then return 0 end -- guard: batch id
  end
end
local notes = there % 4 > 1 and call('HVALS', k_hand) or nil
for n = 1, notes and #notes or 0 do
  for i = 1, count do
    if find(notes[n], ids and ids[i] or all, 1, true) then return 0 end -- guard: id in hand
  end
end
