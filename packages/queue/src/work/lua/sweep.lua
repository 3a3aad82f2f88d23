-- Finds and repairs the remains of a crash, a bounded batch at a time. One worker sweeps at a time.
-- Returns one JSON object of lists for the caller to finish: feed, interrupted, unpublished, resolved, vanished, refreshing, failed, completed; and in changed
-- what became of the key, of accounts and of the day's credits, to be told.
-- needs: bullmq, record, job_entry, used_ids, lanes, grants, account_life, feeding, braked_jobs, rest_lines, capped_jobs, places, accepted_jobs, changes, events, state_loss
-- Of each kind, in one sweep.
local MOST = 200
local MOST_ORPHANS = 10
local MOST_ACCEPTED = 500

local function due(key, until_ms) return call('ZRANGEBYSCORE', key, '-inf', until_ms, 'LIMIT', 0, MOST) end
local function is_over(entry) return bullmq.is_over(entry.queue, entry.id) end

-- Open grants past their deadline: cancelled where nothing left, unknown where something did.
local function look_at_grants(a, result)
  for _, digest in ipairs(due(keys.open, now - a.graceMs)) do
    local job = job_entry.read(digest)
    local entry = job.is
    if entry.state ~= 'open' then call('ZREM', keys.open, digest)
    elseif entry.left == '1' then table.insert(result.interrupted, digest)
    else
      grants.cancel(job)
      -- Nobody will run it again.
      if is_over(entry) and entry.queue ~= 'auth' then job_entry.mark_lost(digest) end
    end
  end
end

local function add_all(list, more)
  for _, one in ipairs(more) do table.insert(list, one) end
end

-- Accounts whose rest is over. Answers what people are to be told.
local function wake_accounts()
  local changed = {}
  for _, id in ipairs(due(keys.cooling, now)) do
    call('ZREM', keys.cooling, id)
    local was = call('HMGET', keys.account(id), 'state', 'why')
    if was[1] == 'cooling' then
      account_life.activate(id)
      add_all(changed, account_life.changes(id, { state = was[1], why = was[2] }))
      feeding.wake_resting()
    end
  end
  return changed
end

-- Places handed to jobs that never came for them: still delayed, or gone from BullMQ.
local function look_at_released(a)
  for _, digest in ipairs(due(keys.released, now - a.releasedAgeMs)) do
    local job = job_entry.read(digest)
    local entry = job.is
    if entry.state ~= 'released' then
      call('ZREM', keys.released, digest)
      if job.known and entry.account then call('SREM', keys.places_handed(entry.account), digest) end
    elseif not is_over(entry) then
      lanes.promote_job(digest)
      call('ZADD', keys.released, now, digest)
    elseif entry.queue == 'auth' then
      -- A log-in is owed to nobody: what its account needs is another's to add.
      call('ZREM', keys.released, digest)
      record.remove(job)
    else
      lanes.leave(entry.account, digest, nil)
      job_entry.mark_lost(digest)
      lanes.hand_out_places(entry.account)
    end
  end
end

-- Jobs that wait between two calls: those that are not in their queue any more end cancelled.
local function look_at_waiting(a)
  for _, digest in ipairs(due(keys.waiting, now - a.waitingAgeMs)) do
    local job = job_entry.read(digest)
    local entry = job.is
    if entry.state == 'waiting' and not is_over(entry) then
      call('ZADD', keys.waiting, now, digest)
    else
      call('ZREM', keys.waiting, digest)
      if entry.state == 'waiting' and entry.queue == 'auth' then record.remove(job)
      elseif entry.state == 'waiting' then job_entry.mark_lost(digest) end
    end
  end
end

-- Jobs of removed accounts go back to their queues, where they learn that the account is gone.
local function look_at_orphans()
  for _, id in ipairs(call('ZRANGE', keys.orphans, 0, MOST_ORPHANS - 1)) do
    if call('EXISTS', keys.account(id)) == 1 then
      call('ZREM', keys.orphans, id)
      lanes.hand_out_places(id)
    else
      local popped = call('ZPOPMIN', keys.lane(id), MOST)
      for i = 1, #popped, 2 do
        local digest = job_entry.digest_of(popped[i])
        if call('HGET', keys.job(digest), 'state') == 'parked' then lanes.send_back(digest) end
      end
      if #popped == 0 then call('ZREM', keys.orphans, id) end
    end
  end
end

