-- The unique keys that final jobs hold in other shards. ARGV: ids. Answers id and key of
-- those that have one.
-- uses: jobs
local out = {}
for i = 2, #ARGV do
  local j = L.job(ARGV[i])
  local m = j and L.more(j)
  if m and m.ur and j.state >= SUCCEEDED then
    out[#out + 1] = j.id
    out[#out + 1] = m.uk
  end
end
return out
