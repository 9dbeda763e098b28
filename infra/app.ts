import { App } from "aws-cdk-lib";
import { configFromContext, type MemberConfig } from "./config.ts";
import { MemberStack } from "./member-stack.ts";
import { checkWithNag } from "./nag-exceptions.ts";

/** `cdk deploy -c config=infra/members/customs.json`: one member, in the account and region that the credentials point to. */
const app = new App();
const config = configOrExit();
checkWithNag(app, new MemberStack(app, config), config);

/** A wrong configuration is the operator's to mend: he is told the field, not where in the program it was noticed. */
function configOrExit(): MemberConfig {
  try {
    return configFromContext((name) => app.node.tryGetContext(name));
  } catch (error) {
    console.error((error as Error).message);
    process.exit(1);
  }
}
