-- The life of an account: active | refreshing | awaiting_code | cooling | needs_attention | disabled, and its epoch. The calls that learn
-- something (settle) and people (account) say what happened; nothing else changes an account.
-- needs: rests, account_rules, warm_up, used_ids, lanes, feeding, state_history
local account_life = {}
-- A token that dies sooner was young; the third in a row says that something kills them.
local YOUNG_MS = 600000
local MOST_YOUNG_DEATHS = 3
-- Why an account needs a person whose sealed token or credentials did not open.
local UNREADABLE = 'secret_unreadable'
-- Two clocks that say the same may differ so much.
local CLOCKS_MS = 60000
-- How often in a row a paid log-in is repeated for the same reason before a person has to look.
local LOGIN_TRIES = 3

-- Counts of events in a row begin anew: a token came, or a person took the account in hand.
local function forget_trials(id) call('HDEL', keys.account(id), 'unknownLogins', 'expiredLogins', 'limitedLogins') end

local function start_login(id, why, try)
  call('HSET', keys.account(id), 'state', 'refreshing', 'why', why, 'try', try)
  call('HDEL', keys.account(id), 'token', 'code')
  call('ZADD', keys.refreshing, now, id)
  return 'login'
end

local function needs_attention(id, why)
  call('HSET', keys.account(id), 'state', 'needs_attention', 'why', why)
  call('HDEL', keys.account(id), 'code')
  forget_trials(id)
  call('ZREM', keys.refreshing, id)
  return 'needs_attention'
end

-- Back to work, or to the rest that LinkedIn's limit asked for: a new token doesn't end it.
function account_life.activate(id)
  call('ZREM', keys.refreshing, id)
  local v = call('HMGET', keys.account(id), 'until', 'rests')
  local till = num(v[1])
  if till > now then
    local rest = rests.read(v[2]).account
    local why = rest and rest.cause or 'linkedin_limited'
    if till == rests.PERSON then return needs_attention(id, why) end
    call('HSET', keys.account(id), 'state', 'cooling', 'why', why)
    call('ZADD', keys.cooling, till, id)
    return 'cooling'
  end
  call('HSET', keys.account(id), 'state', 'active', 'why', '')
  call('ZREM', keys.cooling, id)
  lanes.hand_out_places(id)
  return 'active'
end

local function new_token(id, token, acc)
  call('HSET', keys.account(id), 'token', token, 'epoch', num(acc.epoch) + 1, 'born', now, 'lastRefreshAt', now, 'try', 0)
  call('HDEL', keys.account(id), 'code')
  forget_trials(id)
  if acc.state == 'disabled' then return 'disabled' end
  return account_life.activate(id)
end

local function read_account(id)
  local v = call('HMGET', keys.account(id), 'state', 'epoch', 'try', 'born', 'quickDeaths', 'canLogin', 'rests', 'print', 'emailPrint', 'token', 'codeTry',
    'until', 'codeFrom', 'why')
  return { state = v[1], epoch = v[2] or '0', try = num(v[3]), born = num(v[4]), quickDeaths = num(v[5]), canLogin = v[6] == '1', rests = v[7],
    print = v[8], emailPrint = v[9], token = v[10], codeTry = num(v[11]), rest = num(v[12]), codeFrom = num(v[13]), why = v[14] }
end

-- Plan and policy. A part left out stays, an empty one goes. Whoever waits for a rule is looked at anew. An account of which hours are set is closed
-- until their times are written.
local RULES = { 'plan', 'policy', 'caps', 'pace', 'warmUp', 'note', 'invites' }
local NOTHING_WRITTEN = '{"till":0,"open":[]}'
local function put_rules(id, e)
  local was, changed = call('HMGET', keys.account(id), unpack(RULES)), false
  for i, field in ipairs(RULES) do
    local value = e[field]
    if value and value ~= (was[i] or '') then
      changed = true
      if value == '' then call('HDEL', keys.account(id), field) else call('HSET', keys.account(id), field, value) end
    end
  end
  if not changed then return end
  call('HINCRBY', keys.account(id), 'rules', 1)
  if e.policy and e.policy ~= (was[2] or '') then
    if e.hasHours then
      call('HSET', keys.account(id), 'hours', NOTHING_WRITTEN)
      call('ZADD', keys.hours, 0, id)
    else
      call('HDEL', keys.account(id), 'hours')
      call('ZREM', keys.hours, id)
    end
  end
  account_rules.look_at_all(id)
  -- Who waited for LinkedIn's limit of notes may not have to any more.
  local note_rest = e.note and e.note ~= (was[6] or '') and rests.read(call('HGET', keys.account(id), 'rests')).note
  if note_rest then lanes.line_up(id, note_rest.till) end
