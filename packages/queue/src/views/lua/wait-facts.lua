-- All that says why jobs wait: the state of the key and of its window, the day's credits, and the entries, accounts, campaigns and brakes of
-- these jobs. It judges nothing (waits-for.ts does); a page of a hundred jobs is one call.
-- a.jobs: {queue, id, digest, operation, account, campaign}, each. Data of at most a.mostData bytes comes along where its price may matter.
-- needs: bullmq, window, pacing, brakes, rests, account_rules
local STATE = { 'born', 'closedUntil', 'state', 'until', 'reason', 'probe', 'tat', 'crowdedUntil', 'hold', 'accountMax', 'nextProbe', 'unproven', 'limit', 'window', 'doubt', 'careful', 'uncountedUntil', 'lost' }
-- BullMQ's scores of delayed jobs are moments with 12 bits of order behind them.
local DUE_STEP = 0x1000

-- The known parts of a value; nil for those of none.
local function fields(key, names)
  local read = call('HMGET', key, unpack(names))
  if not read[1] then return nil end
  local is = {}
  for i, name in ipairs(names) do is[name] = read[i] or nil end
  return is
end

local function read_key(a)
  local is = {}
  for _, field in ipairs({ 'born', 'closedUntil', 'state', 'until', 'reason', 'nextProbe', 'unproven', 'lost' }) do is[field] = api_key.get(field) or nil end
  is.probeOut = brakes.probe_is_out(api_key.get('probe')) and true or false
  is.doubtFull = brakes.doubt_is_full() and true or false
  local busy = window.look(keys.slots)
  local q = { limit = a.limit, windowMs = a.windowMs, busy = busy, gone = call('ZCARD', keys.slots) - busy }
  for _, name in ipairs({ 'normal', 'urgent' }) do
    q.urgent = name == 'urgent'
    local ms, reason = pacing.wait(q)
    is[name] = { ms = ms, reason = reason }
  end
  return is
end

local function read_account(id)
  local account = fields(keys.account(id), { 'state', 'until', 'max', 'rests', unpack(account_rules.FIELDS) })
  if not account then return nil end
  account.inFlight = call('SCARD', keys.in_flight(id))
  account.ahead = call('SCARD', keys.places_handed(id)) + call('ZCOUNT', keys.lane(id), '-inf', now)
  return account
end

-- A place in a line, from 1.
local function place_in(line, member)
  local rank = member and call('ZRANK', line, member)
  return rank and rank + 1 or nil
end

-- Whose job it is, as the gate will see it or as it is held: its data may have been edited in BullMQ since.
local function learn_owners(e, entry)
  if entry.own == '1' then e.campaign = entry.campaign
  elseif entry.state == 'held' and entry.meta then
    local named = cjson.decode(entry.meta).campaignId
    e.campaign = named ~= cjson.null and named or nil
  end
  entry.meta = nil
  if entry.state == 'parked' then e.account = entry.account end
end

local ENTRY = { 'state', 'member', 'op', 'account', 'deadline', 'chosen', 'scopes', 'lookAt', 'own', 'campaign', 'meta' }
local function read_job(a, e)
  local key = bullmq.key(e.queue, e.id)
  local v, entry = call('HMGET', keys.job(e.digest), unpack(ENTRY)), {}
  for i, name in ipairs(ENTRY) do entry[name] = v[i] or nil end
  learn_owners(e, entry)
  local stored = call('HMGET', key, 'priority', 'ats')
  local one = { entry = entry, account = e.account, campaign = e.campaign, priority = stored[1] or nil, fetched = num(stored[2]) > 0 }
  local due = call('ZSCORE', bullmq.key(e.queue, 'delayed'), e.id)
  if due then one.due = math.floor(num(due) / DUE_STEP) end
  if entry.state == 'open' then one.locked = call('EXISTS', key .. ':lock') == 1 end
  if entry.state == 'parked' then one.position = place_in(keys.lane(entry.account), entry.member) end
  if entry.state == 'braked' then one.position = place_in(keys.braked(entry.op), entry.member) end
  local asks = not entry.state or entry.state == 'waiting' or entry.state == 'released'
  if asks and (a.priced or e.campaign) and call('HSTRLEN', key, 'data') <= a.mostData then one.data = call('HGET', key, 'data') or nil end
  return one
end

local function held_by(account)
  if account.held == nil then account.held = account_rules.of(account) or false end
  return account.held
end

-- The scopes by which the gate would let it go. q: scopes, urgent, campaign.
local function scopes_of(account, id, q)
  if not account.note or not q.scopes then return q.scopes end
  local held = held_by(account)
  local bound = held and account_rules.of_job(held, q)
  return (account_rules.scopes_of(id, { scopes = q.scopes, note = account.note, rests = account.rests, caps = bound and bound.caps }))
end

-- Until when a job waits for a rule of its account, and why; asked once for all jobs of the same scopes that go by the same rules. q: scopes, urgent, campaign.
local function ruled_by(account, id, q)
  held_by(account)
  if not account.held or not q.scopes then return nil end
  account.ruled = account.ruled or {}
  local bound = account_rules.of_job(account.held, q)
  local name = (bound == account.held and '' or 'urgent ') .. q.scopes
  if account.ruled[name] == nil then
    local till, line = account_rules.free_at(id, bound, q.scopes)
    account.ruled[name] = till and { till = till, why = account_rules.why(id, bound, line) } or false
  end
  return account.ruled[name] or nil
end

script('wait_facts', {
  flags = { 'no-writes' },
  state = STATE,
  run = function(a)
    local is = { nowMs = now, key = read_key(a), accounts = {}, campaigns = {}, brakes = {}, jobs = {} }
    local credits = call('HMGET', keys.credits(today), 'charged', 'uncertain', 'held')
    is.spent = num(credits[1]) + num(credits[2]) + num(credits[3])
    is.dayEndsMs = (today + 1) * DAY_MS
    for i, e in ipairs(a.jobs) do
      is.jobs[i] = read_job(a, e)
      if e.account and not is.accounts[e.account] then is.accounts[e.account] = read_account(e.account) end
      local account, one = is.accounts[e.account], is.jobs[i]
      if account then
        local scopes = scopes_of(account, e.account, { scopes = one.entry.scopes or e.scopes, urgent = one.priority == '1', campaign = e.campaign })
        one.restUntil = rests.till(account.rests, scopes)
        one.rule = ruled_by(account, e.account, { scopes = scopes, urgent = one.priority == '1', campaign = e.campaign })
      end
      if e.campaign and not is.campaigns[e.campaign] then
        is.campaigns[e.campaign] = fields(keys.campaign(e.campaign), { 'state', 'why', 'startAt', 'maxCredits', 'charged', 'uncertain', 'held' })
      end
      if not is.brakes[e.operation] then is.brakes[e.operation] = fields(keys.brake(e.operation), { 'since', 'nextProbe' }) end
    end
    return cjson.encode(is)
  end,
})
