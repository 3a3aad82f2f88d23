-- Writes what was decided: the job's entry once, its outcome, its place in a lane, and who hears of it.
-- needs: bullmq, record, job_entry, used_ids, lanes, events, publish_ended, campaign_life

-- It is settled and in nobody's place any more. A job that was in flight is in no other.
local function leave_lanes(s)
  local entry = s.job.is
  if entry.aside then call('SREM', keys.aside(s.account), s.digest) end
  if SHORT_WAYS and s.ours then call('SREM', keys.in_flight(s.account), s.digest) else lanes.leave(s.account, s.digest, entry.member) end
end

local function hand_over(s)
  local a = s.a
  events.hand_over_outcome({ item = a.outcomeId, status = s.status, campaign = a.campaign, lane = a.deliveryLane }, a.outcomeDays)
end

local function write_end(s)
  local a = s.a
  if s.outcome == '' then
    -- A log-in: it has a ledger entry and no outcome.
    used_ids.compact_entry(s.digest, s.status, { ledger_days = a.ledgerDays, is_redriven = true })
    record.drop_changes(s.job)
    return
  end
  call('SET', keys.outcome(a.outcomeId), s.outcome)
  record.put(s.job, { state = 'settled', status = s.status, queue = a.queue, id = a.id, outcomeId = a.outcomeId })
  call('ZADD', keys.outbox, now_text, s.digest)
  hand_over(s)
end

local function write_next(s)
  local a, entry = s.a, s.job.is
  if not s.known then
    record.put(s.job, { meta = job_entry.bare_meta({ operation = a.operation, account = a.account or a.authAccount, campaign = a.campaign,
      made_at = num(call('HGET', bullmq.key(a.queue, a.id), 'timestamp')) }) })
  end
  record.put(s.job, { queue = a.queue, id = a.id, attempts = s.attempts, charged = s.total,
    uncertain = num(entry.uncertain) + s.uncertain, wasted = s.wasted })
  if s.token_dead then record.put(s.job, { deaths = num(entry.deaths) + 1 }) end
  if s.next == 'look' then
    record.put(s.job, { reconciling = a.reconciling, lookAt = int(now + a.lookAfterMs) })
    -- It takes no account's place in the queues from other recipients while it is looked for.
    if s.account then call('SREM', keys.ahead(s.account), s.digest) end
    if a.campaign then campaign_life.look_again(a.campaign) end
  end
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
  if s.taken_back and s.next ~= 'end' then
    record.drop_changes(s.job)
    return { 'kind', 'already', 'state', 'taken_back', 'wasted', string.format('%d', s.wasted_now), 'brakes', told or '[]' }
  end
  local gone = s.next == 'end' and s.outcome == ''
  -- The word was on a job of the same id before.
  if s.next == 'end' and s.status == 'unknown' then call('DEL', keys.resolved(s.digest)) end
  if a.isQuiet then
    publish_ended.keep_told(s)
    return { 'kind', kind, 'status', status, 'published', '1' }
  end
  local published = publish_ended.may(s, told)
  if published and SHORT_WAYS then
    -- Nearly always there is none of these.
    local alone = call('EXISTS', keys.archiving, keys.webhooks, keys.redriven(s.digest)) == 0
    if not alone then hand_over(s) end
    publish_ended.write(s, alone)
    return { 'kind', kind, 'status', status, 'published', '1' }
  end
  if s.next == 'end' then write_end(s) else write_next(s) end
  if s.has_call and not gone then
    record.put(s.job, { settledCall = a.callId, settledOnce = a.settlementId, settledAs = kind,
      settledWaste = s.wasted_now > 0 and s.wasted_now, settledNews = told })
  end
  record.write(s.job)
  if published then
    publish_ended.drop_mark(s)
    return { 'kind', kind, 'status', status, 'published', '1' }
  end
  return { 'kind', kind, 'status', status, 'wasted', string.format('%d', s.wasted_now), 'brakes', told or '[]' }
end