end

-- Whether its invitations are read: bounds of them are set, or those that nobody answers are taken back after some days; 0: they are not. A part left out stays.
local function put_count(id, e)
  if not e.invites and not e.withdrawAfter then return end
  if e.withdrawAfter == 0 then call('HDEL', keys.account(id), 'withdrawAfter')
  elseif e.withdrawAfter then call('HSET', keys.account(id), 'withdrawAfter', int(e.withdrawAfter)) end
  local is = call('HMGET', keys.account(id), 'invites', 'withdrawAfter')
  if not is[1] then
    call('HDEL', keys.account(id), 'pending', 'acceptance')
    call('DEL', keys.invited(id))
  end
  if not is[2] then call('DEL', keys.unanswered(id)) end
  if is[1] or is[2] then
    call('ZADD', keys.counts, 'NX', now_text, id)
    return
  end
  call('HDEL', keys.account(id), 'invitesReadAt', 'invitesWait')
  call('ZREM', keys.counts, id)
  call('DEL', keys.count_of(id))
end

-- How often its inbox is read, minutes; 0: it is not. A part left out stays.
local function put_watch(id, minutes)
  if not minutes or minutes == num(call('HGET', keys.account(id), 'replyWatch')) then return end
  if minutes == 0 then
    call('HDEL', keys.account(id), 'replyWatch', 'inboxReadAt', 'inboxWaits')
    call('ZREM', keys.watches, id)
    call('DEL', keys.watch(id))
    return
  end
  call('HSET', keys.account(id), 'replyWatch', minutes)
  call('ZADD', keys.watches, now_text, id)
end

-- The facts of an account beside its log-in. A part left out stays.
local function put_kept(id, e)
  if e.country then call('HSET', keys.account(id), 'country', e.country) end
  if e.max then call('HSET', keys.account(id), 'max', e.max) end
  put_rules(id, e)
  put_count(id, e)
  put_watch(id, e.replyWatch)
end

local on = {}

-- A person changes that alone: log-in, token and state stay.
function on.edit(id, e, acc)
  put_kept(id, e)
  if acc.token then lanes.hand_out_places(id) end
  return 'unchanged'
end

function on.put(id, e, acc)
  local owner = e.emailPrint and call('HGET', keys.emails, e.emailPrint)
  if owner and owner ~= id then return 'conflict:' .. owner end
  if acc.emailPrint and acc.emailPrint ~= e.emailPrint then call('HDEL', keys.emails, acc.emailPrint) end
  if e.emailPrint then call('HSET', keys.emails, e.emailPrint, id) end
  if not acc.state then
    -- An id that was used before goes on where it stopped: its old auth jobs and answers must not be taken for new ones.
    acc.epoch = call('HGET', keys.removed, id) or '0'
    call('HDEL', keys.removed, id)
    call('HSET', keys.account(id), 'createdAt', now, 'epoch', acc.epoch)
  end
  call('HSET', keys.account(id), 'emailPrint', e.emailPrint or '')
  put_kept(id, e)
  call('ZADD', keys.accounts, 0, id)
  -- The same credentials sent again are sealed anew where the stored ones do not open.
  local same = acc.print == e.print and acc.why ~= UNREADABLE
  call('HSET', keys.account(id), 'print', e.print, 'canLogin', e.credentials and '1' or '0')
  if e.credentials then call('HSET', keys.account(id), 'credentials', e.credentials) else call('HDEL', keys.account(id), 'credentials') end
  if e.token then
    if same and (acc.state == 'active' or acc.state == 'cooling' or acc.state == 'disabled') then lanes.hand_out_places(id) return 'unchanged' end
    return new_token(id, e.token, acc)
  end
  if same and (acc.state == 'refreshing' or acc.state == 'awaiting_code' or acc.state == 'disabled') then return 'unchanged' end
  if same and acc.token then lanes.hand_out_places(id) return 'unchanged' end
  if acc.state == 'disabled' then call('HDEL', keys.account(id), 'token') return 'disabled' end
  call('HSET', keys.account(id), 'quickDeaths', 0)
  forget_trials(id)
  return start_login(id, 'registered', acc.try + 1)
end

