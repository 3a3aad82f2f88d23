-- The states that an account or a campaign came into: the latest, for some time after the last of them.
-- needs: stream
local state_history = {}
local MOST, KEPT_SECONDS = 200, 90 * 86400

function state_history.note(key, state, why)
  stream.add(key, { 'state', state, 'why', why or '' })
  call('XTRIM', key, 'MAXLEN', '~', MOST)
  call('EXPIRE', key, KEPT_SECONDS)
end

return state_history
