-- A campaign's change by a person: create, edit, start, resume. Answers what was done, or why not. Its stops are in campaign-stop.lua.
-- needs: campaign_life, campaign_deal, people, state_history
-- So many missing accounts are named.
local MOST_NAMED = 10

local function keep_definition(a)
  call('HSET', keys.campaign(a.campaign), 'definition', a.definition, 'weight', a.weight, 'price', a.price or 1, 'maxCredits', a.maxCredits or '',
    'startAt', a.startAt or 0, 'expiresAt', a.expiresAt or 0, 'handover', a.handover and '1' or '0',
    'scopes', a.scopes or '', 'gapDays', a.gapDays or 0,
    'stopOnReply', a.stopOnReply and '1' or '0')
  if a.steps then call('HSET', keys.campaign(a.campaign), 'steps', a.steps, 'stepOnReply', a.stepOnReply and '1' or '0') end
  people.remember_for(a.gapDays)
  if a.stopOnReply or a.stepOnReply then people.stop_on_reply() end
end

local function read(id)
  local v = call('HMGET', keys.campaign(id), 'state', 'definition', 'rev', 'accepted', 'accounts', 'handover', 'startAt', 'why', 'first', 'firstLeft', 'deletedAt')
  return { state = not v[11] and v[1] or nil, deleted = v[11], definition = v[2], rev = num(v[3]), accepted = num(v[4]), accounts = v[5], handover = v[6] == '1', start_at = num(v[7]),
    why = v[8], first = v[9] and num(v[9]) or nil, first_left = num(v[10]) }
end

script('campaign_create', { run = function(a)
  tick()
  local id, c = a.campaign, read(a.campaign)
  if c.deleted then return { 'conflict', 'deleted' } end
  if c.state then return { c.definition == a.definition and 'unchanged' or 'conflict', c.state } end
  keep_definition(a)
  call('HSET', keys.campaign(id), 'accounts', a.accounts, 'createdAt', now, 'rev', 1, 'accepted', 0, 'fed', 0, 'ended', 0, 'charged', 0,
    'uncertain', 0, 'wasted', 0, 'held', 0)
  campaign_life.change(id, 'draft', '')
  call('ZADD', keys.campaigns, 0, id)
  return { 'created', 'draft' }
end })

-- The accounts that are not there, as words; nil where the campaign may start without them.
local function missing_accounts(c)
  local missing, present = {}, 0
  for _, account in ipairs(cjson.decode(c.accounts)) do
    if call('EXISTS', keys.account(account)) == 1 then present = present + 1 else table.insert(missing, account) end
  end
  if #missing == 0 or (c.handover and present > 0) then return nil end
  return table.concat({ unpack(missing, 1, math.min(#missing, MOST_NAMED)) }, ', ')
end

local function edit(a)
  local c = read(a.campaign)
  if not c.state then return { 'unknown', '' } end
  if c.state ~= 'draft' and c.state ~= 'paused' then return { 'conflict', c.state } end
  -- The recipients were checked against the new text as they were then.
  if c.rev ~= a.rev or c.accepted ~= a.accepted then return { 'moved', c.state } end
  -- So were its steps, against what it has done.
  if a.draft and c.state ~= 'draft' then return { 'moved', c.state } end
  if a.deal then
    -- A draft's are looked for at its start.
    local missing = c.state == 'paused' and missing_accounts({ accounts = a.accounts, handover = a.handover })
    if missing then return { 'missing', missing } end
    if not campaign_deal.fits(a.campaign, a.deal) then return { 'moved', c.state } end
    campaign_deal.take(a.campaign, a.deal, a.accounts)
  end
  keep_definition(a)
  for step, ms in ipairs(a.shifts or {}) do
    if ms ~= 0 then call('HINCRBY', keys.campaign(a.campaign), 'shift:' .. step, int(ms)) end
  end
  campaign_life.mark_stopping(a.campaign)
  local revision = call('HINCRBY', keys.campaign(a.campaign), 'rev', 1)
  state_history.note(keys.campaign_states(a.campaign), 'edited', 'revision ' .. int(revision) .. (a.by and ', by ' .. a.by or ''))
  return { 'edited', c.state }
end

script('campaign_edit', { run = function(a)
  tick()
  local said = edit(a)
  if a.deal and said[1] ~= 'edited' then campaign_deal.drop(a.campaign, a.deal) end
  return said
end })

local function is_going(c) return c.state == 'running' or c.state == 'scheduled' end

-- With how many recipients it was started, as words; '' for all.
local function first_of(c) return c.first and tostring(c.first) or '' end

-- Whoever asks for other recipients than it sends to must not take it for done.
local function going_already(c, first)
  if first and first ~= c.first then return { 'first', first_of(c) } end
  return { 'unchanged', c.state }
end

local function set_going(id, c)
  if c.state == 'draft' then call('HSET', keys.campaign(id), 'startedAt', math.max(now, c.start_at)) end
  if c.start_at > now then
    campaign_life.change(id, 'scheduled', '')
    call('ZADD', keys.scheduled, c.start_at, id)
  else
    campaign_life.change(id, 'running', '')
    campaign_life.release_held(id)
    campaign_life.end_if_done(id)
  end
  return { 'done', call('HGET', keys.campaign(id), 'state') }
end

script('campaign_start', { run = function(a)
  tick()
  local c = read(a.campaign)
  if not c.state then return { 'unknown', '' } end
  if is_going(c) then return going_already(c, a.first) end
  if c.state ~= 'draft' then return { 'conflict', c.state } end
  -- The text was looked through as it was then.
  if a.rev and c.rev ~= a.rev then return { 'moved', c.state } end
  local missing = missing_accounts(c)
  if missing then return { 'missing', missing } end
  if a.first then call('HSET', keys.campaign(a.campaign), 'first', a.first, 'firstLeft', a.first) end
  return set_going(a.campaign, c)
end })

script('campaign_resume', { run = function(a)
  tick()
  local c = read(a.campaign)
  if not c.state then return { 'unknown', '' } end
  if is_going(c) then return going_already(c, a.first) end
  if c.state ~= 'paused' then return { 'conflict', c.state } end
  if a.first then
    -- More of a campaign that was started whole may be in the queues already.
    if not c.first or a.first < c.first then return { 'first', first_of(c) } end
    if a.first == c.first and c.why == 'first_done' then return { 'unchanged', c.state } end
    call('HSET', keys.campaign(a.campaign), 'first', a.first, 'firstLeft', math.max(0, c.first_left) + a.first - c.first)
  elseif c.why == 'first_done' then
    call('HDEL', keys.campaign(a.campaign), 'first', 'firstLeft')
  end
  return set_going(a.campaign, c)
end })
