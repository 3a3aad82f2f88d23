-- One schedule: its definition and what became of its ticks, in one hash. Events: put | tick | done | remove | read.
-- A tick is decided here once; `open:<tick>` stays until its job is in its queue, so that a crash in between is made good.
local S = P .. 'schedule:' .. a.id
local INDEX = P .. 'schedules'

local function unfinished(key) return call('EXISTS', key) == 1 and call('HEXISTS', key, 'finishedOn') == 0 end

-- What the job of the last tick that added one has come to: pending, the first letter of its status, gone, or ''.
local function last_job()
  local j = call('HMGET', S, 'jobTick', 'queue', 'jobId', 'digest')
  if not j[1] then return '' end
  if call('HEXISTS', S, 'open:' .. j[1]) == 1 and unfinished(bull('schedules', 'repeat:' .. a.id .. ':' .. j[1])) then return 'pending' end
  local entry = call('HMGET', JOB(j[4]), 'state', 'status')
  if entry[1] and entry[1] ~= 'settled' then return 'pending' end
  local status = entry[2] or used_status(j[4], a.ledgerDays)
  if status then return string.sub(status, 1, 1) end
  return unfinished(bull(j[2], j[3])) and 'pending' or 'gone'
end

local on = {}

function on.put()
  local old = call('HMGET', S, 'revision', 'rule')
  if old[1] == a.revision then return { 'unchanged' } end
  call('HSET', S, 'definition', a.definition, 'revision', a.revision, 'rule', a.rule, 'updatedAt', a.now)
  -- The same times with another job: the grid of an interval stays where it is.
  if old[2] ~= a.rule then call('HSET', S, 'from', a.now) end
  call('HSETNX', S, 'createdAt', a.now)
  call('ZADD', INDEX, 0, a.id)
  return { old[1] and 'replaced' or 'created' }
end

function on.tick()
  local s = call('HMGET', S, 'revision', 'last', 'open:' .. a.tick)
  if not s[1] then return { 'gone' } end
  if s[1] ~= a.revision then
    call('HDEL', S, 'open:' .. a.tick)
    return { 'stale' }
  end
  if s[3] then return { 'add', s[3] } end
  if (s[2] or '') ~= a.last then return { 'again' } end
  if num(a.at) <= num(s[2]) then return { 'passed' } end
  local before = a.overlap == 'skip' and last_job() or ''
  call('HSET', S, 'last', a.at)
  if a.missed > 0 then
    call('HINCRBY', S, 'missed', a.missed)
    call('HSET', S, 'lastMissed', a.lastMissed)
  end
  if before == 'pending' then
    call('HINCRBY', S, 'skipped', 1)
    call('HSET', S, 'lastSkipped', a.at)
    return { 'skip', call('HGET', S, 'jobId') }
  end
  call('HSET', S, 'jobTick', a.tick, 'jobAt', a.at, 'queue', a.queue, 'jobId', a.jobId, 'digest', a.digest, 'open:' .. a.tick, a.at)
  return { 'add', a.at }
end

function on.done()
  return { tostring(call('HDEL', S, 'open:' .. a.tick)) }
end

function on.remove()
  call('ZREM', INDEX, a.id)
  return { tostring(call('DEL', S)) }
end

function on.read()
  local answer = call('HGETALL', S)
  table.insert(answer, 1, last_job())
  return answer
end

return on[a.event]()
