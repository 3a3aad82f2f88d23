-- May this call leave now? One atomic answer; nothing has happened to the job unless it says `granted` or `parked`.
-- Answers: granted(epoch, token, country, counts) | wait(ms, reason): hold the job and ask again | snooze(ms, reason): this job only | parked(why)
--          | refused(code) | settled(published) | interrupted: an earlier call of this job left and was never answered
--          | edited(counts): its campaign's text is another by now; make it from that and ask again, under a callId of its own.
tick()
local d, j = a.d, job_entry(a.d)

-- What the job came to so far: calls, attempts, deaths, charged, uncertain, started.
local function with_history(answer)
  for _, field in ipairs({ 'calls', 'attempts', 'deaths', 'charged', 'uncertain' }) do table.insert(answer, j and j[field] or '0') end
  table.insert(answer, j and j.started or '')
  return answer
end

local function granted()
  local acc = call('HMGET', ACCOUNT(a.account), 'epoch', 'token', 'country')
  return with_history({ 'granted', acc[1] or '', acc[2] or '', acc[3] or '' })
end

-- `waited`: the ledger knew the job, so it is cancelled rather than failed.
local function refused(code)
  give_back(a.queue, d, a.callId)
  -- A log-in has no outcome that would end its entry; its credits are in the ledger's sums.
  if a.auth then
    call('DEL', JOB(d))
    call('ZREM', WAITING, d)
  end
  return with_history({ 'refused', code, j and '1' or '0' })
end

local function park(why)
  leave_lane(a.account, d, nil)
  call('HSET', JOB(d), 'state', 'parked', 'queue', a.queue, 'id', a.id, 'account', a.account, 'priority', a.priority, 'member', a.member, 'meta', a.meta)
  call('ZADD', LANE(a.account), 0, a.member)
  give_back(a.queue, d, a.callId)
  return { 'parked', why }
end

-- This job comes again later; a place of its account that was handed to it goes to the next in line meanwhile.
local function step_aside(ms, reason)
  leave_lane(a.account, d, j and j.member)
  if j then wait_for_bullmq(d) end
  give_back(a.queue, d, a.callId)
  fill(a.account)
  return { 'snooze', string.format('%d', ms), reason }
end

-- A job that waited behind a brake asks anew.
if j and j.state == 'braked' then
  call('ZREM', BRAKED(j.op), j.member)
  wait_for_bullmq(d)
end

-- The ledger: is this job done, out, or ours already?
if not j then
  if used_status(d, a.ledgerDays) then
    give_back(a.queue, d, a.callId)
    return { 'settled', '1' }
  end
elseif j.state == 'settled' then
  give_back(a.queue, d, a.callId)
  return { 'settled', call('ZSCORE', OUTBOX, d) and '0' or '1' }
elseif j.state == 'open' then
  if j.call == a.callId then return granted() end
  if now < num(j.deadline) then
    give_back(a.queue, d, a.callId)
    return { 'snooze', string.format('%d', num(j.deadline) - now), 'open_call' }
  end
  if j.left == '1' then
    give_back(a.queue, d, a.callId)
    j.started = j.started or j.granted
    return with_history({ 'interrupted', j.call, j.price })
  end
  void(d, j)
elseif j.state == 'vanished' then
  -- Added again under the same id before the sweep could end it: it lives.
  call('ZREM', VANISHED, d)
  wait_for_bullmq(d)
end

-- What a campaign is to do with its jobs is in its record: it may be cancelled; and without one its recipients' jobs are not sent, as what
-- was cancelled would be, once an account comes back. A name that was never a campaign's is only a name.
local campaign = a.campaign and call('HMGET', CAMPAIGN(a.campaign), 'state', 'maxCredits', 'charged', 'uncertain', 'held', 'rev') or {}
-- A job was made from its campaign's text as it was then: what has not left goes by the one of now, its date too. While the campaign stands
-- still it may be edited again, so its jobs are held as they are. The worker asks again at once: the fetched job keeps its limiter token.
local expired = a.expiresAt and now >= a.expiresAt
local outdated = campaign[1] and campaign[1] ~= 'cancelled' and a.revision and num(campaign[6]) ~= a.revision
local stands_still = campaign[1] == 'paused' or campaign[1] == 'scheduled'
if outdated and (expired or not stands_still) then return with_history({ 'edited' }) end
if expired then return refused('expired') end
if campaign[1] == 'cancelled' or (a.own and not campaign[1]) then return refused('cancelled') end

