-- Takes a batch of recipients, all new or none. ARGV[2..]: for each account of `a.shares` one packed chunk.
-- Answers ok(accepted so far) | seen(list of digests that are not new) | edited: the text they were checked against changed | closed(state).
tick()
local id = a.campaign
local c = call('HMGET', CAMPAIGN(id), 'state', 'why', 'batch', 'accepted', 'rev')
local state = c[1]
if not state or state == 'cancelled' or c[2] == 'expired' then return cjson.encode({ kind = 'closed', state = c[2] == 'expired' and 'expired' or state or 'unknown' }) end
-- A repeated script finds its own batch.
if c[3] == a.batch then return cjson.encode({ kind = 'ok', accepted = num(c[4]) }) end
if a.rev and num(c[5]) ~= a.rev then return cjson.encode({ kind = 'edited' }) end
local function seen_key(d) return P .. 'recipients:' .. id .. ':' .. string.sub(d, 1, 2) end
local seen, taken = {}, {}
for _, d in ipairs(a.digests) do
  table.insert(call('HSETNX', seen_key(d), string.sub(d, 3), '') == 1 and taken or seen, d)
end
if #seen > 0 then
  for _, d in ipairs(taken) do call('HDEL', seen_key(d), string.sub(d, 3)) end
  return cjson.encode({ kind = 'seen', digests = seen })
end
for i, share in ipairs(a.shares) do
  call('RPUSH', TODO(id, share.account), ARGV[1 + i])
  call('HINCRBY', CAMPAIGN(id), 'left:' .. share.account, share.count)
end
local accepted = call('HINCRBY', CAMPAIGN(id), 'accepted', #a.digests)
call('HSET', CAMPAIGN(id), 'batch', a.batch)
if state == 'ended' then set_campaign(id, 'running', '') end
if state == 'ended' or state == 'running' then look_again(id) end
return cjson.encode({ kind = 'ok', accepted = accepted })
