-- The feeder is one job of BullMQ's, which sleeps in `delayed` until its next moment or until somebody has work for it.
-- Campaigns that nothing can be fed of rest beside those that wait for their turns.
local FEED_QUEUE, FEED_JOB = 'campaigns', 'feed'
-- By when each is looked at again.
local RESTING = P .. 'resting'

-- Noted first: one that is at work looks at the note when it has gone to sleep.
local function wake()
  call('HSET', KEY, 'feedWoken', 1)
  if promote(FEED_QUEUE, FEED_JOB, 0, 0) == 0 then remind(FEED_QUEUE) end
end

local function feed_if_woken()
  if call('HEXISTS', KEY, 'feedWoken') == 0 then return 0 end
  return promote(FEED_QUEUE, FEED_JOB, 0, 0)
end

-- Accounts or the key changed: any of them may move again.
local function wake_resting()
  if call('EXISTS', RESTING) == 1 then call('ZUNIONSTORE', RESTING, 1, RESTING, 'WEIGHTS', 0) end
  wake()
end
