-- A job that may have been sent in a time that was lost is taken for a call that left and was never answered.
-- needs: asking, record, state_loss
-- The call that may have been made bears no name of ours; as in seen-state.ts. Asked again, the gate must not take it for its own grant.
local LOST_CALL = '~lost'

-- The campaign that made the job; none of one that a person had done again.
local function fed_by(a)
  local of = a.isRecipientJob and cjson.decode(a.meta).redriveOf
  return a.isRecipientJob and (of == nil or of == cjson.null) and a.campaign
end

return function(ask)
  local a, job = ask.a, ask.job
  -- A log-in reaches nobody, nor does a look. A read that was asked to run again after a doubt is doubted once.
  if not state_loss.has_doubts() or a.auth or a.look or job.is.doubted then return nil end
  if not state_loss.is_doubtful({ made_at = a.madeAt, campaign = fed_by(a) }) then return nil end
  asking.leave_lanes(ask)
  record.put(job, { state = 'open', call = a.callId .. LOST_CALL, left = '1', granted = now_text, deadline = now_text, queue = a.queue, id = a.id, account = a.account,
    priority = int(a.priority), member = a.member, meta = a.meta, price = int(a.price), held = '0', heldDay = int(today), op = a.operation,
    target = a.target, scopes = a.scopes or false, chosen = false, doubted = '1' })
  if a.campaign then record.put(job, { campaign = a.campaign }) end
  record.write(job)
  call('ZADD', keys.open, now_text, ask.digest)
  asking.give_back_token(ask)
  return asking.interrupted(ask)
end
