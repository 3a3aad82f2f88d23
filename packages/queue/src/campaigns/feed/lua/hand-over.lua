-- A job that is held for an account that is away becomes another account's. It stays the same job under the same id, with what the ledger
-- knows of it, so its recipient never gets a second one. Answers whether it was done.
-- needs: bullmq, lanes, sequence
return function(digest, from, to)
  local entry = call('HMGET', keys.job(digest), 'state', 'queue', 'id', 'member', 'meta', 'reconciling', 'row')
  if entry[1] ~= 'parked' then return false end
  -- It may have been done by this account, and only this one can look.
  if entry[6] then return false end
  -- Who was written to stays with the account that wrote.
  if entry[7] and sequence.read_row(entry[7]).step > 1 then return false end
  local key = bullmq.key(entry[2], entry[3])
  -- The worker that held it may not have put it away yet.
  if not call('ZSCORE', bullmq.key(entry[2], 'delayed'), entry[3]) then return false end
  -- As the feeder writes it: what comes after the account is left as it is, since cjson would not give it back as it was.
  local function beginning(account) return '{"v":1,"accountId":"' .. account .. '",' end
  local data, was = call('HGET', key, 'data'), beginning(from)
  if not data or string.sub(data, 1, #was) ~= was then return false end
  call('HSET', key, 'data', beginning(to) .. string.sub(data, #was + 1))
  local meta = cjson.decode(entry[5])
  meta.accountId = to
  lanes.leave(from, digest, entry[4])
  call('HSET', keys.job(digest), 'account', to, 'meta', cjson.encode(meta))
  call('SREM', keys.ahead(from), digest)
  call('SREM', keys.aside(from), digest)
  call('HDEL', keys.job(digest), 'aside')
  lanes.put_ahead(to, digest)
  lanes.send_back(digest)
  return true
end
