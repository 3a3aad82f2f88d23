#!lua flags=allow-oom
-- The end of one call, or of a job that made none (callId ''): credits, slot, lane, key, account, and the job's next state, in one step.
-- ARGV[2]: the packed outcome for `end`, ARGV[3]: the packed outcome should the attempts be used up by this `retry`.
-- ARGV[3] also for a `brake` that turns out to be the job's own.
-- Answers: ended(status) | retry | again | parked | already(state), what it added to the wasted credits, and what became of brakes.
tick()
local d, j = a.d, job_entry(a.d)
local has_call = a.callId ~= ''

-- Said before by the same settler: the same answer. Overtaken (the job was settled without us): the credits still count, the outcome stays.
if j and has_call and j.settledCall == a.callId and j.settledOnce == a.once then
  return { j.settledAs, j.status or '', j.settledWaste or '0', j.settledNews or '' }
end
local ours = j and j.state == 'open' and j.call == a.callId
if has_call and not ours then
  local late = call('HMGET', P .. 'late:' .. a.callId, 'day', 'price', 'operation', 'campaign', 'redrive')
  if late[1] then
    local price, day = num(late[2]), num(late[1])
    -- Only an answer that knows the charge closes the question.
    if a.charge ~= 'unknown' then
      call('DEL', P .. 'late:' .. a.callId)
      add_credits(day, 'uncertain', late[3], late[4], -price)
      if a.charge == 'yes' then
        add_credits(day, 'charged', late[3], late[4], price)
        if late[5] == '1' then add_credits(day, 'redriven', late[3], late[4], price) end
        add_credits(day, 'wasted', late[3], late[4], price)
      end
      if late[4] and late[4] ~= '' then
        local paid = a.charge == 'yes' and price or 0
        count_campaign(late[4], d, nil, { charged = paid, uncertain = -price, wasted = paid, redriven = late[5] == '1' and paid or 0 })
      end
    end
    if a.answered then call('ZADD', SLOTS, 'XX', now + a.windowMs + a.marginMs, a.callId) end
  end
  if j or late[1] or used_status(d, a.ledgerDays) then
    -- A token that comes late was paid for all the same.
    if a.accountEvent and a.accountEvent.type == 'logged_in' then account_event(a.account or a.authAccount, a.accountEvent) end
    return { 'already', j and j.state or 'settled' }
  end
  -- No trace of the grant: Redis lost its state while the call was out. What it came to is still the job's outcome.
end
if not has_call then
  if a.fetched then give_back(a.queue, d, a.once) end
  if j and (j.state == 'open' or j.state == 'settled') then return { 'already', j.state } end
  if not j and used_status(d, a.ledgerDays) then return { 'already', 'settled' } end
  -- Its outcome counts the calls it was read with; one more was made meanwhile.
  if a.calls and num(j and j.calls) ~= a.calls then return { 'already', 'changed' } end
end
j = j or {}
if j.state == 'braked' then call('ZREM', BRAKED(j.op), j.member) end

-- What a call cost belongs to the day of its grant, whose budget it was held from.
local day = has_call and ours and num(j.heldDay) or today
local charged, uncertain = 0, 0
if has_call then
  if ours then
    if not a.left then call('ZREM', SLOTS, a.callId)
    elseif a.answered then call('ZADD', SLOTS, 'XX', now + a.windowMs + a.marginMs, a.callId) end
    call('ZREM', OPEN, d)
    unhold(j)
  elseif a.left then
    call('ZADD', SLOTS, now + a.windowMs + a.marginMs, a.callId)
  end
  if a.left then
    if a.charge == 'yes' then charged = a.price elseif a.charge == 'unknown' then uncertain = a.price end
    call('HINCRBY', JOB(d), 'calls', 1)
    if not j.started then call('HSET', JOB(d), 'started', j.granted or now) end
    add_credits(day, 'charged', a.operation, a.campaign, charged)
    add_credits(day, 'uncertain', a.operation, a.campaign, uncertain)
    if a.redrive then add_credits(day, 'redriven', a.operation, a.campaign, charged) end
    call('EXPIRE', CREDITS(day), 400 * 86400)
    if uncertain > 0 then
      call('HSET', P .. 'late:' .. a.callId, 'day', day, 'price', a.price, 'operation', a.operation, 'campaign', a.campaign or '', 'redrive', a.redrive and '1' or '0')
      call('EXPIRE', P .. 'late:' .. a.callId, 86400)
    end
  end
  if a.answered and j.granted then
    local hold = num(call('HGET', KEY, 'hold'))
    call('HSET', KEY, 'hold', 0.95 * hold + 0.05 * (now - num(j.granted)))
  end
