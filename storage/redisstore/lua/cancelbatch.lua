-- CancelBatch. ARGV: batch, by whom. Answers -1 for an unknown batch, 1 when jobs are left.
-- keys: set
-- uses: lib
local b = L.getbatch(ARGV[2])
if not b then return L.done(-1) end
L.mark_cancelled(b, ARGV[3])
L.flush()
L.save()
local left = L.most

-- cancel_jobs cancels jobs of a batch and of those nested in it while left lasts, and
-- tells whether any are left.
local function cancel_jobs(batch)
  local prefix, last = 'o' .. batch.id, nil
  while true do
    local members = L.range(k_set, prefix, 200, last)
    local ids = {}
    for i, member in ipairs(members) do ids[i] = sub(member, 18) end
    L.load(ids)
    for _, id in ipairs(ids) do
      local j = L.job(id)
      if j and not j.cancel and j.state < SUCCEEDED then
        if left == 0 then return true end
        left = left - 1
        L.cancel(j, L.batch_reason(batch))
        L.flush()
      end
    end
    if #members < 200 then break end
    last = members[#members]
  end
  for _, member in ipairs(call('ZRANGEBYLEX', k_set, '[n' .. batch.id, '[n' .. batch.id .. FF)) do
    local nested = L.getbatch(sub(member, 18))
    if nested and cancel_jobs(nested) then return true end
  end
  return false
end
return L.done(cancel_jobs(b) and 1 or 0)
