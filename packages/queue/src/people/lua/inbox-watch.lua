-- The watch over accounts' inboxes: a line of readings that are due, and how far each has come. A reading is a chain of reads, each a job of the account under a number of its own that only grows: the
-- account's own name while that is not known, pages of its inbox from the newest on, and conversations that a page leaves open. So there is one read of an account at a time, and one that is lost is seen to be.
-- Inboxes are read while some campaign that stops on replies has something left to send: a reply to whatever account stops it.
-- needs: used_ids, rests, hours
local MINUTE_MS = 60000
-- A read that is out, and an account that is away, are looked at again after this, ms.
local LOOK_MS = 60000
-- A job that was told of is not over yet: looked at again after this, ms.
local SETTLE_MS = 1000
-- Two clocks differ by less: rows that are as much older than what was read before are read again.
local OVERLAP_MS = 60000
local MOST_DUE = 20
-- Sends are remembered for so long, ms.
local SENT_MS = 40 * DAY_MS

local function set_due(account, at) call('ZADD', keys.watches, int(at), account) end

-- From the end of a reading to the next: at random, half of the rhythm at least and all of it at most.
local function pause(every_minutes, draw) return math.floor(every_minutes * MINUTE_MS * (0.5 + 0.5 * draw)) end

-- Since when replies stop any campaign that is not over, ms; nil: there is none.
local function stops_since()
  local first = call('ZRANGE', keys.stopping, 0, 0, 'WITHSCORES')
  return first[2] and num(first[2]) or nil
end

-- Whether the job of a read has ended; nil where that is not known any more, or where BullMQ alone knows the job.
local function is_over(digest, ledger_days)
  local state = call('HGET', keys.job(digest), 'state')
  if state then return state == 'settled' end
  return used_ids.status_of(digest, ledger_days) and true or nil
end

local function none() return { 'kind', 'none' } end

local function read(step)
  return { 'kind', 'read', 'account', step.account, 'turn', int(step.turn), 'operation', step.operation, 'cursor', step.cursor or '', 'conversation', step.conversation or '',
    'isNew', step.is_new and '1' or '0' }
end

