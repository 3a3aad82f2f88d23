-- The campaign: paused, or put off to a later start, its jobs that are in a queue already are held; its credits are a hard stop, counted with
-- what is out.
-- needs: asking, lanes, campaign_life
local BUDGET_SNOOZE_MS = 1000

local function hold_back(ask, why)
  call('ZADD', keys.held(ask.a.campaign), now, ask.digest)
  asking.set_aside(ask, 'held')
  -- It takes no account's place in the queues from the other campaigns.
  call('SREM', keys.ahead(ask.a.account), ask.digest)
  lanes.hand_out_places(ask.a.account)
  return asking.parked(why)
end

return function(ask)
  local campaign = ask.campaign
  if not campaign then return nil end
  if campaign.stands_still then return hold_back(ask, 'campaign_' .. campaign.state) end
  if campaign.max_credits == '' or campaign.spent + campaign.held + ask.a.price <= num(campaign.max_credits) then return nil end
  -- A call that is out may yet turn out to be free: only when none is, the campaign has come to its end.
  if campaign.held > 0 then return asking.step_aside(ask, BUDGET_SNOOZE_MS, 'campaign_budget') end
  if campaign.state == 'cancelled' then return asking.refused(ask, 'cancelled') end
  -- A draft has not begun, so it can't be paused: a job that names it waits for its start.
  if campaign.state ~= 'draft' then campaign_life.change(ask.a.campaign, 'paused', 'budget_exhausted') end
  return hold_back(ask, 'budget_exhausted')
end
