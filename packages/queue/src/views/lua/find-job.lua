-- Finds a job, in each of the queues it may be in, by reads that cost the same however long the queue is.
-- a.jobs: [queue, id, digest] each. Returns a JSON list of {queue, where, ...}; `where` is '' when BullMQ has no such job, and data of more
-- than a.mostData bytes is no job's and is left out.
-- needs: bullmq, job_entry, used_ids
local function place_of(queue, id)
  local due = call('ZSCORE', bullmq.key(queue, 'delayed'), id)
  if due then return 'delayed', due end
  for _, set in ipairs({ 'prioritized', 'completed', 'failed' }) do
    if call('ZSCORE', bullmq.key(queue, set), id) then return set end
  end
  if call('EXISTS', bullmq.key(queue, id) .. ':lock') == 1 then return 'active' end
  return 'wait'
end

local function look(queue, id, most_data)
  local key = bullmq.key(queue, id)
  local one = { queue = queue, where = '' }
  -- An id may be the name of another key of BullMQ's, such as `wait`.
  if call('TYPE', key).ok ~= 'hash' then return one end
  local b = call('HMGET', key, 'name', 'timestamp', 'priority')
  if not b[1] then return one end
  one.name, one.timestamp, one.priority = b[1], b[2], b[3]
  if call('HSTRLEN', key, 'data') <= most_data then one.data = call('HGET', key, 'data') or nil end
  one.where, one.due = place_of(queue, id)
  return one
end

script('find_job', {
  flags = { 'no-writes' },
  run = function(a)
    local found = {}
    for _, e in ipairs(a.jobs) do
      local one = look(e[1], e[2], a.mostData)
      local job = job_entry.read(e[3])
      if job.known then one.entry = job.is else one.used = used_ids.status_of(e[3], a.ledgerDays) end
      if one.where ~= '' or one.entry or one.used then table.insert(found, one) end
    end
    return #found == 0 and '[]' or cjson.encode(found)
  end,
})
