// Every action of the service with the JavaScript SDK, as user code would: see README.md.
const assert = require("node:assert");
const sdk = require("@aws-sdk/client-sfn");

const { SDK_ENDPOINT, SDK_MISSING, SDK_WORK, SDK_FAST, SDK_EACH, SDK_ASK, SDK_BUSY } = process.env;
const missing = new Set(SDK_MISSING.split(","));
const there = (action) => !missing.has(action);
const prefix = "sdk-javascript-";
const roleArn = "arn:aws:iam::123456789012:role/any";
const client = new sdk.SFNClient({ endpoint: SDK_ENDPOINT, disableHostPrefix: true, maxAttempts: 1 });
const call = (action, input = {}) => client.send(new sdk[action + "Command"](input));

async function states() {
  const { stateMachineArn } = await call("CreateStateMachine", { name: prefix + "fast", definition: SDK_FAST, roleArn, type: "EXPRESS" });
  const done = await call("StartSyncExecution", { stateMachineArn, input: '{"name": "é"}' });
  assert.deepStrictEqual([done.status, JSON.parse(done.output)], ["SUCCEEDED", { name: "é" }]);
  assert.strictEqual((await call("ValidateStateMachineDefinition", { definition: SDK_FAST })).result, "OK");
  const tested = await call("TestState", {
    definition: '{"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage", "End": true}', roleArn,
    mock: { errorOutput: { error: "Odd", cause: "on purpose" } }, inspectionLevel: "TRACE" });
  assert.deepStrictEqual([tested.status, tested.error, tested.cause], ["FAILED", "Odd", "on purpose"]);
  await call("DeleteStateMachine", { stateMachineArn });
}

// It is really called, and refused: the call is shown, and what its retriers and its catcher make of it.
async function anHttpTaskAlone() {
  const test = (more) => call("TestState", { definition: SDK_ASK, roleArn, input: '{"n": 1}', inspectionLevel: "TRACE", ...more });
  const first = await test({});
  assert.deepStrictEqual([first.status, first.error], ["RETRIABLE", "States.Http.StatusCode.429"]);
  const { request, response, errorDetails } = first.inspectionData;
  assert.deepStrictEqual([request.method, request.url, request.body], ["POST", SDK_BUSY, '{"n":1}']);
  assert.deepStrictEqual([response.statusCode, response.statusMessage, response.body], ["429", "Too Many Requests", '{"busy": true}']);
  assert.deepStrictEqual(errorDetails, { retryIndex: 1, retryBackoffIntervalSeconds: 3 });
  const again = (retrierRetryCount) =>
    test({ mock: { errorOutput: { error: first.error, cause: "busy" } }, stateConfiguration: { retrierRetryCount } });
  const second = await again(1);
  assert.deepStrictEqual(second.inspectionData.errorDetails, { retryIndex: 1, retryBackoffIntervalSeconds: 6 });
  const last = await again(2);
  assert.deepStrictEqual([last.status, last.nextState, last.inspectionData.errorDetails], ["CAUGHT_ERROR", "Sorry", { catchIndex: 0 }]);
}

async function workOnce(activityArn, answer) {
  const task = await call("GetActivityTask", { activityArn, workerName: "worker" });
  await call("SendTaskHeartbeat", { taskToken: task.taskToken });
  await answer(task.taskToken);
}
const succeed = (taskToken) => call("SendTaskSuccess", { taskToken, output: '{"done": true}' });

async function ended(executionArn) {
  for (;;) {
    const found = await call("DescribeExecution", { executionArn });
    if (found.status !== "RUNNING") return found;
  }
}

async function executions(stateMachineArn, activityArn) {
  const { executionArn, startDate } = await call("StartExecution", { stateMachineArn, name: "first", input: "{}" });
  assert(startDate instanceof Date);
  await workOnce(activityArn, succeed);
  assert.strictEqual((await ended(executionArn)).output, '{"done": true}');
  const { events } = await call("GetExecutionHistory", { executionArn, reverseOrder: true });
  assert.strictEqual(events[0].type, "ExecutionSucceeded");
  assert.strictEqual((await call("DescribeStateMachineForExecution", { executionArn })).stateMachineArn, stateMachineArn);
  await assert.rejects(call("StartExecution", { stateMachineArn, name: "first", input: "[]" }), sdk.ExecutionAlreadyExists);

  const failing = (await call("StartExecution", { stateMachineArn })).executionArn;
  await workOnce(activityArn, (taskToken) => call("SendTaskFailure", { taskToken, error: "Odd", cause: "on purpose" }));
  assert.strictEqual((await ended(failing)).error, "Odd");
  if (there("RedriveExecution")) {
    await call("RedriveExecution", { executionArn: failing });
    await workOnce(activityArn, succeed);
    assert.strictEqual((await ended(failing)).redriveCount, 1);
  }
  const many = await Promise.all(Array.from({ length: 10 }, () => call("StartExecution", { stateMachineArn })));
  for (const one of many) await call("StopExecution", { executionArn: one.executionArn });
  let listed = 0;
  for await (const page of sdk.paginateListExecutions({ client, pageSize: 3 }, { stateMachineArn, statusFilter: "ABORTED" })) {
    listed += page.executions.length;
  }
  assert.strictEqual(listed, 10);
}

