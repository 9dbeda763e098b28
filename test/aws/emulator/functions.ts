import { CreateFunctionCommand, GetFunctionCommand, InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import type { Emulator } from "./ministack.ts";
import { zip } from "./zip.ts";

/** What the SDK clients of the tests are made with; only functions read these from their environment. */
export function clientOptions({ endpoint, region }: Pick<Emulator, "endpoint" | "region">) {
  return { endpoint, region, credentials: { accessKeyId: "test", secretAccessKey: "test" } };
}

export interface SmallFunctions {
  /** Makes a function of the given ES module, whose `handler` is called. */
  create(name: string, source: string, options?: { readonly role?: string; readonly timeoutS?: number }): Promise<string>;
  /** What it answered, or the error that it was answered with. */
  invoke(
    name: string,
    event?: unknown,
  ): Promise<{ readonly answer?: unknown; readonly error?: { errorType: string; errorMessage: string } }>;
  close(): void;
}

/** Functions written in the test itself, to learn what the emulator does with them. */
export function smallFunctions(emulator: Emulator): SmallFunctions {
  const client = new LambdaClient(clientOptions(emulator));
  return {
    create: async (name, source, { role = "nobody", timeoutS = 10 } = {}) => {
      await client.send(
        new CreateFunctionCommand({
          FunctionName: name,
          Runtime: "nodejs24.x",
          Handler: "index.handler",
          Role: `arn:aws:iam::${emulator.account}:role/${role}`,
          Timeout: timeoutS,
          Code: { ZipFile: zip({ "index.mjs": source }) },
        }),
      );
      const { Configuration } = await client.send(new GetFunctionCommand({ FunctionName: name }));
      if (Configuration?.FunctionArn === undefined) throw new Error(`function ${name} was not made`);
      return Configuration.FunctionArn;
    },
    invoke: async (name, event = {}) => {
      const { Payload, FunctionError } = await client.send(
        new InvokeCommand({ FunctionName: name, Payload: Buffer.from(JSON.stringify(event)) }),
      );
      const said = JSON.parse(Buffer.from(Payload ?? []).toString("utf8") || "null");
      return FunctionError === undefined ? { answer: said } : { error: said };
    },
    close: () => client.destroy(),
  };
}
