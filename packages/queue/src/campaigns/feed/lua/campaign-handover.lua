-- A job that is held for an account that is away becomes another account's. It stays the same job under the same id, with what the ledger
-- knows of it, so its recipient never gets a second one. Answers whether it was done.
local function hand_over_job(d, from, to)
  local j = call('HMGET', JOB(d), 'state', 'queue', 'id', 'member', 'meta')
  if j[1] ~= 'parked' then return false end
  local key = bull(j[2], j[3])
  -- The worker that held it may not have put it away yet.
  if not call('ZSCORE', bull(j[2], 'delayed'), j[3]) then return false end
  -- As the feeder writes it: what comes after the account is left as it is, since cjson would not give it back as it was.
  local function beginning(account) return '{"v":1,"accountId":"' .. account .. '",' end
  local data, was = call('HGET', key, 'data'), beginning(from)
  if not data or string.sub(data, 1, #was) ~= was then return false end
  call('HSET', key, 'data', beginning(to) .. string.sub(data, #was + 1))
  local meta = cjson.decode(j[5])
  meta.accountId = to
  leave_lane(from, d, j[4])
  call('HSET', JOB(d), 'state', 'released', 'account', to, 'meta', cjson.encode(meta))
  call('ZADD', RELEASED, now, d)
  call('SREM', AHEAD(from), d)
  put_ahead(to, d)
  promote_job(d)
  return true
end