-- The readings that may be due, each with its latest read.
script('watch_due', {
  flags = { 'no-writes' },
  state = { 'state' },
  run = function()
    local list = {}
    if api_key.get('state') == 'stopped' or not stops_since() then return '[]' end
    for _, account in ipairs(call('ZRANGEBYSCORE', keys.watches, '-inf', now_text, 'LIMIT', 0, MOST_DUE)) do
      local w = call('HMGET', keys.watch(account), 'turn', 'operation')
      list[#list + 1] = { account = account, turn = num(w[1]), operation = w[2] or 'message.inbox' }
    end
    return #list == 0 and '[]' or cjson.encode(list)
  end,
})

local function state_of(account)
  local v = call('HMGET', keys.account(account), 'state', 'rests', 'replyWatch', 'hours', 'self', 'print')
  local print, self = string.match(v[5] or '', '^(.*)|(.*)$')
  return { state = v[1], rests = v[2], every = num(v[3]), hours = v[4], knows_self = self and self ~= '' and print == (v[6] or '') }
end

local WATCH = { 'turn', 'out', 'operation', 'cursor', 'began', 'since', 'mark', 'paged', 'asks' }
local function watch_of(account)
  local w, v = {}, call('HMGET', keys.watch(account), unpack(WATCH))
  for i, name in ipairs(WATCH) do w[name] = v[i] or nil end
  w.turn, w.asks = num(w.turn), w.asks and cjson.decode(w.asks) or {}
  return w
end

local function drop_reading(account) call('HDEL', keys.watch(account), 'out', 'cursor', 'began', 'target', 'paged', 'pages', 'asks') end

-- The read before: nil where the next may begin; an answer where it may not.
local function after_last(a, w, account)
  if w.turn == 0 then return nil end
  local over = is_over(a.digest, a.ledgerDays)
  if w.out and not over then
    -- Added again where its adding was lost; the same id is no second job.
    set_due(a.account, now + LOOK_MS)
    return read({ account = a.account, turn = w.turn, operation = w.operation, cursor = w.cursor, conversation = w.asks[1] and w.asks[1].id })
  elseif w.out then
    -- It ended and said nothing: the reading failed, and begins anew later.
    drop_reading(a.account)
    set_due(a.account, now + pause(account.every, a.draw))
    return none()
  elseif over == false then
    set_due(a.account, now + SETTLE_MS)
    return none()
  end
  return nil
end

-- Whether the account may be read now; an answer where it may not.
local function may_read(a, account)
  local times = hours.of(account.hours)
  local opens = times and hours.open_at(times, now) or now
  if opens > now then
    -- It is not expected to be read now.
    call('HDEL', keys.account(a.account), 'inboxWaits')
    set_due(a.account, opens + pause(account.every, a.draw) - pause(account.every, 0))
    return none()
  end
  -- Where it stood in the line for long, nobody asked for it.
  local was_idle = now - num(call('ZSCORE', keys.watches, a.account)) > 2 * LOOK_MS
  call(was_idle and 'HSET' or 'HSETNX', keys.account(a.account), 'inboxWaits', now_text)
  if account.state ~= 'active' or rests.till(account.rests, 'message.inbox') then
    set_due(a.account, now + LOOK_MS)
    return none()
  end
  return nil
end

local function begin_reading(account, w, need)
  local is_joined = w.since and num(w.since) <= need
  call('HSET', keys.watch(account), 'began', now_text, 'target', int(is_joined and num(w.mark) - OVERLAP_MS or need))
end

-- Takes the next read of an account: its job is added by who asked, and by who finds it lost. a: account, turn and digest of its latest read, ledgerDays, draw.
script('watch_claim', {
  run = function(a)
    tick()
    local account, need = state_of(a.account), stops_since()
    if not account.state or account.every == 0 then
      call('ZREM', keys.watches, a.account)
      call('DEL', keys.watch(a.account))
      return none()
    end
    local w = watch_of(a.account)
    if not need or w.turn ~= a.turn or num(call('ZSCORE', keys.watches, a.account)) > now then return none() end
    local held = after_last(a, w, account) or may_read(a, account)
    if held then return held end
    local step = { account = a.account, turn = math.max(now, w.turn + 1), is_new = true }
    if not account.knows_self then step.operation = 'profile.me'
    elseif w.paged then step.operation, step.conversation = 'message.conversation', w.asks[1].id
    else
      if not w.began then begin_reading(a.account, w, need) end
      step.operation, step.cursor = 'message.inbox', w.cursor
    end
    call('HSET', keys.watch(a.account), 'turn', int(step.turn), 'out', '1', 'operation', step.operation)
    set_due(a.account, now + LOOK_MS)
    return read(step)
  end,
})

local function complete(a, w, account)
  local target, began = num(call('HGET', keys.watch(a.account), 'target')), num(w.began)
  local since = w.since and num(w.mark) >= target and math.min(num(w.since), target) or target
  drop_reading(a.account)
  call('HSET', keys.watch(a.account), 'since', int(since), 'mark', int(began))
  call('HSET', keys.account(a.account), 'inboxReadAt', now_text)
  call('HDEL', keys.account(a.account), 'inboxWaits')
  set_due(a.account, now + pause(account.every, a.draw))
end

-- A read said what it found, which is kept by now. a: account, turn, operation, draw; of a page `cursor` of the next, empty at the end of the reading, and `asks`: conversations that it leaves open.
-- Answers whether it was the latest one and had not said so before.
script('watch_told', {
  flags = { 'allow-oom' },
  run = function(a)
    tick()
    local account, w = state_of(a.account), watch_of(a.account)
    if not account.state or account.every == 0 or w.turn ~= a.turn or not w.out then return 0 end
    call('HDEL', keys.watch(a.account), 'out')
    set_due(a.account, now)
    if w.operation == 'profile.me' then return 1 end
    if w.operation == 'message.conversation' then table.remove(w.asks, 1)
    else
      for _, ask in ipairs(a.asks or {}) do table.insert(w.asks, ask) end
      if a.cursor and a.cursor ~= '' then call('HSET', keys.watch(a.account), 'cursor', a.cursor)
      else
        call('HDEL', keys.watch(a.account), 'cursor')
        call('HSET', keys.watch(a.account), 'paged', '1')
        w.paged = '1'
      end
      call('HINCRBY', keys.watch(a.account), 'pages', 1)
    end
    if w.paged and #w.asks == 0 then complete(a, w, account)
    elseif #w.asks > 0 then call('HSET', keys.watch(a.account), 'asks', cjson.encode(w.asks)) end
    return 1
  end,
})

-- The facts that the answer of a read is judged by; empty where it is not the latest one any more.
script('watch_reading', {
  flags = { 'no-writes' },
  run = function(a)
    local w, v = watch_of(a.account), call('HMGET', keys.watch(a.account), 'target', 'pages')
    if w.turn ~= a.turn or not w.out then return '' end
    local account = call('HMGET', keys.account(a.account), 'self', 'print')
    local print, self = string.match(account[1] or '', '^(.*)|(.*)$')
    return cjson.encode({ operation = w.operation, sinceMs = num(v[1]), pages = num(v[2]), cursor = w.cursor or '', ask = w.asks[1], self = print == (account[2] or '') and self or '' })
  end,
})

-- When the account wrote to each of these targets last, ms; 0: not that it is known.
script('watch_sent', {
  flags = { 'no-writes' },
  run = function(a)
    local sent = {}
    for i, target in ipairs(a.targets) do sent[i] = num(call('ZSCORE', keys.watch_sent(a.account), target)) end
    return sent
  end,
})

local inbox_watch = {}

-- The account wrote to a target by now, or may have.
function inbox_watch.sent(account, target)
  if num(call('HGET', keys.account(account), 'replyWatch')) == 0 then return end
  local key = keys.watch_sent(account)
  call('ZREMRANGEBYSCORE', key, '-inf', int(now - SENT_MS))
  call('ZADD', key, now_text, target)
  call('EXPIRE', key, SENT_MS / 1000)
end

return inbox_watch
