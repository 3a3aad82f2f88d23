-- A bounded batch of one of BullMQ's sets or lists, with the few words of each job that a list shows.
-- Lists go by position from their newest end, sets by score; `skip` passes those of the first score that were shown before.
-- Returns a JSON list of {id, score?, name, timestamp, account, campaign, recipient}; `name` is absent for a job that is gone. Data of more
-- than a.mostData bytes is no job's and is not read.
-- needs: bullmq
-- Longer data is not decoded.
local MOST_DECODED_BYTES = 65536
local BEGINNING_BYTES = 512

local function batch(a)
  local key = bullmq.key(a.queue, a.source)
  if a.source == 'wait' or a.source == 'paused' or a.source == 'active' then
    return call('LRANGE', key, a.skip, a.skip + a.count - 1), {}
  end
  local flat
  if a.newestFirst then flat = call('ZREVRANGEBYSCORE', key, a.score or '+inf', '-inf', 'WITHSCORES', 'LIMIT', a.skip, a.count)
  else flat = call('ZRANGEBYSCORE', key, a.score or '-inf', '+inf', 'WITHSCORES', 'LIMIT', a.skip, a.count) end
  local ids, scores = {}, {}
  for i = 1, #flat, 2 do
    table.insert(ids, flat[i])
    table.insert(scores, flat[i + 1])
  end
  return ids, scores
end

local function text(v) return type(v) == 'string' and v or nil end

local function read_names(row, data)
  if #data <= MOST_DECODED_BYTES then
    local ok, value = pcall(cjson.decode, data)
    if ok and type(value) == 'table' then
      row.account, row.campaign, row.recipient = text(value.accountId), text(value.campaignId), text(value.recipientId)
    end
  else
    -- The api writes the account first, so that a long job needn't be read to its end.
    row.account = string.match(string.sub(data, 1, BEGINNING_BYTES), '"accountId":"([^"\\]+)"')
  end
end

script('page', {
  flags = { 'no-writes' },
  run = function(a)
    local rows = {}
    local ids, scores = batch(a)
    for i, id in ipairs(ids) do
      local row = { id = id, score = scores[i] }
      local key = bullmq.key(a.queue, id)
      local b = call('HMGET', key, 'name', 'timestamp')
      if b[1] then
        row.name, row.timestamp = b[1], b[2]
        read_names(row, call('HSTRLEN', key, 'data') <= a.mostData and call('HGET', key, 'data') or '')
      end
      rows[i] = row
    end
    return #rows == 0 and '[]' or cjson.encode(rows)
  end,
})
