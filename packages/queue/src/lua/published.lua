#!lua flags=allow-oom
-- The outcome is on the results queue: drop the mark, keep the outcome for reading, shrink the ledger entry to a byte.
if call('ZREM', OUTBOX, a.d) == 0 then return 0 end
local j = call('HMGET', JOB(a.d), 'status', 'outcomeId')
if j[2] then keep_outcome(j[2], a.outcomeDays) end
shrink(a.d, j[1] or 's', a.ledgerDays)
return 1
