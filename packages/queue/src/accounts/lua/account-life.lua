-- The life of an account: active | refreshing | awaiting_code | cooling | needs_attention | disabled, and its epoch. The calls that learn
-- something (settle) and people (account) say what happened; nothing else changes an account.
-- needs: rests, used_ids, lanes, feeding
local account_life = {}
-- A token that dies sooner was young; the third in a row says that something kills them.
local YOUNG_MS = 600000
local MOST_YOUNG_DEATHS = 3
-- How often in a row a paid log-in is repeated for the same reason before a person has to look.
local LOGIN_TRIES = 3

-- What is counted in a row begins anew: a token came, or a person took the account in hand.
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
  local rest = num(call('HGET', keys.account(id), 'until'))
  if rest > now then
    call('HSET', keys.account(id), 'state', 'cooling', 'why', 'linkedin_limited')
    call('ZADD', keys.cooling, rest, id)
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
  local v = call('HMGET', keys.account(id), 'state', 'epoch', 'try', 'born', 'quickDeaths', 'canLogin', 'cool', 'print', 'emailPrint', 'token', 'codeTry',
    'until', 'codeFrom', 'why')
  return { state = v[1], epoch = v[2] or '0', try = num(v[3]), born = num(v[4]), quickDeaths = num(v[5]), canLogin = v[6] == '1', cool = num(v[7]),
    print = v[8], emailPrint = v[9], token = v[10], codeTry = num(v[11]), rest = num(v[12]), codeFrom = num(v[13]), why = v[14] }
end

local on = {}

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
  call('HSET', keys.account(id), 'country', e.country or '', 'max', e.max or 0, 'emailPrint', e.emailPrint or '')
  call('ZADD', keys.accounts, 0, id)
  local same = acc.print == e.print
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

function on.linkedin_limited(id, e, acc)
  -- Calls that were out together ask for one rest.
  if acc.rest > now then return '' end
  local cool = rests.after(rests.LINKEDIN, acc.cool)
  call('HSET', keys.account(id), 'until', now + cool, 'cool', cool)
  -- One that lost its token meanwhile, or is paused, rests when it is back.
  if acc.state ~= 'active' then return '' end
  call('HSET', keys.account(id), 'state', 'cooling', 'why', 'linkedin_limited')
  call('ZADD', keys.cooling, now + cool, id)
  return 'cooling'
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
  local state = call('HGET', keys.job(e.d), 'state')
  -- The sweep ends an open call when its deadline is past.
  if state == 'open' then return '' end
  local left = state == 'settled' or used_ids.status_of(e.d, e.ledgerDays)
  if e.state == 'refreshing' then
    if left then return on.login_unknown(id, e, acc) end
    call('DEL', keys.job(e.d))
    return start_login(id, acc.why, acc.try + 1)
  end
  if left then return on.verification_unknown(id, e, acc) end
  call('DEL', keys.job(e.d))
  return 'verify:' .. string.format('%d', call('HINCRBY', keys.account(id), 'codeTry', 1))
end

function on.pause(id, e, acc)
  call('HSET', keys.account(id), 'state', 'disabled', 'why', 'by_hand')
  call('ZREM', keys.refreshing, id)
  call('ZREM', keys.cooling, id)
  return 'disabled'
end

function on.resume(id, e, acc)
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
  call('ZADD', keys.orphans, now, id)
  call('ZREM', keys.fed_at, id)
  call('HDEL', keys.fed_last, id)
  return 'removed'
end

-- What may let a campaign move, or stop it.
local TOLD = { active = true, login = true, needs_attention = true, awaiting_code = true, cooling = true, disabled = true, removed = true }

-- A call worked: its next rest is a short one again. Every call says so, and so it looks at little. Answers the account's state and max.
function account_life.call_worked(id)
  local v = call('HMGET', keys.account(id), 'state', 'max', 'cool')
  if num(v[3]) > 0 and v[1] == 'active' then call('HSET', keys.account(id), 'cool', 0) end
  return { state = v[1], max = num(v[2]) }
end

-- Answers what happened, '' for nothing.
function account_life.happen(id, e)
  if e.type == 'call_worked' then
    account_life.call_worked(id)
    return ''
  end
  local acc = read_account(id)
  if not acc.state and e.type ~= 'put' then return 'unknown_account' end
  if e.type == 'logged_in' or e.type == 'refused' or e.type == 'code_required' then call('HDEL', keys.account(id), 'unknownLogins', 'limitedLogins') end
  local said = on[e.type](id, e, acc)
  if TOLD[said] then feeding.wake_resting() end
  return said
end

return account_life
