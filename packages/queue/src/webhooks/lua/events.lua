-- The one way to tell somebody something: an event is handed over inside the script that caused it, to all who take such events.
-- needs: archive_stream, outcomes, deliveries
local events = {}

-- A job's outcome. event: item, status, campaign, lane.
function events.hand_over_outcome(event, outcome_days)
  event.kind = 'outcome'
  archive_stream.take(event.item)
  deliveries.take(event, outcome_days)
end

-- The rests of accounts that began or are over, among what changed; see state-event.ts.
function events.hand_over_rests(changes, outcome_days)
  for _, event in ipairs(changes) do
    if event.kind == 'rests' or event.kind == 'rest_over' then
      local item = string.format('a-%.0f-%d', now, api_key.add('restEvents', 1))
      local owed_to = deliveries.take({ item = item, kind = 'account', lane = 'account:' .. event.account }, outcome_days)
      if owed_to > 0 then call('SET', keys.event(item), cjson.encode({ at = now, event = event }), 'EX', outcomes.OWED_SECONDS) end
    end
  end
end

return events
