-- Whether jobs hold unique keys. ARGV: 1 to drop the mark of those that are only about to,
-- then job and key of each.
-- Answers 1 when it does, 2 when it is about to, else 0, and its state, of each.
-- uses: jobs prepared
local out = {}
for i = 3, #ARGV, 2 do
  local id = ARGV[i]
  local j, answer = L.job(id), L.holds(id, ARGV[i + 1])
  if answer == 2 and ARGV[2] == '1' then
    L.unprepare(id)
    answer = 0
  end
  out[#out + 1] = answer
  out[#out + 1] = j and j.state or 0
end
return out
