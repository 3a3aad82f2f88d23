-- The second mark: written when the connection is open, before the first byte. Answers how many marks there were, and in which line of the state: go. 0: nothing may leave: the grant is gone, or what
-- it was given for has changed while the connection was made. The gate, asked again, says what becomes of the job.
-- No moment is written here, so the clock needs no remembering.
-- needs: rests, account_rules, hours, brakes, state_loss, people
-- Answers the job's entry; false where nothing may leave.
local function may_leave(a)
  if state_loss.stands() then return false end
  local v = call('HMGET', keys.job(a.digest), 'state', 'call', 'deadline', 'expires', 'queue', 'account', 'epoch', 'campaign', 'op', 'scopes', 'granted', 'left',
    'rules', 'reconciling', 'overridden')
  local entry = { state = v[1], call = v[2], deadline = num(v[3]), expires = num(v[4]), queue = v[5], account = v[6],
    epoch = v[7], campaign = v[8], op = v[9],
    scopes = v[10], granted = num(v[11]), left = v[12], rules = v[13] or nil, reconciling = v[14], overridden = v[15] or nil }
  if entry.state ~= 'open' or entry.call ~= a.callId then return false end
  if now >= entry.deadline then return false end
  if entry.expires > 0 and now >= entry.expires then return false end
  if entry.queue ~= 'auth' then
    local account = call('HMGET', keys.account(entry.account), 'state', 'epoch', 'rests', 'rules', 'hours')
    if account[1] ~= 'active' or (entry.epoch and (account[2] or '') ~= entry.epoch) then return false end
    if rests.till(account[3], entry.scopes) then return false end
    if account_rules.edition({ rules = account[4] or nil }) ~= entry.rules then return false end
    if not account_rules.stay_overridden(entry.overridden) then return false end
    local times = account_rules.overridden_until(entry.overridden, 'hours') == 0 and hours.of(account[5])
    if times and hours.open_at(times, now) > now then return false end
  end
  local campaign = entry.campaign and call('HGET', keys.campaign(entry.campaign), 'state')
  if campaign == 'paused' or campaign == 'scheduled' or (campaign == 'cancelled' and not entry.reconciling) then return false end
  if REACHING[entry.op] and not people.may_leave(a.digest, entry) then return false end
  -- The key was closed for a window after the grant, as a stricter worker came: by its bounds this call may be one too many.
  if entry.granted <= num(api_key.get('closedAt')) then return false end
  if api_key.get('state') == 'stopped' and api_key.get('probe') ~= a.callId then return false end
  if entry.op and not brakes.may_leave({ op = entry.op, call = a.callId, deadline = entry.deadline }) then return false end
  return entry
end

script('left', {
  state = { 'state', 'closedAt', 'probe', 'doubt', 'refusals', 'careful', 'line', 'marks', 'beats', 'lost', 'people' },
  run = function(a)
    state_loss.look(a.seen)
    local entry = may_leave(a)
    if not entry then return 0 end
    -- A repeated script counts once.
    if entry.left ~= '1' then
      call('HSET', keys.job(a.digest), 'left', '1')
      api_key.add('marks', 1)
    end
    return { num(api_key.get('marks')), api_key.get('line') or '' }
  end,
})
