-- The children of a job or batch of another shard. ARGV: id, how many at most.
-- Answers them, and 1 where there are more.
-- uses: lookkin
return {kin.children(ARGV[2], tonumber(ARGV[3]))}
