-- The API key's own state: who works with it, whether it is open, and the first moment after a loss of state.
-- needs: window, feeding, account_rules, brakes, braked_jobs, rest_lines, strictest, changes, events, state_loss
local STATE = { 'state', 'reason', 'until', 'closedUntil', 'keyCanary', 'limit', 'transit', 'answersUntil', 'window', 'margin', 'accountMax', 'dayCredits', 'careful', 'gapDays', 'mostGap', 'hold', 'born',
  'nextProbe', 'clockJump', 'clockJumpedAt', 'shortage', 'shortageBy', 'closedTold', 'line', 'marks', 'beats', 'lost',
  'lostMarks', 'doubtUntil', 'gatheringUntil' }

-- `quick`: without the rests, for those that ask again and again.
local function read(quick)
  local bounds, state = strictest.look(), state_loss.told()
  return {
    'state', api_key.get('state') or 'open', 'reason', api_key.get('reason') or '', 'until', api_key.get('until') or '0',
    'closedUntil', api_key.get('closedUntil') or '0', 'limit', api_key.get('limit') or '0', 'window', api_key.get('window') or '0',
    'hold', tostring(api_key.get('hold') or '0'), 'nextProbe', tostring(api_key.get('nextProbe') or '0'), 'now', string.format('%d', now),
    'slots', window.count(keys.slots), 'workers', call('ZCARD', keys.workers), 'open', call('ZCARD', keys.open),
    'outbox', call('ZCARD', keys.outbox), 'brakes', braked_jobs.list(), 'rests', quick and '[]' or rest_lines.list(),
    'transit', tostring(api_key.get('transit') or '0'), 'answersUntil', tostring(api_key.get('answersUntil') or '0'),
    'accountMax', api_key.get('accountMax') or '0', 'dayCredits', api_key.get('dayCredits') or '0',
    'careful', api_key.get('careful') or '0', 'gapDays', tostring(api_key.get('gapDays') or '0'),
    'clock', string.format('%d', clock), 'clockJump', api_key.get('clockJump') or '0', 'clockJumpedAt', api_key.get('clockJumpedAt') or '0',
    'line', state.line, 'marks', tostring(state.marks), 'beats', tostring(state.beats), 'lost', tostring(api_key.get('lost') or '0'), 'lostMarks', tostring(api_key.get('lostMarks') or '0'),
    'bounds', #bounds > 0 and cjson.encode(bounds) or '[]',
  }
end

-- Tells people of changes; the process that made them finds them in the answer.
local function tell_and_read(changed, days)
  local answer = read()
  if #changed > 0 then
    events.hand_over_changes(changed, days)
    table.insert(answer, 'changed')
    table.insert(answer, cjson.encode(changed))
  end
  return answer
end

-- `by`: person | new_key; see changes.opened. Answers the changes that are to be told.
local function open_key(a, by)
  local was = { state = api_key.get('state') or 'open', reason = api_key.get('reason') or '' }
  api_key.put('state', 'open')
  api_key.put('reason', '')
  api_key.put('ring', '')
  return was.state ~= 'open' and changes.opened(was, by, a.caller) or {}
end

local function start(a)
  strictest.forget_dead()
  local is_other = api_key.get('fingerprint') ~= a.fingerprint
  if is_other and api_key.get('fingerprint') then
    if call('ZCARD', keys.workers) > 0 then return { 'refused', 'other_key' } end
  end
  if a.strict then
    local than = strictest.stricter_than(a.bounds)
    if than then return { 'refused', 'looser', 'stricter', cjson.encode(than) } end
  end
  local changed = {}
  if is_other and api_key.get('fingerprint') then
    changed = open_key(a, 'new_key')
    brakes.key_opened()
  end
  -- A key that was never answered goes alone first: a wrong one costs one call, however many accounts want to log in.
  if is_other then api_key.put('unproven', 1) end
  if not api_key.get('keyCanary') then api_key.put('keyCanary', a.canary) end
  if not api_key.get('born') then
    -- The stop switch may have been set before there was any worker: it stays.
    if not api_key.get('state') then api_key.put('state', 'open') end
    api_key.put('born', now)
    if a.fresh then api_key.put('closedUntil', 0) else strictest.close(a.bounds) end
  end
  api_key.put('fingerprint', a.fingerprint)
  strictest.enter(a.worker, a.bounds, a.settledIn)
  feeding.wake_resting()
  return tell_and_read(changed, a.outcomeDays)
