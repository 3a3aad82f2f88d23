#!lua flags=allow-oom
-- How many outcomes of `a.count` may go onto the results queue now; kept for whoever asked, by `a.name`, until they are on it or `a.keepMs` are
-- over, so that several processes together never go above `a.max`. Answers that count, and how many wait on the queue.
local ROOM = P .. 'results-room'
local function results(name) return bull('results', name) end
local waiting = call('LLEN', results('wait')) + call('LLEN', results('paused')) + call('ZCARD', results('prioritized')) + call('ZCARD', results('delayed'))
call('ZREMRANGEBYSCORE', ROOM, '-inf', now)
local kept = 0
for _, member in ipairs(call('ZRANGE', ROOM, 0, -1)) do
  local name, count = string.match(member, '^(.+):(%d+)$')
  -- A repeated script finds its own.
  if name == a.name then return { num(count), waiting } end
  kept = kept + num(count)
end
local free = math.max(0, math.min(a.count, a.max - waiting - kept))
if free > 0 then call('ZADD', ROOM, now + a.keepMs, a.name .. ':' .. string.format('%d', free)) end
return { free, waiting }
