// The embedded engine through its public border, over both stores.
#include <condition_variable>
#include <filesystem>
#include <mutex>

#include <catch2/catch.hpp>
#include <waiting/eventually.h>

#include <engine/runtime/embedded.h>
#include <statelang/test_state/test_state.h>

using namespace engine;

namespace {

constexpr const char* kOneTask =
    R"({"StartAt":"Work","States":{"Work":{"Type":"Task","Resource":"work","End":true}}})";

// Waits for one callback.
template <class T>
class Answered {
 public:
  ApiCallback<T> callback() {
    return [this](ApiResult<T> result) {
      std::lock_guard lock(mutex_);
      result_ = std::move(result);
      arrived_.notify_all();
    };
  }
  ApiResult<T> wait() {
    std::unique_lock lock(mutex_);
    REQUIRE(arrived_.wait_for(lock, std::chrono::seconds(30), [this] { return result_.has_value(); }));
    return std::move(*result_);
  }

 private:
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::optional<ApiResult<T>> result_;
};

struct Opened {
  explicit Opened(bool on_disk) {
    if (on_disk) {
      char name[] = "/tmp/stepstream_embedded_XXXXXX";
      settings.data_directory = ::mkdtemp(name);
    }
    settings.threads = 2;
    open();
  }
  ~Opened() {
    engine.reset();
    if (!settings.data_directory.empty()) std::filesystem::remove_all(settings.data_directory);
  }
  void open() {
    engine.reset();
    auto opened = open_embedded(settings);
    REQUIRE(opened);
    engine = std::move(*opened);
  }

