import { Duration } from "aws-cdk-lib";
import { type IMetric, MathExpression } from "aws-cdk-lib/aws-cloudwatch";
import { sizes } from "./functions.ts";
import { keyNames } from "./keys.ts";
import { prices } from "./prices.ts";
import { capitalised, functionNames } from "./roles.ts";
import { tableNames } from "./tables.ts";
import { memberMetric, type Watched } from "./watched.ts";

const period = Duration.days(1);
const daysPerMonth = 30.4;
/** A step of the coordinator is its task and the choice after it. */
const transitionsPerTurn = 2;

/** What a day costs, by service and in sum: usage times list price. Storage, logs, alarms and traffic are not in it. */
export function costMeter(watched: Watched): readonly IMetric[] {
  const parts = [lambda(watched), httpApi(watched), dynamo(watched), kms(watched), steps(watched)];
  const total = new MathExpression({
    label: "Together, USD a day",
    expression: parts.map(({ id }) => id).join(" + "),
    usingMetrics: Object.fromEntries(parts.map(({ id, metric }) => [id, metric])),
    period,
  });
  return [total];
}

interface Part {
  readonly id: string;
  readonly metric: MathExpression;
}

function part(id: string, label: string, terms: readonly (readonly [metric: IMetric, price: number])[], fixed = 0): Part {
  const usingMetrics = Object.fromEntries(terms.map(([metric], at) => [`${id}${at}`, metric]));
  const expression = [...terms.map(([, price], at) => `FILL(${id}${at}, 0) * ${plain(price)}`), plain(fixed)].join(" + ");
  return { id, metric: new MathExpression({ label, expression, usingMetrics, period }) };
}

/** CloudWatch's arithmetic knows no exponents. */
function plain(price: number): string {
  return price.toFixed(15).replace(/\.?0+$/, "");
}

function lambda({ functions }: Watched): Part {
  const terms = functionNames.flatMap((name) => {
    const gbPerMs = sizes[name].memoryMb / 1_024 / 1_000;
    return [
      [functions[name].metricInvocations({ period, label: `${capitalised(name)} calls` }), prices.lambdaCall],
      [functions[name].metricDuration({ period, statistic: "Sum" }), gbPerMs * prices.lambdaGbSecond],
    ] as const;
  });
  return part("lambda", "Lambda, USD a day", terms);
}

function httpApi({ stage }: Watched): Part {
  return part("api", "HTTP API, USD a day", [[stage.metricCount({ period }), prices.httpApiCall]]);
}

function dynamo({ tables }: Watched): Part {
  const terms = tableNames.flatMap(
    (name) =>
      [
        [tables[name].metricConsumedReadCapacityUnits({ period }), prices.dynamoReadUnit],
        [tables[name].metricConsumedWriteCapacityUnits({ period }), prices.dynamoWriteUnit],
      ] as const,
  );
  return part("dynamo", "DynamoDB, USD a day", terms);
}

function kms({ memberId }: Watched): Part {
  const calls = memberMetric(memberId, "KmsCalls", "Sum", period);
  return part("kms", "KMS, USD a day", [[calls, prices.kmsAsymmetricCall]], (keyNames.length * prices.kmsKeyMonth) / daysPerMonth);
}

function steps({ functions }: Watched): Part {
  const turns = functions.turn.metricInvocations({ period });
  return part("steps", "Step Functions, USD a day", [[turns, transitionsPerTurn * prices.stepTransition]]);
}