-- The key: no state in Redis means that nobody knows what was sent in the last window.
local k = call('HMGET', KEY, 'born', 'closedUntil', 'state', 'until', 'reason', 'probe', 'tat', 'hold', 'nextProbe', 'unproven', 'limit', 'refusals', 'doubt')
if not k[1] then
  call('HSETNX', KEY, 'state', 'open')
  call('HSET', KEY, 'born', now, 'closedUntil', now + a.windowMs + a.marginMs, 'window', a.windowMs, 'accountMax', a.accountMax)
  return { 'wait', string.format('%d', a.windowMs + a.marginMs), 'fresh_state' }
end
if num(k[2]) > now then return { 'wait', string.format('%d', num(k[2]) - now), 'fresh_state' } end

-- The operation: the service itself refuses it, and its jobs wait in a line of their own, where they hold up nobody.
local lets, probes = brakes.lets({ op = a.operation, target = a.target, call = a.callId, chosen = j and j.chosen == '1' or false,
  key_stopped = k[3] == 'stopped' and k[5] ~= 'by_hand' })
if not lets then
  leave_lane(a.account, d, j and j.member)
  call('HSET', JOB(d), 'state', 'braked', 'queue', a.queue, 'id', a.id, 'account', a.account, 'priority', a.priority, 'member', a.member,
    'meta', a.meta, 'op', a.operation, 'target', a.target)
  call('HDEL', JOB(d), 'chosen')
  call('ZREM', WAITING, d)
  brakes.line_up(a.operation, a.member, a.target)
  if campaign[1] then
    -- Cancelling finds it there; and it takes no account's place in the queues from the other campaigns.
    call('HSET', JOB(d), 'campaign', a.campaign)
    call('ZADD', HELD(a.campaign), now, d)
    call('SREM', AHEAD(a.account), d)
  end
  give_back(a.queue, d, a.callId)
  if not a.auth then fill(a.account) end
  return { 'parked', 'brake' }
end

local probing = false
if k[3] == 'stopped' then
  if k[5] == 'by_hand' then return { 'wait', '1000', 'key_stopped' } end
  if now < num(k[9]) then return { 'wait', string.format('%d', num(k[9]) - now), 'key_stopped' } end
  -- Where calls are refused a log-in proves nothing: it is the probe only when no call comes, as its account may be the only one there is.
  local later = num(k[9]) + math.floor(a.probeEveryMs / 10)
  if a.auth and k[5] == 'service_refused' and k[13] == 'calls' and now < later then return step_aside(later - now, 'key_stopped') end
  probing = true
elseif k[3] == 'cooling' then
  if now < num(k[4]) then return { 'wait', string.format('%d', num(k[4]) - now), 'key_cooling' } end
  if k[5] == 'server_errors' then probing = true end
end
-- One probe at a time; a probe whose worker died is given up with its slot.
if (probing or k[10]) and k[6] and k[6] ~= a.callId and call('ZSCORE', SLOTS, k[6]) then
  return { 'wait', probing and '1000' or '100', 'probe_out' }
end
if a.hold then return { 'wait', '1000', a.hold } end

-- The campaign: paused, or put off to a later start, its jobs that are in a queue already are held; its credits are a hard stop, counted with what is out.
local function hold(why)
  leave_lane(a.account, d, j and j.member)
  call('HSET', JOB(d), 'state', 'held', 'queue', a.queue, 'id', a.id, 'account', a.account, 'priority', a.priority, 'member', a.member, 'meta', a.meta)
  call('ZADD', HELD(a.campaign), now, d)
  -- It takes no account's place in the queues from the other campaigns.
  call('SREM', AHEAD(a.account), d)
  give_back(a.queue, d, a.callId)
  fill(a.account)
  return { 'parked', why }
end
if a.campaign then
  local c = campaign
  if stands_still then return hold('campaign_' .. c[1]) end
  if c[1] and c[2] ~= '' and num(c[3]) + num(c[4]) + num(c[5]) + a.price > num(c[2]) then
    -- What is out may yet turn out to be free: only when nothing is, the campaign has come to its end.
    if num(c[5]) == 0 then
      -- A draft has not begun, so it can't be paused: a job that names it waits for its start.
      if c[1] ~= 'draft' then set_campaign(a.campaign, 'paused', 'budget_exhausted') end
      return hold('budget_exhausted')
    end
    return step_aside(1000, 'campaign_budget')
  end
end

-- The account: its state, then its lane.
local acc = call('HMGET', ACCOUNT(a.account), 'state', 'max', 'until', 'epoch')
if not acc[1] then return refused('account_unavailable') end
if a.auth then
  -- A log-in or verification serves one state of one epoch; anything else is a leftover.
  local turn = call('HGET', ACCOUNT(a.account), a.auth.state == 'refreshing' and 'try' or 'codeTry')
  if acc[1] ~= a.auth.state or num(acc[4]) ~= a.auth.epoch or num(turn) ~= a.auth.turn then return refused('cancelled') end
