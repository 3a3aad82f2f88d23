-- A campaign's change by a person: create, edit, start, resume. Answers what was done, or why not. What stops it is in campaign-stop.lua.
tick()
local id = a.campaign
local c = call('HMGET', CAMPAIGN(id), 'state', 'why', 'definition', 'rev', 'accepted', 'expiresAt')
local state = c[1]

local function keep_definition()
  call('HSET', CAMPAIGN(id), 'definition', a.definition, 'weight', a.weight, 'price', a.price or 1, 'maxCredits', a.maxCredits or '', 'startAt', a.startAt or 0,
    'expiresAt', a.expiresAt or 0, 'handover', a.handover and '1' or '0')
end

if a.event == 'create' then
  if state then return { c[3] == a.definition and 'unchanged' or 'conflict', state } end
  keep_definition()
  call('HSET', CAMPAIGN(id), 'accounts', a.accounts, 'createdAt', now, 'rev', 1, 'accepted', 0, 'fed', 0, 'ended', 0, 'charged', 0,
    'uncertain', 0, 'wasted', 0, 'held', 0)
  set_campaign(id, 'draft', '')
  call('ZADD', P .. 'campaigns', 0, id)
  return { 'created', 'draft' }
end
if not state then return { 'unknown', '' } end
if state == 'cancelled' then return { 'conflict', state } end

if a.event == 'edit' then
  if state ~= 'draft' and state ~= 'paused' then return { 'conflict', state } end
  -- The recipients were checked against the new text as they were then.
  if num(c[4]) ~= a.rev or num(c[5]) ~= a.accepted then return { 'moved', state } end
  keep_definition()
  call('HINCRBY', CAMPAIGN(id), 'rev', 1)
  return { 'edited', state }
end

if a.event == 'start' or a.event == 'resume' then
  if state == 'running' or state == 'scheduled' then return { 'unchanged', state } end
  if state == 'ended' or (a.event == 'start') ~= (state == 'draft') then return { 'conflict', state } end
  local missing, present = {}, 0
  for _, account in ipairs(cjson.decode(call('HGET', CAMPAIGN(id), 'accounts'))) do
    if call('EXISTS', ACCOUNT(account)) == 1 then present = present + 1 else table.insert(missing, account) end
  end
  local handover = call('HGET', CAMPAIGN(id), 'handover') == '1'
  if a.event == 'start' and #missing > 0 and not (handover and present > 0) then
    return { 'missing', table.concat({ unpack(missing, 1, math.min(#missing, 10)) }, ', ') }
  end
  local start_at = num(call('HGET', CAMPAIGN(id), 'startAt'))
  if state == 'draft' then call('HSET', CAMPAIGN(id), 'startedAt', math.max(now, start_at)) end
  if start_at > now then
    set_campaign(id, 'scheduled', '')
    call('ZADD', SCHEDULED, start_at, id)
  else
    set_campaign(id, 'running', '')
    release_held(id)
    end_if_done(id)
  end
  return { 'done', call('HGET', CAMPAIGN(id), 'state') }
end
