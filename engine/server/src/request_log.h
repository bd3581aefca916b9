// Each request with its answer as a line of the log, at level debug: method, path, AWS action, status, time.
// What follows a '?', headers and bodies may hold secrets and are left out.
#pragma once

#include <engine/api/http/message.h>

namespace engine::server {

// Answers through `responder` and writes the line when it does. Any thread.
http::Responder logged(const http::Request& request, http::Responder responder);

}  // namespace engine::server
