-- Registers a shard with nodes that have children or members there. ARGV: the shard, then
-- id, gen and 1 where the result is wanted, of each. Answers how each stands, 0 for one that
-- does not exist.
-- uses: inserting
local out = {}
for i = 3, #ARGV, 3 do
  local n = L.node(ARGV[i])
  out[#out + 1] = n and not n.far and L.watch(n, tonumber(ARGV[2]), tonumber(ARGV[i + 1]), tonumber(ARGV[i + 2])) or 0
end
return L.done(out)
