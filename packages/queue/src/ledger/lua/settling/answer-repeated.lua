-- Settled before: by the same settlement, which is answered the same; or by another, and the job's outcome stays as it is. An answer that
-- comes after all still settles the credits, and a token that comes late was paid for all the same.
-- needs: bullmq, used_ids, credits, window, account_life, campaign_life, events

local function already(state) return { 'kind', 'already', 'state', state } end

-- Settles the cost of a call whose charge was not known when it ended. Answers whether there was such a call.
local function settle_late(s)
  local a = s.a
  local v = call('HMGET', keys.late(a.callId), 'day', 'price', 'operation', 'campaign', 'redrive')
  if not v[1] then return false end
  local day, price, redrive = num(v[1]), num(v[2]), v[5] == '1'
  local of = { operation = v[3], campaign = v[4] }
  -- Only an answer that knows the charge closes the question.
  if a.charge ~= 'unknown' then
    local paid, open = 0, 0
    if a.charge == 'yes' then paid, open = a.price, num(a.uncertain) end
    call('DEL', keys.late(a.callId))
    credits.add(day, 'uncertain', of, open - price)
    credits.add(day, 'charged', of, paid)
    if redrive then credits.add(day, 'redriven', of, paid) end
    credits.add(day, 'wasted', of, paid)
    if v[4] and v[4] ~= '' then
      campaign_life.count(v[4], s.digest, nil, { charged = paid, uncertain = open - price, wasted = paid, redriven = redrive and paid or 0 })
    end
  end
  if a.answered then window.move(keys.slots, a.callId, now + a.windowMs + a.marginMs) end
  return true
end

local function answer_call(s)
  local a, entry = s.a, s.job.is
  if s.known and entry.settledCall == a.callId and entry.settledOnce == a.settlementId then
    return { 'kind', entry.settledAs, 'status', entry.status or '', 'wasted', entry.settledWaste or '0',
      'brakes', entry.settledNews or '[]' }
  end
  s.ours = s.known and entry.state == 'open' and entry.call == a.callId
  if s.ours then return nil end
  local was_late = settle_late(s)
  -- No trace of the grant: Redis lost its state while the call was out. The call's result is still the job's outcome.
  if not (s.known or was_late or used_ids.status_of(s.digest, a.ledgerDays)) then return nil end
  if a.accountEvent and a.accountEvent.type == 'logged_in' then
    account_life.happen(s.account or a.authAccount, a.accountEvent)
    events.hand_over_changes(a.accountEvent.changes or {}, a.outcomeDays)
  end
  return already(s.known and entry.state or 'settled')
end

local function answer_uncalled(s)
  local a, entry = s.a, s.job.is
  if a.fetched then bullmq.give_back_token(a.queue, s.digest, a.settlementId) end
  if s.known and (entry.state == 'open' or entry.state == 'settled') then return already(entry.state) end
  if not s.known and used_ids.status_of(s.digest, a.ledgerDays) then return already('settled') end
  -- Its outcome counts the calls it was read with; one more was made meanwhile.
  if a.calls and num(s.known and entry.calls) ~= a.calls then return already('changed') end
  return nil
end

return function(s)
  if s.has_call then return answer_call(s) end
  return answer_uncalled(s)
end
