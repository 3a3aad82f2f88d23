-- Outcomes with a person's word go onto the results queue a second time, and their marks go, in one step; each behind its first telling. Never
-- more than `a.max` wait there. args[2] and on: the data of the results' jobs, one for each of `a.items`; `a.gone`: outcomes that are kept
-- nowhere any more. Answers how many items were looked at.
-- needs: bullmq, owed

-- The results queue is owed it no more. Answers whether it was.
local function drop_mark(outcome_id, outcome_days)
  if call('ZREM', keys.resolved_outbox, outcome_id) == 0 then return false end
  owed.settle(outcome_id, outcome_days)
  return true
end

script('publish_resolved', { run = function(a, args)
  local waiting, jobs, looked_at = bullmq.waiting(a.queue), {}, 0
  for _, id in ipairs(a.gone) do drop_mark(id, a.outcomeDays) end
  for i, item in ipairs(a.items) do
    if waiting + #jobs >= a.max then break end
    if not call('ZSCORE', keys.outbox, item.digest) and drop_mark(item.id, a.outcomeDays) then
      jobs[#jobs + 1] = { id = item.id .. owed.RESOLVED, name = item.name, data = args[i + 1] }
    end
    looked_at = i
  end
  bullmq.add(a.queue, jobs, { opts = a.opts, timestamp = a.timestamp })
  return looked_at
end })
