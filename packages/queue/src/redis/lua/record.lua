-- A hash as a value: read once, changed in memory, written once. `is` are its fields as texts or numbers, nil or false for what is not there.
-- needs: nothing
local record = {}

function record.read(key)
  -- In this form Redis makes the table itself.
  redis.setresp(3)
  local is = call('HGETALL', key).map
  redis.setresp(2)
  -- Of a hash that is not there yet all that it comes to be is written, and nothing of it can go.
  return { key = key, is = is, changed = {}, is_new = SHORT_WAYS and not next(is) }
end

-- `false` for a field that goes.
function record.put(r, fields)
  if r.is_new and not next(r.is) then
    r.is = fields
    return
  end
  for field, value in pairs(fields) do
    local was = r.is[field]
    if value == false then value = nil end
    if was ~= value or not SHORT_WAYS then
      r.is[field] = value
      r.changed[field] = true
    end
  end
end

-- As `put`. `always`: names and values by turns, none of them false; `sometimes`: fields that may be false. Both are the record's from then on.
function record.fill(r, always, sometimes)
  if not r.is_new or next(r.is) then
    for i = 1, #always, 2 do sometimes[always[i]] = always[i + 1] end
    record.put(r, sometimes)
    return
  end
  local count = #always
  for field, value in pairs(sometimes) do
    if value then
      always[count + 1], always[count + 2] = field, value
      count = count + 2
    end
  end
  r.filled = always
end

-- Forgets the fields that were put and are not written yet.
function record.drop_changes(r)
  r.changed, r.is_new, r.filled = {}, false, nil
end

local function write_new(r)
  local puts, count = {}, 0
  for field, value in pairs(r.is) do
    if value then
      puts[count + 1], puts[count + 2] = field, value
      count = count + 2
    end
  end
  if count > 0 then call('HSET', r.key, unpack(puts)) end
end

local function write_changed(r)
  local is, puts, count, drops = r.is, {}, 0, {}
  for field in pairs(r.changed) do
    local value = is[field]
    if value == nil then
      drops[#drops + 1] = field
    else
      puts[count + 1], puts[count + 2] = field, value
      count = count + 2
    end
  end
  if count > 0 then call('HSET', r.key, unpack(puts)) end
  if #drops > 0 then call('HDEL', r.key, unpack(drops)) end
end

function record.write(r)
  if r.filled then call('HSET', r.key, unpack(r.filled)) end
  if r.is_new then write_new(r) elseif next(r.changed) then write_changed(r) end
  record.drop_changes(r)
end

function record.remove(r)
  record.drop_changes(r)
  call('DEL', r.key)
end

return record
