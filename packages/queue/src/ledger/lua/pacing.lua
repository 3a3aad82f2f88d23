-- How long the rate window and the pace keep a call back. It only reckons: the gate asks it before a grant, and views ask it for people.
-- needs: window, waiting_work
local pacing = {}
-- Paced grants may take 2 % more than the window would, as none is lost to rounding; the window itself is the bound (engine measurements: 1.00
-- costs 0.1 % of use, 1.05 doubles the longest gap).
local PACE = 1.02
-- One slot in a hundred and fifty, at least one, is kept for urgent work (decisions 9 and 36).
local RESERVED_PART = 150
-- There is no pace while fewer than a third of the slots are busy, whatever waits: where a burst of this size comes back a window later, two thirds
-- are busy, so it is no burst again.
local IDLE_PART = 3
-- Nor while all that waits fits the free slots, but for a twentieth: as many urgent calls find a slot after it (decision 35).
local BATCH_RESERVED_PART = 20
-- That more waits than fits holds for so long, as a part of the window: who waits asks often, and counting costs some twenty commands.
local CROWDED_PART = 100

local function is_crowded(free, limit, reserve)
  if num(api_key.get('crowdedUntil')) > now then return true end
  return waiting_work.exceeds(free - math.max(reserve, math.floor(limit / BATCH_RESERVED_PART)))
end

-- Notes that more waits than fits, as an answer of `pace` says.
function pacing.note_crowd(window_ms)
  if num(api_key.get('crowdedUntil')) <= now then api_key.put('crowdedUntil', now + math.ceil(window_ms / CROWDED_PART)) end
end

-- q: limit, windowMs, urgent; busy: places that are taken; gone: places in the set whose moment has come. Answers ms (0: now), the reason, and
-- when the paced grant after this one is due.
function pacing.wait(q)
  -- While workers with two settings run side by side the lower limit holds.
  local others_limit = num(api_key.get('limit'))
  local limit = others_limit > 0 and math.min(q.limit, others_limit) or q.limit
  local reserve = (q.urgent or limit == 1) and 0 or math.max(1, math.floor(limit / RESERVED_PART))
  local free = limit - q.busy
  local wait_ms, reason = 0, ''
  if free <= reserve then
    wait_ms, reason = window.next_free_at(keys.slots, q.gone + reserve - free + 1) - now, 'window'
  end
  -- GCRA with a burst of two: `tat` is when the next paced grant is due.
  local interval = (math.max(q.windowMs, num(api_key.get('window'))) + num(api_key.get('hold'))) / (limit * PACE)
  local tat = num(api_key.get('tat'))
  if not q.urgent and q.busy * IDLE_PART >= limit and tat - interval - now > wait_ms and is_crowded(free, limit, reserve) then
    wait_ms, reason = tat - interval - now, 'pace'
  end
  if wait_ms > 0 then return math.ceil(wait_ms), reason end
  return 0, '', math.max(now, tat) + interval
end

return pacing
