-- Gives back what was taken and not used. ARGV: this shard, session or
-- nothing, then job, fetch, limit key, start of a rate or
-- nothing, of each.
-- uses: keys lanes
for i = 4, #ARGV, 4 do
  if ARGV[i + 3] ~= '' then
    call('ZREM', k_rate, ARGV[i + 3])
  else
    L.on_f({'f', ARGV[i + 2], ARGV[i], tonumber(ARGV[i + 1]), tonumber(ARGV[2]), ARGV[3]})
  end
end
return L.done(1)
