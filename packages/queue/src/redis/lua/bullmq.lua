-- BullMQ's layout, version 6: the only place of our Lua that knows it, held to it by bullmq-layout.test.ts.
-- needs: nothing
local bullmq = {}
bullmq.PRIORITY_STEP = 0x100000000
-- As many as BullMQ keeps itself.
local MOST_EVENTS = 10000
-- Longer than any repetition of a script.
local NOTED_SECONDS = 600

function bullmq.key(queue, name) return keys.tag .. ':' .. queue .. ':' .. name end
function bullmq.has(queue, id) return call('EXISTS', bullmq.key(queue, id)) == 1 end
-- Whether nobody will run it again: BullMQ has no such job, or one that is over.
function bullmq.is_over(queue, id) return not bullmq.has(queue, id) or call('HEXISTS', bullmq.key(queue, id), 'finishedOn') == 1 end

-- Whether a script is the first to act for this id, of a call or a settlement; a repeated one is not.
function bullmq.is_first(id, digest) return call('SET', keys.back(id), digest, 'NX', 'EX', NOTED_SECONDS) and true or false end

-- A fetched job took a token of BullMQ's limiter. A job that made no call gives it back; `id`, of the call or the settlement, keeps a repeated script from giving two.
function bullmq.give_back_token(queue, digest, id)
  if bullmq.is_first(id, digest) then
    local limiter = bullmq.key(queue, 'limiter')
    if num(call('GET', limiter)) > 0 then call('DECR', limiter) end
  end
end

-- Wakes a worker that waits for jobs, unless the queue is paused or at its bound.
local function mark_work(queue, meta)
  local maxed = meta.concurrency and call('LLEN', bullmq.key(queue, 'active')) >= num(meta.concurrency)
  if not meta.paused and not maxed then call('ZADD', bullmq.key(queue, 'marker'), '0', '0') end
end

-- Out of BullMQ's `delayed` and into its turn: `ahead` jobs from the front of its own priority, so that an account with
-- thousands of jobs gets one turn in each round of the accounts at work. Returns 1 when it moved, 0 when it is not delayed.
function bullmq.promote(queue, id, priority, ahead)
  if call('ZREM', bullmq.key(queue, 'delayed'), id) == 0 then return 0 end
  call('HSET', bullmq.key(queue, id), 'delay', 0)
  if priority == 0 then
    local wait = bullmq.key(queue, 'wait')
    local front = ahead > 0 and call('RPOP', wait, ahead) or {}
    local back = { id }
    for i = #front, 1, -1 do table.insert(back, front[i]) end
    call('RPUSH', wait, unpack(back))
  else
    local prioritized = bullmq.key(queue, 'prioritized')
    local low = priority * bullmq.PRIORITY_STEP
    local at = call('ZRANGEBYSCORE', prioritized, low, '(' .. string.format('%.0f', low + bullmq.PRIORITY_STEP), 'WITHSCORES', 'LIMIT', ahead, 1)
    local score = at[2] or string.format('%.0f', low + call('INCR', bullmq.key(queue, 'pc')) % bullmq.PRIORITY_STEP)
    call('ZADD', prioritized, score, id)
  end
  call('XADD', bullmq.key(queue, 'events'), 'MAXLEN', '~', MOST_EVENTS, '*', 'event', 'waiting', 'jobId', id, 'prev', 'delayed')
  local meta = call('HMGET', bullmq.key(queue, 'meta'), 'paused', 'concurrency')
  mark_work(queue, { paused = meta[1], concurrency = meta[2] })
  return 1
end

-- The queues whose jobs make calls; lua.test.ts holds them to the contract's.
bullmq.SPENDING_QUEUES = { 'messages', 'network', 'profiles', 'posts', 'auth' }

-- Of all queues whose jobs make calls: how many jobs wait or are in hand, and how many are delayed.
function bullmq.work()
  local key, here, delayed = bullmq.key, 0, 0
  for _, queue in ipairs(bullmq.SPENDING_QUEUES) do
    here = here + call('LLEN', key(queue, 'wait')) + call('ZCARD', key(queue, 'prioritized')) + call('LLEN', key(queue, 'active'))
    delayed = delayed + call('ZCARD', key(queue, 'delayed'))
  end
  return here, delayed
end

-- How many jobs of a queue wait, now or for a time. `id`: of a job that is to be added; answers, too, whether it is known to be new.
function bullmq.waiting(queue, id)
  local key = bullmq.key
  local waiting = call('LLEN', key(queue, 'wait'))
  -- Nearly always there is none of the others, nor the job.
  local paused, prioritized, delayed = key(queue, 'paused'), key(queue, 'prioritized'), key(queue, 'delayed')
  if call('EXISTS', paused, prioritized, delayed, id and key(queue, id) or paused) == 0 then return waiting, id ~= nil end
  return waiting + call('LLEN', paused) + call('ZCARD', prioritized) + call('ZCARD', delayed), false
end

-- Adds jobs (id, name, data; is_new: known to be) without priority, as BullMQ's own `addBulk` does; one that is there already stays as it is. `opts`: JSON of the
-- options that they share. Returns how many were new.
function bullmq.add(queue, jobs, q)
  if #jobs == 0 then return 0 end
  local meta_key, events = bullmq.key(queue, 'meta'), bullmq.key(queue, 'events')
  local read = call('HMGET', meta_key, 'paused', 'concurrency', 'opts.maxLenEvents')
  local most_events = read[3] or MOST_EVENTS
  if not read[3] then call('HSET', meta_key, 'opts.maxLenEvents', MOST_EVENTS) end
  -- BullMQ counts what was asked for.
  call('INCRBY', bullmq.key(queue, 'id'), int(#jobs))
  local new, opts, timestamp = {}, string.sub(q.opts, 2), int(q.timestamp)
  for _, job in ipairs(jobs) do
    if not job.is_new and bullmq.has(queue, job.id) then
      call('XADD', events, 'MAXLEN', '~', most_events, '*', 'event', 'duplicated', 'jobId', job.id)
    else
      call('HSET', bullmq.key(queue, job.id), 'name', job.name, 'data', job.data, 'opts', '{"jobId":"' .. job.id .. '",' .. opts,
        'timestamp', timestamp, 'delay', '0', 'priority', '0')
      call('XADD', events, '*', 'event', 'added', 'jobId', job.id, 'name', job.name)
      call('XADD', events, 'MAXLEN', '~', most_events, '*', 'event', 'waiting', 'jobId', job.id)
      new[#new + 1] = job.id
    end
  end
  if #new > 0 then
    call('LPUSH', bullmq.key(queue, 'wait'), unpack(new))
    mark_work(queue, { paused = read[1], concurrency = read[2] })
  end
  return #new
end

-- A worker that took the mark of a queue and died before it took the job leaves the others asleep for up to ten seconds.
function bullmq.remind(queue)
  if call('LLEN', bullmq.key(queue, 'wait')) == 0 or call('HEXISTS', bullmq.key(queue, 'meta'), 'paused') == 1 then return end
  call('ZADD', bullmq.key(queue, 'marker'), 0, '0')
end

return bullmq
