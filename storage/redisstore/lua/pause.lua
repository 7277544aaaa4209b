-- Pause. ARGV: 'q' or 'k', N8 of the name, 1 or 0, by whom, the name.
-- keys: paused name turn park
-- uses: lib
local target, name, field = ARGV[2], ARGV[3], ARGV[2] .. ARGV[3]
if ARGV[4] == '1' then
  call('HSET', k_paused, field, ARGV[5])
  call('HSET', k_name, name, ARGV[6])
  call('DEL', k_park) -- an insert that gives to a parked call does not look
  return L.done(1)
end
call('HDEL', k_paused, field)
if target == 'q' then
  L.wake(name)
  return L.done(1)
end
-- Queues with a line of the kind have work again.
for _, member in ipairs(call('ZRANGEBYLEX', k_turn, '[k', '(l')) do
  local l = L.held_line(sunpack('>I4', member, 10))
  if l.c == 'p' and l.k == name then L.wake(l.q) end
end
return L.done(1)
