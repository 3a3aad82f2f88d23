-- How much memory Redis used, hour by hour, so that people are told when it will be full.
-- needs: nothing
local HOUR_MS, KEPT_HOURS = 3600000, 48

-- Notes it, unless somebody did in this hour. Answers whether it did.
script('memory_noted', {
  flags = { 'allow-oom' },
  run = function(a)
    local hour = math.floor(now / HOUR_MS)
    if call('ZCOUNT', keys.memory, hour, hour) > 0 then return 0 end
    call('ZADD', keys.memory, hour, int(now) .. ' ' .. int(a.usedBytes))
    call('ZREMRANGEBYSCORE', keys.memory, '-inf', hour - KEPT_HOURS)
    call('EXPIRE', keys.memory, KEPT_HOURS * 3600)
    return 1
  end,
})
