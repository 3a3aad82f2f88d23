-- The jobs that the feeder may put into the queues now: a page of the running campaigns in the order of their turns, and for each the accounts
-- that may be served next. Campaigns that nothing can be fed of rest, and are looked at when something changed or a while is over; so what
-- a plan costs depends on what can be fed. Also says what stands still and why, hands jobs of accounts that are away to others, and gives
-- out the events that nobody announced yet.
-- needs: hand_over, campaign_life, campaign_first, longest_waiting, braked_jobs, rests, account_rules, sequence
-- A campaign that rests is looked at again after this, and nobody sleeps longer.
local LOOK_MS = 30000
local MOST_RESTING = 50
local MOST_EVENTS_AT_ONCE = 100
-- As many turns go to as many campaigns at most, which are the first of the list, or nearly: a low turn that can't be made up for is lifted.
local MORE = 20

local function make_plan(a)
  for _, id in ipairs(call('ZRANGEBYSCORE', keys.scheduled, '-inf', now, 'LIMIT', 0, 100)) do
    campaign_life.change(id, 'running', '')
    campaign_life.release_held(id)
    campaign_life.end_if_done(id)
  end
  for _, id in ipairs(call('ZRANGEBYSCORE', keys.expiring, '-inf', now, 'LIMIT', 0, 100)) do
    call('ZREM', keys.expiring, id)
    if call('HGET', keys.campaign(id), 'state') == 'running' then
      campaign_life.change(id, 'ended', 'expired')
    end
  end

  local virtual = num(call('GET', keys.turn))
  local plan = { campaigns = {}, ahead = {}, away = {}, served = {}, last = {}, events = {}, turn = virtual }

  -- An account that is gone is not away: its jobs end at once, free, and say so.
  local states, resting, rules, capped = {}, {}, {}, {}
  local function state_of(account)
    if not states[account] then
      local v = call('HMGET', keys.account(account), 'state', 'rests', unpack(account_rules.FIELDS))
      states[account], resting[account], rules[account] = v[1] or 'gone', v[2], account_rules.read(v, 3)
    end
    return states[account]
  end
  local function works(account) return state_of(account) == 'active' or state_of(account) == 'refreshing' end
  local function away(account) return not works(account) and state_of(account) ~= 'gone' end
  -- Whether a rule of these scopes keeps it from going, or others wait for one.
  local function is_capped(account, scopes)
    local held = works(account) and scopes and account_rules.of(rules[account])
    if not held then return false end
    local name = account .. ' ' .. scopes
    if capped[name] == nil then capped[name] = account_rules.free_at(account, held, scopes) ~= nil or account_rules.is_awaited(account, held, scopes) end
    return capped[name]
  end
  local function is_resting(account, scopes) return works(account) and rests.till(resting[account], scopes) ~= nil end
  -- A note that is not waited for keeps nobody.
  local function scopes_of(account, scopes)
    local of = scopes and works(account) and rules[account]
    if not of or not of.note then return scopes end
    return (account_rules.scopes_of(account, { scopes = scopes, note = of.note, rests = resting[account], caps = account_rules.caps_of(of) }))
  end
  -- Whether it does nothing of these scopes for now.
  local function rests_for(account, all)
    local scopes = scopes_of(account, all)
    return is_resting(account, scopes) or is_capped(account, scopes)
  end

  -- A job that waits for an account that is away leaves when that one is back, and must not hold up those that are here.
  local ahead, most = {}, a.mostAhead
  for _, account in ipairs(call('ZRANGE', keys.ahead_looks, 0, -1)) do
    ahead[account] = call('SCARD', keys.ahead(account))
    if not away(account) then most = most - ahead[account] end
  end
  most = math.max(0, math.min(most, a.mostPerRound))
  local function has_capacity(account) return (ahead[account] or 0) < a.aheadPerAccount end

  local function not_open(price)
    if api_key.get('state') == 'stopped' then return 'key_stopped' end
    if not a.maxCreditsPerDay then return nil end
    local spent = call('HMGET', keys.credits(today), 'charged', 'uncertain')
    return num(spent[1]) + num(spent[2]) + price > a.maxCreditsPerDay and 'day_budget' or nil
  end

  local closed = not_open(1)

  -- While the service refuses an operation, its campaigns rest: their jobs would only wait behind the brake.
  local braked = {}
  local function is_braked(definition)
    if not braked_jobs.any() then return false end
    local readable, read = pcall(cjson.decode, definition)
    local operation = readable and type(read) == 'table' and read.operation or ''
    if braked[operation] == nil then braked[operation] = braked_jobs.keeps_back(operation) end
    return braked[operation]
  end

  local members = {}
  local function jobs_ahead(account)
    if not ahead[account] then return {} end
    if not members[account] then
      members[account] = {}
      for _, digest in ipairs(call('SMEMBERS', keys.ahead(account))) do
        members[account][digest] = call('HGET', keys.job(digest), 'campaign') or ''
      end
    end
    return members[account]
  end

  local aside = {}
  local function jobs_aside(account)
    if not aside[account] then
      aside[account] = {}
      for _, digest in ipairs(call('SMEMBERS', keys.aside(account))) do aside[account][digest] = call('HGET', keys.job(digest), 'campaign') or '' end
    end
    return aside[account]
  end

  local served, last = {}, {}
  local function learn_served(accounts)
    local unknown = {}
    for _, account in ipairs(accounts) do
      if not served[account] then table.insert(unknown, account) end
    end
    if #unknown == 0 then return end
    local at, by = call('ZMSCORE', keys.fed_at, unpack(unknown)), call('HMGET', keys.fed_last, unpack(unknown))
    for i, account in ipairs(unknown) do served[account], last[account] = num(at[i] or nil), by[i] or nil end
  end

  -- The accounts that are served next, as many as there may be turns.
  local function first_of(accounts)
    if #accounts == 0 then return accounts end
    learn_served(accounts)
    local first = longest_waiting.first(accounts, most, ahead, served)
    for _, account in ipairs(first) do
      plan.ahead[account] = ahead[account]
      plan.served[account] = served[account]
      plan.last[account] = last[account]
    end
    return first
  end

  -- Jobs that are held for accounts that are away go to those that are here, as far as these have room. Returns how many stay with the away.
  local function stay_away(id, accounts, takers, scopes)
    local stay, taker = 0, 1
    for _, account in ipairs(accounts) do
      local rested = rests_for(account, scopes)
      if rested or (ahead[account] and away(account)) then
        for digest, campaign in pairs(rested and jobs_aside(account) or jobs_ahead(account)) do
          if campaign == id then
            while takers[taker] and not has_capacity(takers[taker]) do taker = taker + 1 end
            if most > 0 and takers[taker] and hand_over(digest, account, takers[taker]) then
              if not rested then ahead[account] = ahead[account] - 1 end
              ahead[takers[taker]] = (ahead[takers[taker]] or 0) + 1
              if rested then aside[account][digest] = nil else members[account][digest] = nil end
              most = most - 1
            else
              stay = stay + 1
            end
          end
        end
      end
    end
    return stay
  end

  -- Of a campaign whose counts say that nothing is out; one who was erased before they were fed has ended without being out.
  local function is_any_out(id, accounts)
    if call('EXISTS', keys.held(id)) == 1 then return true end
    for _, account in ipairs(accounts) do
      for _, campaign in pairs(jobs_ahead(account)) do
        if campaign == id then return true end
      end
    end
    return false
  end

  local function say(id, was, why)
    if was == why then return end
    if why then call('HSET', keys.campaign(id), 'stalled', why) else call('HDEL', keys.campaign(id), 'stalled') end
    campaign_life.announce(id, why and 'stalled' or 'moving', why or '')
  end

  -- The people of a sequence whose next step is due, for the accounts that may do it now, as far as they have room. Also whether anybody is due at all, whether anybody may
  -- be fed once there is room, what keeps the others back, and in how many ms more are due.
  local function follow_ups(id, steps)
    local found, clock = { due = {} }, sequence.clock(id)
    for step = 1, #steps do
      local text = steps[step]
      local accounts, next_ms = sequence.due_accounts(id, step, clock)
      if next_ms then found.next_ms = math.min(found.next_ms or next_ms, next_ms) end
      for _, account in ipairs(accounts) do
        local is_braked_now = braked_jobs.any() and braked_jobs.keeps_back(text.operation)
        found.any = true
        found.rests = found.rests or is_resting(account, text.scopes)
        found.capped = found.capped or is_capped(account, text.scopes)
        found.braked = found.braked or is_braked_now
        if not is_braked_now and (state_of(account) == 'gone' or works(account) and not rests_for(account, text.scopes)) then
          found.feedable = true
          if has_capacity(account) and #found.due < most then
            learn_served({ account })
            plan.ahead[account], plan.served[account], plan.last[account] = ahead[account], served[account], last[account]
            if state_of(account) == 'gone' then plan.away[account] = 'gone' end
            table.insert(found.due, { account = account, step = step, waits = sequence.due(id, { step = step, account = account, clock = clock, most = a.aheadPerAccount }) })
          end
        end
      end
    end
    return found
  end

  -- Plans one campaign; `turn` is false for one that rests.
  local soonest
  local function look(id, turn)
    local c = call('HMGET', keys.campaign(id), 'state', 'definition', 'accounts', 'weight', 'handover', 'stalled', 'fed', 'ended', 'erased', 'createdAt',
      'price', 'expiresAt', 'rev', 'scopes', 'accepted', 'firstLeft', 'dealtFrom', 'steps', 'waiting')
    local steps = sequence.steps(c[18])
    local follows = steps and follow_ups(id, steps)
    if follows and follows.next_ms then soonest = math.min(soonest or follows.next_ms, follows.next_ms) end
    local readable, accounts = pcall(cjson.decode, c[3] or '')
    if c[1] ~= 'running' or not readable then
      call('ZREM', keys.running, id)
      return call('ZREM', keys.resting, id)
    end
    if num(c[12]) > 0 then call('ZADD', keys.expiring, c[12], id) end

    local fields = {}
    for i, account in ipairs(accounts) do fields[i] = 'left:' .. account end
    local left = call('HMGET', keys.campaign(id), unpack(fields))
    for i = 1, #accounts do left[i] = num(left[i]) end
    local first_left = c[16] and math.max(0, num(c[16])) or nil
    if first_left then left = campaign_first.of(first_left, num(c[15]) - num(c[17]), left) end
    local handover, has_todo, present, scopes = c[5] == '1', false, false, c[14]
    local own, gone, orphans, takers, feedable, any_rests, any_capped = {}, {}, {}, {}, false, false, false
    for i, account in ipairs(accounts) do
      local has = left[i] > 0
      has_todo = has_todo or has
      any_rests = any_rests or is_resting(account, scopes)
      any_capped = any_capped or is_capped(account, scopes)
      if has or handover then
        if works(account) and not rests_for(account, scopes) then
          present = true
          feedable = feedable or has
          if has_capacity(account) then
            if has then table.insert(own, account) end
            if handover then table.insert(takers, account) end
          end
        elseif has then
          table.insert(state_of(account) == 'gone' and gone or orphans, account)
        end
      end
    end
    local hands_over = handover and present
    feedable = feedable or (hands_over and has_todo) or (not hands_over and #gone > 0)

    local stands
    if steps then
      local is_first_braked = braked_jobs.any() and braked_jobs.keeps_back(steps[1].operation)
      -- Further steps are other operations: the brake on the first one keeps none of them back.
      if is_first_braked then own, gone, orphans, takers, feedable = {}, {}, {}, {}, false end
      feedable = feedable or follows.feedable
      any_rests, any_capped = any_rests or follows.rests, any_capped or follows.capped
      stands = not feedable and (is_first_braked and has_todo or follows.braked)
    else
      stands = is_braked(c[2] or '')
    end
    local out = num(c[7]) - num(c[8]) - num(c[19])
    local is_anything_due = has_todo or out > 0 or follows and follows.any
    if first_left == 0 and out <= 0 and not is_any_out(id, campaign_life.accounts_of(id)) then return campaign_life.change(id, 'paused', 'first_done') end
    local stay = (handover or not feedable) and stay_away(id, campaign_life.accounts_of(id), takers, scopes) or 0
    local was = c[6] and (c[6] == '1' and 'accounts_away' or c[6]) or nil
    if is_anything_due then
      local away_why = not feedable and not any_capped and not (steps and stands) and out <= stay and (any_rests and 'accounts_resting' or 'accounts_away')
      say(id, was, not_open(math.max(1, num(c[11]))) or away_why or (stands and 'brake') or nil)
    elseif steps then
      say(id, was, nil)
    end

    if not feedable or stands then
      call('ZREM', keys.running, id)
      return call('ZADD', keys.resting, int(now + math.min(LOOK_MS, follows and follows.next_ms or LOOK_MS)), id)
    end
    if not turn then
      -- Who could not use its turns does not save them up.
      turn = virtual
      call('ZREM', keys.resting, id)
      call('ZADD', keys.running, turn, id)
    end
    if most == 0 then return end

    local from = first_of(own)
    local ending = {}
    for _, account in ipairs(gone) do
      if has_capacity(account) then table.insert(ending, account) end
    end
    local others = hands_over and orphans or first_of(ending)
    if hands_over then
      for _, account in ipairs(gone) do table.insert(others, account) end
      takers = first_of(takers)
    end
    for i = 1, math.min(#others, most) do
      plan.away[others[i]] = works(others[i]) and 'resting' or state_of(others[i])
      table.insert(from, others[i])
    end
    if #from == 0 and not (follows and #follows.due > 0) then return end
    local left_to, todo = {}, {}
    for i, account in ipairs(accounts) do left_to[account] = left[i] end
    fields = {}
    for _, account in ipairs(from) do
      table.insert(fields, 'chunk:' .. account)
      table.insert(fields, 'at:' .. account)
    end
    local places = #fields > 0 and call('HMGET', keys.campaign(id), unpack(fields)) or {}
    for i, account in ipairs(from) do
      todo[account] = { chunk = num(places[2 * i - 1]), at = num(places[2 * i]), left = left_to[account],
        base = steps and num(call('HGET', keys.campaign(id), 'base:' .. account)) or nil }
    end
    table.insert(plan.campaigns, { id = id, definition = c[2], revision = num(c[13]), weight = num(c[4]), turn = turn,
      edition = (c[10] or '') .. ':' .. (c[9] or '0'), todo = todo, handsOver = hands_over, takers = hands_over and takers or {},
      followUps = follows and follows.due or nil })
  end

  local listed = call('ZRANGE', keys.running, a.from, a.from + a.mostCampaigns - 1, 'WITHSCORES')
  local resting = call('ZRANGEBYSCORE', keys.resting, '-inf', now, 'LIMIT', 0, MOST_RESTING)
  for _, id in ipairs(resting) do look(id, false) end
  for i = 1, #listed, 2 do
    if (most == 0 and not closed) or (most > 0 and #plan.campaigns >= most + MORE) then break end
    look(listed[i], num(listed[i + 1]))
  end
  plan.most = most
  plan.more = #listed == 2 * a.mostCampaigns
  plan.again = #resting == MOST_RESTING or call('LLEN', keys.campaign_events) > MOST_EVENTS_AT_ONCE

  for _, one in ipairs(call('LRANGE', keys.campaign_events, 0, MOST_EVENTS_AT_ONCE - 1)) do table.insert(plan.events, cjson.decode(one)) end

  plan.waitMs = math.min(LOOK_MS, soonest or LOOK_MS)
  for _, times in ipairs({ keys.scheduled, keys.expiring, keys.resting }) do
    local first = call('ZRANGE', times, 0, 0, 'WITHSCORES')[2]
    if first then plan.waitMs = math.max(0, math.min(plan.waitMs, num(first) - now)) end
  end
  -- All that woke the feeder is seen, unless it concerns a page before this one.
  if a.from == 0 then api_key.put('feedWoken', false) end
  return cjson.encode(plan)
end

script('campaign_plan', { state = { 'state', 'careful', 'uncountedUntil' }, run = function(a)
  tick()
  return make_plan(a)
end })
