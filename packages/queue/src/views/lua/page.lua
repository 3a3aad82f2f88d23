-- A bounded piece of one of BullMQ's sets or lists, with the few words of each job that a list shows.
-- Lists go by position from their newest end, sets by score; `skip` passes those of the first score that were shown before.
-- Returns a JSON list of {id, score?, name, timestamp, account, campaign, recipient}; `name` is absent for a job that is gone. Data of more
-- than a.mostData bytes is no job's and is not read.
local DECODED = 65536
local key = bull(a.queue, a.source)
local ids, scores = {}, {}
if a.source == 'wait' or a.source == 'paused' or a.source == 'active' then
  ids = call('LRANGE', key, a.skip, a.skip + a.count - 1)
else
  local flat
  if a.newestFirst then flat = call('ZREVRANGEBYSCORE', key, a.score or '+inf', '-inf', 'WITHSCORES', 'LIMIT', a.skip, a.count)
  else flat = call('ZRANGEBYSCORE', key, a.score or '-inf', '+inf', 'WITHSCORES', 'LIMIT', a.skip, a.count) end
  for i = 1, #flat, 2 do
    table.insert(ids, flat[i])
    table.insert(scores, flat[i + 1])
  end
end

local function text(v) return type(v) == 'string' and v or nil end

local rows = {}
for i, id in ipairs(ids) do
  local row = { id = id, score = scores[i] }
  local b = call('HMGET', bull(a.queue, id), 'name', 'timestamp')
  if b[1] then
    row.name, row.timestamp = b[1], b[2]
    local data = call('HSTRLEN', bull(a.queue, id), 'data') <= a.mostData and call('HGET', bull(a.queue, id), 'data') or ''
    if #data <= DECODED then
      local ok, value = pcall(cjson.decode, data)
      if ok and type(value) == 'table' then
        row.account, row.campaign, row.recipient = text(value.accountId), text(value.campaignId), text(value.recipientId)
      end
    else
      -- The api writes the account first, so that a long job needn't be read to its end.
      row.account = string.match(string.sub(data, 1, 512), '"accountId":"([^"\\]+)"')
    end
  end
  rows[i] = row
end
return #rows == 0 and '[]' or cjson.encode(rows)
