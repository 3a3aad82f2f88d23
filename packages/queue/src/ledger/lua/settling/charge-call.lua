-- The call is over: its grant ends, its slot is free one window after it was counted, and what it cost is summed.
-- needs: record, credits, window, account_rules, people, strictest
-- An answer after this finds nothing any more of a call whose charge was not known.
local LATE_SECONDS = 86400
-- The mean time from grant to answer, or to the moment when it was counted, follows the latest twenty calls or so.
local DURATION_WEIGHT = 0.05

-- A write that may be repeated was not done; a read that is repeated may have been seen all the same. LinkedIn's refusals count, and so does what
-- nobody knows: until its deadline, or from its answer where it is looked for.
local function close_booking(s)
  local a, entry = s.a, s.job.is
  local not_done = a.next ~= 'end' and a.next ~= 'look' and string.find(entry.scopes .. ',', ',write,', 1, true)
  if not a.left or (a.answered and not_done) then account_rules.unsent(entry)
  elseif a.answered then account_rules.sent(entry) end
  record.put(s.job, { booked = false })
end

-- A job that ends failed reached nobody, and neither did a write that is done again. While its effect is looked for nobody knows; what nobody will know counts from
-- its deadline.
local function close_touch(s)
  local a, entry = s.a, s.job.is
  if a.next == 'look' or (entry.reconciling and a.next ~= 'end') then return end
  local reached_nobody = a.next == 'end' and a.status == 'failed' or a.next ~= 'end' and (a.answered or not a.left)
  if reached_nobody then people.settle_touch(entry, false)
  elseif a.answered and not entry.reconciling and a.status == 'succeeded' then s.touched_at = people.settle_touch(entry, true)
  elseif entry.reconciling and a.status == 'succeeded' then s.touched_at = people.touch_of(entry) end
  record.put(s.job, { touched = false })
end

-- When the provider had counted the request at the latest: at its answer, or before it where the worker knows so.
local function counted_at(s)
  local a = s.a
  if not (s.ours and a.answered and a.countedAgoMs) or a.keyAction == 'cool' or not strictest.trusts_transit(a.transitMs) then return now end
  return math.max(num(s.job.is.granted), now - a.countedAgoMs)
end

local function end_grant(s)
  local a = s.a
  s.counted_at = counted_at(s)
  local free_at = s.counted_at + a.windowMs + a.marginMs
  if not s.ours then
    if a.left then window.take(keys.slots, a.callId, free_at) end
    return
  end
  if not a.left then window.free(keys.slots, a.callId)
  elseif a.answered then window.move(keys.slots, a.callId, int(free_at)) end
  call('ZREM', keys.open, s.digest)
  credits.release(s.job.is)
  if s.job.is.booked then close_booking(s) end
  if s.job.is.touched then close_touch(s) end
end

local function sum(s)
  local a, entry = s.a, s.job.is
  if a.charge == 'yes' then s.charged, s.uncertain = a.price, num(a.uncertain) elseif a.charge == 'unknown' then s.uncertain = a.price end
  record.put(s.job, { calls = int(num(entry.calls) + 1), started = entry.started or entry.granted or now_text })
  credits.call_left(s.day, s.of.account)
  credits.add(s.day, 'charged', s.of, s.charged)
  credits.add(s.day, 'uncertain', s.of, s.uncertain)
  if a.redrive then credits.add(s.day, 'redriven', s.of, s.charged) end
  credits.keep(s.day)
  if a.charge == 'unknown' and a.price > 0 then
    call('HSET', keys.late(a.callId), 'day', s.day, 'price', a.price, 'operation', a.operation, 'campaign', a.campaign or '', 'account', s.of.account or '',
      'redrive', a.redrive and '1' or '0', 'cause', credits.cause_of(a))
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
  if a.answered and entry.granted and not a.wasTold then
    local took, hold = s.counted_at - num(entry.granted), num(api_key.get('hold'))
    -- The first answer is the mean.
    local mean = hold == 0 and took or (1 - DURATION_WEIGHT) * hold + DURATION_WEIGHT * took
    api_key.put('hold', string.format('%.3f', mean))
  end
end
