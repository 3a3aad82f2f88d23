-- People who are not to be contacted, who were written to lately, or who answered, known by digests (people-digests.ts). The first and the last are asked for at the gate and, where one of them changed
-- meanwhile, at the mark; where nobody was ever suppressed and nobody ever answered nothing is asked. A person's text has a line for each scope: `<scope> <until> <since> <reason>`, both in ms.
-- needs: nothing
local people = {}

-- The two parts of a digest: of a key's name, and of a field's.
function people.parts(digest) return string.sub(digest, 1, 2), string.sub(digest, 3) end

-- The name of the secret that all digests are made with; nil while there is none.
function people.secret_name()
  local field = api_key.get('people')
  return field and string.match(field, ' (.+)$') or nil
end

-- Every grant that went by what was before is looked at again before it leaves.
function people.note_change(secret_name)
  local count = num(string.match(api_key.get('people') or '', '^%d+'))
  api_key.put('people', int(count + 1) .. ' ' .. secret_name)
end

-- Its lines by turns: scope, until, since and reason.
function people.lines(text) return string.gmatch(text, '(%S+) (%d+) (%d+) ?([^\n]*)') end

local function covers(text, account, campaign)
  for scope, till in people.lines(text) do
    local is_it = scope == 'all' or scope == 'account:' .. account or scope == 'campaign:' .. (campaign or '')
    if is_it and (till == '0' or num(till) > now) then return true end
  end
  return false
end

-- Whether one of these people may not be contacted by this account, for this campaign. `digests`: with commas between.
function people.is_suppressed(digests, account, campaign)
  for digest in string.gmatch(digests, '[^,]+') do
    local letters, rest = people.parts(digest)
    local text = call('HGET', keys.suppressed(letters), rest)
    if text and covers(text, account, campaign) then return true end
  end
  return false
end

-- Touches: when somebody was written to last, by whatever account, as a score for each person. A call is booked with its grant, as sent at its deadline; its answer says
-- when it was sent at the latest, and one that is known not to have reached anybody is taken out.

-- Touches are booked from now on, and remembered for so many days at least.
function people.remember_for(days)
  if days and days > num(api_key.get('mostGap')) then api_key.put('mostGap', int(days)) end
end

-- When one of these people was written to last, ms; 0: not within the days that are remembered.
function people.touched_at(digests)
  local latest = 0
  for digest in string.gmatch(digests, '[^,]+') do
    local letters, rest = people.parts(digest)
    latest = math.max(latest, num(call('ZSCORE', keys.touched(letters), rest)))
  end
  return latest
end

-- Books a call to these people, as sent at its deadline. Answers what is to be remembered of it: whom, and their touches of before.
function people.touch(digests, deadline_text)
  local before = {}
  for digest in string.gmatch(digests, '[^,]+') do
    local letters, rest = people.parts(digest)
    table.insert(before, digest .. '=' .. (call('ZSCORE', keys.touched(letters), rest) or ''))
    call('ZREMRANGEBYSCORE', keys.touched(letters), '-inf', now - num(api_key.get('mostGap')) * DAY_MS)
    call('ZADD', keys.touched(letters), deadline_text, rest)
  end
  return table.concat(before, ',')
end

-- A booked call is over: `sent`, it was sent by now, or by its deadline where a worker slept on the answer; else it reached nobody. `entry`: of its job. Answers when it was sent, ms.
function people.settle_touch(entry, sent)
  local sent_at = int(math.min(now, num(entry.deadline)))
  for digest, before in string.gmatch(entry.touched, '([^,=]+)=([^,]*)') do
    local letters, rest = people.parts(digest)
    -- A later call to the same person has taken its place.
    if num(call('ZSCORE', keys.touched(letters), rest)) == num(entry.deadline) then
      if sent then call('ZADD', keys.touched(letters), sent_at, rest)
      elseif before ~= '' then call('ZADD', keys.touched(letters), before, rest)
      else call('ZREM', keys.touched(letters), rest) end
    end
  end
  return num(sent_at)
end

-- When those whom a booked call reached were written to last, ms.
function people.touch_of(entry) return people.touched_at((string.gsub(entry.touched, '=[^,]*', ''))) end

-- Replies: when somebody answered last, by whatever account, as a score for each person. They are remembered for a year.
people.REPLY_MS = 365 * DAY_MS

-- When one of these people answered last, ms; 0: not within a year.
function people.answered_at(digests)
  local latest = 0
  for digest in string.gmatch(digests, '[^,]+') do
    local letters, rest = people.parts(digest)
    latest = math.max(latest, num(call('ZSCORE', keys.answered(letters), rest)))
  end
  return latest
end

-- Remembers when the person answered, unless they did later, too. Answers when they did before, ms; 0: never.
function people.note_reply(digest, at)
  local letters, rest = people.parts(digest)
  local key = keys.answered(letters)
  local before = num(call('ZSCORE', key, rest))
  call('ZREMRANGEBYSCORE', key, '-inf', now - people.REPLY_MS)
  if at > before then
    call('ZADD', key, int(at), rest)
    call('EXPIRE', key, int(people.REPLY_MS / 1000))
  end
  return before
end

-- A campaign asks to be stopped by replies from now on. Grants are looked at again before they leave, as people may have answered before.
function people.stop_on_reply()
  api_key.put('stopsOnReply', '1')
  local secret_name = people.secret_name()
  if secret_name then people.note_change(secret_name) end
end

-- From when on a reply stops what a campaign has not sent: since it was made. nil: no reply does. `is`, `made`: its fields stopOnReply and createdAt.
function people.stops_from(is, made) return is == '1' and num(made) or nil end

-- The code with which a job ends for its person's sake; nil: it does not. `one`: people, reached, account, campaign; `stops_from`: as its campaign says.
function people.stop_code(one, stops_from)
  if people.is_suppressed(one.people, one.account, one.campaign) then return 'suppressed' end
  if stops_from and people.answered_at(one.reached) >= stops_from then return 'replied' end
  return nil
end

-- Whether a granted call may still leave. `entry`: of its job, with its account.
function people.may_leave(digest, entry)
  local seen = api_key.get('people')
  if not seen then return true end
  local granted = call('HMGET', keys.job(digest), 'people', 'peopleSeen', 'peopleCampaign', 'peopleReached', 'noReply')
  if granted[2] == seen then return true end
  -- Its digests are of another secret, or it has none: the gate is asked again, which asks for them.
  if not granted[1] or string.match(granted[2], ' (.+)$') ~= people.secret_name() then return false end
  if people.is_suppressed(granted[1], entry.account, granted[3]) then return false end
  local is, made = unpack(granted[3] and call('HMGET', keys.campaign(granted[3]), 'stopOnReply', 'createdAt') or {})
  local stops_from = people.stops_from(granted[5] or is, made)
  if not stops_from then return true end
  -- Granted before there was such a campaign, it does not say whom it reaches: the gate is asked again.
  return granted[4] and people.answered_at(granted[4]) < stops_from
end

return people
