-- The one way to tell somebody something: an event is handed over inside the script that caused it, to all who take such events.
-- needs: archive_stream, outcomes, owed, deliveries
local events = {}

-- A job's outcome. event: item, status, campaign, lane.
function events.hand_over_outcome(event, outcome_days)
  -- Nobody takes any.
  if SHORT_WAYS and call('EXISTS', keys.archiving, keys.webhooks) == 0 then return end
  event.kind = 'outcome'
  archive_stream.take(event.item)
  deliveries.take(event, outcome_days)
end

-- An outcome with a person's word: told once more, in the same lane, under an id of its own.
function events.hand_over_resolution(event, outcome_days)
  local outcome_id = event.item
  archive_stream.take(outcome_id)
  event.item, event.kind = outcome_id .. owed.RESOLVED, 'outcome'
  deliveries.take(event, outcome_days)
  if call('HEXISTS', keys.owed, outcome_id) == 1 then outcomes.keep_owed(outcome_id) end
end

local OF_BRAKES = { braked = true, opened = true }
local function subject_of(event)
  return event.person and 'person' or event.account and 'account' or OF_BRAKES[event.kind] and 'brake' or 'key'
end

local function lane_of(event)
  if event.person then return 'person:' .. event.person end
  return event.account and 'account:' .. event.account or 'key'
end

-- Changes of accounts, the key and brakes, and replies of people; see state-event.ts. Each account and each person has a lane of its own, the key and its brakes have one together.
function events.hand_over_changes(changes, outcome_days)
  for _, event in ipairs(changes) do
    local item = string.format('c-%.0f-%d', now, api_key.add('changeEvents', 1))
    local owed_to = deliveries.take({ item = item, kind = subject_of(event), lane = lane_of(event) }, outcome_days)
    if owed_to > 0 then call('SET', keys.event(item), cjson.encode({ at = now, event = event }), 'EX', outcomes.OWED_SECONDS) end
  end
end

return events
