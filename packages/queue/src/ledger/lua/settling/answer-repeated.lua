-- Settled before: by the same settlement, which is answered the same; or by another, and the job's outcome stays as it is. An answer that
-- comes after all still settles the credits, and a token that comes late was paid for all the same.
-- needs: bullmq, used_ids, credits, window, account_life, campaign_life, events, state_loss

local function already(state) return { 'kind', 'already', 'state', state } end

-- Settles the cost of a call whose charge was not known when it ended. Answers whether there was such a call.
local function settle_late(s)
  local a = s.a
  local v = call('HMGET', keys.late(a.callId), 'day', 'price', 'operation', 'campaign', 'redrive', 'account', 'cause')
  if not v[1] then return false end
  local day, price, redrive = num(v[1]), num(v[2]), v[5] == '1'
  local of = { operation = v[3], campaign = v[4], account = v[6] }
  -- Only an answer that knows the charge closes the question.
  if a.charge ~= 'unknown' then
    local paid, open = 0, 0
    if a.charge == 'yes' then paid, open = a.price, num(a.uncertain) end
    call('DEL', keys.late(a.callId))
    credits.add(day, 'uncertain', of, open - price)
    credits.add(day, 'charged', of, paid)
    if redrive then credits.add(day, 'redriven', of, paid) end
    credits.waste(day, paid, of, v[7])
    if v[4] and v[4] ~= '' then
      campaign_life.count(v[4], s.digest, nil, { charged = paid, uncertain = open - price, wasted = paid, redriven = redrive and paid or 0 })
    end
  end
  if a.answered then window.move(keys.slots, a.callId, now + a.windowMs + a.marginMs) end
  return true
end

-- Published in the step that settled it, and so there is no entry any more: the outcome that is kept is this one, moment by moment.
local function answer_published(s)
  local a = s.a
  if s.known or a.next ~= 'end' or s.outcome == '' or call('GET', keys.outcome(a.outcomeId)) ~= s.outcome then return nil end
  return used_ids.status_of(s.digest, a.ledgerDays) and { 'kind', 'ended', 'status', a.status, 'published', '1' }
end

-- A failover took back the job, and its grant with it. Nobody will run it, and an entry would tell its producer, who asks again, that it lies in its
-- queue: it gets none. The cost of its call is still summed, once.
local function answer_taken_back(s)
  local a = s.a
  if a.next == 'end' or s.known or bullmq.has(a.queue, a.id) then return nil end
  s.taken_back = true
  if a.left and bullmq.is_first(a.settlementId, s.digest) then return nil end
  return already('taken_back')
end

-- The job is settled whatever it waits for: what was told of it stands in no ledger any more, and its call is out no more.
local function settle_told(s)
  local a, entry = s.a, s.job.is
  if s.known and entry.state == 'settled' then return already('settled') end
  if not s.known and used_ids.status_of(s.digest, a.ledgerDays) then return already('settled') end
  if entry.state == 'open' then
    -- The call that is known of it ends with it.
    a.callId, a.left, s.has_call, s.ours = entry.call, a.left or entry.left == '1', true, true
  end
  return nil
end

local function answer_call(s)
  local a, entry = s.a, s.job.is
  if s.known and entry.settledCall == a.callId and entry.settledOnce == a.settlementId then
    return { 'kind', entry.settledAs, 'status', entry.status or '', 'wasted', entry.settledWaste or '0',
      'brakes', entry.settledNews or '[]' }
  end
  s.ours = s.known and entry.state == 'open' and entry.call == a.callId
  if s.ours then return nil end
  local published = answer_published(s)
  if published then return published end
  -- The call came to an end of which the state that came back may know another beginning.
  if a.next == 'end' and a.left and s.known and state_loss.is_open() then return settle_told(s) end
  local was_late = settle_late(s)
  -- No trace of the grant: Redis lost its state while the call was out. The call's result is still the job's outcome.
  if not (s.known or was_late or used_ids.status_of(s.digest, a.ledgerDays)) then return answer_taken_back(s) end
  if a.accountEvent and a.accountEvent.type == 'logged_in' then
    account_life.happen(s.account or a.authAccount, a.accountEvent)
    local changed = a.accountEvent.changes or {}
    events.hand_over_changes(changed, a.outcomeDays)
    if #changed > 0 then return { 'kind', 'already', 'state', s.known and entry.state or 'settled', 'brakes', cjson.encode(changed) } end
  end
  return already(s.known and entry.state or 'settled')
end

-- The word of a job that made no call is that nothing was sent, which nobody knows while the state is lost, nor of a job that may have been sent in the
-- time that was lost. A job whose data is wrong was never sent.
local function contradicts(a)
  if a.queue == 'auth' or a.next ~= 'end' or a.code == 'invalid_input' then return nil end
  -- Another outcome of it may have been told, also where it may be in doubt.
  if state_loss.is_open() then return 'state_lost' end
  if a.status == 'unknown' then return nil end
  return state_loss.is_doubtful({ made_at = a.madeAt, campaign = a.isRecipientJob and a.campaign }) and 'doubtful' or nil
end

local function answer_uncalled(s)
  local a, entry = s.a, s.job.is
  if a.fetched then bullmq.give_back_token(a.queue, s.digest, a.settlementId) end
  if s.known and (entry.state == 'open' or entry.state == 'settled') then return already(entry.state) end
  if not s.known and used_ids.status_of(s.digest, a.ledgerDays) then return answer_published(s) or already('settled') end
  -- Its write may have been done: whoever did not know that would call it cancelled, or failed.
  if s.known and entry.reconciling and not a.inDoubt then return already('reconciling') end
  local why = contradicts(a)
  if why then return already(why) end
  -- Its outcome counts the calls it was read with; one more was made meanwhile.
  if a.calls and num(s.known and entry.calls) ~= a.calls then return already('changed') end
  return nil
end

return function(s)
  if s.a.wasTold then return settle_told(s) end
  if s.has_call then return answer_call(s) end
  return answer_uncalled(s)
end
