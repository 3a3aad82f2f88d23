-- The ledger: is this job done, out, or ours already?
-- needs: asking, job_entry, used_ids, grants
return function(ask)
  local a, job, j = ask.a, ask.job, ask.job.is
  if not ask.known then
    if not used_ids.status_of(ask.d, a.ledgerDays) then return nil end
    asking.give_back_token(ask)
    return asking.settled(true)
  end
  if j.state == 'settled' then
    asking.give_back_token(ask)
    return asking.settled(not call('ZSCORE', keys.outbox, ask.d))
  elseif j.state == 'open' then
    if j.call == a.callId then return asking.granted(ask, asking.read_account(a.account) or {}) end
    if now < num(j.deadline) then
      asking.give_back_token(ask)
      return asking.snooze(num(j.deadline) - now, 'open_call')
    end
    if j.left == '1' then
      asking.give_back_token(ask)
      return asking.interrupted(ask)
    end
    grants.cancel(job)
  elseif j.state == 'braked' then
    -- A job that waited behind a brake asks anew.
    call('ZREM', keys.braked(j.op), j.member)
    job_entry.wait(job)
  elseif j.state == 'vanished' then
    -- Added again under the same id before the sweep could end it: it lives.
    call('ZREM', keys.vanished, ask.d)
    job_entry.wait(job)
  end
  return nil
end
