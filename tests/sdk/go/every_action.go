// Every action of the service with the Go SDK, as user code would: see ../README.md.
package main

import (
	"context"
	"errors"
	"log"
	"os"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

const (
	prefix = "sdk-go-"
	role   = "arn:aws:iam::123456789012:role/any"
)

var (
	ctx    = context.Background()
	client = sfn.New(sfn.Options{
		BaseEndpoint: aws.String(os.Getenv("SDK_ENDPOINT")),
		Region:       os.Getenv("AWS_REGION"),
		Credentials: credentials.NewStaticCredentialsProvider(
			os.Getenv("AWS_ACCESS_KEY_ID"), os.Getenv("AWS_SECRET_ACCESS_KEY"), ""),
		RetryMaxAttempts: 1,
		APIOptions:       []func(*middleware.Stack) error{withoutHostPrefix},
	})
)

// Where "sync-" before the host does not resolve.
func withoutHostPrefix(stack *middleware.Stack) error {
	return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("WithoutHostPrefix",
		func(c context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (
			middleware.InitializeOutput, middleware.Metadata, error) {
			return next.HandleInitialize(smithyhttp.DisableEndpointHostPrefix(c, true), in)
		}), middleware.Before)
}

func there(action string) bool {
	return !strings.Contains(","+os.Getenv("SDK_MISSING")+",", ","+action+",")
}

// must takes what an action gives and ends the program when it failed.
func must[Output any](output Output, err error) Output {
	if err != nil {
		log.Panic(err)
	}
	return output
}

func check(good bool, what ...any) {
	if !good {
		log.Panic(what...)
	}
}

func createMachine(name, definition string, kind types.StateMachineType) *string {
	return must(client.CreateStateMachine(ctx, &sfn.CreateStateMachineInput{
		Name: aws.String(prefix + name), Definition: &definition, RoleArn: aws.String(role), Type: kind})).StateMachineArn
}

func deleteMachine(arn *string) {
	must(client.DeleteStateMachine(ctx, &sfn.DeleteStateMachineInput{StateMachineArn: arn}))
}

func states() {
	definition := os.Getenv("SDK_FAST")
	fast := createMachine("fast", definition, types.StateMachineTypeExpress)
	done := must(client.StartSyncExecution(ctx, &sfn.StartSyncExecutionInput{StateMachineArn: fast, Input: aws.String(`{"a":"é"}`)}))
	check(done.Status == types.SyncExecutionStatusSucceeded && *done.Output == `{"a":"é"}`, *done.Output)
	valid := must(client.ValidateStateMachineDefinition(ctx, &sfn.ValidateStateMachineDefinitionInput{Definition: &definition}))
	check(valid.Result == types.ValidateStateMachineDefinitionResultCodeOk, valid.Result)
	tested := must(client.TestState(ctx, &sfn.TestStateInput{
		Definition: aws.String(`{"Type":"Choice","Choices":[{"Variable":"$.a","NumericEquals":1,"Next":"One"}],"Default":"Other"}`),
		Input:      aws.String(`{"a":1}`), InspectionLevel: types.InspectionLevelInfo}))
	check(*tested.NextState == "One", *tested.NextState)
	deleteMachine(fast)
}

// anHTTPTaskAlone tests one that is really called, and refused: the call is shown, and what its retriers and its
// catcher make of it.
func anHTTPTaskAlone() {
	test := func(mock *types.MockInput, configuration *types.TestStateConfiguration) (
		*sfn.TestStateOutput, *types.InspectionErrorDetails) {
		tested := must(client.TestState(ctx, &sfn.TestStateInput{
			Definition: aws.String(os.Getenv("SDK_ASK")), RoleArn: aws.String(role), Input: aws.String(`{"n": 1}`),
			InspectionLevel: types.InspectionLevelTrace, Mock: mock, StateConfiguration: configuration}))
		return tested, tested.InspectionData.ErrorDetails
	}
	first, details := test(nil, nil)
	check(first.Status == types.TestExecutionStatusRetriable && *first.Error == "States.Http.StatusCode.429", *first)
	request, response := first.InspectionData.Request, first.InspectionData.Response
	check(*request.Method == "POST" && *request.Url == os.Getenv("SDK_BUSY") && *request.Body == `{"n":1}`, *request)
	check(*response.StatusCode == "429" && *response.StatusMessage == "Too Many Requests", *response)
	check(*response.Body == `{"busy": true}`, *response.Body)
	check(*details.RetryIndex == 1 && *details.RetryBackoffIntervalSeconds == 3 && details.CatchIndex == nil, *details)
	again := &types.MockInput{ErrorOutput: &types.MockErrorOutput{Error: first.Error, Cause: aws.String("busy")}}
	_, details = test(again, &types.TestStateConfiguration{RetrierRetryCount: aws.Int32(1)})
	check(*details.RetryIndex == 1 && *details.RetryBackoffIntervalSeconds == 6, *details)
	last, details := test(again, &types.TestStateConfiguration{RetrierRetryCount: aws.Int32(2)})
	check(last.Status == types.TestExecutionStatusCaughtError && *last.NextState == "Sorry", *last)
	check(*details.CatchIndex == 0 && details.RetryIndex == nil, *details)
}

func workOnce(activity *string, answer func(token *string)) {
	task := must(client.GetActivityTask(ctx, &sfn.GetActivityTaskInput{ActivityArn: activity, WorkerName: aws.String("worker")}))
	must(client.SendTaskHeartbeat(ctx, &sfn.SendTaskHeartbeatInput{TaskToken: task.TaskToken}))
	answer(task.TaskToken)
}

func succeed(token *string) {
	must(client.SendTaskSuccess(ctx, &sfn.SendTaskSuccessInput{TaskToken: token, Output: aws.String(`{"done":true}`)}))
}

func fail(token *string) {
	must(client.SendTaskFailure(ctx, &sfn.SendTaskFailureInput{TaskToken: token, Error: aws.String("Odd")}))
}

func start(machine, name, input *string) *string {
	return must(client.StartExecution(ctx, &sfn.StartExecutionInput{StateMachineArn: machine, Name: name, Input: input})).ExecutionArn
}

func ended(arn *string) *sfn.DescribeExecutionOutput {
	for {
		found := must(client.DescribeExecution(ctx, &sfn.DescribeExecutionInput{ExecutionArn: arn}))
		if found.Status != types.ExecutionStatusRunning {
			return found
		}
	}
}

func executions(machine, activity *string) {
	arn := start(machine, aws.String("first"), aws.String("{}"))
	workOnce(activity, succeed)
	check(*ended(arn).Output == `{"done":true}`)
	_, err := client.StartExecution(ctx, &sfn.StartExecutionInput{
		StateMachineArn: machine, Name: aws.String("first"), Input: aws.String("[]")})
	var exists *types.ExecutionAlreadyExists
	check(errors.As(err, &exists), err)
	events := must(client.GetExecutionHistory(ctx, &sfn.GetExecutionHistoryInput{ExecutionArn: arn})).Events
	check(events[len(events)-1].ExecutionSucceededEventDetails != nil)
	of := must(client.DescribeStateMachineForExecution(ctx, &sfn.DescribeStateMachineForExecutionInput{ExecutionArn: arn}))
	check(*of.StateMachineArn == *machine)

	failing := start(machine, nil, nil)
	workOnce(activity, fail)
	check(*ended(failing).Error == "Odd")
	if there("RedriveExecution") {
		must(client.RedriveExecution(ctx, &sfn.RedriveExecutionInput{ExecutionArn: failing}))
		workOnce(activity, succeed)
		check(*ended(failing).RedriveCount == 1)
	}
	for range 10 {
		must(client.StopExecution(ctx, &sfn.StopExecutionInput{ExecutionArn: start(machine, nil, nil)}))
	}
	listed := 0
	pages := sfn.NewListExecutionsPaginator(client, &sfn.ListExecutionsInput{
		StateMachineArn: machine, StatusFilter: types.ExecutionStatusAborted, MaxResults: 3})
	for pages.HasMorePages() {
		listed += len(must(pages.NextPage(ctx)).Executions)
	}
	check(listed == 10, listed)
}

func mapRuns(activity *string) {
	if !there("ListMapRuns") {
		return
	}
	each := createMachine("each", os.Getenv("SDK_EACH"), types.StateMachineTypeStandard)
	arn := start(each, nil, aws.String("[1, 2]"))
	workOnce(activity, succeed)
	run := must(client.ListMapRuns(ctx, &sfn.ListMapRunsInput{ExecutionArn: arn})).MapRuns[0].MapRunArn
	must(client.UpdateMapRun(ctx, &sfn.UpdateMapRunInput{MapRunArn: run, MaxConcurrency: aws.Int32(5)}))
	workOnce(activity, succeed)
	check(ended(arn).Status == types.ExecutionStatusSucceeded)
	found := must(client.DescribeMapRun(ctx, &sfn.DescribeMapRunInput{MapRunArn: run}))
	check(found.MaxConcurrency == 5 && found.ItemCounts.Succeeded == 2)
	deleteMachine(each)
}

func tagsAndUpdates(machine, activity *string) {
	must(client.TagResource(ctx, &sfn.TagResourceInput{ResourceArn: machine, Tags: []types.Tag{
		{Key: aws.String("team"), Value: aws.String("blue")}, {Key: aws.String("x"), Value: aws.String("")}}}))
	must(client.UntagResource(ctx, &sfn.UntagResourceInput{ResourceArn: machine, TagKeys: []string{"x"}}))
	check(len(must(client.ListTagsForResource(ctx, &sfn.ListTagsForResourceInput{ResourceArn: machine})).Tags) == 1)
	definition := os.Getenv("SDK_FAST")
	must(client.UpdateStateMachine(ctx, &sfn.UpdateStateMachineInput{StateMachineArn: machine, Definition: &definition}))
	check(*must(client.DescribeStateMachine(ctx, &sfn.DescribeStateMachineInput{StateMachineArn: machine})).Definition == definition)
	check(len(must(client.ListStateMachines(ctx, &sfn.ListStateMachinesInput{})).StateMachines) > 0)
	check(len(must(client.ListActivities(ctx, &sfn.ListActivitiesInput{})).Activities) > 0)
	check(*must(client.DescribeActivity(ctx, &sfn.DescribeActivityInput{ActivityArn: activity})).Name == prefix+"activity")
}

func versionsAndAliases(machine *string) {
	if !there("PublishStateMachineVersion") {
		return
	}
	first := must(client.PublishStateMachineVersion(ctx, &sfn.PublishStateMachineVersionInput{StateMachineArn: machine})).StateMachineVersionArn
	listed := must(client.ListStateMachineVersions(ctx, &sfn.ListStateMachineVersionsInput{StateMachineArn: machine}))
	check(*listed.StateMachineVersions[0].StateMachineVersionArn == *first)
	if there("CreateStateMachineAlias") {
		alias := must(client.CreateStateMachineAlias(ctx, &sfn.CreateStateMachineAliasInput{Name: aws.String("live"),
			RoutingConfiguration: []types.RoutingConfigurationListItem{{StateMachineVersionArn: first, Weight: 100}}})).StateMachineAliasArn
		must(client.UpdateStateMachineAlias(ctx, &sfn.UpdateStateMachineAliasInput{
			StateMachineAliasArn: alias, Description: aws.String("changed")}))
		found := must(client.DescribeStateMachineAlias(ctx, &sfn.DescribeStateMachineAliasInput{StateMachineAliasArn: alias}))
		check(*found.Description == "changed" && found.RoutingConfiguration[0].Weight == 100)
		check(len(must(client.ListStateMachineAliases(ctx, &sfn.ListStateMachineAliasesInput{StateMachineArn: machine})).StateMachineAliases) == 1)
		must(client.DeleteStateMachineAlias(ctx, &sfn.DeleteStateMachineAliasInput{StateMachineAliasArn: alias}))
	}
	must(client.DeleteStateMachineVersion(ctx, &sfn.DeleteStateMachineVersionInput{StateMachineVersionArn: first}))
}

func main() {
	states()
	anHTTPTaskAlone()
	activity := must(client.CreateActivity(ctx, &sfn.CreateActivityInput{Name: aws.String(prefix + "activity")})).ActivityArn
	machine := createMachine("work", os.Getenv("SDK_WORK"), types.StateMachineTypeStandard)
	executions(machine, activity)
	mapRuns(activity)
	tagsAndUpdates(machine, activity)
	versionsAndAliases(machine)
	must(client.DeleteActivity(ctx, &sfn.DeleteActivityInput{ActivityArn: activity}))
	deleteMachine(machine)
}
