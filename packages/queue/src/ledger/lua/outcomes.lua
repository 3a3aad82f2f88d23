-- How long a published outcome stays: for reading, and for whoever it is owed to.
-- needs: nothing
local outcomes = {}
-- A day of tries and a week as a dead letter, with room.
outcomes.OWED_SECONDS = 10 * 86400
-- Outcomes wait that long for an archive that is away.
local ARCHIVE_SECONDS = 30 * 86400

-- Asked again when they are owed to nobody any more.
function outcomes.keep_all(ids, days)
  if #ids == 0 then return end
  for i, owed_to in ipairs(call('HMGET', keys.owed, unpack(ids))) do
    local seconds = days * 86400
    if owed_to then seconds = math.max(seconds, call('EXISTS', keys.archiving) == 1 and ARCHIVE_SECONDS or outcomes.OWED_SECONDS) end
    if seconds == 0 then call('DEL', keys.outcome(ids[i])) else call('EXPIRE', keys.outcome(ids[i]), int(seconds), 'LT') end
  end
end

function outcomes.keep(outcome_id, days) outcomes.keep_all({ outcome_id }, days) end

return outcomes