function on.token_dead(id, e, acc)
  if num(acc.epoch) ~= e.epoch then return '' end
  if acc.state == 'disabled' then call('HDEL', keys.account(id), 'token') end
  if acc.state ~= 'active' and acc.state ~= 'cooling' then return '' end
  local quick = now - acc.born < YOUNG_MS and acc.quickDeaths + 1 or 0
  call('HSET', keys.account(id), 'quickDeaths', quick)
  call('HDEL', keys.account(id), 'token')
  call('ZREM', keys.cooling, id)
  if quick >= MOST_YOUNG_DEATHS then return needs_attention(id, 'tokens_die_young') end
  if not acc.canLogin then return needs_attention(id, 'token_dead_and_no_password') end
  return start_login(id, 'token_dead', 1)
end

-- A worker with the right secrets key could not open the token. It stays, for a key that opens it. e.token: the text that did not open, which
-- may have been sealed anew meanwhile.
function on.token_unreadable(id, e, acc)
  if acc.token ~= e.token or (acc.state ~= 'active' and acc.state ~= 'cooling') then return '' end
  call('ZREM', keys.cooling, id)
  return needs_attention(id, UNREADABLE)
end

-- A worker that started with another key opens what is stored.
function on.secrets_readable(id, e, acc)
  if acc.state ~= 'needs_attention' or acc.why ~= UNREADABLE then return '' end
  if acc.token then return account_life.activate(id) end
  return start_login(id, 'resumed', acc.try + 1)
end

-- The account rests as a whole: nobody probes, and when it is over it goes on by itself, unless a person must act.
local function rest_whole(id, rest, acc)
  call('HSET', keys.account(id), 'until', rest.till)
  -- An account that lost its token meanwhile, or is paused, rests when it is back.
  if acc.state ~= 'active' then return 'rests' end
  if rest.till == rests.PERSON then return needs_attention(id, rest.cause) end
  call('HSET', keys.account(id), 'state', 'cooling', 'why', rest.cause)
  call('ZADD', keys.cooling, rest.till, id)
  return 'cooling'
end

-- LinkedIn limits the member. e: scope, cause, ladder, part, see rests.begin. The rest is told back in `e.rest`, those that were over before in `e.over`.
function on.rest(id, e, acc)
  local all = rests.read(acc.rests)
  -- One of an earlier version, of which only the end is known.
  if e.scope == 'account' and acc.rest > now then return '' end
  e.over = rests.just_over(id, all)
  local rest = rests.begin(all, e)
  if rest and e.cause == 'account_restricted' then warm_up.begin_anew(id) end
  if rest or #e.over > 0 then rests.write(id, all) end
  if not rest then return '' end
  e.rest = { scope = e.scope, cause = e.cause, till = rest.till }
  return e.scope == 'account' and rest_whole(id, rest, acc) or 'rests'
end

-- A refusal that may be the account's or the person's: of three different people running it is the account's. e: operation, row, target, and
-- what rests then.
function on.refused_unclear(id, e, acc)
  local kept, too_many = rests.refused(call('HGET', keys.account(id), 'refusals'), e.operation, e.row, e.target)
  if kept and kept ~= '' then call('HSET', keys.account(id), 'refusals', kept) else call('HDEL', keys.account(id), 'refusals') end
  return too_many and on.rest(id, e, acc) or ''
end

-- A person ends a rest; its ladder stays.
function on.end_rest(id, e, acc)
  local all = rests.read(acc.rests)
  local rest = all[e.scope]
  if not rest or rest.till <= now then return 'unchanged' end
  lanes.line_up(id, rest.till)
  rests.end_by_hand(rest)
  rests.write(id, all)
  if e.scope ~= 'account' then return 'rest_over' end
  call('HSET', keys.account(id), 'until', now)
  if acc.state == 'cooling' or (acc.state == 'needs_attention' and acc.token) then account_life.activate(id) end
  return 'rest_over'
end

-- A person puts a rule out of force for urgent jobs until a moment, or in force again. e: rule, tillMs; 0: now.
function on.override(id, e, acc)
  if e.tillMs > 0 and (e.tillMs <= now or e.tillMs > now + DAY_MS + CLOCKS_MS) then return 'not_within_a_day' end
  account_rules.override(id, e.rule, math.min(e.tillMs, now + DAY_MS))
  return 'overridden'
end

-- Whether an answer belongs to the log-in or verification that the account is in now. A code of an earlier log-in of the same epoch may have
-- been another member's.
local function of_login(e, acc)
  if num(acc.epoch) ~= e.epoch then return false end
  if e.state == 'refreshing' then return acc.try == e.turn end
  return e.turn > acc.codeFrom and e.turn <= acc.codeTry
end
local function is_turn(e, acc) return of_login(e, acc) and (e.state == 'refreshing' or acc.codeTry == e.turn) end
local function in_login(e, acc) return acc.state == e.state and is_turn(e, acc) end

