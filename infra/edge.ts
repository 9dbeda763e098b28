import { CachePolicy, Distribution, HttpVersion, PriceClass, ViewerProtocolPolicy } from "aws-cdk-lib/aws-cloudfront";
import { S3BucketOrigin } from "aws-cdk-lib/aws-cloudfront-origins";
import type { Bucket, IBucket } from "aws-cdk-lib/aws-s3";
import { CfnWebACL } from "aws-cdk-lib/aws-wafv2";
import type { Construct } from "constructs";

/** Tiles through CloudFront, which alone may read the bucket. A tile says itself how long it may be kept. */
export function createEdge(scope: Construct, tiles: Bucket, needs: { readonly memberId: string; readonly webAcl: boolean }): Distribution {
  return new Distribution(scope, "TilesEdge", {
    comment: `Vermilion ${needs.memberId}: checkpoints and tiles`,
    defaultBehavior: {
      origin: S3BucketOrigin.withOriginAccessControl(tiles as IBucket),
      viewerProtocolPolicy: ViewerProtocolPolicy.HTTPS_ONLY,
      cachePolicy: CachePolicy.USE_ORIGIN_CACHE_CONTROL_HEADERS,
      compress: true,
    },
    httpVersion: HttpVersion.HTTP2_AND_3,
    priceClass: PriceClass.PRICE_CLASS_ALL,
    ...(needs.webAcl ? { webAclId: createWebAcl(scope, needs.memberId).attrArn } : {}),
  });
}

/** Who asks too often is refused for a while. Tiles are static, so there is nothing else that a rule could guard. */
function createWebAcl(scope: Construct, memberId: string): CfnWebACL {
  const visibility = (metricName: string) => ({ cloudWatchMetricsEnabled: true, metricName, sampledRequestsEnabled: false });
  return new CfnWebACL(scope, "WebAcl", {
    scope: "CLOUDFRONT",
    defaultAction: { allow: {} },
    visibilityConfig: visibility(`vermilion-${memberId}`),
    rules: [
      {
        name: "rate",
        priority: 0,
        action: { block: {} },
        statement: { rateBasedStatement: { limit: 6_000, evaluationWindowSec: 300, aggregateKeyType: "IP" } },
        visibilityConfig: visibility(`vermilion-${memberId}-rate`),
      },
    ],
  });
}
