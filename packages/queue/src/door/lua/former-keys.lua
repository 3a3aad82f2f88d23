-- Keys that went by a batch's line: as long as a record may last that was written before the first look at them, and for two weeks more, in which
-- processes of before may go on. Answers [1 while they are honoured, else 0, the fingerprints of what was accepted under a.formerIds, '' for nothing].
-- needs: accepted_keys
local SLACK_DAYS = 14

script('former_keys', {
  run = function(a)
    tick()
    if not api_key.get('formerKeysUntil') then api_key.put('formerKeysUntil', today + a.ledgerDays + SLACK_DAYS) end
    if num(api_key.get('formerKeysUntil')) <= today then return { 0, {} } end
    local fingerprints = {}
    for i, id in ipairs(a.formerIds) do
      fingerprints[i] = accepted_keys.look_up(id, { accepted_keys.field_of(id) }, { a.fingerprintLength }, a.ledgerDays)[1] or ''
    end
    return { 1, fingerprints }
  end,
})
