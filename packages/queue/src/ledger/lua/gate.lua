-- May this call leave now? One atomic answer; nothing has happened to the job unless it says `granted` or `parked`.
-- Kinds: granted | wait: hold the job and ask again | snooze: this job only | parked | refused | settled | interrupted | edited | who: ask again and say whom it is about.
-- Adding a check is adding a file and its place in this list.
-- needs: asking, strictest, record, credits, window, brakes, account_rules, people, state_loss, check_lost, check_ledger, check_state, check_request, check_people, check_fresh_state, check_brake, check_key, check_campaign, check_account, check_credits, check_window
local CHECKS = { check_lost, check_ledger, check_state, check_request, check_people, check_fresh_state, check_brake, check_key, check_campaign, check_account, check_credits, check_window }
-- The fields that every call asks for, or nearly every one.
local STATE = { 'born', 'closedUntil', 'state', 'reason', 'probe', 'tat', 'crowdedUntil', 'hold', 'unproven', 'limit', 'window', 'margin', 'accountMax', 'dayCredits',
  'refusals', 'doubt', 'careful', 'uncountedUntil', 'line', 'marks', 'beats', 'lost', 'doubtUntil', 'gatheringUntil', 'people', 'mostGap' }

-- Every check passed: the slot, the ledger entry, and what they cost are written together.
local function grant(ask)
  local a, job = ask.a, ask.job
  local deadline = now + a.timeoutMs
  local deadline_text, price = int(deadline), int(a.price)
  window.take(keys.slots, a.callId, int(deadline + a.windowMs + a.marginMs))
  api_key.put('tat', string.format('%.3f', ask.next_tat))
  if ask.probing or ask.unproven then api_key.put('probe', a.callId) end
  if ask.probing then api_key.put('nextProbe', now + a.probeEveryMs) end
  brakes.granted({ op = a.operation, call = a.callId, brake = ask.brake, deadline = deadline, every = a.probeEveryMs })
  call('ZADD', keys.open, deadline_text, ask.digest)
  if not a.auth then
    asking.leave_lanes(ask)
    call('SADD', keys.in_flight(a.account), ask.digest)
    call('ZADD', keys.served, now_text, a.account)
    if ask.rules then
      ask.booked = account_rules.book(a.account, ask.rules, { call = a.callId, scopes = a.scopes, at = deadline, tended = ask.account.tended,
        waited = ask.known })
    end
  end
  local sometimes = { left = false, chosen = false, expires = a.expiresAt and int(a.expiresAt) or false, scopes = a.scopes or false,
    seen = api_key.get('refusals') or false, booked = ask.booked or false, overridden = ask.overridden or false, rules = not a.auth and account_rules.edition(ask.account) or false }
  if ask.campaign then sometimes.campaign = a.campaign end
  -- A look is not what went without its note.
  if not a.look then sometimes.bare = ask.bare or false end
  if ask.touches and ask.touches ~= '' then sometimes.touched = people.touch(ask.touches, deadline_text) end
  if ask.people then
    sometimes.people, sometimes.peopleSeen, sometimes.peopleCampaign = ask.people, api_key.get('people'), a.campaign or false
    sometimes.peopleReached = ask.campaign and ask.campaign.stops_from and a.reached or false
  end
  record.fill(job, { 'state', 'open', 'call', a.callId, 'granted', now_text, 'deadline', deadline_text, 'queue', a.queue, 'id', a.id,
    'account', a.account, 'priority', int(a.priority), 'member', a.member, 'meta', a.meta, 'price', price, 'held', price, 'heldDay', int(today),
    'epoch', ask.account.epoch or '', 'op', a.operation, 'target', a.target }, sometimes)
  credits.reserve(price, ask.campaign and a.campaign)
  return asking.granted(ask, ask.account)
end

script('gate', {
  state = STATE,
  run = function(a)
    state_loss.look(a.seen)
    tick()
    strictest.bind(a)
    local ask = asking.begin(a)
    local answer
    for _, check in ipairs(CHECKS) do
      answer = check(ask)
      if answer then break end
    end
    answer = answer or grant(ask)
    record.write(ask.job)
    return answer
  end,
})
