-- A campaign's change by a person: create, edit, start, pause, resume, cancel. Answers what was done, or why not.
tick()
local id = a.campaign
local c = call('HMGET', CAMPAIGN(id), 'state', 'why', 'definition')
local state = c[1]

if a.event == 'create' then
  if state then return { c[3] == a.definition and 'unchanged' or 'conflict', state } end
  call('HSET', CAMPAIGN(id), 'definition', a.definition, 'accounts', a.accounts, 'weight', a.weight, 'maxCredits', a.maxCredits or '',
    'createdAt', now, 'accepted', 0, 'fed', 0, 'ended', 0, 'charged', 0, 'uncertain', 0, 'wasted', 0, 'held', 0)
  set_campaign(id, 'draft', '')
  call('ZADD', P .. 'campaigns', 0, id)
  return { 'created', 'draft' }
end
if not state then return { 'unknown', '' } end
if state == 'cancelled' then return { a.event == 'cancel' and 'unchanged' or 'conflict', state } end

if a.event == 'edit' then
  if state ~= 'draft' and state ~= 'paused' then return { 'conflict', state } end
  call('HSET', CAMPAIGN(id), 'definition', a.definition, 'weight', a.weight, 'maxCredits', a.maxCredits or '')
  return { 'edited', state }
end

if a.event == 'start' or a.event == 'resume' then
  if state == 'running' or state == 'scheduled' then return { 'unchanged', state } end
  if state == 'ended' or (a.event == 'start') ~= (state == 'draft') then return { 'conflict', state } end
  local later = a.startAt and a.startAt > now
  -- It joins the others where they are, so that it neither waits for nor overtakes what was fed before it came.
  local first = call('ZRANGE', RUNNING, 0, 0, 'WITHSCORES')
  call('ZADD', RUNNING, num(first[2]), id)
  if state == 'draft' then call('HSET', CAMPAIGN(id), 'startedAt', now) end
  set_campaign(id, later and 'scheduled' or 'running', '')
  release_held(id)
  end_if_done(id)
  wake(id)
  return { 'done', call('HGET', CAMPAIGN(id), 'state') }
end

if a.event == 'pause' then
  if state ~= 'running' and state ~= 'scheduled' then return { state == 'paused' and 'unchanged' or 'conflict', state } end
  set_campaign(id, 'paused', 'by_hand')
  call('ZREM', RUNNING, id)
  return { 'done', 'paused' }
end

-- cancel: what was not put into a queue yet is counted, not written one by one.
if state == 'ended' then return { 'conflict', state } end
local n = call('HMGET', CAMPAIGN(id), 'accepted', 'fed')
set_campaign(id, 'cancelled', 'by_hand')
call('HSET', CAMPAIGN(id), 'endedAt', now, 'unsent', num(n[1]) - num(n[2]))
call('ZREM', RUNNING, id)
for _, account in ipairs(cjson.decode(call('HGET', CAMPAIGN(id), 'accounts'))) do call('UNLINK', P .. 'todo:' .. id .. ':' .. account) end
release_held(id)
wake(id)
return { 'done', 'cancelled' }
