-- Stands before all modules: how a script begins and ends. Redis runs one function at a time, so the names here are of the present call:
-- `call` reaches Redis, `now` is its clock in ms, `today` the UTC day. Scripts are repeated when a connection breaks: each must be idempotent.
-- LAYOUT, redis_call and `keys` stand before this file; so does SHORT_WAYS: a module that does less where less is enough asks it first, and a
-- test that has it false holds the long way to leaving the same behind.
local call, now, today
local DAY_MS = 86400000

-- A number that Redis keeps as a text; 0 for none.
local function num(v) return tonumber(v or '0') or 0 end

-- The hash of the API key's state: each field is read once, and what changed is written once, at the end. A field that is not there is false.
local api_key = {}
do
  local is, changed = {}, {}

  function api_key.begin(fields)
    local read = call('HMGET', keys.state, unpack(fields))
    is, changed = {}, {}
    for i, field in ipairs(fields) do is[field] = read[i] end
  end

  function api_key.get(field)
    if is[field] == nil then is[field] = call('HGET', keys.state, field) end
    return is[field]
  end

  -- `value` false: the field goes.
  function api_key.put(field, value)
    if SHORT_WAYS and value == false and not api_key.get(field) then return end
    is[field] = value
    changed[field] = true
  end

  function api_key.add(field, amount)
    local sum = num(api_key.get(field)) + amount
    api_key.put(field, sum)
    return sum
  end

  function api_key.write()
    if not next(changed) then return end
    local puts, drops = {}, {}
    for field in pairs(changed) do
      if is[field] == false then
        drops[#drops + 1] = field
      else
        puts[#puts + 1] = field
        puts[#puts + 1] = is[field]
      end
    end
    if #puts > 0 then call('HSET', keys.state, unpack(puts)) end
    if #drops > 0 then call('HDEL', keys.state, unpack(drops)) end
  end
end

-- Remembers the clock, for a script that writes a moment.
local function tick()
  api_key.put('now', now)
  if not api_key.get('layout') then api_key.put('layout', LAYOUT) end
end

local scripts = {}
-- A script of this name. `flags` are Redis's. `state`: fields of the API key's state that are read with the clock. `run(a, args)`: `a` is the
-- one JSON object of args[1], further args are binary. `any_layout`: it runs whatever the layout is.
local function script(name, one) scripts[name] = one end

-- The fields of the API key's state that are read at the beginning of a script.
local function fields_of(one)
  one.fields = { 'now', 'layout' }
  for _, field in ipairs(one.state or {}) do table.insert(one.fields, field) end
  return one.fields
end

-- given[1] is the name of the key's state, from which all other names follow.
local function enter(one, given, args)
  local tag = string.sub(given[1], 1, -10)
  keys.under(tag)
  call = redis_call(tag)
  api_key.begin(one.fields or fields_of(one))
  -- The data in Redis has one layout (layout.ts); in another than ours nothing is read or written. Before its number was written there was the first.
  local kept, layout = api_key.get('now'), api_key.get('layout')
  if not one.any_layout and (layout or kept and '1' or LAYOUT) ~= LAYOUT then return redis.error_reply('LAYOUT ' .. (layout or '1')) end
  -- It never goes back, whatever an operator or a failover does to the wall clock.
  local clock = call('TIME')
  now = math.max(clock[1] * 1000 + math.floor(clock[2] / 1000), num(kept))
  today = math.floor(now / DAY_MS)
  local answer = one.run(cjson.decode(args[1]), args)
  api_key.write()
  return answer
end
