-- How many invitations of an account are pending, and which share is accepted: readings like those of inboxes (inbox-watch.lua), of accounts whose policy bounds either. A reading is a chain of reads, each a
-- job of the account under a number of its own that only grows: a page of the invitations that were sent, which tells how many are pending, and the status of a few people who were invited a while ago, drawn at
-- random. Their find is the account's rule from then on (invites.lua). Last, those who did not answer for as many days as the account says are looked at, and an invitation that is still pending is taken
-- back, by a job of the account as well: none without a look of the last hour.
-- needs: used_ids, rests, hours, account_rules
-- From the end of a reading to the next pass half of this at least and all of it at most, at random, ms.
local EVERY_MS = DAY_MS
-- A read that is out, and an account that is away, are looked at again after this, ms; a job that was told of and is not over yet after that.
local LOOK_MS = 60000
local SETTLE_MS = 1000
local MOST_DUE = 20
-- Whoever was invited so long ago is looked at, unless it is longer, ms.
local FROM_MS = 7 * DAY_MS
local TILL_MS = 21 * DAY_MS
-- So many people are looked at in one reading; the share is one of as many as these, at most and at least, and of so long, ms.
local MOST_LOOKS = 3
local MOST_SEEN = 50
local LEAST_SEEN = 20
local SEEN_MS = 30 * DAY_MS
local FIRST = 'invitation.sent'
local STATUS = 'invitation.status'
local WITHDRAW = 'invitation.withdraw'
-- So many people are looked at in one reading to take their invitation back. Of whom a look says nothing, or whose invitation was not taken back, is looked at a day later.
local MOST_WITHDRAWALS = 5
local KEPT_MS = 60 * DAY_MS
-- An invitation is taken back by a look that is no older than this, ms: whoever accepted meanwhile would be, too.
local LOOK_HOLDS_MS = 3600000

local function set_due(id, at) call('ZADD', keys.counts, int(at), id) end
local function pause(draw) return math.floor(EVERY_MS * (0.5 + 0.5 * draw)) end
local function none() return { 'kind', 'none' } end
local function read(step)
  return { 'kind', 'read', 'account', step.account, 'turn', int(step.turn), 'operation', step.operation, 'about', step.about or '', 'invitation', step.invitation or '', 'till', int(step.till or 0), 'isNew', step.is_new and '1' or '0' }
end

