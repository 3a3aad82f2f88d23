-- Judges the service and the key by the end of the call. A refusal of the service's own brakes the operation, or stops the key; the success
-- of a call that left after it takes the brake off. The key's own 429 closes it for one window; half of fifty answers 500 is an outage; a
-- refused key stops it.
-- needs: rests, feeding, brakes, strictest
-- Of so many answers so many are an outage.
local RING_LENGTH = 50
local OUTAGE_ERRORS = 25

local function put(state, reason)
  api_key.put('state', state)
  api_key.put('reason', reason)
end

local function begin_outage(last_pause)
  local pause = rests.after(rests.SERVER_ERRORS, last_pause)
  put('cooling', 'server_errors')
  api_key.put('until', now + pause)
  api_key.put('pause', pause)
end

local function key_was_refused(s)
  if api_key.get('state') == 'stopped' and api_key.get('reason') == 'by_hand' then return end
  put('stopped', 'key_refused')
  api_key.put('nextProbe', now + s.a.probeEveryMs)
  -- A probe of an outage that is still out says nothing about the key: its answer must not open what this one closed.
  api_key.put('probe', false)
end

-- Whose call worked last, and when another account's did.
local function note_success(account)
  if api_key.get('okBy') ~= account then
    api_key.put('okBefore', api_key.get('okAt'))
    api_key.put('okBy', account)
  end
  api_key.put('okAt', now_text)
end

-- A refusal that may be the key's or the account's is the account's while calls of others work, unless another account was refused so since.
local function is_own_refusal(s)
  local last, before = num(api_key.get('okAt')), num(api_key.get('okBefore'))
  local others = api_key.get('okBy') == s.account and before or last
  if others == 0 or others < now - s.a.windowMs then return false end
  local by = api_key.get('suspectBy')
  if by and by ~= s.account and num(api_key.get('suspectAt')) >= math.max(last, before) then return false end
  api_key.put('suspectBy', s.account)
  api_key.put('suspectAt', now)
  return true
end

local function errors_in(ring)
  if not string.find(ring, '1', 1, true) then return 0 end
  local _, errors = string.gsub(ring, '1', '')
  return errors
end

-- An answer that is no refusal: of a probe it may open the key, of others it counts.
local function hear_answer(s, was, probe)
  local ring = string.sub((api_key.get('ring') or '') .. (s.a.serverError and '1' or '0'), -RING_LENGTH)
  local errors = errors_in(ring)
  if probe and s.a.serverError then
    -- Of a stopped key nothing was learned, and the next probe has its time already.
    if was.state ~= 'stopped' then begin_outage(num(api_key.get('pause'))) end
  elseif probe then
    put('open', '')
    api_key.put('pause', 0)
    ring = ''
    if was.reason == 'service_refused' then brakes.key_opened() end
  elseif was.state == 'open' and #ring == RING_LENGTH and errors >= OUTAGE_ERRORS then
    begin_outage(0)
    ring, s.outage = '', true
  elseif was.state == 'cooling' and was.reason == 'rate_limited' and now >= num(api_key.get('until')) then
    put('open', '')
  end
  api_key.put('ring', ring)
end

-- Tells people a change of the key by this call; a stop by the service's refusals is told with its brake.
local function tell_change(s, was)
  local state, reason = api_key.get('state'), api_key.get('reason')
  if state == was.state and (state == 'open' or reason == was.reason) then return end
  local event = { operation = s.a.operation, reason = reason }
  if state == 'open' then event.kind, event.reason = 'key_opened', was.reason
  elseif state == 'cooling' then event.kind, event.untilMs, event.answersUntilMs = 'key_cools', num(api_key.get('until')), s.answers_until
  elseif reason == 'key_refused' then event.kind, event.nextProbeMs = 'key_refused', num(api_key.get('nextProbe'))
  else return end
  table.insert(s.service.events, event)
end

local function unclear_row(event) return event and event.type == 'refused_unclear' and event.row or nil end

return function(s)
  if not s.has_call then return end
  local a, entry = s.a, s.job.is
  local was = { state = api_key.get('state'), reason = api_key.get('reason') }
  local probe = api_key.get('probe') == a.callId
  -- An answer that makes no sense proves as little as a refusal.
  local refused = a.refusal or a.doubtful
  local worked = a.worked or (a.next == 'end' and a.status == 'succeeded')
  local told = a.answered and a.charge == 'yes' and not a.doubtful
  s.outage = was.state == 'cooling' and was.reason == 'server_errors'
  if probe then api_key.put('probe', false) end
  s.service = brakes.settled({ op = a.operation, target = entry.target or s.digest, account = a.authAccount or a.account or '', call = a.callId,
    seen = num(entry.seen),
    cause = a.refusal, alone = a.alone, doubtful = a.doubtful, unclear = unclear_row(a.accountEvent), worked = worked, told = told, left = a.left,
    every = a.probeEveryMs })
  if s.account and worked then note_success(s.account) end
  s.is_own_refusal = a.keyAction == 'suspect' and is_own_refusal(s)
  if s.is_own_refusal then return end
  local stops = a.keyAction == 'stop' or a.keyAction == 'suspect'
  -- The first answer of a new key says only whether it is one; it is no probe of an outage.
  if stops then api_key.put('unproven', 1)
  elseif a.answered and not refused and api_key.get('unproven') then
    api_key.put('unproven', false)
    probe = probe and was.state ~= 'open'
  end
  if stops then key_was_refused(s)
  elseif a.keyAction == 'cool' then
    s.answers_until = strictest.distrust_transit()
    if was.state ~= 'stopped' then
      put('cooling', 'rate_limited')
      api_key.put('until', now + a.windowMs + a.marginMs)
    end
  elseif probe and was.state == 'stopped' and was.reason == 'service_refused' and not s.service.proves then
    -- An answer about the job says nothing of the service, so the next probe follows at once; after all else it has its time already.
    if told and not refused then api_key.put('nextProbe', now) end
  elseif probe and a.doubtful and was.state == 'cooling' and was.reason == 'server_errors' then
    begin_outage(num(api_key.get('pause')))
  elseif a.answered and not refused then
    hear_answer(s, was, probe)
  end
  tell_change(s, was)
  if #s.service.events > 0 or (api_key.get('state') == 'stopped') ~= (was.state == 'stopped') then feeding.wake_resting() end
end
