-- The end of one call, or of a job that made none (callId ''): credits, slot, lane, key, account, and the job's next state, in one step.
-- args[2]: the packed outcome for `end`; args[3]: the packed outcome should the attempts be used up by this `retry`, or this `brake` turn out
-- to be the job's own.
-- Kinds: ended(status) | retry | again | parked | already(state), with what it added to the wasted credits, and what became of brakes.
-- needs: job_entry, lanes, account_life, campaign_life, answer_repeated, charge_call, judge_key, next_state, write_settlement, strictest

-- The account whose places and lanes it is in is the one that the entry names: the job's data may have been edited in BullMQ since.
local function account_of(a, job)
  if a.queue == 'auth' then return nil end
  return job.known and job.is.account or a.account
end

local function tell(s, events)
  for _, event in ipairs(events or {}) do table.insert(s.service.events, event) end
end

local function begin(a, args)
  local job = job_entry.read(a.digest)
  return {
    a = a, digest = a.digest, job = job, known = job.known, account = account_of(a, job), has_call = a.callId ~= '', day = today,
    of = { operation = a.operation, campaign = a.campaign }, outcome = args[2], exhausted_outcome = args[3],
    charged = 0, uncertain = 0, outage = false, service = { own = false, events = {} },
  }
end

-- The account hears of it in the same step, so that no token is lost and no account closes twice.
local function tell_account(s)
  local a = s.a
  local event = a.accountEvent or ((s.service.own or s.is_own_refusal) and a.ownEvent or nil)
  if not event then return end
  s.token_dead = event.type == 'token_dead'
  local id = s.account or a.authAccount
  if event.type == 'call_worked' then
    s.account_now = account_life.call_worked(id, { operation = a.operation, scopes = s.job.is.scopes, granted = num(s.job.is.granted) })
    tell(s, s.account_now.over)
    return
  end
  event.target = s.job.is.target or s.digest
  account_life.happen(id, event)
  tell(s, event.over)
  if event.rest then
    tell(s, { { kind = 'rests', operation = a.operation, account = id, scope = event.rest.scope, cause = event.rest.cause, untilMs = event.rest.till } })
  end
  tell(s, event.changes)
end

local function count(s)
  local a = s.a
  if not a.campaign then return end
  campaign_life.count(a.campaign, s.digest, s.account, { charged = s.charged, uncertain = s.uncertain, wasted = s.wasted_now,
    redriven = a.redrive and s.charged or 0, status = s.next == 'end' and s.status or nil, code = s.code, outcome_id = a.outcomeId,
    is_recipient_job = a.isRecipientJob or s.job.is.own == '1' })
end

script('settle', {
  flags = { 'allow-oom' },
  state = { 'state', 'reason', 'probe', 'ring', 'hold', 'unproven', 'refusals', 'doubt', 'doubtful', 'summedDay', 'okBy', 'okAt',
    'window', 'margin' },
  run = function(a, args)
    tick()
    strictest.bind_window(a)
    local s = begin(a, args)
    local repeated = answer_repeated(s)
    if repeated then return repeated end
    if s.job.is.state == 'braked' then call('ZREM', keys.braked(s.job.is.op), s.job.is.member) end
    charge_call(s)
    judge_key(s)
    tell_account(s)
    next_state(s)
    local answer = write_settlement(s)
    count(s)
    if s.account then lanes.hand_out_places(s.account, s.account_now) end
    return answer
  end,
})
