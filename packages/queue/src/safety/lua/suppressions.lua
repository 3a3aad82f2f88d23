-- The list of people who are not to be contacted: what is put on it, taken off it and read of it. See people.lua for how it is asked.
-- needs: people
-- The letters of a digest, in the order in which the list is read.
local LETTERS = '.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz'

-- The lines that hold still, without the one of this scope. Answers these, and that one.
local function lines_but(text, scope)
  local kept, found = {}, nil
  for at, till, since, reason in people.lines(text or '') do
    local one = { scope = at, till = till, since = since, text = at .. ' ' .. till .. ' ' .. since .. ' ' .. reason }
    if at == scope then found = one
    elseif till == '0' or num(till) > now then table.insert(kept, one.text) end
  end
  return kept, found
end

local function read(digest)
  local letters, rest = people.parts(digest)
  return call('HGET', keys.suppressed(letters), rest)
end

local function write(digest, lines)
  local letters, rest = people.parts(digest)
  if #lines == 0 then call('HDEL', keys.suppressed(letters), rest) else call('HSET', keys.suppressed(letters), rest, table.concat(lines, '\n')) end
end

-- Answers added | changed | same.
local function put(one)
  local kept, was = lines_but(read(one.person), one.scope)
  local since = was and was.since or int(one.since or now)
  local text = one.scope .. ' ' .. int(one.till) .. ' ' .. since .. ' ' .. one.reason
  if was and was.text == text then return 'same' end
  table.insert(kept, text)
  write(one.person, kept)
  return was and 'changed' or 'added'
end

-- Answers what became of each entry, by turns; { 'other' } where the digests were made with another secret than those that are there.
script('suppress', {
  flags = { 'allow-oom' },
  state = { 'people', 'peopleSecret' },
  run = function(a)
    tick()
    if (people.secret_name() or a.secretName) ~= a.secretName then return { 'other' } end
    if not people.secret_name() then api_key.put('peopleSecret', a.sealed) end
    local answers = {}
    for place, one in ipairs(a.entries) do answers[place] = put(one) end
    people.note_change(a.secretName)
    return answers
  end,
})

-- Takes them off the list: of one scope, or of all where none is named. Answers how many lines went.
script('unsuppress', {
  run = function(a)
    tick()
    local gone = 0
    for _, person in ipairs(a.people) do
      local text = read(person)
      if text then
        local kept = a.scope and lines_but(text, a.scope) or {}
        for scope in people.lines(text) do
          if not a.scope or scope == a.scope then gone = gone + 1 end
        end
        write(person, kept)
      end
    end
    return gone
  end,
})

local function add_after(page, letters, after)
  local flat, found = call('HGETALL', keys.suppressed(letters)), {}
  for place = 1, #flat, 2 do
    local digest = letters .. flat[place]
    if digest > after then table.insert(found, { digest, flat[place + 1] }) end
  end
  table.sort(found, function(one, other) return one[1] < other[1] end)
  for _, one in ipairs(found) do
    table.insert(page, one[1])
    table.insert(page, one[2])
  end
end

-- The people behind `after` with their texts, by turns: `limit` of them or some more, fewer at the end of the list.
script('suppressions', {
  flags = { 'no-writes' },
  run = function(a)
    local page, first = {}, string.sub(a.after, 1, 2)
    for one = 1, #LETTERS do
      for other = 1, #LETTERS do
        local letters = string.sub(LETTERS, one, one) .. string.sub(LETTERS, other, other)
        if letters >= first then add_after(page, letters, a.after) end
        if #page >= 2 * a.limit then return page end
      end
    end
    return page
  end,
})
