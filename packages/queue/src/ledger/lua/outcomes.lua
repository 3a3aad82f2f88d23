-- How long a published outcome stays: for reading, and for whoever it is owed to.
-- needs: nothing
local outcomes = {}
-- A day of tries and a week as a dead letter, with room.
outcomes.OWED_SECONDS = 10 * 86400
-- Outcomes wait that long for an archive that is away.
local ARCHIVE_SECONDS = 30 * 86400

local function owed_seconds() return call('EXISTS', keys.archiving) == 1 and ARCHIVE_SECONDS or outcomes.OWED_SECONDS end

-- It is owed to somebody once more: it stays for at least as long as others that are.
function outcomes.keep_owed(id) call('EXPIRE', keys.outcome(id), owed_seconds(), 'GT') end

local function seconds_of(owed_to, days)
  local seconds = days * 86400
  return owed_to and math.max(seconds, owed_seconds()) or seconds
end

-- Writes an outcome that is published in the same step, after it was handed over to whom it is owed to. q: days; is_owed: it may be owed to somebody.
function outcomes.put(id, packed, q)
  call('SET', keys.outcome(id), packed, 'EX', int(seconds_of(q.is_owed and call('HGET', keys.owed, id), q.days)))
end

-- Asked again when they are owed to nobody any more.
function outcomes.keep_all(ids, days)
  if #ids == 0 then return end
  for i, owed_to in ipairs(call('HMGET', keys.owed, unpack(ids))) do
    local seconds = seconds_of(owed_to, days)
    if seconds == 0 then call('DEL', keys.outcome(ids[i])) else call('EXPIRE', keys.outcome(ids[i]), int(seconds), 'LT') end
  end
end

function outcomes.keep(outcome_id, days) outcomes.keep_all({ outcome_id }, days) end

return outcomes
