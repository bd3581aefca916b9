// The catalogue: every rule of the validator with a definition that breaks it and a near miss that does not.
// A row is the state (or the whole machine) that triggers the finding, what is found, and the same thing done
// right.
#include <algorithm>
#include <set>

#include <catch2/catch.hpp>

#include <statelang/definition/definition.h>

using statelang::Definition;
using statelang::Diagnostic;

namespace {

struct Row {
  const char* code;
  const char* message;   // begins so
  const char* location;  // as AWS writes it; "" for none
  const char* wrong;
  const char* right;
  bool express = false;
};

// '…' in a row is a machine around one state named S; a row that begins with "{\"StartAt\"" or so is whole.
std::string machine(const std::string& text) {
  if (text.starts_with("{\"Type\"")) return R"({"StartAt":"S","States":{"S":)" + text + "}}";
  if (text.starts_with("jsonata ")) {
    return R"({"QueryLanguage":"JSONata","StartAt":"S","States":{"S":)" + text.substr(8) + "}}";
  }
  return text;
}

// A Distributed Map with more fields.
#define DISTRIBUTED(fields)                                           \
  "{\"Type\":\"Map\",\"End\":true," fields                            \
  "\"ItemProcessor\":{\"ProcessorConfig\":{\"Mode\":\"DISTRIBUTED\"," \
  "\"ExecutionType\":\"STANDARD\"},\"StartAt\":\"I\",\"States\":{\"I\":{\"Type\":\"Pass\",\"End\":true}}}}"
#define READER(config)                                                                                   \
  DISTRIBUTED("\"ItemReader\":{\"Resource\":\"arn:aws:states:::s3:getObject\",\"ReaderConfig\":{" config \
              "}},")
#define WRITER(fields) DISTRIBUTED("\"ResultWriter\":{" fields "},")
#define TASK(fields) "{\"Type\":\"Task\",\"Resource\":\"q\",\"End\":true" fields "}"
#define PASS(fields) "{\"Type\":\"Pass\",\"End\":true" fields "}"
#define CHOICE(rule)                                                             \
  "{\"StartAt\":\"S\",\"States\":{\"S\":{\"Type\":\"Choice\",\"Choices\":[" rule \
  "]},\"N\":{\"Type\":\"Succeed\"}}}"
#define NESTED(name, fields, inner)                                                  \
  "{\"Type\":\"Parallel\",\"End\":true," fields "\"Branches\":[{\"StartAt\":\"" name \
  "\",\"States\":{\"" name "\":" inner "}}]}"
#define INNER(fields, inner) NESTED("I", fields, inner)

const std::vector<Row>& rows() {
  static const std::vector<Row> all = {
      // the document
      {"SCHEMA_VALIDATION_FAILED", "Definition must be a valid JSON object", "", "[]", PASS("")},
      {"SCHEMA_VALIDATION_FAILED", "Definition must be a valid JSON object", "", " ", PASS("")},
      {"INVALID_JSON_DESCRIPTION", "Unrecognized token 'not'",
       "[Source: (String)\"not a definition\"; line: 1, column: 4]", "not a definition", PASS("")},
      {"INVALID_JSON_DESCRIPTION", "Duplicate field 'Type'",
       "[Source: (String)\"{\"StartAt\":\"S\",\"States\":{\"S\":{\"Type\":\"Pass\",\"Type\":\"Pass\"}}}\"; "
       "line: 1, "
       "column: 51]",
       R"({"Type":"Pass","Type":"Pass"})", PASS("")},
      {"SCHEMA_VALIDATION_FAILED", "These fields are required: [States, StartAt]", "/", "{}", PASS("")},
      {"SCHEMA_VALIDATION_FAILED", "Value cannot be empty", "/States", R"({"StartAt":"S","States":{}})",
       PASS("")},
      {"SCHEMA_VALIDATION_FAILED", "Field 'Startat' is not supported", "/",
       R"({"StartAt":"S","Startat":"S","States":{"S":{"Type":"Succeed"}}})",
       R"({"StartAt":"S","States":{"S":{"Type":"Succeed"}}})"},
      {"SCHEMA_VALIDATION_FAILED", "Value should be one of the following: [1.0]", "/Version",
       R"({"Version":"2.0","StartAt":"S","States":{"S":{"Type":"Succeed"}}})",
       R"({"Version":"1.0","StartAt":"S","States":{"S":{"Type":"Succeed"}}})"},
      {"SCHEMA_VALIDATION_FAILED", "Minimum value is 1", "/TimeoutSeconds",
       R"({"TimeoutSeconds":0,"StartAt":"S","States":{"S":{"Type":"Succeed"}}})",
       R"({"TimeoutSeconds":1,"StartAt":"S","States":{"S":{"Type":"Succeed"}}})"},
      // names
      {"INVALID_STATE_NAME", "State name must be between 1 and 80 characters long", "/States/",
       R"({"StartAt":"","States":{"":{"Type":"Succeed"}}})",
       R"({"StartAt":"x","States":{"x":{"Type":"Succeed"}}})"},
      {"DUPLICATE_STATE_NAME", "Duplicate state name: S", "/States/S/Branches[0]/States/S",
       R"({"Type":"Parallel","End":true,"Branches":[{"StartAt":"S","States":{"S":{"Type":"Succeed"}}}]})",
       INNER("", R"({"Type":"Succeed"})")},
      // transitions
      {"MISSING_TRANSITION_TARGET", "Missing 'Next' target: X", "/StartAt",
       R"({"StartAt":"X","States":{"S":{"Type":"Succeed"}}})",
       R"({"StartAt":"S","States":{"S":{"Type":"Succeed"}}})"},
      {"MISSING_TRANSITION_TARGET", "Missing 'Next' target: X", "/States/S/Next",
       R"({"Type":"Pass","Next":"X"})", PASS("")},
      {"MISSING_TRANSITION_TARGET", "Missing 'Next' target: X", "/States/S/Choices[0]/Next",
       CHOICE(R"({"Variable":"$.a","IsNull":true,"Next":"X"})"),
       CHOICE(R"({"Variable":"$.a","IsNull":true,"Next":"N"})")},
      {"MISSING_TRANSITION_TARGET", "Missing 'Next' target: X", "/States/S/Catch[0]/Next",
       TASK(R"(,"Catch":[{"ErrorEquals":["E"],"Next":"X"}])"),
       TASK(R"(,"Catch":[{"ErrorEquals":["E"],"Next":"S"}])")},
      {"MISSING_TRANSITION_TARGET", "State \"Lost\" is not reachable.", "/States/Lost",
       R"({"StartAt":"S","States":{"S":{"Type":"Succeed"},"Lost":{"Type":"Succeed"}}})",
       R"({"StartAt":"S","States":{"S":{"Type":"Pass","Next":"Lost"},"Lost":{"Type":"Succeed"}}})"},
      {"MISSING_END_STATE", "Workflow has no terminal state", "",
       R"({"StartAt":"A","States":{"A":{"Type":"Pass","Next":"B"},"B":{"Type":"Pass","Next":"A"}}})",
       R"({"StartAt":"A","States":{"A":{"Type":"Pass","Next":"B"},"B":{"Type":"Pass","End":true}}})"},
      {"SCHEMA_VALIDATION_FAILED", "There should be one of the following fields: [Next, End]", "/States/S",
       R"({"Type":"Pass"})", PASS("")},
      {"SCHEMA_VALIDATION_FAILED", "There should only be one of the following fields: [Next, End]",
       "/States/S", PASS(R"(,"Next":"S")"), PASS("")},
      // fields of every state
      {"SCHEMA_VALIDATION_FAILED", "These fields are required: [Type]", "/States/S",
       R"({"StartAt":"S","States":{"S":{"End":true}}})", PASS("")},
      {"SCHEMA_VALIDATION_FAILED", "The field 'Type' should have one of these values:", "/States/S/Type",
       R"({"Type":"Tusk","End":true})", TASK("")},
      {"SCHEMA_VALIDATION_FAILED", "Field 'Colour' is not supported", "/States/S", PASS(R"(,"Colour":1)"),
       PASS(R"(,"Comment":"c")")},
      {"SCHEMA_VALIDATION_FAILED", "Field 'Catch' is not supported", "/States/S", PASS(R"(,"Catch":[])"),
       TASK(R"(,"Catch":[])")},
      {"SCHEMA_VALIDATION_FAILED", "Field 'TimeoutSeconds' is not supported", "/States/S",
       PASS(R"(,"TimeoutSeconds":1)"), TASK(R"(,"TimeoutSeconds":1)")},
      {"SCHEMA_VALIDATION_FAILED", "Expected value of type Object", "/States/S",
       R"({"StartAt":"S","States":{"S":1,"E":{"Type":"Succeed"}}})", PASS("")},
      {"SCHEMA_VALIDATION_FAILED", "Expected value of type String", "/States/S/Comment",
       PASS(R"(,"Comment":1)"), PASS(R"(,"Comment":"1")")},
      {"SCHEMA_VALIDATION_FAILED", "Expected value of type Boolean", "/States/S/End",
       R"({"Type":"Pass","End":"yes"})", PASS("")},
      // query languages
      {"SCHEMA_VALIDATION_FAILED", "Value should be one of the following: [JSONPath, JSONata]",
       "/States/S/QueryLanguage", PASS(R"(,"QueryLanguage":"XPath")"),
       PASS(R"(,"QueryLanguage":"JSONPath")")},
      {"SCHEMA_VALIDATION_FAILED",
       "'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine", "/States/S",
       "jsonata " PASS(R"(,"QueryLanguage":"JSONPath")"), "jsonata " PASS(R"(,"QueryLanguage":"JSONata")")},
      {"SCHEMA_VALIDATION_FAILED",
       "The QueryLanguage is set to 'JSONPath', but field 'Output' is only supported for", "/States/S",
       PASS(R"(,"Output":1)"), PASS(R"(,"QueryLanguage":"JSONata","Output":1)")},
      {"SCHEMA_VALIDATION_FAILED",
       "The QueryLanguage is set to 'JSONata', but field 'ResultPath' is only supported", "/States/S",
       "jsonata " PASS(R"(,"ResultPath":"$")"), PASS(R"(,"ResultPath":"$")")},
      {"SCHEMA_VALIDATION_FAILED", "The QueryLanguage is set to 'JSONata', but field 'MaxConcurrencyPath'",
       "/States/S",
       R"(jsonata {"Type":"Map","End":true,"MaxConcurrencyPath":"$.n","ItemProcessor":{"StartAt":"I","States":{"I":{"Type":"Succeed"}}}})",
       R"({"Type":"Map","End":true,"MaxConcurrencyPath":"$.n","ItemProcessor":{"StartAt":"I","States":{"I":{"Type":"Succeed"}}}})"},
      {"SCHEMA_VALIDATION_FAILED", "Field 'QueryLanguage' is not supported", "/States/S/ItemProcessor",
       R"({"Type":"Map","End":true,"ItemProcessor":{"QueryLanguage":"JSONata","StartAt":"I","States":{"I":{"Type":"Succeed"}}}})",
       R"({"Type":"Map","End":true,"ItemProcessor":{"StartAt":"I","States":{"I":{"Type":"Succeed","QueryLanguage":"JSONata"}}}})"},
      {"SCHEMA_VALIDATION_FAILED", "The QueryLanguage is set to 'JSONPath', but field 'Output'",
       "/States/S/Branches[0]/States/I", INNER(R"("QueryLanguage":"JSONata",)", PASS(R"(,"Output":1)")),
       INNER(R"("QueryLanguage":"JSONata",)", PASS(R"(,"QueryLanguage":"JSONata","Output":1)"))},
      // paths, templates, expressions
      {"SCHEMA_VALIDATION_FAILED", "Value must be a valid JSONPath.", "/States/S/OutputPath",
       PASS(R"(,"OutputPath":"Test")"), PASS(R"(,"OutputPath":"$$.Execution.Id")")},
      {"SCHEMA_VALIDATION_FAILED", "Value is not a Reference Path: Reference path didn't start with '$'",
       "/States/S/ResultPath", PASS(R"(,"ResultPath":"a")"), PASS(R"(,"ResultPath":"$.a")")},
      {"SCHEMA_VALIDATION_FAILED", "Value is not a Reference Path", "/States/S/ResultPath",
       PASS(R"(,"ResultPath":"$..a")"), PASS(R"(,"ResultPath":null)")},
      {"SCHEMA_VALIDATION_FAILED", "The value for the field 'a.$' must be a valid JSONPath",
       "/States/S/Parameters", PASS(R"(,"Parameters":{"a.$":"nope"})"),
       PASS(R"(,"Parameters":{"a.$":"$.nope"})")},
      {"SCHEMA_VALIDATION_FAILED", "The value for the field 'a.$' must be a valid JSONPath",
       "/States/S/Parameters/b[1]", PASS(R"x(,"Parameters":{"b":[1,{"a.$":"States.Nope($)"}]})x"),
       PASS(R"x(,"Parameters":{"b":[1,{"a.$":"States.Hash($, 'MD5')"}]})x")},
      {"INVALID_JSONATA_EXPRESSION", "Unexpected end of expression", "/States/S/Output",
       "jsonata " PASS(R"(,"Output":"{% 1 + %}")"), "jsonata " PASS(R"(,"Output":"{% 1 + 1 %}")")},
      {"INVALID_JSONATA_EXPRESSION", "JSONata expressions must start with '{%' and end with '%}'",
       "/States/S/Output/a", "jsonata " PASS(R"(,"Output":{"a":"{% 1"})"),
       "jsonata " PASS(R"(,"Output":{"a":" {% 1 %} "})")},
      {"UNSUPPORTED_JSONATA_EXPRESSION", "Reference to 'phone' at the top level is not supported",
       "/States/S/Output/v", "jsonata " PASS(R"(,"Output":{"v":"{% phone %}"})"),
       "jsonata " PASS(R"(,"Output":{"v":"{% $states.input.phone %}"})")},
      {"UNSUPPORTED_JSONATA_EXPRESSION", "Field '$states.result' does not exist.", "/States/S/Arguments/a",
       "jsonata " TASK(R"(,"Arguments":{"a":"{% $states.result %}"})"),
       "jsonata " TASK(R"(,"Output":{"a":"{% $states.result %}"})")},
      {"UNSUPPORTED_JSONATA_EXPRESSION", "Field '$states.result' does not exist.", "/States/S/Output",
       "jsonata " PASS(R"(,"Output":"{% $states.result %}")"),
       "jsonata " PASS(R"(,"Output":"{% $states.context.State.Name %}")")},
      {"UNSUPPORTED_JSONATA_EXPRESSION", "Field '$states.errorOutput' does not exist.", "/States/S/Output",
       "jsonata " TASK(R"(,"Output":"{% $states.errorOutput %}")"),
       "jsonata " TASK(
           R"(,"Catch":[{"ErrorEquals":["E"],"Next":"S","Output":"{% $states.errorOutput %}"}])")},
      {"UNSUPPORTED_JSONATA_EXPRESSION", "Field '$states.inputs' does not exist.", "/States/S/Assign/a",
       "jsonata " PASS(R"(,"Assign":{"a":"{% $states.inputs %}"})"),
       "jsonata " PASS(R"(,"Assign":{"a":"{% $states.input %}"})")},
      // variables
      {"SCHEMA_VALIDATION_FAILED", "Variable name '1a' is not valid", "/States/S/Assign",
       PASS(R"(,"Assign":{"1a":1})"), PASS(R"(,"Assign":{"a1":1})")},
      {"SCHEMA_VALIDATION_FAILED", "Variable name 'states' is not valid", "/States/S/Assign",
       PASS(R"(,"Assign":{"states":1})"), PASS(R"(,"Assign":{"state":1})")},
      {"SCHEMA_VALIDATION_FAILED", "Variable 'x' is assigned in an outer scope", "/States/S/Branches[0]",
       INNER(R"("Assign":{"x":1},)", PASS(R"(,"Assign":{"x":2})")),
       INNER(R"("Catch":[{"ErrorEquals":["E"],"Next":"S","Assign":{"x":1}}],)",
             PASS(R"(,"Assign":{"x":2})"))},
      {"SCHEMA_VALIDATION_FAILED", "Variable 'x' is assigned in an outer scope",
       "/States/S/Branches[0]/States/I/Branches[0]",
       INNER(R"("Assign":{"x":1},)", NESTED("D", "", PASS(R"(,"Assign":{"x":2})"))),
       INNER(R"("Assign":{"x":1},)", NESTED("D", "", PASS(R"(,"Assign":{"y":2})")))},
      // Task
      {"SCHEMA_VALIDATION_FAILED", "These fields are required: [Resource]", "/States/S",
       R"({"Type":"Task","End":true})", TASK("")},
      {"SCHEMA_VALIDATION_FAILED", "The resource provided arn:aws:states:::sqs is not recognized.",
       "/States/S/Resource", R"({"Type":"Task","End":true,"Resource":"arn:aws:states:::sqs"})",
       R"({"Type":"Task","End":true,"Resource":"arn:aws:states:::sqs:sendMessage"})"},
      {"SCHEMA_VALIDATION_FAILED", "Express state machine does not support Activity ARN",
       "/States/S/Resource",
       R"({"Type":"Task","End":true,"Resource":"arn:aws:states:us-east-1:1:activity:a"})",
       R"({"Type":"Task","End":true,"Resource":"arn:aws:lambda:us-east-1:1:function:a"})", true},
      {"SCHEMA_VALIDATION_FAILED", "Express state machine does not support '.sync' service integration",
       "/States/S/Resource",
       R"({"Type":"Task","End":true,"Resource":"arn:aws:states:::states:startExecution.sync"})",
       R"({"Type":"Task","End":true,"Resource":"arn:aws:states:::states:startExecution"})", true},
      {"SCHEMA_VALIDATION_FAILED",
       "Express state machine does not support '.waitForTaskToken' service integration ",
       "/States/S/Resource",
       R"({"Type":"Task","End":true,"Resource":"arn:aws:states:::sqs:sendMessage.waitForTaskToken"})",
       R"({"Type":"Task","End":true,"Resource":"arn:aws:states:::sqs:sendMessage"})", true},
      {"SCHEMA_VALIDATION_FAILED", "Maximum value is 99999999", "/States/S/TimeoutSeconds",
       TASK(R"(,"TimeoutSeconds":100000000)"), TASK(R"(,"TimeoutSeconds":99999999)")},
      {"SCHEMA_VALIDATION_FAILED", "Expected value of type Integer", "/States/S/TimeoutSeconds",
       TASK(R"(,"TimeoutSeconds":1.5)"), TASK(R"(,"TimeoutSeconds":2.0)")},
      {"SCHEMA_VALIDATION_FAILED",
       "There should only be one of the following fields: [TimeoutSeconds, TimeoutSecondsPath]", "/States/S",
       TASK(R"(,"TimeoutSeconds":1,"TimeoutSecondsPath":"$.t")"), TASK(R"(,"TimeoutSecondsPath":"$.t")")},
      {"SCHEMA_VALIDATION_FAILED", "HeartbeatSeconds must be smaller than TimeoutSeconds",
       "/States/S/HeartbeatSeconds", TASK(R"(,"TimeoutSeconds":5,"HeartbeatSeconds":5)"),
       TASK(R"(,"TimeoutSeconds":5,"HeartbeatSeconds":4)")},
      {"SCHEMA_VALIDATION_FAILED", "The field 'RoleArn' is required but was missing", "/States/S/Credentials",
       TASK(R"(,"Credentials":{})"), TASK(R"(,"Credentials":{"RoleArn":"r"})")},
      // Retry, Catch
      {"SCHEMA_VALIDATION_FAILED", "These fields are required: [ErrorEquals]", "/States/S/Retry[0]",
       TASK(R"(,"Retry":[{}])"), TASK(R"(,"Retry":[{"ErrorEquals":["E"]}])")},
      {"SCHEMA_VALIDATION_FAILED", "Value cannot be empty", "/States/S/Retry[0]/ErrorEquals",
       TASK(R"(,"Retry":[{"ErrorEquals":[]}])"), TASK(R"(,"Retry":[{"ErrorEquals":["E"]}])")},
      {"SCHEMA_VALIDATION_FAILED", "States.ALL must appear alone and in the last object",
       "/States/S/Retry[0]/ErrorEquals",
       TASK(R"(,"Retry":[{"ErrorEquals":["States.ALL"]},{"ErrorEquals":["E"]}])"),
       TASK(R"(,"Retry":[{"ErrorEquals":["E"]},{"ErrorEquals":["States.ALL"]}])")},
      {"SCHEMA_VALIDATION_FAILED", "Minimum value is 1.0", "/States/S/Retry[0]/BackoffRate",
       TASK(R"(,"Retry":[{"ErrorEquals":["E"],"BackoffRate":0.5}])"),
       TASK(R"(,"Retry":[{"ErrorEquals":["E"],"BackoffRate":1}])")},
      {"SCHEMA_VALIDATION_FAILED", "Minimum value is 0", "/States/S/Retry[0]/MaxAttempts",
       TASK(R"(,"Retry":[{"ErrorEquals":["E"],"MaxAttempts":-1}])"),
       TASK(R"(,"Retry":[{"ErrorEquals":["E"],"MaxAttempts":0}])")},
      {"SCHEMA_VALIDATION_FAILED", "MaxDelaySeconds must be greater than IntervalSeconds",
       "/States/S/Retry[0]",
       TASK(R"(,"Retry":[{"ErrorEquals":["E"],"IntervalSeconds":5,"MaxDelaySeconds":5}])"),
       TASK(R"(,"Retry":[{"ErrorEquals":["E"],"IntervalSeconds":5,"MaxDelaySeconds":6}])")},
      {"SCHEMA_VALIDATION_FAILED", "Value should be one of the following: [FULL, NONE]",
       "/States/S/Retry[0]/JitterStrategy",
       TASK(R"(,"Retry":[{"ErrorEquals":["E"],"JitterStrategy":"HALF"}])"),
       TASK(R"(,"Retry":[{"ErrorEquals":["E"],"JitterStrategy":"FULL"}])")},
      {"SCHEMA_VALIDATION_FAILED", "These fields are required: [Next]", "/States/S/Catch[0]",
       TASK(R"(,"Catch":[{"ErrorEquals":["E"]}])"), TASK(R"(,"Catch":[{"ErrorEquals":["E"],"Next":"S"}])")},
      // Wait, Fail
      {"SCHEMA_VALIDATION_FAILED", "There should be one of the following fields: [Seconds,", "/States/S",
       R"({"Type":"Wait","End":true})", R"({"Type":"Wait","End":true,"Seconds":0})"},
      {"SCHEMA_VALIDATION_FAILED", "There should only be one of the following fields: [Seconds,", "/States/S",
       R"({"Type":"Wait","End":true,"Seconds":1,"TimestampPath":"$.t"})",
       R"({"Type":"Wait","End":true,"TimestampPath":"$.t"})"},
      {"SCHEMA_VALIDATION_FAILED", "String does not match RFC3339 timestamp", "/States/S/Timestamp",
       R"({"Type":"Wait","End":true,"Timestamp":"2016-12-05 21:29:29Z"})",
       R"({"Type":"Wait","End":true,"Timestamp":"2016-12-05T21:29:29Z"})"},
      {"SCHEMA_VALIDATION_FAILED", "Value is not a Reference Path", "/States/S/TimestampPath",
       R"x({"Type":"Wait","End":true,"TimestampPath":"States.UUID()"})x",
       R"({"Type":"Wait","End":true,"TimestampPath":"$.t"})"},
      {"SCHEMA_VALIDATION_FAILED", "Value is not a Reference Path", "/States/S/CausePath",
       R"x({"Type":"Fail","CausePath":"States.MathAdd(1, 2)"})x",
       R"x({"Type":"Fail","CausePath":"States.Format('{}', $.a)"})x"},
      {"SCHEMA_VALIDATION_FAILED", "There should only be one of the following fields: [Error, ErrorPath]",
       "/States/S", R"({"Type":"Fail","Error":"E","ErrorPath":"$.e"})",
       R"({"Type":"Fail","Error":"E","CausePath":"$.e"})"},
      // Choice
      {"SCHEMA_VALIDATION_FAILED", "Value cannot be empty", "/States/S/Choices",
       R"({"StartAt":"S","States":{"S":{"Type":"Choice","Choices":[],"Default":"N"},"N":{"Type":"Succeed"}}})",
       CHOICE(R"({"Variable":"$.a","IsNull":true,"Next":"N"})")},
      {"SCHEMA_VALIDATION_FAILED", "These fields are required: [Next]", "/States/S/Choices[1]",
       CHOICE(R"({"Variable":"$.a","IsNull":true,"Next":"N"},{"Variable":"$.a","IsNull":true})"),
       CHOICE(R"({"Variable":"$.a","IsNull":true,"Next":"N"},{"Variable":"$.a","IsNull":true,"Next":"N"})")},
      {"SCHEMA_VALIDATION_FAILED", "Value is not a Reference Path: Reference path didn't start with '$'",
       "/States/S/Choices[0]/Variable", CHOICE(R"({"Variable":"Test","StringMatches":"T*","Next":"N"})"),
       CHOICE(R"({"Variable":"$.Test","StringMatches":"T*","Next":"N"})")},
      {"SCHEMA_VALIDATION_FAILED", "Field 'StringEqual' is not supported", "/States/S/Choices[0]",
       CHOICE(R"({"Variable":"$.a","StringEqual":"T","IsNull":true,"Next":"N"})"),
       CHOICE(R"({"Variable":"$.a","StringEquals":"T","Next":"N"})")},
      {"SCHEMA_VALIDATION_FAILED", "Expected value of type Number",
       "/States/S/Choices[0]/And[0]/NumericEquals",
       CHOICE(R"({"And":[{"Variable":"$.a","NumericEquals":"1"}],"Next":"N"})"),
       CHOICE(R"({"And":[{"Variable":"$.a","NumericEquals":1}],"Next":"N"})")},
      {"SCHEMA_VALIDATION_FAILED", "The QueryLanguage is set to 'JSONPath', but field 'Condition' is only",
       "/States/S/Choices[0]", CHOICE(R"({"Condition":true,"Variable":"$.a","IsNull":true,"Next":"N"})"),
       CHOICE(R"({"Variable":"$.a","IsNull":true,"Next":"N"})")},
      {"SCHEMA_VALIDATION_FAILED", "The QueryLanguage is set to 'JSONata', but field 'Variable' is only",
       "/States/S/Choices[0]",
       R"({"QueryLanguage":"JSONata","StartAt":"S","States":{"S":{"Type":"Choice","Choices":[{"Variable":"$.a","Condition":true,"Next":"N"}]},"N":{"Type":"Succeed"}}})",
       R"({"QueryLanguage":"JSONata","StartAt":"S","States":{"S":{"Type":"Choice","Choices":[{"Condition":true,"Next":"N"}]},"N":{"Type":"Succeed"}}})"},
      {"SCHEMA_VALIDATION_FAILED", "Expected value of type Boolean", "/States/S/Choices[0]/Condition",
       R"({"QueryLanguage":"JSONata","StartAt":"S","States":{"S":{"Type":"Choice","Choices":[{"Condition":"yes","Next":"N"}]},"N":{"Type":"Succeed"}}})",
       R"({"QueryLanguage":"JSONata","StartAt":"S","States":{"S":{"Type":"Choice","Choices":[{"Condition":"{% true %}","Next":"N"}]},"N":{"Type":"Succeed"}}})"},
      // Parallel, Map
      {"SCHEMA_VALIDATION_FAILED", "Value cannot be empty", "/States/S/Branches",
       R"({"Type":"Parallel","End":true,"Branches":[]})", INNER("", R"({"Type":"Succeed"})")},
      {"MISSING_END_STATE", "Workflow has no terminal state", "/States/S/Branches[0]",
       INNER("", R"({"Type":"Pass","Next":"I"})"), INNER("", R"({"Type":"Pass","End":true})")},
      {"MISSING_TRANSITION_TARGET", "Missing 'Next' target: S", "/States/S/Branches[0]/States/I/Next",
       INNER("", R"({"Type":"Pass","Next":"S"})"), INNER("", R"({"Type":"Pass","End":true})")},
      {"SCHEMA_VALIDATION_FAILED", "These fields are required: [ItemProcessor]", "/States/S",
       R"({"Type":"Map","End":true})",
       R"({"Type":"Map","End":true,"Iterator":{"StartAt":"I","States":{"I":{"Type":"Succeed"}}}})"},
      {"SCHEMA_VALIDATION_FAILED", "Minimum value is 0", "/States/S/MaxConcurrency",
       DISTRIBUTED(R"("MaxConcurrency":-1,)"), DISTRIBUTED(R"("MaxConcurrency":0,)")},
      {"SCHEMA_VALIDATION_FAILED", "Value is not a Reference Path", "/States/S/MaxConcurrencyPath",
       DISTRIBUTED(R"("MaxConcurrencyPath":"$$.Execution.Input.n",)"),
       DISTRIBUTED(R"("MaxConcurrencyPath":"$n",)")},
      {"SCHEMA_VALIDATION_FAILED", "Expected value of type Array", "/States/S/Items",
       R"(jsonata {"Type":"Map","End":true,"Items":"abc","ItemProcessor":{"StartAt":"I","States":{"I":{"Type":"Succeed"}}}})",
       R"(jsonata {"Type":"Map","End":true,"Items":"{% [1] %}","ItemProcessor":{"StartAt":"I","States":{"I":{"Type":"Succeed"}}}})"},
      {"SCHEMA_VALIDATION_FAILED",
       "There should only be one of the following fields: [ItemSelector, Parameters]", "/States/S",
       DISTRIBUTED(R"("ItemSelector":{},"Parameters":{},)"), DISTRIBUTED(R"("ItemSelector":{},)")},
      // Distributed Map
      {"SCHEMA_VALIDATION_FAILED", "Value should be one of the following: [INLINE, DISTRIBUTED]",
       "/States/S/ItemProcessor/ProcessorConfig/Mode",
       R"({"Type":"Map","End":true,"ItemProcessor":{"ProcessorConfig":{"Mode":"FAST"},"StartAt":"I","States":{"I":{"Type":"Succeed"}}}})",
       R"({"Type":"Map","End":true,"ItemProcessor":{"ProcessorConfig":{"Mode":"INLINE"},"StartAt":"I","States":{"I":{"Type":"Succeed"}}}})"},
      {"SCHEMA_VALIDATION_FAILED", "These fields are required: [ExecutionType]",
       "/States/S/ItemProcessor/ProcessorConfig",
       R"({"Type":"Map","End":true,"ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED"},"StartAt":"I","States":{"I":{"Type":"Succeed"}}}})",
       DISTRIBUTED("")},
      {"SCHEMA_VALIDATION_FAILED", "Express state machine does not support DISTRIBUTED Map states",
       "/States/S/ItemProcessor/ProcessorConfig/Mode", DISTRIBUTED(""),
       R"({"Type":"Map","End":true,"ItemProcessor":{"StartAt":"I","States":{"I":{"Type":"Succeed"}}}})",
       true},
      {"SCHEMA_VALIDATION_FAILED", "Field 'Label' is not supported", "/States/S",
       R"({"Type":"Map","End":true,"Label":"l","ItemProcessor":{"StartAt":"I","States":{"I":{"Type":"Succeed"}}}})",
       DISTRIBUTED(R"("Label":"l",)")},
      {"INVALID_LABEL_NAME", "Invalid label: a b", "/States/S/Label", DISTRIBUTED(R"("Label":"a b",)"),
       DISTRIBUTED(R"("Label":"a-b",)")},
      {"DUPLICATE_LABEL_NAME", "Duplicate label: l", "/States/B/Label",
       "{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Map\",\"Label\":\"l\",\"Next\":\"B\","
       "\"ItemProcessor\":{\"ProcessorConfig\":{"
       "\"Mode\":\"DISTRIBUTED\",\"ExecutionType\":\"STANDARD\"},\"StartAt\":\"J\",\"States\":{\"J\":{"
       "\"Type\":\"Succeed\"}}}},\"B\":" DISTRIBUTED(R"("Label":"l",)") "}}",
       "{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Map\",\"Label\":\"k\",\"Next\":\"B\","
       "\"ItemProcessor\":{\"ProcessorConfig\":{"
       "\"Mode\":\"DISTRIBUTED\",\"ExecutionType\":\"STANDARD\"},\"StartAt\":\"J\",\"States\":{\"J\":{"
       "\"Type\":\"Succeed\"}}}},\"B\":" DISTRIBUTED(R"("Label":"l",)") "}}"},
      {"SCHEMA_VALIDATION_FAILED", "Maximum value is 100.0", "/States/S/ToleratedFailurePercentage",
       DISTRIBUTED(R"("ToleratedFailurePercentage":100.5,)"),
       DISTRIBUTED(R"("ToleratedFailurePercentage":99.5,)")},
      {"SCHEMA_VALIDATION_FAILED",
       "The resource provided arn:aws:states:::sqs:sendMessage is not recognized.",
       "/States/S/ItemReader/Resource",
       DISTRIBUTED(R"("ItemReader":{"Resource":"arn:aws:states:::sqs:sendMessage"},)"),
       DISTRIBUTED(R"("ItemReader":{"Resource":"arn:aws:states:::s3:listObjectsV2"},)")},
      {"SCHEMA_VALIDATION_FAILED", "These fields are required: [InputType]",
       "/States/S/ItemReader/ReaderConfig", READER(R"("MaxItems":1)"),
       READER(R"("InputType":"JSON","MaxItems":1)")},
      {"SCHEMA_VALIDATION_FAILED", "Value should be one of the following: [CSV, JSON,",
       "/States/S/ItemReader/ReaderConfig/InputType", READER(R"("InputType":"XML")"),
       READER(R"("InputType":"JSONL")")},
      {"SCHEMA_VALIDATION_FAILED", "These fields are required: [CSVHeaderLocation]",
       "/States/S/ItemReader/ReaderConfig", READER(R"("InputType":"CSV")"),
       READER(R"("InputType":"CSV","CSVHeaderLocation":"FIRST_ROW")")},
      {"SCHEMA_VALIDATION_FAILED", "These fields are required: [CSVHeaders]",
       "/States/S/ItemReader/ReaderConfig", READER(R"("InputType":"CSV","CSVHeaderLocation":"GIVEN")"),
       READER(R"("InputType":"CSV","CSVHeaderLocation":"GIVEN","CSVHeaders":["a"])")},
      {"SCHEMA_VALIDATION_FAILED", "Expected value of type String",
       "/States/S/ItemReader/ReaderConfig/CSVHeaders[1]",
       READER(R"("InputType":"CSV","CSVHeaderLocation":"GIVEN","CSVHeaders":["a",1])"),
       READER(R"("InputType":"CSV","CSVHeaderLocation":"GIVEN","CSVHeaders":["a","1"])")},
      {"SCHEMA_VALIDATION_FAILED", "Value should be one of the following: [COMMA,",
       "/States/S/ItemReader/ReaderConfig/CSVDelimiter", READER(R"("InputType":"JSON","CSVDelimiter":",")"),
       READER(R"("InputType":"JSON","CSVDelimiter":"COMMA")")},
      {"SCHEMA_VALIDATION_FAILED", "Value should be one of the following: [ATHENA_DATA,",
       "/States/S/ItemReader/ReaderConfig/ManifestType",
       READER(R"("InputType":"MANIFEST","ManifestType":"X")"),
       READER(R"("InputType":"MANIFEST","ManifestType":"S3_INVENTORY")")},
      {"SCHEMA_VALIDATION_FAILED", "These fields are required: [InputType]",
       "/States/S/ItemReader/ReaderConfig", READER(R"("ManifestType":"ATHENA_DATA")"),
       READER(R"("ManifestType":"S3_INVENTORY")")},
      {"SCHEMA_VALIDATION_FAILED", "Value must be a valid JSON pointer",
       "/States/S/ItemReader/ReaderConfig/ItemsPointer", READER(R"("InputType":"JSON","ItemsPointer":"a/b")"),
       READER(R"("InputType":"JSON","ItemsPointer":"/a/b")")},
      {"SCHEMA_VALIDATION_FAILED",
       "There should only be one of the following fields: [MaxItems, MaxItemsPath]",
       "/States/S/ItemReader/ReaderConfig", READER(R"("InputType":"JSON","MaxItems":1,"MaxItemsPath":"$.n")"),
       READER(R"("InputType":"JSON","MaxItemsPath":"$.n")")},
      {"SCHEMA_VALIDATION_FAILED", "Maximum value is 100000000", "/States/S/ItemReader/ReaderConfig/MaxItems",
       READER(R"("InputType":"JSON","MaxItems":100000001)"),
       READER(R"("InputType":"JSON","MaxItems":100000000)")},
      {"SCHEMA_VALIDATION_FAILED", "ItemBatcher needs MaxItemsPerBatch or MaxInputBytesPerBatch",
       "/States/S/ItemBatcher", DISTRIBUTED(R"("ItemBatcher":{"BatchInput":{}},)"),
       DISTRIBUTED(R"("ItemBatcher":{"MaxItemsPerBatch":5},)")},
      {"SCHEMA_VALIDATION_FAILED", "Maximum value is 262144", "/States/S/ItemBatcher/MaxInputBytesPerBatch",
       DISTRIBUTED(R"("ItemBatcher":{"MaxInputBytesPerBatch":262145},)"),
       DISTRIBUTED(R"("ItemBatcher":{"MaxInputBytesPerBatch":262144},)")},
      {"SCHEMA_VALIDATION_FAILED", "Value cannot be empty", "/States/S/ResultWriter", WRITER(""),
       WRITER(R"("WriterConfig":{"Transformation":"COMPACT","OutputType":"JSONL"})")},
      {"SCHEMA_VALIDATION_FAILED", "These fields are required: [Parameters]", "/States/S/ResultWriter",
       WRITER(R"("Resource":"arn:aws:states:::s3:putObject")"),
       WRITER(R"("Resource":"arn:aws:states:::s3:putObject","Parameters":{"Bucket":"b"})")},
      {"SCHEMA_VALIDATION_FAILED", "Value should be one of the following: [NONE, COMPACT, FLATTEN]",
       "/States/S/ResultWriter/WriterConfig/Transformation",
       WRITER(R"("WriterConfig":{"Transformation":"ZIP"})"),
       WRITER(R"("WriterConfig":{"Transformation":"FLATTEN"})")},
      {"SCHEMA_VALIDATION_FAILED", "Value should be one of the following: [JSON, JSONL]",
       "/States/S/ResultWriter/WriterConfig/OutputType", WRITER(R"("WriterConfig":{"OutputType":"CSV"})"),
       WRITER(R"("WriterConfig":{"OutputType":"JSON"})")},
      // warnings
      {"NO_DOLLAR", "The value of 'a' looks like a JSONPath", "/States/S/Parameters/b[0]/a",
       PASS(R"(,"Parameters":{"b":[{"a":"$.x"}]})"),
       PASS(R"(,"Parameters":{"b":[{"a":"$5.00"},{"a.$":"$.x"}]})")},
      {"NO_DOLLAR", "The value of 'a' looks like a JSONPath or an intrinsic function", "/States/S/Assign/a",
       PASS(R"x(,"Assign":{"a":"States.UUID()"})x"), PASS(R"(,"Assign":{"a":"States."})")},
      {"NO_PATH", "The value of 'Error' looks like a path", "/States/S/Error",
       R"({"Type":"Fail","Error":"$.e"})", R"({"Type":"Fail","ErrorPath":"$.e"})"},
      {"NO_PATH", "The value of 'StringEquals' looks like a path", "/States/S/Choices[0]/Not/StringEquals",
       CHOICE(R"({"Not":{"Variable":"$.a","StringEquals":"$.b"},"Next":"N"})"),
       CHOICE(R"({"Not":{"Variable":"$.a","StringEqualsPath":"$.b"},"Next":"N"})")},
      {"PASS_RESULT_IS_STATIC", "Result is static", "/States/S/Result/a/b.$",
       PASS(R"(,"Result":{"a":{"b.$":"$.x"}})"), PASS(R"(,"Parameters":{"a":{"b.$":"$.x"}})")},
      {"PASS_RESULT_IS_STATIC", "Result is static", "/States/S/Result", PASS(R"(,"Result":"$.x")"),
       PASS(R"(,"Result":"x")")},
  };
  return all;
}

std::string described(const std::vector<Diagnostic>& found) {
  std::string out;
  for (const auto& d : found) out += d.code + ": " + d.message + " at " + d.location + "\n";
  return out;
}

}  // namespace

TEST_CASE("catalogue: every rule finds what breaks it, and nothing in its near miss") {
  for (const Row& row : rows()) {
    const statelang::ParseOptions options{.express = row.express};
    const auto found = Definition::validate(machine(row.wrong), options);
    INFO(row.wrong << "\n" << described(found));
    const bool hit = std::any_of(found.begin(), found.end(), [&](const Diagnostic& d) {
      const bool warning = std::string_view(row.code).starts_with("NO_") ||
                           std::string_view(row.code) == "PASS_RESULT_IS_STATIC";
      return d.code == row.code && d.message.starts_with(row.message) && d.location == row.location &&
             (d.severity == Diagnostic::Severity::Warning) == warning;
    });
    CHECK(hit);
    const auto clean = Definition::validate(machine(row.right), options);
    INFO(row.right);
    CHECK(described(clean) == "");
  }
}

TEST_CASE("catalogue: every code has a row") {
  std::set<std::string> codes;
  for (const Row& row : rows()) codes.insert(row.code);
  // TOO_DEEPLY_NESTED and the size limit are checked below: their definitions are long.
  CHECK(codes == std::set<std::string>{
                     "DUPLICATE_LABEL_NAME", "DUPLICATE_STATE_NAME", "INVALID_JSONATA_EXPRESSION",
                     "INVALID_JSON_DESCRIPTION", "INVALID_LABEL_NAME", "INVALID_STATE_NAME",
                     "MISSING_END_STATE", "MISSING_TRANSITION_TARGET", "NO_DOLLAR", "NO_PATH",
                     "PASS_RESULT_IS_STATIC", "SCHEMA_VALIDATION_FAILED", "UNSUPPORTED_JSONATA_EXPRESSION"});
}

TEST_CASE("catalogue: limits of depth, size and names") {
  const auto nested = [](size_t depth) {
    std::string text = R"({"Type":"Succeed"})";
    for (size_t i = 0; i < depth; ++i) {
      const std::string name = "L" + std::to_string(i);
      text = R"({"Type":"Parallel","End":true,"Branches":[{"StartAt":")" + name + R"(","States":{")" + name +
             "\":" + text + "}}]}";
    }
    return Definition::validate(machine(text));
  };
  CHECK(described(nested(50)) == "");
  const auto deep = nested(51);
  REQUIRE(deep.size() == 1);
  CHECK(deep[0].code == "TOO_DEEPLY_NESTED");
  const auto sized = [](size_t bytes) {
    std::string text = machine(PASS(""));
    return Definition::validate(text.append(bytes - text.size(), ' '));
  };
  CHECK(described(sized(1048576)) == "");
  CHECK(sized(1048577).at(0).code == "INVALID_JSON_DESCRIPTION");
  const auto named = [](const std::string& name) {
    return Definition::validate(R"({"StartAt":")" + name + R"(","States":{")" + name +
                                R"(":{"Type":"Succeed"}}})");
  };
  std::string umlauts;
  for (int i = 0; i < 80; ++i) umlauts += "ü";
  CHECK(described(named(umlauts)) == "");
  CHECK(named(umlauts + "ü").at(0).code == "INVALID_STATE_NAME");
}

