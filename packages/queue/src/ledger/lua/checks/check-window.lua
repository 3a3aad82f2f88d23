-- The windows. First the few places that there are in doubt: what was refused lately may be the end of the service. Then the rate window in
-- bracket form: a slot is busy from its grant to one window after its answer; and the pace, which spreads grants over the window.
-- needs: asking, window, pacing, brakes
return function(ask)
  local a = ask.a
  local doubt_ms = api_key.get('doubt') and brakes.doubt_wait(a.callId) or 0
  if doubt_ms > 0 then return asking.wait(doubt_ms, 'probe_out') end

  local busy = window.count(keys.slots)
  local wait_ms, reason, next_tat = pacing.wait({ limit = a.limit, windowMs = a.windowMs, urgent = a.urgent, busy = busy, gone = 0 })
  if reason == 'pace' then pacing.note_crowd(a.windowMs) end
  if wait_ms > 0 then return asking.wait(wait_ms, reason) end
  ask.next_tat = next_tat
  return nil
end
