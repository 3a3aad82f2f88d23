-- To how many webhooks, and the archive, a payload is owed. An outcome that is owed to nobody goes back to the time that outcomes are kept.
-- needs: outcomes
local owed = {}

-- An outcome that is told again with a person's word is one payload under a second name.
owed.RESOLVED = '~resolved'

-- The name under which a payload is kept, whose telling the item is.
local function payload_of(item)
  local base = #item - #owed.RESOLVED
  return string.sub(item, base + 1) == owed.RESOLVED and string.sub(item, 1, base) or item
end

function owed.is_outcome(item) return string.sub(item, 1, 2) == 'o-' end
function owed.payload_key(item) return owed.is_outcome(item) and keys.outcome(payload_of(item)) or keys.event(item) end
function owed.add(item) call('HINCRBY', keys.owed, payload_of(item), 1) end

-- One less is owed this item.
function owed.settle(item, outcome_days)
  local payload = payload_of(item)
  if call('HINCRBY', keys.owed, payload, -1) > 0 then return end
  call('HDEL', keys.owed, payload)
  if not owed.is_outcome(payload) or not outcome_days then return end
  -- Not on the results queue yet: publishing sets the time.
  if not call('ZSCORE', keys.outbox, string.sub(payload, 3)) then outcomes.keep(payload, outcome_days) end
end

return owed
