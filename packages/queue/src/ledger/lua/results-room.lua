-- How many outcomes of `a.count` may go onto the results queue now; kept for whoever asked, by `a.name`, until they are on it or `a.keepMs` are
-- over, so that several processes together never go above `a.max`. Answers that count, and how many wait on the queue.
-- needs: bullmq
local function waiting_on(queue)
  local key = bullmq.key
  return call('LLEN', key(queue, 'wait')) + call('LLEN', key(queue, 'paused')) + call('ZCARD', key(queue, 'prioritized')) + call('ZCARD', key(queue, 'delayed'))
end

script('results_room', {
  flags = { 'allow-oom' },
  run = function(a)
    local waiting = waiting_on('results')
    call('ZREMRANGEBYSCORE', keys.results_room, '-inf', now)
    local kept = 0
    for _, member in ipairs(call('ZRANGE', keys.results_room, 0, -1)) do
      local name, count = string.match(member, '^(.+):(%d+)$')
      -- A repeated script finds its own.
      if name == a.name then return { num(count), waiting } end
      kept = kept + num(count)
    end
    local free = math.max(0, math.min(a.count, a.max - waiting - kept))
    if free > 0 then call('ZADD', keys.results_room, now + a.keepMs, a.name .. ':' .. string.format('%d', free)) end
    return { free, waiting }
  end,
})
