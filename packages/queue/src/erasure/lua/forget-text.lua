-- Replaces one piece of text that names a person, if it still is what was read.
-- args[2]: as it was read; args[3]: as it is to be. Answers done | changed | gone.
-- needs: bullmq
local function replace_field(key, field, args)
  if call('TYPE', key).ok ~= 'hash' then return 'gone' end
  local text = call('HGET', key, field)
  if text ~= args[2] then return text and 'changed' or 'gone' end
  call('HSET', key, field, args[3])
  return 'done'
end

-- A chunk of a campaign's recipients, by its number counted from the first ever: the cursor stays where it is.
local function forget_chunk(a, args)
  local place = a.chunk - num(call('HGET', keys.campaign(a.campaign), 'chunk:' .. a.account))
  if place < 0 then return 'gone' end
  local todo = keys.todo(a.campaign, a.account)
  if call('LINDEX', todo, place) ~= args[2] then return 'changed' end
  call('LSET', todo, place, args[3])
  -- The feeder drops what it has in memory.
  call('HINCRBY', keys.campaign(a.campaign), 'erased', 1)
  return 'done'
end

-- A chunk of a sequence that is done, which is read again for further steps: whoever waits for one is at their end when it is due.
local function forget_rows(a, args)
  local said = replace_field(keys.step_rows(a.campaign), a.field, args)
  -- The feeder drops what it has in memory.
  if said == 'done' then call('HINCRBY', keys.campaign(a.campaign), 'erased', 1) end
  return said
end

local function forget_outcome(a, args)
  local key = keys.outcome(a.outcomeId)
  local text = call('GET', key)
  if text ~= args[2] then return text and 'changed' or 'gone' end
  call('SET', key, args[3], 'KEEPTTL')
  return 'done'
end

script('forget_chunk', { flags = { 'allow-oom' }, run = function(a, args)
  tick()
  return forget_chunk(a, args)
end })
script('forget_rows', { flags = { 'allow-oom' }, run = function(a, args)
  tick()
  return forget_rows(a, args)
end })
script('forget_outcome', { flags = { 'allow-oom' }, run = function(a, args)
  tick()
  return forget_outcome(a, args)
end })
script('forget_job', { flags = { 'allow-oom' }, run = function(a, args)
  tick()
  return replace_field(bullmq.key(a.queue, a.id), 'data', args)
end })
script('forget_asks', { flags = { 'allow-oom' }, run = function(a, args)
  tick()
  return replace_field(keys.watch(a.account), 'asks', args)
end })
script('forget_entry', { flags = { 'allow-oom' }, run = function(a, args)
  tick()
  return replace_field(keys.job(a.digest), 'meta', args)
end })
