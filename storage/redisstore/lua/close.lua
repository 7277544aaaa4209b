-- CloseSession. ARGV: session. Answers 1 while jobs of ended sessions are left: call again.
-- keys: dying
-- uses: losing
local s = L.session(ARGV[2])
if s then
  L.bury(s, 0)
elseif ARGV[3] ~= '1' then
  return L.done(0)
end
L.reclaim(1000)
return L.done(call('LLEN', k_dying) > 0 and 1 or 0)