local function await_code(id, why)
  call('HSET', keys.account(id), 'why', why)
  call('HDEL', keys.account(id), 'code')
  call('ZREM', keys.refreshing, id)
  return 'awaiting_code'
end

function on.logged_in(id, e, acc)
  -- A token was paid for. One for an earlier code of the same log-in is as good as one for the last, and one that comes while the account is
  -- paused is kept for the day of its return.
  if not of_login(e, acc) then return '' end
  if acc.state ~= e.state and acc.state ~= 'disabled' then return '' end
  return new_token(id, e.token, acc)
end

function on.code_required(id, e, acc)
  if not in_login(e, acc) then return '' end
  if e.state == 'refreshing' then call('HSET', keys.account(id), 'codeFrom', acc.codeTry) end
  call('HSET', keys.account(id), 'state', 'awaiting_code')
  return await_code(id, 'code_required')
end

function on.code_given(id, e, acc)
  if acc.state ~= 'awaiting_code' then return 'conflict' end
  -- The call may be out with the first one; LinkUp would be paid twice, and the second answer for a session that is over.
  if acc.why == 'verifying' then
    local again = call('HGET', keys.account(id), 'code') == e.code
    return again and 'verify:' .. string.format('%d', acc.codeTry) or 'verifying'
  end
  call('HSET', keys.account(id), 'code', e.code, 'why', 'verifying')
  call('ZADD', keys.refreshing, now, id)
  return 'verify:' .. string.format('%d', call('HINCRBY', keys.account(id), 'codeTry', 1))
end

function on.code_wrong(id, e, acc)
  if not in_login(e, acc) then return '' end
  return await_code(id, 'code_wrong')
end

-- Never sent: the member's code does not open.
function on.code_unreadable(id, e, acc)
  if not in_login(e, acc) then return '' end
  return await_code(id, 'code_unreadable')
end

-- The code may have been used: no one but the member knows whether it still serves, so it is not sent again unasked.
function on.verification_unknown(id, e, acc)
  if not in_login(e, acc) then return '' end
  return await_code(id, 'verification_unknown')
end

function on.session_expired(id, e, acc)
  if not in_login(e, acc) then return '' end
  if call('HINCRBY', keys.account(id), 'expiredLogins', 1) >= LOGIN_TRIES then return needs_attention(id, 'session_expired') end
  return start_login(id, 'session_expired', acc.try + 1)
end

-- The key's own limit answered, and was paid for: the same job asks again after the window, but not for ever.
function on.login_limited(id, e, acc)
  if not in_login(e, acc) then return '' end
  if call('HINCRBY', keys.account(id), 'limitedLogins', 1) >= LOGIN_TRIES then return needs_attention(id, 'rate_limited') end
  return ''
end

function on.refused(id, e, acc)
  if not in_login(e, acc) then return '' end
  return needs_attention(id, e.why)
end

-- The log-in may have happened. Repeated three times at most, counted from the last certain answer.
function on.login_unknown(id, e, acc)
  if not in_login(e, acc) then return '' end
  if call('HINCRBY', keys.account(id), 'unknownLogins', 1) >= LOGIN_TRIES then return needs_attention(id, 'login_unknown') end
  return start_login(id, 'login_unknown', acc.try + 1)
end

-- BullMQ's job is over and the account still waits for it. The ledger knows whether its call left; one that did may have had its effect.
function on.auth_job_over(id, e, acc)
  if not in_login(e, acc) then return '' end
  local state = call('HGET', keys.job(e.digest), 'state')
  -- The sweep ends an open call when its deadline is past.
  if state == 'open' then return '' end
  local left = state == 'settled' or used_ids.status_of(e.digest, e.ledgerDays)
  if e.state == 'refreshing' then
    if left then return on.login_unknown(id, e, acc) end
    call('DEL', keys.job(e.digest))
    return start_login(id, acc.why, acc.try + 1)
  end
  if left then return on.verification_unknown(id, e, acc) end
  call('DEL', keys.job(e.digest))
  return 'verify:' .. string.format('%d', call('HINCRBY', keys.account(id), 'codeTry', 1))
end

function on.pause(id, e, acc)
  call('HSET', keys.account(id), 'state', 'disabled', 'why', 'by_hand')
  call('ZREM', keys.refreshing, id)
  call('ZREM', keys.cooling, id)
  return 'disabled'
end

-- A person took the account in hand: what only a person ends is over.
local function end_persons_rests(id, acc)
  local all, any = rests.read(acc.rests), false
  for scope, rest in pairs(all) do
    if rest.till == rests.PERSON then
      lanes.line_up(id, rest.till)
      rests.end_by_hand(rest)
      any = true
      if scope == 'account' then call('HSET', keys.account(id), 'until', now) end
    end
  end
  if any then rests.write(id, all) end
