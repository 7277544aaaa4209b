-- Marks jobs that are about to hold unique keys of other shards. ARGV: their ids.
-- uses: prepared
for i = 2, #ARGV do L.prepare(ARGV[i]) end
return 1
