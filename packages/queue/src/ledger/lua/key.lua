-- The API key's own state: who works with it, whether it is open, and the first moment after a loss of state.
-- Events: start | beat | leave | pause | resume | release | read.
tick()
local WORKERS = P .. 'workers'
call('ZREMRANGEBYSCORE', WORKERS, '-inf', now - 15000)
if a.event == 'start' then
  local k = call('HMGET', KEY, 'fingerprint', 'canary', 'born', 'window', 'limit')
  if k[1] and k[1] ~= a.fingerprint then
    if call('ZCARD', WORKERS) > 0 then return { 'other_key' } end
    call('HSET', KEY, 'state', 'open', 'reason', '', 'ring', '')
    brakes.key_opened()
  end
  -- A key that was never answered goes alone first: a wrong one costs one call, however many accounts want to log in.
  if k[1] ~= a.fingerprint then call('HSET', KEY, 'unproven', 1) end
  if not k[2] then call('HSET', KEY, 'canary', a.canary) end
  local changed = k[4] and (num(k[4]) < a.windowMs or num(k[5]) > a.limit)
  if not k[3] then
    -- The stop switch may have been set before there was any worker: it stays.
    call('HSETNX', KEY, 'state', 'open')
    call('HSET', KEY, 'born', now, 'closedUntil', a.fresh and 0 or now + a.windowMs + a.marginMs)
  elseif changed then
    call('HSET', KEY, 'closedUntil', now + a.windowMs + a.marginMs)
  end
  call('HSET', KEY, 'fingerprint', a.fingerprint, 'window', a.windowMs, 'limit', a.limit, 'accountMax', a.accountMax)
end
if a.event == 'start' or a.event == 'beat' then call('ZADD', WORKERS, now, a.worker) end
if a.event == 'leave' then call('ZREM', WORKERS, a.worker) end
if a.event == 'pause' then
  call('HSET', KEY, 'state', 'stopped', 'reason', 'by_hand')
  -- A probe that is still out is none any more: it may not leave, and its answer must not open the key.
  call('HDEL', KEY, 'probe')
end
if a.event == 'resume' then
  call('HSET', KEY, 'state', 'open', 'reason', '', 'ring', '', 'pause', 0)
  call('HDEL', KEY, 'probe', 'nextProbe')
  brakes.key_opened()
end
if a.event == 'release' then brakes.release(a.operation) end
if a.event == 'start' or a.event == 'pause' or a.event == 'resume' or a.event == 'release' then wake_resting() end
call('ZREMRANGEBYSCORE', SLOTS, '-inf', now)
local k = call('HMGET', KEY, 'state', 'reason', 'until', 'closedUntil', 'canary', 'limit', 'window', 'hold', 'born', 'nextProbe')
return { 'ok', k[1] or 'open', k[2] or '', k[3] or '0', k[4] or '0', k[5] or '', k[6] or '0', k[7] or '0', k[8] or '0', string.format('%d', now),
  tostring(call('ZCARD', SLOTS)), tostring(call('ZCARD', WORKERS)), tostring(call('ZCARD', OPEN)), tostring(call('ZCARD', OUTBOX)), k[9] or '',
  k[10] or '', brakes.list() }
