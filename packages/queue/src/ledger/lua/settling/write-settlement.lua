-- Writes what was decided: the job's entry once, its outcome, its place in a lane, and who hears of it.
-- needs: record, job_entry, used_ids, lanes, events

-- It is settled and in nobody's place any more. A job that was in flight is in no other.
local function leave_lanes(s)
  local entry = s.job.is
  if entry.aside then call('SREM', keys.aside(s.account), s.digest) end
  if SHORT_WAYS and s.ours then call('SREM', keys.in_flight(s.account), s.digest) else lanes.leave(s.account, s.digest, entry.member) end
end

local function write_end(s)
  local a = s.a
  if s.outcome == '' then
    -- A log-in: it has a ledger entry and no outcome.
    used_ids.compact_entry(s.digest, s.status, a.ledgerDays)
    record.drop_changes(s.job)
    return
  end
  call('SET', keys.outcome(a.outcomeId), s.outcome)
  record.put(s.job, { state = 'settled', status = s.status, queue = a.queue, id = a.id, outcomeId = a.outcomeId })
  call('ZADD', keys.outbox, now_text, s.digest)
  events.hand_over_outcome({ item = a.outcomeId, status = s.status, campaign = a.campaign, lane = a.deliveryLane }, a.outcomeDays)
end

local function write_next(s)
  local a, entry = s.a, s.job.is
  record.put(s.job, { queue = a.queue, id = a.id, attempts = s.attempts, charged = s.total,
    uncertain = num(entry.uncertain) + s.uncertain, wasted = s.wasted })
  if s.token_dead then record.put(s.job, { deaths = num(entry.deaths) + 1 }) end
  if s.next == 'park' then
    record.put(s.job, { state = 'parked' })
    call('ZADD', keys.lane(s.account), 0, entry.member)
  else
    job_entry.wait(s.job)
  end
end

return function(s)
  local a, changes = s.a, s.service.events
  local kind = s.next == 'end' and 'ended' or s.next == 'park' and 'parked' or s.next
  local status = s.next == 'end' and s.status or ''
  local told = #changes > 0 and cjson.encode(changes)
  events.hand_over_changes(changes, a.outcomeDays)
  local was = s.job.is.state
  if s.account then leave_lanes(s) end
  if was == 'vanished' and s.next == 'end' then call('ZREM', keys.vanished, s.digest) end
  local gone = s.next == 'end' and s.outcome == ''
  if s.next == 'end' then write_end(s) else write_next(s) end
  if s.has_call and not gone then
    record.put(s.job, { settledCall = a.callId, settledOnce = a.settlementId, settledAs = kind,
      settledWaste = s.wasted_now > 0 and s.wasted_now, settledNews = told })
  end
  record.write(s.job)
  return { 'kind', kind, 'status', status, 'wasted', string.format('%d', s.wasted_now), 'brakes', told or '[]' }
end
