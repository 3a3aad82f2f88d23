-- One question at the gate: the request, the job's entry, and the answers that the checks give. A check answers, or passes with nil.
-- Of an answer each name stands before its value.
-- needs: bullmq, record, job_entry, lanes
local asking = {}

-- Checks find in it: a, digest, job (a record), known (whether it has an entry), and what earlier checks learned: people, campaign, account, brake, probing,
-- stays_aside (it waits for the rest that it waited for).
function asking.begin(a)
  local job = job_entry.read(a.digest)
  a.campaign = job_entry.campaign_of(job, a)
  return { a = a, digest = a.digest, job = job, known = job.known }
end

-- The job's history so far.
local function with_history(ask, answer)
  if not ask.known then return answer end
  local entry = ask.job.is
  for _, field in ipairs({ 'calls', 'attempts', 'deaths', 'charged', 'uncertain', 'started', 'bare' }) do
    if entry[field] then
      answer[#answer + 1] = field
      answer[#answer + 1] = entry[field]
    end
  end
  return answer
end

function asking.give_back_token(ask) bullmq.give_back_token(ask.a.queue, ask.digest, ask.a.callId) end

-- The job leaves the places and lanes of its account, where it is in any: between two calls it is in none. They are those of the account that the
-- entry names: the job's data may have been edited in BullMQ since.
function asking.leave_lanes(ask)
  local a, entry = ask.a, ask.job.is
  if SHORT_WAYS and (not ask.known or entry.state == 'waiting') then return end
  local account = entry.account or a.account
  if entry.aside and not ask.stays_aside then
    call('SREM', keys.aside(account), ask.digest)
    lanes.put_ahead(account, ask.digest)
    record.put(ask.job, { aside = false })
  end
  lanes.leave(account, ask.digest, a.member)
  -- Its priority was another when it was parked.
  if entry.member and entry.member ~= a.member then call('ZREM', keys.lane(account), entry.member) end
  if account ~= a.account then lanes.hand_out_places(account) end
end

-- Hold the job and ask again.
function asking.wait(ms, reason) return { 'kind', 'wait', 'forMs', string.format('%d', ms), 'reason', reason } end

-- This job alone comes again later.
function asking.snooze(ms, reason) return { 'kind', 'snooze', 'forMs', string.format('%d', ms), 'reason', reason } end

-- As `snooze`; a place of its account that was handed to it goes to the next in line meanwhile.
function asking.step_aside(ask, ms, reason)
  asking.leave_lanes(ask)
  if ask.known then
    job_entry.wait(ask.job)
    record.write(ask.job)
  end
  asking.give_back_token(ask)
  lanes.hand_out_places(ask.a.account)
  return asking.snooze(ms, reason)
end

-- The job is held in this state; where it is found again is the caller's to write.
function asking.set_aside(ask, state)
  local a = ask.a
  asking.leave_lanes(ask)
  record.put(ask.job, { state = state, queue = a.queue, id = a.id, account = a.account, priority = int(a.priority), member = a.member, meta = a.meta })
  record.write(ask.job)
  asking.give_back_token(ask)
end

function asking.parked(why) return { 'kind', 'parked', 'why', why } end

-- `waited`: the ledger knew the job, so it is cancelled rather than failed.
function asking.refused(ask, code)
  asking.give_back_token(ask)
  -- A log-in has no outcome that would end its entry; its credits are in the ledger's sums.
  if ask.a.auth then
    record.remove(ask.job)
    call('ZREM', keys.waiting, ask.digest)
  end
  return with_history(ask, { 'kind', 'refused', 'code', code, 'waited', ask.known and '1' or '0' })
end

function asking.granted(ask, account)
  local answer = { 'kind', 'granted', 'epoch', account.epoch or '', 'token', account.token or '', 'country', account.country or '',
    'clock', string.format('%d', clock) }
  if ask.bare and not ask.known then answer[#answer + 1], answer[#answer + 2] = 'bare', '1' end
  return with_history(ask, answer)
end

-- An earlier call of this job left and was never answered.
function asking.interrupted(ask)
  local entry = ask.job.is
  entry.started = entry.started or entry.granted
  return with_history(ask, { 'kind', 'interrupted', 'callId', entry.call, 'price', entry.price, 'op', entry.op or '',
    'reconciling', entry.reconciling or '' })
end

-- Its write may have been done: from now on it makes no call but looks. The worker asks again for the next one; the fetched job keeps its limiter token.
function asking.look(ask)
  local account = call('HMGET', keys.account(ask.a.account), 'self', 'print')
  local print, is = string.match(account[1] or '', '^(.*)|(.*)$')
  return with_history(ask, { 'kind', 'look', 'reconciling', ask.job.is.reconciling, 'self', print == (account[2] or '') and is or '' })
end

-- Its campaign's text is another by now; the worker makes the job from that and asks again, under a callId of its own.
function asking.edited(ask) return with_history(ask, { 'kind', 'edited' }) end

-- Whom the job is about was not said, as nobody is to be asked for it without need.
function asking.who() return { 'kind', 'who' } end

function asking.settled(published) return { 'kind', 'settled', 'published', published and '1' or '0' } end

-- The account as the gate reads it; nil for one that is not there.
function asking.read_account(id)
  local v = call('HMGET', keys.account(id), 'state', 'max', 'until', 'epoch', 'token', 'country', 'rests', 'refusals', 'plan', 'caps', 'rules', 'tended',
    'pace', 'hours', 'warmUp', 'wrote', 'overrides', 'note', 'invites', 'pending', 'acceptance')
  if not v[1] then return nil end
  return { state = v[1], max = v[2] and tonumber(v[2]) or 0, rest_until = v[3], epoch = v[4], token = v[5], country = v[6], rests = v[7], refusals = v[8],
    plan = v[9], caps = v[10], rules = v[11], tended = v[12], pace = v[13], hours = v[14], warmUp = v[15], wrote = v[16], overrides = v[17], note = v[18] or nil, invites = v[19], pending = v[20], acceptance = v[21] }
end

return asking
