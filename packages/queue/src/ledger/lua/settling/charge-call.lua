-- The call is over: its grant ends, its slot is free one window after its answer, and what it cost is summed.
-- needs: record, credits, window
-- An answer after this finds nothing any more of a call whose charge was not known.
local LATE_SECONDS = 86400
-- The mean time from grant to answer follows the latest twenty calls or so.
local DURATION_WEIGHT = 0.05

local function end_grant(s)
  local a = s.a
  local free_at = now + a.windowMs + a.marginMs
  if not s.ours then
    if a.left then window.take(keys.slots, a.callId, free_at) end
    return
  end
  if not a.left then window.free(keys.slots, a.callId)
  elseif a.answered then window.move(keys.slots, a.callId, int(free_at)) end
  call('ZREM', keys.open, s.digest)
  credits.release(s.job.is)
end

local function sum(s)
  local a, entry = s.a, s.job.is
  if a.charge == 'yes' then s.charged, s.uncertain = a.price, num(a.uncertain) elseif a.charge == 'unknown' then s.uncertain = a.price end
  record.put(s.job, { calls = int(num(entry.calls) + 1), started = entry.started or entry.granted or now_text })
  credits.add(s.day, 'charged', s.of, s.charged)
  credits.add(s.day, 'uncertain', s.of, s.uncertain)
  if a.redrive then credits.add(s.day, 'redriven', s.of, s.charged) end
  credits.keep(s.day)
  if a.charge == 'unknown' and a.price > 0 then
    call('HSET', keys.late(a.callId), 'day', s.day, 'price', a.price, 'operation', a.operation, 'campaign', a.campaign or '', 'redrive', a.redrive and '1' or '0')
    call('EXPIRE', keys.late(a.callId), LATE_SECONDS)
  end
end

return function(s)
  if not s.has_call then return end
  local a, entry = s.a, s.job.is
  -- A call's cost belongs to the day of its grant, whose budget it was held from.
  if s.ours then s.day = num(entry.heldDay) end
  end_grant(s)
  if a.left then sum(s) end
  if a.answered and entry.granted then
    api_key.put('hold', (1 - DURATION_WEIGHT) * num(api_key.get('hold')) + DURATION_WEIGHT * (now - num(entry.granted)))
  end
end
