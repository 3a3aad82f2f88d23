-- Takes a batch of recipients, all new or none. ARGV[2..]: for each account of `a.shares` one packed chunk.
-- Answers ok(accepted so far) | seen(list of digests that are not new) | closed(state).
tick()
local id = a.campaign
local state = call('HGET', CAMPAIGN(id), 'state')
if not state or state == 'cancelled' then return cjson.encode({ kind = 'closed', state = state or 'unknown' }) end
-- A repeated script finds its own batch.
if call('HGET', CAMPAIGN(id), 'batch') == a.batch then
  return cjson.encode({ kind = 'ok', accepted = num(call('HGET', CAMPAIGN(id), 'accepted')) })
end
local function seen_key(d) return P .. 'recipients:' .. id .. ':' .. string.sub(d, 1, 2) end
local seen = {}
for _, d in ipairs(a.digests) do
  if call('HEXISTS', seen_key(d), string.sub(d, 3)) == 1 then table.insert(seen, d) end
end
if #seen > 0 then return cjson.encode({ kind = 'seen', digests = seen }) end
for _, d in ipairs(a.digests) do call('HSET', seen_key(d), string.sub(d, 3), '') end
for i, share in ipairs(a.shares) do call('RPUSH', P .. 'todo:' .. id .. ':' .. share.account, ARGV[1 + i]) end
local accepted = call('HINCRBY', CAMPAIGN(id), 'accepted', #a.digests)
call('HSET', CAMPAIGN(id), 'batch', a.batch)
if state == 'ended' then
  set_campaign(id, 'running', '')
  call('ZADD', RUNNING, num(call('ZRANGE', RUNNING, 0, 0, 'WITHSCORES')[2]), id)
end
if state == 'ended' or state == 'running' then wake(id) end
return cjson.encode({ kind = 'ok', accepted = accepted })
