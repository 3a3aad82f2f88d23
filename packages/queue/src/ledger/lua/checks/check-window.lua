-- The windows. First the few places that there are in doubt: what was refused lately may be the end of the service. Then the rate window in
-- bracket form: a slot is busy from its grant to one window after its answer; and the pace, which spreads grants over the window.
-- needs: asking, window, brakes
-- Paced grants may take 2 % more than the window would, as none is lost to rounding; the window itself is the bound (engine measurements: 1.00
-- costs 0.1 % of use, 1.05 doubles the longest gap).
local PACE = 1.02
-- One slot in three hundred, at least one, is kept for urgent work (decision 9).
local RESERVED_PART = 300
-- There is no pace while fewer than a third of the slots are busy: a small batch on an idle system leaves at once.
local IDLE_PART = 3

return function(ask)
  local a = ask.a
  local doubt_ms = api_key.get('doubt') and brakes.doubt_wait(a.callId) or 0
  if doubt_ms > 0 then return asking.wait(doubt_ms, 'probe_out') end

  local busy = window.count(keys.slots)
  -- While workers with two settings run side by side the lower limit holds.
  local others_limit = num(api_key.get('limit'))
  local limit = others_limit > 0 and math.min(a.limit, others_limit) or a.limit
  local reserve = (a.urgent or limit == 1) and 0 or math.max(1, math.floor(limit / RESERVED_PART))
  local free = limit - busy
  local wait_ms, reason = 0, ''
  if free <= reserve then
    wait_ms, reason = window.next_free_at(keys.slots, reserve - free + 1) - now, 'window'
  end
  -- GCRA with a burst of two: `tat` is when the next paced grant is due.
  local interval = (a.windowMs + num(api_key.get('hold'))) / (limit * PACE)
  local tat = num(api_key.get('tat'))
  if not a.urgent and busy * IDLE_PART >= limit and tat - interval - now > wait_ms then
    wait_ms, reason = tat - interval - now, 'pace'
  end
  if wait_ms > 0 then return asking.wait(math.ceil(wait_ms), reason) end
  ask.next_tat = math.max(now, tat) + interval
  return nil
end
