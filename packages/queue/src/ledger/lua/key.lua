-- The API key's own state: who works with it, whether it is open, and the first moment after a loss of state.
-- needs: window, feeding, brakes, braked_jobs, rest_lines
-- A worker is taken for alive this long after its last beat; as in open-layout.ts.
local ALIVE_MS = 15000
local STATE = { 'state', 'reason', 'until', 'closedUntil', 'keyCanary', 'limit', 'window', 'hold', 'born', 'nextProbe', 'shortage', 'shortageBy' }

local function forget_dead_workers() call('ZREMRANGEBYSCORE', keys.workers, '-inf', now - ALIVE_MS) end

-- `quick`: without the rests, for those that ask again and again.
local function read(quick)
  forget_dead_workers()
  return {
    'state', api_key.get('state') or 'open', 'reason', api_key.get('reason') or '', 'until', api_key.get('until') or '0',
    'closedUntil', api_key.get('closedUntil') or '0', 'limit', api_key.get('limit') or '0', 'window', api_key.get('window') or '0',
    'hold', tostring(api_key.get('hold') or '0'), 'nextProbe', tostring(api_key.get('nextProbe') or '0'), 'now', string.format('%d', now),
    'slots', window.count(keys.slots), 'workers', call('ZCARD', keys.workers), 'open', call('ZCARD', keys.open),
    'outbox', call('ZCARD', keys.outbox), 'brakes', braked_jobs.list(), 'rests', quick and '[]' or rest_lines.list(),
  }
end

local function open_key()
  api_key.put('state', 'open')
  api_key.put('reason', '')
  api_key.put('ring', '')
end

-- Nothing leaves for one window: what was sent in the last one is not known, or counts by another length.
local function close_for_a_window(a) api_key.put('closedUntil', now + a.windowMs + a.marginMs) end

local function start(a)
  forget_dead_workers()
  local is_other = api_key.get('fingerprint') ~= a.fingerprint
  if is_other and api_key.get('fingerprint') then
    if call('ZCARD', keys.workers) > 0 then return { 'refused', 'other_key' } end
    open_key()
    brakes.key_opened()
  end
  -- A key that was never answered goes alone first: a wrong one costs one call, however many accounts want to log in.
  if is_other then api_key.put('unproven', 1) end
  if not api_key.get('keyCanary') then api_key.put('keyCanary', a.canary) end
  if not api_key.get('born') then
    -- The stop switch may have been set before there was any worker: it stays.
    if not api_key.get('state') then api_key.put('state', 'open') end
    api_key.put('born', now)
    if a.fresh then api_key.put('closedUntil', 0) else close_for_a_window(a) end
  elseif api_key.get('window') and (num(api_key.get('window')) < a.windowMs or num(api_key.get('limit')) > a.limit) then
    close_for_a_window(a)
  end
  for field, value in pairs({ fingerprint = a.fingerprint, window = a.windowMs, limit = a.limit, accountMax = a.accountMax }) do
    api_key.put(field, value)
  end
  call('ZADD', keys.workers, now, a.worker)
  feeding.wake_resting()
  return read()
end

local function resume()
  open_key()
  api_key.put('pause', 0)
  api_key.put('probe', false)
  api_key.put('nextProbe', false)
  brakes.key_opened()
  feeding.wake_resting()
  return read()
end

-- The stop switch.
local function pause()
  api_key.put('state', 'stopped')
  api_key.put('reason', 'by_hand')
  -- A probe that is still out is none any more: it may not leave, and its answer must not open the key.
  api_key.put('probe', false)
  feeding.wake_resting()
  return read()
end

script('key_start', { state = STATE, run = function(a)
  tick()
  return start(a)
end })

-- Each worker looks whether Redis is short of something; one notes it for all, and it alone, or another once that one is gone, notes what became of
-- it. Answers what was noted before; nil where this worker has nothing to tell.
local function note_shortage(a)
  local by, was, is = api_key.get('shortageBy'), api_key.get('shortage') or '', a.shortage or ''
  if is == was or (was ~= '' and by ~= a.worker and call('ZSCORE', keys.workers, by)) then return nil end
  api_key.put('shortage', is ~= '' and is)
  api_key.put('shortageBy', is ~= '' and a.worker)
  return was
end

-- Also while Redis is full: a worker that is not known to be alive may be taken for gone.
script('key_beat', { flags = { 'allow-oom' }, state = STATE, run = function(a)
  tick()
  call('ZADD', keys.workers, now, a.worker)
  local answer = read(true)
  local noted = note_shortage(a)
  if noted then
    table.insert(answer, 'shortageBefore')
    table.insert(answer, noted)
  end
  return answer
end })

script('key_leave', { state = STATE, run = function(a)
  tick()
  call('ZREM', keys.workers, a.worker)
  return read(true)
end })

script('key_pause', { state = STATE, run = function()
  tick()
  return pause()
end })

script('key_resume', { state = STATE, run = function()
  tick()
  return resume()
end })

script('key_release', { state = STATE, run = function(a)
  tick()
  braked_jobs.release(a.operation)
  feeding.wake_resting()
  return read()
end })

script('key_read', { state = STATE, run = function()
  tick()
  return read()
end })
