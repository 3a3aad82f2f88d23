-- The ledger: is this job done, out, or ours already?
-- needs: asking, job_entry, used_ids, grants
-- A look is asked for a job that is not looked for any more.
local OVERTAKEN_MS = 1000

-- A write that may have been done is never granted again: whoever asks is told to look, and not before the look is due.
local function look(ask)
  local a, entry = ask.a, ask.job.is
  if not entry.reconciling then return a.look and asking.snooze(OVERTAKEN_MS, 'open_call') or nil end
  if not a.look then return asking.look(ask) end
  local due_in = num(entry.lookAt) - now
  return due_in > 0 and asking.step_aside(ask, due_in, 'reconciling') or nil
end

return function(ask)
  local a, job, entry = ask.a, ask.job, ask.job.is
  if not ask.known then
    if not used_ids.status_of(ask.digest, a.ledgerDays) then return nil end
    asking.give_back_token(ask)
    return asking.settled(true)
  end
  if entry.state == 'settled' then
    asking.give_back_token(ask)
    return asking.settled(not call('ZSCORE', keys.outbox, ask.digest))
  elseif entry.state == 'open' then
    if entry.call == a.callId then return asking.granted(ask, asking.read_account(a.account) or {}) end
    if now < num(entry.deadline) then
      asking.give_back_token(ask)
      return asking.snooze(num(entry.deadline) - now, 'open_call')
    end
    if entry.left == '1' then
      asking.give_back_token(ask)
      return asking.interrupted(ask)
    end
    grants.cancel(job)
  elseif entry.state == 'braked' then
    -- A job that waited behind a brake asks anew.
    call('ZREM', keys.braked(entry.op), entry.member)
    job_entry.wait(job)
  elseif entry.state == 'vanished' then
    -- Added again under the same id before the sweep could end it: it lives.
    call('ZREM', keys.vanished, ask.digest)
    job_entry.wait(job)
  end
  return look(ask)
end