-- The readings that may be due, each with its latest read.
script('count_due', {
  flags = { 'no-writes' },
  state = { 'state' },
  run = function()
    local list = {}
    if api_key.get('state') == 'stopped' then return '[]' end
    for _, id in ipairs(call('ZRANGEBYSCORE', keys.counts, '-inf', now_text, 'LIMIT', 0, MOST_DUE)) do
      local v = call('HMGET', keys.count_of(id), 'turn', 'operation')
      list[#list + 1] = { account = id, turn = num(v[1]), operation = v[2] or FIRST }
    end
    return #list == 0 and '[]' or cjson.encode(list)
  end,
})

local function state_of(id)
  local v = call('HMGET', keys.account(id), 'state', 'rests', 'hours', 'invites', 'withdrawAfter')
  local _, halve, stop = string.match(v[4] or '', '^(%d+) (%d+) (%d+)$')
  return { state = v[1], rests = v[2], hours = v[3], is_bounded = halve ~= nil, looks_at_people = num(halve) + num(stop) > 0, withdraw_ms = v[5] and num(v[5]) * DAY_MS or nil }
end

-- Whether anything of it is read.
local function is_read(account) return account.state and (account.is_bounded or account.withdraw_ms) end

local COUNT = { 'turn', 'out', 'operation', 'about', 'began', 'looks', 'seen', 'purpose', 'invitation', 'lookedAt', 'withdrawals' }
local function count_of(id)
  local c, v = {}, call('HMGET', keys.count_of(id), unpack(COUNT))
  for i, name in ipairs(COUNT) do c[name] = v[i] or nil end
  c.turn, c.looks, c.withdrawals = num(c.turn), num(c.looks), num(c.withdrawals)
  c.till = num(c.lookedAt) + LOOK_HOLDS_MS
  return c
end

-- The reading is over, or begins anew: the next is later.
local function end_reading(a)
  call('HDEL', keys.count_of(a.account), 'out', 'about', 'began', 'looks', 'purpose', 'invitation', 'lookedAt', 'withdrawals')
  set_due(a.account, now + pause(a.draw))
  return none()
end

-- How the job of the latest read ended, by the first letter of its status; false: it has not; nil: it is not known any more, or BullMQ alone knows it.
local function end_of(a)
  local v = call('HMGET', keys.job(a.digest), 'state', 'status')
  if v[1] then return v[1] == 'settled' and string.sub(v[2] or '-', 1, 1) end
  return used_ids.status_of(a.digest, a.ledgerDays)
end

-- Whoever is not done with is looked at a day later.
local function put_off(id, address) call('ZINCRBY', keys.unanswered(id), int(DAY_MS), address) end

-- A person's turn is over: the invitation was taken back, or it was not.
local function close_withdrawal(a, c, status)
  if c.about and status == 's' then call('ZREM', keys.unanswered(a.account), c.about) end
  call('HDEL', keys.count_of(a.account), 'out', 'about', 'purpose', 'invitation', 'lookedAt')
  c.out, c.about, c.purpose, c.invitation = nil, nil, nil, nil
end

-- The read before: nil where the next may begin; an answer where it may not. A look that ended and said nothing says nothing of its person; a count that did is made by the next reading.
local function after_last(a, c)
  if c.turn == 0 then return nil end
  local status = end_of(a)
  -- Who was forgotten meanwhile is not read again.
  local is_named = c.operation == FIRST or c.about
  if not status and c.out and is_named then
    -- Added again where its adding was lost; the same id is no second job.
    set_due(a.account, now + LOOK_MS)
    return read({ account = a.account, turn = c.turn, operation = c.operation, about = c.about, invitation = c.invitation, till = c.till })
  elseif status == false then
    set_due(a.account, now + SETTLE_MS)
    return none()
  elseif c.out and c.operation == FIRST then return end_reading(a)
  elseif c.out and c.operation == WITHDRAW then close_withdrawal(a, c, status) end
  return nil
end

-- Whether the account may be read now; an answer where it may not.
local function may_read(a, account)
  local times = hours.of(account.hours)
  local opens = times and hours.open_at(times, now) or now
  if opens > now then
    call('HDEL', keys.account(a.account), 'invitesWait')
    set_due(a.account, opens + math.floor(LOOK_MS * 30 * a.draw))
    return none()
  end
  call('HSETNX', keys.account(a.account), 'invitesWait', now_text)
  if account.state ~= 'active' or rests.till(account.rests, FIRST) then
    set_due(a.account, now + LOOK_MS)
    return none()
  end
  return nil
end

-- Somebody to be looked at, drawn at random, who is not looked at again; nil: nobody.
local function draw_person(a)
  local key, from, till = keys.invited(a.account), int(now - TILL_MS), int(now - FROM_MS)
  call('ZREMRANGEBYSCORE', key, '-inf', '(' .. from)
  local count = call('ZCOUNT', key, from, till)
  if count == 0 then return nil end
  local address = call('ZRANGEBYSCORE', key, from, till, 'LIMIT', int(math.min(count - 1, math.floor(a.draw * count))), 1)[1]
  call('ZREM', key, address)
  return address
end

-- Somebody who was invited longer ago than the account waits for an answer; nil: nobody. A look that says nothing of them has put them off by then.
local function next_unanswered(a, account)
  local address = call('ZRANGEBYSCORE', keys.unanswered(a.account), '-inf', int(now - account.withdraw_ms), 'LIMIT', 0, 1)[1]
  if address then put_off(a.account, address) end
  return address
end

-- The next read of a reading; nil: it is at its end.
local function next_read(a, c, account)
  -- Whose look has grown old, as the account was away, is looked at anew a day later.
  if c.invitation and c.about and c.till > now then return { operation = WITHDRAW, about = c.about, invitation = c.invitation, looked_at = c.lookedAt, till = c.till } end
  if not c.began then
    call('HSET', keys.count_of(a.account), 'began', now_text)
    if account.is_bounded then return { operation = FIRST } end
  end
  local person = account.looks_at_people and c.looks < MOST_LOOKS and draw_person(a)
  if person then
    call('HINCRBY', keys.count_of(a.account), 'looks', 1)
    return { operation = STATUS, about = person }
  end
  local unanswered = account.withdraw_ms and c.withdrawals < MOST_WITHDRAWALS and next_unanswered(a, account)
  if not unanswered then return nil end
  call('HINCRBY', keys.count_of(a.account), 'withdrawals', 1)
  return { operation = STATUS, about = unanswered, purpose = 'withdraw' }
end

-- Takes the next read of an account: its job is added by who asked, and by who finds it lost. a: account, turn and digest of its latest read, ledgerDays, draw.
script('count_claim', {
  run = function(a)
    tick()
    local account, c = state_of(a.account), count_of(a.account)
    if not is_read(account) then
      call('ZREM', keys.counts, a.account)
      return none()
    end
    if c.turn ~= a.turn or num(call('ZSCORE', keys.counts, a.account)) > now then return none() end
    local held = after_last(a, c) or may_read(a, account)
    if held then return held end
    local step = next_read(a, c, account)
    if not step then
      call('HSET', keys.account(a.account), 'invitesReadAt', now_text)
      call('HDEL', keys.account(a.account), 'invitesWait')
      return end_reading(a)
    end
    step.account, step.turn, step.is_new = a.account, math.max(now, c.turn + 1), true
    call('HDEL', keys.count_of(a.account), 'about', 'purpose', 'invitation', 'lookedAt')
    call('HSET', keys.count_of(a.account), 'turn', int(step.turn), 'out', '1', 'operation', step.operation)
    local put = { about = step.about, purpose = step.purpose, invitation = step.invitation, lookedAt = step.looked_at }
    for field, value in pairs(put) do call('HSET', keys.count_of(a.account), field, value) end
    set_due(a.account, now + LOOK_MS)
    return read(step)
  end,
})

-- Adds what a look found. Answers what is remembered of looks, and the share of them as the account's record has it; nil: too few are known.
local function with_look(seen, is_accepted)
  local list, accepted = {}, 0
  for at, one in string.gmatch((seen or '') .. ',' .. now_text .. ':' .. is_accepted, '(%d+):([01])') do
    if num(at) > now - SEEN_MS then list[#list + 1] = { at = num(at), one = one } end
  end
  while #list > MOST_SEEN do table.remove(list, 1) end
  local texts = {}
  for i, look in ipairs(list) do
    texts[i] = int(look.at) .. ':' .. look.one
    accepted = accepted + num(look.one)
  end
  -- It is known for as long as enough of these looks are remembered.
  local oldest = list[#list - LEAST_SEEN + 1]
  return table.concat(texts, ','), oldest and int(accepted) .. ' ' .. int(#list) .. ' ' .. int(oldest.at + SEEN_MS) or nil
end

-- The rules are others now: what was granted by those of before does not leave, and whoever waits is looked at.
local function change_rules(id)
  call('HINCRBY', keys.account(id), 'rules', 1)
  account_rules.look_at_all(id)
end

-- A look of the share's sample.
local function note_look(a, c)
  if not a.accepted then return end
  local seen, share = with_look(c.seen, int(a.accepted))
  call('HSET', keys.count_of(a.account), 'seen', seen)
  if share then call('HSET', keys.account(a.account), 'acceptance', share) else call('HDEL', keys.account(a.account), 'acceptance') end
  change_rules(a.account)
end

-- A look at somebody who did not answer: an invitation of ours that is pending is taken back next; who is a connection, or has none, is done with; of whom it says nothing is left as they are.
local function note_unanswered(a, c)
  if not c.about then return end
  -- LinkedIn was asked after the grant, whenever its answer was taken.
  local looked_at = call('HGET', keys.job(a.digest), 'granted')
  if a.pendingId and a.pendingId ~= '' and looked_at then call('HSET', keys.count_of(a.account), 'about', c.about, 'invitation', a.pendingId, 'lookedAt', looked_at)
  elseif not a.pendingId and a.accepted then call('ZREM', keys.unanswered(a.account), c.about) end
end

-- A read said what it found. a: account, turn, digest of its job, draw; `pending`: how many there are, or `accepted`: 1 or 0, and `pendingId` of an invitation that is pending, empty where its id is not said; none of them: the
-- person can't be told of. Answers whether it was the latest one and had not said so before.
script('count_told', {
  flags = { 'allow-oom' },
  run = function(a)
    tick()
    local account, c = state_of(a.account), count_of(a.account)
    if not is_read(account) or c.turn ~= a.turn or not c.out then return 0 end
    call('HDEL', keys.count_of(a.account), 'out', 'about', 'purpose')
    set_due(a.account, now)
    if c.operation == FIRST then
      if not a.pending then return end_reading(a) and 1 end
      -- From when it was asked on: what was sent while it was counted counts twice rather than never.
      call('HSET', keys.account(a.account), 'pending', c.began .. ' ' .. int(a.pending))
      change_rules(a.account)
    elseif c.purpose then note_unanswered(a, c)
    else note_look(a, c) end
    return 1
  end,
})

local invitation_count = {}

-- The account invited somebody by now, by their address.
function invitation_count.sent(id, address)
  local v = call('HMGET', keys.account(id), 'invites', 'withdrawAfter')
  local _, halve, stop = string.match(v[1] or '', '^(%d+) (%d+) (%d+)$')
  if num(halve) + num(stop) > 0 then
    call('ZADD', keys.invited(id), now_text, address)
    call('EXPIRE', keys.invited(id), TILL_MS / 1000)
  end
  if v[2] then
    call('ZADD', keys.unanswered(id), now_text, address)
    call('EXPIRE', keys.unanswered(id), int((num(v[2]) * DAY_MS + KEPT_MS) / 1000))
  end
end

return invitation_count
