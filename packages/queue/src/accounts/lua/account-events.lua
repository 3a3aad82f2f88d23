-- The life of an account: active | refreshing | awaiting_code | cooling | needs_attention | disabled, and its epoch.
-- One function, used by the calls that learn something (settle) and by people (account). Returns what happened, '' for nothing.
-- Accounts that an auth job is at work for: logging in, or verifying a code.
local REFRESHING = P .. 'refreshing'
local COOLING = P .. 'cooling'
-- How often in a row a paid log-in is repeated for the same reason before a person has to look.
local LOGIN_TRIES = 3

-- What is counted in a row begins anew: a token came, or a person took the account in hand.
local function forget_trials(id) call('HDEL', ACCOUNT(id), 'unknownLogins', 'expiredLogins', 'limitedLogins') end

local function start_login(id, why, try)
  call('HSET', ACCOUNT(id), 'state', 'refreshing', 'why', why, 'try', try)
  call('HDEL', ACCOUNT(id), 'token', 'code')
  call('ZADD', REFRESHING, now, id)
  return 'login'
end

local function needs_attention(id, why)
  call('HSET', ACCOUNT(id), 'state', 'needs_attention', 'why', why)
  call('HDEL', ACCOUNT(id), 'code')
  forget_trials(id)
  call('ZREM', REFRESHING, id)
  return 'needs_attention'
end

-- Back to work, or to the rest that LinkedIn's limit asked for: a new token doesn't end it.
local function activate(id)
  call('ZREM', REFRESHING, id)
  local rest = num(call('HGET', ACCOUNT(id), 'until'))
  if rest > now then
    call('HSET', ACCOUNT(id), 'state', 'cooling', 'why', 'linkedin_limited')
    call('ZADD', COOLING, rest, id)
    return 'cooling'
  end
  call('HSET', ACCOUNT(id), 'state', 'active', 'why', '')
  call('ZREM', COOLING, id)
  fill(id)
  return 'active'
end

local function new_token(id, token, acc)
  call('HSET', ACCOUNT(id), 'token', token, 'epoch', num(acc.epoch) + 1, 'born', now, 'lastRefreshAt', now, 'try', 0)
  call('HDEL', ACCOUNT(id), 'code')
  forget_trials(id)
  if acc.state == 'disabled' then return 'disabled' end
  return activate(id)
end

local function read_account(id)
  local v = call('HMGET', ACCOUNT(id), 'state', 'epoch', 'try', 'born', 'quickDeaths', 'canLogin', 'cool', 'print', 'emailPrint', 'token', 'codeTry', 'until', 'codeFrom', 'why')
  return { state = v[1], epoch = v[2] or '0', try = num(v[3]), born = num(v[4]), quickDeaths = num(v[5]), canLogin = v[6] == '1', cool = num(v[7]),
    print = v[8], emailPrint = v[9], token = v[10], codeTry = num(v[11]), rest = num(v[12]), codeFrom = num(v[13]), why = v[14] }
end

local on = {}

function on.put(id, e, acc)
  local owner = e.emailPrint and call('HGET', P .. 'emails', e.emailPrint)
  if owner and owner ~= id then return 'conflict:' .. owner end
  if acc.emailPrint and acc.emailPrint ~= e.emailPrint then call('HDEL', P .. 'emails', acc.emailPrint) end
  if e.emailPrint then call('HSET', P .. 'emails', e.emailPrint, id) end
  if not acc.state then
    -- An id that was used before goes on where it stopped: its old auth jobs and answers must not be taken for new ones.
    acc.epoch = call('HGET', P .. 'removed', id) or '0'
    call('HDEL', P .. 'removed', id)
    call('HSET', ACCOUNT(id), 'createdAt', now, 'epoch', acc.epoch)
  end
  call('HSET', ACCOUNT(id), 'country', e.country or '', 'max', e.max or 0, 'emailPrint', e.emailPrint or '')
  call('ZADD', P .. 'accounts', 0, id)
  local same = acc.print == e.print
  call('HSET', ACCOUNT(id), 'print', e.print, 'canLogin', e.credentials and '1' or '0')
  if e.credentials then call('HSET', ACCOUNT(id), 'credentials', e.credentials) else call('HDEL', ACCOUNT(id), 'credentials') end
  if e.token then
    if same and (acc.state == 'active' or acc.state == 'cooling' or acc.state == 'disabled') then fill(id) return 'unchanged' end
    return new_token(id, e.token, acc)
  end
  if same and (acc.state == 'refreshing' or acc.state == 'awaiting_code' or acc.state == 'disabled') then return 'unchanged' end
  if same and acc.token then fill(id) return 'unchanged' end
  if acc.state == 'disabled' then call('HDEL', ACCOUNT(id), 'token') return 'disabled' end
  call('HSET', ACCOUNT(id), 'quickDeaths', 0)
  forget_trials(id)
  return start_login(id, 'registered', acc.try + 1)
end

function on.token_dead(id, e, acc)
  if num(acc.epoch) ~= e.epoch then return '' end
  if acc.state == 'disabled' then call('HDEL', ACCOUNT(id), 'token') end
  if acc.state ~= 'active' and acc.state ~= 'cooling' then return '' end
  local quick = now - acc.born < 600000 and acc.quickDeaths + 1 or 0
  call('HSET', ACCOUNT(id), 'quickDeaths', quick)
  call('HDEL', ACCOUNT(id), 'token')
  call('ZREM', COOLING, id)
  if quick >= 3 then return needs_attention(id, 'tokens_die_young') end
  if not acc.canLogin then return needs_attention(id, 'token_dead_and_no_password') end
  return start_login(id, 'token_dead', 1)
