-- A hash as a value: read once, changed in memory, written once. `is` are its fields as texts or numbers, nil for what is not there.
-- needs: nothing
local record = {}

function record.read(key)
  local flat = call('HGETALL', key)
  local is = {}
  for i = 1, #flat, 2 do is[flat[i]] = flat[i + 1] end
  return { key = key, is = is, changed = {} }
end

-- `false` for a field that goes.
function record.put(r, fields)
  for field, value in pairs(fields) do
    local was = r.is[field]
    if value == false then value = nil end
    if was ~= value or not SHORT_WAYS then
      r.is[field] = value
      r.changed[field] = true
    end
  end
end

function record.write(r)
  if not next(r.changed) then return end
  local puts, drops = {}, {}
  for field in pairs(r.changed) do
    if r.is[field] == nil then
      drops[#drops + 1] = field
    else
      puts[#puts + 1] = field
      puts[#puts + 1] = r.is[field]
    end
  end
  r.changed = {}
  if #puts > 0 then call('HSET', r.key, unpack(puts)) end
  if #drops > 0 then call('HDEL', r.key, unpack(drops)) end
end

function record.remove(r)
  r.changed = {}
  call('DEL', r.key)
end

return record
