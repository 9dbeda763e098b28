import { lambdaMeter } from "@vermilion/aws/lambda/meter";
import { expect, onTestFinished, test, vi } from "vitest";

test("what is measured has the one dimension that alarms and dashboard look at", () => {
  const lines: string[] = [];
  const print = vi.spyOn(process.stdout, "write").mockImplementation((line) => lines.push(String(line)) > 0);
  onTestFinished(() => print.mockRestore());
  const meter = lambdaMeter("customs");
  for (let flush = 0; flush < 2; flush++) {
    meter.count("Height", 3);
    meter.flush();
  }
  for (const line of lines) {
    const { _aws: description, ...said } = JSON.parse(line);
    expect(description.CloudWatchMetrics).toEqual([
      { Namespace: "Vermilion", Dimensions: [["Member"]], Metrics: [{ Name: "Height", Unit: "Count" }] },
    ]);
    expect(said).toEqual({ Member: "customs", Height: 3 });
  }
  expect(lines).toHaveLength(2);
});
