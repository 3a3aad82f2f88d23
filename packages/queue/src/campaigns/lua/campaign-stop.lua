#!lua flags=allow-oom
-- A campaign is paused or cancelled by a person: also when Redis is full, for which an upload may be the cause. Answers as campaign.lua.
tick()
local id = a.campaign
local c = call('HMGET', CAMPAIGN(id), 'state', 'accounts')
local state = c[1]
if not state then return { 'unknown', '' } end
if state == 'cancelled' then return { a.event == 'cancel' and 'unchanged' or 'conflict', state } end

if a.event == 'pause' then
  if state ~= 'running' and state ~= 'scheduled' then return { state == 'paused' and 'unchanged' or 'conflict', state } end
  set_campaign(id, 'paused', 'by_hand')
  return { 'done', 'paused' }
end

-- Jobs that are held for their accounts go back to their queues and end there, free, however long those accounts stay away.
local function release_parked()
  for _, account in ipairs(cjson.decode(c[2])) do
    for _, d in ipairs(call('SMEMBERS', AHEAD(account))) do
      local j = call('HMGET', JOB(d), 'state', 'campaign', 'member')
      if j[1] == 'parked' and j[2] == id then
        leave_lane(account, d, j[3])
        call('HSET', JOB(d), 'state', 'released')
        call('ZADD', RELEASED, now, d)
        promote_job(d)
      end
    end
  end
end

if state == 'ended' then return { 'conflict', state } end
set_campaign(id, 'cancelled', 'by_hand')
drop_unsent(id)
release_held(id)
release_parked()
return { 'done', 'cancelled' }