async function tagsAndUpdates(stateMachineArn, activityArn) {
  await call("TagResource", { resourceArn: stateMachineArn, tags: [{ key: "team", value: "blue" }, { key: "x", value: "" }] });
  await call("UntagResource", { resourceArn: stateMachineArn, tagKeys: ["x"] });
  assert.deepStrictEqual((await call("ListTagsForResource", { resourceArn: stateMachineArn })).tags, [{ key: "team", value: "blue" }]);
  await call("UpdateStateMachine", { stateMachineArn, definition: SDK_FAST });
  assert.strictEqual((await call("DescribeStateMachine", { stateMachineArn })).definition, SDK_FAST);
  assert((await call("ListStateMachines")).stateMachines.some((m) => m.stateMachineArn === stateMachineArn));
  assert((await call("ListActivities")).activities.some((a) => a.activityArn === activityArn));
  assert.strictEqual((await call("DescribeActivity", { activityArn })).name, prefix + "activity");
}

async function versionsAndAliases(stateMachineArn) {
  if (!there("PublishStateMachineVersion")) return;
  const first = (await call("PublishStateMachineVersion", { stateMachineArn })).stateMachineVersionArn;
  await call("UpdateStateMachine", { stateMachineArn, definition: SDK_WORK });
  const second = (await call("PublishStateMachineVersion", { stateMachineArn, description: "two" })).stateMachineVersionArn;
  assert.strictEqual((await call("ListStateMachineVersions", { stateMachineArn })).stateMachineVersions.length, 2);
  if (there("CreateStateMachineAlias")) {
    const { stateMachineAliasArn } = await call("CreateStateMachineAlias", {
      name: "live", routingConfiguration: [{ stateMachineVersionArn: first, weight: 100 }] });
    await call("UpdateStateMachineAlias", { stateMachineAliasArn, routingConfiguration: [{ stateMachineVersionArn: second, weight: 100 }] });
    const alias = await call("DescribeStateMachineAlias", { stateMachineAliasArn });
    assert.strictEqual(alias.routingConfiguration[0].stateMachineVersionArn, second);
    assert.strictEqual((await call("ListStateMachineAliases", { stateMachineArn })).stateMachineAliases.length, 1);
    await call("DeleteStateMachineAlias", { stateMachineAliasArn });
  }
  await call("DeleteStateMachineVersion", { stateMachineVersionArn: first });
}

async function mapRuns(activityArn) {
  if (!there("ListMapRuns")) return;
  const { stateMachineArn } = await call("CreateStateMachine", { name: prefix + "each", definition: SDK_EACH, roleArn });
  const { executionArn } = await call("StartExecution", { stateMachineArn, input: "[1, 2]" });
  await workOnce(activityArn, succeed);
  const [{ mapRunArn }] = (await call("ListMapRuns", { executionArn })).mapRuns;
  await call("UpdateMapRun", { mapRunArn, toleratedFailureCount: 1 });
  await workOnce(activityArn, succeed);
  assert.strictEqual((await ended(executionArn)).status, "SUCCEEDED");
  const run = await call("DescribeMapRun", { mapRunArn });
  assert.deepStrictEqual([run.toleratedFailureCount, run.itemCounts.succeeded], [1, 2]);
  await call("DeleteStateMachine", { stateMachineArn });
}

async function main() {
  await states();
  await anHttpTaskAlone();
  const { activityArn } = await call("CreateActivity", { name: prefix + "activity" });
  const { stateMachineArn } = await call("CreateStateMachine", { name: prefix + "work", definition: SDK_WORK, roleArn });
  await executions(stateMachineArn, activityArn);
  await mapRuns(activityArn);
  await tagsAndUpdates(stateMachineArn, activityArn);
  await versionsAndAliases(stateMachineArn);
  await call("DeleteActivity", { activityArn });
  await call("DeleteStateMachine", { stateMachineArn });
}

main();