  ApiResult<StateMachine> create(const std::string& name, const std::string& definition) {
    Answered<StateMachine> answered;
    CreateStateMachineRequest request;
    request.name = name;
    request.definition = definition;
    engine->create_state_machine(request, answered.callback());
    return answered.wait();
  }
  ApiResult<StartedExecution> start(const std::string& arn, const std::string& name,
                                    const std::string& input = "{}") {
    Answered<StartedExecution> answered;
    StartExecutionRequest request;
    request.state_machine_arn = arn;
    request.name = name;
    request.input = statelang::Payload::from_text(input);
    engine->start_execution(request, answered.callback());
    return answered.wait();
  }
  ApiResult<std::vector<PolledTask>> poll(bool leased = true) {
    Answered<std::vector<PolledTask>> answered;
    PollTasksRequest request;
    request.queue = "work";
    request.worker = "tester";
    request.wait_ms = 20'000;
    request.leased = leased;
    engine->poll_tasks(request, answered.callback());
    return answered.wait();
  }
  ApiResult<bool> report(const std::string& token, const std::string& output) {
    Answered<bool> answered;
    engine->report_task({token, output, {}}, "tester", answered.callback());
    return answered.wait();
  }
  ApiResult<Execution> wait(const std::string& arn) {
    Answered<Execution> answered;
    engine->wait_for_execution(arn, 20'000, answered.callback());
    return answered.wait();
  }

  void start_and_wait(const std::string& arn, const std::string& name, const std::string& input,
                      int64_t wait_ms, Answered<Execution>& answered) {
    StartExecutionRequest request;
    request.state_machine_arn = arn;
    request.name = name;
    request.input = statelang::Payload::from_text(input);
    engine->start_and_wait(request, wait_ms, answered.callback());
  }

  EmbeddedSettings settings;
  std::unique_ptr<Engine> engine;
};

std::string text_of(const Execution& execution) {
  std::string out = execution.execution_arn + ' ' + execution.name + ' ' + execution.state_machine_arn + ' ' +
                    execution.revision_id + ' ' + std::to_string(static_cast<int>(execution.status)) + ' ' +
                    std::to_string(execution.start_ms) + ' ' + std::to_string(execution.stop_ms) + ' ' +
                    execution.redrive_status + ' ' + execution.redrive_status_reason + ' ' +
                    execution.input.text();
  out += execution.output ? " output " + execution.output->text() : "";
  out += execution.error ? " error " + *execution.error : "";
  return out + (execution.cause ? " cause " + *execution.cause : "");
}

}  // namespace

TEST_CASE("embedded: a started task reaches a worker and its result ends the execution") {
  Opened opened(GENERATE(false, true));
  auto machine = opened.create("one", kOneTask);
  REQUIRE(machine);
  auto started = opened.start(machine->arn, "first", R"({"a":1})");
  REQUIRE(started);
  auto tasks = opened.poll(GENERATE(true, false));
  REQUIRE(tasks);
  REQUIRE(tasks->size() == 1);
  CHECK(tasks->front().task.input.text() == R"({"a":1})");
  REQUIRE(opened.report(tasks->front().token, R"({"b":2})"));
  auto ended = opened.wait(started->execution_arn);
  REQUIRE(ended);
  CHECK(ended->status == statelang::ExecutionStatus::Succeeded);
  REQUIRE(ended->output);
  CHECK(ended->output->text() == R"({"b":2})");

  auto twice = opened.report(tasks->front().token, R"({"b":3})");
  REQUIRE_FALSE(twice);
  auto history = opened.engine->history({started->execution_arn});
  REQUIRE(history);
  CHECK(history->front().type == statelang::EventType::ExecutionStarted);
  CHECK(history->back().type == statelang::EventType::ExecutionSucceeded);
  auto forged = opened.report("not a token", "{}");
  REQUIRE_FALSE(forged);
  CHECK(forged.error().code == ApiErrorCode::InvalidToken);
}

TEST_CASE("embedded: a data directory that the engine makes is its user's alone") {
  char name[] = "/tmp/stepstream-embedded-XXXXXX";
  const std::filesystem::path root = ::mkdtemp(name);
  const auto others = std::filesystem::perms::group_all | std::filesystem::perms::others_all;
  const auto given = std::filesystem::perms::owner_all | std::filesystem::perms::group_read;
  std::filesystem::create_directory(root / "given");
  std::filesystem::permissions(root / "given", given);
  for (const char* folder : {"new/data", "given"}) {
    EmbeddedSettings settings;
    settings.data_directory = root / folder;
    REQUIRE(open_embedded(settings));
  }
  CHECK((std::filesystem::status(root / "new/data").permissions() & others) == std::filesystem::perms::none);
  CHECK(std::filesystem::status(root / "given").permissions() == given);
  std::filesystem::remove_all(root);
}

TEST_CASE("embedded: who starts an execution and waits is told what is found later") {
  Opened opened(GENERATE(false, true));
  const std::string large = R"({"a":")" + std::string(GENERATE(1, 5'000), 'x') + "\"}";
  // Ends in the step that starts it.
  const auto fails = opened.create(
      "fails", R"({"StartAt":"F","States":{"F":{"Type":"Fail","Error":"Broken","Cause":"on purpose"}}})");
  // The execution's input is not at hand in the step that ends it.
  const auto works = opened.create(
      "works", R"({"StartAt":"First","States":{"First":{"Type":"Pass","Result":1,"Next":"Work"},)"
               R"("Work":{"Type":"Task","Resource":"work","End":true}}})");
  REQUIRE(fails);
  REQUIRE(works);
  Answered<Execution> failed, first, same, other, late;
  opened.start_and_wait(fails->arn, "f", large, 20'000, failed);
  const auto failure = failed.wait();
  REQUIRE(failure);
  CHECK(failure->status == statelang::ExecutionStatus::Failed);
  CHECK(text_of(*failure) == text_of(*opened.engine->describe_execution(failure->execution_arn)));

  opened.start_and_wait(works->arn, "w", large, 20'000, first);
  const auto tasks = opened.poll();
  REQUIRE(tasks);
  opened.start_and_wait(works->arn, "w", large, 1, late);
  const auto running = late.wait();
  REQUIRE(running);
  CHECK(running->status == statelang::ExecutionStatus::Running);
  opened.start_and_wait(works->arn, "w", large, 20'000, same);
  opened.start_and_wait(works->arn, "w", "{}", 20'000, other);
  const auto refused = other.wait();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ApiErrorCode::ExecutionAlreadyExists);
  REQUIRE(opened.report(tasks->front().token, R"({"b":2})"));
  const auto ended = first.wait(), ended_too = same.wait();
  REQUIRE(ended);
  REQUIRE(ended_too);
  const std::string found = text_of(*opened.engine->describe_execution(ended->execution_arn));
  CHECK(text_of(*ended) == found);
  CHECK(text_of(*ended_too) == found);
  CHECK(ended->input.text() == large);
}

TEST_CASE("embedded: what was running goes on after a restart, with the same task token") {
  Opened opened(true);
  auto machine = opened.create("one", kOneTask);
  REQUIRE(machine);
  auto started = opened.start(machine->arn, "first");
  REQUIRE(started);
  auto before = opened.poll();
  REQUIRE(before);
  opened.open();
  auto after = opened.poll();
  REQUIRE(after);
  REQUIRE(after->size() == 1);
  CHECK(after->front().token == before->front().token);
  REQUIRE(opened.report(before->front().token, "7"));
  auto ended = opened.wait(started->execution_arn);
  REQUIRE(ended);
  CHECK(ended->status == statelang::ExecutionStatus::Succeeded);
}

TEST_CASE("embedded: tasks keep their inputs, though memory has no room for them") {
  Opened at(GENERATE(false, true));
  at.settings.task_contents_bytes_max = 0;
  at.open();
  const auto machine = at.create("one", kOneTask);
  REQUIRE(machine);
  constexpr int kTasks = 20;
  std::vector<std::string> arns;
  for (int i = 0; i < kTasks; ++i) {
    const auto started = at.start(machine->arn, "e" + std::to_string(i), std::to_string(i));
    REQUIRE(started);
    arns.push_back(started->execution_arn);
  }
  for (int i = 0; i < kTasks; ++i) {
    // On the disk: the rest is found by another process.
    if (i == kTasks / 2 && !at.settings.data_directory.empty()) at.open();
    const auto polled = at.poll(i % 2 == 0);
    REQUIRE(polled);
    REQUIRE(polled->size() == 1);
    CHECK(polled->front().task.state_machine_arn == machine->arn);
    CHECK(at.report(polled->front().token, polled->front().task.input.text()));
  }
  for (int i = 0; i < kTasks; ++i) {
    const auto ended = at.wait(arns[static_cast<size_t>(i)]);
    REQUIRE(ended);
    REQUIRE(ended->output);
    CHECK(ended->output->text() == std::to_string(i));
  }
}

TEST_CASE("embedded: the same name starts one execution") {
  Opened opened(false);
  auto machine = opened.create("one", kOneTask);
  REQUIRE(machine);
  auto first = opened.start(machine->arn, "first", R"({"a":1})");
  auto again = opened.start(machine->arn, "first", R"({"a":1})");
  REQUIRE(first);
  REQUIRE(again);
  CHECK(first->start_ms == again->start_ms);
  auto other = opened.start(machine->arn, "first", R"({"a":2})");
  REQUIRE_FALSE(other);
  CHECK(other.error().code == ApiErrorCode::ExecutionAlreadyExists);
}

TEST_CASE("embedded: creating a state machine again is the same one only if it is equal") {
  Opened opened(false);
  auto machine = opened.create("one", kOneTask);
  REQUIRE(machine);
  auto again = opened.create("one", kOneTask);
  REQUIRE(again);
  CHECK(again->revision_id == machine->revision_id);
  auto other = opened.create("one", R"({"StartAt":"P","States":{"P":{"Type":"Pass","End":true}}})");
  REQUIRE_FALSE(other);
  CHECK(other.error().code == ApiErrorCode::StateMachineAlreadyExists);

  Answered<StateMachine> updated;
  UpdateStateMachineRequest request;
  request.arn = machine->arn;
  request.role_arn = "arn:aws:iam::000000000000:role/other";
  opened.engine->update_state_machine(request, updated.callback());
  auto changed = updated.wait();
  REQUIRE(changed);
  CHECK(changed->revision_id != machine->revision_id);
  CHECK(opened.engine->describe_state_machine(machine->arn)->role_arn == *request.role_arn);
}

TEST_CASE("embedded: a deleted state machine is DELETING until its last execution has ended") {
  Opened opened(GENERATE(false, true));
  const auto machine = opened.create("one", kOneTask);
  REQUIRE(machine);
  const std::string arn = machine->arn;
  const auto first = opened.start(arn, "first");
  const auto second = opened.start(arn, "second");
  REQUIRE(first);
  REQUIRE(second);
  PublishVersionRequest publish;
  publish.state_machine_arn = arn;
  Answered<StateMachineVersion> version;
  opened.engine->publish_version(publish, version.callback());
  REQUIRE(version.wait());
  const auto erase = [&] {
    Answered<bool> answered;
    opened.engine->delete_state_machine(arn, answered.callback());
    REQUIRE(answered.wait());
  };
  erase();
  erase();
  if (!opened.settings.data_directory.empty()) opened.open();  // the mark is kept
  const auto deleting = [&](const auto& answer) {
    return !answer && answer.error().code == ApiErrorCode::StateMachineDeleting;
  };
  for (int left = 2; left > 0; --left) {
    CHECK(opened.engine->describe_state_machine(arn)->status == "DELETING");
    CHECK(opened.engine->list_state_machines(10, {})->items.size() == 1);
    CHECK(deleting(opened.start(arn, "third")));
    CHECK(deleting(opened.create("one", kOneTask)));
    Answered<StateMachine> updated;
    UpdateStateMachineRequest update;
    update.arn = arn;
    update.role_arn = "arn:aws:iam::000000000000:role/other";
    opened.engine->update_state_machine(update, updated.callback());
    CHECK(deleting(updated.wait()));
    Answered<StateMachineVersion> published;
    opened.engine->publish_version(publish, published.callback());
    CHECK(deleting(published.wait()));
    Answered<StateMachineAlias> alias;
    opened.engine->create_alias({"live", "", {{arn + ":1", 100}}}, alias.callback());
    CHECK(deleting(alias.wait()));
    Answered<bool> unpublished;
    opened.engine->delete_version(arn + ":1", unpublished.callback());
    CHECK(unpublished.wait());
    const auto tasks = opened.poll();  // what runs runs on
    REQUIRE(tasks);
    REQUIRE(tasks->size() == 1);
    REQUIRE(opened.report(tasks->front().token, "{}"));
  }
  REQUIRE(opened.wait(first->execution_arn)->status == statelang::ExecutionStatus::Succeeded);
  REQUIRE(opened.wait(second->execution_arn)->status == statelang::ExecutionStatus::Succeeded);

  CHECK(opened.engine->describe_state_machine(arn).error().code == ApiErrorCode::StateMachineDoesNotExist);
  CHECK(opened.start(arn, "fourth").error().code == ApiErrorCode::StateMachineDoesNotExist);
  CHECK(opened.engine->list_state_machines(10, {})->items.empty());
  // A new one under the name is another one, and stays.
  const auto again = opened.create("one", kOneTask);
  REQUIRE(again);
  CHECK(again->revision_id != machine->revision_id);
  CHECK(opened.engine->describe_state_machine(arn)->status == "ACTIVE");
  REQUIRE(opened.start(arn, "fifth"));
}

TEST_CASE("embedded: a deleted state machine is erased after its last execution, though nobody asks for it") {
  Opened opened(GENERATE(false, true));
  const auto machine = opened.create("one", kOneTask);
  REQUIRE(machine);
  const auto run = opened.start(machine->arn, "run");
  REQUIRE(run);
  Answered<bool> tagged, erased;
  core::PutCatalogEntry tags;
  tags.key = "tags/" + machine->arn;
  tags.value = "[]";
  opened.engine->put_catalog_entry(tags, tagged.callback());
  REQUIRE(tagged.wait());
  opened.engine->delete_state_machine(machine->arn, erased.callback());
  REQUIRE(erased.wait());
  if (!opened.settings.data_directory.empty()) opened.open();  // the note of it is kept
  const auto kept = [&] {
    size_t entries = 0;
    for (const char* prefix : {"state_machine/", "state_machine_deleting/", "tags/"})
      entries += opened.engine->catalog_entries(prefix)->size();
    return entries;
  };
  CHECK(kept() == 3);
  const auto tasks = opened.poll();
  REQUIRE(tasks);
  REQUIRE(opened.report(tasks->front().token, "{}"));
  CHECK(waiting::eventually([&] { return kept() == 0; }));
}

TEST_CASE("embedded: lists show every execution once, page by page") {
  Opened opened(false);
  auto machine = opened.create("one", kOneTask);
  REQUIRE(machine);
  for (int i = 0; i < 25; ++i) REQUIRE(opened.start(machine->arn, "run" + std::to_string(i)));
  ListExecutionsRequest request;
  request.state_machine_arn = machine->arn;
  request.limit = 4;
  std::vector<std::string> seen;
  do {
    auto page = opened.engine->list_executions(request);
    REQUIRE(page);
    for (const auto& item : page->items) seen.push_back(item.name);
    request.page_token = page->next_page_token;
  } while (!request.page_token.empty());
  CHECK(seen.size() == 25);
  std::sort(seen.begin(), seen.end());
  CHECK(std::unique(seen.begin(), seen.end()) == seen.end());
}

TEST_CASE("embedded: a stopped engine answers ShuttingDown") {
  Opened opened(false);
  auto machine = opened.create("one", kOneTask);
  REQUIRE(machine);
  opened.engine->stop();
  auto refused = opened.start(machine->arn, "late");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ApiErrorCode::ShuttingDown);
}

TEST_CASE("embedded engine: an execution's state machine is the revision that it runs by") {
  Opened opened(true);
  const auto created = opened.create("one", kOneTask);
  REQUIRE(created);
  REQUIRE(opened.start(created->arn, "before"));
  const auto update = [&](const std::string& role, const std::string& configuration) {
    Answered<StateMachine> answered;
    UpdateStateMachineRequest request;
    request.arn = created->arn;
    request.role_arn = role;
    request.configuration = configuration;
    opened.engine->update_state_machine(request, answered.callback());
    auto updated = answered.wait();
    REQUIRE(updated);
    return *updated;
  };
  const std::string traced = R"({"tracingConfiguration":{"enabled":true}})";
  const StateMachine second = update("arn:aws:iam::000000000000:role/second", traced);
  REQUIRE(opened.start(created->arn, "between"));
  Answered<StateMachineVersion> version;
  opened.engine->publish_version({created->arn, {}, {}}, version.callback());
  const auto published = version.wait();
  REQUIRE(published);
  update("arn:aws:iam::000000000000:role/third", "{}");
  REQUIRE(opened.start(published->arn, "versioned"));
  opened.open();  // and after a restart
  const auto shown = [&](const std::string& name) {
    const auto machine = opened.engine->describe_state_machine_for_execution(
        "arn:aws:states:us-east-1:000000000000:execution:one:" + name);
    REQUIRE(machine);
    return *machine;
  };
  const StateMachine first = shown("before");
  CHECK(first.initial_revision);
  CHECK(first.revision_id == created->revision_id);
  CHECK(first.updated_ms == created->created_ms);
  CHECK(first.role_arn.empty());
  CHECK(first.configuration.empty());
  for (const char* name : {"between", "versioned"}) {
    INFO(name);
    const StateMachine machine = shown(name);
    CHECK_FALSE(machine.initial_revision);
    CHECK(machine.revision_id == second.revision_id);
    CHECK(machine.updated_ms == second.updated_ms);
    CHECK(machine.role_arn == "arn:aws:iam::000000000000:role/second");
    CHECK(machine.configuration == traced);
  }
}

TEST_CASE("embedded: a state under test calls its task when there is a worker") {
  Opened opened(GENERATE(false, true));
  statelang::test_state::Request request;
  request.definition = R"({"Type":"Task","Resource":"arn:aws:states:::lambda:invoke",
      "Parameters":{"FunctionName":"greet","Payload.$":"$"},"ResultPath":"$.said",
      "Catch":[{"ErrorEquals":["Rude"],"Next":"Sorry"}],"Next":"After"})";
  request.input = R"({"name":"Ada"})";
  request.role_arn = "arn:aws:iam::123456789012:role/r";
  const auto tested = [&] {
    Answered<statelang::test_state::Result> answered;
    opened.engine->test_state(request, answered.callback());
    return answered.wait();
  };
  const auto nobody = tested();
  REQUIRE(!nobody);
  CHECK(nobody.error().code == ApiErrorCode::ValidationFailed);
  CHECK(nobody.error().message.find("no worker asks for tasks of 'greet'") != std::string::npos);

  for (const bool rude : {false, true}) {
    CAPTURE(rude);
    Answered<bool> reported;
    PollTasksRequest poll;
    poll.queue = "greet";
    poll.worker = "w";
    poll.wait_ms = 20'000;
    opened.engine->poll_tasks(poll, [&](ApiResult<std::vector<PolledTask>> polled) {
      if (!polled || polled->empty()) return;
      const PolledTask& task = polled->front();
      CHECK(task.task.input.text() == R"({"name":"Ada"})");
      TaskResult result{task.token, "\"hello\"", {}};
      if (rude) result = {task.token, std::nullopt, {"Rude", "no"}};
      opened.engine->report_task(std::move(result), "w", reported.callback());
    });
    const auto result = tested();
    REQUIRE(result);
    REQUIRE(reported.wait());
    CHECK(result->next_state == (rude ? "Sorry" : "After"));
    CHECK(
        result->output->text() ==
        (rude ? R"({"Error":"Rude","Cause":"no"})"
              : R"({"name":"Ada","said":{"ExecutedVersion":"$LATEST","Payload":"hello","StatusCode":200}})"));
  }
  CHECK(opened.engine->list_state_machines(10, "")->items.empty());
}