-- Jobs of campaigns that somebody took out of their queues: no worker meets them, and they would stay ahead of their accounts for ever.
local function look_ahead(a)
  for _, account in ipairs(due(keys.ahead_looks, now)) do
    local ahead = call('SMEMBERS', keys.ahead(account))
    for _, digest in ipairs(ahead) do
      local entry = call('HMGET', keys.job(digest), 'state', 'queue', 'id', 'member', 'account')
      local state = entry[1]
      if state == 'settled' or (entry[5] and entry[5] ~= account) or (not state and used_ids.status_of(digest, a.ledgerDays)) then call('SREM', keys.ahead(account), digest)
      elseif (not state or state == 'parked' or state == 'waiting') and entry[2] and bullmq.is_over(entry[2], entry[3]) then
        lanes.leave(account, digest, entry[4])
        job_entry.mark_lost(digest)
      end
    end
    if #ahead == 0 then call('ZREM', keys.ahead_looks, account)
    else call('ZADD', keys.ahead_looks, now + lanes.AHEAD_LOOK_MS, account) end
  end
end

-- The feeding job, if somebody took it away, or its worker died between putting it to sleep and looking whether it was woken.
local function look_at_feeder(result)
  if not bullmq.has(feeding.QUEUE, feeding.JOB) then table.insert(result.feed, feeding.JOB)
  elseif feeding.feed_if_woken() == 0 then bullmq.remind(feeding.QUEUE) end
end

-- The value that our own workers give a job that they completed.
local OUR_VALUES = { ['{"status":"succeeded"}'] = true, ['{"status":"settled_before"}'] = true }

-- Nobody swept for so long that the ledger may know no more that it was ended: then its own reason tells, `<code>: <message>`.
local function failed_by_us(a, queue, id, at)
  local old = num(at) < now - a.ledgerDays * DAY_MS
  return old and string.find(call('HGET', bullmq.key(queue, id), 'failedReason') or '', '^[%l_]+: ') ~= nil
end

-- Jobs that BullMQ failed by itself, and those that somebody else's worker completed, since the last look. Its scores are the finish times by the workers' clocks; the caller moves the
-- cursor on, and so the last moments wait: one more may still come with a time that the cursor would have passed.
local function look_at_over(a, result, set, cursor_field)
  local until_ms = string.format('%.0f', now - a.failedAgeMs)
  for _, queue in ipairs(a.queues) do
    local over = bullmq.key(queue, set)
    local cursor = call('HGET', keys.failed_cursor, queue .. cursor_field) or '0'
    local rows = call('ZRANGEBYSCORE', over, '(' .. cursor, until_ms, 'WITHSCORES', 'LIMIT', 0, MOST)
    -- A page may end inside one millisecond: its last moment is read to the end.
    if #rows == 2 * MOST then rows = call('ZRANGEBYSCORE', over, '(' .. cursor, rows[#rows], 'WITHSCORES') end
    for i = 1, #rows, 2 do
      local ours
      if set == 'failed' then ours = failed_by_us(a, queue, rows[i], rows[i + 1])
      else ours = OUR_VALUES[call('HGET', bullmq.key(queue, rows[i]), 'returnvalue') or ''] or false end
      table.insert(result[set], { queue = queue, id = rows[i], at = rows[i + 1], ended = ours })
    end
  end
end

script('sweep', {
  flags = { 'allow-oom' },
  state = { 'state', 'reason', 'until', 'closedUntil', 'closedTold', 'dayTold', 'careful', 'uncountedUntil', 'line', 'marks', 'beats', 'lost', 'lostTold', 'doubtUntil', 'gatheringUntil' },
  run = function(a)
    state_loss.look(a.seen)
    tick()
    if not call('SET', keys.sweeping, a.worker, 'NX', 'PX', a.everyMs) then return '{}' end
    local result = { feed = {}, interrupted = {}, failed = {}, completed = {} }
    if state_loss.is_open() then
      -- The jobs that it would end may have been sent, or were told otherwise.
      result.changed = changes.look_at_state()
      events.hand_over_changes(result.changed, a.outcomeDays)
      return cjson.encode(result)
    end
    look_at_grants(a, result)
    result.unpublished = due(keys.outbox, now - a.outboxAgeMs)
    result.resolved = due(keys.resolved_outbox, now - a.outboxAgeMs)
    braked_jobs.sweep(a.probeEveryMs, MOST)
    local woken = wake_accounts()
    local over = rest_lines.sweep(MOST)
    capped_jobs.sweep(MOST)
    result.changed = changes.look(a.maxCreditsPerDay)
    add_all(result.changed, over)
    add_all(result.changed, woken)
    events.hand_over_changes(result.changed, a.outcomeDays)
    look_at_released(a)
    look_at_waiting(a)
    look_at_orphans()
    look_ahead(a)
    places.sweep(MOST)
    accepted_jobs.sweep(MOST_ACCEPTED, a.ledgerDays)
    look_at_feeder(result)
    result.hoursDue = call('ZCOUNT', keys.hours, '-inf', int(now + a.hoursAheadMs)) > 0
    result.vanished = due(keys.vanished, now)
    result.refreshing = call('ZRANGE', keys.refreshing, 0, MOST)
    look_at_over(a, result, 'failed', '')
    look_at_over(a, result, 'completed', '|completed')
    return cjson.encode(result)
  end,
})
