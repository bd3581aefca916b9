// Page tokens of all list actions: where the page ended, when the token stops being good, and the engine's
// signature over both and over the list they are for. A changed, foreign or old token is an InvalidToken.
#pragma once

#include <string>
#include <string_view>

#include "action.h"

namespace engine::api::aws {

// `listing` names the action and what it lists. A token is good for 24 hours, through restarts, too.
std::string make_page_token(const Call& call, std::string_view listing, std::string_view place);

// The place of the call's nextToken; empty: it has none.
statelang::Expected<std::string, AwsError> open_page_token(const Call& call, std::string_view listing);

// For a token that was good when it was given, and whose place is gone since.
AwsError invalid_page_token();

}  // namespace engine::api::aws
