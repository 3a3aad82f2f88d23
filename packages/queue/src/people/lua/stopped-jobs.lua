-- Jobs that may not reach their person any more, asked for before they come to the gate.
-- needs: people
local function why(one)
  local stops_from = one.campaign and people.stops_from(unpack(call('HMGET', keys.campaign(one.campaign), 'stopOnReply', 'createdAt')))
  return people.stop_code(one, stops_from) or ''
end

-- Of each of these jobs the code with which the gate would end it for its person's sake; '' for none.
script('stopped_jobs', {
  flags = { 'no-writes' },
  run = function(a)
    local answers = {}
    for place, one in ipairs(a.jobs) do answers[place] = why(one) end
    return answers
  end,
})
