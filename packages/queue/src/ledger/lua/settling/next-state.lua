-- The job's next state. Exhaustion is decided here and nowhere else; what fails during an outage is not held against a job.
-- needs: credits
-- A job is repeated for an account that is refused so often, as for a dead token.
local MOST_DEATHS = 2

local function end_exhausted(s)
  s.next, s.outcome, s.status, s.code = 'end', s.exhausted_outcome, s.a.exhaustedStatus, s.a.exhaustedCode
end

return function(s)
  local a, entry = s.a, s.job.is
  s.next, s.status, s.code = a.next, a.status, a.code
  s.attempts = num(entry.attempts)
  if s.next == 'retry' and not s.outage then
    s.attempts = s.attempts + 1
    if s.attempts >= a.maxAttempts then end_exhausted(s) end
  end
  -- A look needs to know since when the write may have been done: without its grant in the ledger nobody does.
  if s.next == 'look' then
    if s.ours then s.attempts = 0 else end_exhausted(s) end
  end
  -- A refusal of the service's is not the job's: it waits behind the brake, which the gate tells it.
  if s.next == 'brake' then
    if s.service.own then end_exhausted(s) else s.next = 'again' end
  end
  if s.is_own_refusal then
    if num(entry.deaths) >= MOST_DEATHS then end_exhausted(s) else s.next = 'park' end
  end
  -- No lane to wait in: the ledger lost the job, or the account was removed while the call was out. It asks the gate again, which knows.
  if s.next == 'park' and not (entry.member and call('EXISTS', keys.account(s.account)) == 1) then s.next = 'again' end

  -- Wasted is what was charged for a dead token, and all that was charged once the job ends without success.
  s.total, s.wasted = num(entry.charged) + s.charged, num(entry.wasted)
  if s.token_dead and s.charged > 0 then s.wasted = s.wasted + s.charged end
  if s.next == 'end' and s.status ~= 'succeeded' then s.wasted = s.total end
  s.wasted_now = s.wasted - num(entry.wasted)
  credits.waste(today, s.wasted_now, s.of, s.next == 'end' and (s.code or credits.cause_of(a)) or 'token_expired')
end
