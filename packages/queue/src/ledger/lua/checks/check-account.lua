-- The account: its state, its rests, and then its lane. A log-in goes by the state that it serves.
-- needs: asking, record, lanes, rests, feeding
-- `till`: when its rest is over.
local function park(ask, why, till)
  record.put(ask.job, { scopes = ask.a.scopes or false })
  asking.set_aside(ask, 'parked')
  call('ZADD', keys.lane(ask.a.account), till or 0, ask.a.member)
  return asking.parked(why)
end

-- It waits for a rest of its family, free, and holds up nothing else of its account.
local function rest(ask, till)
  local a, entry = ask.a, ask.job.is
  ask.stays_aside = ask.campaign and entry.aside and entry.account == a.account
  local answer = park(ask, 'resting', till)
  if ask.campaign and not ask.stays_aside then
    -- Its place among those ahead goes to campaigns whose family does not rest.
    record.put(ask.job, { campaign = a.campaign, aside = '1' })
    call('SREM', keys.ahead(a.account), ask.digest)
    call('SADD', keys.aside(a.account), ask.digest)
  end
  lanes.hand_out_places(a.account)
  return answer
end

-- A log-in or verification serves one state of one epoch; anything else is a leftover.
local function check_login(ask, account)
  local auth = ask.a.auth
  local turn = auth.state == 'refreshing' and account.try or account.code_try
  if account.state ~= auth.state or num(account.epoch) ~= auth.epoch or turn ~= auth.turn then return asking.refused(ask, 'cancelled') end
  return nil
end

return function(ask)
  local a = ask.a
  local account = asking.read_account(a.account)
  ask.account = account
  if not account then return asking.refused(ask, 'account_unavailable') end
  if a.auth then return check_login(ask, account) end
  if account.state == 'cooling' and not rests.is_on(account.rest_until) then
    call('HSET', keys.account(a.account), 'state', 'active')
    call('ZREM', keys.cooling, a.account)
    account.state = 'active'
    feeding.wake_resting()
  end
  if account.state ~= 'active' then return park(ask, account.state) end
  local till = rests.till(account.rests, a.scopes)
  if till then return rest(ask, till) end
  local max = account.max > 0 and account.max or a.accountMax
  local in_flight = call('SCARD', keys.in_flight(a.account))
  if in_flight >= max then return park(ask, 'busy') end
  if lanes.goes_alone(a.account, account.refusals, a.operation) then
    local answer = park(ask, 'busy')
    lanes.hand_out_places(a.account)
    return answer
  end
  -- An urgent job may pass those that were handed a place and wait for the window; they step back into line.
  if a.urgent then return nil end
  local handed = call('SCARD', keys.places_handed(a.account))
  if handed > 0 and call('SISMEMBER', keys.places_handed(a.account), ask.digest) == 1 then return nil end
  if in_flight + handed < max and not lanes.has_waiting(a.account) then return nil end
  local answer = park(ask, 'busy')
  lanes.hand_out_places(a.account)
  return answer
end
