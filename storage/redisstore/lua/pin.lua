-- Makes far nodes. ARGV: this shard, then id and shard of each. Answers the gen of each.
-- uses: inserting
local out = {}
for i = 3, #ARGV, 2 do out[#out + 1] = L.pin(ARGV[i], tonumber(ARGV[i + 1]), tonumber(ARGV[2])) end
return L.done(out)
