-- The settings by which all workers go, whatever each was given: of every bound the strictest among the workers that are alive, and among the workers
-- that are gone for less than one of their windows, since what left by looser ones would count in it.
-- needs: window, account_rules, people
local strictest = {}
-- A worker is taken for alive this long after its last beat; as in open-layout.ts.
local ALIVE_MS = 15000
-- So long a slot is freed by its answer alone after the key's own limit answered.
local DISTRUST_MS = 3600000
-- Bounds of which the lower, and of which the higher value is the stricter. A bound that is not there bounds nothing.
local LOWER = { 'limit', 'accountMax', 'dayCredits' }
local HIGHER = { 'windowMs', 'marginMs', 'careful', 'gapDays' }

-- A worker without a transit frees a slot by its answer alone: none is stricter. It is false then.
local function add_transit(held, one)
  if held.transitMs == false or not one.transitMs then held.transitMs = false
  else held.transitMs = math.max(held.transitMs or 0, one.transitMs) end
end

local function add(held, one)
  if one.windowMs then add_transit(held, one) end
  for _, name in ipairs(LOWER) do
    if one[name] and (not held[name] or one[name] < held[name]) then held[name] = one[name] end
  end
  for _, name in ipairs(HIGHER) do
    if one[name] and (not held[name] or one[name] > held[name]) then held[name] = one[name] end
  end
end

-- Bounds stay for days: each text of one is read once.
local MOST_READ = 100
local read, read_count = {}, 0
local function number_of(text)
  if read_count == MOST_READ then read, read_count = {}, 0 end
  read[text], read_count = num(text), read_count + 1
  return read[text]
end

local function known(field)
  local text = api_key.get(field)
  local value = text and (read[text] or number_of(text)) or 0
  return value > 0 and value or nil
end

-- The bounds that held until now; none in a Redis that is new.
local function former()
  return { limit = known('limit'), windowMs = known('window'), marginMs = known('margin'), accountMax = known('accountMax'), dayCredits = known('dayCredits'),
    careful = known('careful'), gapDays = known('gapDays'), transitMs = known('transit') }
end

-- Nothing leaves for one window: what was sent in the last one is not known, or counts by another length. Nor does ever what was granted before.
function strictest.close(bounds)
  api_key.put('closedAt', now)
  api_key.put('closedUntil', math.max(num(api_key.get('closedUntil')), now + bounds.windowMs + bounds.marginMs))
end

local function hold(bounds)
  local was = former()
  local longer = was.windowMs and bounds.windowMs > was.windowMs
  if longer then window.lengthen(keys.slots, bounds.windowMs + bounds.marginMs - was.windowMs - (was.marginMs or 0)) end
  local by_answer = was.transitMs and (not bounds.transitMs or bounds.transitMs > was.transitMs)
  if longer or by_answer or was.limit and bounds.limit < was.limit then strictest.close(bounds) end
  if (bounds.careful and '1' or false) ~= (api_key.get('careful') or false) then account_rules.look_at_all() end
  local put = { window = bounds.windowMs, margin = bounds.marginMs, limit = bounds.limit, accountMax = bounds.accountMax, dayCredits = bounds.dayCredits or false,
    careful = bounds.careful and '1' or false, gapDays = bounds.gapDays or false,
    transit = bounds.transitMs or false }
  for field, value in pairs(put) do api_key.put(field, value) end
  people.remember_for(bounds.gapDays)
end

function strictest.forget_dead() call('ZREMRANGEBYSCORE', keys.workers, '-inf', now - ALIVE_MS) end

-- Of the workers that are alive by name, and of the others as long as their bounds hold.
local function read_workers()
  local alive, bounds, held = {}, {}, {}
  for _, name in ipairs(call('ZRANGE', keys.workers, 0, -1)) do alive[name] = true end
  local flat = call('HGETALL', keys.worker_bounds)
  for i = 1, #flat, 2 do
    local name, one = flat[i], cjson.decode(flat[i + 1])
    if alive[name] then
      alive[name] = nil
      table.insert(bounds, one)
    elseif not one.till then
      strictest.leave(name)
    elseif one.till <= now then
      call('HDEL', keys.worker_bounds, name)
      one = {}
    end
    add(held, one)
  end
  -- A worker of an earlier version says nothing of its bounds: they are among the bounds that held until now.
  if next(alive) then add(held, former()) end
  return bounds, held
end

-- Looks who is alive, and has the strictest bounds hold. Answers the bounds of the workers that are alive.
function strictest.look()
  strictest.forget_dead()
  local bounds, held = read_workers()
  if held.windowMs and held.limit then hold(held) end
  return bounds
end

-- A worker is alive, and goes by these bounds if no other is stricter. `settled_in`: the line of the state in which all is settled that it settled lately.
function strictest.enter(worker, bounds, settled_in)
  bounds.settledIn = settled_in
  call('ZADD', keys.workers, now, worker)
  call('HSET', keys.worker_bounds, worker, cjson.encode(bounds))
end

-- A worker is gone. Its bounds hold for one window more.
function strictest.leave(worker)
  call('ZREM', keys.workers, worker)
  local text = call('HGET', keys.worker_bounds, worker)
  if not text then return end
  local one = cjson.decode(text)
  one.till = now + one.windowMs + one.marginMs
  call('HSET', keys.worker_bounds, worker, cjson.encode(one))
end

-- The bounds of a live worker that is stricter than these in anything; nil for none.
function strictest.stricter_than(bounds)
  for _, one in ipairs(strictest.look()) do
    local both = {}
    add(both, bounds)
    add(both, one)
    for name, value in pairs(both) do
      if (value or nil) ~= bounds[name] then return one end
    end
  end
  return nil
end

-- The script of a call goes by the window that holds, and never by a shorter one than its own worker's.
function strictest.bind_window(a)
  local window_ms = known('window')
  if window_ms and window_ms > a.windowMs then a.windowMs, a.marginMs = window_ms, math.max(a.marginMs, num(api_key.get('margin'))) end
end

-- Whether a call may count for less long than until its answer, by a worker with this transit: where all have one, this one's is the longest, and the
-- key's own limit did not answer lately.
function strictest.trusts_transit(transit_ms)
  local held = known('transit')
  return held and transit_ms >= held and num(api_key.get('answersUntil')) <= now
end

-- The key's own limit answered: the time that a request may need was longer than was said, or somebody else uses the key. Until when calls
-- count until their answers; nil where they do anyway.
function strictest.distrust_transit()
  if not known('transit') then return nil end
  local till = now + DISTRUST_MS
  api_key.put('answersUntil', till)
  return till
end

-- The gate goes by all the bounds that hold.
function strictest.bind(a)
  strictest.bind_window(a)
  local limit, account_max, day_credits = known('limit'), known('accountMax'), known('dayCredits')
  if limit and limit < a.limit then a.limit = limit end
  if a.careful then api_key.put('careful', '1') end
  if a.gapDays then
    api_key.put('gapDays', math.max(a.gapDays, num(api_key.get('gapDays'))))
    people.remember_for(a.gapDays)
  end
  if account_max and account_max < a.accountMax then a.accountMax = account_max end
  if day_credits and day_credits < (a.maxCreditsPerDay or day_credits + 1) then a.maxCreditsPerDay = day_credits end
end

return strictest
