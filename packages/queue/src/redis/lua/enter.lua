-- Stands before all modules: how a script begins and ends. Redis runs one function at a time, so the names here are of the present call:
-- `call` reaches Redis, `now` is its clock in ms, which never goes back, `clock` is it as it is, `today` the UTC day. Scripts are repeated when a connection breaks: each must be idempotent.
-- LAYOUT, redis_call and `keys` stand before this file; so does SHORT_WAYS: a module that does less where less is enough asks it first, and a
-- test that has it false holds the long way to leaving the same behind.
-- `now_text` is the clock as a text: Redis takes texts, and makes one of each number it is given at the price of a small command.
local call, clock, now, now_text, today
local DAY_MS = 86400000

-- A number that Redis keeps as a text; 0 for none.
local function num(v) return v and tonumber(v) or 0 end

-- A number as Redis keeps it; what is handed on as a number costs Redis more to write out.
local int
do
  local MOST_KEPT = 100000
  local texts = {}

  function int(number)
    local text = texts[number]
    if text then return text end
    text = number % 1 == 0 and string.format('%d', number) or tostring(number)
    -- Days, weeks and prices come again and again.
    if number >= 0 and number < MOST_KEPT then texts[number] = text end
    return text
  end
end

-- The hash of the API key's state: each field is read once, and what changed is written once, at the end. A field that is not there is false.
local api_key = {}
do
  -- `read` is Redis's answer, `at` where each field is in it; `is` has the fields that were put, or read later.
  local read, at, is, changed

  function api_key.begin(one)
    read, at, is, changed = call('HMGET', keys.state, unpack(one.fields)), one.at, {}, {}
  end

  function api_key.get(field)
    local value = is[field]
    if value ~= nil then return value end
    local place = at[field]
    if place then return read[place] end
    value = call('HGET', keys.state, field)
    is[field] = value
    return value
  end

  -- `value` false: the field goes. A field that is known to have this text already is not written.
  function api_key.put(field, value)
    if SHORT_WAYS and (value == false or at[field]) and api_key.get(field) == value then return end
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
    local puts, count, drops = {}, 0, {}
    for field in pairs(changed) do
      local value = is[field]
      if value == false then
        drops[#drops + 1] = field
      else
        puts[count + 1], puts[count + 2] = field, value
        count = count + 2
      end
    end
    if count > 0 then call('HSET', keys.state, unpack(puts)) end
    if #drops > 0 then call('HDEL', keys.state, unpack(drops)) end
  end
end

-- Remembers the clock, for a script that writes a moment.
local function tick()
  api_key.put('now', now_text)
  if not api_key.get('layout') then api_key.put('layout', LAYOUT) end
end

local scripts = {}
-- A script of this name. `flags` are Redis's. `state`: fields of the API key's state that are read with the clock. `run(a, args)`: `a` is the
-- one JSON object of args[1], further args are binary. `any_layout`: it runs whatever the layout is.
local function script(name, one) scripts[name] = one end

-- The fields of the API key's state that are read at the beginning of a script, and where each is in what was read.
local function note_fields(one)
  one.fields, one.at = { 'now', 'layout' }, {}
  for _, field in ipairs(one.state or {}) do table.insert(one.fields, field) end
  for place, field in ipairs(one.fields) do one.at[field] = place end
end

-- given[1] is the name of the key's state, from which all other names follow.
local function enter(one, given, args)
  local tag = string.sub(given[1], 1, -10)
  keys.under(tag)
  call = redis_call(tag)
  if not one.fields then note_fields(one) end
  api_key.begin(one)
  -- The data in Redis has one layout (layout.ts); in another than ours nothing is read or written. Before its number was written there was the first.
  local kept, layout = api_key.get('now'), api_key.get('layout')
  if not one.any_layout and (layout or kept and '1' or LAYOUT) ~= LAYOUT then return redis.error_reply('LAYOUT ' .. (layout or '1')) end
  -- It never goes back, whatever an operator or a failover does to the wall clock.
  local time = call('TIME')
  clock = time[1] * 1000 + math.floor(time[2] / 1000)
  now = math.max(clock, num(kept))
  now_text, today = string.format('%d', now), math.floor(now / DAY_MS)
  local answer = one.run(cjson.decode(args[1]), args)
  api_key.write()
  return answer
end
