#!/usr/bin/env python3
"""Writes the response shapes of services from the AWS SDKs' service models; CMake runs it.

  generate_shapes.py DATA_DIR OUT_DIR      DATA_DIR: the folder `data` of botocore, with SERVICE/VERSION/service-2.json.gz

A file holds one service: {"operations": {api: type}, "shapes": {name: shape}}. A type is string, number, boolean, any
or #NAME of a shape. Only what a response can be checked by is kept: names, types, required members, bounds, enumerations.
Names are those that Step Functions shows: APIs begin with a small letter, members with a capital one.
"""
import gzip
import json
import os
import sys

# service as Step Functions' aws-sdk integrations name it: (folder, operations; None: all)
SERVICES = {
    "athena": ("athena", None),
    "batch": ("batch", None),
    "bedrock": ("bedrock", ["CreateModelCustomizationJob", "GetModelCustomizationJob"]),
    "bedrockruntime": ("bedrock-runtime", ["Converse"]),
    "cloudwatchlogs": ("logs", None),
    "codebuild": ("codebuild", None),
    "databrew": ("databrew", ["StartJobRun", "DescribeJobRun"]),
    "dynamodb": ("dynamodb", None),
    "ecs": ("ecs", None),
    "eks": ("eks", ["CreateCluster", "DescribeCluster", "DeleteCluster", "CreateNodegroup", "DescribeNodegroup",
                    "DeleteNodegroup", "CreateFargateProfile", "DescribeFargateProfile", "DeleteFargateProfile"]),
    "emr": ("emr", ["DescribeCluster", "DescribeStep", "RunJobFlow", "AddJobFlowSteps", "CancelSteps", "ListSteps",
                    "ListClusters"]),
    "emrcontainers": ("emr-containers", ["StartJobRun", "DescribeJobRun", "CreateVirtualCluster",
                                         "DescribeVirtualCluster", "DeleteVirtualCluster"]),
    "emrserverless": ("emr-serverless", None),
    "eventbridge": ("events", None),
    "glue": ("glue", ["StartJobRun", "GetJobRun"]),
    "kinesis": ("kinesis", None),
    "kms": ("kms", None),
    "lambda": ("lambda", None),
    "s3": ("s3", None),
    "sagemaker": ("sagemaker", [v + n for n in ("TrainingJob", "TransformJob", "ProcessingJob", "LabelingJob",
                                                "HyperParameterTuningJob") for v in ("Create", "Describe")]
                  + ["CreateEndpoint", "CreateEndpointConfig", "CreateModel", "UpdateEndpoint"]),
    "scheduler": ("scheduler", None),
    "secretsmanager": ("secretsmanager", None),
    "sfn": ("stepfunctions", None),
    "sns": ("sns", None),
    "sqs": ("sqs", None),
    "ssm": ("ssm", ["GetParameter", "GetParameters", "GetParametersByPath", "PutParameter", "DeleteParameter",
                    "SendCommand", "GetCommandInvocation", "ListCommandInvocations", "StartAutomationExecution",
                    "GetAutomationExecution", "DescribeInstanceInformation"]),
    "sts": ("sts", None),
}
# Bounds as TestState showed them (recorded November 2025) where the model has others since: (service, shape).
OBSERVED = {("lambda", "MemorySize"): {"max": 10240}}
NUMBERS = ("integer", "long", "float", "double", "short", "byte")


def newest(folder):
    for version in sorted(os.listdir(folder), reverse=True):
        path = os.path.join(folder, version, "service-2.json.gz")
        if os.path.exists(path):
            return json.load(gzip.open(path))
    raise SystemExit(f"no model in {folder}")


class Service:
    def __init__(self, name, model):
        self.name, self.shapes, self.out = name, model["shapes"], {}

    def type_of(self, name):
        shape = self.shapes[name]
        kind = shape["type"]
        if shape.get("document") or shape.get("eventstream"):
            return "any"
        if kind in ("boolean",):
            return "boolean"
        if kind == "timestamp":
            return "string"
        if kind in NUMBERS:
            return self.bounded(name, shape, "number", ("min", "max"))
        if kind == "blob":  # bounds are of the bytes, and the text is longer
            return self.bounded(name, shape, "string", ("min",))
        if kind == "string":
            return self.bounded(name, shape, "string", ("min", "max", "enum"))
        if name not in self.out:
            self.out[name] = None  # shapes may contain themselves
            self.out[name] = self.composed(shape)
        return "#" + name

    def bounded(self, name, shape, kind, keys):
        kept = {k: shape[k] for k in keys if k in shape} | OBSERVED.get((self.name, name), {})
        if kind == "string" and kept.get("min") == 0:
            del kept["min"]
        if not kept:
            return kind
        self.out[name] = {"type": kind, **kept}
        return "#" + name

    def composed(self, shape):
        if shape["type"] == "list":
            return {"type": "list", "of": self.type_of(shape["member"]["shape"])}
        if shape["type"] == "map":
            return {"type": "map", "of": self.type_of(shape["value"]["shape"])}
        out = {"type": "structure"}
        capital = lambda n: n[:1].upper() + n[1:]
        if shape.get("required"):
            out["required"] = [capital(n) for n in shape["required"]]
        out["members"] = {capital(n): "any" if m.get("eventstream") else self.type_of(m["shape"])
                          for n, m in shape.get("members", {}).items()}
        return out


def main():
    os.makedirs(sys.argv[2], exist_ok=True)
    for name, (folder, wanted) in SERVICES.items():
        model = newest(os.path.join(sys.argv[1], folder))
        service, operations = Service(name, model), {}
        for operation in sorted(model["operations"] if wanted is None else wanted):
            output = model["operations"][operation].get("output")
            if output:
                operations[operation[:1].lower() + operation[1:]] = service.type_of(output["shape"])
        compact = lambda v: json.dumps(v, separators=(",", ":"))
        lines = [f"{json.dumps(n)}:{compact(service.out[n])}" for n in sorted(service.out)]
        with open(os.path.join(sys.argv[2], name + ".json"), "w") as f:
            f.write('{"operations":' + compact(operations) + ',\n"shapes":{\n' + ",\n".join(lines) + "\n}}\n")


main()
