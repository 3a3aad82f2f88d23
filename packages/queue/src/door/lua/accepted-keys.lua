-- Idempotency keys of accepted jobs, as records in a few large buckets of time, so that a new key is looked for in two places at the default
-- LINKUP_LEDGER_DAYS, and in three at most. A bucket ends with the last record that may be in it.
-- needs: used_ids
local accepted_keys = {}
local BUCKET_DAYS = 30

local function bucket_of(day) return math.floor(day / BUCKET_DAYS) end
local function bucket_ends(bucket, ledger_days) return used_ids.free_on(used_ids.week_of((bucket + 1) * BUCKET_DAYS - 1), ledger_days) end
local function key_of(bucket, name) return keys.keys_of_jobs(bucket, string.sub(name, 2, 3)) end

-- A record is a text and the day it was written on. It ends as an id does that became used on that day, not with its bucket: the job may
-- have ended on that day, and then the ledger knows nothing more of it, and a record without a job says that the job was never added.
local function read(kept, length, ledger_days)
  local day = tonumber(string.sub(kept, length + 1), 16) or 0
  return used_ids.free_on(used_ids.week_of(day), ledger_days) > today and string.sub(kept, 1, length) or nil
end

-- The field of an id in its bucket.
function accepted_keys.field_of(id) return string.sub(id, 4) end

-- The records in these fields of one name's hashes, each of its length; nil or false for a missing one.
function accepted_keys.look_up(name, fields, lengths, ledger_days)
  local found = {}
  local bucket = bucket_of(today)
  repeat
    local kept = call('HMGET', key_of(bucket, name), unpack(fields))
    for i = 1, #fields do
      if kept[i] and found[i] == nil then found[i] = read(kept[i], lengths[i], ledger_days) or false end
    end
    bucket = bucket - 1
  until bucket_ends(bucket, ledger_days) <= today
  return found
end

function accepted_keys.write(name, field, text, ledger_days)
  local bucket = bucket_of(today)
  local key = key_of(bucket, name)
  call('HSET', key, field, text .. string.format('%x', today))
  used_ids.keep_until(key, bucket_ends(bucket, ledger_days))
end

return accepted_keys