TEST_CASE("catalogue: a finding has the exact pointer besides the service's location") {
  const auto found = Definition::validate(machine(TASK(R"(,"Retry":[{"ErrorEquals":["E"],"Speed~/":1}])")));
  REQUIRE(found.size() == 1);
  CHECK(found[0].location == "/States/S/Retry[0]");
  CHECK(found[0].pointer == "/States/S/Retry/0/Speed~0~1");
  CHECK(found[0].part == Diagnostic::Part::Name);
}

TEST_CASE("catalogue: refusal texts name every error, with null for no place") {
  const auto found = Definition::validate(machine(R"({"Type":"Pass","Next":"X"})"));
  CHECK(statelang::invalid_definition_message(found) ==
        "Invalid State Machine Definition: 'MISSING_TRANSITION_TARGET: Missing 'Next' target: X at "
        "/States/S/Next, "
        "MISSING_END_STATE: Workflow has no terminal state at null'");
}

TEST_CASE("catalogue: variables read by readers, batchers and writers are listed") {
  const auto parsed = Definition::parse(machine(DISTRIBUTED(
      R"("ItemReader":{"Resource":"arn:aws:states:::s3:listObjectsV2","Parameters":{"Bucket.$":"$bucket"},"ReaderConfig":{"MaxItemsPath":"$most"}},)"
      R"("ItemBatcher":{"MaxItemsPerBatchPath":"$batch","BatchInput":{"a.$":"$extra"}},)"
      R"("ResultWriter":{"Resource":"arn:aws:states:::s3:putObject","Parameters":{"Bucket.$":"$results"}},)")));
  REQUIRE(parsed);
  CHECK((*parsed)->find("S")->variable_references ==
        std::vector<std::string>{"batch", "bucket", "extra", "most", "results"});
}
