-- Insert: groups, each a step of its own. Answers for each its list, or what is wrong with
-- it as text first.
-- uses: inserting
local answers = {}
for i = 2, #ARGV do
  local g = cmsgpack.unpack(ARGV[i])
  local answer, wrong = L.insert(g)
  answers[i - 1] = wrong or answer
  L.save()
end
return L.done(answers)
