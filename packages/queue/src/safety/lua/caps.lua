-- Caps of an account: at most so many calls of a scope (an operation, or a family of them) in a window that slides with the clock. A call is booked
-- with its grant in each of its scopes, as sent at its deadline; its answer says when it was sent at the latest, and a call that is known not to
-- have been sent is taken out. So no window of LinkedIn's ever sees more than the cap, whatever the cap is by then.
-- After a state was lost nobody knows what was sent: all caps count as used up then (state-loss.lua).
-- needs: window, texts, state_loss
local caps = {}
-- The longest window of any cap.
local LONGEST_MS = 30 * DAY_MS
-- A list is looked after on each day on which it is used, and a call may be booked until a deadline later.
local KEPT_SECONDS = 32 * 86400
-- When a cap of 0 has a place.
caps.NEVER = 9999999999999

-- The caps that hold for an account, by scope; nil for one that has none. `account`: plan, caps as they are in its record.
function caps.of(account)
  if account.caps then
    local own = texts.read(account.caps)
    return next(own) and own or nil
  end
  if not api_key.get('careful') then return nil end
  return CAREFUL[account.plan or 'free'] or CAREFUL.free
end

-- When a cap of an account's scope has a place, ms; a moment that is over: now.
function caps.has_place_at(account_id, scope, cap)
  if cap[1] == 0 then return caps.NEVER end
  return math.max(window.slides_free_at(keys.booked(account_id, scope), cap[1], cap[2]), state_loss.known_again_at(cap[2]))
end

-- When a scope has a place in all its caps, ms; a moment that is over: now. Where the nth call before now lies outside of a window, fewer than n lie within: no cap of n or more is
-- spent there, and most are not looked at.
local function all_have_place_at(account_id, scope, list)
  local till, nth, nth_at = 0, nil, nil
  for _, cap in ipairs(list) do
    local free_at
    if nth and cap[1] >= nth and nth_at <= now - cap[2] then free_at = state_loss.known_again_at(cap[2])
    elseif cap[1] == 0 then free_at = caps.NEVER
    else
      nth, nth_at = cap[1], window.slides_nth_at(keys.booked(account_id, scope), cap[1])
      free_at = math.max(nth_at + cap[2], state_loss.known_again_at(cap[2]))
    end
    till = math.max(till, free_at)
  end
  return till
end

-- When a call of these scopes has a place in all their caps, and the scope that it waits for; nil: now.
function caps.free_at(account_id, held, scopes)
  local till, scope
  for name in string.gmatch(scopes, '[^,]+') do
    local free_at = held[name] and all_have_place_at(account_id, name, held[name]) or 0
    if free_at > now and (not till or free_at > till) then till, scope = free_at, name end
  end
  return till, scope
end

-- How many places a scope has now; nil for one without a cap.
function caps.room(account_id, held, scope)
  local room
  for _, cap in ipairs(held[scope] or {}) do
    local free = state_loss.known_again_at(cap[2]) > now and 0 or cap[1] - window.slides_count(keys.booked(account_id, scope), cap[2])
    room = math.min(room or free, free)
  end
  return room
end

-- Lets what no window needs go, once a day for each scope. Answers what is to be remembered of it.
local function look_after(account_id, scopes, tended)
  local day = int(today)
  tended = tended and string.find(tended, day .. ' ', 1, true) == 1 and tended or day .. ' '
  for scope in string.gmatch(scopes, '[^,]+') do
    if not string.find(tended, ' ' .. scope .. ' ', 1, true) then
      call('ZREMRANGEBYSCORE', keys.booked(account_id, scope), '-inf', now - LONGEST_MS)
      call('EXPIRE', keys.booked(account_id, scope), KEPT_SECONDS)
      tended = tended .. scope .. ' '
    end
  end
  return tended
end

-- Books a call, `at` the moment until which it may be sent. `tended`: the field of its account. Answers that field as it is then.
function caps.book(account_id, q)
  for scope in string.gmatch(q.scopes, '[^,]+') do window.take(keys.booked(account_id, scope), q.call, int(q.at)) end
  local tended = look_after(account_id, q.scopes, q.tended)
  if tended ~= q.tended then call('HSET', keys.account(account_id), 'tended', tended) end
  return tended
end

-- A booked call was sent by now. `entry`: of its job.
function caps.sent(entry)
  for scope in string.gmatch(entry.scopes, '[^,]+') do window.move(keys.booked(entry.account, scope), entry.call, now_text) end
end

-- A booked call is known not to have been sent: its places are free.
function caps.unsent(entry)
  for scope in string.gmatch(entry.scopes, '[^,]+') do window.free(keys.booked(entry.account, scope), entry.call) end
end

return caps
