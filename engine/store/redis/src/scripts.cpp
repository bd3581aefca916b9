#include "scripts.h"

namespace engine::store::redis {

// Redis takes nothing back when a script fails in the middle: everything that can be refused is refused
// before the first write, and below it are only commands on keys that this script alone makes.
const char* const kCommitScript = R"lua(
local stored = redis.call('HMGET', KEYS[1], 'applied', 'epoch')
local none = '00000000000000000000'
local applied, epoch = stored[1] or none, stored[2] or none
if epoch > ARGV[2] then return {'FENCED', applied, epoch} end
if applied ~= ARGV[1] then return {'CAS', applied, epoch} end
local at, last = 6, #ARGV
while at <= last do
  local operation, t, first = ARGV[at], tonumber(ARGV[at + 1]), at + 3
  local values, keys = KEYS[2 * t], KEYS[2 * t + 1]
  at = first + tonumber(ARGV[at + 2])
  for from = first, at - 1, 1000 do
    local to = math.min(from + 999, at - 1)
    if operation == 'P' then
      if redis.call('HSET', values, unpack(ARGV, from, to)) > 0 then
        local members = {}
        for i = from, to, 2 do
          members[#members + 1] = 0
          members[#members + 1] = ARGV[i]
        end
        redis.call('ZADD', keys, unpack(members))
      end
    elseif operation == 'E' then
      if redis.call('HDEL', values, unpack(ARGV, from, to)) > 0 then
        redis.call('ZREM', keys, unpack(ARGV, from, to))
      end
    else
      for i = from, to, 2 do
        local gone = redis.call('ZRANGEBYLEX', keys, ARGV[i], ARGV[i + 1])
        for next = 1, #gone, 1000 do
          redis.call('HDEL', values, unpack(gone, next, math.min(next + 999, #gone)))
        end
        if #gone > 0 then redis.call('ZREMRANGEBYLEX', keys, ARGV[i], ARGV[i + 1]) end
      end
    end
  end
end
redis.call('HSET', KEYS[1], 'applied', ARGV[3], 'epoch', ARGV[2], 'now', ARGV[4], 'fingerprint', ARGV[5])
return {'OK'}
)lua";

const char* const kScanScript = R"lua(
local keys = redis.call(ARGV[1], KEYS[2], ARGV[2], ARGV[3], 'LIMIT', 0, ARGV[4])
local rows = {}
for from = 1, #keys, 1000 do
  local to = math.min(from + 999, #keys)
  local values = redis.call('HMGET', KEYS[1], unpack(keys, from, to))
  for i = 1, #values do
    rows[#rows + 1] = keys[from + i - 1]
    rows[#rows + 1] = values[i]
  end
end
return rows
)lua";

}  // namespace engine::store::redis
