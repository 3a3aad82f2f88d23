#!lua flags=allow-oom
-- The outcome is on the results queue: drop the mark, keep the outcome for reading, shrink the ledger entry to a byte.
if call('ZREM', OUTBOX, a.d) == 0 then return 0 end
local j = call('HMGET', JOB(a.d), 'status', 'outcomeId')
if j[2] then
  if a.outcomeDays > 0 then call('EXPIRE', P .. 'outcome:' .. j[2], a.outcomeDays * 86400) else call('DEL', P .. 'outcome:' .. j[2]) end
end
shrink(a.d, j[1] or 's', a.ledgerDays)
return 1
