-- One schedule: its definition and what became of its ticks, in one hash.
-- A tick is decided here once; `open:<tick>` stays until its job is in its queue, so that a crash in between is made good.
-- needs: bullmq, used_ids, audit_ticks

-- The job of a run by hand is put into its queue right after this says so; one that nobody knows of so long after it never was, ms.
local RUN_MS = 10000

-- The end of the job of the last tick or run that added one: pending, the first letter of its status, gone, or ''. `at`: by when.
local function last_job(a, at)
  local s = keys.schedule(a.id)
  local v = call('HMGET', s, 'jobTick', 'queue', 'jobId', 'digest', 'ranAt')
  local tick_of, queue, job_id, digest, ran_at = v[1], v[2], v[3], v[4], v[5]
  if not tick_of then return '' end
  if call('HEXISTS', s, 'open:' .. tick_of) == 1 and not bullmq.is_over('schedules', 'repeat:' .. a.id .. ':' .. tick_of) then return 'pending' end
  local entry = call('HMGET', keys.job(digest), 'state', 'status')
  if entry[1] and entry[1] ~= 'settled' then return 'pending' end
  local status = entry[2] or used_ids.status_of(digest, a.ledgerDays)
  if status then return string.sub(status, 1, 1) end
  if not bullmq.is_over(queue, job_id) then return 'pending' end
  return at and ran_at == tick_of and num(at) - num(ran_at) < RUN_MS and 'pending' or 'gone'
end

script('schedule_put', { run = function(a)
  local s = keys.schedule(a.id)
  local old = call('HMGET', s, 'revision', 'rule')
  if old[1] == a.revision then return 'unchanged' end
  call('HSET', s, 'definition', a.definition, 'revision', a.revision, 'rule', a.rule, 'updatedAt', a.now)
  -- The same times with another job: the grid of an interval stays where it is.
  if old[2] ~= a.rule then call('HSET', s, 'from', a.now) end
  call('HSETNX', s, 'createdAt', a.now)
  call('ZADD', keys.schedules, 0, a.id)
  return old[1] and 'replaced' or 'created'
end })

script('schedule_tick', { run = function(a)
  local s = keys.schedule(a.id)
  local v = call('HMGET', s, 'revision', 'last', 'open:' .. a.tick, 'pausedAt', 'resumedAt')
  local revision, last, opened_for, paused, resumed = v[1], v[2], v[3], v[4], v[5]
  if not revision then return { 'gone', '' } end
  if revision ~= a.revision then
    call('HDEL', s, 'open:' .. a.tick)
    return { 'stale', '' }
  end
  if opened_for then return { 'add', opened_for } end
  if paused then return { 'paused', '' } end
  if (last or '') ~= a.last or (resumed or '') ~= a.resumed then return { 'again', '' } end
  -- Times of a pause are not caught up.
  if num(a.at) <= num(last) or num(a.at) <= num(resumed) then return { 'passed', '' } end
  tick()
  local before = a.overlap == 'skip' and last_job(a, a.at) or ''
  call('HSET', s, 'last', a.at)
  if a.missed > 0 then
    call('HINCRBY', s, 'missed', a.missed)
    call('HSET', s, 'lastMissed', a.lastMissed)
  end
  if before == 'pending' then
    call('HINCRBY', s, 'skipped', 1)
    call('HSET', s, 'lastSkipped', a.at)
    audit_ticks.add({ from = a.from, operation = a.operation, target = a.id, status = 'skipped' })
    return { 'skip', call('HGET', s, 'jobId') }
  end
  call('HSET', s, 'jobTick', a.tick, 'jobAt', a.at, 'queue', a.queue, 'jobId', a.jobId, 'digest', a.digest, 'open:' .. a.tick, a.at)
  audit_ticks.add({ from = a.from, operation = a.operation, target = a.id .. ' ' .. a.jobId, status = 'added' })
  return { 'add', a.at }
end })

-- The job of a tick is in its queue.
script('schedule_done', { flags = { 'allow-oom' }, run = function(a) return call('HDEL', keys.schedule(a.id), 'open:' .. a.tick) end })

-- A run by hand, beside the ticks and whether it is paused or not.
script('schedule_run', { run = function(a)
  local s = keys.schedule(a.id)
  local v = call('HMGET', s, 'revision', 'jobId')
  if not v[1] then return { 'gone', '' } end
  if v[1] ~= a.revision then return { 'again', '' } end
  if a.overlap == 'skip' and last_job(a, a.at) == 'pending' then return { 'pending', v[2] } end
  if v[2] == a.jobId then return { 'known', a.jobId } end
  call('HSET', s, 'jobTick', a.at, 'jobAt', a.at, 'ranAt', a.at, 'queue', a.queue, 'jobId', a.jobId, 'digest', a.digest)
  return { 'run', a.jobId }
end })

script('schedule_pause', { run = function(a)
  local s = keys.schedule(a.id)
  if call('HEXISTS', s, 'definition') == 0 then return 'gone' end
  return call('HSETNX', s, 'pausedAt', a.now) == 1 and 'changed' or 'unchanged'
end })

script('schedule_resume', { run = function(a)
  local s = keys.schedule(a.id)
  if call('HEXISTS', s, 'definition') == 0 then return 'gone' end
  if call('HDEL', s, 'pausedAt') == 0 then return 'unchanged' end
  call('HSET', s, 'resumedAt', a.now)
  return 'changed'
end })

script('schedule_remove', { flags = { 'allow-oom' }, run = function(a)
  call('ZREM', keys.schedules, a.id)
  return call('DEL', keys.schedule(a.id))
end })

-- The end of its last job, and then the hash.
script('schedule_read', { flags = { 'no-writes' }, run = function(a)
  local answer = call('HGETALL', keys.schedule(a.id))
  table.insert(answer, 1, last_job(a))
  return answer
end })
