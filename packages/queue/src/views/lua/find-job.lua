-- What is known of a job, in each of the queues it may be in, by reads that cost the same however long the queue is.
-- a.jobs: [queue, id, digest] each. Returns a JSON list of {queue, where, ...}; `where` is '' when BullMQ has no such job, and data of more
-- than a.mostData bytes is no job's and is left out.
local found = {}
for _, e in ipairs(a.jobs) do
  local queue, id, d = e[1], e[2], e[3]
  local key = bull(queue, id)
  local one = { queue = queue, where = '' }
  -- An id may be the name of another key of BullMQ's, such as `wait`.
  if call('TYPE', key).ok == 'hash' then
    local b = call('HMGET', key, 'name', 'timestamp', 'priority')
    if b[1] then
      one.name, one.timestamp, one.priority = b[1], b[2], b[3]
      if call('HSTRLEN', key, 'data') <= a.mostData then one.data = call('HGET', key, 'data') or nil end
      local due = call('ZSCORE', bull(queue, 'delayed'), id)
      if due then one.where, one.due = 'delayed', due
      elseif call('ZSCORE', bull(queue, 'prioritized'), id) then one.where = 'prioritized'
      elseif call('ZSCORE', bull(queue, 'completed'), id) then one.where = 'completed'
      elseif call('ZSCORE', bull(queue, 'failed'), id) then one.where = 'failed'
      elseif call('EXISTS', key .. ':lock') == 1 then one.where = 'active'
      else one.where = 'wait' end
    end
  end
  local j = job_entry(d)
  if j then one.entry = j else one.used = used_status(d, a.ledgerDays) end
  if one.where ~= '' or j or one.used then table.insert(found, one) end
end
return #found == 0 and '[]' or cjson.encode(found)
