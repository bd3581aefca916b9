// The commands that talk to a running server, one function each; command_line.h reads their options. Each
// gives an ExitCode, prints what it did to stdout and what went wrong to stderr. They block; one thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <engine/cli/api_client.h>
#include <engine/cli/terminal.h>

namespace engine::cli {

struct Context {
  Terminal terminal;
  ApiClient& api;
  bool json = false;  // print what the API gave, for programs
};

struct MachineOptions {
  std::string name;
  std::string file;  // "-": standard input
  bool express = false;
  std::string role_arn;
  std::string log_level;  // empty: as it is
  bool log_data = false;
  std::string log_group;
};
int create_machine(Context& context, const MachineOptions& options);
int update_machine(Context& context, const MachineOptions& options);
int put_machine(Context& context, const MachineOptions& options);  // whichever of the two is needed
int delete_machine(Context& context, const std::string& name);
int list_machines(Context& context);
int show_machine(Context& context, const std::string& name);  // a name or an ARN
int print_definition(Context& context, const std::string& name);

struct StartOptions {
  std::string machine;
  std::string name;
  std::string input;       // JSON text
  std::string input_file;  // "-": standard input
  bool wait = false;
  double wait_seconds = 0;  // 0: until it has ended
};
int start_execution(Context& context, const StartOptions& options);

struct ListOptions {
  std::string machine;
  std::string map_run;  // instead: its children
  std::string status;
  std::string name_prefix;
  std::string after;  // as people write times
  std::string before;
  size_t limit = 20;
  bool watch = false;  // again and again, until the program is ended
};
int list_executions(Context& context, const ListOptions& options);
int show_execution(Context& context, const std::string& execution);  // or a state machine

struct HistoryOptions {
  std::string execution;
  bool follow = false;
  bool full = false;  // payloads whole instead of what changed
};
int show_history(Context& context, const HistoryOptions& options);

struct StopOptions {
  std::string execution;
  std::string error;
  std::string cause;
};
int stop_execution(Context& context, const StopOptions& options);

struct RedriveOptions {
  std::string execution;
  std::string client_token;
};
int redrive_execution(Context& context, const RedriveOptions& options);

struct MapRunOptions {
  std::string map_run;           // ARN
  int64_t max_concurrency = -1;  // -1: as it is
  int64_t tolerated_failure_count = -1;
  double tolerated_failure_percentage = -1;
};
int list_map_runs(Context& context, const std::string& execution);
int show_map_run(Context& context, const std::string& map_run);
int update_map_run(Context& context, const MapRunOptions& options);

int list_activities(Context& context);
int show_activity(Context& context, const std::string& activity);
int create_activity(Context& context, const std::string& activity);
int delete_activity(Context& context, const std::string& activity);

struct VersionOptions {
  std::string machine;
  std::string version;  // delete
  std::string description;
};
int list_versions(Context& context, const VersionOptions& options);
int publish_version(Context& context, const VersionOptions& options);
int delete_version(Context& context, const VersionOptions& options);

struct AliasOptions {
  std::string machine;
  std::string alias;
  std::vector<std::string> routes;  // VERSION or VERSION=WEIGHT; weights add to 100
  std::string description;
};
int list_aliases(Context& context, const AliasOptions& options);
int show_alias(Context& context, const AliasOptions& options);
int put_alias(Context& context, const AliasOptions& options);
int delete_alias(Context& context, const AliasOptions& options);

// What people put in force as documents under names: triggers, sinks and connections share their commands.
struct DocumentKind {
  const char* name;          // "trigger"
  const char* route;         // "/v1/triggers"
  const char* description;   // of the command
  const char* after_delete;  // what deleting one means besides
  std::vector<std::string> columns;
  std::vector<Cell> (*row)(const statelang::Value& document);
};
const DocumentKind& triggers();
const DocumentKind& sinks();
const DocumentKind& connections();

struct DocumentOptions {
  std::string name;
  std::string file;  // put
};
int list_documents(Context& context, const DocumentKind& kind);
int show_document(Context& context, const DocumentKind& kind, const std::string& name);
int put_document(Context& context, const DocumentKind& kind, const DocumentOptions& options);
int delete_document(Context& context, const DocumentKind& kind, const std::string& name);

struct LogOptions {
  std::string machine;
  std::string execution;
  std::string level = "ALL";
  size_t limit = 100;
};
int show_logs(Context& context, const LogOptions& options);
int tail_events(Context& context, const LogOptions& options);

// The whole text of a file, or of standard input for "-"; false and a message when it cannot be read.
bool read_text(const Terminal& terminal, const std::string& file, std::string& text);

}  // namespace engine::cli
