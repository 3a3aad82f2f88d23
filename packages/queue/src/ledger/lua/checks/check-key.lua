-- The API key: stopped or cooling, but for one probe at a time; and what Redis itself says of its room.
-- needs: asking, window
-- Asked again after these, ms: what opens a stopped key is a person or a probe; a probe that is out is answered sooner.
local STOPPED_WAIT_MS = 1000
local PROBE_WAIT_MS = 1000
local UNPROVEN_WAIT_MS = 100
local REDIS_WAIT_MS = 1000
-- A log-in is the probe of a stopped key only so much later than a call would be, as a part of the time between two probes.
local LOGIN_LATER = 10

return function(ask)
  local a = ask.a
  local state, reason = api_key.get('state'), api_key.get('reason')
  if state == 'stopped' then
    if reason == 'by_hand' then return asking.wait(STOPPED_WAIT_MS, 'key_stopped') end
    local next_probe = num(api_key.get('nextProbe'))
    if now < next_probe then return asking.wait(next_probe - now, 'key_stopped') end
    -- Where calls are refused a log-in proves nothing: it is the probe only when no call comes, as its account may be the only one there is.
    local later = next_probe + math.floor(a.probeEveryMs / LOGIN_LATER)
    if a.auth and reason == 'service_refused' and api_key.get('doubt') == 'calls' and now < later then
      return asking.step_aside(ask, later - now, 'key_stopped')
    end
    ask.probing = true
  elseif state == 'cooling' then
    local rest_until = num(api_key.get('until'))
    if now < rest_until then return asking.wait(rest_until - now, 'key_cooling') end
    if reason == 'server_errors' then ask.probing = true end
  end
  -- One probe at a time; a probe whose worker died is given up with its slot. A key that was never answered goes alone first.
  local probe = api_key.get('probe')
  ask.unproven = api_key.get('unproven') and true or false
  if (ask.probing or ask.unproven) and probe and probe ~= a.callId and window.has(keys.slots, probe) then
    return asking.wait(ask.probing and PROBE_WAIT_MS or UNPROVEN_WAIT_MS, 'probe_out')
  end
  if a.shortage then return asking.wait(REDIS_WAIT_MS, a.shortage) end
  return nil
end
