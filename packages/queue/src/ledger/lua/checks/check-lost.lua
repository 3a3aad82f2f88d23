-- The state itself: while it is known to be older than what was sent nothing leaves, and nothing is ended. After a restore it stays so until the workers have
-- settled again what they settled in the time that is missing: a job of which an outcome was told is no doubtful one.
-- needs: asking, state_loss
-- Asked again after this, ms: a person ends it.
local STATE_LOST_WAIT_MS = 1000
-- Workers beat every five seconds.
local GATHERING_WAIT_MS = 500

return function()
  if state_loss.stands() then return asking.wait(STATE_LOST_WAIT_MS, 'state_lost') end
  if state_loss.is_gathering() then return asking.wait(GATHERING_WAIT_MS, 'fresh_state') end
  return nil
end
