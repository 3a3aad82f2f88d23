-- Jobs that wait behind a brake, see brakes.lua: who is sent to be the probe, how all come back when it is off, and how it is told.
-- For the scripts that look now and then; no call waits for them.
-- needs: bullmq, record, job_entry, lanes, window, brakes
local braked_jobs = {}
-- How many of a line are looked at for one probe.
local MOST_LOOKS = 50

-- Jobs that wait behind a brake come back to their queue.
local function let_go(op, member, chosen)
  call('ZREM', keys.braked(op), member)
  local job = job_entry.read(job_entry.digest_of(member))
  local entry = job.is
  if entry.state ~= 'braked' then return end
  if chosen then record.put(job, { chosen = '1' }) end
  if entry.campaign then
    call('ZREM', keys.held(entry.campaign), job.digest)
    lanes.put_ahead(entry.account, job.digest)
  end
  if lanes.promote_job(job.digest) == 1 then
    job_entry.wait(job)
  else
    -- Not put away yet: who does that looks again.
    record.put(job, { state = 'released' })
    call('ZADD', keys.released, now, job.digest)
  end
  record.write(job)
end

-- Sends the first of a line whose target was not tried lately and whose account can work to be the probe.
local function send_one(op, chosen)
  local other
  for _, member in ipairs(call('ZRANGEBYSCORE', keys.braked(op), '-inf', now, 'LIMIT', 0, MOST_LOOKS)) do
    local digest = job_entry.digest_of(member)
    local entry = call('HMGET', keys.job(digest), 'state', 'target', 'account', 'queue', 'id')
    local due = brakes.due_of(op, entry[2])
    if entry[1] ~= 'braked' then call('ZREM', keys.braked(op), member)
    elseif not bullmq.has(entry[4], entry[5]) then
      call('ZREM', keys.braked(op), member)
      job_entry.mark_lost(digest)
    elseif due > 0 then call('ZADD', keys.braked(op), due, member)
    elseif entry[4] == 'auth' or call('HGET', keys.account(entry[3]), 'state') == 'active' then
      other = member
      break
    else other = other or member end
  end
  if not other then return false end
  call('HSET', keys.brake(op), 'sent', now)
  let_go(op, other, chosen)
  return true
end

-- Probes where one is due and nobody came by himself; jobs whose brake is off come back to their queues, a batch at a time.
function braked_jobs.sweep(every, most)
  window.count(keys.doubted)
  local stopped = api_key.get('state') == 'stopped'
  local by_hand = stopped and api_key.get('reason') == 'by_hand'
  stopped = stopped and not by_hand
  local patience = math.floor(every / 60)
  local waits = {}
  for _, op in ipairs(call('ZRANGE', keys.brakes, 0, -1)) do
    local b = brakes.read(op)
    if not b then
      for _, member in ipairs(call('ZRANGE', keys.braked(op), 0, most - 1)) do let_go(op, member) end
      if call('ZCARD', keys.braked(op)) == 0 then call('ZREM', keys.brakes, op) end
    elseif not by_hand and not brakes.probe_is_out(b.probe) then
      if stopped then table.insert(waits, { op = op, sent = b.sent })
      elseif now >= b.next_probe and now >= b.sent + patience then send_one(op, false) end
    end
  end
  -- The key's probe: first come those whose operation has no brake, at the gate; then each braked operation in its turn.
  if not stopped or now < num(api_key.get('nextProbe')) + math.floor(every / 300) then return end
  if now < num(api_key.get('sent')) + patience or brakes.probe_is_out(api_key.get('probe')) then return end
  table.sort(waits, function(one, another) return one.sent < another.sent end)
  for _, w in ipairs(waits) do
    if send_one(w.op, true) then
      api_key.put('sent', now)
      return
    end
  end
end

-- Takes a brake off by hand. Few calls at once until one succeeds, as the person may be wrong. Answers its cause; false where there was none.
function braked_jobs.release(op)
  local cause = call('HGET', keys.brake(op), 'cause')
  if call('DEL', keys.brake(op)) == 0 then return false end
  api_key.put('doubt', brakes.is_login(op) and 'logins' or 'calls')
  return cause or ''
end

function braked_jobs.any() return call('EXISTS', keys.brakes) == 1 end

-- Whether jobs of an operation are not to be put into its queue: others wait already, or it is no time for a probe.
function braked_jobs.keeps_back(op)
  local b = brakes.read(op)
  return b ~= nil and (call('ZCARD', keys.braked(op)) > 0 or now < b.next_probe or (brakes.probe_is_out(b.probe) and true or false))
end

-- For people.
function braked_jobs.list()
  local list = {}
  for _, op in ipairs(call('ZRANGE', keys.brakes, 0, -1)) do
    local b = brakes.read(op)
    if b then
      local waiting = call('ZCARD', keys.braked(op))
      table.insert(list, { operation = op, cause = b.cause, sinceMs = b.since, nextProbeMs = b.next_probe, waiting = waiting })
    end
  end
  return #list == 0 and '[]' or cjson.encode(list)
end

return braked_jobs
