-- The rules of an account: its caps, which a warm-up and a low acceptance lower, its pace, its hours and the bounds of its invitations. A call asks them together, is booked in those that count, and waits in the line of the
-- one that lets it go last: a scope for a cap, `pace:<family>` for a gap, `hours`, `invitations`.
-- needs: caps, paces, hours, warm_up, rests, invites
local account_rules = {}
-- Jobs that wait stand in their account's lane behind all moments, those of a line together: by a number of its name.
local FIRST_LINE = 9000000000000
local LINES = 1000003
-- Who waits while an account warms up is looked at so often, ms.
local WARMER_MS = 3600000
-- The fields of an account's record that tell them, in the order in which `read` takes them.
account_rules.FIELDS = { 'plan', 'caps', 'pace', 'hours', 'warmUp', 'wrote', 'overrides', 'note', 'invites', 'pending', 'acceptance' }
-- The scope of invitations with a note.
local NOTE = 'note'

function account_rules.read(fields, from)
  return { plan = fields[from], caps = fields[from + 1], pace = fields[from + 2], hours = fields[from + 3], warmUp = fields[from + 4], wrote = fields[from + 5],
    overrides = fields[from + 6], note = fields[from + 7] or nil, invites = fields[from + 8], pending = fields[from + 9], acceptance = fields[from + 10] }
end

-- Its caps as they hold now; and as they will once it is warm, while it is not.
local function caps_of(account)
  local held = caps.of(account)
  if held and account.invites and invites.of(account).halves then held = invites.halved(held) end
  local share = held and account.warmUp and warm_up.share(account.warmUp, account.wrote or nil)
  if not share then return held end
  return warm_up.scaled(held, share), held
end

-- The caps that hold for an account, by scope; nil for one without.
function account_rules.caps_of(account) return (caps_of(account)) end

-- Until when a rule is overridden, by the account's text or a grant's; 0: it is not.
function account_rules.overridden_until(overrides, rule) return num(string.match(overrides or '', rule .. ':(%d+)')) end

-- The rules that are overridden now, as text: `<rule>:<until>` with commas between; nil: none is.
local function overridden_now(overrides)
  local found
  for rule, till in string.gmatch(overrides or '', '([%l_]+):(%d+)') do
    if num(till) > now then found = (found and found .. ',' or '') .. rule .. ':' .. till end
  end
  return found
end

-- Whether all that a grant found overridden still is.
function account_rules.stay_overridden(noted)
  for till in string.gmatch(noted or '', ':(%d+)') do
    if num(till) <= now then return false end
  end
  return true
end

-- Overrides a rule until a moment, or ends that with a moment that is over.
function account_rules.override(account_id, rule, till)
  local kept = till > now and rule .. ':' .. int(till) or nil
  for other, other_till in string.gmatch(overridden_now(call('HGET', keys.account(account_id), 'overrides')) or '', '([%l_]+):(%d+)') do
    if other ~= rule then kept = (kept and kept .. ',' or '') .. other .. ':' .. other_till end
  end
  if kept then call('HSET', keys.account(account_id), 'overrides', kept) else call('HDEL', keys.account(account_id), 'overrides') end
  call('HINCRBY', keys.account(account_id), 'rules', 1)
  account_rules.look_at_all(account_id)
end

-- The rules that hold for an account; nil for one without. `account`: as `read` makes it.
function account_rules.of(account)
  local held = { pace = paces.of(account.pace), hours = hours.of(account.hours), invites = account.invites and invites.of(account) or nil }
  held.caps, held.warm = caps_of(account)
  if not next(held) then return nil end
  held.warmsUp = account.warmUp and true or nil
  held.overridden = overridden_now(account.overrides)
  return held
end

-- The rules by which a job goes: an urgent one that is no campaign's goes by those that nobody has overridden.
function account_rules.of_job(held, q)
  if not held.overridden or not q.urgent or q.campaign then return held end
  local has_caps = account_rules.overridden_until(held.overridden, 'account_cap') == 0
  return { caps = has_caps and held.caps or nil, warm = has_caps and held.warm or nil, invites = has_caps and held.invites or nil,
    pace = account_rules.overridden_until(held.overridden, 'account_pace') == 0 and held.pace or nil,
    hours = account_rules.overridden_until(held.overridden, 'hours') == 0 and held.hours or nil }
end

-- Tells one state of an account's rules from another: a call that was granted by other rules may not leave. nil while there are none.
function account_rules.edition(account)
  local careful = api_key.get('careful')
  if not careful and not account.rules then return nil end
  return (careful or '') .. ':' .. (account.rules or '')
end

-- The scopes by which a job goes: where its account's notes are used up, and the policy lets no invitation wait for one, its note counts to nothing. Answers them, and `bare` or
-- `skip` then. q: scopes, note (of the policy), rests (text), caps: those that hold for the job.
function account_rules.scopes_of(account_id, q)
  if not q.note or not string.find(q.scopes .. ',', ',' .. NOTE .. ',', 1, true) then return q.scopes, nil end
  local is_used_up = rests.till(q.rests, NOTE) or q.caps and caps.free_at(account_id, q.caps, NOTE)
  if not is_used_up then return q.scopes, nil end
  local without = string.gsub(q.scopes .. ',', ',' .. NOTE .. ',', ',', 1)
  return string.sub(without, 1, -2), q.note
end

