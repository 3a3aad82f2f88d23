#!lua flags=allow-oom
-- What a crash left behind, found and mended a bounded piece at a time. One worker sweeps at a time.
-- Returns one JSON object of lists for the caller to finish: feed, interrupted, unpublished, vanished, refreshing, failed.
tick()
if not call('SET', P .. 'sweeping', a.worker, 'NX', 'PX', a.everyMs) then return '{}' end
local LIMIT = 200
local result = { feed = {}, interrupted = {}, unpublished = {}, vanished = {}, refreshing = {}, failed = {} }

local function gone(j) return call('EXISTS', bull(j.queue, j.id)) == 0 or call('HEXISTS', bull(j.queue, j.id), 'finishedOn') == 1 end

-- Open grants past their deadline: void where nothing left, unknown where something did.
for _, d in ipairs(call('ZRANGEBYSCORE', OPEN, '-inf', now - a.graceMs, 'LIMIT', 0, LIMIT)) do
  local j = job_entry(d)
  if not j or j.state ~= 'open' then call('ZREM', OPEN, d)
  elseif j.left == '1' then table.insert(result.interrupted, d)
  else
    void(d, j)
    -- Nobody will run it again when BullMQ has no such job, or one that is over.
    if gone(j) and j.queue ~= 'auth' then vanish(d) end
  end
end

for _, d in ipairs(call('ZRANGEBYSCORE', OUTBOX, '-inf', now - a.outboxAgeMs, 'LIMIT', 0, LIMIT)) do table.insert(result.unpublished, d) end

brakes.sweep(a.probeEveryMs, LIMIT)

-- Accounts whose rest is over.
for _, id in ipairs(call('ZRANGEBYSCORE', COOLING, '-inf', now, 'LIMIT', 0, LIMIT)) do
  call('ZREM', COOLING, id)
  if call('HGET', ACCOUNT(id), 'state') == 'cooling' then
    activate(id)
    wake_resting()
  end
end

-- Places handed to jobs that never came for them: still delayed, or gone from BullMQ.
for _, d in ipairs(call('ZRANGEBYSCORE', RELEASED, '-inf', now - a.releasedAgeMs, 'LIMIT', 0, LIMIT)) do
  local j = job_entry(d)
  if not j or j.state ~= 'released' then
    call('ZREM', RELEASED, d)
    if j and j.account then call('SREM', NEXT(j.account), d) end
  elseif gone(j) and j.queue == 'auth' then
    -- As below: a log-in is owed to nobody.
    call('ZREM', RELEASED, d)
    call('DEL', JOB(d))
  elseif gone(j) then
    leave_lane(j.account, d, nil)
    vanish(d)
    fill(j.account)
  else
    promote_job(d)
    call('ZADD', RELEASED, now, d)
  end
end

-- Jobs that wait between two calls: those that are not in their queue any more end cancelled.
for _, d in ipairs(call('ZRANGEBYSCORE', WAITING, '-inf', now - a.waitingAgeMs, 'LIMIT', 0, LIMIT)) do
  local j = job_entry(d)
  if not j or j.state ~= 'waiting' then call('ZREM', WAITING, d)
  elseif gone(j) then
    call('ZREM', WAITING, d)
    -- A log-in is owed to nobody: what its account needs is another's to add.
    if j.queue == 'auth' then call('DEL', JOB(d)) else vanish(d) end
  else
    call('ZADD', WAITING, now, d)
  end
end

-- Jobs of removed accounts go back to their queues, where they learn that the account is gone.
for _, id in ipairs(call('ZRANGE', P .. 'orphans', 0, 9)) do
  if call('EXISTS', ACCOUNT(id)) == 1 then
    call('ZREM', P .. 'orphans', id)
    fill(id)
  else
    local popped = call('ZPOPMIN', LANE(id), LIMIT)
    for i = 1, #popped, 2 do
      local d = string.sub(popped[i], -20)
      if call('HGET', JOB(d), 'state') == 'parked' then
        call('HSET', JOB(d), 'state', 'released')
        call('ZADD', RELEASED, now, d)
        promote_job(d)
      end
    end
    if #popped == 0 then call('ZREM', P .. 'orphans', id) end
  end
end

-- Jobs of campaigns that somebody took out of their queues: no worker meets them, and they would stay ahead of their accounts for ever.
for _, account in ipairs(call('ZRANGEBYSCORE', AHEAD_LOOKS, '-inf', now, 'LIMIT', 0, LIMIT)) do
  local ahead = call('SMEMBERS', AHEAD(account))
  for _, d in ipairs(ahead) do
    local j = call('HMGET', JOB(d), 'state', 'queue', 'id', 'member')
    local state = j[1]
    if state == 'settled' or (not state and used_status(d, a.ledgerDays)) then call('SREM', AHEAD(account), d)
    elseif (not state or state == 'parked' or state == 'waiting') and j[2] and call('EXISTS', bull(j[2], j[3])) == 0 then
      leave_lane(account, d, j[4])
      vanish(d)
    end
  end
  if #ahead == 0 then call('ZREM', AHEAD_LOOKS, account) else call('ZADD', AHEAD_LOOKS, now + AHEAD_LOOK_MS, account) end
end

-- The feeding job, if somebody took it away, or its worker died between putting it to sleep and looking whether it was woken.
if call('EXISTS', bull(FEED_QUEUE, FEED_JOB)) == 0 then table.insert(result.feed, FEED_JOB)
elseif feed_if_woken() == 0 then remind(FEED_QUEUE) end

for _, d in ipairs(call('ZRANGEBYSCORE', VANISHED, '-inf', now, 'LIMIT', 0, LIMIT)) do table.insert(result.vanished, d) end
for _, id in ipairs(call('ZRANGE', REFRESHING, 0, LIMIT)) do table.insert(result.refreshing, id) end

-- Jobs that BullMQ failed by itself, since the last look. Its scores are the finish times by the workers' clocks; the caller moves the
-- cursor on, and so the last moments wait: one more may still come with a time that the cursor would have passed.
local until_ms = string.format('%.0f', now - a.failedAgeMs)
for _, queue in ipairs(a.queues) do
  local cursor = call('HGET', P .. 'failed-cursor', queue) or '0'
  local rows = call('ZRANGEBYSCORE', bull(queue, 'failed'), '(' .. cursor, until_ms, 'WITHSCORES', 'LIMIT', 0, LIMIT)
  -- A page may end inside one millisecond: its last moment is read to the end.
  if #rows == 2 * LIMIT then rows = call('ZRANGEBYSCORE', bull(queue, 'failed'), '(' .. cursor, rows[#rows], 'WITHSCORES') end
  for i = 1, #rows, 2 do
    -- Nobody swept for so long that the ledger may know no more that it was ended: then its own reason tells, `<code>: <message>`.
    local old = num(rows[i + 1]) < now - a.ledgerDays * DAY_MS
    local ours = old and string.find(call('HGET', bull(queue, rows[i]), 'failedReason') or '', '^[%l_]+: ') ~= nil
    table.insert(result.failed, { queue = queue, id = rows[i], at = rows[i + 1], ended = ours })
  end
end
return cjson.encode(result)
