-- May this call leave now? One atomic answer; nothing has happened to the job unless it says `granted` or `parked`.
-- Kinds: granted | wait: hold the job and ask again | snooze: this job only | parked | refused | settled | interrupted | edited.
-- Adding a check is adding a file and its place in this list.
-- needs: asking, strictest, record, credits, window, brakes, check_ledger, check_request, check_fresh_state, check_brake, check_key, check_campaign, check_account, check_credits, check_window
local CHECKS = { check_ledger, check_request, check_fresh_state, check_brake, check_key, check_campaign, check_account, check_credits, check_window }
-- The fields that every call asks for, or nearly every one.
local STATE = { 'born', 'closedUntil', 'state', 'reason', 'probe', 'tat', 'hold', 'unproven', 'limit', 'window', 'margin', 'accountMax', 'dayCredits',
  'refusals', 'doubt' }

-- Every check passed: the slot, the ledger entry, and what they cost are written together.
local function grant(ask)
  local a, job = ask.a, ask.job
  local deadline = now + a.timeoutMs
  local deadline_text, price = int(deadline), int(a.price)
  window.take(keys.slots, a.callId, int(deadline + a.windowMs + a.marginMs))
  api_key.put('tat', ask.next_tat)
  if ask.probing or ask.unproven then api_key.put('probe', a.callId) end
  if ask.probing then api_key.put('nextProbe', now + a.probeEveryMs) end
  brakes.granted({ op = a.operation, call = a.callId, brake = ask.brake, deadline = deadline, every = a.probeEveryMs })
  call('ZADD', keys.open, deadline_text, ask.digest)
  if not a.auth then
    asking.leave_lanes(ask)
    call('SADD', keys.in_flight(a.account), ask.digest)
    call('ZADD', keys.served, now_text, a.account)
  end
  record.put(job, { state = 'open', call = a.callId, left = false, granted = now_text, deadline = deadline_text, queue = a.queue, id = a.id,
    account = a.account, priority = int(a.priority), member = a.member, meta = a.meta, price = price, held = price, heldDay = int(today),
    expires = a.expiresAt and int(a.expiresAt) or false, epoch = ask.account.epoch or '', op = a.operation, target = a.target,
    scopes = a.scopes or false, seen = api_key.get('refusals') or false, chosen = false })
  if ask.campaign then record.put(job, { campaign = a.campaign }) end
  credits.reserve(price, ask.campaign and a.campaign)
  return asking.granted(ask, ask.account)
end

script('gate', {
  state = STATE,
  run = function(a)
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
