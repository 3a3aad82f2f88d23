-- How long a published outcome stays: for reading, and for whoever it is owed to.
-- needs: nothing
local outcomes = {}
-- A day of tries and a week as a dead letter, with room.
outcomes.OWED_SECONDS = 10 * 86400
-- Outcomes wait that long for an archive that is away.
local ARCHIVE_SECONDS = 30 * 86400

-- Asked again when it is owed to nobody any more.
function outcomes.keep(outcome_id, days)
  local seconds = days * 86400
  if call('HEXISTS', keys.owed, outcome_id) == 1 then
    seconds = math.max(seconds, call('EXISTS', keys.archiving) == 1 and ARCHIVE_SECONDS or outcomes.OWED_SECONDS)
  end
  if seconds == 0 then call('DEL', keys.outcome(outcome_id)) else call('EXPIRE', keys.outcome(outcome_id), seconds, 'LT') end
end

return outcomes
