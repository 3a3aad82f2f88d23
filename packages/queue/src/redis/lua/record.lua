-- A hash as a value: read once, changed in memory, written once. `is` are its fields as texts or numbers, nil or false for what is not there.
-- needs: nothing
local record = {}

function record.read(key)
  local flat = call('HGETALL', key)
  local is = {}
  for i = 1, #flat, 2 do is[flat[i]] = flat[i + 1] end
  -- Of a hash that is not there yet all that it comes to be is written, and nothing of it can go.
  return { key = key, is = is, changed = {}, is_new = SHORT_WAYS and #flat == 0 }
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

-- Forgets the fields that were put and are not written yet.
function record.drop_changes(r)
  r.changed, r.is_new = {}, false
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
  if r.is_new then write_new(r) elseif next(r.changed) then write_changed(r) end
  record.drop_changes(r)
end

function record.remove(r)
  record.drop_changes(r)
  call('DEL', r.key)
end

return record
