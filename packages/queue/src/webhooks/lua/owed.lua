-- To how many webhooks, and the archive, a payload is owed. An outcome that is owed to nobody goes back to the time that outcomes are kept.
-- needs: outcomes
local owed = {}

function owed.is_outcome(item) return string.sub(item, 1, 2) == 'o-' end
function owed.payload_key(item) return owed.is_outcome(item) and keys.outcome(item) or keys.event(item) end
function owed.add(item) call('HINCRBY', keys.owed, item, 1) end

-- One less is owed this item.
function owed.settle(item, outcome_days)
  if call('HINCRBY', keys.owed, item, -1) > 0 then return end
  call('HDEL', keys.owed, item)
  if not owed.is_outcome(item) or not outcome_days then return end
  -- Not on the results queue yet: publishing sets the time.
  if not call('ZSCORE', keys.outbox, string.sub(item, 3)) then outcomes.keep(item, outcome_days) end
end

return owed
