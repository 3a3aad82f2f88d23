-- BullMQ's layout, version 6: the only place of our Lua that knows it, held to it by bullmq-layout.test.ts.
-- needs: nothing
local bullmq = {}
bullmq.PRIORITY_STEP = 0x100000000
-- As many as BullMQ keeps itself.
local MOST_EVENTS = 10000
-- Longer than any repetition of a script.
local TOKEN_NOTED_SECONDS = 600

function bullmq.key(queue, name) return keys.tag .. ':' .. queue .. ':' .. name end
function bullmq.has(queue, id) return call('EXISTS', bullmq.key(queue, id)) == 1 end
-- Whether nobody will run it again: BullMQ has no such job, or one that is over.
function bullmq.is_over(queue, id) return not bullmq.has(queue, id) or call('HEXISTS', bullmq.key(queue, id), 'finishedOn') == 1 end

-- A fetched job took a token of BullMQ's limiter. One that made no call gives it back; `once` keeps a repeated script from giving two.
function bullmq.give_back_token(queue, d, once)
  if call('SET', keys.back(once), d, 'NX', 'EX', TOKEN_NOTED_SECONDS) then
    local limiter = bullmq.key(queue, 'limiter')
    if num(call('GET', limiter)) > 0 then call('DECR', limiter) end
  end
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
  local maxed = meta[2] and call('LLEN', bullmq.key(queue, 'active')) >= num(meta[2])
  if not meta[1] and not maxed then call('ZADD', bullmq.key(queue, 'marker'), 0, '0') end
  return 1
end

-- A worker that took the mark of a queue and died before it took the job leaves the others asleep for up to ten seconds.
function bullmq.remind(queue)
  if call('LLEN', bullmq.key(queue, 'wait')) == 0 or call('HEXISTS', bullmq.key(queue, 'meta'), 'paused') == 1 then return end
  call('ZADD', bullmq.key(queue, 'marker'), 0, '0')
end

return bullmq
