-- The feeder is one job of BullMQ's, which sleeps in `delayed` until its next moment or until somebody has work for it.
-- Campaigns that nothing can be fed of rest beside those that wait for their turns.
-- needs: bullmq
local feeding = {}
feeding.QUEUE, feeding.JOB = 'campaigns', 'feed'

-- Noted first: one that is at work looks at the note when it has gone to sleep.
function feeding.wake()
  api_key.put('feedWoken', 1)
  if bullmq.promote(feeding.QUEUE, feeding.JOB, 0, 0) == 0 then bullmq.remind(feeding.QUEUE) end
end

function feeding.feed_if_woken()
  if not api_key.get('feedWoken') then return 0 end
  return bullmq.promote(feeding.QUEUE, feeding.JOB, 0, 0)
end

-- Accounts or the key changed: any campaign may move again.
function feeding.wake_resting()
  if call('EXISTS', keys.resting) == 1 then call('ZUNIONSTORE', keys.resting, 1, keys.resting, 'WEIGHTS', 0) end
  feeding.wake()
end

return feeding
