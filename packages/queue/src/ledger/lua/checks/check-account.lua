-- The account: its state, its rests, and then its lane. A log-in goes by the state that it serves.
-- needs: asking, record, lanes, rests, caps, account_rules, feeding, state_history
-- `score`: where in the lane, see lanes.lua; left out: among those that wait for a place.
local function park(ask, why, score)
  record.put(ask.job, { scopes = ask.a.scopes or false })
  asking.set_aside(ask, 'parked')
  call('ZADD', keys.lane(ask.a.account), score and int(score) or 0, ask.a.member)
  return asking.parked(why)
end

-- It waits for a rest or a rule of its family, free, and holds up nothing else of its account.
local function wait_aside(ask, why, score)
  local a, entry = ask.a, ask.job.is
  ask.stays_aside = ask.campaign and entry.aside and entry.account == a.account
  local answer = park(ask, why, score)
  if ask.campaign and not ask.stays_aside then
    -- Its place among those ahead goes to campaigns whose family may go on.
    record.put(ask.job, { campaign = a.campaign, aside = '1' })
    call('SREM', keys.ahead(a.account), ask.digest)
    call('SADD', keys.aside(a.account), ask.digest)
  end
  lanes.hand_out_places(a.account)
  return answer
end

-- A free account's notes are shorter: LinkedIn refuses such a note or cuts it. Where no rule holds for an account whose plan is not known, nobody asked.
local function is_note_too_long(ask, account)
  return ask.a.longNote and (account.plan == 'free' or (not account.plan and caps.of(account)))
end

-- The rules of the account, and those by which the job goes. Where the account has no note left, and the policy lets no invitation wait for one, this one's counts to nothing from here on.
local function learn_rules(ask, account)
  local a = ask.a
  ask.rules = account_rules.of(account)
  ask.bound = ask.rules and account_rules.of_job(ask.rules, a)
  if not account.note or not a.scopes then return end
  a.scopes, ask.noteless = account_rules.scopes_of(a.account, { scopes = a.scopes, note = account.note, rests = account.rests, caps = ask.bound and ask.bound.caps })
end

-- Caps, pace and hours. Answers what it waits for; nil: they let it go.
local function check_rules(ask)
  local bound = ask.bound
  if not bound then return nil end
  ask.overridden = bound ~= ask.rules and ask.rules.overridden or nil
  local till, line = account_rules.free_at(ask.a.account, bound, ask.a.scopes)
  if not till then return nil end
  account_rules.await(ask.a.account, bound, { line = line, till = till })
  return wait_aside(ask, account_rules.why(ask.a.account, bound, line), account_rules.score(line))
end

-- A log-in or verification serves one state of one epoch; anything else is a leftover.
local function check_login(ask, account)
  local auth = ask.a.auth
  local turn = num(call('HGET', keys.account(ask.a.account), auth.state == 'refreshing' and 'try' or 'codeTry'))
  if account.state ~= auth.state or num(account.epoch) ~= auth.epoch or turn ~= auth.turn then return asking.refused(ask, 'cancelled') end
  return nil
end

return function(ask)
  local a = ask.a
  local account = asking.read_account(a.account)
  ask.account = account
  if not account then return asking.refused(ask, 'account_unavailable') end
  if a.auth then return check_login(ask, account) end
  if is_note_too_long(ask, account) then return asking.refused(ask, 'note_too_long') end
  if account.state == 'cooling' and not rests.is_on(account.rest_until) then
    call('HSET', keys.account(a.account), 'state', 'active')
    call('ZREM', keys.cooling, a.account)
    account.state = 'active'
    state_history.note(keys.account_states(a.account), 'active', '')
    feeding.wake_resting()
  end
  if account.state ~= 'active' then return park(ask, account.state) end
  learn_rules(ask, account)
  local till = rests.till(account.rests, a.scopes)
  if till then return wait_aside(ask, 'resting', till) end
  local ruled = check_rules(ask)
  if ruled then return ruled end
  if ask.noteless == 'skip' then return asking.refused(ask, 'notes_used_up') end
  if ask.noteless then ask.bare = '1' end
  local max = account.max > 0 and account.max or a.accountMax
  local is_idle = SHORT_WAYS and lanes.is_idle(a.account)
  local in_flight = is_idle and 0 or call('SCARD', keys.in_flight(a.account))
  if in_flight >= max then return park(ask, 'busy') end
  if lanes.goes_alone(a.account, account.refusals, a.operation) then
    local answer = park(ask, 'busy')
    lanes.hand_out_places(a.account)
    return answer
  end
  -- An urgent job may pass those that were handed a place and wait for the window; they step back into line.
  if a.urgent or is_idle then return nil end
  local handed = call('SCARD', keys.places_handed(a.account))
  if handed > 0 and call('SISMEMBER', keys.places_handed(a.account), ask.digest) == 1 then return nil end
  if in_flight + handed < max and not lanes.has_waiting(a.account) then return nil end
  local answer = park(ask, 'busy')
  lanes.hand_out_places(a.account)
  return answer
end
