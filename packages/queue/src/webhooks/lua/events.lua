-- The one way to tell somebody something: an event is handed over inside the script that caused it, to all who take such events.
-- needs: archive_stream, deliveries
local events = {}

-- A job's outcome. event: item, status, campaign, lane.
function events.hand_over_outcome(event, outcome_days)
  event.kind = 'outcome'
  archive_stream.take(event.item)
  deliveries.take(event, outcome_days)
end

return events
