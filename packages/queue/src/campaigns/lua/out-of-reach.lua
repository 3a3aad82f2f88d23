-- People whom a campaign would not write to if it were their turn now, see check-people.lua.
-- needs: people
local function why(one, stops_from, gap_days)
  local code = people.stop_code(one, stops_from)
  if code then return code end
  local touched_at = gap_days > 0 and people.touched_at(one.reached) or 0
  if touched_at > 0 and touched_at + gap_days * DAY_MS > now then return 'contacted_recently' end
  return ''
end

-- Of each of them the code with which the gate would end their job; '' for none.
script('out_of_reach', {
  flags = { 'no-writes' },
  state = { 'gapDays' },
  run = function(a)
    local is, made, gap = unpack(call('HMGET', keys.campaign(a.campaign), 'stopOnReply', 'createdAt', 'gapDays'))
    local stops_from, gap_days = people.stops_from(is, made), math.max(num(api_key.get('gapDays')), num(gap))
    local answers = {}
    for place, one in ipairs(a.recipients) do
      one.campaign = a.campaign
      answers[place] = why(one, stops_from, gap_days)
    end
    return answers
  end,
})
