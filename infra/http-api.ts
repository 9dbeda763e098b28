import { publicRoutes } from "@vermilion/api";
import { Stack } from "aws-cdk-lib";
import { AccessLogFormat } from "aws-cdk-lib/aws-apigateway";
import {
  type CfnStage,
  DomainName,
  EndpointType,
  HttpApi,
  HttpMethod,
  HttpRoute,
  HttpRouteKey,
  HttpStage,
  LogGroupLogDestination,
  SecurityPolicy,
} from "aws-cdk-lib/aws-apigatewayv2";
import { HttpLambdaIntegration } from "aws-cdk-lib/aws-apigatewayv2-integrations";
import { Certificate } from "aws-cdk-lib/aws-certificatemanager";
import type { Construct } from "constructs";
import type { MemberConfig } from "./config.ts";
import type { Functions } from "./functions.ts";
import { createLogGroup } from "./logs.ts";

type Wishes = Pick<
  MemberConfig,
  "customDomain" | "url" | "throttle" | "peerThrottle" | "publicThrottle" | "retain" | "logRetentionDays" | "id"
>;

/** What the other members call. */
const peerPath = "/peer/v1/{proxy+}";

/** The API as an address, before anything answers there: its functions are told the address, so it must not be made from them. */
export function createHttpApi(scope: Construct, { customDomain, id }: Wishes): HttpApi {
  return new HttpApi(scope, "HttpApi", {
    apiName: `vermilion-${id}`,
    description: `Vermilion ${id}`,
    createDefaultStage: false,
    // A member has one address, for it is in every signature among peers. Behind a `url` is a proxy of its owner, which calls this one.
    disableExecuteApiEndpoint: customDomain !== undefined,
  });
}

/** As callers reach the member, without a slash at the end: settings of the functions, audience of tokens, target of peers' signatures. */
export function baseUrlOf(api: HttpApi, { url, customDomain }: Wishes): string {
  if (url !== undefined) return url;
  if (customDomain !== undefined) return `https://${customDomain.domainName}`;
  const { region, urlSuffix } = Stack.of(api);
  return `https://${api.apiId}.execute-api.${region}.${urlSuffix}`;
}

/** Public routes to the function that can do little, everything else to the API; peers by a route of their own, for its limit. */
export function mountRoutes(api: HttpApi, functions: Functions, wishes: Wishes): HttpStage {
  const everything = new HttpLambdaIntegration("Api", functions.api, { scopePermissionToRoute: false });
  const withoutAccount = new HttpLambdaIntegration("Public", functions.public, { scopePermissionToRoute: false });
  // Unknown paths too: the app answers them, with a problem in the caller's language.
  new HttpRoute(api, "Everything", { httpApi: api, routeKey: HttpRouteKey.DEFAULT, integration: everything });
  const peers = api.addRoutes({ path: peerPath, methods: [HttpMethod.ANY], integration: everything });
  const open = publicRoutes();
  const strangers = open.flatMap(({ method, path, signs }) =>
    // What is signed when it is asked for needs the API's function, which holds the key.
    api.addRoutes({ path, methods: [HttpMethod[method]], integration: signs ? everything : withoutAccount }),
  );
  const stage = createStage(api, wishes);
  limitRoutes(stage, {
    [`ANY ${peerPath}`]: wishes.peerThrottle,
    ...Object.fromEntries(open.map(({ method, path }) => [`${method} ${path}`, wishes.publicThrottle])),
  });
  // A stage that limits a route which is not there yet is refused.
  stage.node.addDependency(...peers, ...strangers);
  return stage;
}

/** Limits by the route's key; the construct library has only the one of all routes. */
function limitRoutes(stage: HttpStage, limits: Readonly<Record<string, Wishes["throttle"]>>): void {
  const settings = Object.entries(limits).map(([key, { rate, burst }]) => [
    key,
    { ThrottlingRateLimit: rate, ThrottlingBurstLimit: burst },
  ]);
  (stage.node.defaultChild as CfnStage).routeSettings = Object.fromEntries(settings);
}

function createStage(api: HttpApi, { throttle, retain, logRetentionDays, customDomain }: Wishes): HttpStage {
  return new HttpStage(api, "DefaultStage", {
    httpApi: api,
    stageName: "$default",
    autoDeploy: true,
    throttle: { rateLimit: throttle.rate, burstLimit: throttle.burst },
    accessLogSettings: {
      destination: new LogGroupLogDestination(createLogGroup(api, "AccessLog", { retain, logRetentionDays })),
      format: accessLogFormat(),
    },
    ...(customDomain === undefined ? {} : { domainMapping: { domainName: createDomain(api, customDomain) } }),
  });
}

function createDomain(scope: Construct, { domainName, certificateArn }: NonNullable<MemberConfig["customDomain"]>): DomainName {
  return new DomainName(scope, "Domain", {
    domainName,
    certificate: Certificate.fromCertificateArn(scope, "Certificate", certificateArn),
    endpointType: EndpointType.REGIONAL,
    securityPolicy: SecurityPolicy.TLS_1_2,
  });
}

/** The route's pattern and not the path: identifiers of people are in paths. No queries, no bodies. */
function accessLogFormat(): AccessLogFormat {
  const fields = {
    requestId: "$context.requestId",
    time: "$context.requestTimeEpoch",
    sourceIp: "$context.identity.sourceIp",
    method: "$context.httpMethod",
    route: "$context.routeKey",
    status: "$context.status",
    bytes: "$context.responseLength",
    latencyMs: "$context.responseLatency",
    integrationError: "$context.integrationErrorMessage",
  };
  return AccessLogFormat.custom(JSON.stringify(fields));
}
