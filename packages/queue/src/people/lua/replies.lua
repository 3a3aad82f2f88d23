-- People who answered: see people.lua for what stops then.
-- needs: people, events, outcomes
-- So many replies wait for those who follow them, about; for so long after the last one, seconds.
local MOST_FOLLOWED, FOLLOWED_SECONDS = 1000, 3600

-- Somebody answered, who is known by these digests. Answers whether that is news, when they answered last, ms, and whether any campaign ever asked to be stopped by it; 'other' where the digests were
-- made with another secret than the one that is there.
script('replied', {
  flags = { 'allow-oom' },
  state = { 'people', 'peopleSecret', 'stopsOnReply' },
  run = function(a)
    tick()
    if (people.secret_name() or a.secretName) ~= a.secretName then return { 'other', 0, 0 } end
    if not people.secret_name() then api_key.put('peopleSecret', a.sealed) end
    local at, before = math.min(a.at or now, now), 0
    for _, person in ipairs(a.people) do before = math.max(before, people.note_reply(person, at)) end
    people.note_change(a.secretName)
    local is_news = at > before
    if is_news then
      call('XADD', keys.replies, 'MAXLEN', '~', MOST_FOLLOWED, '*', 'person', a.people[1], 'at', int(at))
      call('EXPIRE', keys.replies, FOLLOWED_SECONDS)
      call('SET', keys.address(a.people[1]), a.address, 'EX', outcomes.OWED_SECONDS)
      events.hand_over_changes({ { kind = 'replied', person = a.people[1], atMs = at } }, a.outcomeDays)
    end
    return { is_news and 'noted' or 'known', int(math.max(at, before)), api_key.get('stopsOnReply') and 1 or 0 }
  end,
})
