-- The second mark: written when the connection is open, before the first byte. 1: go. 0: nothing may leave: the grant is gone, or what
-- it was given for has changed while the connection was made. The gate, asked again, says what becomes of the job.
-- No moment is written here, so the clock needs no remembering.
-- needs: rests, brakes
local function may_leave(a)
  local v = call('HMGET', keys.job(a.d), 'state', 'call', 'deadline', 'expires', 'queue', 'account', 'epoch', 'campaign', 'op', 'scopes')
  local j = { state = v[1], call = v[2], deadline = num(v[3]), expires = num(v[4]), queue = v[5], account = v[6], epoch = v[7], campaign = v[8], op = v[9],
    scopes = v[10] }
  if j.state ~= 'open' or j.call ~= a.callId then return false end
  if now >= j.deadline then return false end
  if j.expires > 0 and now >= j.expires then return false end
  if j.queue ~= 'auth' then
    local account = call('HMGET', keys.account(j.account), 'state', 'epoch', 'rests')
    if account[1] ~= 'active' or (j.epoch and (account[2] or '') ~= j.epoch) then return false end
    if rests.till(account[3], j.scopes) then return false end
  end
  local campaign = j.campaign and call('HGET', keys.campaign(j.campaign), 'state')
  if campaign == 'paused' or campaign == 'scheduled' or campaign == 'cancelled' then return false end
  if api_key.get('state') == 'stopped' and api_key.get('probe') ~= a.callId then return false end
  return not j.op or brakes.may_leave({ op = j.op, call = a.callId, deadline = j.deadline })
end

script('left', {
  state = { 'state', 'probe', 'doubt', 'refusals' },
  run = function(a)
    if not may_leave(a) then return 0 end
    call('HSET', keys.job(a.d), 'left', '1')
    return 1
  end,
})