end

-- The service: a refusal of its own brakes the operation, or stops the key; the success of a call that left after it takes the brake off.
local told = a.answered and a.charge == 'yes'
local service = { own = false, news = {} }

-- The key: its own 429 closes it for one window; half of fifty answers 500 is an outage; a refused key stops it.
local outage = false
if has_call then
  local k = call('HMGET', KEY, 'state', 'reason', 'probe', 'ring', 'pause')
  local probe = k[3] == a.callId
  outage = k[1] == 'cooling' and k[2] == 'server_errors'
  if probe then call('HDEL', KEY, 'probe') end
  service = brakes.settled({ op = a.operation, target = j.target or d, account = a.authAccount or '', call = a.callId, seen = num(j.seen),
    cause = a.refusal, worked = a.next == 'end' and a.status == 'succeeded', told = told, left = a.left, every = a.probeEveryMs })
  -- The first answer of a new key says only whether it is one; it is no probe of an outage.
  if a.keyAction == 'stop' then call('HSET', KEY, 'unproven', 1)
  elseif a.answered and not a.refusal and call('HDEL', KEY, 'unproven') == 1 then probe = probe and k[1] ~= 'open' end
  if a.keyAction == 'stop' then
    if not (k[1] == 'stopped' and k[2] == 'by_hand') then
      call('HSET', KEY, 'state', 'stopped', 'reason', 'key_refused', 'nextProbe', now + a.probeEveryMs)
      -- A probe of an outage that is still out says nothing about the key: its answer must not open what this one closed.
      call('HDEL', KEY, 'probe')
    end
  elseif a.keyAction == 'cool' then
    if k[1] ~= 'stopped' then call('HSET', KEY, 'state', 'cooling', 'reason', 'rate_limited', 'until', now + a.windowMs + a.marginMs) end
  elseif probe and k[1] == 'stopped' and k[2] == 'service_refused' and not service.proves then
    -- An answer about the job says nothing of the service, so the next probe follows at once; after all else it has its time already.
    if told and not a.refusal then call('HSET', KEY, 'nextProbe', now) end
  elseif a.answered and not a.refusal then
    local ring = string.sub((k[4] or '') .. (a.serverError and '1' or '0'), -50)
    local _, errors = string.gsub(ring, '1', '')
    if probe and a.serverError and k[1] == 'stopped' then
      -- Nothing learned about the key; the next probe has its time already.
    elseif probe and a.serverError then
      local pause = math.min(math.max(num(k[5]), 2500) * 2, 300000)
      call('HSET', KEY, 'state', 'cooling', 'reason', 'server_errors', 'until', now + pause, 'pause', pause)
    elseif probe then
      call('HSET', KEY, 'state', 'open', 'reason', '', 'pause', 0)
      ring = ''
      if k[2] == 'service_refused' then
        brakes.key_opened()
        table.insert(service.news, { kind = 'key_opened', operation = a.operation })
      end
    elseif k[1] == 'open' and #ring == 50 and errors >= 25 then
      call('HSET', KEY, 'state', 'cooling', 'reason', 'server_errors', 'until', now + 5000, 'pause', 5000)
      ring, outage = '', true
    elseif k[1] == 'cooling' and k[2] == 'rate_limited' and now >= num(call('HGET', KEY, 'until')) then
      call('HSET', KEY, 'state', 'open', 'reason', '')
    end
    call('HSET', KEY, 'ring', ring)
  end
  if #service.news > 0 or (call('HGET', KEY, 'state') == 'stopped') ~= (k[1] == 'stopped') then wake_resting() end