else
  if acc[1] == 'cooling' and num(acc[3]) <= now then
    call('HSET', ACCOUNT(a.account), 'state', 'active')
    call('ZREM', P .. 'cooling', a.account)
    acc[1] = 'active'
    wake_resting()
  end
  if acc[1] ~= 'active' then return park(acc[1]) end
  local max = num(acc[2])
  if max == 0 then max = a.accountMax end
  local flying = call('SCARD', FLYING(a.account))
  if flying >= max then return park('busy') end
  -- An urgent job may pass those that were handed a place and wait for the window; they step back into line.
  if not a.urgent and call('SISMEMBER', NEXT(a.account), d) == 0 then
    if flying + call('SCARD', NEXT(a.account)) >= max or call('ZCARD', LANE(a.account)) > 0 then
      local why = park('busy')
      fill(a.account)
      return why
    end
  end
end

-- The day's credits: what was spent, what may have been, and what is out.
if a.maxCreditsPerDay then
  -- No day has room for it: it must not stand at the head of a line, where it would hold up all others.
  if a.price > a.maxCreditsPerDay then return step_aside((today + 1) * DAY_MS - now, 'over_day_budget') end
  local c = call('HMGET', CREDITS(today), 'charged', 'uncertain', 'held')
  if num(c[1]) + num(c[2]) + num(c[3]) + a.price > a.maxCreditsPerDay then
    return { 'wait', string.format('%d', (today + 1) * DAY_MS - now), 'day_budget' }
  end
end

-- What was refused lately may be the end of the service: few calls are out at once until one succeeds.
local doubt_ms = k[13] and brakes.doubt_wait(a.callId) or 0
if doubt_ms > 0 then return { 'wait', string.format('%d', doubt_ms), 'probe_out' } end

-- The rate window, bracket form: a slot is busy from its grant to one window after its answer.
call('ZREMRANGEBYSCORE', SLOTS, '-inf', now)
local busy = call('ZCARD', SLOTS)
-- While workers with two settings run side by side the lower limit holds.
local limit = num(k[11]) > 0 and math.min(a.limit, num(k[11])) or a.limit
local reserve = a.urgent and 0 or math.max(1, math.floor(limit / 300))
if limit == 1 then reserve = 0 end
local free = limit - busy
local wait_ms, reason = 0, ''
if free <= reserve then
  local at = reserve - free
  local s = call('ZRANGE', SLOTS, at, at, 'WITHSCORES')
  wait_ms, reason = num(s[2]) - now, 'window'
end
-- Pacing on grants (GCRA, burst 2), off while less than a third of the slots are busy.
local interval = (a.windowMs + num(k[8])) / (limit * 1.02)
local tat = num(k[7])
if not a.urgent and busy * 3 >= limit and tat - interval - now > wait_ms then
  wait_ms, reason = tat - interval - now, 'pace'
end
if wait_ms > 0 then return { 'wait', string.format('%d', math.ceil(wait_ms)), reason } end

local deadline = now + a.timeoutMs
call('ZADD', SLOTS, deadline + a.windowMs + a.marginMs, a.callId)
call('HSET', KEY, 'tat', math.max(now, tat) + interval)
if probing then call('HSET', KEY, 'probe', a.callId, 'nextProbe', now + a.probeEveryMs)
elseif k[10] then call('HSET', KEY, 'probe', a.callId) end
brakes.granted({ op = a.operation, call = a.callId, probes = probes, doubt = k[13], deadline = deadline, every = a.probeEveryMs })
call('ZADD', OPEN, deadline, d)
if not a.auth then
  leave_lane(a.account, d, a.member)
  call('SADD', FLYING(a.account), d)
  call('ZADD', SERVED, now, a.account)
end
call('HSET', JOB(d), 'state', 'open', 'call', a.callId, 'left', '0', 'granted', now, 'deadline', deadline, 'queue', a.queue, 'id', a.id,
  'account', a.account, 'priority', a.priority, 'member', a.member, 'meta', a.meta, 'price', a.price, 'held', a.price, 'heldDay', today,
  'expires', a.expiresAt or 0, 'epoch', acc[4] or '', 'op', a.operation, 'target', a.target, 'seen', k[12] or 0)
call('HDEL', JOB(d), 'chosen')
call('HINCRBY', CREDITS(today), 'held', a.price)
if a.campaign and call('EXISTS', CAMPAIGN(a.campaign)) == 1 then
  call('HINCRBY', CAMPAIGN(a.campaign), 'held', a.price)
  call('HSET', JOB(d), 'campaign', a.campaign)
end
return granted()
