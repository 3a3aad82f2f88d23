-- A campaign is paused or cancelled by a person: also when Redis is full, for which an upload may be the cause. Answers as campaign.lua.
-- needs: lanes, campaign_life

-- Jobs that are held for their accounts go back to their queues and end there, free, however long those accounts stay away.
local function release_parked(id, accounts)
  for _, account in ipairs(accounts) do
    for _, digest in ipairs(call('SUNION', keys.ahead(account), keys.aside(account))) do
      local entry = call('HMGET', keys.job(digest), 'state', 'campaign', 'member')
      if entry[1] == 'parked' and entry[2] == id then
        lanes.leave(account, digest, entry[3])
        lanes.send_back(digest)
      end
    end
  end
end

script('campaign_pause', { flags = { 'allow-oom' }, run = function(a)
  tick()
  local c = call('HMGET', keys.campaign(a.campaign), 'state', 'deletedAt')
  local state = c[1]
  if not state or c[2] then return { 'unknown', '' } end
  if state == 'paused' then return { 'unchanged', state } end
  if state ~= 'running' and state ~= 'scheduled' then return { 'conflict', state } end
  campaign_life.change(a.campaign, 'paused', 'by_hand')
  return { 'done', 'paused' }
end })

script('campaign_cancel', { flags = { 'allow-oom' }, run = function(a)
  tick()
  local id = a.campaign
  local c = call('HMGET', keys.campaign(id), 'state', 'deletedAt')
  if not c[1] or c[2] then return { 'unknown', '' } end
  if c[1] == 'cancelled' then return { 'unchanged', c[1] } end
  if c[1] == 'ended' then return { 'conflict', c[1] } end
  campaign_life.change(id, 'cancelled', 'by_hand')
  -- Of one that was started its rows are kept, to be listed; an upload that filled Redis is taken back by this.
  if c[1] == 'draft' then campaign_life.drop_unsent(id) end
  campaign_life.release_held(id)
  release_parked(id, campaign_life.accounts_of(id))
  return { 'done', 'cancelled' }
end })
