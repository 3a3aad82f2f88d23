-- Changes of the key and of the day's credits that no one call caused. The sweep looks, so that one worker tells each change, once.
-- needs: nothing
local changes = {}

-- Nothing leaves for a window, as what was sent in the last one is not known. Of a key that is stopped only the stop is told.
local function look_at_fresh_state(found)
  local closed_until, told = num(api_key.get('closedUntil')), api_key.get('closedTold')
  local is_stopped = api_key.get('state') == 'stopped'
  if closed_until > now then
    if is_stopped or num(told) == closed_until then return end
    api_key.put('closedTold', string.format('%.0f', closed_until))
    table.insert(found, { kind = 'key_cools', reason = 'fresh_state', untilMs = closed_until })
  elseif told then
    api_key.put('closedTold', false)
    if not is_stopped then table.insert(found, { kind = 'key_opened', reason = 'fresh_state' }) end
  end
end

-- The window after the key's own limit answered is over.
local function look_at_limit(found)
  if api_key.get('state') ~= 'cooling' or api_key.get('reason') ~= 'rate_limited' or now < num(api_key.get('until')) then return end
  api_key.put('state', 'open')
  api_key.put('reason', '')
  table.insert(found, { kind = 'key_opened', reason = 'rate_limited' })
end

-- By day and bound: workers may have other bounds, and each bound that is reached is told once.
local function put_told(bound, is) api_key.put('dayTold', string.format('%d:%.0f:%s', today, bound, is)) end

local function look_at_day(found, bound)
  local day, told_bound, is = string.match(api_key.get('dayTold') or '', '^(%d+):(%d+):(%a+)$')
  told_bound = num(told_bound)
  if day and num(day) < today then
    if is == 'spent' then table.insert(found, { kind = 'day_opened', limit = told_bound }) end
    api_key.put('dayTold', false)
    is, told_bound = nil, 0
  end
  if not bound and is ~= 'spent' then return end
  local spent = 0
  if bound then
    local sums = call('HMGET', keys.credits(today), 'charged', 'uncertain')
    spent = num(sums[1]) + num(sums[2])
  end
  local is_spent = bound and spent >= bound
  if is == 'spent' and not is_spent then
    if bound == told_bound then api_key.put('dayTold', false) else put_told(told_bound, 'open') end
    table.insert(found, { kind = 'day_opened', limit = told_bound })
  elseif is ~= 'spent' and is_spent and bound > told_bound then
    put_told(bound, 'spent')
    table.insert(found, { kind = 'day_spent', limit = bound, spent = spent, untilMs = (today + 1) * DAY_MS })
  end
end

-- A key that was stopped or cooling was opened by `by`: person | new_key. Nothing leaves before the window without a record is over, so that is told then.
function changes.opened(was, by, caller)
  local found = {}
  if num(api_key.get('closedUntil')) > now then
    api_key.put('closedTold', false)
    look_at_fresh_state(found)
  else
    table.insert(found, { kind = 'key_opened', reason = was.reason, by = by, caller = caller })
  end
  return found
end

local function look_at_state(found)
  if not api_key.get('lost') or api_key.get('lostTold') then return end
  api_key.put('lostTold', '1')
  table.insert(found, { kind = 'state_lost', marks = num(api_key.get('lostMarks')) })
end

-- Answers what changed, for people.
function changes.look_at_state()
  local found = {}
  look_at_state(found)
  return found
end

function changes.look(bound)
  local found = {}
  look_at_fresh_state(found)
  look_at_limit(found)
  look_at_day(found, bound)
  return found
end

return changes
