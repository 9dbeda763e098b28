import { executionPrefix } from "@vermilion/aws/coordinator/acts";
import { ArnFormat, Stack } from "aws-cdk-lib";
import { PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { CfnStateMachine } from "aws-cdk-lib/aws-stepfunctions";
import type { Construct } from "constructs";
import { coordinatorDefinition, loopsMax } from "./coordinator.ts";
import type { Functions } from "./functions.ts";
import { createLogGroup, type LogWishes } from "./logs.ts";
import { allow, type Roles } from "./roles.ts";

/** ARN of the coordinator, made from its name: the definition and the functions hold it, and a reference would go in a circle. */
export function coordinatorArn(scope: Construct, memberId: string): string {
  return Stack.of(scope).formatArn({
    service: "states",
    resource: "stateMachine",
    resourceName: coordinatorName(memberId),
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });
}

function coordinatorName(memberId: string): string {
  return `vermilion-${memberId}-turns`;
}

/** The state machine, from its definition as it is: the construct library's own states would hide what a test can run. */
export function createCoordinator(
  scope: Construct,
  needs: { readonly memberId: string; readonly functions: Functions; readonly logs: LogWishes },
): CfnStateMachine {
  const { memberId, functions, logs } = needs;
  const stateMachineArn = coordinatorArn(scope, memberId);
  const role = new Role(scope, "CoordinatorRole", {
    // Not for a state machine of another account that names this role.
    assumedBy: new ServicePrincipal("states.amazonaws.com", {
      conditions: { StringEquals: { "aws:SourceAccount": Stack.of(scope).account } },
    }),
    description: "Vermilion: role of the coordinator",
  });
  allow(role, ["lambda:InvokeFunction"], [functions.turn.functionArn]);
  allow(role, ["states:StartExecution"], [stateMachineArn]);
  role.addToPolicy(logDelivery());
  const log = createLogGroup(scope, "CoordinatorLog", logs);
  const machine = new CfnStateMachine(scope, "Coordinator", {
    stateMachineName: coordinatorName(memberId),
    stateMachineType: "STANDARD",
    roleArn: role.roleArn,
    definitionString: Stack.of(scope).toJsonString(
      coordinatorDefinition({
        partition: Stack.of(scope).partition,
        turnFunctionArn: functions.turn.functionArn,
        stateMachineArn,
        loopsMax,
      }),
    ),
    loggingConfiguration: {
      level: "ERROR",
      includeExecutionData: true,
      destinations: [{ cloudWatchLogsLogGroup: { logGroupArn: log.logGroupArn } }],
    },
  });
  // Without its policy the role may not deliver logs, and Step Functions refuses to make the state machine.
  machine.node.addDependency(role);
  return machine;
}

/** CloudWatch has no narrower form of these: deliveries are not resources that could be named. */
function logDelivery(): PolicyStatement {
  return new PolicyStatement({
    actions: [
      "logs:CreateLogDelivery",
      "logs:DeleteLogDelivery",
      "logs:DescribeLogGroups",
      "logs:DescribeResourcePolicies",
      "logs:GetLogDelivery",
      "logs:ListLogDeliveries",
      "logs:PutResourcePolicy",
      "logs:UpdateLogDelivery",
    ],
    resources: ["*"],
  });
}

/** Wake and watchdog may start this coordinator and see whether one of its executions runs. */
export function grantStarting(scope: Construct, roles: Roles, memberId: string): void {
  const executions = Stack.of(scope).formatArn({
    service: "states",
    resource: "execution",
    resourceName: `${coordinatorName(memberId)}:${executionPrefix}*`,
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });
  for (const role of [roles.wake, roles.watchdog]) {
    allow(role, ["states:StartExecution"], [coordinatorArn(scope, memberId)]);
    allow(role, ["states:DescribeExecution"], [executions]);
  }
}