end

function on.linkedin_limited(id, e, acc)
  -- Calls that were out together ask for one rest.
  if acc.rest > now then return '' end
  local cool = acc.cool == 0 and 3600000 or math.min(acc.cool * 2, 86400000)
  call('HSET', ACCOUNT(id), 'until', now + cool, 'cool', cool)
  -- One that lost its token meanwhile, or is paused, rests when it is back.
  if acc.state ~= 'active' then return '' end
  call('HSET', ACCOUNT(id), 'state', 'cooling', 'why', 'linkedin_limited')
  call('ZADD', COOLING, now + cool, id)
  return 'cooling'
end

function on.call_worked(id, e, acc)
  if acc.cool > 0 and acc.state == 'active' then call('HSET', ACCOUNT(id), 'cool', 0) end
  return ''
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
  call('HSET', ACCOUNT(id), 'why', why)
  call('HDEL', ACCOUNT(id), 'code')
  call('ZREM', REFRESHING, id)
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
  if e.state == 'refreshing' then call('HSET', ACCOUNT(id), 'codeFrom', acc.codeTry) end
  call('HSET', ACCOUNT(id), 'state', 'awaiting_code')
  return await_code(id, 'code_required')
end

function on.code_given(id, e, acc)
  if acc.state ~= 'awaiting_code' then return 'conflict' end
  -- The call may be out with the first one; LinkUp would be paid twice, and the second answer for a session that is over.
  if acc.why == 'verifying' then
    local again = call('HGET', ACCOUNT(id), 'code') == e.code
    return again and 'verify:' .. string.format('%d', acc.codeTry) or 'verifying'
  end
  call('HSET', ACCOUNT(id), 'code', e.code, 'why', 'verifying')
  call('ZADD', REFRESHING, now, id)
  return 'verify:' .. string.format('%d', call('HINCRBY', ACCOUNT(id), 'codeTry', 1))
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
  if call('HINCRBY', ACCOUNT(id), 'expiredLogins', 1) >= LOGIN_TRIES then return needs_attention(id, 'session_expired') end
  return start_login(id, 'session_expired', acc.try + 1)
end

-- The key's own limit answered, and was paid for: the same job asks again after the window, but not for ever.
function on.login_limited(id, e, acc)
  if not in_login(e, acc) then return '' end
  if call('HINCRBY', ACCOUNT(id), 'limitedLogins', 1) >= LOGIN_TRIES then return needs_attention(id, 'rate_limited') end
  return ''
end

function on.refused(id, e, acc)
  if not in_login(e, acc) then return '' end
  return needs_attention(id, e.why)
end

-- The log-in may have happened. Repeated three times at most, counted from the last certain answer.
function on.login_unknown(id, e, acc)
  if not in_login(e, acc) then return '' end
  if call('HINCRBY', ACCOUNT(id), 'unknownLogins', 1) >= LOGIN_TRIES then return needs_attention(id, 'login_unknown') end
  return start_login(id, 'login_unknown', acc.try + 1)
end

-- BullMQ's job is over and the account still waits for it. The ledger knows whether its call left; one that did may have had its effect.
function on.auth_job_over(id, e, acc)
  if not in_login(e, acc) then return '' end
  local state = call('HGET', JOB(e.d), 'state')
  -- The sweep ends an open call when its deadline is past.
  if state == 'open' then return '' end
  local left = state == 'settled' or used_status(e.d, e.ledgerDays)
  if e.state == 'refreshing' then
    if left then return on.login_unknown(id, e, acc) end
    call('DEL', JOB(e.d))
    return start_login(id, acc.why, acc.try + 1)
  end
  if left then return on.verification_unknown(id, e, acc) end
  call('DEL', JOB(e.d))
  return 'verify:' .. string.format('%d', call('HINCRBY', ACCOUNT(id), 'codeTry', 1))
end

function on.pause(id, e, acc)
  call('HSET', ACCOUNT(id), 'state', 'disabled', 'why', 'by_hand')
  call('ZREM', REFRESHING, id)
  call('ZREM', COOLING, id)
  return 'disabled'
end

function on.resume(id, e, acc)
  if acc.state ~= 'disabled' and acc.state ~= 'needs_attention' then return 'unchanged' end
  if acc.token then return activate(id) end
  call('HSET', ACCOUNT(id), 'quickDeaths', 0)
  forget_trials(id)
  if acc.canLogin then return start_login(id, 'resumed', acc.try + 1) end
  return needs_attention(id, 'token_dead_and_no_password')
end

function on.remove(id, e, acc)
  if acc.emailPrint then call('HDEL', P .. 'emails', acc.emailPrint) end
  call('DEL', ACCOUNT(id))
  call('HSET', P .. 'removed', id, num(acc.epoch) + 1)
  call('ZREM', P .. 'accounts', id)
  call('ZREM', REFRESHING, id)
  call('ZREM', COOLING, id)
  call('ZADD', P .. 'orphans', now, id)
  call('ZREM', P .. 'fed-at', id)
  call('HDEL', P .. 'fed-last', id)
  return 'removed'
end

-- What may let a campaign move, or stop it.
local TOLD = { active = true, login = true, needs_attention = true, awaiting_code = true, cooling = true, disabled = true, removed = true }

local function account_event(id, e)
  local acc = read_account(id)
  if not acc.state and e.type ~= 'put' then return 'unknown_account' end
  if e.type == 'logged_in' or e.type == 'refused' or e.type == 'code_required' then call('HDEL', ACCOUNT(id), 'unknownLogins', 'limitedLogins') end
  local said = on[e.type](id, e, acc)
  if TOLD[said] then wake_resting() end
  return said
end
