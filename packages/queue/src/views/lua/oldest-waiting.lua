-- When the jobs at the heads of a queue were added: the first of its plain jobs, and the first of each priority that there is, some at most.
-- Within one, BullMQ keeps the order of arrival. Returns {timestamp, opts} for each.
-- needs: bullmq
local MOST_PRIORITIES = 50

script('oldest_waiting', {
  flags = { 'no-writes' },
  run = function(a)
    local ids = {}
    for _, list in ipairs({ 'wait', 'paused' }) do
      local id = call('LINDEX', bullmq.key(a.queue, list), -1)
      if id then table.insert(ids, id) end
    end
    local from = '-inf'
    for _ = 1, MOST_PRIORITIES do
      local first = call('ZRANGEBYSCORE', bullmq.key(a.queue, 'prioritized'), from, '+inf', 'WITHSCORES', 'LIMIT', 0, 1)
      if not first[1] then break end
      table.insert(ids, first[1])
      from = string.format('%.0f', (math.floor(num(first[2]) / bullmq.PRIORITY_STEP) + 1) * bullmq.PRIORITY_STEP)
    end
    local heads = {}
    for _, id in ipairs(ids) do
      local job = call('HMGET', bullmq.key(a.queue, id), 'timestamp', 'opts')
      if job[1] then table.insert(heads, { job[1], job[2] or '{}' }) end
    end
    return heads
  end,
})
