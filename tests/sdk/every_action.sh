#!/usr/bin/env bash
# Every action of the service with the AWS CLI, as a script would: see README.md.
set -euo pipefail
export AWS_ENDPOINT_URL_SFN=$SDK_ENDPOINT AWS_DISABLE_HOST_PREFIX_INJECTION=true
role=arn:aws:iam::123456789012:role/any
prefix=sdk-cli-

sfn() { aws stepfunctions "$@"; }
text() { aws stepfunctions "$@" --output text; }
there() { [[ ",$SDK_MISSING," != *",$1,"* ]]; }
same() { [ "$1" = "$2" ] || { echo "every_action.sh:${BASH_LINENO[0]}: '$1' is not '$2'" >&2; exit 1; }; }
ended() {
  local status=RUNNING
  while [ "$status" = RUNNING ]; do status=$(text describe-execution --execution-arn "$1" --query status); done
  echo "$status"
}
work_once() {  # ACTIVITY COMMAND...: a task of the activity is answered with it
  local token
  token=$(text get-activity-task --activity-arn "$1" --worker-name worker --query taskToken)
  sfn send-task-heartbeat --task-token "$token"
  sfn "${@:2}" --task-token "$token"
}
succeed=(send-task-success --task-output '{"done": true}')

fast=$(text create-state-machine --name ${prefix}fast --definition "$SDK_FAST" --role-arn $role --type EXPRESS --query stateMachineArn)
same "$(text start-sync-execution --state-machine-arn "$fast" --input '{"a": "é"}' --query output)" '{"a": "é"}'
same "$(text validate-state-machine-definition --definition "$SDK_FAST" --query result)" OK
same "$(text test-state --definition '{"Type": "Succeed"}' --input '{"a":1}' --query '[status, output]')" $'SUCCEEDED\t{"a":1}'
sfn delete-state-machine --state-machine-arn "$fast"

# An HTTP task alone is really called, and refused: the call is shown, and what its retriers and its catcher make of it.
ask() { text test-state --definition "$SDK_ASK" --role-arn $role --input '{"n": 1}' --inspection-level TRACE "$@"; }
same "$(ask --query '[status, error]')" $'RETRIABLE\tStates.Http.StatusCode.429'
same "$(ask --query 'inspectionData.request.[method, url, body]')" $'POST\t'"$SDK_BUSY"$'\t{"n":1}'
same "$(ask --query 'inspectionData.response.[statusCode, statusMessage, body]')" $'429\tToo Many Requests\t{"busy": true}'
details='inspectionData.errorDetails.[retryIndex, retryBackoffIntervalSeconds, catchIndex]'
same "$(ask --query "$details")" $'1\t3\tNone'
again='errorOutput={error=States.Http.StatusCode.429,cause=busy}'
same "$(ask --mock "$again" --state-configuration retrierRetryCount=1 --query "$details")" $'1\t6\tNone'
same "$(ask --mock "$again" --state-configuration retrierRetryCount=2 --query "[status, nextState, $details][]")" $'CAUGHT_ERROR\tSorry\t0'

activity=$(text create-activity --name ${prefix}activity --query activityArn)
machine=$(text create-state-machine --name ${prefix}work --definition "$SDK_WORK" --role-arn $role --query stateMachineArn)
run=$(text start-execution --state-machine-arn "$machine" --name first --input '{}' --query executionArn)
work_once "$activity" "${succeed[@]}"
same "$(ended "$run")" SUCCEEDED
same "$(text get-execution-history --execution-arn "$run" --query 'events[-1].type')" ExecutionSucceeded
same "$(text describe-state-machine-for-execution --execution-arn "$run" --query stateMachineArn)" "$machine"

failing=$(text start-execution --state-machine-arn "$machine" --query executionArn)
work_once "$activity" send-task-failure --error Odd --cause 'on purpose'
same "$(ended "$failing")" FAILED
if there RedriveExecution; then
  sfn redrive-execution --execution-arn "$failing" >/dev/null
  work_once "$activity" "${succeed[@]}"
  same "$(ended "$failing")" SUCCEEDED
fi
stopped=$(text start-execution --state-machine-arn "$machine" --query executionArn)
sfn stop-execution --execution-arn "$stopped" --cause enough >/dev/null
same "$(text list-executions --state-machine-arn "$machine" --status-filter ABORTED --query 'executions[].executionArn')" "$stopped"

if there ListMapRuns; then
  each=$(text create-state-machine --name ${prefix}each --definition "$SDK_EACH" --role-arn $role --query stateMachineArn)
  run=$(text start-execution --state-machine-arn "$each" --input '[1, 2]' --query executionArn)
  work_once "$activity" "${succeed[@]}"
  map_run=$(text list-map-runs --execution-arn "$run" --query 'mapRuns[0].mapRunArn')
  sfn update-map-run --map-run-arn "$map_run" --max-concurrency 3
  work_once "$activity" "${succeed[@]}"
  same "$(ended "$run")" SUCCEEDED
  same "$(text describe-map-run --map-run-arn "$map_run" --query '[maxConcurrency, itemCounts.succeeded]')" $'3\t2'
fi

sfn tag-resource --resource-arn "$machine" --tags key=team,value=blue key=x,value=y
sfn untag-resource --resource-arn "$machine" --tag-keys x
same "$(text list-tags-for-resource --resource-arn "$machine" --query 'tags[]')" $'team\tblue'
sfn update-state-machine --state-machine-arn "$machine" --definition "$SDK_FAST" >/dev/null
same "$(text describe-state-machine --state-machine-arn "$machine" --query definition)" "$SDK_FAST"
same "$(text list-state-machines --query "stateMachines[?name=='${prefix}work'].stateMachineArn")" "$machine"
same "$(text list-activities --query "activities[?name=='${prefix}activity'].activityArn")" "$activity"
same "$(text describe-activity --activity-arn "$activity" --query name)" ${prefix}activity

if there PublishStateMachineVersion; then
  first=$(text publish-state-machine-version --state-machine-arn "$machine" --query stateMachineVersionArn)
  same "$(text list-state-machine-versions --state-machine-arn "$machine" --query 'stateMachineVersions[].stateMachineVersionArn')" "$first"
  if there CreateStateMachineAlias; then
    routes=stateMachineVersionArn=$first,weight=100
    alias=$(text create-state-machine-alias --name live --routing-configuration "$routes" --query stateMachineAliasArn)
    sfn update-state-machine-alias --state-machine-alias-arn "$alias" --description changed >/dev/null
    same "$(text describe-state-machine-alias --state-machine-alias-arn "$alias" --query description)" changed
    same "$(text list-state-machine-aliases --state-machine-arn "$machine" --query 'stateMachineAliases[].stateMachineAliasArn')" "$alias"
    sfn delete-state-machine-alias --state-machine-alias-arn "$alias"
  fi
  sfn delete-state-machine-version --state-machine-version-arn "$first"
fi
sfn delete-activity --activity-arn "$activity"
sfn delete-state-machine --state-machine-arn "$machine"