end

-- The account hears of it in the same step, so that no token is lost and no account closes twice.
local event = a.accountEvent or (service.own and a.ownEvent or nil)
if event then account_event(a.account or a.authAccount, event) end

-- The job's next state. Exhaustion is decided here and nowhere else; what fails during an outage is not held against a job.
local next_state, outcome, status = a.next, ARGV[2], a.status
local attempts = num(j.attempts)
if next_state == 'retry' and not outage then
  attempts = attempts + 1
  if attempts >= a.maxAttempts then next_state, outcome, status = 'end', ARGV[3], a.exhaustedStatus end
end
-- A refusal of the service's is not the job's: it waits behind the brake, which the gate tells it.
if next_state == 'brake' then
  if service.own then next_state, outcome, status = 'end', ARGV[3], a.exhaustedStatus else next_state = 'again' end
end
-- No lane to wait in: the ledger lost the job, or the account was removed while the call was out. It asks the gate again, which knows.
if next_state == 'park' and not (j.member and call('EXISTS', ACCOUNT(a.account)) == 1) then next_state = 'again' end
local total = num(j.charged) + charged
local wasted = num(j.wasted)
local token_dead = event and event.type == 'token_dead'
if token_dead and charged > 0 then
  add_credits(today, 'wasted', a.operation, a.campaign, charged)
  wasted = wasted + charged
end
local wasted_now = wasted - num(j.wasted)

local account = a.account
if account then leave_lane(account, d, j.member) end
local answer
if next_state == 'end' then
  if status ~= 'succeeded' then
    add_credits(today, 'wasted', a.operation, a.campaign, total - wasted)
    wasted_now = wasted_now + total - wasted
  end
  call('HSET', JOB(d), 'state', 'settled', 'status', status, 'queue', a.queue, 'id', a.id)
  if outcome == '' then
    -- A log-in: it has a ledger entry and no outcome.
    shrink(d, status, a.ledgerDays)
  else
    call('SET', P .. 'outcome:' .. a.outcomeId, outcome)
    call('HSET', JOB(d), 'outcomeId', a.outcomeId)
    call('ZADD', OUTBOX, now, d)
    hand_to_archive(a.outcomeId)
    hand_over(a.outcomeId, { kind = 'outcome', status = status, campaign = a.campaign, line = a.line })
  end
  call('ZREM', VANISHED, d)
  answer = { 'ended', status }
else
  call('HSET', JOB(d), 'queue', a.queue, 'id', a.id, 'attempts', attempts, 'charged', total, 'uncertain', num(j.uncertain) + uncertain, 'wasted', wasted)
  if token_dead then call('HINCRBY', JOB(d), 'deaths', 1) end
  if next_state == 'park' then
    call('HSET', JOB(d), 'state', 'parked')
    call('ZADD', LANE(account), 0, j.member)
  else
    wait_for_bullmq(d)
  end
  answer = { next_state == 'park' and 'parked' or next_state, '' }
end
if has_call and call('EXISTS', JOB(d)) == 1 then
  call('HSET', JOB(d), 'settledCall', a.callId, 'settledOnce', a.once, 'settledAs', answer[1])
  if wasted_now > 0 then call('HSET', JOB(d), 'settledWaste', wasted_now) else call('HDEL', JOB(d), 'settledWaste') end
  if #service.news > 0 then call('HSET', JOB(d), 'settledNews', cjson.encode(service.news)) else call('HDEL', JOB(d), 'settledNews') end
end
if a.campaign then
  local ended = next_state == 'end'
  local code = a.next == 'end' and a.code or a.exhaustedCode
  count_campaign(a.campaign, d, account, { charged = charged, uncertain = uncertain, wasted = wasted_now, redriven = a.redrive and charged or 0, status = ended and status or nil, code = code, outcomeId = a.outcomeId })
end
if account then fill(account) end
table.insert(answer, string.format('%d', wasted_now))
table.insert(answer, #service.news > 0 and cjson.encode(service.news) or '')
return answer