end

local function resume(a)
  local changed = open_key(a, 'person')
  api_key.put('pause', 0)
  api_key.put('probe', false)
  api_key.put('nextProbe', false)
  brakes.key_opened()
  feeding.wake_resting()
  return tell_and_read(changed, a.outcomeDays)
end

-- The stop switch.
local function pause(a)
  local is_paused = api_key.get('state') == 'stopped' and api_key.get('reason') == 'by_hand'
  api_key.put('state', 'stopped')
  api_key.put('reason', 'by_hand')
  -- A probe that is still out is none any more: it may not leave, and its answer must not open the key.
  api_key.put('probe', false)
  feeding.wake_resting()
  return tell_and_read(is_paused and {} or { { kind = 'key_paused', caller = a.caller } }, a.outcomeDays)
end

script('key_start', { state = STATE, run = function(a)
  for _, seen in ipairs(a.notes) do state_loss.look(seen) end
  tick()
  state_loss.begin_line(a.worker)
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
  state_loss.look(a.seen)
  tick()
  state_loss.begin_line(a.worker)
  api_key.add('beats', 1)
  strictest.enter(a.worker, a.bounds, a.settledIn)
  local answer = read(true)
  local noted = note_shortage(a)
  if noted then
    table.insert(answer, 'shortageBefore')
    table.insert(answer, noted)
  end
  return answer
end })

-- A worker saw Redis's clock jump: how long ago anything left is not known.
script('key_clock_jumped', { state = STATE, run = function(a)
  tick()
  strictest.look()
  strictest.bind_window(a)
  strictest.close(a)
  api_key.put('clockJump', a.jumpMs)
  api_key.put('clockJumpedAt', now)
  return read(true)
end })

script('key_leave', { state = STATE, run = function(a)
  tick()
  strictest.leave(a.worker)
  return read(true)
end })

script('key_pause', { state = STATE, run = function(a)
  tick()
  return pause(a)
end })

script('key_resume', { state = STATE, run = function(a)
  tick()
  return resume(a)
end })

-- From now on the rules of accounts go by what is left of their counts.
local function count_as_known(a)
  state_loss.count_as_known(a.name)
  account_rules.look_at_all()
  feeding.wake_resting()
end

-- A person said what may be sent of what was handed over until now, and whether what accounts sent is known. Nobody knows what left in the last window.
script('key_restore', { state = STATE, run = function(a)
  tick()
  if not state_loss.stands() then
    if not a.isCounted or not state_loss.is_uncounted(a.name) then return { 'refused', 'not_lost' } end
    count_as_known(a)
    return tell_and_read({}, a.outcomeDays)
  end
  state_loss.restore(a.name, a.isSent)
  if a.isCounted then count_as_known(a) end
  strictest.look()
  strictest.bind_window(a)
  strictest.close(a)
  -- Also where a window is shorter than it takes the workers to settle again what they settled.
  api_key.put('closedUntil', math.max(num(api_key.get('closedUntil')), num(api_key.get('gatheringUntil'))))
  feeding.wake_resting()
  return tell_and_read(changes.opened({ reason = 'state_lost' }, 'person', a.caller), a.outcomeDays)
end })

script('key_release', { state = STATE, run = function(a)
  tick()
  local cause = braked_jobs.release(a.operation)
  local off = { kind = 'opened', operation = a.operation, cause = cause, by = 'person', caller = a.caller }
  feeding.wake_resting()
  return tell_and_read(cause and { off } or {}, a.outcomeDays)
end })

script('key_read', { state = STATE, run = function()
  tick()
  return read()
end })