end

function on.resume(id, e, acc)
  end_persons_rests(id, acc)
  if acc.state ~= 'disabled' and acc.state ~= 'needs_attention' then return 'unchanged' end
  if acc.token then return account_life.activate(id) end
  call('HSET', keys.account(id), 'quickDeaths', 0)
  forget_trials(id)
  if acc.canLogin then return start_login(id, 'resumed', acc.try + 1) end
  return needs_attention(id, 'token_dead_and_no_password')
end

function on.remove(id, e, acc)
  if acc.emailPrint then call('HDEL', keys.emails, acc.emailPrint) end
  call('DEL', keys.account(id))
  call('HSET', keys.removed, id, num(acc.epoch) + 1)
  call('ZREM', keys.accounts, id)
  call('ZREM', keys.refreshing, id)
  call('ZREM', keys.cooling, id)
  call('ZREM', keys.rests, id)
  call('ZREM', keys.hours, id)
  call('ZREM', keys.watches, id)
  call('ZREM', keys.counts, id)
  call('DEL', keys.watch(id), keys.watch_sent(id), keys.count_of(id), keys.invited(id), keys.unanswered(id))
  call('ZADD', keys.orphans, now, id)
  call('ZREM', keys.fed_at, id)
  call('HDEL', keys.fed_last, id)
  return 'removed'
end

-- Changes of an account that may let a campaign move, or stop it.
local MATTERS = { active = true, login = true, needs_attention = true, awaiting_code = true, cooling = true, disabled = true, removed = true,
  rests = true, rest_over = true }

-- The states that people are told of, by their words; being back at work is told where one of these was.
local WORDS = { needs_attention = 'needs_attention', awaiting_code = 'awaiting_code', disabled = 'paused' }

-- The events to tell people of an account that was in a state: once for each time that it came into one, whoever asks must tell it.
function account_life.changes(id, was)
  local v = call('HMGET', keys.account(id), 'toldState', 'state', 'why')
  local told, state, why = v[1], v[2], v[3]
  if state ~= (was.state or false) or (why or '') ~= (was.why or '') then state_history.note(keys.account_states(id), state or 'removed', state and why) end
  if not state then return was.state and { { kind = 'account_is', account = id, is = 'removed' } } or {} end
  if state == 'active' and told then
    call('HDEL', keys.account(id), 'toldState')
    return { { kind = 'account_is', account = id, is = 'active', was = told } }
  end
  local word = WORDS[state]
  if not word or (state == was.state and why == was.why) then return {} end
  call('HSET', keys.account(id), 'toldState', word)
  return { { kind = 'account_is', account = id, is = word, why = why } }
end

-- A call worked: the ladders of its scopes begin anew, and nobody was refused in a row. Every call says so, and so it looks at little. of:
-- operation, scopes, granted. Answers the account as lanes.hand_out_places needs it, and in `over` the rests of whose end nobody was told yet.
function account_life.call_worked(id, of)
  local v = call('HMGET', keys.account(id), 'state', 'max', 'rests', 'refusals', unpack(account_rules.FIELDS))
  local account = account_rules.read(v, 5)
  account.state, account.max, account.rests, account.refusals = v[1], num(v[2]), v[3], v[4]
  if v[3] and v[3] ~= '' then
    local all = rests.read(v[3])
    account.over = rests.just_over(id, all)
    if rests.worked(all, of.scopes or of.operation, of.granted) or #account.over > 0 then
      rests.write(id, all)
      account.rests = nil
      if next(all) then account.rests = cjson.encode(all) end
    end
  end
  if v[4] then
    local refusals = cjson.decode(v[4])
    if refusals[of.operation] then
      refusals[of.operation] = nil
      account.refusals = next(refusals) and cjson.encode(refusals) or nil
      if account.refusals then call('HSET', keys.account(id), 'refusals', account.refusals)
      else call('HDEL', keys.account(id), 'refusals') end
    end
  end
  return account
end

-- Answers what happened, '' for nothing; what people are to be told of it is in `e.changes`.
function account_life.happen(id, e)
  local acc = read_account(id)
  if not acc.state and (e.type ~= 'put' or e.existing) then return 'unknown_account' end
  if e.type == 'logged_in' or e.type == 'refused' or e.type == 'code_required' then call('HDEL', keys.account(id), 'unknownLogins', 'limitedLogins') end
  local said = on[e.type](id, e, acc)
  if MATTERS[said] then
    e.changes = account_life.changes(id, acc)
    feeding.wake_resting()
  end
  return said
end

return account_life
