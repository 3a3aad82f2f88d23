-- The end of one call, or of a job that made none (callId ''): credits, slot, lane, key, account, and the job's next state, in one step.
-- args[2]: the packed outcome for `end`; args[3]: the packed outcome should the attempts be used up by this `retry`, or this `brake` turn out
-- to be the job's own; args[4]: the data of the results' job, should the outcome of `end` be published in this step, as `a.publish` asks for.
-- Kinds: ended(status, published) | retry | again | look | parked | already(state), with what it added to the wasted credits, and what became of brakes.
-- needs: job_entry, lanes, account_life, campaign_life, answer_repeated, charge_call, judge_key, next_state, write_settlement, strictest, state_loss, inbox_watch, invitation_count

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
  a.campaign = job_entry.campaign_of(job, a)
  local account = account_of(a, job)
  return {
    a = a, digest = a.digest, job = job, known = job.known, account = account, has_call = a.callId ~= '', day = today,
    of = { operation = a.operation, campaign = a.campaign, account = account or a.authAccount }, outcome = args[2], exhausted_outcome = args[3], result = args[4],
    charged = 0, uncertain = 0, outage = false, service = { own = false, events = {} },
  }
end

-- The account hears of it in the same step, so that no token is lost and no account closes twice.
local function tell_account(s)
  local a = s.a
  -- The name that an account's own messages bear, for as long as its log-in is the same.
  if a.self and s.account and call('EXISTS', keys.account(s.account)) == 1 then
    call('HSET', keys.account(s.account), 'self', (call('HGET', keys.account(s.account), 'print') or '') .. '|' .. a.self)
  end
  local event = a.accountEvent or ((s.service.own or s.is_own_refusal) and a.ownEvent or nil)
  if not event then return end
  -- No account rests for what the service is braked for, as it would rest on when the service is well.
  if event.type == 'refused_unclear' and s.service.blamed then return end
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

-- As the feeder names recipients' jobs.
local function bears_recipients_id(a) return #a.id == 24 and string.find(a.id, '^c%-[%w_%-]+$') ~= nil end

-- An invitation went, or may have, without its note: counted on its account, and told when it is the first in 30 days.
local BARE_MS = 30 * DAY_MS
local function count_bare(s)
  if not s.job.is.bare or s.next ~= 'end' or not s.account or (s.status ~= 'succeeded' and s.status ~= 'unknown') then return end
  local key = keys.account(s.account)
  local was = call('HMGET', key, 'state', 'bare')
  if not was[1] then return end
  local sent, since, last = string.match(was[2] or '', '^(%d+) (%d+) (%d+)$')
  if num(last) <= now - BARE_MS then sent, since = 0, now_text end
  call('HSET', key, 'bare', int(num(sent) + 1) .. ' ' .. since .. ' ' .. now_text)
  if num(sent) == 0 then tell(s, { { kind = 'notes_used_up', account = s.account } }) end
end

-- To whom an account wrote: what an inbox shows of it is no message that its member typed.
local WRITES_TO = { ['message.send'] = true, ['invitation.send'] = true }
local function note_sent(s)
  if s.next ~= 'end' or not s.account or (s.status ~= 'succeeded' and s.status ~= 'unknown') then return end
  local entry = s.job.is
  local write = entry.reconciling and cjson.decode(entry.reconciling) or nil
  if write and write.of or not write and not WRITES_TO[s.a.operation] then return end
  inbox_watch.sent(s.account, write and write.target or entry.target)
  if s.a.invited and s.status == 'succeeded' then invitation_count.sent(s.account, s.a.invited) end
end

local function count(s)
  local a = s.a
  local row = s.job.is.row
  local is_recipient_job = a.isRecipientJob or s.job.is.own == '1'
  -- Of a sequence: it goes on from the row that the feeder knows.
  if is_recipient_job and a.step and not row and s.status == 'succeeded' then is_recipient_job = false end
  if s.next == 'end' and not is_recipient_job and bears_recipients_id(a) then
    campaign_life.keep_early_end(s.digest, s.account, { status = s.status, code = s.code, outcome_id = a.outcomeId, campaign = a.campaign }, a.ledgerDays)
  end
  if not a.campaign then return end
  campaign_life.count(a.campaign, s.digest, s.account, { charged = s.charged, uncertain = s.uncertain, wasted = s.wasted_now,
    redriven = a.redrive and s.charged or 0, status = s.next == 'end' and s.status or nil, code = s.code, outcome_id = a.outcomeId,
    is_recipient_job = is_recipient_job, row = row, touched_at = s.touched_at, sign = a.sign })
end

script('settle', {
  flags = { 'allow-oom' },
  state = { 'state', 'reason', 'probe', 'ring', 'hold', 'unproven', 'refusals', 'doubt', 'careful', 'uncountedUntil', 'doubtful', 'unclear', 'summedDay', 'okBy', 'okAt',
    'window', 'margin', 'transit', 'answersUntil', 'line', 'marks', 'beats', 'lost', 'doubtUntil', 'gatheringUntil' },
  run = function(a, args)
    state_loss.look(a.seen)
    tick()
    strictest.bind_window(a)
    local s = begin(a, args)
    local repeated = answer_repeated(s)
    if repeated then return repeated end
    if s.job.is.state == 'braked' then call('ZREM', keys.braked(s.job.is.op), s.job.is.member) end
    charge_call(s)
    -- Its words on key and account are over.
    if not a.wasTold then
      judge_key(s)
      tell_account(s)
    end
    next_state(s)
    count_bare(s)
    note_sent(s)
    local answer = write_settlement(s)
    count(s)
    if s.account then lanes.hand_out_places(s.account, s.account_now) end
    return answer
  end,
})
