-- Rests: who was told to slow down stays still until a moment, each time longer; a ladder says for how long. Here are the arithmetic and the
-- rests of accounts: each has a scope (an operation, a family of them, or `account`), its ladder as data, a cause, and until when. They lie
-- together in one field of the account, so that the gate reads them with it. Nothing leaves for what rests, no probe either; when a rest is over
-- the ladder stays where it is, and only a success of the same scope takes it away. Above the ladder's last rung a person must act.
-- needs: nothing
local rests = {}

-- Half of the last fifty answers were 500: the key.
rests.SERVER_ERRORS = { first_ms = 5000, factor = 2, most_ms = 300000 }
-- The end of a rest that only a person ends.
rests.PERSON = 9999999999999
-- A rest may be so much longer than its rung, so that many accounts don't move at once.
local JITTER = 0.1
-- So many different people running are refused without a word why: then it is the account.
local REFUSALS_IN_A_ROW = 3

-- The rest after one of `last_ms`, 0 for none.
function rests.after(ladder, last_ms)
  if last_ms == 0 then return ladder.first_ms end
  return math.min(last_ms * ladder.factor, ladder.most_ms)
end

-- A rest by how often there was cause for one, 1 for the first.
function rests.nth(ladder, nth)
  -- Beyond this the longest has been reached, whatever the ladder.
  local MOST_STEPS = 20
  return math.min(ladder.most_ms, ladder.first_ms * ladder.factor ^ math.min(nth - 1, MOST_STEPS))
end

function rests.is_on(until_ms) return num(until_ms) > now end

-- An account's rests by scope, from the text of its field: since, till, step, cause; on: nobody was told yet that it is over; by: `person` who ended it.
function rests.read(text) return text and text ~= '' and cjson.decode(text) or {} end

function rests.write(account_id, all)
  -- The sweep looks at once, also whether anybody waits for what is over.
  call('ZADD', keys.rests, now, account_id)
  if next(all) then
    call('HSET', keys.account(account_id), 'rests', cjson.encode(all))
  else
    call('HDEL', keys.account(account_id), 'rests')
  end
end

-- Until when a job must wait that counts to these scopes (names with commas between); nil when none of them rests.
function rests.till(text, scopes)
  if not text or text == '' or not scopes then return nil end
  local all, till = rests.read(text), nil
  for scope in string.gmatch(scopes, '[^,]+') do
    local one = all[scope]
    if one and one.till > now and (not till or one.till > till) then till = one.till end
  end
  return till
end

-- Begins a rest among `all`; nil where that scope rests already, as calls that were out together ask for one rest.
-- q: scope, cause, ladder (ms, rung by rung), part: [0, 1) at random.
function rests.begin(all, q)
  local was = all[q.scope]
  if was and was.till > now then return nil end
  local step = (was and was.step or 0) + 1
  local rung = q.ladder[step]
  local till = rung and now + math.floor(rung * (1 + JITTER * q.part)) or rests.PERSON
  all[q.scope] = { since = now, till = till, step = step, cause = q.cause, on = true }
  return all[q.scope]
end

-- The rests among `all` that are over and of which nobody was told so yet, as people are told it: whoever asks must tell it.
function rests.just_over(account_id, all)
  local over = {}
  for scope, rest in pairs(all) do
    if rest.on and rest.till <= now then
      rest.on = nil
      table.insert(over, { kind = 'rest_over', account = account_id, scope = scope, cause = rest.cause, sinceMs = rest.since, by = rest.by or 'time' })
    end
  end
  return over
end

-- A person ends a rest; its ladder stays.
function rests.end_by_hand(rest) rest.till, rest.by = now, 'person' end

-- The success of a call that was granted at `granted`: the ladders of its scopes begin anew, once their rests are over. Answers whether any did.
function rests.worked(all, scopes, granted)
  local changed = false
  for scope in string.gmatch(scopes .. ',account', '[^,]+') do
    local one = all[scope]
    if one and one.till <= granted then
      all[scope] = nil
      changed = true
    end
  end
  return changed
end

-- A refusal that does not say whether it is about the account or the person, in whatever words: an account that is limited is told so in several.
-- Answers the text to keep, and whether it is one too many.
-- text: by operation the people of the last such refusals, and the row of the last, for processes of earlier versions.
function rests.refused(text, operation, row, target)
  local all = text and text ~= '' and cjson.decode(text) or {}
  local one = all[operation] or { targets = {} }
  one.row = row
  all[operation] = one
  for _, known in ipairs(one.targets) do
    if known == target then return text, false end
  end
  table.insert(one.targets, target)
  if #one.targets < REFUSALS_IN_A_ROW then return cjson.encode(all), false end
  all[operation] = nil
  return next(all) and cjson.encode(all) or '', true
end

-- Whether a refusal of this operation stands that may be the account's, with no success since.
function rests.is_in_question(text, operation)
  if not text or text == '' then return false end
  return cjson.decode(text)[operation] ~= nil
end

return rests