-- When a call of these scopes may go, and in which line it waits; nil: now.
function account_rules.free_at(account_id, held, scopes)
  local till, line
  if held.caps then till, line = caps.free_at(account_id, held.caps, scopes) end
  local invites_till = held.invites and invites.free_at(account_id, held.invites, scopes)
  if invites_till and (not till or invites_till > till) then till, line = invites_till, invites.LINE end
  if held.pace then
    held.paced = paces.read(account_id, held.pace, scopes)
    local paced_till, paced_line = paces.free_at(held.pace, scopes, held.paced)
    if paced_till and (not till or paced_till > till) then till, line = paced_till, paced_line end
  end
  if held.hours and till ~= caps.NEVER then
    local opens = hours.open_at(held.hours, till or now)
    if opens > (till or now) then till, line = opens, hours.LINE end
  end
  return till, line
end

-- The rule that a line is of, by the name under which it is overridden.
function account_rules.rule_of(line) return line == hours.LINE and 'hours' or paces.family(line) and 'account_pace' or 'account_cap' end

-- Why a job stands in a line.
function account_rules.why(account_id, held, line)
  if line == hours.LINE then return 'hours' end
  if line == invites.LINE then return 'account_cap' end
  if paces.family(line) then return 'account_pace' end
  return held.warm and not caps.free_at(account_id, held.warm, line) and 'warm_up' or 'account_cap'
end

-- While an account warms up, a cap may rise before a place frees.
local function looked_at(held, till) return held.warm and math.min(till, now + WARMER_MS) or till end

-- How many jobs of a line may go now, 0 with when it is looked at again; nil where no rule holds it any more. `note`: of the policy.
function account_rules.room(account_id, held, line, note)
  if line == hours.LINE then
    local opens = held.hours and hours.open_at(held.hours, now) or now
    if opens > now then return 0, opens end
    return nil
  end
  if line == invites.LINE then
    if not held.invites then return nil end
    return invites.room(account_id, held.invites)
  end
  local family = paces.family(line)
  if family then
    if not held.pace or not held.pace.gaps[family] then return nil end
    local till = paces.till(held.pace, family, paces.read(account_id, held.pace, family))
    if till > now then return 0, till end
    return 1
  end
  if line == NOTE and note then return nil end
  local room = held.caps and caps.room(account_id, held.caps, line)
  if room and room <= 0 then return 0, looked_at(held, (caps.free_at(account_id, held.caps, line))) end
  return room
end

-- Whoever waits for a cap or a gap of these scopes is looked at by the next sweep.
function account_rules.look_soon(account_id, scopes, pace)
  local due = {}
  for scope in string.gmatch(scopes, '[^,]+') do
    due[#due + 1] = now_text
    due[#due + 1] = scope .. ' ' .. account_id
    if pace then
      due[#due + 1] = now_text
      due[#due + 1] = paces.line(scope) .. ' ' .. account_id
    end
    if scope == invites.FAMILY then
      due[#due + 1] = now_text
      due[#due + 1] = invites.LINE .. ' ' .. account_id
    end
  end
  call('ZADD', keys.capped, 'XX', unpack(due))
end

-- Their rules are others now: whoever waits for one of this account, or of all where none is named, is looked at by the next sweep.
function account_rules.look_at_all(account_id)
  for _, member in ipairs(call('ZRANGE', keys.capped, 0, -1)) do
    if not account_id or string.match(member, '^%S+ (.+)$') == account_id then call('ZADD', keys.capped, now_text, member) end
  end
end

-- Books a call that was granted, `at` the moment until which it may be sent; `waited`: it may have stood in a line, whose next one is looked at soon. Answers what its entry is to know of it; nil: it
-- counts to nothing.
function account_rules.book(account_id, held, q)
  local counts = held.caps or held.invites
  if counts then caps.book(account_id, q) end
  local paced = held.pace and (held.paced or paces.read(account_id, held.pace, q.scopes))
  if paced then paces.book(account_id, held.pace, q, paced) end
  if q.waited and (counts or paced) then account_rules.look_soon(account_id, q.scopes, paced) end
  if not counts and not paced then return nil end
  return '1' .. (paced and ' paced' or '') .. (held.warmsUp and WRITES[string.match(q.scopes, '^[^,]+')] and ' warms' or '')
end

local function has(entry, sign) return string.find(entry.booked, sign, 1, true) end

-- A booked call was sent by now. `entry`: of its job.
function account_rules.sent(entry)
  caps.sent(entry)
  if has(entry, 'warms') then warm_up.wrote(entry.account) end
  if not has(entry, 'paced') then return end
  paces.sent(entry)
  account_rules.look_soon(entry.account, entry.scopes, true)
end

-- A booked call is known not to have been sent.
function account_rules.unsent(entry)
  caps.unsent(entry)
  local paced = has(entry, 'paced')
  if paced then paces.unsent(entry) end
  account_rules.look_soon(entry.account, entry.scopes, paced)
end

-- The score in a lane of the jobs of a line.
function account_rules.score(line)
  local sum = 0
  for i = 1, #line do sum = (sum * 131 + string.byte(line, i)) % LINES end
  return FIRST_LINE + sum
end

local function stands(account_id, line) return call('ZSCORE', keys.capped, line .. ' ' .. account_id) and true or false end

-- Whether jobs stand in a line of these scopes, before any that come now.
function account_rules.is_awaited(account_id, held, scopes)
  if held.hours and stands(account_id, hours.LINE) then return true end
  for scope in string.gmatch(scopes, '[^,]+') do
    if held.caps and stands(account_id, scope) then return true end
    if held.invites and scope == invites.FAMILY and stands(account_id, invites.LINE) then return true end
    if held.pace and stands(account_id, paces.line(scope)) then return true end
  end
  return false
end

-- Says that a job stands in a line from now on, which lets it go at this moment.
function account_rules.await(account_id, held, q) call('ZADD', keys.capped, int(looked_at(held, q.till)), q.line .. ' ' .. account_id) end

return account_rules
