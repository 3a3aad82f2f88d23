#!lua flags=allow-oom
-- Campaigns that are over for long enough are forgotten, one a call: first the list of their results, in the end all of them. One whose
-- jobs have not all ended is left for another day: without its record nothing says what is to become of them.
-- Answers the id of what was forgotten whole, or ''.
tick()
local DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
for _, id in ipairs(call('ZRANGEBYSCORE', ENDED_RESULTS, '-inf', now - a.resultsMs, 'LIMIT', 0, 10)) do
  local ids = P .. 'campaign-outcomes:' .. id
  local dropped = call('LLEN', ids)
  -- More may end later: what is listed then is not all there was.
  if dropped > 0 then
    call('HINCRBY', CAMPAIGN(id), 'dropped', dropped)
    call('HSET', CAMPAIGN(id), 'droppedAt', now)
  end
  call('UNLINK', ids)
  call('ZREM', ENDED_RESULTS, id)
end
local id
for _, one in ipairs(call('ZRANGEBYSCORE', ENDED, '-inf', now - a.keepMs, 'LIMIT', 0, 10)) do
  local c = call('HMGET', CAMPAIGN(one), 'fed', 'ended')
  if num(c[2]) >= num(c[1]) then
    id = one
    break
  end
  call('ZADD', ENDED, now - a.keepMs + DAY_MS, one)
end
if not id then return '' end
for i = 1, #DIGITS do
  local keys = {}
  for k = 1, #DIGITS do keys[k] = P .. 'recipients:' .. id .. ':' .. string.sub(DIGITS, i, i) .. string.sub(DIGITS, k, k) end
  call('UNLINK', unpack(keys))
end
drop_unsent(id)
call('UNLINK', CAMPAIGN(id), P .. 'campaign-outcomes:' .. id, HELD(id))
call('ZREM', P .. 'campaigns', id)
call('ZREM', ENDED, id)
call('ZREM', ENDED_RESULTS, id)
return id
