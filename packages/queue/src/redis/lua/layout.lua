-- The number of the layout: looked at before anything else is, and changed only by whoever knows what it was. Runs in every layout, so it stands
-- alone, without the prelude. Answers what the number is now ('' for nothing kept yet, '1>2' on the way), and how many workers are alive.
local P = KEYS[1] .. ':gate:'
local KEY = P .. 'key'
local a = cjson.decode(ARGV[1])
local clock = call('TIME')
local k = call('HMGET', KEY, 'layout', 'now')
local now = math.max(clock[1] * 1000 + math.floor(clock[2] / 1000), tonumber(k[2] or '0'))
-- Before the number was written there was one layout, the first.
local found = k[1] or (k[2] and '1' or '')
local workers = call('ZCOUNT', P .. 'workers', string.format('(%.0f', now - a.aliveMs), '+inf')
if found == a.was and not (a.alone and workers > 0) then
  call('HSET', KEY, 'layout', a.to)
  found = a.to
end
return { found, workers }
