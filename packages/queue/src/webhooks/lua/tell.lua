-- The one way to tell somebody something: an event is handed over inside the script that caused it, to all who take such events.
-- needs: archive_line, deliveries
local tell = {}

-- A job's outcome. event: item, status, campaign, line.
function tell.outcome(event, outcome_days)
  event.kind = 'outcome'
  archive_line.take(event.item)
  deliveries.take(event, outcome_days)
end

return tell
