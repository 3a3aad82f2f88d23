-- The person: whoever is not to be contacted is reached by no account, whoever answered by no campaign that stops then, and whoever was written to within the gap by none again, whichever way the job
-- came. A look reaches nobody. In a sequence each step asks for its person, also one that reaches nobody: whoever answered is at their end.
-- needs: asking, people, sequence

-- A call whose worker died is taken back by the sweep so long after its deadline, ms, and some more.
local TAKEN_BACK_MS = 5000

-- A message of nobody's campaign to a person who wrote since they were written to: whoever is answered is not contacted. A campaign's text was written before they wrote.
local function is_answer(ask, touched_at)
  return ask.a.operation == 'message.send' and not ask.campaign and people.answered_at(ask.a.reached) > touched_at
end

-- Somebody is being written to: what comes of it decides. Else it is too soon, or an answer, or this call will be the touch.
local function check_touch(ask)
  local a, campaign = ask.a, ask.campaign
  if not api_key.get('mostGap') then return nil end
  local gap_days = math.max(num(api_key.get('gapDays')), campaign and campaign.gap_days or 0)
  local touched_at = gap_days > 0 and people.touched_at(a.reached) or 0
  local known_at = touched_at > 0 and touched_at + TAKEN_BACK_MS or 0
  if known_at > now then return asking.step_aside(ask, known_at - now, 'open_call') end
  -- The steps of a sequence are no touches to each other; whoever wrote to the person since is one.
  local row = ask.job.is.row
  if row and touched_at > 0 and sequence.read_row(row).touch == touched_at then touched_at = 0 end
  if touched_at > 0 and touched_at + gap_days * DAY_MS > now then
    return not is_answer(ask, touched_at) and asking.refused(ask, 'contacted_recently') or nil
  end
  ask.touches = a.reached
  return nil
end

return function(ask)
  local a = ask.a
  if not (REACHING[a.operation] or a.step and ask.job.is.row) or a.look then return nil end
  local secret = people.secret_name()
  if not secret and not api_key.get('mostGap') then return nil end
  if not a.people or a.peopleSecret ~= secret then return asking.who() end
  local code = people.stop_code(a, ask.campaign and ask.campaign.stops_from)
  if code then return asking.refused(ask, code) end
  ask.people = a.people
  return REACHING[a.operation] and check_touch(ask) or nil
end
